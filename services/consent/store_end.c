/* store_end: what ends: links and unconfirmed addresses, unused grants, forgotten people; and a subject's own rows. */
#include "gen/consent_sql.h"
#include "services/consent/store.h"

#include <string.h>

static struct text copied(struct arena *arena, struct text t)
{
    return t.p == NULL ? TEXT_NONE : text_copy(arena, t);
}

enum outcome store_exec_uuids(struct call *call, const struct pg_statement *statement, const struct pg_params *params,
                              struct uuid_list *out, struct error *err)
{
    struct pg_rows rows = {0};

    TRY(pg_exec(call->pg, statement, params, &rows, err));
    out->n = (size_t)rows.n;
    out->items = ARENA_ARRAY(call->arena, out->n + 1, struct uuid);
    for (int i = 0; i < rows.n; i++)
        out->items[i] = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome exec_count(struct call *call, const struct pg_statement *statement, const struct pg_params *params,
                               int64_t *out, struct error *err)
{
    struct pg_rows rows = {0};

    TRY(pg_exec(call->pg, statement, params, &rows, err));
    *out = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_ledger_verify(struct call *call, int most, struct hash *after, int64_t *n, int64_t *broken,
                                 struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_bytes(&params, (struct bytes){.p = after->b, .n = sizeof after->b});
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &consent_sql_ledger_verify, &params, &rows, err));
    *n = pg_get_int8(&rows, 0, 0);
    *broken = pg_get_int8(&rows, 0, 1);
    if (*n > 0)
        *after = pg_get_hash(&rows, 0, 2);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome lock_expired(struct call *call, int most, struct bytes **hashes, size_t *n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_time(&params, call->now_us);
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &consent_sql_expire_due, &params, &rows, err));
    *n = (size_t)rows.n;
    *hashes = ARENA_ARRAY(call->arena, *n + 1, struct bytes);
    for (int i = 0; i < rows.n; i++) {
        struct bytes hash = pg_get_bytes(&rows, i, 0);
        uint8_t *kept = ARENA_ARRAY(call->arena, hash.n + 1, uint8_t);

        memcpy(kept, hash.p, hash.n);
        (*hashes)[i] = (struct bytes){.p = kept, .n = hash.n};
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_expired_tokens(struct call *call, int most, struct expired_token **out, size_t *n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};
    struct bytes *hashes;

    TRY(lock_expired(call, most, &hashes, n, err));
    pg_params_init(&params, call->arena);
    pg_add_bytes_array(&params, hashes, *n);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &consent_sql_expire_load, &params, &rows, err));
    *n = (size_t)rows.n;
    *out = ARENA_ARRAY(call->arena, *n + 1, struct expired_token);
    for (int i = 0; i < rows.n; i++) {
        struct expired_token *t = &(*out)[i];
        struct bytes hash = pg_get_bytes(&rows, i, 0);

        ENSURE(hash.n == sizeof t->hash);
        memcpy(t->hash, hash.p, sizeof t->hash);
        t->address = pg_get_uuid(&rows, i, 1);
        t->channel = copied(call->arena, pg_get_text(&rows, i, 2));
        t->purpose = copied(call->arena, pg_get_text(&rows, i, 3));
        t->content = pg_get_uuid(&rows, i, 4);
        t->used = pg_get_bool(&rows, i, 5);
        t->over = !pg_is_null(&rows, i, 6) && pg_get_bool(&rows, i, 6);
        t->statement = pg_get_int8(&rows, i, 7);
        t->language = copied(call->arena, pg_get_text(&rows, i, 8));
        t->email = pg_get_hash(&rows, i, 9);
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_tokens_drop(struct call *call, const struct bytes *hashes, size_t n, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_bytes_array(&params, hashes, n);
    return pg_queue(call->pg, &consent_sql_token_drop, &params, err);
}

enum outcome store_idle(struct call *call, const struct uuid *addresses, size_t n, struct uuid_list *out,
                        struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, addresses, n);
    return store_exec_uuids(call, &consent_sql_address_idle, &params, out, err);
}

enum outcome store_bare(struct call *call, const struct uuid *addresses, size_t n, struct uuid_list *out,
                        struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, addresses, n);
    return store_exec_uuids(call, &consent_sql_idle_bare, &params, out, err);
}

enum outcome store_idle_due(struct call *call, int most, struct uuid_list *out, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_time(&params, call->now_us);
    pg_add_int4(&params, most);
    return store_exec_uuids(call, &consent_sql_idle_due, &params, out, err);
}

