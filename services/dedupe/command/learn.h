/* learn: weights from a file of records, or as they were learnt before. */
#ifndef LETHE_DEDUPE_COMMAND_LEARN_H
#define LETHE_DEDUPE_COMMAND_LEARN_H

#include "services/dedupe/command/records.h"
#include "services/dedupe/engine/bulk.h"

/* learn_load: bulk->model from the weights at path (NULL: learns it now). After bulk_prepare. */
enum outcome learn_load(struct bulk *bulk, const char *path, struct error *err) WARN_UNUSED;
/* learn_run: learns into path, which is rewritten after each round; goes on where it stopped, if the records are the
 * same. A line a round goes to stderr. */
enum outcome learn_run(struct bulk *bulk, const struct records *records, const char *path,
                       struct error *err) WARN_UNUSED;

#endif
