/* jobs: one thread a job. A leased job runs where its lease is; the lease is kept between runs and fences each of its
 * transactions. */
#include "common/service/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/forget/forget.h"
#include "common/retry/retry.h"

static const struct periodic_job policy_job = EVERY_PROCESS("policy", SECONDS(2), policy_follow);
static const struct periodic_job resync_job = EVERY("resync", SECONDS(5), resync_run);
static const struct periodic_job gate_job = EVERY_PROCESS("gate", SECONDS(2), restore_gate_run);
static const struct periodic_job inbox_job = EVERY("inbox", HOURS(1), inbox_trim_run);

enum { LEASE_TTL_S = 15 };

void jobs_wake(struct service *service, const char *name)
{
    pthread_mutex_lock(&service->jobs_lock);
    for (size_t i = 0; i < service->jobs_n; i++) {
        struct job_runner *runner = &service->jobs[i];
        if (strcmp(runner->job->name, name) != 0)
            continue;
        runner->woken = true;
        pthread_cond_signal(&runner->wake);
    }
    pthread_mutex_unlock(&service->jobs_lock);
}

/* Waits until due, woken or stopping. */
static void wait_due(struct job_runner *runner, int64_t us)
{
    struct service *service = runner->service;
    struct timespec until;
    int64_t at;

    clock_gettime(CLOCK_MONOTONIC, &until);
    at = (int64_t)until.tv_sec * US_PER_S + until.tv_nsec / 1000 + us;
    until.tv_sec = at / US_PER_S;
    until.tv_nsec = at % US_PER_S * 1000;
    pthread_mutex_lock(&service->jobs_lock);
    while (!runner->woken && !atomic_load(&service->stopping) &&
           pthread_cond_timedwait(&runner->wake, &service->jobs_lock, &until) == 0)
        ;
    runner->woken = false;
    pthread_mutex_unlock(&service->jobs_lock);
}

/* Is the job's lease here? */
static enum outcome hold_lease(struct job_runner *runner, bool *held, struct error *err)
{
    struct worker *worker = &runner->worker;
    struct call *call = &worker->call;
    char name[96];
    int64_t ttl = SECONDS(LEASE_TTL_S);

    *held = true;
    if (!runner->job->leased)
        return DONE;
    worker->lease_ttl_us = ttl;
    if (call->lease != NULL && clock_monotonic_us() < worker->lease_renew_at_us)
        return DONE;
    if (call->lease != NULL) {
        TRY(lease_renew(call->pg, call->redis, &worker->lease, ttl, held, err));
    } else {
        snprintf(name, sizeof(name), "job/%s", runner->job->name);
        TRY(lease_take(call->pg, call->redis, name, runner->service->lease_owner, ttl, &worker->lease, held, err));
        if (!*held)
            metric_add(runner->waits, 1);
    }
    call->lease = *held ? &worker->lease : NULL;
    worker->lease_renew_at_us = clock_monotonic_us() + ttl / 3;
    return DONE;
}

static enum outcome run_once(struct job_runner *runner, bool *again, struct error *err)
{
    struct worker *worker = &runner->worker;
    enum outcome outcome;
    bool held;

    *again = false;
    if ((outcome = hold_lease(runner, &held, err)) != DONE || !held)
        return outcome;
    if ((outcome = runner->job->bare ? DONE : worker_begin(worker, err)) == DONE &&
        (outcome = runner->job->run(&worker->call, again, err)) == DONE && pg_in_transaction(worker->call.pg))
        outcome = worker_commit(worker, err);
    if (outcome != DONE) {
        if (pg_fenced(worker->call.pg))
            worker->call.lease = NULL; /* somebody else's now */
        worker_rollback(worker);
    }
    worker_end(worker);
    return outcome;
}

static void release_lease(struct job_runner *runner)
{
    struct error err;
    struct worker *worker = &runner->worker;

    /* best effort: what isn't released runs out */
    if (worker->call.lease != NULL && lease_release(worker->call.pg, worker->call.redis, &worker->lease, &err) != DONE)
        log_debug(&runner->service->log, "lease.left", F_STR("job", runner->job->name));
    worker->call.lease = NULL;
}

/* The stores alone: Kafka and the instance's name are the loop's to wait for. */
static enum wait_for outage(const struct error *err)
{
    enum wait_for what = health_kind(err);

    return what == WAIT_POSTGRES || what == WAIT_VAULT ? what : WAIT_KINDS;
}