static enum outcome exec_addresses(struct call *call, const struct pg_statement *statement,
                                   const struct uuid_list *addresses, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, addresses->items, addresses->n);
    return pg_exec(call->pg, statement, &params, NULL, err);
}

enum outcome store_idle_kept(struct call *call, const struct uuid_list *addresses, struct error *err)
{
    return exec_addresses(call, &consent_sql_idle_kept, addresses, err);
}

enum outcome store_address_strip(struct call *call, const struct uuid_list *addresses, struct error *err)
{
    return exec_addresses(call, &consent_sql_address_strip, addresses, err);
}

/* ---- what is nobody's any more ------------------------------------------------------------------------------------------- */

enum outcome store_doom(struct call *call, const struct doomed *doomed, struct error *err)
{
    struct pg_params params;

    if (doomed->n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, doomed->vaults, doomed->n);
    pg_add_hash(&params, &doomed->email);
    pg_add_uuid(&params, &doomed->record);
    pg_add_time(&params, call->now_us);
    return pg_queue(call->pg, &consent_sql_doom, &params, err);
}

enum outcome store_doomed(struct call *call, int most, struct uuid_list *out, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_int4(&params, most);
    return store_exec_uuids(call, &consent_sql_doomed_due, &params, out, err);
}

enum outcome store_doomed_drop(struct call *call, const struct uuid_list *vaults, struct error *err)
{
    return exec_addresses(call, &consent_sql_doomed_drop, vaults, err);
}

enum outcome store_address_vaults(struct call *call, const struct uuid_list *addresses, struct uuid_list *out,
                                  struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, addresses->items, addresses->n);
    return store_exec_uuids(call, &consent_sql_address_vaults, &params, out, err);
}

enum outcome store_address_erase(struct call *call, const struct uuid_list *addresses, struct error *err)
{
    struct pg_params params;
    int64_t rows;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, addresses->items, addresses->n);
    return exec_count(call, &consent_sql_address_erase, &params, &rows, err);
}

/* source: TEXT_NONE where the statement asks for none. */
static enum outcome lapsing(struct call *call, const struct pg_statement *statement, struct text purpose,
                            struct text source, struct duration after, int most, struct lapsing **out, size_t *n,
                            struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_text(&params, purpose);
    pg_add_time(&params, call->now_us);
    pg_add_int4(&params, after.months);
    pg_add_int4(&params, after.days);
    pg_add_int8(&params, after.us);
    pg_add_int4(&params, most);
    if (source.p != NULL)
        pg_add_text(&params, source);
    TRY(pg_exec(call->pg, statement, &params, &rows, err));
    *n = (size_t)rows.n;
    *out = ARENA_ARRAY(call->arena, *n + 1, struct lapsing);
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = (struct lapsing){.email = pg_get_hash(&rows, i, 0),
                                     .address = pg_get_uuid(&rows, i, 1),
                                     .channel = copied(call->arena, pg_get_text(&rows, i, 2)),
                                     .purpose = copied(call->arena, pg_get_text(&rows, i, 3))};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_unused(struct call *call, struct text purpose, struct duration after, int most, struct lapsing **out,
                          size_t *n, struct error *err)
{
    return lapsing(call, &consent_sql_lapse_due, purpose, TEXT_NONE, after, most, out, n, err);
}

enum outcome store_unconfirmed(struct call *call, struct text source, struct text purpose, struct duration after,
                               int most, struct lapsing **out, size_t *n, struct error *err)
{
    return lapsing(call, &consent_sql_assertions_due, purpose, source, after, most, out, n, err);
}

enum outcome store_granted_before(struct call *call, struct text purpose, int64_t version, struct uuid *after, int most,
                                  struct granted **out, size_t *n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_text(&params, purpose);
    pg_add_int8(&params, version);
    pg_add_bytes(&params, (struct bytes){.p = after->b, .n = sizeof after->b});
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &consent_sql_granted_before, &params, &rows, err));
    *n = (size_t)rows.n;
    *out = ARENA_ARRAY(call->arena, *n + 1, struct granted);
    for (int i = 0; i < rows.n; i++) {
        (*out)[i] = (struct granted){.address = {.id = pg_get_uuid(&rows, i, 0),
                                                 .email = pg_get_hash(&rows, i, 1),
                                                 .wide = pg_get_hash(&rows, i, 2),
                                                 .vault = pg_get_uuid(&rows, i, 3)},
                                     .channel = copied(call->arena, pg_get_text(&rows, i, 4)),
                                     .language = copied(call->arena, pg_get_text(&rows, i, 5))};
        *after = (*out)[i].address.id;
    }
    pg_rows_free(&rows);
    return DONE;
}

