/* resync: announces every current row again, a page a transaction; and the runtime's other housekeeping. */
#include "common/service/internal.h"

#include "gen/service_sql.h"

enum outcome resync_run(struct call *call, bool *again, struct error *err)
{
    struct service *service = call->service;
    struct uuid after = {0};
    bool more = true;
    int64_t pages = 0;

    (void)again;
    if (!atomic_exchange(&service->resync, false))
        return DONE;
    while (more && !call_stopping(call)) {
        more = false;
        enum outcome outcome = service->def->resync(call, &after, &more, err);
        if (outcome == DONE)
            outcome = call_checkpoint(call, err);
        if (outcome != DONE) {
            atomic_store(&service->resync, true); /* from the start: whatever was announced is announced again */
            return outcome;
        }
        pages++;
    }
    log_info(&service->log, "resync.done", F_INT("pages", pages));
    return DONE;
}

enum outcome inbox_days_run(struct call *call, bool *again, struct error *err)
{
    struct pg_params params;

    (void)again;
    pg_params_init(&params, call->arena);
    pg_add_int4(&params, 60); /* topics keep at most 30 days, and 30 beyond */
    return pg_exec(call->pg, &service_sql_inbox_days, &params, NULL, err);
}
