/* worker: one thread's connections and its transactions. A transaction of a route or a job publishes under the process's
 * own shard; the loop's transactions are opened in batch.c, with the partitions' fence. */
#include "common/service/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/service_sql.h"

struct worker *worker_of(struct call *call)
{
    return (struct worker *)(void *)call; /* call is the first member */
}

void worker_start(struct worker *worker, struct service *service, const char *what, bool is_loop)
{
    char name[64];
    const struct service_def *def = service->def;
    const struct vault_config keys = service_vault_config(service);
    struct call *call = &worker->call;

    memset(worker, 0, sizeof(*worker));
    snprintf(name, sizeof(name), "lethe-%s/%s", def->name, what);
    call->service = service;
    call->log = &service->log;
    call->pg = pg_new(option_text(service->options, "pg"), def->name, name, &service->log);
    call->redis = redis_new(option_text(service->options, "redis"), &service->log);
    if (is_loop)
        pg_plan_once(call->pg);
    redis_tell(call->redis, &service->redis_away);
    call->arena = arena_new();
    call->state = service->state;
    if ((def->needs & NEEDS_VAULT) != 0)
        call->vault = vault_new(&keys, &service->log);
    if (!is_loop)
        call->http = http_client_new(&service->log);
    worker->own_outbox = outbox_new(def->name);
    call->outbox = worker->own_outbox;
    worker->is_loop = is_loop;
}

void worker_stop(struct worker *worker)
{
    if (worker->call.pg == NULL)
        return;
    pg_rollback(worker->call.pg);
    worker_end(worker);
    pg_free(worker->call.pg);
    redis_free(worker->call.redis);
    vault_free(worker->call.vault);
    http_client_free(worker->call.http);
    outbox_free(worker->own_outbox);
    arena_free(worker->call.arena);
    memset(worker, 0, sizeof(*worker));
}

enum outcome worker_begin(struct worker *worker, struct error *err)
{
    struct call *call = &worker->call;

    call->now_us = clock_now_us();
    call->state = call->service->state;
    if (call->vault != NULL)
        vault_let_go(call->vault);
    if (call->policy == NULL && (call->service->def->needs & NEEDS_POLICY) != 0)
        call->policy = policy_current(call->service, &call->policy_version);
    outbox_reset(call->outbox, call->now_us);
    worker->wakes_n = 0;
    worker->xid[0] = '\0';
    TRY(pg_begin(call->pg, err));
    TRY(restore_gate_look(worker, err));
    if (call->lease != NULL)
        TRY(lease_fence(call->pg, call->lease, call->arena, err));
    TRY(pg_queue_into(call->pg, &service_sql_enter, NULL, worker->xid, sizeof(worker->xid), err));
    worker->statements_at = pg_statements(call->pg);
    return DONE;
}

/* ---- a commit whose answer was lost ------------------------------------------------------------------------------- */

enum { SETTLE_WITHIN_S = 20 };

static enum outcome ask_status(struct worker *worker, const char *xid, char status[16], struct error *err)
{
    struct call *call = &worker->call;
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_str(&params, xid);
    TRY(pg_exec(call->pg, &service_sql_xact_status, &params, &rows, err));
    snprintf(status, 16, "%.*s", TEXT_ARGS(pg_get_text(&rows, 0, 0)));
    pg_rows_free(&rows);
    if (strcmp(status, "in progress") != 0)
        return DONE;
    /* its session doesn't know yet that we are gone, or has the COMMIT before it: either way it ends now */
    TRY(pg_exec(call->pg, &service_sql_xact_end, &params, NULL, err));
    return error_retry(err, "postgres", "the former session is ending");
}

/* Asks a new session what became of it, for as long as it takes, within reason: somebody waits for a route's answer. */
static enum outcome settle(struct worker *worker, const char *xid, struct error *err)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    int64_t until = clock_monotonic_us() + SECONDS(SETTLE_WITHIN_S);
    char status[16] = "";

    pg_rollback(worker->call.pg);
    while (ask_status(worker, xid, status, err) != DONE) {
        if (clock_monotonic_us() > until || atomic_load(&worker->call.service->stopping))
            return error_uncertain(err, "outcome unknown", "whether it took effect could not be told");
        nanosleep(&pause, NULL);
    }
    log_warn(worker->call.log, "commit.settled", F_STR("status", status));
    if (strcmp(status, "committed") == 0)
        return DONE;
    return error_retry(err, "postgres", "the connection was lost before the commit: nothing took effect");
}

