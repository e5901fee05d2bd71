/* producer: idempotent, acks=all, never gives a message up by itself: what isn't delivered stays in the outbox. */
#include "common/kafka/internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS_HELD = 64 };

struct kafka_producer {
    rd_kafka_t *rk;
    pthread_mutex_t lock; /* of the topics */
    rd_kafka_topic_t *topics[TOPICS_HELD];
    size_t topics_n;
    kafka_delivered *delivered;
    void *context;
    const struct log *log;
};

rd_kafka_conf_t *kafka_conf_new(const struct kafka_setting *settings, size_t n, struct error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char reason[128];

    for (size_t i = 0; i < n; i++) {
        if (settings[i].value == NULL)
            continue;
        if (rd_kafka_conf_set(conf, settings[i].name, settings[i].value, reason, sizeof(reason)) != RD_KAFKA_CONF_OK) {
            (void)error_refuse(err, "", "configuration", "Kafka setting %s is refused", settings[i].name);
            rd_kafka_conf_destroy(conf);
            return NULL;
        }
    }
    rd_kafka_conf_set_log_cb(conf, NULL); /* librdkafka's lines name hosts and keys of ours; errors come as results */
    return conf;
}

/* Only what is known to be the message's own fault counts as that. Whatever else the library gives a message up for is
 * put down to its topic: then what follows in it waits, and keeps its order. (That includes _DESTROY: a partition's that
 * is gone, not ours.) */
static enum kafka_fate fate_of(rd_kafka_t *rk, rd_kafka_resp_err_t failure)
{
    char reason[128];

    /* errors of the library's own are negative: a switch over its enum would have to name all of them */
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR)
        return KAFKA_DELIVERED;
    if (failure == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return KAFKA_QUEUE_FULL;
    if (failure == RD_KAFKA_RESP_ERR__FATAL || failure == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
        failure == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT ||
        rd_kafka_fatal_error(rk, reason, sizeof(reason)) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return KAFKA_PRODUCER;
    if (failure == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || failure == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE ||
        failure == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE || failure == RD_KAFKA_RESP_ERR_INVALID_RECORD)
        return KAFKA_MESSAGE;
    return KAFKA_TOPIC;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_producer *producer = opaque;
    const struct kafka_report report = {
        .ticket = (uint64_t)(uintptr_t)message->_private,
        .fate = fate_of(rk, message->err),
        .topic = message->rkt != NULL ? rd_kafka_topic_name(message->rkt) : "",
    };

    producer->delivered(producer->context, &report);
}

/* batch_messages: NULL: the library's own measure */
static enum outcome make(const char *brokers, const char *client, const char *batch_messages,
                         const struct kafka_producer *with, struct kafka_producer **out, struct error *err)
{
    char message_bytes[16];
    const struct kafka_setting settings[] = {
        {"bootstrap.servers", brokers},
        {"client.id", client},
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"message.timeout.ms", "0"},
        {"linger.ms", "0"},
        {"batch.num.messages", batch_messages},
        {"compression.type", "lz4"},
        {"socket.nagle.disable", "true"},
        {"reconnect.backoff.max.ms", "2000"},
        {"queue.buffering.max.kbytes", "4096"},
        {"queue.buffering.max.messages", "100000"},
        {"message.max.bytes", message_bytes},
        {"allow.auto.create.topics", "false"},
        /* a topic that is gone is told after a second: until then its messages take up room that others need */
        {"topic.metadata.propagation.max.ms", "1000"},
    };
    struct kafka_producer *producer = calloc(1, sizeof(*producer));
    char reason[128];
    rd_kafka_conf_t *conf;

    ENSURE(producer != NULL);
    snprintf(message_bytes, sizeof(message_bytes), "%d", (int)KAFKA_MESSAGE_BYTES);
    *out = NULL;
    *producer = *with;
    pthread_mutex_init(&producer->lock, NULL);
    conf = kafka_conf_new(settings, sizeof(settings) / sizeof(settings[0]), err);
    if (conf == NULL) {
        kafka_producer_free(producer);
        return REFUSED;
    }
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    producer->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
    if (producer->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        kafka_producer_free(producer);
        return error_retry(err, "kafka", "no producer can be made");
    }
    *out = producer;
    return DONE;
}

enum outcome kafka_producer_new(const char *brokers, const char *client, kafka_delivered *delivered, void *context,
                                const struct log *log, struct kafka_producer **out, struct error *err)
{
    const struct kafka_producer with = {.delivered = delivered, .context = context, .log = log};

    return make(brokers, client, NULL, &with, out, err);
}

enum outcome kafka_producer_new_single(const char *brokers, const char *client, kafka_delivered *delivered,
                                       void *context, const struct log *log, struct kafka_producer **out,
                                       struct error *err)
{
    const struct kafka_producer with = {.delivered = delivered, .context = context, .log = log};

    return make(brokers, client, "1", &with, out, err);
}

