/* Tests of common/metrics: values, histograms, the limit, and a checker of the text with the rules that `promtool check
 * metrics` has: HELP and TYPE once and before the samples, families together, names by kind, buckets that add up. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/metrics/metrics.h"

struct checker {
    char family[100], kind[16], seen[64][100], bucket_labels[200];
    int families, samples, lines;
    double last_le;
    long long last_bucket;
};

static int ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n > m && strcmp(s + n - m, end) == 0;
}

static void check_help(struct checker *c, const char *line)
{
    char name[100], text[200];
    assert_int_equal(sscanf(line, "# HELP %99s %199[^\n]", name, text), 2);
    for (int i = 0; i < c->families; i++)
        assert_string_not_equal(c->seen[i], name);
    assert_true(c->families < 64);
    snprintf(c->seen[c->families++], 100, "%s", name);
    snprintf(c->family, sizeof c->family, "%s", name);
    c->kind[0] = '\0';
    c->samples = 0;
}

static void check_type(struct checker *c, const char *line)
{
    char name[100];
    assert_int_equal(sscanf(line, "# TYPE %99s %15s", name, c->kind), 2);
    assert_string_equal(name, c->family);
    assert_int_equal(c->samples, 0);
    assert_int_equal(ends_with(name, "_total"), strcmp(c->kind, "counter") == 0);
    assert_false(ends_with(name, "_count") || ends_with(name, "_sum") || ends_with(name, "_bucket"));
    assert_false(ends_with(name, "_ms") || ends_with(name, "_us") || ends_with(name, "milliseconds"));
}

/* Splits `name{labels} value`; labels are checked for their quotes. */
static void split_sample(const char *line, char *name, char *labels, double *value)
{
    size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    assert_true(n > 0 && n < 100);
    memcpy(name, line, n);
    name[n] = '\0';
    labels[0] = '\0';
    line += n;
    if (*line == '{') {
        const char *p = line + 1;
        int quoted = 0;
        for (; *p != '\0' && (quoted || *p != '}'); p++) {
            if (quoted && *p == '\\')
                p++;
            else if (*p == '"')
                quoted = !quoted;
        }
        assert_int_equal(*p, '}');
        assert_true((size_t)(p - line) < 200);
        memcpy(labels, line + 1, (size_t)(p - line - 1));
        labels[p - line - 1] = '\0';
        line = p + 1;
    }
    assert_int_equal(*line, ' ');
    char *end;
    *value = strtod(line + 1, &end);
    assert_int_equal(*end, '\0');
}

static void check_bucket(struct checker *c, char *labels, double value)
{
    char *le = strstr(labels, "le=\"");
    assert_non_null(le);
    double limit = strtod(le + 4, NULL);
    *le = '\0';
    if (strcmp(labels, c->bucket_labels) != 0 || c->last_le == strtod("+Inf", NULL)) {
        snprintf(c->bucket_labels, sizeof c->bucket_labels, "%s", labels);
        c->last_le = -1;
        c->last_bucket = 0;
    }
    assert_true(limit > c->last_le);
    assert_true((long long)value >= c->last_bucket);
    c->last_le = limit;
    c->last_bucket = (long long)value;
}

static void check_sample(struct checker *c, const char *line)
{
    char name[100], labels[200];
    double value;
    split_sample(line, name, labels, &value);
    assert_true(c->kind[0] != '\0');
    c->samples++;
    if (strcmp(c->kind, "histogram") != 0) {
        assert_string_equal(name, c->family);
        return;
    }
    assert_memory_equal(name, c->family, strlen(c->family));
    const char *suffix = name + strlen(c->family);
    if (strcmp(suffix, "_bucket") == 0) {
        check_bucket(c, labels, value);
    } else if (strcmp(suffix, "_count") == 0) {
        assert_true(c->last_le > 1e300); /* +Inf was there */
        assert_int_equal((long long)value, c->last_bucket);
    } else {
        assert_string_equal(suffix, "_sum");
    }
}

static int check_text(struct metrics *metrics)
{
    struct checker checker = {0};
    struct buf out;
    buf_init(&out, 4 << 20);
    metrics_print(metrics, &out);
    assert_false(out.failed);
    assert_int_equal(out.p[out.n - 1], '\n');
    buf_char(&out, '\0');
    char *rest = out.p, *line;
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        if (strncmp(line, "# HELP", 6) == 0)
            check_help(&checker, line);
        else if (strncmp(line, "# TYPE", 6) == 0)
            check_type(&checker, line);
        else
            check_sample(&checker, line);
        checker.lines++;
    }
    buf_free(&out);
    return checker.lines;
}

static int prints(struct metrics *metrics, const char *line)
{
    struct buf out;
    buf_init(&out, 4 << 20);
    metrics_print(metrics, &out);
    buf_char(&out, '\0');
    int found = strstr(out.p, line) != NULL;
    buf_free(&out);
    return found;
}

