/* params: binary parameters of statements. Arrays are built in the arena in PostgreSQL's array format. */
#include "common/pg/pg.h"

#include <endian.h>
#include <string.h>

enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_TIMESTAMPTZ = 1184,
    OID_UUID = 2950
};

/* PostgreSQL counts microseconds from 2000-01-01. */
static const int64_t pg_epoch_us = INT64_C(946684800) * US_PER_S;

void pg_params_init(struct pg_params *params, struct arena *arena)
{
    memset(params, 0, sizeof(*params));
    params->arena = arena;
}

static void add(struct pg_params *params, const void *value, size_t n)
{
    ENSURE(params->n < PG_PARAMS_MAX && n <= INT32_MAX);
    params->values[params->n] = value;
    params->lengths[params->n] = (int)n;
    params->n++;
}

static void add_copy(struct pg_params *params, const void *value, size_t n)
{
    char *copy = arena_alloc(params->arena, n + 1);

    memcpy(copy, value, n);
    add(params, copy, n);
}

void pg_add_null(struct pg_params *params)
{
    add(params, NULL, 0);
}

void pg_add_bool(struct pg_params *params, bool v)
{
    add(params, v ? "\1" : "\0", 1);
}

void pg_add_int4(struct pg_params *params, int32_t v)
{
    uint32_t wire = htobe32((uint32_t)v);

    add_copy(params, &wire, sizeof(wire));
}

void pg_add_int8(struct pg_params *params, int64_t v)
{
    uint64_t wire = htobe64((uint64_t)v);

    add_copy(params, &wire, sizeof(wire));
}

void pg_add_time(struct pg_params *params, int64_t us)
{
    if (us == CLOCK_NONE)
        pg_add_null(params);
    else
        pg_add_int8(params, us - pg_epoch_us);
}

/* An empty value still needs an address: NULL would mean SQL's NULL. */
static void add_view(struct pg_params *params, const void *p, size_t n)
{
    if (p == NULL)
        pg_add_null(params);
    else if (n == 0)
        add(params, "", 0);
    else
        add_copy(params, p, n);
}

void pg_add_text(struct pg_params *params, struct text v)
{
    add_view(params, v.p, v.n);
}

void pg_add_str(struct pg_params *params, const char *v)
{
    pg_add_text(params, text_of(v));
}

void pg_add_bytes(struct pg_params *params, struct bytes v)
{
    add_view(params, v.p, v.n);
}

void pg_add_json(struct pg_params *params, struct text v)
{
    pg_add_text(params, v);
}

void pg_add_uuid(struct pg_params *params, const struct uuid *v)
{
    if (v == NULL || uuid_is_nil(v))
        pg_add_null(params);
    else
        add_copy(params, v->b, sizeof(v->b));
}

void pg_add_hash(struct pg_params *params, const struct hash *v)
{
    if (v == NULL || hash_is_none(v))
        pg_add_null(params);
    else
        add_copy(params, v->b, sizeof(v->b));
}

/* ---- arrays: ndim, has-null flag, element oid, length, lower bound, then length-prefixed items -------------------- */

struct array {
    uint8_t *p;
    size_t at;
};

static void put32(struct array *array, uint32_t v)
{
    uint32_t wire = htobe32(v);

    memcpy(array->p + array->at, &wire, sizeof(wire));
    array->at += sizeof(wire);
}

static struct array array_begin(struct pg_params *params, uint32_t oid, size_t n, size_t content_bytes)
{
    struct array array = {0};

    ENSURE(n <= INT32_MAX && content_bytes <= INT32_MAX);
    array.p = arena_alloc(params->arena, 20 + n * 4 + content_bytes);
    put32(&array, n == 0 ? 0 : 1);
    put32(&array, 1); /* has nulls: allowed to be said where there are none */
    put32(&array, oid);
    if (n > 0) {
        put32(&array, (uint32_t)n);
        put32(&array, 1);
    }
    return array;
}

static void array_item(struct array *array, const void *p, size_t n)
{
    put32(array, (uint32_t)n);
    memcpy(array->p + array->at, p, n);
    array->at += n;
}

static void array_null(struct array *array)
{
    put32(array, UINT32_MAX);
}

void pg_add_bools(struct pg_params *params, const bool *v, size_t n)
{
    struct array array = array_begin(params, OID_BOOL, n, n);

    for (size_t i = 0; i < n; i++)
        array_item(&array, v[i] ? "\1" : "\0", 1);
    add(params, array.p, array.at);
}

void pg_add_int4s(struct pg_params *params, const int32_t *v, size_t n)
{
    struct array array = array_begin(params, OID_INT4, n, n * 4);

    for (size_t i = 0; i < n; i++) {
        uint32_t wire = htobe32((uint32_t)v[i]);
        array_item(&array, &wire, sizeof(wire));
    }
    add(params, array.p, array.at);
}

void pg_add_int8s(struct pg_params *params, const int64_t *v, size_t n)
{
    struct array array = array_begin(params, OID_INT8, n, n * 8);

    for (size_t i = 0; i < n; i++) {
        uint64_t wire = htobe64((uint64_t)v[i]);
        array_item(&array, &wire, sizeof(wire));
    }
    add(params, array.p, array.at);
}

void pg_add_times(struct pg_params *params, const int64_t *v, size_t n)
{
    struct array array = array_begin(params, OID_TIMESTAMPTZ, n, n * 8);

    for (size_t i = 0; i < n; i++) {
        uint64_t wire = htobe64((uint64_t)(v[i] - pg_epoch_us));
        if (v[i] == CLOCK_NONE)
            array_null(&array);
        else
            array_item(&array, &wire, sizeof(wire));
    }
    add(params, array.p, array.at);
}

void pg_add_texts(struct pg_params *params, const struct text *v, size_t n)
{
    struct array array;
    size_t bytes = 0;

    for (size_t i = 0; i < n; i++)
        bytes += v[i].n;
    array = array_begin(params, OID_TEXT, n, bytes);
    for (size_t i = 0; i < n; i++) {
        if (v[i].p == NULL)
            array_null(&array);
        else
            array_item(&array, v[i].p, v[i].n);
    }
    add(params, array.p, array.at);
}

void pg_add_bytes_array(struct pg_params *params, const struct bytes *v, size_t n)
{
    struct array array;
    size_t bytes = 0;

    for (size_t i = 0; i < n; i++)
        bytes += v[i].n;
    array = array_begin(params, OID_BYTEA, n, bytes);
    for (size_t i = 0; i < n; i++) {
        if (v[i].p == NULL)
            array_null(&array);
        else
            array_item(&array, v[i].p, v[i].n);
    }
    add(params, array.p, array.at);
}

void pg_add_uuids(struct pg_params *params, const struct uuid *v, size_t n)
{
    struct array array = array_begin(params, OID_UUID, n, n * 16);

    for (size_t i = 0; i < n; i++) {
        if (uuid_is_nil(&v[i]))
            array_null(&array);
        else
            array_item(&array, v[i].b, sizeof(v[i].b));
    }
    add(params, array.p, array.at);
}

void pg_add_hashes(struct pg_params *params, const struct hash *v, size_t n)
{
    struct array array = array_begin(params, OID_BYTEA, n, n * 16);

    for (size_t i = 0; i < n; i++) {
        if (hash_is_none(&v[i]))
            array_null(&array);
        else
            array_item(&array, v[i].b, sizeof(v[i].b));
    }
    add(params, array.p, array.at);
}
