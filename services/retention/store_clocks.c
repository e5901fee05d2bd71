/* store_clocks: clocks that are computed anew, what is due, and rehearsals. */
#include "services/retention/store.h"

#include "gen/retention_sql.h"

static enum outcome lock_stale(struct call *call, int most, struct uuid_list *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_int8(&params, call->policy_version);
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &retention_sql_records_stale, &params, &rows, err));
    *out = (struct uuid_list){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct uuid), .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_records_stale(struct call *call, int most, struct record_clocks *out, struct error *err)
{
    struct uuid_list locked;
    struct pg_params params;
    struct pg_rows rows;

    TRY(lock_stale(call, most, &locked, err));
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, locked.items, locked.n);
    TRY(pg_exec(call->pg, &retention_sql_records_used, &params, &rows, err));
    *out = (struct record_clocks){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct record_clock),
                                  .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++) {
        struct record_clock *c = &out->items[i];
        int64_t used = pg_get_time(&rows, i, 4);
        c->record = pg_get_uuid(&rows, i, 0);
        c->category = text_copy(call->arena, pg_get_text(&rows, i, 1));
        c->dates.base = pg_get_time(&rows, i, 2);
        c->dates.dates = dates_unpack(pg_get_bytes(&rows, i, 3), call->arena);
        c->dates.last_use = used > c->dates.base ? used : c->dates.base;
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_records_computed(struct call *call, const struct record_clock *clocks, size_t n, struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    bool *by_last_use = ARENA_ARRAY(call->arena, n + 1, bool);
    int64_t *due = ARENA_ARRAY(call->arena, n + 1, int64_t);
    struct text *rules = ARENA_ARRAY(call->arena, n + 1, struct text);
    struct pg_params params;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++) {
        ids[i] = clocks[i].record, by_last_use[i] = clocks[i].due.by_last_use;
        due[i] = clocks[i].due.at, rules[i] = text_of(clocks[i].due.rule);
    }
    pg_params_init(&params, call->arena);
    pg_add_int8(&params, call->policy_version);
    pg_add_uuids(&params, ids, n);
    pg_add_bools(&params, by_last_use, n);
    pg_add_times(&params, due, n);
    pg_add_texts(&params, rules, n);
    return pg_queue(call->pg, &retention_sql_records_computed, &params, err);
}

enum outcome store_activities_stale(struct call *call, int most, struct activity_clocks *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_int8(&params, call->policy_version);
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &retention_sql_activities_stale, &params, &rows, err));
    *out = (struct activity_clocks){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct activity_clock),
                                    .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++) {
        struct activity_clock *c = &out->items[i];
        c->activity = pg_get_uuid(&rows, i, 0);
        c->category = text_copy(call->arena, pg_get_text(&rows, i, 1));
        c->dates.base = c->dates.last_use = pg_get_time(&rows, i, 2);
        c->dates.dates = dates_unpack(pg_get_bytes(&rows, i, 3), call->arena);
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_parts(struct call *call, struct uuid_list activities, struct part_clocks *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, activities.items, activities.n);
    TRY(pg_exec(call->pg, &retention_sql_parts_of, &params, &rows, err));
    *out = (struct part_clocks){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct part_clock),
                                .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct part_clock){
            .part = pg_get_uuid(&rows, i, 0), .activity = pg_get_uuid(&rows, i, 1), .role = pg_get_int4(&rows, i, 2)};
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome computed(struct call *call, const struct pg_statement *statement, bool versioned,
                             const struct uuid *ids, const struct due *const *due, size_t n, struct error *err)
{
    int64_t *at = ARENA_ARRAY(call->arena, n + 1, int64_t);
    struct text *rules = ARENA_ARRAY(call->arena, n + 1, struct text);
    struct pg_params params;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++)
        at[i] = due[i]->at, rules[i] = text_of(due[i]->rule);
    pg_params_init(&params, call->arena);
    if (versioned)
        pg_add_int8(&params, call->policy_version);
    pg_add_uuids(&params, ids, n);
    pg_add_times(&params, at, n);
    pg_add_texts(&params, rules, n);
    return pg_queue(call->pg, statement, &params, err);
}

