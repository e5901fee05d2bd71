/* internal: what consumer, producer and admin share. */
#ifndef LETHE_KAFKA_INTERNAL_H
#define LETHE_KAFKA_INTERNAL_H

#include <librdkafka/rdkafka.h>

#include "common/clock/clock.h"
#include "common/kafka/kafka.h"

struct kafka_setting {
    const char *name, *value; /* value NULL: left at its default */
};

/* kafka_conf_new: a configuration with the settings, each checked; NULL and err where one is refused. */
rd_kafka_conf_t *kafka_conf_new(const struct kafka_setting *settings, size_t n, struct error *err);
/* kafka_producer_handle: the librdkafka handle, for the admin calls. */
rd_kafka_t *kafka_producer_handle(struct kafka_producer *producer);
/* kafka_admin_options: for one admin request; the asker destroys them. RETRY where no broker answers. */
enum outcome kafka_admin_options(rd_kafka_t *rk, rd_kafka_admin_op_t op, rd_kafka_AdminOptions_t **out,
                                 struct error *err) WARN_UNUSED;

#endif