/* ---- forget ------------------------------------------------------------------------------------------------------------- */

static void add_hashes(struct pg_params *params, struct call *call, const struct forget_set *set)
{
    struct hash *hashes = ARENA_ARRAY(call->arena, set->keys_n + 1, struct hash);

    for (size_t i = 0; i < set->keys_n; i++)
        hashes[i] = set->keys[i].hash;
    pg_add_hashes(params, hashes, set->keys_n);
}

enum outcome store_forget_addresses(struct call *call, const struct forget_set *set, struct uuid_list *out,
                                    struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    add_hashes(&params, call, set);
    pg_add_uuids(&params, set->records.items, set->records.n);
    pg_add_bool(&params, set->expiry);
    return store_exec_uuids(call, &consent_sql_forget_addresses, &params, out, err);
}

enum outcome store_forget_vaults(struct call *call, const struct forget_set *set, const struct uuid_list *addresses,
                                 struct uuid_list *out, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, addresses->items, addresses->n);
    pg_add_uuids(&params, set->records.items, set->records.n);
    pg_add_uuids(&params, set->persons.items, set->persons.n);
    add_hashes(&params, call, set);
    pg_add_bool(&params, set->expiry);
    return store_exec_uuids(call, &consent_sql_forget_vaults, &params, out, err);
}

static enum outcome forget_rows(struct call *call, const struct pg_statement *statement, const struct forget_set *set,
                                const struct uuid_list *addresses, int64_t *out, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, addresses->items, addresses->n);
    pg_add_uuids(&params, set->records.items, set->records.n);
    pg_add_uuids(&params, set->persons.items, set->persons.n);
    add_hashes(&params, call, set);
    pg_add_bool(&params, set->expiry);
    return exec_count(call, statement, &params, out, err);
}

enum outcome store_forget_erase(struct call *call, const struct forget_set *set, const struct uuid_list *addresses,
                                int64_t *rows, struct error *err)
{
    struct pg_params params;
    int64_t unnamed;

    TRY(forget_rows(call, &consent_sql_forget_erase, set, addresses, rows, err));
    if (set->expiry || set->persons.n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, set->persons.items, set->persons.n);
    return exec_count(call, &consent_sql_forget_unname, &params, &unnamed, err);
}

enum outcome store_forget_count(struct call *call, const struct forget_set *set, const struct uuid_list *addresses,
                                int64_t *remaining, struct error *err)
{
    return forget_rows(call, &consent_sql_forget_count, set, addresses, remaining, err);
}

/* ---- a subject's rows ----------------------------------------------------------------------------------------------------- */

enum outcome store_subject(struct call *call, const struct hash *keys, size_t keys_n, const struct uuid *persons,
                           size_t persons_n, struct subject_row **out, size_t *n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys, keys_n);
    pg_add_uuids(&params, persons, persons_n);
    pg_add_int4(&params, SUBJECT_ROWS_MOST);
    TRY(pg_exec(call->pg, &consent_sql_subject_load, &params, &rows, err));
    *n = (size_t)rows.n;
    *out = ARENA_ARRAY(call->arena, *n + 1, struct subject_row);
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = (struct subject_row){
            .position = pg_get_int8(&rows, i, 0),
            .address = pg_get_uuid(&rows, i, 1),
            .channel = copied(call->arena, pg_get_text(&rows, i, 2)),
            .purpose = copied(call->arena, pg_get_text(&rows, i, 3)),
            .act = pg_get_int4(&rows, i, 4),
            .statement = pg_get_int8(&rows, i, 5),
            .language = copied(call->arena, pg_get_text(&rows, i, 6)),
            .given_by = pg_is_null(&rows, i, 7) ? -1 : pg_get_int4(&rows, i, 7),
            .at = pg_get_time(&rows, i, 8),
            .recorded_at = pg_get_time(&rows, i, 9),
            .source = copied(call->arena, pg_get_text(&rows, i, 10)),
            .evidence = pg_get_uuid(&rows, i, 11),
            .record = pg_get_uuid(&rows, i, 12),
            .person = pg_get_uuid(&rows, i, 13),
            .state = pg_is_null(&rows, i, 14) ? -1 : pg_get_int4(&rows, i, 14),
        };
    pg_rows_free(&rows);
    return DONE;
}
