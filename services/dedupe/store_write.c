/* store_write: what dedupe writes to PostgreSQL; and the rows of forgets under way. */
#include "services/dedupe/store.h"

#include "gen/dedupe_sql.h"
#include "services/dedupe/pack.h"

static void add_uuids(struct pg_params *params, struct uuid_list list)
{
    pg_add_uuids(params, list.items, list.n);
}

/* ---- records ------------------------------------------------------------------------------------------------------ */

enum outcome store_records_put(struct call *call, struct dedupe_record *const *records, size_t n, struct error *err)
{
    struct arena *arena = call->arena;
    struct uuid *ids = ARENA_ARRAY(arena, 4 * n + 1, struct uuid), *persons = ids + n, *components = ids + 2 * n,
                *roots = ids + 3 * n;
    int64_t *revs = ARENA_ARRAY(arena, 2 * n + 1, int64_t), *created = revs + n;
    struct text *systems = ARENA_ARRAY(arena, 3 * n + 1, struct text), *languages = systems + n,
                *countries = systems + 2 * n;
    struct hash *roles = ARENA_ARRAY(arena, n + 1, struct hash);
    struct bytes *keys = ARENA_ARRAY(arena, n + 1, struct bytes);
    struct pg_params params;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++) {
        const struct dedupe_record *r = records[i];
        ids[i] = r->record, persons[i] = r->person, components[i] = r->component, roots[i] = r->root;
        revs[i] = r->rev, created[i] = r->created_at;
        systems[i] = r->system, languages[i] = r->language, countries[i] = r->country;
        roles[i] = r->role_email;
        keys[i] = keys_pack(r->keys, arena);
    }
    pg_params_init(&params, arena);
    pg_add_uuids(&params, ids, n);
    pg_add_int8s(&params, revs, n);
    pg_add_uuids(&params, persons, n);
    pg_add_uuids(&params, components, n);
    pg_add_times(&params, created, n);
    pg_add_texts(&params, systems, n);
    pg_add_texts(&params, languages, n);
    pg_add_texts(&params, countries, n);
    pg_add_hashes(&params, roles, n);
    pg_add_uuids(&params, roots, n);
    pg_add_bytes_array(&params, keys, n);
    return pg_queue(call->pg, &dedupe_sql_records_put, &params, err);
}

enum outcome store_records_move(struct call *call, struct dedupe_record *const *records, size_t n, struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, 4 * n + 1, struct uuid), *persons = ids + n, *components = ids + 2 * n,
                *roots = ids + 3 * n;
    struct pg_params params;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++) {
        ids[i] = records[i]->record, persons[i] = records[i]->person;
        components[i] = records[i]->component, roots[i] = records[i]->root;
    }
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_uuids(&params, persons, n);
    pg_add_uuids(&params, components, n);
    pg_add_uuids(&params, roots, n);
    return pg_queue(call->pg, &dedupe_sql_records_move, &params, err);
}

static enum outcome queue_uuids(struct call *call, const struct pg_statement *statement, struct uuid_list ids,
                                struct error *err)
{
    struct pg_params params;

    if (ids.n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    add_uuids(&params, ids);
    return pg_queue(call->pg, statement, &params, err);
}

static enum outcome queue_hashes(struct call *call, const struct pg_statement *statement, struct hash_list keys,
                                 struct error *err)
{
    struct pg_params params;

    if (keys.n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys.items, keys.n);
    return pg_queue(call->pg, statement, &params, err);
}

enum outcome store_records_drop(struct call *call, struct uuid_list records, struct error *err)
{
    return queue_uuids(call, &dedupe_sql_records_drop, records, err);
}

enum outcome store_ended_put(struct call *call, struct uuid_list records, struct error *err)
{
    return queue_uuids(call, &dedupe_sql_ended_put, records, err);
}

static void add_keys(struct pg_params *params, const struct key_row *keys, size_t n, bool kinds_too)
{
    struct hash *hashes = ARENA_ARRAY(params->arena, n + 1, struct hash);
    struct uuid *records = ARENA_ARRAY(params->arena, n + 1, struct uuid);
    int32_t *kinds = ARENA_ARRAY(params->arena, n + 1, int32_t);

    for (size_t i = 0; i < n; i++)
        hashes[i] = keys[i].hash, records[i] = keys[i].record, kinds[i] = keys[i].kind;
    pg_add_hashes(params, hashes, n);
    pg_add_uuids(params, records, n);
    if (kinds_too)
        pg_add_int4s(params, kinds, n);
}

enum outcome store_keys_put(struct call *call, const struct key_row *keys, size_t n, struct error *err)
{
    struct pg_params params;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    add_keys(&params, keys, n, true);
    return pg_queue(call->pg, &dedupe_sql_keys_put, &params, err);
}

enum outcome store_keys_drop(struct call *call, const struct key_row *keys, size_t n, struct error *err)
{
    struct pg_params params;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    add_keys(&params, keys, n, false);
    return pg_queue(call->pg, &dedupe_sql_keys_drop, &params, err);
}

enum outcome store_generic_put(struct call *call, struct hash_list keys, struct error *err)
{
    return queue_hashes(call, &dedupe_sql_generic_put, keys, err);
}

enum outcome store_generic_drop(struct call *call, struct hash_list keys, struct error *err)
{
    return queue_hashes(call, &dedupe_sql_generic_drop, keys, err);
}

enum outcome store_roots_put(struct call *call, struct source_roots roots, struct error *err)
{
    struct hash *sources = ARENA_ARRAY(call->arena, roots.n + 1, struct hash);
    struct uuid *ids = ARENA_ARRAY(call->arena, roots.n + 1, struct uuid);
    struct pg_params params;

