/* kafka: a consumer whose offsets live in PostgreSQL, and an idempotent producer, over librdkafka with the settings of
 * the measured ground (range assignment, static membership, no auto commit). One thread owns each. */
#ifndef LETHE_KAFKA_H
#define LETHE_KAFKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error/error.h"
#include "common/event/event.h"
#include "common/log/log.h"

struct kafka_config {
    const char *brokers, *client, *group, *instance;
    const char *const *topics;
    size_t topics_n;
    int queued_kbytes; /* queued.max.messages.kbytes */
};

struct kafka_partition {
    const char *topic; /* borrowed from the config's names */
    int32_t partition;
};

/* ---- consumer -------------------------------------------------------------------------------------------------- */
struct kafka_consumer;

/* Called from kafka_poll on the owner's thread. on_assign fills next[i] with the offset to begin at (from PostgreSQL);
 * RETRY makes the consumer ask again. on_revoke: abandon what isn't committed. */
struct kafka_callbacks {
    enum outcome (*on_assign)(void *context, const struct kafka_partition *partitions, size_t n, int64_t *next,
                              struct error *err);
    void (*on_revoke)(void *context, const struct kafka_partition *partitions, size_t n);
    void *context;
};

/* One message, borrowed until kafka_message_free. */
struct kafka_message {
    void *handle;
    struct kafka_partition at;
    int64_t offset, timestamp_us;
    struct text key, value;
    const struct header *headers; /* ce_*, content-type, traceparent; no others. The list is good until the next poll */
    size_t headers_n;
    bool out_of_range; /* no message: the offset asked for isn't in the log; look at the watermarks, then seek */
};

enum outcome kafka_consumer_new(const struct kafka_config *config, const struct kafka_callbacks *callbacks,
                                const struct log *log, struct kafka_consumer **out, struct error *err) WARN_UNUSED;
void kafka_consumer_free(struct kafka_consumer *consumer); /* leaves the group */

/* kafka_poll: waits up to wait_ms for one message: DONE with *got true or false; RETRY where the broker is away (the
 * consumer heals by itself; err says what it waits for). */
enum outcome kafka_poll(struct kafka_consumer *consumer, int wait_ms, struct kafka_message *message, bool *got,
                        struct error *err) WARN_UNUSED;
void kafka_message_free(struct kafka_message *message);
/* kafka_ask: is a broker there? RETRY where none answers within a second. For the idle: librdkafka doesn't always tell. */
enum outcome kafka_ask(struct kafka_consumer *consumer, struct error *err) WARN_UNUSED;
/* kafka_pause: no further messages until kafka_resume, while polling goes on (membership lives by it). */
void kafka_pause(struct kafka_consumer *consumer);
void kafka_resume(struct kafka_consumer *consumer);
bool kafka_consumer_fatal(const struct kafka_consumer *consumer);  /* fenced by another of its instance name */
bool kafka_consumer_joined(const struct kafka_consumer *consumer); /* an assignment (maybe empty) has come, and a
                                                                    * broker is there */
/* kafka_seek: begin again at an offset after a batch was given up. */
enum outcome kafka_seek(struct kafka_consumer *consumer, struct kafka_partition at, int64_t offset,
                        struct error *err) WARN_UNUSED;
/* kafka_watermarks: where the log begins and ends, asked for. kafka_ends: the same ends of several, within ask_ms.
 * kafka_end_seen: as the last fetch told it, which is old while nothing is fetched; negative where none has. */
enum outcome kafka_watermarks(struct kafka_consumer *consumer, struct kafka_partition at, int64_t *low, int64_t *high,
                              struct error *err) WARN_UNUSED;
enum outcome kafka_ends(struct kafka_consumer *consumer, const struct kafka_partition *at, size_t n, int ask_ms,
                        int64_t *out, struct error *err) WARN_UNUSED;
