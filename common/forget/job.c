/* forget/job: works tasks off: grace wait, prepare, erase and count, second look, answer. Many tasks a transaction; one
 * that fails is tried alone from then on, so that it holds up no other. */
#include <time.h>

#include "common/forget/store.h"
#include "proto/events.h"

enum { ROUNDS = 64, POLLS = 10 };
#define SWEEP_EVERY_US MINUTES(10)

/* from run to run */
struct kept {
    struct grace grace;
    int64_t next_sweep_us; /* monotonic */
};

static enum outcome answer(struct call *call, const struct forget_task *task, bool verify, int64_t remaining,
                           struct error *err)
{
    const struct forget_table *table = service_forget_table(call->service);
    struct forget_result result = {
        .request = task->set.request,
        .service = text_of(call->log->service),
        .phase = verify ? PHASE_VERIFY : PHASE_DESTROY,
        .rows = task->rows,
        .remaining = remaining,
        .at = clock_now_us(),
    };

    if (table->tell != NULL && !verify)
        TRY(table->tell(call, &task->set, &result.counts, err));
    outbox_publish(call->outbox, &forget_result_event, &task->set.request, &result);
    return DONE;
}

enum outcome forget_attempt(struct call *call, struct forget_task *task, struct error *err)
{
    const struct forget_table *table = service_forget_table(call->service);
    int64_t rows = 0, remaining = 0;
    uint32_t random;

    if (task->state == TASK_DESTROYING) {
        if (table->prepare != NULL)
            TRY(table->prepare(call, &task->set, err));
        TRY(table->erase(call, &task->set, &rows, err));
        task->rows += rows;
    }
    TRY(table->count(call, &task->set, &remaining, err));
    crypto_random(&random, sizeof(random));
    struct task_result result = task_decide_attempt(task->state, task->verify, remaining, task->attempts, random);
    TRY(answer(call, task, result.answers_verify, remaining, err));
    task->state = result.next;
    task->verify = result.verify;
    return forget_store_result(call, task, result.again, result.again ? result.delay_us : result.due ? 0 : -1, err);
}

/* All that is ready, in one transaction. *again: the second look of one is due at once. */
static enum outcome work_batch(struct call *call, const struct forget_look *look, size_t *worked, bool *again,
                               struct error *err)
{
    struct forget_task *tasks;

    TRY(forget_store_take(call, look->tasks, look->n, &tasks, worked, err));
    for (size_t i = 0; i < *worked; i++) {
        TRY(forget_attempt(call, &tasks[i], err));
        *again = *again || tasks[i].state == TASK_VERIFYING;
    }
    return DONE;
}

static enum outcome work_single(struct call *call, const struct grace_task *it, struct error *err)
{
    struct forget_task task;
    bool got, busy;

    TRY(forget_store_claim(call, it, &got, err));
    if (!got)
        return DONE;
    TRY(call_checkpoint(call, err));
    TRY(forget_store_load(call, &it->request, &task, &busy, err));
    /* no attempt counted: ordered anew since the claim, so its grace wait begins anew */
    if (busy || task.attempts == 0 || (task.state != TASK_DESTROYING && task.state != TASK_VERIFYING))
        return DONE;
    return forget_attempt(call, &task, err);
}

static enum outcome work(struct call *call, const struct forget_look *look, bool *again, struct error *err)
{
    size_t worked;

    TRY(call_resume(call, err));
    TRY(work_batch(call, look, &worked, again, err));
    *again = *again || worked >= GRACE_FRESH;
    for (size_t i = 0; i < look->n && !call_stopping(call); i++) {
        if (!look->tasks[i].ready || !look->tasks[i].alone)
            continue;
        TRY(call_checkpoint(call, err)); /* what has been done stands, whatever comes of this one */
        TRY(work_single(call, &look->tasks[i], err));
        *again = true;
    }
    return call_pause(call, err);
}

/* Waits for running writers, in short looks without a transaction of our own; not for ever, since others may be ready. */
static enum outcome wait_grace(struct call *call, int64_t until, bool long_since, struct error *err)
{
    const struct timespec pause = {.tv_nsec = long_since ? 5000000L : 1000000L};
    int64_t oldest = INT64_MIN;

    for (unsigned poll = 0; poll < POLLS && oldest < until && !call_stopping(call); poll++) {
        (void)nanosleep(&pause, NULL);
        TRY(forget_store_oldest(call, &oldest, err));
    }
    return DONE;
}

/* What has run out goes, however busy the job is. */
static enum outcome sweep(struct call *call, struct error *err)
{
    struct kept *kept = call->kept;
    int64_t now = clock_monotonic_us();

    if (now < kept->next_sweep_us)
        return DONE;
    TRY(call_resume(call, err));
    TRY(forget_store_sweep(call, err));
    kept->next_sweep_us = now + SWEEP_EVERY_US;
    return call_pause(call, err);
}

static enum outcome run(struct call *call, bool *again, struct error *err)
{
    struct kept *kept = call->kept;
    struct forget_look look;
    int64_t until;

    for (unsigned round = 0; round < ROUNDS && !call_stopping(call); round++) {
        bool more = false;
        TRY(forget_store_look(call, &look, err));
        size_t waiting = grace_look(&kept->grace, look.tasks, look.n, look.oldest, look.next, &until);
        if (look.n > waiting)
            TRY(work(call, &look, &more, err));
        else if (waiting > 0)
            TRY(wait_grace(call, until, round > 2, err));
        *again = more || waiting > 0;
        if (!*again)
            break;
    }
    return sweep(call, err);
}

const struct periodic_job forget_job = {
    .name = "forget", .every_us = SECONDS(1), .run = run, .leased = false, .bare = true, .keeps = sizeof(struct kept)};
