/* consumer: a member of a group whose offsets live in PostgreSQL. An assignment is taken in two steps, so that a database
 * that is away delays it without leaving the group. */
#include "common/kafka/fetching.h"
#include "common/kafka/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Messages, of all partitions; and what one fetch brings, compressed: a batch of upstream's that is larger comes whole. */
#define QUEUED_MESSAGES 3000
#define FETCH_BYTES 65536

struct kafka_consumer {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct fetching fetching;
    struct header headers[24]; /* of the message polled last */
    const struct log *log;
    struct kafka_callbacks callbacks;
    rd_kafka_topic_partition_list_t *pending;  /* assigned by the group, offsets not read yet */
    rd_kafka_topic_partition_list_t *assigned; /* what is fetched */
    const char *const *topics;
    size_t topics_n;
    bool joined, paused, away; /* away: until a broker has answered a question */
    int64_t next_ask_us;
};

static const char *topic_name(const struct kafka_consumer *consumer, const char *name)
{
    for (size_t i = 0; i < consumer->topics_n; i++)
        if (strcmp(consumer->topics[i], name) == 0)
            return consumer->topics[i];
    return NULL;
}

static void replace(rd_kafka_topic_partition_list_t **list, rd_kafka_topic_partition_list_t *with)
{
    if (*list != NULL)
        rd_kafka_topic_partition_list_destroy(*list);
    *list = with;
}

static size_t to_partitions(const struct kafka_consumer *consumer, const rd_kafka_topic_partition_list_t *list,
                            struct kafka_partition *out)
{
    size_t n = 0;

    for (int i = 0; i < list->cnt; i++) {
        const char *topic = topic_name(consumer, list->elems[i].topic);
        if (topic != NULL)
            out[n++] = (struct kafka_partition){.topic = topic, .partition = list->elems[i].partition};
    }
    return n;
}

/* librdkafka keeps a pause over a revocation, for whenever the partition comes back: it ends here. */
static void revoke(struct kafka_consumer *consumer)
{
    if (consumer->assigned != NULL && consumer->paused)
        rd_kafka_resume_partitions(consumer->rk, consumer->assigned);
    if (consumer->assigned != NULL && consumer->assigned->cnt > 0) {
        struct kafka_partition *partitions = calloc((size_t)consumer->assigned->cnt, sizeof(*partitions));
        ENSURE(partitions != NULL);
        size_t n = to_partitions(consumer, consumer->assigned, partitions);
        consumer->callbacks.on_revoke(consumer->callbacks.context, partitions, n);
        free(partitions);
    }
    replace(&consumer->assigned, NULL);
    replace(&consumer->pending, NULL);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *partitions,
                         void *opaque)
{
    struct kafka_consumer *consumer = opaque;

    revoke(consumer);
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        consumer->pending = rd_kafka_topic_partition_list_copy(partitions);
        return;
    }
    rd_kafka_assign(rk, NULL);
}

/* Reads the offsets and begins to fetch. RETRY: PostgreSQL is away; asked again at the next poll. */
static enum outcome take_pending(struct kafka_consumer *consumer, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = consumer->pending;
    size_t room = (size_t)list->cnt + 1;
    struct kafka_partition *partitions = calloc(room, sizeof(*partitions));
    int64_t *next = calloc(room, sizeof(*next));
    enum outcome outcome = DONE;
    rd_kafka_resp_err_t failure;
    size_t n;

    ENSURE(partitions != NULL && next != NULL);
    n = to_partitions(consumer, list, partitions);
    ENSURE(n == (size_t)list->cnt);
    if (n > 0 &&
        (outcome = consumer->callbacks.on_assign(consumer->callbacks.context, partitions, n, next, err)) != DONE)
        goto cleanup;
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = next[i];
    failure = rd_kafka_assign(consumer->rk, list);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
        outcome = error_retry(err, "kafka", "partitions can't be assigned: %s", rd_kafka_err2name(failure));
        goto cleanup;
    }
    consumer->pending = NULL;
    replace(&consumer->assigned, list);
    consumer->joined = true;
    if (consumer->paused)
        rd_kafka_pause_partitions(consumer->rk, consumer->assigned);
cleanup:
    free(partitions);
    free(next);
    return outcome;
}

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct kafka_consumer *consumer = opaque;

    (void)rk;
    (void)reason;
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        consumer->away = true;
}

