/* logmark: a mark at the end; once the log begins behind it, all that came before it is gone. */
#include "services/erasure/logmark.h"

void logmark_look(struct logmark *m, int64_t low, int64_t high, int64_t now_us)
{
    if (high < m->gone_below || (m->mark_us != CLOCK_NONE && high < m->mark))
        *m = (struct logmark){.clear_before_us = CLOCK_NONE, .mark_us = CLOCK_NONE};
    m->gone_below = low;
    if (m->mark_us != CLOCK_NONE && low >= m->mark) {
        m->clear_before_us = m->mark_us;
        m->mark_us = CLOCK_NONE;
    }
    if (low >= high) { /* it is empty */
        m->clear_before_us = now_us;
        m->mark_us = CLOCK_NONE;
    } else if (m->mark_us == CLOCK_NONE) {
        m->mark = high;
        m->mark_us = now_us;
    }
}
