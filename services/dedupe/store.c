/* store: what dedupe reads from PostgreSQL. */
#include "services/dedupe/store.h"

#include <string.h>

#include "gen/dedupe_sql.h"
#include "services/dedupe/pack.h"

static void add_uuids(struct pg_params *params, struct uuid_list list)
{
    pg_add_uuids(params, list.items, list.n);
}

static enum outcome query_uuids(struct call *call, const struct pg_statement *statement, struct uuid_list ids,
                                struct pg_rows *rows, struct error *err)
{
    struct pg_params params;

    *rows = (struct pg_rows){0};
    if (ids.n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    add_uuids(&params, ids);
    return pg_exec(call->pg, statement, &params, rows, err);
}

static enum outcome query_hashes(struct call *call, const struct pg_statement *statement, struct hash_list keys,
                                 struct pg_rows *rows, struct error *err)
{
    struct pg_params params;

    *rows = (struct pg_rows){0};
    if (keys.n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys.items, keys.n);
    return pg_exec(call->pg, statement, &params, rows, err);
}

static struct uuid_list take_uuids(struct call *call, struct pg_rows *rows)
{
    struct uuid_list list = {.items = ARENA_ARRAY(call->arena, (size_t)rows->n + 1, struct uuid), .n = (size_t)rows->n};

    for (int i = 0; i < rows->n; i++)
        list.items[i] = pg_get_uuid(rows, i, 0);
    pg_rows_free(rows);
    return list;
}

static struct hash_list take_hashes(struct call *call, struct pg_rows *rows)
{
    struct hash_list list = {.items = ARENA_ARRAY(call->arena, (size_t)rows->n + 1, struct hash), .n = (size_t)rows->n};

