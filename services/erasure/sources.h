/* sources: upstream systems that ask for forgets: how many in the last hour, frozen past the policy's number. */
#ifndef LETHE_ERASURE_SOURCES_H
#define LETHE_ERASURE_SOURCES_H

#include "services/erasure/store.h"

/* source_enter: one more forget is asked for: *counted are those of the last 60 minutes (since the source was last
 * released), this one included. Locks the source until the transaction ends, so that none is miscounted. */
enum outcome source_enter(struct call *call, struct text source, bool *frozen, int64_t *counted,
                          struct error *err) WARN_UNUSED;
/* source_freeze: all that it asked for and that isn't destroyed yet waits for four eyes, those in hold too. */
enum outcome source_freeze(struct call *call, struct text source, int64_t *waiting, struct error *err) WARN_UNUSED;

#endif
