/* match: who is whom in a CSV, by the service's own engine. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe/command/command.h"
#include "services/dedupe/command/csv.h"
#include "services/dedupe/command/work.h"

static const char usage[] =
    "usage: lethe-dedupe match --in FILE.csv --out PERSONS.csv [--reviews REVIEWS.csv] [--weights WEIGHTS]\n"
    "Writes record_id,person_id; and record_a,record_b for what a human must say.\n";

struct paths {
    const char *in, *out, *reviews, *weights;
};

static enum outcome open_to_write(const char *path, FILE **out, struct error *err)
{
    *out = fopen(path, "we");
    return *out == NULL ? error_refuse(err, "", "file", "cannot write it: %s", strerror(errno)) : DONE;
}

static enum outcome close_written(FILE *file, struct error *err)
{
    bool bad = ferror(file) != 0;

    return fclose(file) != 0 || bad ? error_refuse(err, "", "file", "cannot write it: %s", strerror(errno)) : DONE;
}

static enum outcome write_persons(const char *path, const struct records *records, const struct clusters *clusters,
                                  struct error *err)
{
    FILE *file;

    TRY(open_to_write(path, &file, err));
    fputs("record_id,person_id\n", file);
    for (size_t r = 0; r < records->n; r++) {
        csv_write(file, records->ids[r]);
        fprintf(file, ",p%u\n", clusters->of[r] + 1);
    }
    return close_written(file, err);
}

static enum outcome write_reviews(const char *path, const struct records *records, const struct clusters *clusters,
                                  struct error *err)
{
    FILE *file;

    TRY(open_to_write(path, &file, err));
    fputs("record_a,record_b\n", file);
    for (size_t i = 0; i < clusters->asks_n; i++) {
        csv_write(file, records->ids[clusters->asks[i].a]);
        putc(',', file);
        csv_write(file, records->ids[clusters->asks[i].b]);
        putc('\n', file);
    }
    return close_written(file, err);
}

static enum outcome match(const struct paths *paths, struct work *work, struct error *err)
{
    TRY(work_read(work, paths->in, err));
    TRY(work_decide(work, paths->weights, err));
    TRY(write_persons(paths->out, &work->records, &work->clusters, err));
    if (paths->reviews != NULL)
        TRY(write_reviews(paths->reviews, &work->records, &work->clusters, err));
    fprintf(stderr, "{\"records\": %zu, \"pairs\": %llu, \"reviews\": %zu}\n", work->records.n,
            (unsigned long long)work->bulk.pairs, work->clusters.asks_n);
    return DONE;
}

static bool read_paths(int argc, char **argv, struct paths *out)
{
    static const struct option options[] = {{"in", required_argument, NULL, 'i'},
                                            {"out", required_argument, NULL, 'o'},
                                            {"reviews", required_argument, NULL, 'r'},
                                            {"weights", required_argument, NULL, 'w'},
                                            {0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'i')
            out->in = optarg;
        else if (option == 'o')
            out->out = optarg;
        else if (option == 'r')
            out->reviews = optarg;
        else if (option == 'w')
            out->weights = optarg;
        else
            return false;
    }
    return optind == argc && out->in != NULL && out->out != NULL;
}

int command_match(int argc, char **argv)
{
    struct paths paths = {0};
    struct work work = {0};
    struct error err = {0};
    enum outcome outcome;

    if (!read_paths(argc, argv, &paths)) {
        fputs(usage, stderr);
        return 2;
    }
    outcome = match(&paths, &work, &err);
    return work_end(&work, "match", outcome, &err);
}