void kafka_producer_free(struct kafka_producer *producer)
{
    if (producer == NULL)
        return;
    for (size_t i = 0; i < producer->topics_n; i++)
        rd_kafka_topic_destroy(producer->topics[i]);
    if (producer->rk != NULL) {
        rd_kafka_purge(producer->rk,
                       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
        rd_kafka_poll(producer->rk, 0);
        rd_kafka_destroy(producer->rk);
    }
    pthread_mutex_destroy(&producer->lock);
    free(producer);
}

rd_kafka_t *kafka_producer_handle(struct kafka_producer *producer)
{
    return producer->rk;
}

static rd_kafka_resp_err_t fatal_error(const struct kafka_producer *producer)
{
    char reason[128];

    return rd_kafka_fatal_error(producer->rk, reason, sizeof(reason));
}

bool kafka_producer_fatal(const struct kafka_producer *producer)
{
    return fatal_error(producer) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

const char *kafka_producer_error(const struct kafka_producer *producer)
{
    return rd_kafka_err2name(fatal_error(producer));
}

static rd_kafka_headers_t *copy_headers(const struct kafka_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->headers_n);

    for (size_t i = 0; i < record->headers_n; i++) {
        const struct header *h = &record->headers[i];
        rd_kafka_resp_err_t failure =
            rd_kafka_header_add(headers, h->name.p, (ssize_t)h->name.n, h->value.p, (ssize_t)h->value.n);
        ENSURE(failure == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    return headers;
}

/* Each topic by a handle that is kept: its leader is asked for at the first message (by its name alone it would wait for the
 * library's next look, up to a second), and no later one looks the name up again. NULL: too many topics, so by its name. */
static rd_kafka_topic_t *held_topic(struct kafka_producer *producer, const char *topic)
{
    rd_kafka_topic_t *handle = NULL;

    pthread_mutex_lock(&producer->lock);
    for (size_t i = 0; i < producer->topics_n && handle == NULL; i++)
        if (strcmp(rd_kafka_topic_name(producer->topics[i]), topic) == 0)
            handle = producer->topics[i];
    if (handle == NULL && producer->topics_n < TOPICS_HELD) {
        handle = rd_kafka_topic_new(producer->rk, topic, NULL);
        if (handle != NULL)
            producer->topics[producer->topics_n++] = handle;
    }
    pthread_mutex_unlock(&producer->lock);
    return handle;
}

static rd_kafka_vu_t where_to(struct kafka_producer *producer, const char *topic)
{
    rd_kafka_topic_t *handle = held_topic(producer, topic);

    if (handle == NULL)
        return (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic};
    return (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = handle};
}

enum outcome kafka_produce(struct kafka_producer *producer, const struct kafka_record *record, uint64_t ticket,
                           enum kafka_fate *fate, struct error *err)
{
    rd_kafka_headers_t *headers = copy_headers(record);
    rd_kafka_vu_t parts[] = {
        where_to(producer, record->topic),
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition < 0 ? RD_KAFKA_PARTITION_UA : record->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {.ptr = (void *)(uintptr_t)record->key.p, .size = record->key.n}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {.ptr = (void *)(uintptr_t)record->value.p, .size = record->value.n}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(uintptr_t)ticket},
    };
    rd_kafka_error_t *failure;
    enum kafka_fate why;
    rd_kafka_resp_err_t code;

    failure = rd_kafka_produceva(producer->rk, parts, sizeof(parts) / sizeof(parts[0]));
    if (failure == NULL)
        return DONE;
    code = rd_kafka_error_code(failure);
    rd_kafka_error_destroy(failure);
    rd_kafka_headers_destroy(headers); /* librdkafka owns them only where it took the message */
    why = fate_of(producer->rk, code);
    if (fate != NULL)
        *fate = why;
    if (why == KAFKA_MESSAGE || why == KAFKA_TOPIC)
        return error_refuse(err, "", "kafka", "a message for %s isn't taken: %s", record->topic,
                            rd_kafka_err2name(code));
    return error_retry(err, "kafka", "a message for %s isn't taken: %s", record->topic, rd_kafka_err2name(code));
}

void kafka_producer_poll(struct kafka_producer *producer, int wait_ms)
{
    rd_kafka_poll(producer->rk, wait_ms);
}

static int32_t ask_partitions(struct kafka_producer *producer, const char *topic, int wait_ms)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(producer->rk, topic, NULL);
    int32_t n = -1;

    if (handle == NULL)
        return -1;
    if (rd_kafka_metadata(producer->rk, 0, handle, &metadata, wait_ms) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR)
            n = metadata->topics[0].partition_cnt;
        rd_kafka_metadata_destroy(metadata);
    }
    rd_kafka_topic_destroy(handle);
    return n;
}

int32_t kafka_partitions(struct kafka_producer *producer, const char *topic)
{
    return ask_partitions(producer, topic, 5000);
}

bool kafka_topic_there(struct kafka_producer *producer, const char *topic)
{
    return ask_partitions(producer, topic, 500) > 0;
}
