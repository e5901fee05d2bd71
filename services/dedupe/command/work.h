/* work: a file's records, read, prepared and decided: what every command begins and ends with. */
#ifndef LETHE_DEDUPE_COMMAND_WORK_H
#define LETHE_DEDUPE_COMMAND_WORK_H

#include "services/dedupe/command/records.h"
#include "services/dedupe/engine/bulk.h"

struct work {
    struct nicknames *nicknames;
    struct records records;
    struct bulk bulk;
    struct clusters clusters; /* after work_decide */
};

/* work_read: into a zeroed work; whatever comes of it, work_end ends it. */
enum outcome work_read(struct work *work, const char *in, struct error *err) WARN_UNUSED;
/* work_decide: with the weights at this path (NULL: learnt from the file itself). */
enum outcome work_decide(struct work *work, const char *weights, struct error *err) WARN_UNUSED;
/* work_end: frees all, says what failed, and gives the command's exit code. */
int work_end(struct work *work, const char *command, enum outcome outcome, const struct error *err);

#endif
