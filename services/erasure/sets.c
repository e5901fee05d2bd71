/* sets: whom requests mean, and the list of what they keep in the vault, in SQL. */
#include <string.h>

#include "gen/erasure_sql.h"
#include "services/erasure/store.h"

/* ---- sets --------------------------------------------------------------------------------------------------------- */

enum outcome set_put(struct call *call, const struct forget_set *set, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &set->request);
    pg_add_uuids(&params, set->persons.items, set->persons.n);
    pg_add_uuids(&params, set->records.items, set->records.n);
    pg_add_uuids(&params, set->activities.items, set->activities.n);
    pg_add_uuids(&params, set->parts.items, set->parts.n);
    forget_keys_add(&params, set->keys, set->keys_n);
    return pg_queue(call->pg, &erasure_sql_set_put, &params, err);
}

enum outcome set_load(struct call *call, const struct uuid *request, struct forget_set *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    enum outcome o = DONE;

    memset(out, 0, sizeof(*out));
    out->request = *request;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &erasure_sql_set_load, &params, &rows, err));
    if (rows.n > 0) {
        out->persons = pg_get_uuids(&rows, 0, 0, call->arena);
        out->records = pg_get_uuids(&rows, 0, 1, call->arena);
        out->activities = pg_get_uuids(&rows, 0, 2, call->arena);
        out->parts = pg_get_uuids(&rows, 0, 3, call->arena);
        o = forget_keys_get(&rows, 0, 4, call->arena, &out->keys, &out->keys_n, err);
    }
    pg_rows_free(&rows);
    return o;
}

enum outcome set_share(struct call *call, const struct uuid *request, struct key_list shared, struct error *err)
{
    struct pg_params params;
    uint8_t *kinds = ARENA_ARRAY(call->arena, shared.n + 1, uint8_t);
    struct hash *hashes = ARENA_ARRAY(call->arena, shared.n, struct hash);

    for (size_t i = 0; i < shared.n; i++) {
        kinds[i] = (uint8_t)shared.items[i].kind;
        hashes[i] = shared.items[i].hash;
    }
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_bytes(&params, (struct bytes){.p = kinds, .n = shared.n});
    pg_add_hashes(&params, hashes, shared.n);
    return pg_queue(call->pg, &erasure_sql_set_share, &params, err);
}

enum outcome set_shared(struct call *call, const struct uuid *request, struct key_list *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    *out = (struct key_list){0};
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &erasure_sql_set_shared, &params, &rows, err));
    if (rows.n > 0) {
        struct bytes kinds = pg_get_bytes(&rows, 0, 0);
        struct hash_list hashes = pg_get_hashes(&rows, 0, 1, call->arena);
        ENSURE(kinds.n == hashes.n);
        out->items = ARENA_ARRAY(call->arena, hashes.n, struct key);
        for (out->n = 0; out->n < hashes.n; out->n++)
            out->items[out->n] = (struct key){.kind = kinds.p[out->n], .hash = hashes.items[out->n]};
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome set_disclose(struct call *call, const struct uuid *request, struct text_list systems,
                          struct text_list categories, struct error *err)
{
    struct pg_params params;

    ENSURE(systems.n == categories.n);
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_texts(&params, systems.items, systems.n);
    pg_add_texts(&params, categories.items, categories.n);
    return pg_queue(call->pg, &erasure_sql_set_disclose, &params, err);
}

enum outcome disclosures_note(struct call *call, const struct uuid *request, bool told, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_time(&params, call->now_us);
    pg_add_bool(&params, told);
    return pg_queue(call->pg, &erasure_sql_disclosures_note, &params, err);
}

enum outcome set_drop(struct call *call, const struct uuid *request, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    return pg_queue(call->pg, &erasure_sql_set_drop, &params, err);
}

enum outcome set_overlap(struct call *call, const struct forget_set *set, struct uuid_list *out, struct error *err)
{
    struct pg_params params;
    struct hash *hashes = ARENA_ARRAY(call->arena, set->keys_n, struct hash);

    for (size_t i = 0; i < set->keys_n; i++)
        hashes[i] = set->keys[i].hash;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &set->request);
    pg_add_uuids(&params, set->persons.items, set->persons.n);
    pg_add_uuids(&params, set->records.items, set->records.n);
    pg_add_hashes(&params, hashes, set->keys_n);
    return store_ids(call, &erasure_sql_set_overlap, &params, out, err);
}

/* ---- secrets ------------------------------------------------------------------------------------------------------ */

enum outcome secret_note(struct call *call, const struct uuid *id, const struct uuid *owner, const char *what,
                         int64_t until_us, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    pg_add_uuid(&params, owner);
    pg_add_str(&params, what);
    pg_add_time(&params, until_us);
    return pg_queue(call->pg, &erasure_sql_secret_put, &params, err);
}

enum outcome secrets_of(struct call *call, const struct uuid *owner, const struct text *what, size_t what_n,
                        struct uuid_list *out, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, owner);
    if (what == NULL)
        pg_add_null(&params);
    else
        pg_add_texts(&params, what, what_n);
    return store_ids(call, &erasure_sql_secrets_of, &params, out, err);
}

enum outcome secrets_due(struct call *call, int most, struct uuid_list *out, struct error *err)
{
    return store_ids_due(call, &erasure_sql_secrets_due, most, out, err);
}

enum outcome secrets_drop(struct call *call, struct uuid_list ids, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids.items, ids.n);
    return pg_queue(call->pg, &erasure_sql_secrets_drop, &params, err);
}

enum outcome secrets_doom(struct call *call, struct uuid_list ids, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids.items, ids.n);
    return pg_queue(call->pg, &erasure_sql_secrets_doom, &params, err);
}

enum outcome secrets_doomed(struct call *call, struct uuid_list *out, struct error *err)
{
    return store_ids(call, &erasure_sql_secrets_doomed, NULL, out, err);
}

enum outcome secrets_gone(struct call *call, struct uuid_list ids, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids.items, ids.n);
    return pg_exec(call->pg, &erasure_sql_secrets_gone, &params, NULL, err);
}
