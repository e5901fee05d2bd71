/* weighing_store: the SQL of weights and of deciding anew. */
#include "gen/dedupe_sql.h"
#include "services/dedupe/weighing.h"

enum outcome weighing_store_load(struct call *call, struct weighing *out, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &dedupe_sql_weighing_of, NULL, &rows, err));
    if (rows.n != 1) {
        pg_rows_free(&rows);
        return error_retry(err, "weighing", "there is no row that says by what is weighed");
    }
    out->version = pg_get_int8(&rows, 0, 0);
    out->policy_version = pg_get_int8(&rows, 0, 1);
    out->sources = pg_get_int8(&rows, 0, 2);
    out->pass = pg_get_int8(&rows, 0, 3);
    out->running = pg_get_bool(&rows, 0, 4);
    out->after = pg_get_uuid(&rows, 0, 5);
    out->until = pg_get_uuid(&rows, 0, 6);
    out->records = pg_get_int8(&rows, 0, 7);
    out->decided = pg_get_int8(&rows, 0, 8);
    out->began_at = pg_get_time(&rows, 0, 9);
    out->ended_at = pg_get_time(&rows, 0, 10);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome weighing_store_weights(struct call *call, int64_t version, struct text *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_int8(&params, version);
    TRY(pg_exec(call->pg, &dedupe_sql_weights_of, &params, &rows, err));
    *out = rows.n == 1 && !pg_is_null(&rows, 0, 0) ? text_copy(call->arena, pg_get_text(&rows, 0, 0)) : TEXT_NONE;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome weighing_store_take(struct call *call, struct text weights, const struct uuid *by, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_text(&params, weights);
    pg_add_uuid(&params, by);
    return pg_exec(call->pg, &dedupe_sql_weights_put, &params, NULL, err);
}

enum outcome weighing_store_policy(struct call *call, int64_t version, int64_t sources, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_int8(&params, version);
    pg_add_int8(&params, sources);
    return pg_exec(call->pg, &dedupe_sql_weighing_policy, &params, NULL, err);
}

enum outcome weighing_store_begin(struct call *call, struct error *err)
{
    return pg_exec(call->pg, &dedupe_sql_weighing_begin, NULL, NULL, err);
}

enum outcome weighing_store_count(struct call *call, int64_t pass, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_int8(&params, pass);
    return pg_exec(call->pg, &dedupe_sql_weighing_count, &params, NULL, err);
}

enum outcome weighing_store_page(struct call *call, const struct weighing *weighing, int most, struct uuid_list *out,
                                 struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &weighing->after);
    pg_add_uuid(&params, &weighing->until);
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &dedupe_sql_weighing_page, &params, &rows, err));
    *out = (struct uuid_list){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct uuid), .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome weighing_store_decided(struct call *call, int64_t pass, struct uuid_list page, bool more,
                                    struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_int8(&params, pass);
    pg_add_uuid(&params, page.n == 0 ? NULL : &page.items[page.n - 1]);
    pg_add_int8(&params, (int64_t)page.n);
    pg_add_bool(&params, more);
    return pg_exec(call->pg, &dedupe_sql_weighing_decided, &params, NULL, err);
}
