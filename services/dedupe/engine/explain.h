/* explain: why two records were linked, kept apart or asked about, in words and bits, without any value of theirs. Pure. */
#ifndef LETHE_DEDUPE_ENGINE_EXPLAIN_H
#define LETHE_DEDUPE_ENGINE_EXPLAIN_H

#include "common/buf/buf.h"
#include "services/dedupe/engine/model.h"

extern const char *const verdict_names[]; /* apart, review, link */

/* "link, 17.2 bits: given name: short form (+4.1), ..." */
void explain_score(const struct score *score, enum verdict verdict, struct buf *out);
/* explain_levels: the same of what is stored of a pair. */
void explain_levels(const struct levels *levels, int32_t random, int32_t household, struct buf *out);

#endif
