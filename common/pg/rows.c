/* rows: reading binary results. A column of another type than asked for is a bug and asserts. */
#include "common/pg/internal.h"

#include <endian.h>
#include <string.h>

static const int64_t pg_epoch_us = INT64_C(946684800) * US_PER_S;

void pg_rows_free(struct pg_rows *rows)
{
    if (rows == NULL)
        return;
    PQclear(rows->result);
    rows->result = NULL;
    rows->n = 0;
}

bool pg_is_null(const struct pg_rows *rows, int row, int column)
{
    return PQgetisnull(rows->result, row, column) != 0;
}

/* The value, or NULL for SQL's NULL; *n its length. */
static const uint8_t *value(const struct pg_rows *rows, int row, int column, size_t *n)
{
    const void *p = PQgetvalue(rows->result, row, column);

    ENSURE(p != NULL);
    *n = (size_t)PQgetlength(rows->result, row, column);
    return pg_is_null(rows, row, column) ? NULL : p;
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t wire;

    memcpy(&wire, p, sizeof(wire));
    return be32toh(wire);
}

bool pg_get_bool(const struct pg_rows *rows, int row, int column)
{
    size_t n;
    const uint8_t *p = value(rows, row, column, &n);

    ENSURE(p == NULL || n == 1);
    return p != NULL && *p != 0;
}

int64_t pg_get_int8(const struct pg_rows *rows, int row, int column)
{
    size_t n;
    const uint8_t *p = value(rows, row, column, &n);
    uint64_t wire;

    if (p == NULL)
        return INT64_MIN;
    if (n == 2)
        return (int16_t)(uint16_t)((p[0] << 8) | p[1]);
    if (n == 4)
        return (int32_t)get32(p);
    ENSURE(n == 8);
    memcpy(&wire, p, sizeof(wire));
    return (int64_t)be64toh(wire);
}

int32_t pg_get_int4(const struct pg_rows *rows, int row, int column)
{
    int64_t v = pg_get_int8(rows, row, column);

    if (v == INT64_MIN)
        return INT32_MIN;
    ENSURE(v >= INT32_MIN && v <= INT32_MAX);
    return (int32_t)v;
}

int64_t pg_get_time(const struct pg_rows *rows, int row, int column)
{
    int64_t v = pg_get_int8(rows, row, column);

    return v == INT64_MIN ? CLOCK_NONE : v + pg_epoch_us;
}

struct text pg_get_text(const struct pg_rows *rows, int row, int column)
{
    size_t n;
    const uint8_t *p = value(rows, row, column, &n);

    return (struct text){.p = (const char *)p, .n = p == NULL ? 0 : n};
}

struct bytes pg_get_bytes(const struct pg_rows *rows, int row, int column)
{
    size_t n;
    const uint8_t *p = value(rows, row, column, &n);

    return (struct bytes){.p = p, .n = p == NULL ? 0 : n};
}

struct uuid pg_get_uuid(const struct pg_rows *rows, int row, int column)
{
    size_t n;
    const uint8_t *p = value(rows, row, column, &n);
    struct uuid id = {0};

    ENSURE(p == NULL || n == sizeof(id.b));
    if (p != NULL)
        memcpy(id.b, p, sizeof(id.b));
    return id;
}

struct hash pg_get_hash(const struct pg_rows *rows, int row, int column)
{
    size_t n;
    const uint8_t *p = value(rows, row, column, &n);
    struct hash hash = {0};

    ENSURE(p == NULL || n == sizeof(hash.b));
    if (p != NULL)
        memcpy(hash.b, p, sizeof(hash.b));
    return hash;
}

/* ---- arrays --------------------------------------------------------------------------------------------------------- */

struct cursor {
    const uint8_t *p;
    size_t items;
};

static struct cursor array_open(const struct pg_rows *rows, int row, int column)
{
    size_t n;
    const uint8_t *p = value(rows, row, column, &n);

    if (p == NULL || get32(p) == 0)
        return (struct cursor){0};
    ENSURE(n >= 20 && get32(p) == 1); /* one dimension */
    return (struct cursor){.p = p + 20, .items = get32(p + 12)};
}

/* The next item; NULL for an SQL NULL. */
static const uint8_t *array_next(struct cursor *cursor, size_t *n)
{
    uint32_t length = get32(cursor->p);
    const uint8_t *item = cursor->p + 4;

    if (length == UINT32_MAX) {
        cursor->p = item;
        *n = 0;
        return NULL;
    }
    cursor->p = item + length;
    *n = length;
    return item;
}

struct uuid_list pg_get_uuids(const struct pg_rows *rows, int row, int column, struct arena *arena)
{
    struct cursor cursor = array_open(rows, row, column);
    struct uuid_list list = {.items = ARENA_ARRAY(arena, cursor.items, struct uuid), .n = cursor.items};

    for (size_t i = 0; i < list.n; i++) {
        size_t n;
        const uint8_t *p = array_next(&cursor, &n);
        ENSURE(p == NULL || n == sizeof(list.items[i].b));
        if (p != NULL)
            memcpy(list.items[i].b, p, n);
    }
    return list;
}

struct hash_list pg_get_hashes(const struct pg_rows *rows, int row, int column, struct arena *arena)
{
    struct cursor cursor = array_open(rows, row, column);
    struct hash_list list = {.items = ARENA_ARRAY(arena, cursor.items, struct hash), .n = cursor.items};

    for (size_t i = 0; i < list.n; i++) {
        size_t n;
        const uint8_t *p = array_next(&cursor, &n);
        ENSURE(p == NULL || n == sizeof(list.items[i].b));
        if (p != NULL)
            memcpy(list.items[i].b, p, n);
    }
    return list;
}

struct text_list pg_get_texts(const struct pg_rows *rows, int row, int column, struct arena *arena)
{
    struct cursor cursor = array_open(rows, row, column);
    struct text_list list = {.items = ARENA_ARRAY(arena, cursor.items, struct text), .n = cursor.items};

    for (size_t i = 0; i < list.n; i++) {
        size_t n;
        const uint8_t *p = array_next(&cursor, &n);
        if (p != NULL)
            list.items[i] = text_copy(arena, (struct text){.p = (const char *)p, .n = n});
    }
    return list;
}
