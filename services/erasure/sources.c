/* sources: upstream systems that ask for forgets, in SQL. */
#include "services/erasure/sources.h"

#include "gen/erasure_sql.h"

enum outcome source_enter(struct call *call, struct text source, bool *frozen, int64_t *counted, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_text(&params, source);
    TRY(pg_exec(call->pg, &erasure_sql_source_enter, &params, &rows, err));
    *frozen = rows.n > 0 && pg_get_bool(&rows, 0, 0);
    pg_rows_free(&rows);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &erasure_sql_source_count, &params, &rows, err));
    *counted = rows.n > 0 ? pg_get_int8(&rows, 0, 0) : 0;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome source_freeze(struct call *call, struct text source, int64_t *waiting, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_text(&params, source);
    pg_add_int4(&params, (int32_t)STAGE_DESTROYING);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &erasure_sql_source_freeze, &params, &rows, err));
    *waiting = rows.n;
    pg_rows_free(&rows);
    return DONE;
}
