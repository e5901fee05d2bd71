/* describe: what the broker says of a topic. Each waits up to 10 s; RETRY where no broker answers, or won't tell us. What
 * they give lies in the arena. */
#ifndef LETHE_KAFKA_DESCRIBE_H
#define LETHE_KAFKA_DESCRIBE_H

#include "common/arena/arena.h"
#include "common/kafka/kafka.h"

struct kafka_described {
    const char *name, *value; /* value NULL: the broker keeps it to itself */
};
struct kafka_settings {
    struct kafka_described *items;
    size_t n;
};
/* Principals that an ACL lets read a topic: by its name, a prefix of it, or "*". No DENY is counted, so that these may be
 * more than can. */
struct kafka_readers {
    const char **items;
    size_t n;
    bool open; /* the broker has no authorizer: everybody may */
};

/* kafka_topic_settings: the ones in force, defaults too. *there: is there such a topic. */
enum outcome kafka_topic_settings(struct kafka_producer *producer, const char *topic, struct arena *arena,
                                  struct kafka_settings *out, bool *there, struct error *err) WARN_UNUSED;
/* kafka_bounds: where a partition's log begins, and its end. */
enum outcome kafka_bounds(struct kafka_producer *producer, struct kafka_partition at, int64_t *low, int64_t *high,
                          struct error *err) WARN_UNUSED;
enum outcome kafka_brokers(struct kafka_producer *producer, struct arena *arena, int32_t **out, size_t *n,
                           struct error *err) WARN_UNUSED;
enum outcome kafka_broker_settings(struct kafka_producer *producer, int32_t broker, struct arena *arena,
                                   struct kafka_settings *out, struct error *err) WARN_UNUSED;
enum outcome kafka_topic_readers(struct kafka_producer *producer, const char *topic, struct arena *arena,
                                 struct kafka_readers *out, struct error *err) WARN_UNUSED;

#endif
