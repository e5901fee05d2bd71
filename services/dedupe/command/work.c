/* work: the order in which a file is read, prepared, weighed and decided. */
#include "services/dedupe/command/work.h"

#include <stdio.h>

#include "services/dedupe/command/learn.h"

enum outcome work_read(struct work *work, const char *in, struct error *err)
{
    work->nicknames = nicknames_new();
    TRY(records_read(in, work->nicknames, &work->records, err));
    work->bulk.profiles = work->records.profiles;
    work->bulk.n = work->records.n;
    bulk_prepare(&work->bulk, work->nicknames);
    return DONE;
}

enum outcome work_decide(struct work *work, const char *weights, struct error *err)
{
    TRY(learn_load(&work->bulk, weights, err));
    bulk_decide(&work->bulk, &work->clusters);
    return DONE;
}

int work_end(struct work *work, const char *command, enum outcome outcome, const struct error *err)
{
    bulk_free(&work->bulk);
    clusters_free(&work->clusters);
    records_free(&work->records);
    nicknames_free(work->nicknames);
    if (outcome != DONE)
        fprintf(stderr, "lethe-dedupe %s: %s: %s\n", command, err->rule, err->text);
    return outcome == DONE ? 0 : 1;
}