static rd_kafka_conf_t *configure(const struct kafka_config *config, struct kafka_consumer *consumer, struct error *err)
{
    char kbytes[16], messages[16], fetch_bytes[16];
    struct kafka_setting settings[] = {
        {"bootstrap.servers", config->brokers},
        {"client.id", config->client},
        {"group.id", config->group},
        {"group.instance.id", config->instance},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"partition.assignment.strategy", "range"},
        {"session.timeout.ms", "6000"},
        {"heartbeat.interval.ms", "1000"},
        {"max.poll.interval.ms", "60000"},
        {"socket.nagle.disable", "true"},
        {"check.crcs", "true"},
        {"fetch.wait.max.ms", "250"},
        {"fetch.error.backoff.ms", "50"},
        {"reconnect.backoff.max.ms", "2000"},
        {"topic.metadata.refresh.interval.ms", "30000"},
        {"queued.min.messages", messages},
        {"queued.max.messages.kbytes", kbytes},
        {"fetch.message.max.bytes", "32768"},
        {"fetch.max.bytes", fetch_bytes},
        {"message.max.bytes", fetch_bytes}, /* else fetch.max.bytes is raised to it; larger messages come, too */
        {"isolation.level", "read_committed"},
        {"allow.auto.create.topics", "false"},
    };
    rd_kafka_conf_t *conf;

    snprintf(kbytes, sizeof(kbytes), "%d", config->queued_kbytes);
    snprintf(messages, sizeof(messages), "%d", QUEUED_MESSAGES);
    snprintf(fetch_bytes, sizeof(fetch_bytes), "%d", FETCH_BYTES);
    conf = kafka_conf_new(settings, sizeof(settings) / sizeof(settings[0]), err);
    if (conf == NULL)
        return NULL;
    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_error_cb(conf, on_error);
    return conf;
}

static enum outcome subscribe(struct kafka_consumer *consumer, struct error *err)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new((int)consumer->topics_n);
    rd_kafka_resp_err_t failure;

    for (size_t i = 0; i < consumer->topics_n; i++)
        rd_kafka_topic_partition_list_add(topics, consumer->topics[i], RD_KAFKA_PARTITION_UA);
    failure = rd_kafka_subscribe(consumer->rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_retry(err, "kafka", "can't subscribe: %s", rd_kafka_err2name(failure));
    return DONE;
}

enum outcome kafka_consumer_new(const struct kafka_config *config, const struct kafka_callbacks *callbacks,
                                const struct log *log, struct kafka_consumer **out, struct error *err)
{
    struct kafka_consumer *consumer = calloc(1, sizeof(*consumer));
    char reason[128];
    rd_kafka_conf_t *conf;
    enum outcome outcome;

    ENSURE(consumer != NULL);
    *out = NULL;
    consumer->callbacks = *callbacks;
    consumer->log = log;
    consumer->topics = config->topics;
    consumer->topics_n = config->topics_n;
    consumer->fetching = (struct fetching){.most = QUEUED_MESSAGES, .most_bytes = (size_t)config->queued_kbytes * 1000};
    conf = configure(config, consumer, err);
    if (conf == NULL) {
        outcome = REFUSED;
        goto failed;
    }
    consumer->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));
    if (consumer->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        outcome = error_retry(err, "kafka", "no consumer can be made");
        goto failed;
    }
    rd_kafka_poll_set_consumer(consumer->rk);
    consumer->queue = rd_kafka_queue_get_consumer(consumer->rk);
    if ((outcome = subscribe(consumer, err)) != DONE)
        goto failed;
    *out = consumer;
    return DONE;
failed:
    kafka_consumer_free(consumer);
    return outcome;
}

void kafka_consumer_free(struct kafka_consumer *consumer)
{
    if (consumer == NULL)
        return;
    if (consumer->queue != NULL)
        rd_kafka_queue_destroy(consumer->queue);
    if (consumer->rk != NULL) {
        rd_kafka_consumer_close(consumer->rk);
        replace(&consumer->pending, NULL);
        replace(&consumer->assigned, NULL);
        rd_kafka_destroy(consumer->rk);
    }
    free(consumer);
}