    if (roots.n == 0)
        return DONE;
    for (size_t i = 0; i < roots.n; i++)
        sources[i] = roots.items[i].source, ids[i] = roots.items[i].root;
    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, sources, roots.n);
    pg_add_uuids(&params, ids, roots.n);
    return pg_queue(call->pg, &dedupe_sql_roots_put, &params, err);
}

/* ---- persons ------------------------------------------------------------------------------------------------------ */

enum outcome store_persons_put(struct call *call, const struct person_row *persons, size_t n, struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    int64_t *revs = ARENA_ARRAY(call->arena, n + 1, int64_t);
    bool *restricted = ARENA_ARRAY(call->arena, n + 1, bool);
    struct pg_params params;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++)
        ids[i] = persons[i].person, revs[i] = persons[i].rev, restricted[i] = persons[i].restricted;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_int8s(&params, revs, n);
    pg_add_bools(&params, restricted, n);
    return pg_queue(call->pg, &dedupe_sql_persons_put, &params, err);
}

enum outcome store_persons_end(struct call *call, const struct person_row *persons, size_t n, struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, 2 * n + 1, struct uuid), *into = ids + n;
    int64_t *revs = ARENA_ARRAY(call->arena, n + 1, int64_t);
    struct pg_params params;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++)
        ids[i] = persons[i].person, into[i] = persons[i].into, revs[i] = persons[i].rev;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_int8s(&params, revs, n);
    pg_add_uuids(&params, into, n);
    return pg_queue(call->pg, &dedupe_sql_persons_end, &params, err);
}

/* ---- decisions and reviews ---------------------------------------------------------------------------------------- */

static void add_pairs(struct pg_params *params, const struct dedupe_pair *pairs, size_t n)
{
    struct uuid *a = ARENA_ARRAY(params->arena, 2 * n + 1, struct uuid), *b = a + n;

    for (size_t i = 0; i < n; i++)
        a[i] = pairs[i].a, b[i] = pairs[i].b;
    pg_add_uuids(params, a, n);
    pg_add_uuids(params, b, n);
}

enum outcome store_pairs_put(struct call *call, const struct dedupe_pair *pairs, size_t n, const struct uuid *by,
                             struct text reason, struct error *err)
{
    bool *apart = ARENA_ARRAY(call->arena, n + 1, bool);
    struct pg_params params;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++)
        apart[i] = pairs[i].apart;
    pg_params_init(&params, call->arena);
    add_pairs(&params, pairs, n);
    pg_add_bools(&params, apart, n);
    pg_add_uuid(&params, by);
    pg_add_text(&params, reason);
    return pg_queue(call->pg, &dedupe_sql_pairs_put, &params, err);
}

enum outcome store_pairs_drop(struct call *call, const struct dedupe_pair *pairs, size_t n, struct error *err)
{
    struct pg_params params;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    add_pairs(&params, pairs, n);
    return pg_queue(call->pg, &dedupe_sql_pairs_drop, &params, err);
}

/* ---- forgets ------------------------------------------------------------------------------------------------------ */

enum outcome store_restrict(struct call *call, const struct restriction_row *rows, size_t n, struct error *err)
{
    struct uuid *records = ARENA_ARRAY(call->arena, 2 * n + 1, struct uuid), *requests = records + n;
    struct pg_params params;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++)
        records[i] = rows[i].record, requests[i] = rows[i].request;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, records, n);
    pg_add_uuids(&params, requests, n);
    return pg_queue(call->pg, &dedupe_sql_restrictions_put, &params, err);
}

enum outcome store_forgetting_put(struct call *call, const struct forgetting_row *row, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &row->request);
    pg_add_bytes(&params, keys_pack(row->keys, call->arena));
    add_uuids(&params, row->records);
    add_uuids(&params, row->persons);
    return pg_queue(call->pg, &dedupe_sql_forgetting_put, &params, err);
}

