/* metrics: counters, gauges and histograms with labels fixed at registration, printed as Prometheus text (0.0.4).
 * Updates are atomic and lock-free; registration takes a lock and is idempotent by name and labels. */
#ifndef LETHE_METRICS_H
#define LETHE_METRICS_H

#include <stdint.h>

#include "common/buf/buf.h"

struct metrics;
struct metric; /* borrowed from its registry, lives as long as it */

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* name begins with "lethe_"; labels as `topic="record",partition="3"` or "" (names of ours only, never a value from
 * an event). At most 4,096 series: past that the registry hands out one shared overflow series. */
struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *labels, const char *help);
struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *labels, const char *help);
struct metric *metrics_histogram(struct metrics *metrics, const char *name, const char *labels, const char *help);

void metric_add(struct metric *metric, int64_t n);         /* counter, gauge */
void metric_set(struct metric *metric, int64_t value);     /* gauge */
void metric_observe_us(struct metric *metric, int64_t us); /* histogram, 100 us .. 100 s, printed in seconds */
int64_t metric_value(const struct metric *metric);         /* counter, gauge; a histogram's count */

void metrics_print(struct metrics *metrics, struct buf *out);

#endif
