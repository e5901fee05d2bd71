/* forget/store: the SQL of common/forget: tombstones and tasks in the service's own schema. Internal to the module. */
#ifndef LETHE_FORGET_STORE_H
#define LETHE_FORGET_STORE_H

#include "common/forget/forget.h"
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

/* forget_store_due: locks up to `most` tasks that are due and past their grace wait and were never tried. */
enum outcome forget_store_due(struct call *call, int most, struct forget_task **out, size_t *n,
                              struct error *err) WARN_UNUSED;
/* forget_store_claim: one task that is old or has failed before, with its next attempt set already. */
enum outcome forget_store_claim(struct call *call, struct uuid *request, bool *got, struct error *err) WARN_UNUSED;
/* forget_store_waiting: how many wait for their grace; those without a mark get one (*marked: commit it). */
enum outcome forget_store_waiting(struct call *call, int64_t *waiting, int64_t *marked, struct error *err) WARN_UNUSED;
enum outcome forget_store_sweep(struct call *call, struct error *err) WARN_UNUSED;

#endif