enum outcome store_forgetting(struct call *call, struct uuid_list requests, struct forgetting_rows *out,
                              struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    add_uuids(&params, requests);
    TRY(pg_exec(call->pg, &dedupe_sql_forgetting_get, &params, &rows, err));
    *out = (struct forgetting_rows){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct forgetting_row),
                                    .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct forgetting_row){.request = pg_get_uuid(&rows, i, 0),
                                                .keys = keys_unpack(pg_get_bytes(&rows, i, 1), call->arena),
                                                .records = pg_get_uuids(&rows, i, 2, call->arena),
                                                .persons = pg_get_uuids(&rows, i, 3, call->arena),
                                                .closed = pg_get_bool(&rows, i, 4)};
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome queue_id(struct call *call, const struct pg_statement *statement, const struct uuid *id,
                             struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    return pg_queue(call->pg, statement, &params, err);
}

enum outcome store_forgetting_close(struct call *call, const struct uuid *request, struct error *err)
{
    return queue_id(call, &dedupe_sql_forgetting_close, request, err);
}

enum outcome store_forgetting_lift(struct call *call, const struct uuid *request, struct uuid_list *freed,
                                   struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &dedupe_sql_restrictions_drop, &params, &rows, err));
    freed->n = (size_t)rows.n;
    freed->items = ARENA_ARRAY(call->arena, freed->n + 1, struct uuid);
    for (int i = 0; i < rows.n; i++)
        freed->items[i] = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return queue_id(call, &dedupe_sql_forgetting_drop, request, err);
}

static struct passed_barriers read_barriers(struct call *call, const struct pg_rows *rows)
{
    struct passed_barriers out = {.items = ARENA_ARRAY(call->arena, (size_t)rows->n + 1, struct passed_barrier)};

    for (int i = 0; i < rows->n; i++)
        if (pg_get_bool(rows, i, 2))
            out.items[out.n++] = (struct passed_barrier){.barrier = pg_get_uuid(rows, i, 0),
                                                         .requests = pg_get_uuids(rows, i, 1, call->arena)};
    return out;
}

enum outcome store_barriers_seen(struct call *call, const struct barrier *const *barriers, size_t n,
                                 struct passed_barriers *passed, struct error *err)
{
    struct uuid *ids, *requests;
    int32_t *parts, *partitions;
    struct pg_params params;
    struct pg_rows rows;
    size_t pairs = 0, at = 0;

    for (size_t i = 0; i < n; i++)
        pairs += barriers[i]->requests.n;
    ids = ARENA_ARRAY(call->arena, pairs, struct uuid);
    requests = ARENA_ARRAY(call->arena, pairs, struct uuid);
    parts = ARENA_ARRAY(call->arena, pairs, int32_t);
    partitions = ARENA_ARRAY(call->arena, pairs, int32_t);
    for (size_t i = 0; i < n; i++)
        for (size_t r = 0; r < barriers[i]->requests.n; r++, at++) {
            ids[at] = barriers[i]->barrier;
            parts[at] = (int32_t)barriers[i]->partition;
            partitions[at] = (int32_t)barriers[i]->partitions;
            requests[at] = barriers[i]->requests.items[r];
        }
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, pairs);
    pg_add_int4s(&params, parts, pairs);
    pg_add_int4s(&params, partitions, pairs);
    pg_add_uuids(&params, requests, pairs);
    TRY(pg_exec(call->pg, &dedupe_sql_barriers_seen, &params, &rows, err));
    *passed = read_barriers(call, &rows);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_barriers_passed(struct call *call, struct uuid_list requests, struct passed_barriers *out,
                                   struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    add_uuids(&params, requests);
    TRY(pg_exec(call->pg, &dedupe_sql_barriers_passed, &params, &rows, err));
    *out = read_barriers(call, &rows);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_erase(struct call *call, struct uuid_list persons, struct uuid_list records,
                         struct hash_list sources, const struct uuid *request, int64_t *rows_n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    add_uuids(&params, persons);
    pg_add_hashes(&params, sources.items, sources.n);
    pg_add_uuid(&params, request);
    add_uuids(&params, records);
    TRY(pg_exec(call->pg, &dedupe_sql_forget_erase, &params, &rows, err));
    *rows_n += rows.n > 0 ? pg_get_int8(&rows, 0, 0) : 0;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_count(struct call *call, struct uuid_list persons, struct uuid_list records, struct hash_list keys,
                         const struct uuid *request, int64_t *remaining, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    add_uuids(&params, records);
    add_uuids(&params, persons);
    pg_add_hashes(&params, keys.items, keys.n);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &dedupe_sql_forget_count, &params, &rows, err));
    *remaining = rows.n > 0 ? pg_get_int8(&rows, 0, 0) : 0;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_sweep(struct call *call, struct error *err)
{
    return pg_exec(call->pg, &dedupe_sql_sweep, NULL, NULL, err);
}
