/* handlers: what dedupe's table names. */
#ifndef LETHE_DEDUPE_HANDLERS_H
#define LETHE_DEDUPE_HANDLERS_H

#include "common/service/service.h"

batch_fn dedupe_on_records;
route_fn dedupe_post_resolve, dedupe_get_reviews, dedupe_post_reviews, dedupe_get_weights, dedupe_post_weights;
job_fn dedupe_job_sweep, dedupe_job_redecide;
enum outcome dedupe_resync(struct call *call, struct uuid *after, bool *again, struct error *err);

#endif
