/* describe: what the broker says of a topic: its settings, the brokers' own, and who may read it. Changes nothing. */
#include "common/kafka/describe.h"

#include <stdio.h>

#include "common/kafka/internal.h"

enum { DESCRIBE_WAIT_MS = 10000 };

static char *copy(struct arena *arena, const char *text)
{
    return text == NULL ? NULL : text_cstr(arena, text_of(text));
}

static void take_settings(const rd_kafka_ConfigResource_t *from, struct arena *arena, struct kafka_settings *out)
{
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(from, &out->n);

    out->items = ARENA_ARRAY(arena, out->n, struct kafka_described);
    for (size_t i = 0; i < out->n; i++)
        out->items[i] = (struct kafka_described){.name = copy(arena, rd_kafka_ConfigEntry_name(entries[i])),
                                                 .value = copy(arena, rd_kafka_ConfigEntry_value(entries[i]))};
}

/* The answer about one resource; NULL where there is none. */
static const rd_kafka_ConfigResource_t *answer_of(rd_kafka_event_t *event)
{
    const rd_kafka_ConfigResource_t **resources;
    size_t n = 0;

    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return NULL;
    resources = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &n);
    return n == 1 ? resources[0] : NULL;
}

static enum outcome describe(struct kafka_producer *producer, rd_kafka_ResourceType_t type, const char *name,
                             struct arena *arena, struct kafka_settings *out, bool *there, struct error *err)
{
    rd_kafka_t *rk = kafka_producer_handle(producer);
    rd_kafka_AdminOptions_t *options = NULL;
    rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR__TIMED_OUT;
    const rd_kafka_ConfigResource_t *answer;
    rd_kafka_ConfigResource_t *request;
    rd_kafka_queue_t *queue;
    rd_kafka_event_t *event;

    *there = false;
    TRY(kafka_admin_options(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, &options, err));
    request = rd_kafka_ConfigResource_new(type, name);
    queue = rd_kafka_queue_new(rk);
    rd_kafka_DescribeConfigs(rk, &request, 1, options, queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(request);
    event = rd_kafka_queue_poll(queue, DESCRIBE_WAIT_MS);
    answer = answer_of(event);
    if (answer != NULL)
        failure = rd_kafka_ConfigResource_error(answer);
    else if (event != NULL)
        failure = rd_kafka_event_error(event);
    *there = failure == RD_KAFKA_RESP_ERR_NO_ERROR && answer != NULL;
    if (*there)
        take_settings(answer, arena, out);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    if (*there || failure == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return DONE;
    return error_retry(err, "kafka", "settings of %s can't be read: %s", name, rd_kafka_err2name(failure));
}

enum outcome kafka_topic_settings(struct kafka_producer *producer, const char *topic, struct arena *arena,
                                  struct kafka_settings *out, bool *there, struct error *err)
{
    *out = (struct kafka_settings){0};
    return describe(producer, RD_KAFKA_RESOURCE_TOPIC, topic, arena, out, there, err);
}

enum outcome kafka_bounds(struct kafka_producer *producer, struct kafka_partition at, int64_t *low, int64_t *high,
                          struct error *err)
{
    rd_kafka_resp_err_t failure = rd_kafka_query_watermark_offsets(kafka_producer_handle(producer), at.topic,
                                                                   at.partition, low, high, DESCRIBE_WAIT_MS);

    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_retry(err, "kafka", "the ends of %s can't be read: %s", at.topic, rd_kafka_err2name(failure));
    return DONE;
}

enum outcome kafka_brokers(struct kafka_producer *producer, struct arena *arena, int32_t **out, size_t *n,
                           struct error *err)
{
    const struct rd_kafka_metadata *metadata;

    if (rd_kafka_metadata(kafka_producer_handle(producer), 0, NULL, &metadata, DESCRIBE_WAIT_MS) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_retry(err, "kafka", "no broker can be reached");
    *n = (size_t)metadata->broker_cnt;
    *out = ARENA_ARRAY(arena, *n, int32_t);
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = metadata->brokers[i].id;
    rd_kafka_metadata_destroy(metadata);
    return DONE;
}

enum outcome kafka_broker_settings(struct kafka_producer *producer, int32_t broker, struct arena *arena,
                                   struct kafka_settings *out, struct error *err)
{
    char name[16];
    bool there;

    *out = (struct kafka_settings){0};
    (void)snprintf(name, sizeof name, "%d", (int)broker);
    TRY(describe(producer, RD_KAFKA_RESOURCE_BROKER, name, arena, out, &there, err));
    return there ? DONE : error_retry(err, "kafka", "broker %s isn't known", name);
}

/* ---- who may read ---------------------------------------------------------------------------------------------------- */

static bool reads(const rd_kafka_AclBinding_t *acl)
{
    rd_kafka_AclOperation_t operation = rd_kafka_AclBinding_operation(acl);

    return operation == RD_KAFKA_ACL_OPERATION_READ || operation == RD_KAFKA_ACL_OPERATION_ALL;
}

static void take_readers(rd_kafka_event_t *event, struct arena *arena, struct kafka_readers *out)
{
    size_t n = 0;
    const rd_kafka_AclBinding_t **acls =
        rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(event), &n);

    out->items = ARENA_ARRAY(arena, n, const char *);
    for (size_t i = 0; i < n; i++)
        if (reads(acls[i]))
            out->items[out->n++] = copy(arena, rd_kafka_AclBinding_principal(acls[i]));
}

enum outcome kafka_topic_readers(struct kafka_producer *producer, const char *topic, struct arena *arena,
                                 struct kafka_readers *out, struct error *err)
{
    rd_kafka_t *rk = kafka_producer_handle(producer);
    rd_kafka_AdminOptions_t *options = NULL;
    rd_kafka_resp_err_t failure;
    rd_kafka_AclBindingFilter_t *filter;
    rd_kafka_queue_t *queue;
    rd_kafka_event_t *event;
    char reason[128];

    *out = (struct kafka_readers){0};
    TRY(kafka_admin_options(rk, RD_KAFKA_ADMIN_OP_DESCRIBEACLS, &options, err));
    filter = rd_kafka_AclBindingFilter_new(RD_KAFKA_RESOURCE_TOPIC, topic, RD_KAFKA_RESOURCE_PATTERN_MATCH, NULL, NULL,
                                           RD_KAFKA_ACL_OPERATION_ANY, RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, reason,
                                           sizeof reason);
    ENSURE(filter != NULL);
    queue = rd_kafka_queue_new(rk);
    rd_kafka_DescribeAcls(rk, filter, options, queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_AclBinding_destroy(filter);
    event = rd_kafka_queue_poll(queue, DESCRIBE_WAIT_MS);
    failure = event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event);
    out->open = failure == RD_KAFKA_RESP_ERR_SECURITY_DISABLED;
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR)
        take_readers(event, arena, out);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    if (out->open || failure == RD_KAFKA_RESP_ERR_NO_ERROR)
        return DONE;
    return error_retry(err, "kafka", "ACLs of %s can't be read: %s", topic, rd_kafka_err2name(failure));
}
