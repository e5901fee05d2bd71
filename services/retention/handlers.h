/* handlers: what retention's tables name. */
#ifndef LETHE_RETENTION_HANDLERS_H
#define LETHE_RETENTION_HANDLERS_H

#include "common/forget/forget.h"

batch_fn retention_on_records, retention_on_activities, retention_on_persons;
job_fn retention_job_compute, retention_job_expire, retention_job_sweep;
route_fn retention_post_rehearsals, retention_get_rehearsals;
extern const struct forget_table retention_forget;

#endif