static void run_at_end(struct job_runner *runner)
{
    struct error err = {0};
    bool again;

    if (!runner->job->at_end || restore_gate_closed(runner->service))
        return;
    if (run_once(runner, &again, &err) != DONE)
        log_warn(&runner->service->log, "job.cut-short", F_STR("job", runner->job->name), F_ERROR(&err));
}

static void *job_thread(void *context)
{
    struct job_runner *runner = context;
    struct service *service = runner->service;
    unsigned failures = 0;
    bool again = true; /* the first run is at once */

    while (!atomic_load(&service->stopping)) {
        struct error err;
        int64_t pause = runner->job->every_us;
        if (failures > 0)
            pause = retry_delay_us(failures, 50 * US_PER_MS, SECONDS(5), (uint32_t)clock_monotonic_us());
        if (!again || failures > 0)
            wait_due(runner, pause);
        if (atomic_load(&service->stopping))
            break;
        error_clear(&err);
        if (restore_gate_closed(service) && !restore_gate_job_runs(runner->job)) {
            again = false;
            continue;
        }
        if (run_once(runner, &again, &err) == DONE) {
            if (failures > 0)
                log_info(&service->log, "job.goes-on", F_STR("job", runner->job->name));
            failures = 0;
            health_went_on(service, &runner->waits_for);
        } else {
            if (failures++ == 0)
                log_warn(&service->log, "job.waits", F_STR("job", runner->job->name), F_ERROR(&err));
            health_failed(service, &runner->waits_for, outage(&err));
            metric_add(runner->failures, 1);
        }
        metric_add(runner->runs, 1);
    }
    run_at_end(runner);
    release_lease(runner);
    return NULL;
}

static enum outcome start_one(struct service *service, const struct periodic_job *job, struct error *err)
{
    struct job_runner *runner = &service->jobs[service->jobs_n];
    char labels[96];
    pthread_condattr_t attributes;

    ENSURE(service->jobs_n < SERVICE_JOBS_MAX);
    runner->service = service;
    runner->job = job;
    runner->waits_for = WAIT_KINDS;
    snprintf(labels, sizeof(labels), "job=\"%s\"", job->name);
    runner->runs = metrics_counter(service->metrics, "lethe_job_runs_total", labels, "Runs of periodic jobs");
    runner->failures =
        metrics_counter(service->metrics, "lethe_job_failures_total", labels, "Runs that ended in a wait");
    runner->waits =
        metrics_counter(service->metrics, "lethe_lease_waits_total", labels, "Times the lease was somebody else's");
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&runner->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    worker_start(&runner->worker, service, job->name, false);
    if (job->keeps > 0) {
        runner->kept = calloc(1, job->keeps);
        ENSURE(runner->kept != NULL);
    }
    runner->worker.call.kept = runner->kept;
    pg_plan_once(runner->worker.call.pg);
    pthread_mutex_lock(&service->jobs_lock);
    service->jobs_n++;
    pthread_mutex_unlock(&service->jobs_lock);
    if (pthread_create(&runner->thread, NULL, job_thread, runner) != 0)
        return error_retry(err, "threads", "no thread can be started for the job %s", job->name);
    runner->started = true;
    return DONE;
}

enum outcome jobs_start(struct service *service, struct error *err)
{
    const struct service_def *def = service->def;

    if ((def->needs & NEEDS_POLICY) != 0)
        TRY(start_one(service, &policy_job, err));
    if (def->resync != NULL)
        TRY(start_one(service, &resync_job, err));
    TRY(start_one(service, &gate_job, err));
    TRY(start_one(service, &inbox_job, err));
    if (def->forget != NULL)
        TRY(start_one(service, &forget_job, err));
    for (size_t i = 0; i < def->jobs_n; i++)
        TRY(start_one(service, &def->jobs[i], err));
    return DONE;
}

void jobs_stop(struct service *service)
{
    pthread_mutex_lock(&service->jobs_lock);
    for (size_t i = 0; i < service->jobs_n; i++)
        pthread_cond_broadcast(&service->jobs[i].wake);
    pthread_mutex_unlock(&service->jobs_lock);
    for (size_t i = 0; i < service->jobs_n; i++) {
        if (service->jobs[i].started)
            pthread_join(service->jobs[i].thread, NULL);
        worker_stop(&service->jobs[i].worker);
        free(service->jobs[i].kept);
        pthread_cond_destroy(&service->jobs[i].wake);
    }
}
