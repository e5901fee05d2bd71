/* producer: librdkafka takes messages from any thread; the lock guards only the exchange of a producer that had a fatal
 * error for a new one. */
#include "services/intake/producer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock/clock.h"

enum { POLL_MS = 100, IN_FLIGHT_MAX = 20000 };

struct producer {
    char *brokers;
    const struct log *log;
    pthread_rwlock_t lock; /* of kafka */
    struct kafka_producer *kafka;
    pthread_t thread;
    atomic_bool stopping;
    atomic_int in_flight;
};

/* One call's messages. Whoever comes last, the sender or the last delivery, frees it. */
struct wait {
    struct producer *producer;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    size_t open;
    bool failed, abandoned;
};

static void wait_free(struct wait *wait)
{
    (void)pthread_cond_destroy(&wait->cond);
    (void)pthread_mutex_destroy(&wait->lock);
    free(wait);
}

/* Counts one message off. True: it was the last one, and the sender has gone. */
static bool settle(struct wait *wait, bool failed)
{
    bool last;

    (void)atomic_fetch_sub(&wait->producer->in_flight, 1);
    (void)pthread_mutex_lock(&wait->lock);
    wait->open--;
    wait->failed |= failed;
    last = wait->open == 0 && wait->abandoned;
    if (wait->open == 0)
        (void)pthread_cond_signal(&wait->cond);
    (void)pthread_mutex_unlock(&wait->lock);
    return last;
}

static void on_delivered(void *context, const struct kafka_report *report)
{
    struct wait *wait = (struct wait *)(uintptr_t)report->ticket;

    (void)context;
    if (settle(wait, report->fate != KAFKA_DELIVERED))
        wait_free(wait);
}

static void exchange(struct producer *producer)
{
    struct error ignored;

    (void)pthread_rwlock_wrlock(&producer->lock);
    log_warn(producer->log, "producer.exchanged", F_NONE);
    kafka_producer_free(producer->kafka);
    producer->kafka = NULL;
    if (kafka_producer_new(producer->brokers, "intake-in", on_delivered, producer, producer->log, &producer->kafka,
                           &ignored) != DONE)
        producer->kafka = NULL;
    (void)pthread_rwlock_unlock(&producer->lock);
}

static void *hear(void *context)
{
    struct producer *producer = context;
    const struct timespec second = {.tv_sec = 1};

    while (!atomic_load(&producer->stopping)) {
        if (producer->kafka == NULL || kafka_producer_fatal(producer->kafka))
            exchange(producer);
        if (producer->kafka != NULL)
            kafka_producer_poll(producer->kafka, POLL_MS);
        else
            (void)nanosleep(&second, NULL);
    }
    return NULL;
}

enum outcome producer_new(const char *brokers, const struct log *log, struct producer **out, struct error *err)
{
    struct producer *producer = calloc(1, sizeof *producer);
    enum outcome outcome;

    ENSURE(producer != NULL);
    producer->brokers = strdup(brokers);
    ENSURE(producer->brokers != NULL);
    producer->log = log;
    (void)pthread_rwlock_init(&producer->lock, NULL);
    outcome = kafka_producer_new(brokers, "intake-in", on_delivered, producer, log, &producer->kafka, err);
    if (outcome == DONE && pthread_create(&producer->thread, NULL, hear, producer) != 0)
        outcome = error_retry(err, "thread", "no thread can be started");
    if (outcome != DONE) {
        kafka_producer_free(producer->kafka);
        free(producer->brokers);
        free(producer);
        return outcome;
    }
    *out = producer;
    return DONE;
}

void producer_free(struct producer *producer)
{
    if (producer == NULL)
        return;
    atomic_store(&producer->stopping, true);
    (void)pthread_join(producer->thread, NULL);
    kafka_producer_free(producer->kafka);
    (void)pthread_rwlock_destroy(&producer->lock);
    free(producer->brokers);
    free(producer);
}

/* Hands the messages over; those that aren't taken count as failed at once. The sender is still here and keeps `wait`. */
static void hand_over(struct producer *producer, const struct kafka_record *records, size_t n, struct wait *wait)
{
    const uint64_t ticket = (uint64_t)(uintptr_t)wait;
    struct error ignored;

    (void)pthread_rwlock_rdlock(&producer->lock);
    for (size_t i = 0; i < n; i++) {
        (void)atomic_fetch_add(&producer->in_flight, 1);
        if (producer->kafka == NULL || kafka_produce(producer->kafka, &records[i], ticket, NULL, &ignored) != DONE)
            (void)settle(wait, true);
    }
    (void)pthread_rwlock_unlock(&producer->lock);
}

static enum outcome await(struct wait *wait, int wait_ms, struct error *err)
{
    struct timespec until;
    bool failed, open;
    int waited = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    (void)pthread_mutex_lock(&wait->lock);
    while (wait->open > 0 && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&wait->cond, &wait->lock, &until);
    failed = wait->failed;
    open = wait->open > 0;
    wait->abandoned = open;
    (void)pthread_mutex_unlock(&wait->lock);
    if (!open)
        wait_free(wait);
    return failed || open ? error_retry(err, "kafka", "Kafka doesn't take events now") : DONE;
}

enum outcome producer_send(struct producer *producer, const struct kafka_record *records, size_t n, int wait_ms,
                           struct error *err)
{
    struct wait *wait;
    pthread_condattr_t attributes;

    if (n == 0)
        return DONE;
    if (atomic_load(&producer->in_flight) + (int)n > IN_FLIGHT_MAX)
        return error_status(err, 429, "too many", "too many events wait for Kafka; try again in a second");
    wait = calloc(1, sizeof *wait);
    ENSURE(wait != NULL);
    wait->producer = producer;
    wait->open = n;
    (void)pthread_mutex_init(&wait->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&wait->cond, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    hand_over(producer, records, n, wait);
    return await(wait, wait_ms, err);
}

int32_t producer_partitions(struct producer *producer, const char *topic)
{
    int32_t n;

    (void)pthread_rwlock_rdlock(&producer->lock);
    n = producer->kafka == NULL ? -1 : kafka_partitions(producer->kafka, topic);
    (void)pthread_rwlock_unlock(&producer->lock);
    return n;
}

enum outcome producer_delete_before(struct producer *producer, struct kafka_partition at, int64_t offset,
                                    struct error *err)
{
    enum outcome outcome;

    (void)pthread_rwlock_rdlock(&producer->lock);
    outcome = producer->kafka == NULL ? error_retry(err, "kafka", "there is no producer now")
                                      : kafka_delete_before(producer->kafka, at, offset, err);
    (void)pthread_rwlock_unlock(&producer->lock);
    return outcome;
}
