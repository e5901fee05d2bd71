/* admin: the few things that change a topic: creating one, deleting records below an offset, and which offset that is. */
#include "common/kafka/describe.h"
#include "common/kafka/internal.h"

#include <stdio.h>
#include <string.h>

enum { ADMIN_WAIT_MS = 10000, LOOK_MS = 1000 };

/* A request that waits for a broker to come connects again and again without a pause, and keeps a core busy (librdkafka
 * 2.0.2): none is made where no broker answers, and none outlives its asker. */
enum outcome kafka_admin_options(rd_kafka_t *rk, rd_kafka_admin_op_t op, rd_kafka_AdminOptions_t **out,
                                 struct error *err)
{
    const struct rd_kafka_metadata *metadata;
    char reason[128];

    if (rd_kafka_metadata(rk, 0, NULL, &metadata, LOOK_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_retry(err, "kafka", "no broker can be reached");
    rd_kafka_metadata_destroy(metadata);
    *out = rd_kafka_AdminOptions_new(rk, op);
    ENSURE(*out != NULL && rd_kafka_AdminOptions_set_request_timeout(*out, ADMIN_WAIT_MS, reason, sizeof(reason)) ==
                               RD_KAFKA_RESP_ERR_NO_ERROR);
    return DONE;
}

enum outcome kafka_delete_before(struct kafka_producer *producer, struct kafka_partition at, int64_t offset,
                                 struct error *err)
{
    rd_kafka_t *rk = kafka_producer_handle(producer);
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_queue_t *queue;
    rd_kafka_AdminOptions_t *options = NULL;
    rd_kafka_DeleteRecords_t *request;
    rd_kafka_event_t *event;
    enum outcome outcome = DONE;

    TRY(kafka_admin_options(rk, RD_KAFKA_ADMIN_OP_DELETERECORDS, &options, err));
    list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, at.topic, at.partition)->offset = offset;
    request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_topic_partition_list_destroy(list);
    queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteRecords(rk, &request, 1, options, queue);
    rd_kafka_AdminOptions_destroy(options);
    event = rd_kafka_queue_poll(queue, ADMIN_WAIT_MS);
    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        outcome = error_retry(err, "kafka", "records of %s can't be deleted", at.topic);
    } else {
        const rd_kafka_topic_partition_list_t *done =
            rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
        if (done->cnt != 1 || done->elems[0].err != RD_KAFKA_RESP_ERR_NO_ERROR)
            outcome = error_retry(err, "kafka", "records of %s can't be deleted", at.topic);
    }
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_queue_destroy(queue);
    return outcome;
}

static enum outcome offset_at(rd_kafka_t *rk, struct kafka_partition at, int64_t since_us, int64_t *offset,
                              struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t failure;

    rd_kafka_topic_partition_list_add(list, at.topic, at.partition)->offset = since_us / US_PER_MS;
    failure = rd_kafka_offsets_for_times(rk, list, ADMIN_WAIT_MS);
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR)
        failure = list->elems[0].err;
    *offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_retry(err, "kafka", "offsets of %s can't be read: %s", at.topic, rd_kafka_err2name(failure));
    return DONE;
}

enum outcome kafka_offset_since(struct kafka_producer *producer, struct kafka_partition at, int64_t since_us,
                                int64_t *offset, struct error *err)
{
    int64_t low, end;

    TRY(kafka_bounds(producer, at, &low, &end, err));
    *offset = end;
    if (since_us != CLOCK_NONE)
        TRY(offset_at(kafka_producer_handle(producer), at, since_us, offset, err));
    if (*offset < 0 || *offset > end)
        *offset = end;
    return DONE;
}

static enum outcome apply_settings(rd_kafka_NewTopic_t *topic, const char *const *settings, size_t n, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        char name[128];
        const char *equals = strchr(settings[i], '=');
        ENSURE(equals != NULL && (size_t)(equals - settings[i]) < sizeof(name));
        snprintf(name, sizeof(name), "%.*s", (int)(equals - settings[i]), settings[i]);
        if (rd_kafka_NewTopic_set_config(topic, name, equals + 1) != RD_KAFKA_RESP_ERR_NO_ERROR)
            return error_refuse(err, "", "configuration", "topic setting %s is refused", name);
    }
    return DONE;
}

static bool created(rd_kafka_event_t *event)
{
    size_t n = 0;
    const rd_kafka_topic_result_t **results;
    rd_kafka_resp_err_t failure;

    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return false;
    results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
    if (n != 1)
        return false;
    failure = rd_kafka_topic_result_error(results[0]);
    return failure == RD_KAFKA_RESP_ERR_NO_ERROR || failure == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
}

enum outcome kafka_topic_create(struct kafka_producer *producer, const char *topic, int partitions,
                                const char *const *settings, size_t settings_n, struct error *err)
{
    rd_kafka_t *rk = kafka_producer_handle(producer);
    char reason[128];
    rd_kafka_NewTopic_t *request = rd_kafka_NewTopic_new(topic, partitions, -1, reason, sizeof(reason));
    rd_kafka_AdminOptions_t *options = NULL;
    rd_kafka_queue_t *queue;
    rd_kafka_event_t *event;
    enum outcome outcome;

    if (request == NULL)
        return error_refuse(err, "", "configuration", "topic %s can't be asked for", topic);
    outcome = apply_settings(request, settings, settings_n, err);
    if (outcome == DONE)
        outcome = kafka_admin_options(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS, &options, err);
    if (outcome == DONE) {
        queue = rd_kafka_queue_new(rk);
        rd_kafka_CreateTopics(rk, &request, 1, options, queue);
        rd_kafka_AdminOptions_destroy(options);
        event = rd_kafka_queue_poll(queue, ADMIN_WAIT_MS);
        if (!created(event))
            outcome = error_retry(err, "kafka", "topic %s can't be created", topic);
        if (event != NULL)
            rd_kafka_event_destroy(event);
        rd_kafka_queue_destroy(queue);
    }
    rd_kafka_NewTopic_destroy(request);
    return outcome;
}
