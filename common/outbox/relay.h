/* relay: a process's one publisher: rows are handed over after their commit, sent by an idempotent producer, and deleted
 * once each of their messages is delivered, while their epoch stands. What nobody hands over (a crash, a full table) is
 * found in the table: at a take-over, and by a sweep of what has grown old. */
#ifndef LETHE_OUTBOX_RELAY_H
#define LETHE_OUTBOX_RELAY_H

#include "common/kafka/kafka.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/outbox/outbox.h"

struct relay;

struct relay_config {
    const char *brokers, *client, *dsn, *schema;
    const struct log *log;
    struct metrics *metrics;
    void (*crash_point)(const char *name); /* named points for chaos tests; may be NULL */
};

/* relay_start: begins a thread with a connection and a producer of its own. */
enum outcome relay_start(const struct relay_config *config, struct relay **out, struct error *err) WARN_UNUSED;
/* relay_stop: waits up to wait_us for what is on its way; the rest stays in the table. Frees. */
void relay_stop(struct relay *relay, int64_t wait_us);

/* relay_give: thread-safe; messages are copied. Rows leave in the order in which they were given. in_order: the caller's
 * rows hold barriers and what they follow, so where there is no room it waits; any other row stays in its table then and
 * is found by the sweep. */
void relay_give(struct relay *relay, const struct outbox_row *row, struct text messages, bool in_order);
/* relay_catch_up: publish all that stands in the table now (a batch's row holds messages of several partitions, so
 * whoever takes one over publishes all rows) before anything that is given from here on. Asynchronous, thread-safe. */
void relay_catch_up(struct relay *relay);
/* relay_away: the broker hasn't taken a message for some seconds though some wait. */
bool relay_away(const struct relay *relay);

#endif
