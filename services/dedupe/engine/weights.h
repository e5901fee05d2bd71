/* weights: a model as text, a line a number, so that people can read and compare what was learnt. It holds shares and
 * counts, no words. Pure. */
#ifndef LETHE_DEDUPE_ENGINE_WEIGHTS_H
#define LETHE_DEDUPE_ENGINE_WEIGHTS_H

#include "common/buf/buf.h"
#include "common/error/error.h"
#include "services/dedupe/engine/train.h"

/* digest: of the data it was learnt from. */
struct weights_state {
    uint64_t digest;
    struct training training;
};

void weights_write(const struct model *model, const struct weights_state *state, struct buf *out);
/* weights_read: into a model that model_default made; REFUSED where a line isn't one of weights_write's. */
enum outcome weights_read(struct text text, struct model *model, struct weights_state *state,
                          struct error *err) WARN_UNUSED;

#endif
