/* metrics: what the registry and its printer share. */
#ifndef LETHE_METRICS_INTERNAL_H
#define LETHE_METRICS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/metrics/metrics.h"

enum { METRIC_BUCKETS = 20, METRIC_SERIES = 4096 };
enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_bucket {
    int64_t most_us;
    const char *le;
};
extern const struct metric_bucket metric_buckets[METRIC_BUCKETS];

struct metric {
    struct metric *next; /* of the same family */
    char *labels;
    enum metric_kind kind;
    _Atomic int64_t value;                  /* counter, gauge; a histogram's sum in us */
    _Atomic int64_t counts[METRIC_BUCKETS]; /* not cumulative: an observation is one addition */
};

struct family {
    struct family *next; /* in the order of registration */
    char *name, *help;
    enum metric_kind kind;
    struct metric *first;
};

struct metrics {
    pthread_mutex_t lock; /* families and series; not their values */
    struct family *families;
    struct metric *overflow;
    size_t n;
};

#endif
