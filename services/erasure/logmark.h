/* logmark: since when a partition of a log holds nothing, told by where it begins. Pure. */
#ifndef LETHE_ERASURE_LOGMARK_H
#define LETHE_ERASURE_LOGMARK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock/clock.h"

struct logmark {
    int64_t gone_below;      /* where the log begins, as the broker said */
    int64_t clear_before_us; /* nothing that was written before then is in it; CLOCK_NONE: not known yet */
    int64_t mark, mark_us;   /* its end at a time, that truncation has not reached yet; mark_us CLOCK_NONE: none */
};

/* logmark_look: the broker says that the log goes from low to high; asked after now_us. A log that ends before its mark is
 * another one (the broker has lost the first), of which nothing is known. */
void logmark_look(struct logmark *m, int64_t low, int64_t high, int64_t now_us);

#endif
