/* store: operators, looks, campaigns, repeats and requests as rows. The audit chain's rows are in store_audit.c. */
#include "services/admin/store.h"

#include <string.h>

#include "gen/admin_sql.h"

static struct bytes hash_bytes(const uint8_t hash[32])
{
    return (struct bytes){.p = hash, .n = 32};
}

static struct text kept(struct call *call, struct text text)
{
    return text.p == NULL ? TEXT_NONE : text_copy(call->arena, text);
}

/* ---- operators --------------------------------------------------------------------------------------------------- */

enum outcome store_operator_by_token(struct call *call, const uint8_t hash[32], struct operator_row *out, bool *found,
                                     bool *ended, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};
    *out = (struct operator_row){0};
    *found = *ended = false;
    pg_params_init(&params, call->arena);
    pg_add_bytes(&params, hash_bytes(hash));
    TRY(pg_exec(call->pg, &admin_sql_operator_by_token, &params, &rows, err));
    if (rows.n == 1) {
        out->id = pg_get_uuid(&rows, 0, 0);
        *found = role_of(pg_get_text(&rows, 0, 1), &out->role);
        *ended = !pg_is_null(&rows, 0, 2) && pg_get_bool(&rows, 0, 2);
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_operator_first(struct call *call, const struct uuid *id, const uint8_t hash[32], struct error *err)
{
    struct pg_params params;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    pg_add_bytes(&params, hash_bytes(hash));
    return pg_exec(call->pg, &admin_sql_operator_first, &params, NULL, err);
}

enum outcome store_operator_add(struct call *call, const struct operator_row *row, const uint8_t hash[32],
                                struct error *err)
{
    struct pg_params params;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &row->id);
    pg_add_text(&params, row->name);
    pg_add_str(&params, role_names[row->role]);
    pg_add_bytes(&params, hash_bytes(hash));
    pg_add_time(&params, row->created_at);
    pg_add_uuid(&params, &row->created_by);
    pg_add_time(&params, row->expires_at);
    return pg_exec(call->pg, &admin_sql_operator_add, &params, NULL, err);
}

/* Runs a statement that returns no rows; *n: how many it touched. */
static enum outcome touch(struct call *call, const struct pg_statement *statement, const struct pg_params *params,
                          int64_t *n, struct error *err)
{
    struct pg_rows rows = {0};
    TRY(pg_exec(call->pg, statement, params, &rows, err));
    *n = rows.n;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_operator_change(struct call *call, const struct uuid *id, struct text name, const char *role,
                                   int64_t *n, struct error *err)
{
    struct pg_params params;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    pg_add_text(&params, name);
    pg_add_text(&params, text_of(role));
    return touch(call, &admin_sql_operator_change, &params, n, err);
}

enum outcome store_operator_revoke(struct call *call, const struct uuid *id, const struct uuid *by, int64_t *n,
                                   struct error *err)
{
    struct pg_params params;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    pg_add_time(&params, call->now_us);
    pg_add_uuid(&params, by);
    return touch(call, &admin_sql_operator_revoke, &params, n, err);
}

enum outcome store_operator_admins(struct call *call, struct uuid_list *out, struct error *err)
{
    struct pg_rows rows = {0};
    TRY(pg_exec(call->pg, &admin_sql_operator_admins, NULL, &rows, err));
    out->n = (size_t)rows.n;
    out->items = ARENA_ARRAY(call->arena, out->n + 1, struct uuid);
    for (int i = 0; i < rows.n; i++)
        out->items[i] = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_operators(struct call *call, const struct uuid *only, struct operator_rows *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, only);
    TRY(pg_exec(call->pg, &admin_sql_operator_list, &params, &rows, err));
    out->n = (size_t)rows.n;
    out->items = ARENA_ARRAY(call->arena, out->n + 1, struct operator_row);
    for (int i = 0; i < rows.n; i++) {
        struct operator_row *row = &out->items[i];
        row->id = pg_get_uuid(&rows, i, 0);
        row->name = kept(call, pg_get_text(&rows, i, 1));
        ENSURE(role_of(pg_get_text(&rows, i, 2), &row->role));
        row->created_at = pg_get_time(&rows, i, 3);
        row->created_by = pg_get_uuid(&rows, i, 4);
        row->expires_at = pg_get_time(&rows, i, 5);
        row->revoked_at = pg_get_time(&rows, i, 6);
    }
    pg_rows_free(&rows);
    return DONE;
}

/* ---- looks ------------------------------------------------------------------------------------------------------- */

enum outcome store_look_add(struct call *call, int64_t seq, const struct uuid *subjects, size_t n, struct error *err)
{
    struct pg_params params;
    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_int8(&params, seq);
    pg_add_uuids(&params, subjects, n);
    pg_add_time(&params, call->now_us);
    return pg_exec(call->pg, &admin_sql_look_add, &params, NULL, err);
}

enum outcome store_looks(struct call *call, const struct uuid *subject, struct look_rows *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, subject);
    TRY(pg_exec(call->pg, &admin_sql_look_list, &params, &rows, err));
    out->n = (size_t)rows.n;
    out->items = ARENA_ARRAY(call->arena, out->n + 1, struct look_row);
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct look_row){.at_us = pg_get_time(&rows, i, 0),
                                          .operator_id = pg_get_uuid(&rows, i, 1),
                                          .seq = pg_get_int8(&rows, i, 2),
                                          .detail = kept(call, pg_get_text(&rows, i, 3))};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_look_forget(struct call *call, struct uuid_list subjects, int64_t *n, struct error *err)
{
    struct pg_params params;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, subjects.items, subjects.n);
    return touch(call, &admin_sql_look_forget, &params, n, err);
}

