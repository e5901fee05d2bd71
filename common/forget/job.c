/* forget/job: works tasks off: grace wait, prepare, erase and count, second look, answer. Many tasks a transaction; one
 * that fails is tried alone from then on, so that it holds up no other. */
#include <stdatomic.h>
#include <time.h>

#include "common/forget/store.h"
#include "proto/events.h"

enum { BATCH = 64, ROUNDS = 16, POLLS = 200, SINGLES = 16 };
#define SWEEP_EVERY_US MINUTES(10)

static atomic_llong next_sweep_us; /* monotonic; the process's one job of this name */

static enum outcome answer(struct call *call, const struct forget_task *task, bool verify, int64_t remaining,
                           struct error *err)
{
    struct forget_result result = {
        .request = task->set.request,
        .service = text_of(call->log->service),
        .phase = verify ? PHASE_VERIFY : PHASE_DESTROY,
        .rows = task->rows,
        .remaining = remaining,
        .at = clock_now_us(),
    };

    (void)err;
    outbox_publish(call->outbox, &forget_result_event, &task->set.request, &result);
    return DONE;
}

static enum outcome attempt(struct call *call, struct forget_task *task, struct error *err)
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

static enum outcome work_batch(struct call *call, size_t *worked, struct error *err)
{
    struct forget_task *tasks;

    TRY(forget_store_due(call, BATCH, &tasks, worked, err));
    for (size_t i = 0; i < *worked; i++)
        TRY(attempt(call, &tasks[i], err));
    return *worked > 0 ? call_checkpoint(call, err) : DONE;
}

static enum outcome work_single(struct call *call, bool *worked, struct error *err)
{
    struct forget_task task;
    struct uuid request;
    bool busy;

    TRY(forget_store_claim(call, &request, worked, err));
    if (!*worked)
        return DONE;
    TRY(call_checkpoint(call, err));
    TRY(forget_store_load(call, &request, &task, &busy, err));
    /* no attempt counted: ordered anew since the claim, so its grace wait begins anew */
    if (busy || task.attempts == 0 || (task.state != TASK_DESTROYING && task.state != TASK_VERIFYING))
        return DONE;
    TRY(attempt(call, &task, err));
    return call_checkpoint(call, err);
}

/* Waits for running writers, in short looks without a transaction id of our own. */
static enum outcome wait_grace(struct call *call, unsigned poll, bool *waiting, struct error *err)
{
    int64_t n, marked;
    struct timespec pause = {.tv_nsec = poll < 20 ? 1000000L : 5000000L};

    TRY(forget_store_waiting(call, &n, &marked, err));
    *waiting = n > 0;
    if (!*waiting)
        return DONE;
    TRY(call_pause(call, err));
    (void)nanosleep(&pause, NULL);
    return call_resume(call, err);
}

/* What has run out goes, however busy the job is. */
static enum outcome sweep(struct call *call, struct error *err)
{
    int64_t now = clock_monotonic_us();

    if (now < atomic_load(&next_sweep_us))
        return DONE;
    TRY(forget_store_sweep(call, err));
    atomic_store(&next_sweep_us, now + SWEEP_EVERY_US);
    return DONE;
}

static enum outcome run(struct call *call, bool *again, struct error *err)
{
    unsigned rounds = 0, polls = 0, singles = 0;

    while (!call_stopping(call)) {
        size_t worked;
        bool single = false, waiting = false;
        TRY(work_batch(call, &worked, err));
        if (worked == 0 && singles < SINGLES)
            TRY(work_single(call, &single, err));
        singles += single;
        if (worked == 0 && !single)
            TRY(wait_grace(call, polls++, &waiting, err));
        if (worked == 0 && !single && !waiting)
            break;
        if (++rounds >= ROUNDS + POLLS || polls >= POLLS || singles >= SINGLES) {
            *again = true;
            break;
        }
    }
    return sweep(call, err);
}

const struct periodic_job forget_job = EVERY_PROCESS("forget", SECONDS(1), run);
