/* forget/store: the SQL of common/forget: tombstones and tasks in the service's own schema. Internal to the module. */
#ifndef LETHE_FORGET_STORE_H
#define LETHE_FORGET_STORE_H

#include "common/forget/forget.h"
#include "common/forget/grace.h"
#include "common/forget/task.h"

struct forget_task {
    struct forget_set set;
    enum task_state state;
    bool verify;
    int64_t rows;
    unsigned attempts;
};

/* forget_store_there: is there a row? Without a lock. */
enum outcome forget_store_there(struct call *call, const struct uuid *request, bool *there,
                                struct error *err) WARN_UNUSED;
/* forget_store_states: enum task_state of each of n requests, without a lock. */
enum outcome forget_store_states(struct call *call, const struct uuid *requests, size_t n, int *states,
                                 struct error *err) WARN_UNUSED;
/* forget_store_load: locks the request's row; state TASK_NONE where there is none. *busy: the job works on it in this
 * moment; then nothing is read: whoever waited for it would hold up what the job waits for. */
enum outcome forget_store_load(struct call *call, const struct uuid *request, struct forget_task *out, bool *busy,
                               struct error *err) WARN_UNUSED;
enum outcome forget_store_put(struct call *call, const struct forget_task *task, bool due,
                              struct error *err) WARN_UNUSED;
enum outcome forget_store_move(struct call *call, const struct forget_task *task, bool due,
                               struct error *err) WARN_UNUSED;
enum outcome forget_store_close(struct call *call, const struct uuid *request, enum task_state state,
                                struct error *err) WARN_UNUSED;
/* delay_us: until the next attempt; negative: none is due */
enum outcome forget_store_result(struct call *call, const struct forget_task *task, bool failed, int64_t delay_us,
                                 struct error *err) WARN_UNUSED;

struct forget_stone {
    struct uuid request, barrier;
    int64_t received_us, until_us;
    bool standing;
};
enum outcome forget_store_stones(struct call *call, const struct forget_set *set, const struct forget_stone *stone,
                                 struct error *err) WARN_UNUSED;
enum outcome forget_store_lift(struct call *call, const struct uuid *request, struct error *err) WARN_UNUSED;

/* forget_store_look: what is due, at most GRACE_MOST, without locks; in or outside a transaction. */
struct forget_look {
    struct grace_task tasks[GRACE_MOST];
    size_t n;
    int64_t oldest, next; /* transactions' numbers, as grace_look takes them */
};
enum outcome forget_store_look(struct call *call, struct forget_look *out, struct error *err) WARN_UNUSED;
/* forget_store_oldest: below it no transaction runs any more. */
enum outcome forget_store_oldest(struct call *call, int64_t *oldest, struct error *err) WARN_UNUSED;
/* forget_store_take: locks and reads those that are ready and not to be tried alone. */
enum outcome forget_store_take(struct call *call, const struct grace_task *tasks, size_t n, struct forget_task **out,
                               size_t *taken, struct error *err) WARN_UNUSED;
/* forget_store_claim: one that is to be tried alone, with its next attempt set already. */
enum outcome forget_store_claim(struct call *call, const struct grace_task *task, bool *got,
                                struct error *err) WARN_UNUSED;
enum outcome forget_store_sweep(struct call *call, struct error *err) WARN_UNUSED;

/* forget_attempt (job.c): one attempt at a task that destroys or verifies: deletes, counts, answers, and says in the task
 * and its row what comes next. */
enum outcome forget_attempt(struct call *call, struct forget_task *task, struct error *err) WARN_UNUSED;

#endif
