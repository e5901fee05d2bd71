/* gate: a schema that is behind the ledger is not served until what it is behind has been done again, whatever tool set it
 * back. Looked at on each start, on each new connection, and every two seconds. Beside the ledger lies a copy of the
 * schema's beat (a number that only rises) and of its incarnation: a schema below its copy was set back, even where no
 * order was lost with it. */
#include "common/service/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/forget/forget.h"
#include "common/ledger/ledger.h"
#include "gen/service_sql.h"

#define SETTLES_WITHIN_US SECONDS(10) /* what the topics bring by themselves */

static const char *folder(const struct service *service)
{
    return option_text(service->options, "ledger");
}

/* ---- what is said of it ------------------------------------------------------------------------------------------------- */

bool restore_gate_closed(const struct service *service)
{
    return atomic_load(&service->waits[WAIT_LEDGER]);
}

bool restore_gate_job_runs(const struct periodic_job *job)
{
    static const char *const some[] = {"gate", "forget", "policy", "ledger"};

    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
        if (strcmp(job->name, some[i]) == 0)
            return true;
    return false;
}

static void say(struct service *service, const char *what)
{
    pthread_mutex_lock(&service->jobs_lock);
    snprintf(service->gate_said, sizeof(service->gate_said), "%s", what);
    pthread_mutex_unlock(&service->jobs_lock);
}

void restore_gate_note(struct service *service, struct buf *out)
{
    pthread_mutex_lock(&service->jobs_lock);
    buf_str(out, service->gate_said);
    pthread_mutex_unlock(&service->jobs_lock);
}

/* ---- the copy of the beat ----------------------------------------------------------------------------------------------- */

struct pulse {
    int64_t beat, incarnation;
};

static void copy_path(const struct service *service, char *out, size_t room)
{
    snprintf(out, room, "%s/%s.beat", folder(service), service->def->name);
}

/* A copy that is missing or can't be read tells nothing: the ledger's numbers still do. */
static struct pulse read_copy(const struct service *service)
{
    struct pulse copy = {0};
    char path[4096], line[64] = "", *space, *end;
    FILE *file;

    copy_path(service, path, sizeof(path));
    file = fopen(path, "re");
    if (file == NULL)
        return copy;
    if (fgets(line, sizeof(line), file) != NULL) {
        struct pulse read = {.beat = strtoll(line, &space, 10)};
        read.incarnation = strtoll(space, &end, 10);
        if (space != line && end != space)
            copy = read;
    }
    (void)!fclose(file);
    return copy;
}

static enum outcome write_copy(const struct service *service, struct pulse now, struct error *err)
{
    char path[4096], beside[4200], text[64];
    int fd, n = snprintf(text, sizeof(text), "%lld %lld\n", (long long)now.beat, (long long)now.incarnation);
    bool good;

    copy_path(service, path, sizeof(path));
    snprintf(beside, sizeof(beside), "%s.%d", path, (int)getpid());
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_retry(err, "ledger", "the ledger's folder can't be written: %s", strerror(errno));
    good = write(fd, text, (size_t)n) == n;
    good = close(fd) == 0 && good && rename(beside, path) == 0;
    return good ? DONE : error_retry(err, "ledger", "the ledger's folder can't be written: %s", strerror(errno));
}