bool kafka_consumer_fatal(const struct kafka_consumer *consumer)
{
    char reason[128];

    return rd_kafka_fatal_error(consumer->rk, reason, sizeof(reason)) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool kafka_consumer_joined(const struct kafka_consumer *consumer)
{
    return consumer->joined && !consumer->away;
}

void kafka_pause(struct kafka_consumer *consumer)
{
    if (!consumer->paused && consumer->assigned != NULL)
        rd_kafka_pause_partitions(consumer->rk, consumer->assigned);
    consumer->paused = true;
}

void kafka_resume(struct kafka_consumer *consumer)
{
    if (consumer->paused && consumer->assigned != NULL)
        rd_kafka_resume_partitions(consumer->rk, consumer->assigned);
    consumer->paused = false;
}

/* ---- messages ------------------------------------------------------------------------------------------------------ */

/* Attributes of the event and what says how to read and to follow it; whatever else a client puts beside them is not
 * ours, and may not push these out. */
static bool is_ours(const char *name)
{
    return strncasecmp(name, "ce_", 3) == 0 || strcasecmp(name, "content-type") == 0 ||
           strcasecmp(name, "traceparent") == 0;
}

static void read_headers(struct kafka_consumer *consumer, rd_kafka_message_t *rkm, struct kafka_message *message)
{
    rd_kafka_headers_t *headers;
    size_t room = sizeof(consumer->headers) / sizeof(consumer->headers[0]);
    const char *name;
    const void *value;
    size_t n;

    message->headers = consumer->headers;
    message->headers_n = 0;
    if (rd_kafka_message_headers(rkm, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    for (size_t i = 0; message->headers_n < room &&
                       rd_kafka_header_get_all(headers, i, &name, &value, &n) == RD_KAFKA_RESP_ERR_NO_ERROR;
         i++)
        if (is_ours(name))
            consumer->headers[message->headers_n++] =
                (struct header){.name = text_of(name), .value = {.p = value == NULL ? "" : value, .n = n}};
}

static void fill(struct kafka_consumer *consumer, rd_kafka_message_t *rkm, struct kafka_message *message)
{
    rd_kafka_timestamp_type_t type;

    message->handle = rkm;
    message->at.topic = topic_name(consumer, rd_kafka_topic_name(rkm->rkt));
    message->at.partition = rkm->partition;
    message->offset = rkm->offset;
    message->timestamp_us = rd_kafka_message_timestamp(rkm, &type) * US_PER_MS;
    message->key = (struct text){.p = rkm->key, .n = rkm->key_len};
    message->value = (struct text){.p = rkm->payload == NULL ? "" : rkm->payload, .n = rkm->len};
    message->out_of_range = false;
    read_headers(consumer, rkm, message);
}

static enum outcome on_message_error(struct kafka_consumer *consumer, rd_kafka_message_t *rkm,
                                     struct kafka_message *message, bool *got, struct error *err)
{
    rd_kafka_resp_err_t failure = rkm->err;

    if (failure == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && rkm->rkt != NULL) {
        fill(consumer, rkm, message);
        message->out_of_range = true;
        *got = true;
        return DONE;
    }
    rd_kafka_message_destroy(rkm);
    if (failure == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return DONE;
    return error_retry(err, "kafka", "the broker answers %s", rd_kafka_err2name(failure));
}

enum outcome kafka_ask(struct kafka_consumer *consumer, struct error *err)
{
    const struct rd_kafka_metadata *metadata;

    consumer->next_ask_us = clock_monotonic_us() + 500 * US_PER_MS;
    consumer->away = rd_kafka_metadata(consumer->rk, 0, NULL, &metadata, 1000) != RD_KAFKA_RESP_ERR_NO_ERROR;
    if (consumer->away)
        return error_retry(err, "kafka", "no broker can be reached");
    rd_kafka_metadata_destroy(metadata);
    return DONE;
}

/* librdkafka tells when the last broker went, not when one is back: it is asked. */
static enum outcome still_away(struct kafka_consumer *consumer, struct error *err)
{
    if (clock_monotonic_us() >= consumer->next_ask_us)
        return kafka_ask(consumer, err);
    return error_retry(err, "kafka", "no broker can be reached");
}

/* Wakes the threads that fetch, by a question to each partition's leader whose answer nobody waits for. */
static void go_on_fetching(struct kafka_consumer *consumer)
{
    rd_kafka_topic_partition_list_t *list;

    if (consumer->assigned == NULL || consumer->assigned->cnt == 0)
        return;
    list = rd_kafka_topic_partition_list_copy(consumer->assigned);
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = RD_KAFKA_OFFSET_END;
    (void)rd_kafka_offsets_for_times(consumer->rk, list, 0);
    rd_kafka_topic_partition_list_destroy(list);
}

enum outcome kafka_poll(struct kafka_consumer *consumer, int wait_ms, struct kafka_message *message, bool *got,
                        struct error *err)
{
    rd_kafka_message_t *rkm;

    *got = false;
    if (consumer->pending != NULL)
        TRY(take_pending(consumer, err));
    rkm = rd_kafka_consumer_poll(consumer->rk, wait_ms);
    if (rkm == NULL) {
        if (consumer->pending != NULL)
            return take_pending(consumer, err);
        return consumer->away ? still_away(consumer, err) : DONE;
    }
    if (rkm->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return on_message_error(consumer, rkm, message, got, err);
    fill(consumer, rkm, message);
    ENSURE(message->at.topic != NULL);
    if (fetching_took(&consumer->fetching, message->value.n + message->key.n) &&
        fetching_low(&consumer->fetching, rd_kafka_queue_length(consumer->queue)))
        go_on_fetching(consumer);
    *got = true;
    return DONE;
}

void kafka_message_free(struct kafka_message *message)
{
    if (message->handle != NULL)
        rd_kafka_message_destroy(message->handle);
    message->handle = NULL;
}

enum outcome kafka_seek(struct kafka_consumer *consumer, struct kafka_partition at, int64_t offset, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_error_t *failure;
    enum outcome outcome = DONE;

    rd_kafka_topic_partition_list_add(list, at.topic, at.partition)->offset = offset;
    failure = rd_kafka_seek_partitions(consumer->rk, list, 5000);
    if (failure != NULL || list->elems[0].err != RD_KAFKA_RESP_ERR_NO_ERROR)
        outcome = error_retry(err, "kafka", "can't go back to an offset of %s", at.topic);
    if (failure != NULL)
        rd_kafka_error_destroy(failure);
    rd_kafka_topic_partition_list_destroy(list);
    return outcome;
}

/* Not rd_kafka_query_watermark_offsets: with the broker away it heeds no timeout but the request's own, a minute. */
static enum outcome ask_offsets(struct kafka_consumer *consumer, const struct kafka_partition *at, size_t n,
                                int64_t which, int ask_ms, int64_t *out, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
    rd_kafka_resp_err_t failure;

    for (size_t i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(list, at[i].topic, at[i].partition)->offset = which;
    failure = rd_kafka_offsets_for_times(consumer->rk, list, ask_ms);
    for (size_t i = 0; i < n; i++) {
        const rd_kafka_topic_partition_t *found =
            rd_kafka_topic_partition_list_find(list, at[i].topic, at[i].partition);
        ENSURE(found != NULL);
        failure = failure != RD_KAFKA_RESP_ERR_NO_ERROR ? failure : found->err;
        out[i] = found->offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_retry(err, "kafka", "the ends of the logs can't be read: %s", rd_kafka_err2name(failure));
    return DONE;
}

enum outcome kafka_ends(struct kafka_consumer *consumer, const struct kafka_partition *at, size_t n, int ask_ms,
                        int64_t *out, struct error *err)
{
    return n == 0 ? DONE : ask_offsets(consumer, at, n, RD_KAFKA_OFFSET_END, ask_ms, out, err);
}

enum outcome kafka_watermarks(struct kafka_consumer *consumer, struct kafka_partition at, int64_t *low, int64_t *high,
                              struct error *err)
{
    TRY(ask_offsets(consumer, &at, 1, RD_KAFKA_OFFSET_BEGINNING, 5000, low, err));
    return ask_offsets(consumer, &at, 1, RD_KAFKA_OFFSET_END, 5000, high, err);
}

int64_t kafka_end_seen(const struct kafka_consumer *consumer, struct kafka_partition at)
{
    int64_t low, high;

    if (rd_kafka_get_watermark_offsets(consumer->rk, at.topic, at.partition, &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return -1;
    return high;
}

enum outcome kafka_cluster_id(struct kafka_consumer *consumer, char *out, size_t n, struct error *err)
{
    char *id = rd_kafka_clusterid(consumer->rk, 5000);

    if (id == NULL)
        return error_retry(err, "kafka", "the cluster's id can't be read");
    snprintf(out, n, "%s", id);
    rd_kafka_mem_free(consumer->rk, id);
    return DONE;
}
