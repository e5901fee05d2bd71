/* quality: what each source's data are worth, as JSON, a line a source; no value of anybody's. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/buf/buf.h"
#include "services/dedupe/command/command.h"
#include "services/dedupe/command/work.h"

static const char usage[] = "usage: lethe-dedupe quality --in FILE.csv [--weights WEIGHTS]\n"
                            "A line a source: how many records, and of them what is missing, invalid, twice.\n";

struct member {
    uint32_t person, source, at;
};

static int by_person(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static bool conflicting(const struct profile *a, const struct profile *b)
{
    if (a->birth_year != 0 && b->birth_year != 0 &&
        (a->birth_year != b->birth_year || a->birth_month != b->birth_month || a->birth_day != b->birth_day))
        return true;
    return a->mobile && b->mobile && !word_equal(a->phone, b->phone);
}

static struct source_counts *source_of(const struct records *records, uint32_t hash)
{
    for (size_t i = 0; i < records->sources_n; i++)
        if ((records->sources[i].name.n == 0 && hash == 0) ||
            (records->sources[i].name.n > 0 && profile_source(records->sources[i].name) == hash))
            return &records->sources[i];
    return &records->sources[SOURCES_MOST - 1];
}

/* Within one source: who is there twice, and who contradicts himself. */
static void count_persons(const struct records *records, const struct clusters *clusters)
{
    struct member *members = malloc((records->n + 1) * sizeof(*members));

    ENSURE(members != NULL);
    for (uint32_t r = 0; r < records->n; r++)
        members[r] = (struct member){.person = clusters->of[r], .source = records->profiles[r].source, .at = r};
    qsort(members, records->n, sizeof(*members), by_person);
    for (size_t i = 0, end; i < records->n; i = end) {
        uint64_t *counts = source_of(records, members[i].source)->counts;
        bool differ = false;
        for (end = i + 1;
             end < records->n && members[end].person == members[i].person && members[end].source == members[i].source;
             end++)
            differ = differ || conflicting(&records->profiles[members[i].at], &records->profiles[members[end].at]);
        counts[Q_DUPLICATES] += end - i - 1;
        counts[Q_CONFLICTING] += differ;
    }
    free(members);
}

static void print_sources(const struct records *records)
{
    struct buf out;

    for (size_t i = 0; i < records->sources_n; i++) {
        buf_init(&out, 4096);
        buf_str(&out, "{\"source\": ");
        buf_json_string(&out, records->sources[i].name.n == 0 ? TEXT("") : records->sources[i].name);
        for (int c = 0; c < Q_COUNTS; c++)
            buf_printf(&out, ", \"%s\": %" PRIu64, quality_names[c], records->sources[i].counts[c]);
        printf("%.*s}\n", TEXT_ARGS(buf_view(&out)));
        buf_free(&out);
    }
}

int command_quality(int argc, char **argv)
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
    if (in == NULL || optind != argc) {
        fputs(usage, stderr);
        return 2;
    }
    outcome = work_read(&work, in, &err);
    if (outcome == DONE)
        outcome = work_decide(&work, weights, &err);
    if (outcome == DONE) {
        count_persons(&work.records, &work.clusters);
        print_sources(&work.records);
    }
    return work_end(&work, "quality", outcome, &err);
}
