/* relay: a process's one publisher: rows are handed over after their commit, sent by an idempotent producer, and deleted
 * once each of their messages is delivered, while their epoch stands. What nobody hands over (a crash, a full table) is
 * found in the table: at a take-over by shard, and by a sweep of what has grown old. */
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

/* relay_give: thread-safe. messages are copied. */
void relay_give(struct relay *relay, const struct outbox_row *row, struct text messages);
/* relay_claim: publish what earlier epochs of this shard left; asynchronous, thread-safe. */
void relay_claim(struct relay *relay, const char *shard, int64_t epoch);
/* relay_away: the broker hasn't taken a message for some seconds though some wait. */
bool relay_away(const struct relay *relay);

#endif
