/* metrics: prints the registry in Prometheus' text format 0.0.4. */
#include <string.h>

#include "common/error/error.h"
#include "common/metrics/internal.h"

static const char *const kind_names[] = {
    [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};

static void print_help(struct buf *out, const char *help)
{
    for (const char *p = help; *p != '\0'; p++) {
        if (*p == '\\')
            buf_str(out, "\\\\");
        else if (*p == '\n')
            buf_str(out, "\\n");
        else
            buf_char(out, *p);
    }
}

static void print_name(struct buf *out, const char *name, const char *suffix, const char *labels, const char *le)
{
    buf_str(out, name);
    buf_str(out, suffix);
    if (labels[0] != '\0' || le != NULL) {
        buf_char(out, '{');
        buf_str(out, labels);
        if (le != NULL)
            buf_printf(out, "%sle=\"%s\"", labels[0] != '\0' ? "," : "", le);
        buf_char(out, '}');
    }
    buf_char(out, ' ');
}

/* The count is the sum of the buckets as read here, so that it always equals the last of them. */
static void print_histogram(struct buf *out, const char *name, const struct metric *metric)
{
    int64_t sum_us = atomic_load_explicit(&metric->value, memory_order_relaxed), count = 0;

    for (unsigned i = 0; i < METRIC_BUCKETS; i++) {
        count += atomic_load_explicit(&metric->counts[i], memory_order_relaxed);
        print_name(out, name, "_bucket", metric->labels, metric_buckets[i].le);
        buf_printf(out, "%lld\n", (long long)count);
    }
    print_name(out, name, "_sum", metric->labels, NULL);
    buf_printf(out, "%lld.%06lld\n", (long long)(sum_us / 1000000), (long long)(sum_us % 1000000));
    print_name(out, name, "_count", metric->labels, NULL);
    buf_printf(out, "%lld\n", (long long)count);
}

void metrics_print(struct metrics *metrics, struct buf *out)
{
    ENSURE(pthread_mutex_lock(&metrics->lock) == 0);
    for (const struct family *family = metrics->families; family != NULL; family = family->next) {
        if (family->first == NULL)
            continue;
        buf_printf(out, "# HELP %s ", family->name);
        print_help(out, family->help);
        buf_printf(out, "\n# TYPE %s %s\n", family->name, kind_names[family->kind]);
        for (const struct metric *metric = family->first; metric != NULL; metric = metric->next) {
            if (family->kind == METRIC_HISTOGRAM) {
                print_histogram(out, family->name, metric);
                continue;
            }
            print_name(out, family->name, "", metric->labels, NULL);
            buf_printf(out, "%lld\n", (long long)metric_value(metric));
        }
    }
    ENSURE(pthread_mutex_unlock(&metrics->lock) == 0);
}