static void values(void **state)
{
    struct metrics *metrics = metrics_new();
    (void)state;
    struct metric *counter = metrics_counter(metrics, "lethe_events_total", "topic=\"record\"", "Events taken");
    struct metric *gauge = metrics_gauge(metrics, "lethe_lag", "", "Messages behind\nthe head \\ end");
    struct metric *other = metrics_counter(metrics, "lethe_events_total", "topic=\"per\\\"son\"", "Events taken");
    metric_add(counter, 3);
    metric_add(other, 4);
    metric_set(gauge, 7);
    metric_add(gauge, -9);
    assert_int_equal(metric_value(counter), 3);
    assert_int_equal(metric_value(gauge), -2);
    assert_ptr_equal(metrics_counter(metrics, "lethe_events_total", "topic=\"record\"", "Events taken"), counter);
    assert_true(
        prints(metrics, "lethe_events_total{topic=\"record\"} 3\nlethe_events_total{topic=\"per\\\"son\"} 4\n"));
    assert_true(prints(metrics,
                       "# HELP lethe_lag Messages behind\\nthe head \\\\ end\n# TYPE lethe_lag gauge\nlethe_lag -2\n"));
    check_text(metrics);
    metrics_free(metrics);
    metrics_free(NULL);
}

static void histograms(void **state)
{
    struct metrics *metrics = metrics_new();
    (void)state;
    struct metric *plain = metrics_histogram(metrics, "lethe_batch_seconds", "", "Time of a batch");
    struct metric *named = metrics_histogram(metrics, "lethe_batch_seconds", "topic=\"a\"", "Time of a batch");
    metric_observe_us(plain, 0);
    metric_observe_us(plain, -5);
    metric_observe_us(plain, 100);
    metric_observe_us(plain, 101);
    metric_observe_us(plain, 1500000);
    metric_observe_us(plain, 100000000);
    metric_observe_us(plain, 100000001);
    metric_observe_us(named, 42);
    assert_int_equal(metric_value(plain), 7);
    assert_true(
        prints(metrics, "lethe_batch_seconds_bucket{le=\"0.0001\"} 3\nlethe_batch_seconds_bucket{le=\"0.00025\"} 4\n"));
    assert_true(prints(metrics, "lethe_batch_seconds_bucket{le=\"1\"} 4\nlethe_batch_seconds_bucket{le=\"2.5\"} 5\n"));
    assert_true(prints(metrics, "{le=\"100\"} 6\nlethe_batch_seconds_bucket{le=\"+Inf\"} 7\n"
                                "lethe_batch_seconds_sum 201.500202\nlethe_batch_seconds_count 7\n"));
    assert_true(prints(metrics, "lethe_batch_seconds_bucket{topic=\"a\",le=\"0.0001\"} 1\n"));
    assert_true(prints(metrics, "lethe_batch_seconds_sum{topic=\"a\"} 0.000042\n"));
    check_text(metrics);
    metrics_free(metrics);
}

static void series_are_bounded(void **state)
{
    struct metrics *metrics = metrics_new();
    struct metric *last = NULL;
    char labels[40];
    (void)state;
    for (int i = 0; i < 4200; i++) {
        snprintf(labels, sizeof labels, "partition=\"%d\"", i);
        last = metrics_gauge(metrics, "lethe_lag", labels, "Messages behind");
    }
    metric_set(last, 99);
    metric_add(last, 1);
    metric_observe_us(metrics_histogram(metrics, "lethe_late_seconds", "", "Too late a family"), 5);
    assert_true(prints(metrics, "lethe_metrics_overflow_total 3\n"));
    assert_int_equal(check_text(metrics), 4096 + 4);
    metrics_free(metrics);
}

enum { THREADS = 4, ROUNDS = 5000 };

static void *update(void *metrics)
{
    struct metric *counter = metrics_counter(metrics, "lethe_events_total", "", "Events taken");
    struct metric *times = metrics_histogram(metrics, "lethe_batch_seconds", "", "Time of a batch");
    for (int i = 0; i < ROUNDS; i++) {
        metric_add(counter, 1);
        metric_observe_us(times, i);
        if (i % 1000 == 0)
            check_text(metrics);
    }
    return NULL;
}

static void threads_lose_nothing(void **state)
{
    struct metrics *metrics = metrics_new();
    pthread_t threads[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, update, metrics), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(metric_value(metrics_counter(metrics, "lethe_events_total", "", "")), THREADS * ROUNDS);
    assert_int_equal(metric_value(metrics_histogram(metrics, "lethe_batch_seconds", "", "")), THREADS * ROUNDS);
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(histograms),
        cmocka_unit_test(series_are_bounded),
        cmocka_unit_test(threads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