    for (int i = 0; i < rows->n; i++)
        list.items[i] = pg_get_hash(rows, i, 0);
    pg_rows_free(rows);
    return list;
}

/* ---- locks -------------------------------------------------------------------------------------------------------- */

static bool add_buckets(struct pg_params *params, enum lock_class class, const bool buckets[LOCK_BUCKETS])
{
    int32_t list[LOCK_BUCKETS];
    size_t n = 0;

    for (int32_t i = 0; i < LOCK_BUCKETS; i++)
        if (buckets[i])
            list[n++] = i;
    pg_add_int4(params, (int32_t) class);
    pg_add_int4s(params, list, n);
    return n > 0;
}

/* The bucket that whoever locks some shares, and whoever locks all has alone. */
static enum outcome lock_last(struct call *call, const struct pg_statement *statement, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_int4(&params, LOCK_KEYS);
    pg_add_int4(&params, LOCK_BUCKETS);
    return pg_queue(call->pg, statement, &params, err);
}

enum outcome store_lock_all(struct call *call, struct error *err)
{
    return lock_last(call, &dedupe_sql_lock_all, err);
}

enum outcome store_lock(struct call *call, enum lock_class class, const bool buckets[LOCK_BUCKETS], struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    if (!add_buckets(&params, class, buckets))
        return DONE;
    if (class == LOCK_KEYS)
        TRY(lock_last(call, &dedupe_sql_lock_share, err));
    TRY(pg_exec(call->pg, &dedupe_sql_lock_buckets, &params, &rows, err));
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_try(struct call *call, enum lock_class class, const bool buckets[LOCK_BUCKETS], bool *got,
                       struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    *got = true;
    pg_params_init(&params, call->arena);
    if (!add_buckets(&params, class, buckets))
        return DONE;
    TRY(pg_exec(call->pg, &dedupe_sql_lock_try, &params, &rows, err));
    *got = rows.n == 1 && pg_get_bool(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

/* ---- records and their neighbours --------------------------------------------------------------------------------- */

enum outcome store_records(struct call *call, enum records_by by, struct uuid_list ids, struct record_rows *out,
                           struct error *err)
{
    static const struct pg_statement *const statements[] = {[BY_ID] = &dedupe_sql_records_of_ids,
                                                            [BY_COMPONENT] = &dedupe_sql_records_of_components,
                                                            [BY_PERSON] = &dedupe_sql_records_of_persons};
    struct pg_rows rows;

    TRY(query_uuids(call, statements[by], ids, &rows, err));
    *out = (struct record_rows){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct dedupe_record),
                                .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++) {
        struct dedupe_record *r = &out->items[i];
        r->record = pg_get_uuid(&rows, i, 0);
        r->rev = pg_get_int8(&rows, i, 1);
        r->person = pg_get_uuid(&rows, i, 2);
        r->component = pg_get_uuid(&rows, i, 3);
        r->created_at = pg_get_time(&rows, i, 4);
        r->system = text_copy(call->arena, pg_get_text(&rows, i, 5));
        r->language = text_copy(call->arena, pg_get_text(&rows, i, 6));
        r->country = text_copy(call->arena, pg_get_text(&rows, i, 7));
        r->role_email = pg_get_hash(&rows, i, 8);
        r->root = pg_get_uuid(&rows, i, 9);
        r->keys = keys_unpack(pg_get_bytes(&rows, i, 10), call->arena);
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_components(struct call *call, struct uuid_list records, struct hash_list keys, size_t most_of_a_key,
                              struct uuid_list *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    add_uuids(&params, records);
    pg_add_hashes(&params, keys.items, keys.n);
    pg_add_int4(&params, (int32_t)most_of_a_key);
    TRY(pg_exec(call->pg, &dedupe_sql_components_of, &params, &rows, err));
    *out = take_uuids(call, &rows);
    return DONE;
}

enum outcome store_generic(struct call *call, struct hash_list keys, struct hash_list *out, struct error *err)
{
    struct pg_rows rows;

    TRY(query_hashes(call, &dedupe_sql_generic_of, keys, &rows, err));
    *out = take_hashes(call, &rows);
    return DONE;
}

enum outcome store_key_counts(struct call *call, struct hash_list keys, size_t most, struct hash_list *out,
                              int64_t **counts, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys.items, keys.n);
    pg_add_int4(&params, (int32_t)most);
    if (keys.n > 0)
        TRY(pg_exec(call->pg, &dedupe_sql_key_holders, &params, &rows, err));
    *counts = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, int64_t);
    for (int i = 0; i < rows.n; i++)
        (*counts)[i] = pg_get_int8(&rows, i, 1);
    *out = take_hashes(call, &rows);
    return DONE;
}

enum outcome store_roots(struct call *call, struct hash_list sources, struct source_roots *out, struct error *err)
{
    struct pg_rows rows;

    TRY(query_hashes(call, &dedupe_sql_roots_of, sources, &rows, err));
    *out = (struct source_roots){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct source_root),
                                 .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct source_root){.source = pg_get_hash(&rows, i, 0), .root = pg_get_uuid(&rows, i, 1)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_pairs(struct call *call, struct uuid_list records, struct pair_rows *out, struct error *err)
{
    struct pg_rows rows;

    TRY(query_uuids(call, &dedupe_sql_pairs_of, records, &rows, err));
    *out = (struct pair_rows){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct dedupe_pair),
                              .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct dedupe_pair){
            .a = pg_get_uuid(&rows, i, 0), .b = pg_get_uuid(&rows, i, 1), .apart = pg_get_bool(&rows, i, 2)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_restrictions(struct call *call, struct uuid_list records, struct restriction_rows *out,
                                struct error *err)
{
    struct pg_rows rows;

    TRY(query_uuids(call, &dedupe_sql_restrictions_of, records, &rows, err));
    *out = (struct restriction_rows){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct restriction_row),
                                     .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct restriction_row){.record = pg_get_uuid(&rows, i, 0),
                                                 .request = pg_get_uuid(&rows, i, 1),
                                                 .closed = pg_get_bool(&rows, i, 2)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_ended(struct call *call, struct uuid_list records, struct uuid_list *out, struct error *err)
{
    struct pg_rows rows;

    TRY(query_uuids(call, &dedupe_sql_ended_of, records, &rows, err));
    *out = take_uuids(call, &rows);
    return DONE;
}

/* ---- persons ------------------------------------------------------------------------------------------------------ */

enum outcome store_persons(struct call *call, struct uuid_list persons, struct person_rows *out, struct error *err)
{
    struct pg_rows rows;

    TRY(query_uuids(call, &dedupe_sql_persons_of, persons, &rows, err));
    *out = (struct person_rows){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct person_row),
                                .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct person_row){.person = pg_get_uuid(&rows, i, 0),
                                            .rev = pg_get_int8(&rows, i, 1),
                                            .restricted = pg_get_bool(&rows, i, 2)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_persons_page(struct call *call, const struct uuid *after, int most, struct person_rows *out,
                                struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, after);
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &dedupe_sql_persons_page, &params, &rows, err));
    *out = (struct person_rows){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct person_row),
                                .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct person_row){.person = pg_get_uuid(&rows, i, 0),
                                            .rev = pg_get_int8(&rows, i, 1),
                                            .restricted = pg_get_bool(&rows, i, 2),
                                            .into = pg_get_uuid(&rows, i, 3),
                                            .ended = !pg_is_null(&rows, i, 4)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_heirs(struct call *call, struct uuid_list persons, struct uuid_list *out, struct error *err)
{
    struct pg_rows rows;

    TRY(query_uuids(call, &dedupe_sql_persons_heirs, persons, &rows, err));
    *out = take_uuids(call, &rows);
    return DONE;
}

enum outcome store_incarnation(struct call *call, int64_t *out, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &dedupe_sql_incarnation, NULL, &rows, err));
    *out = rows.n > 0 ? pg_get_int8(&rows, 0, 0) : 0;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_key_holders(struct call *call, struct hash_list keys, size_t most, struct key_holders *out,
                               struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys.items, keys.n);
    pg_add_int4(&params, (int32_t)most);
    TRY(pg_exec(call->pg, &dedupe_sql_persons_with_keys, &params, &rows, err));
    *out = (struct key_holders){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct key_holder),
                                .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct key_holder){.hash = pg_get_hash(&rows, i, 0), .person = pg_get_uuid(&rows, i, 1)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_held_elsewhere(struct call *call, struct hash_list keys, struct uuid_list persons,
                                  struct hash_list *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys.items, keys.n);
    add_uuids(&params, persons);
    TRY(pg_exec(call->pg, &dedupe_sql_keys_held_elsewhere, &params, &rows, err));
    *out = take_hashes(call, &rows);
    return DONE;
}

enum outcome store_role_keys(struct call *call, struct hash_list keys, struct hash_list *out, struct error *err)
{
    struct pg_rows rows;

    TRY(query_hashes(call, &dedupe_sql_keys_of_roles, keys, &rows, err));
    *out = take_hashes(call, &rows);
    return DONE;
}