enum outcome store_activities_computed(struct call *call, const struct activity_clock *clocks, size_t n,
                                       struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    const struct due **due = ARENA_ARRAY(call->arena, n + 1, const struct due *);

    for (size_t i = 0; i < n; i++)
        ids[i] = clocks[i].activity, due[i] = &clocks[i].due;
    return computed(call, &retention_sql_activities_computed, true, ids, due, n, err);
}

enum outcome store_parts_computed(struct call *call, const struct part_clock *parts, size_t n, struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    const struct due **due = ARENA_ARRAY(call->arena, n + 1, const struct due *);

    for (size_t i = 0; i < n; i++)
        ids[i] = parts[i].part, due[i] = &parts[i].due;
    return computed(call, &retention_sql_parts_computed, false, ids, due, n, err);
}

/* ---- what is due ------------------------------------------------------------------------------------------------------ */

enum outcome store_look_again(struct call *call, int most, size_t *n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_time(&params, call->now_us);
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &retention_sql_records_again, &params, &rows, err));
    *n = (size_t)rows.n;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_due(struct call *call, int most, struct due_items *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_time(&params, call->now_us);
    pg_add_int4(&params, most);
    pg_add_int8(&params, call->policy_version);
    TRY(pg_exec(call->pg, &retention_sql_due, &params, &rows, err));
    *out =
        (struct due_items){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct due_item), .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct due_item){.kind = pg_get_int4(&rows, i, 0),
                                          .id = pg_get_uuid(&rows, i, 1),
                                          .rule = text_copy(call->arena, pg_get_text(&rows, i, 2)),
                                          .expiry = pg_get_uuid(&rows, i, 3)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_announced(struct call *call, const struct due_item *items, const struct uuid *expiries, size_t n,
                             struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    struct pg_params params;

    for (size_t i = 0; i < n; i++)
        ids[i] = items[i].id;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_uuids(&params, expiries, n);
    pg_add_time(&params, call->now_us);
    return pg_queue(call->pg, &retention_sql_announced, &params, err);
}

static struct rehearsed_list take_rehearsed(struct call *call, struct pg_rows *rows)
{
    struct rehearsed_list list = {.items = ARENA_ARRAY(call->arena, (size_t)rows->n + 1, struct rehearsed),
                                  .n = (size_t)rows->n};

    for (int i = 0; i < rows->n; i++)
        list.items[i] = (struct rehearsed){.kind = text_copy(call->arena, pg_get_text(rows, i, 0)),
                                           .category = text_copy(call->arena, pg_get_text(rows, i, 1)),
                                           .rule = text_copy(call->arena, pg_get_text(rows, i, 2)),
                                           .n = pg_get_int8(rows, i, 3)};
    pg_rows_free(rows);
    return list;
}

enum outcome store_held(struct call *call, struct rehearsed_list *out, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &retention_sql_held, NULL, &rows, err));
    *out = take_rehearsed(call, &rows);
    return DONE;
}

enum outcome store_rehearse(struct call *call, int64_t at, struct rehearsed_list *out, int64_t *stale,
                            struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_time(&params, at);
    pg_add_int8(&params, call->policy_version);
    TRY(pg_exec(call->pg, &retention_sql_rehearse, &params, &rows, err));
    *out = take_rehearsed(call, &rows);
    pg_params_init(&params, call->arena);
    pg_add_int8(&params, call->policy_version);
    TRY(pg_exec(call->pg, &retention_sql_rehearse_stale, &params, &rows, err));
    *stale = rows.n > 0 ? pg_get_int8(&rows, 0, 0) : 0;
    pg_rows_free(&rows);
    return DONE;
}
