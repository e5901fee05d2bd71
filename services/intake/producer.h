/* producer: intake's own writer to contacts.in, for HTTP and for what comes back out of quarantine: an event is answered
 * for only once Kafka has it. Any thread may send; a thread of its own hears the deliveries. */
#ifndef LETHE_INTAKE_PRODUCER_H
#define LETHE_INTAKE_PRODUCER_H

#include "common/kafka/kafka.h"

struct producer;

enum outcome producer_new(const char *brokers, const struct log *log, struct producer **out,
                          struct error *err) WARN_UNUSED;
void producer_free(struct producer *producer);

/* producer_send: DONE once all n are written (acks=all), RETRY where Kafka doesn't take them within wait_ms: some may
 * still be written later, so whoever sends again sends the same ids. */
enum outcome producer_send(struct producer *producer, const struct kafka_record *records, size_t n, int wait_ms,
                           struct error *err) WARN_UNUSED;
int32_t producer_partitions(struct producer *producer, const char *topic); /* -1: not known now */
enum outcome producer_delete_before(struct producer *producer, struct kafka_partition at, int64_t offset,
                                    struct error *err) WARN_UNUSED;

#endif
