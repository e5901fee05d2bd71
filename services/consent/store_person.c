/* store_person: who is one person, and how refusals spread over a person's keys and records. */
#include "gen/consent_sql.h"
#include "services/consent/store.h"

static enum outcome exec_changed(struct call *call, const struct pg_statement *statement,
                                 const struct pg_params *params, struct changed_list *out, struct error *err)
{
    struct pg_rows rows = {0};

    TRY(pg_exec(call->pg, statement, params, &rows, err));
    store_changed(call->arena, &rows, out);
    pg_rows_free(&rows);
    return DONE;
}

static void add_reached(struct pg_params *params, struct call *call, const struct refusal_row *row)
{
    pg_params_init(params, call->arena);
    pg_add_hashes(params, row->keys, row->keys_n);
    pg_add_uuid(params, &row->record);
}

enum outcome store_refusal_lock(struct call *call, const struct refusal_row *row, struct uuid *person,
                                struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    add_reached(&params, call, row);
    TRY(pg_exec(call->pg, &consent_sql_refusal_lock, &params, &rows, err));
    pg_rows_free(&rows);
    TRY(pg_exec(call->pg, &consent_sql_refusal_person, &params, &rows, err));
    *person = rows.n > 0 ? pg_get_uuid(&rows, 0, 0) : (struct uuid){{0}};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_refusal_put(struct call *call, const struct refusal_row *row, struct changed_list *out,
                               struct error *err)
{
    struct pg_params params;
    int64_t at = row->at < call->now_us ? row->at : call->now_us;

    add_reached(&params, call, row);
    pg_add_text(&params, row->channel);
    pg_add_text(&params, row->purpose);
    pg_add_int4(&params, row->kind);
    pg_add_int8(&params, row->position);
    pg_add_time(&params, at);
    TRY(pg_queue(call->pg, &consent_sql_refusal_put, &params, err));

    add_reached(&params, call, row);
    pg_add_text(&params, row->channel);
    pg_add_text(&params, row->purpose);
    pg_add_int4(&params, row->kind == REFUSAL_OBJECTED ? CONSENT_OBJECTED : CONSENT_WITHDRAWN);
    pg_add_int8(&params, row->position);
    pg_add_time(&params, at);
    pg_add_time(&params, call->now_us);
    pg_add_text(&params, row->source);
    return exec_changed(call, &consent_sql_state_refuse, &params, out, err);
}

enum outcome store_person_put(struct call *call, const struct uuid *person, int64_t rev, bool ended, bool restricted,
                              bool *newer, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, person);
    pg_add_int8(&params, rev);
    pg_add_bool(&params, ended);
    pg_add_bool(&params, restricted);
    TRY(pg_exec(call->pg, &consent_sql_person_put, &params, &rows, err));
    *newer = rows.n > 0;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_person_members(struct call *call, const struct uuid *person, const struct hash *keys, size_t keys_n,
                                  const struct uuid *records, size_t records_n, struct changed_list *out,
                                  struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, person);
    pg_add_hashes(&params, keys, keys_n);
    TRY(pg_queue(call->pg, &consent_sql_person_keys_put, &params, err));

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, person);
    pg_add_uuids(&params, records, records_n);
    TRY(pg_queue(call->pg, &consent_sql_person_records_put, &params, err));

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, person);
    pg_add_hashes(&params, keys, keys_n);
    pg_add_uuids(&params, records, records_n);
    TRY(pg_queue(call->pg, &consent_sql_refusal_of_members, &params, err));
    return store_person_settle(call, person, out, err);
}

enum outcome store_person_settle(struct call *call, const struct uuid *person, struct changed_list *out,
                                 struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, person);
    pg_add_time(&params, call->now_us);
    return exec_changed(call, &consent_sql_person_settle, &params, out, err);
}

enum outcome store_heir_put(struct call *call, const struct uuid *person, const struct uuid *heir, bool split,
                            struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, person);
    pg_add_uuid(&params, heir);
    pg_add_bool(&params, split);
    return pg_queue(call->pg, &consent_sql_heir_put, &params, err);
}

enum outcome store_heirs_copy(struct call *call, const struct uuid *person, struct uuid_list *heirs, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, person);
    TRY(pg_exec(call->pg, &consent_sql_heirs_copy, &params, &rows, err));
    *heirs = (struct uuid_list){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct uuid)};
    for (int i = 0; i < rows.n; i++)
        heirs->items[heirs->n++] = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}
