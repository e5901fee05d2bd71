/* forget/grace: the grace wait's marks. A task that is ordered to destroy waits for whoever wrote before its tombstones
 * could be seen: the transactions with a number below its mark, taken by the first look that saw the order (its tombstones
 * were committed by then, so whoever gets a later number sees them). Marks live with the process: a successor takes later
 * ones, which are as good. Pure. */
#ifndef LETHE_FORGET_GRACE_H
#define LETHE_FORGET_GRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock/clock.h"
#include "common/event/event.h"

/* What one look found: a task, and the order that it stands for. */
struct grace_task {
    struct uuid request;
    int64_t order; /* the number of the transaction that ordered it */
    bool destroys; /* else there is nothing to wait for */
    bool alone;    /* old, or failed before: tried by itself */
    bool ready;    /* may be worked on */
};

enum { GRACE_FRESH = 64, GRACE_ALONE = 16, GRACE_MOST = GRACE_FRESH + GRACE_ALONE };

struct grace {
    struct grace_mark {
        struct uuid request;
        int64_t order, mark;
    } marks[GRACE_MOST];
    size_t n;
};

/* grace_look: says of each task whether it is ready. oldest: the lowest number of a transaction that ran beside the look, or
 * `next` where there was none; next: the lowest number that no transaction had got yet. Returns how many must wait; their
 * marks are kept, all others forgotten. *until: the lowest of these marks. At most GRACE_MOST tasks. */
size_t grace_look(struct grace *grace, struct grace_task *tasks, size_t n, int64_t oldest, int64_t next,
                  int64_t *until);

#endif