static enum outcome read_pulse(struct pg *pg, struct pulse *out, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(pg, &service_sql_mark_read, NULL, &rows, err));
    out->beat = pg_get_int8(&rows, 0, 3);
    pg_rows_free(&rows);
    TRY(pg_exec(pg, &service_sql_incarnation_read, NULL, &rows, err));
    out->incarnation = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome raise(struct call *call, const struct pg_statement *statement, int64_t above, int64_t *value,
                          struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_int8(&params, above);
    TRY(pg_exec(call->pg, statement, &params, &rows, err));
    *value = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

/* ---- set back ------------------------------------------------------------------------------------------------------------- */

static void close_gate(struct service *service, const char *why)
{
    if (!restore_gate_closed(service))
        log_error(&service->log, "gate.closed", F_STR("why", why));
    say(service, why);
    health_wait(service, WAIT_LEDGER, true);
}

static void open_gate(struct service *service)
{
    say(service, "");
    health_wait(service, WAIT_LEDGER, false);
}

/* What comes from here on wins over what others kept from a future that is gone, and each current row is announced again. */
static enum outcome set_back(struct call *call, struct pulse copy, struct error *err)
{
    struct service *service = call->service;
    const struct service_def *def = service->def;
    struct pulse now;

    close_gate(service, "the schema was set back by a restore; what was ended since is being ended again");
    TRY(raise(call, &service_sql_incarnation_above, copy.incarnation, &now.incarnation, err));
    if (def->resync != NULL)
        TRY(resync_want(call->pg, err));
    if (def->restored != NULL)
        TRY(def->restored(call, err));
    TRY(pg_exec(call->pg, &service_sql_mark_restored, NULL, NULL, err));
    TRY(raise(call, &service_sql_mark_beat, copy.beat, &now.beat, err));
    TRY(call_checkpoint(call, err));
    log_error(&service->log, "gate.set-back", F_INT("incarnation", now.incarnation));
    atomic_store(&service->beat, now.beat);
    return write_copy(service, now, err);
}

/* Beats, and finds out whether the schema was set back. Commits by itself: nothing of the service's is in it. */
static enum outcome beat(struct call *call, bool serving, struct error *err)
{
    struct service *service = call->service;
    struct pulse now, copy = read_copy(service);
    int64_t seen = atomic_load(&service->beat);

    copy.beat = copy.beat > seen ? copy.beat : seen;
    TRY(read_pulse(call->pg, &now, err));
    if (now.beat < copy.beat && serving) {
        close_gate(service, "the schema was set back by a restore: the service starts anew");
        TRY(write_copy(service, copy, err));
        service_start_anew(service);
        return error_retry(err, "ledger", "the schema was set back by a restore");
    }
    if (now.beat < copy.beat)
        return set_back(call, copy, err);
    TRY(raise(call, &service_sql_mark_beat, 0, &now.beat, err));
    TRY(pg_commit(call->pg, err));
    atomic_store(&service->beat, now.beat);
    TRY(write_copy(service, now, err));
    return call_resume(call, err);
}

enum outcome restore_gate_look(struct worker *worker, struct error *err)
{
    struct service *service = worker->call.service;
    uint64_t generation = pg_generation(worker->call.pg);
    int64_t seen = atomic_load(&service->beat); /* before the schema is asked: it only rises */
    struct pulse now;

    if (folder(service) == NULL || worker->is_gate || worker->looked_in == generation)
        return DONE;
    TRY(read_pulse(worker->call.pg, &now, err));
    if (now.beat < seen) {
        close_gate(service, "the schema was set back by a restore");
        jobs_wake(service, "gate");
        return error_retry(err, "ledger", "the schema was set back by a restore");
    }
    worker->looked_in = generation;
    return DONE;
}

/* ---- passing -------------------------------------------------------------------------------------------------------------- */

static enum outcome need_file(struct service *service, struct call *call, struct error *err)
{
    struct pg_rows rows;
    int64_t number;

    if (!service->def->keeps_ledger || ledger_there(folder(service)))
        return DONE;
    TRY(pg_exec(call->pg, &service_sql_mark_read, NULL, &rows, err));
    number = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    if (number >= 0)
        return error_retry(err, "ledger",
                           "the ledger is gone, and line %lld is known here: lethe-backup ledger rebuild",
                           (long long)number);
    return ledger_create(folder(service), call->now_us, err);
}

/* One go: DONE with *open false where tasks are at work. */
static enum outcome try_to_open(struct call *call, bool *open, struct error *err)
{
    struct service *service = call->service;
    struct replay_count count;
    char said[160];

    *open = false;
    TRY(need_file(service, call, err));
    TRY(replay_orders(call, INT64_MAX, &count, err));
    if (count.open == 0) {
        *open = true;
        return DONE;
    }
    snprintf(said, sizeof(said), "the schema is behind the ledger: %lld of its orders are being carried out again",
             (long long)count.open);
    close_gate(service, said);
    return DONE;
}

/* The tasks of what was ordered again: their job doesn't run yet. */
static enum outcome work(struct call *call, struct error *err)
{
    bool again;

    TRY(call_pause(call, err));
    TRY(forget_job.run(call, &again, err));
    return call_resume(call, err);
}

static enum outcome pass(struct call *call, struct error *err)
{
    bool open = false;

    call->kept = arena_alloc(call->arena,
                             forget_job.keeps); /* the job's, as if it ran; the arena lasts until the gate is passed */
    while (!open) {
        TRY(try_to_open(call, &open, err));
        if (!open)
            TRY(work(call, err));
        TRY(call_checkpoint(call, err));
        if (call_stopping(call))
            return DONE;
    }
    open_gate(call->service);
    return DONE;
}

static enum outcome pass_once(struct worker *worker, struct error *err)
{
    TRY(worker_begin(worker, err));
    TRY(beat(&worker->call, false, err));
    TRY(pass(&worker->call, err));
    return worker_commit(worker, err);
}

enum outcome restore_gate_pass(struct service *service, struct error *err)
{
    struct worker worker = {0};
    enum outcome outcome;

    if (folder(service) == NULL) {
        open_gate(service);
        return DONE;
    }
    worker_start(&worker, service, "gate", false);
    worker.is_gate = true;
    outcome = pass_once(&worker, err);
    if (outcome != DONE)
        say(service, err->text);
    worker_stop(&worker);
    return outcome;
}

static enum outcome leave(struct worker *worker, struct error *err)
{
    TRY(worker_begin(worker, err));
    return beat(&worker->call, true, err);
}

void restore_gate_leave(struct service *service)
{
    struct worker worker = {0};
    struct error ignored; /* the numbers of the ledger tell, too */

    if (folder(service) == NULL || restore_gate_closed(service) || atomic_load(&service->beat) == 0)
        return;
    worker_start(&worker, service, "gate", false);
    worker.is_gate = true;
    if (leave(&worker, &ignored) != DONE)
        log_debug(&service->log, "gate.left", F_NONE);
    worker_stop(&worker);
}

enum outcome restore_gate_run(struct call *call, bool *again, struct error *err)
{
    struct replay_count count;

    (void)again;
    worker_of(call)->is_gate = true;
    if (folder(call->service) == NULL)
        return DONE;
    TRY(beat(call, true, err));
    if (restore_gate_closed(call->service)) /* somebody's look was older than a beat, no more */
        open_gate(call->service);
    TRY(replay_orders(call, call->now_us - SETTLES_WITHIN_US, &count, err));
    return pg_commit(call->pg, err);
}