enum outcome store_look_count(struct call *call, struct uuid_list subjects, int64_t *n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, subjects.items, subjects.n);
    TRY(pg_exec(call->pg, &admin_sql_look_count, &params, &rows, err));
    *n = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

/* ---- campaigns --------------------------------------------------------------------------------------------------- */

enum outcome store_campaign_add(struct call *call, const struct campaign_row *row, struct error *err)
{
    struct pg_params params;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &row->id);
    pg_add_text(&params, row->purpose);
    pg_add_int8(&params, row->records);
    pg_add_time(&params, row->at_us);
    pg_add_uuid(&params, &row->by);
    return pg_exec(call->pg, &admin_sql_campaign_add, &params, NULL, err);
}

enum outcome store_campaigns(struct call *call, struct campaign_rows *out, struct error *err)
{
    struct pg_rows rows = {0};
    TRY(pg_exec(call->pg, &admin_sql_campaign_list, NULL, &rows, err));
    out->n = (size_t)rows.n;
    out->items = ARENA_ARRAY(call->arena, out->n + 1, struct campaign_row);
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct campaign_row){.id = pg_get_uuid(&rows, i, 0),
                                              .purpose = kept(call, pg_get_text(&rows, i, 1)),
                                              .records = pg_get_int8(&rows, i, 2),
                                              .at_us = pg_get_time(&rows, i, 3),
                                              .by = pg_get_uuid(&rows, i, 4)};
    pg_rows_free(&rows);
    return DONE;
}

/* ---- repeats ----------------------------------------------------------------------------------------------------- */

enum outcome store_repeat_take(struct call *call, const uint8_t key[32], const uint8_t body[32],
                               const struct uuid *fresh, struct repeat *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};
    pg_params_init(&params, call->arena);
    pg_add_bytes(&params, hash_bytes(key));
    pg_add_bytes(&params, hash_bytes(body));
    pg_add_uuid(&params, fresh);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &admin_sql_idempotency_take, &params, &rows, err));
    struct bytes stored = pg_get_bytes(&rows, 0, 0);
    out->same_body = stored.n == 32 && crypto_equal(stored.p, body, 32);
    out->request = pg_get_uuid(&rows, 0, 1);
    out->status = pg_is_null(&rows, 0, 2) ? 0 : pg_get_int4(&rows, 0, 2);
    out->answer = kept(call, pg_get_text(&rows, 0, 3));
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_repeat_answer(struct call *call, const uint8_t key[32], int status, struct text answer,
                                 struct error *err)
{
    struct pg_params params;
    pg_params_init(&params, call->arena);
    pg_add_bytes(&params, hash_bytes(key));
    pg_add_int4(&params, status);
    pg_add_text(&params, answer);
    return pg_exec(call->pg, &admin_sql_idempotency_answer, &params, NULL, err);
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

enum outcome store_request_put(struct call *call, const struct request_changed *row, struct error *err)
{
    struct pg_params params;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &row->request);
    pg_add_int8(&params, row->rev);
    pg_add_text(&params, row->kind);
    pg_add_text(&params, row->status);
    pg_add_text(&params, row->decision);
    pg_add_time(&params, row->received_at);
    pg_add_time(&params, row->due_at);
    pg_add_time(&params, row->completed_at);
    return pg_exec(call->pg, &admin_sql_request_put, &params, NULL, err);
}

enum outcome store_request_counts(struct call *call, struct request_counts *out, struct error *err)
{
    struct pg_rows rows = {0};
    TRY(pg_exec(call->pg, &admin_sql_request_counts, NULL, &rows, err));
    out->open = pg_get_int8(&rows, 0, 0);
    out->due_soon = pg_get_int8(&rows, 0, 1);
    out->late = pg_get_int8(&rows, 0, 2);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_sweep(struct call *call, struct error *err)
{
    TRY(pg_exec(call->pg, &admin_sql_sweep_looks, NULL, NULL, err));
    TRY(pg_exec(call->pg, &admin_sql_sweep_idempotency, NULL, NULL, err));
    return pg_exec(call->pg, &admin_sql_sweep_requests, NULL, NULL, err);
}
