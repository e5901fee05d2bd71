/* train: weights from a file of records, round by round; stopped and started again it goes on. */
#include <getopt.h>
#include <stdio.h>

#include "services/dedupe/command/command.h"
#include "services/dedupe/command/learn.h"
#include "services/dedupe/command/work.h"

static const char usage[] = "usage: lethe-dedupe train --in FILE.csv --weights WEIGHTS\n"
                            "Learns into WEIGHTS, for match and explain; what is there already is gone on with.\n";

int command_train(int argc, char **argv)
{
    static const struct option options[] = {
        {"in", required_argument, NULL, 'i'}, {"weights", required_argument, NULL, 'w'}, {0}};
    const char *in = NULL, *weights = NULL;
    struct work work = {0};
    struct error err = {0};
    enum outcome outcome;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        *(option == 'i' ? &in : &weights) = optarg;
    if (in == NULL || weights == NULL || optind != argc) {
        fputs(usage, stderr);
        return 2;
    }
    outcome = work_read(&work, in, &err);
    if (outcome == DONE)
        outcome = learn_run(&work.bulk, &work.records, weights, &err);
    return work_end(&work, "train", outcome, &err);
}