/* Has the transaction done anything beyond its beginning? */
static bool has_worked(const struct worker *worker)
{
    return outbox_count(worker->call.outbox) > 0 || pg_statements(worker->call.pg) > worker->statements_at;
}

void worker_fire_wakes(struct worker *worker)
{
    for (size_t i = 0; i < worker->wakes_n; i++)
        jobs_wake(worker->call.service, worker->wakes[i]);
    worker->wakes_n = 0;
}

enum outcome worker_commit(struct worker *worker, struct error *err)
{
    struct call *call = &worker->call;
    struct service *service = call->service;
    bool worked = has_worked(worker);
    struct outbox_row row;
    enum outcome outcome;

    if (outbox_count(call->outbox) > 0)
        TRY(outbox_fence(call->pg, service->shard, service->shard_epoch, call->arena, err));
    TRY(outbox_write(call->outbox, call->pg, service->shard, service->shard_epoch, call->arena, &row, err));
    if (worked && worker->xid[0] == '\0')
        TRY(pg_flush(call->pg, err)); /* its number must be known before its answer can be lost */
    if (worked)
        crash_point("service.before-commit");
    outcome = pg_commit(call->pg, err);
    if (outcome == UNCERTAIN && worker->xid[0] != '\0')
        outcome = settle(worker, worker->xid, err);
    if (outcome != DONE)
        return outcome;
    if (worked)
        crash_point("service.after-commit");
    relay_give(service->relay, &row, outbox_messages(call->outbox), false);
    worker_fire_wakes(worker);
    return DONE;
}

void worker_rollback(struct worker *worker)
{
    pg_rollback(worker->call.pg);
    worker->wakes_n = 0;
}

void worker_end(struct worker *worker)
{
    policy_release(worker->call.policy);
    worker->call.policy = NULL;
    arena_reset(worker->call.arena, worker->is_loop ? LOOP_KEEPS_BYTES : 256 << 10);
}

/* ---- what handlers call ----------------------------------------------------------------------------------------- */

/* A leased job that works long keeps its lease between its transactions. */
static enum outcome renew_lease(struct worker *worker, struct error *err)
{
    struct call *call = &worker->call;
    bool held = true;

    if (call->lease == NULL || clock_monotonic_us() < worker->lease_renew_at_us)
        return DONE;
    TRY(lease_renew(call->pg, call->redis, &worker->lease, worker->lease_ttl_us, &held, err));
    if (!held)
        return error_retry(err, "lease", "the lease of this job was lost");
    worker->lease_renew_at_us = clock_monotonic_us() + worker->lease_ttl_us / 3;
    return DONE;
}

enum outcome call_pause(struct call *call, struct error *err)
{
    struct worker *worker = worker_of(call);

    ENSURE(!worker->is_loop);
    return worker_commit(worker, err);
}

enum outcome call_resume(struct call *call, struct error *err)
{
    struct worker *worker = worker_of(call);

    TRY(renew_lease(worker, err));
    return worker_begin(worker, err);
}

enum outcome call_checkpoint(struct call *call, struct error *err)
{
    TRY(call_pause(call, err));
    return call_resume(call, err);
}

void call_wake(struct call *call, const char *job)
{
    struct worker *worker = worker_of(call);

    for (size_t i = 0; i < worker->wakes_n; i++)
        if (strcmp(worker->wakes[i], job) == 0)
            return;
    ENSURE(worker->wakes_n < SERVICE_WAKES_MAX);
    worker->wakes[worker->wakes_n++] = job;
}

struct uuid call_uuid(struct call *call)
{
    return uuid_v7_random(call->now_us);
}

bool call_stopping(const struct call *call)
{
    return atomic_load(&call->service->stopping);
}
