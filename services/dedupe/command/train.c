/* train: weights from a file of records, round by round; stopped and started again it goes on. */
#include <getopt.h>
#include <stdio.h>

#include "services/dedupe/command/command.h"
#include "services/dedupe/command/learn.h"

static const char usage[] = "usage: lethe-dedupe train --in FILE.csv --weights WEIGHTS\n"
                            "Learns into WEIGHTS, for match and explain; what is there already is gone on with.\n";

int command_train(int argc, char **argv)
{
    static const struct option options[] = {
        {"in", required_argument, NULL, 'i'}, {"weights", required_argument, NULL, 'w'}, {0}};
    const char *in = NULL, *weights = NULL;
    struct bulk bulk = {0};
    struct nicknames *nicknames;
    struct records records;
    struct error err = {0};
    enum outcome outcome;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        *(option == 'i' ? &in : &weights) = optarg;
    if (in == NULL || weights == NULL || optind != argc) {
        fputs(usage, stderr);
        return 2;
    }
    nicknames = nicknames_new();
    outcome = records_read(in, nicknames, &records, &err);
    if (outcome == DONE) {
        bulk.profiles = records.profiles;
        bulk.n = records.n;
        bulk_prepare(&bulk, nicknames);
        outcome = learn_run(&bulk, &records, weights, &err);
    }
    bulk_free(&bulk);
    records_free(&records);
    nicknames_free(nicknames);
    if (outcome != DONE)
        fprintf(stderr, "lethe-dedupe train: %s: %s\n", err.rule, err.text);
    return outcome == DONE ? 0 : 1;
}
