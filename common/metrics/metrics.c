/* metrics: the registry of series and their lock-free updates. */
#include "common/metrics/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock/clock.h"
#include "common/error/error.h"
#include "common/metrics/internal.h"

/* 1, 2.5 and 5 of each decade from 100 us to 100 s, as they are printed beside them. */
const struct metric_bucket metric_buckets[METRIC_BUCKETS] = {
    {100, "0.0001"},  {250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"},    {2500, "0.0025"},
    {5000, "0.005"},  {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},    {100000, "0.1"},
    {250000, "0.25"}, {500000, "0.5"},  {1000000, "1"},   {2500000, "2.5"},   {5000000, "5"},
    {10000000, "10"}, {25000000, "25"}, {50000000, "50"}, {100000000, "100"}, {INT64_MAX, "+Inf"},
};

struct metrics *metrics_new(void)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    ENSURE(metrics != NULL);
    ENSURE(pthread_mutex_init(&metrics->lock, NULL) == 0);
    metrics->overflow =
        metrics_counter(metrics, "lethe_metrics_overflow_total", "", "Updates of series past the registry's limit");
    return metrics;
}

static void metric_free(struct metric *metric)
{
    free(metric->labels);
    free(metric);
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    for (struct family *family = metrics->families, *next; family != NULL; family = next) {
        next = family->next;
        for (struct metric *metric = family->first, *after; metric != NULL; metric = after) {
            after = metric->next;
            metric_free(metric);
        }
        free(family->name);
        free(family->help);
        free(family);
    }
    (void)pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

/* ---- what Prometheus takes for a name and for labels; a breach is a bug of ours --------------------------------- */
static bool is_name_char(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

static bool ends_with(const char *string, const char *end)
{
    size_t n = strlen(string), m = strlen(end);
    return n > m && strcmp(string + n - m, end) == 0;
}

static bool name_is_good(const char *name, enum metric_kind kind)
{
    for (const char *p = name; *p != '\0'; p++)
        if (!is_name_char(*p, p == name))
            return false;
    return strncmp(name, "lethe_", 6) == 0 && ends_with(name, "_total") == (kind == METRIC_COUNTER) &&
           !ends_with(name, "_bucket") && !ends_with(name, "_sum") && !ends_with(name, "_count");
}

static const char *label_value_end(const char *p)
{
    for (; *p != '\0' && *p != '"' && *p != '\n'; p++)
        if (*p == '\\') {
            p++;
            if (*p != '\\' && *p != '"' && *p != 'n')
                return NULL;
        }
    return *p == '"' ? p : NULL;
}

static bool labels_are_good(const char *p)
{
    if (*p == '\0')
        return true;
    for (;;) {
        const char *name = p;
        while (is_name_char(*p, p == name))
            p++;
        if (p == name || p[0] != '=' || p[1] != '"')
            return false;
        p = label_value_end(p + 2);
        if (p == NULL)
            return false;
        p++;
        if (*p == '\0')
            return true;
        if (*p++ != ',')
            return false;
    }
}

/* ---- registration ------------------------------------------------------------------------------------------------ */
static char *copy_string(const char *string)
{
    char *copy = strdup(string);
    ENSURE(copy != NULL);
    return copy;
}

static struct family *family_of(struct metrics *metrics, const char *name, const char *help, enum metric_kind kind)
{
    struct family **end = &metrics->families;

    for (; *end != NULL; end = &(*end)->next)
        if (strcmp((*end)->name, name) == 0) {
            ENSURE((*end)->kind == kind);
            return *end;
        }
    ENSURE(name_is_good(name, kind));
    struct family *family = calloc(1, sizeof *family);
    ENSURE(family != NULL);
    family->name = copy_string(name);
    family->help = copy_string(help);
    family->kind = kind;
    *end = family;
    return family;
}

static struct metric *metric_of(struct metrics *metrics, struct family *family, const char *labels)
{
    struct metric **end = &family->first;

    for (; *end != NULL; end = &(*end)->next)
        if (strcmp((*end)->labels, labels) == 0)
            return *end;
    if (metrics->n >= METRIC_SERIES)
        return metrics->overflow;
    ENSURE(labels_are_good(labels));
    struct metric *metric = calloc(1, sizeof *metric);
    ENSURE(metric != NULL);
    metric->labels = copy_string(labels);
    metric->kind = family->kind;
    *end = metric;
    metrics->n++;
    return metric;
}

static struct metric *metric_register(struct metrics *metrics, const char *name, const char *labels, const char *help,
                                      enum metric_kind kind)
{
    ENSURE(pthread_mutex_lock(&metrics->lock) == 0);
    struct metric *metric = metric_of(metrics, family_of(metrics, name, help, kind), labels);
    ENSURE(pthread_mutex_unlock(&metrics->lock) == 0);
    return metric;
}

struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *labels, const char *help)
{
    return metric_register(metrics, name, labels, help, METRIC_COUNTER);
}

struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *labels, const char *help)
{
    return metric_register(metrics, name, labels, help, METRIC_GAUGE);
}

struct metric *metrics_histogram(struct metrics *metrics, const char *name, const char *labels, const char *help)
{
    return metric_register(metrics, name, labels, help, METRIC_HISTOGRAM);
}

/* ---- updates ----------------------------------------------------------------------------------------------------- */
void metric_add(struct metric *metric, int64_t n)
{
    ENSURE(metric->kind != METRIC_HISTOGRAM && (n >= 0 || metric->kind == METRIC_GAUGE));
    (void)atomic_fetch_add_explicit(&metric->value, n, memory_order_relaxed);
}

/* A gauge or histogram past the limit is the overflow counter: it counts the update. */
void metric_set(struct metric *metric, int64_t value)
{
    if (metric->kind == METRIC_GAUGE)
        atomic_store_explicit(&metric->value, value, memory_order_relaxed);
    else
        metric_add(metric, 1);
}

void metric_observe_us(struct metric *metric, int64_t us)
{
    unsigned low = 0, high = METRIC_BUCKETS - 1;

    if (metric->kind != METRIC_HISTOGRAM) {
        metric_add(metric, 1);
        return;
    }
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (us <= metric_buckets[middle].most_us)
            high = middle;
        else
            low = middle + 1;
    }
    (void)atomic_fetch_add_explicit(&metric->value, us > 0 ? us : 0, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&metric->counts[low], 1, memory_order_relaxed);
}

int64_t metric_value(const struct metric *metric)
{
    int64_t sum = 0;

    if (metric->kind != METRIC_HISTOGRAM)
        return atomic_load_explicit(&metric->value, memory_order_relaxed);
    for (unsigned i = 0; i < METRIC_BUCKETS; i++)
        sum += atomic_load_explicit(&metric->counts[i], memory_order_relaxed);
    return sum;
}
