/* explain: why pairs of a CSV's records are one person, two, or a question; no value of theirs is printed. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/dedupe/command/command.h"
#include "services/dedupe/command/csv.h"
#include "services/dedupe/command/work.h"
#include "services/dedupe/engine/explain.h"

static const char usage[] =
    "usage: lethe-dedupe explain --in FILE.csv [--weights WEIGHTS] (ID ID | --pairs PAIRS.csv)\n"
    "PAIRS.csv: record_a,record_b. Without WEIGHTS they are learnt from the file, as match does.\n";

static int by_text(const void *key, const void *item)
{
    return text_compare(*(const struct text *)key, *(const struct text *)item);
}

static const struct profile *find(const struct records *records, struct text id)
{
    const struct text *found = bsearch(&id, records->ids, records->n, sizeof(id), by_text);

    return found == NULL ? NULL : &records->profiles[found - records->ids];
}

static enum outcome explain_pair(const struct records *records, const struct bulk *bulk, struct text a, struct text b,
                                 struct error *err)
{
    const struct profile *x = find(records, a), *y = find(records, b);
    struct score score;
    struct buf out;

    if (x == NULL || y == NULL)
        return error_refuse(err, "", "unknown", "there is no such record_id");
    model_score(&bulk->model, x, y, &score);
    buf_init(&out, 4096);
    explain_score(&score, decide_pair(&score, &bulk->thresholds), &out);
    printf("%.*s %.*s %.*s\n", TEXT_ARGS(a), TEXT_ARGS(b), TEXT_ARGS(buf_view(&out)));
    buf_free(&out);
    return DONE;
}

static enum outcome explain_file(const struct records *records, const struct bulk *bulk, const char *path,
                                 struct error *err)
{
    struct csv csv;
    enum outcome outcome = csv_open(&csv, path, err);

    if (outcome == DONE)
        outcome = csv_next(&csv, err); /* the header */
    while (outcome == DONE && (outcome = csv_next(&csv, err)) == DONE && csv.fields_n >= 2)
        outcome = explain_pair(records, bulk, csv.fields[0], csv.fields[1], err);
    csv_close(&csv);
    return outcome;
}

int command_explain(int argc, char **argv)
{
    static const struct option options[] = {{"in", required_argument, NULL, 'i'},
                                            {"pairs", required_argument, NULL, 'p'},
                                            {"weights", required_argument, NULL, 'w'},
                                            {0}};
    const char *in = NULL, *pairs = NULL, *weights = NULL;
    struct work work = {0};
    struct error err = {0};
    enum outcome outcome;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        *(option == 'i' ? &in : option == 'w' ? &weights : &pairs) = optarg;
    if (in == NULL || (pairs == NULL && optind + 2 != argc)) {
        fputs(usage, stderr);
        return 2;
    }
    outcome = work_read(&work, in, &err);
    if (outcome == DONE)
        outcome = work_decide(&work, weights, &err);
    if (outcome == DONE)
        outcome = pairs != NULL
                      ? explain_file(&work.records, &work.bulk, pairs, &err)
                      : explain_pair(&work.records, &work.bulk, text_of(argv[optind]), text_of(argv[optind + 1]), &err);
    return work_end(&work, "explain", outcome, &err);
}
