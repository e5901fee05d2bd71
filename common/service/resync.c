/* resync: announces every current row again, a page a transaction, and remembers in that transaction how far it came; and
 * the runtime's other housekeeping. */
#include "common/service/internal.h"

#include <time.h>

#include "gen/outbox_sql.h"
#include "gen/service_sql.h"

enum {
    OUTBOX_DEEP = 50,  /* rows: announcing waits until they are delivered */
    INBOX_DAYS = 60,   /* topics keep at most 30 days, and 30 beyond */
    INBOX_PAGE = 5000, /* rows that go in one transaction */
};

enum outcome resync_want(struct pg *pg, struct error *err)
{
    return pg_exec(pg, &service_sql_resync_want, NULL, NULL, err);
}

static enum outcome is_deep(struct call *call, bool *deep, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &outbox_sql_depth, NULL, &rows, err));
    *deep = pg_get_int8(&rows, 0, 0) > OUTBOX_DEEP;
    pg_rows_free(&rows);
    return DONE;
}

/* What is wanted now; locked, so that a new wish begins after this page. */
static enum outcome find(struct call *call, bool *wanted, struct uuid *after, int64_t *pages, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &service_sql_resync_find, NULL, &rows, err));
    *wanted = rows.n > 0;
    if (*wanted) {
        *after = pg_get_uuid(&rows, 0, 0);
        *pages = pg_get_int8(&rows, 0, 1);
    }
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome step(struct call *call, const struct uuid *after, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, after);
    return pg_queue(call->pg, &service_sql_resync_step, &params, err);
}

/* Lets go of the transaction and rests while the relay catches up. */
static enum outcome rest(struct call *call, struct error *err)
{
    const struct timespec pause = {.tv_nsec = 100000000};

    TRY(call_pause(call, err));
    nanosleep(&pause, NULL);
    return DONE;
}

enum outcome resync_run(struct call *call, bool *again, struct error *err)
{
    struct uuid after = {0};
    bool wanted, deep, more = false;
    int64_t pages = 0;

    TRY(find(call, &wanted, &after, &pages, err));
    if (!wanted)
        return DONE;
    TRY(is_deep(call, &deep, err));
    *again = true;
    if (deep)
        return rest(call, err);
    TRY(call->service->def->resync(call, &after, &more, err));
    if (more)
        return step(call, &after, err);
    *again = false;
    TRY(pg_exec(call->pg, &service_sql_resync_end, NULL, NULL, err));
    TRY(call_pause(call, err)); /* done is said of what is committed */
    log_info(call->log, "resync.done", F_INT("pages", pages + 1));
    return DONE;
}

enum outcome inbox_trim_run(struct call *call, bool *again, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_int4(&params, INBOX_DAYS);
    pg_add_int4(&params, INBOX_PAGE);
    TRY(pg_exec(call->pg, &service_sql_inbox_trim, &params, &rows, err));
    *again = rows.n == INBOX_PAGE;
    pg_rows_free(&rows);
    return DONE;
}