int64_t kafka_end_seen(const struct kafka_consumer *consumer, struct kafka_partition at);
/* kafka_cluster_id: into out (at least 64 bytes). */
enum outcome kafka_cluster_id(struct kafka_consumer *consumer, char *out, size_t n, struct error *err) WARN_UNUSED;

/* ---- producer -------------------------------------------------------------------------------------------------- */
struct kafka_producer;

/* What became of a message, or whose fault it is that it wasn't taken. */
enum kafka_fate {
    KAFKA_DELIVERED,
    KAFKA_QUEUE_FULL, /* not taken now: again after some deliveries */
    KAFKA_MESSAGE,    /* this message alone can't be stored (too large for the topic) */
    KAFKA_TOPIC,      /* nothing gets into its topic for now (unknown, not permitted); all others go on */
    KAFKA_PRODUCER,   /* the producer is at its end: a new one takes it */
};
struct kafka_report {
    uint64_t ticket;
    enum kafka_fate fate;
    const char *topic; /* borrowed for the call */
};
/* delivered: one message's fate, on the thread that calls kafka_producer_poll. */
typedef void kafka_delivered(void *context, const struct kafka_report *report);

/* The most that one message may take, headers and framing included: less than the broker's message.max.bytes, so that a
 * batch of one fits, too. */
enum { KAFKA_MESSAGE_BYTES = 1000000 + (16 << 10) };

enum outcome kafka_producer_new(const char *brokers, const char *client, kafka_delivered *delivered, void *context,
                                const struct log *log, struct kafka_producer **out, struct error *err) WARN_UNUSED;
/* kafka_producer_new_single: one message a batch, so that the broker's verdict on a size is that message's own. */
enum outcome kafka_producer_new_single(const char *brokers, const char *client, kafka_delivered *delivered,
                                       void *context, const struct log *log, struct kafka_producer **out,
                                       struct error *err) WARN_UNUSED;
void kafka_producer_free(struct kafka_producer *producer); /* what isn't delivered is dropped: its outbox row stays */

struct kafka_record {
    const char *topic;
    int32_t partition; /* -1: by the key */
    struct text key, value;
    const struct header *headers;
    size_t headers_n;
};
/* kafka_produce: copies the record. Where it isn't taken: REFUSED for the message's or its topic's fault, else RETRY (the
 * queue is full, or the producer had a fatal error and the owner makes a new one); *fate (may be NULL) tells which. */
enum outcome kafka_produce(struct kafka_producer *producer, const struct kafka_record *record, uint64_t ticket,
                           enum kafka_fate *fate, struct error *err) WARN_UNUSED;
void kafka_producer_poll(struct kafka_producer *producer, int wait_ms);
bool kafka_producer_fatal(const struct kafka_producer *producer);
const char *kafka_producer_error(const struct kafka_producer *producer); /* the fatal error's name; NO_ERROR: none */
/* kafka_topic_there: does the broker know the topic now? Waits up to half a second. */
bool kafka_topic_there(struct kafka_producer *producer, const char *topic);
int32_t kafka_partitions(struct kafka_producer *producer, const char *topic); /* -1: not known now */
/* kafka_delete_before: DeleteRecords (waits up to 10 s). */
enum outcome kafka_delete_before(struct kafka_producer *producer, struct kafka_partition at, int64_t offset,
                                 struct error *err) WARN_UNUSED;
/* kafka_offset_since: the offset of the first record at or after a time; the end where there is none, or where since_us is
 * CLOCK_NONE. Never past the end as it stood at the call. */
enum outcome kafka_offset_since(struct kafka_producer *producer, struct kafka_partition at, int64_t since_us,
                                int64_t *offset, struct error *err) WARN_UNUSED;
/* kafka_topic_create: idempotent; settings as "retention.ms=1000" texts. */
enum outcome kafka_topic_create(struct kafka_producer *producer, const char *topic, int partitions,
                                const char *const *settings, size_t settings_n, struct error *err) WARN_UNUSED;

#endif
