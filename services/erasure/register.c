/* register: a new outside holder. */
#include "services/erasure/register.h"

#include "common/kafka/kafka.h"
#include "gen/erasure_sql.h"
#include "services/erasure/service.h"
#include "services/erasure/tasks.h"

static enum outcome make_topic(struct call *call, const char *topic, struct error *err)
{
    /* As contacts.in: what is truncated leaves the disk once its segment has rolled. No message of ours rolls it, which a
     * holder would have to know; a day does: an instruction without an answer is written again each hour. */
    static const char *const settings[] = {"retention.ms=86400000", "message.timestamp.type=LogAppendTime",
                                           "segment.ms=60000", "segment.bytes=67108864", "file.delete.delay.ms=1000"};
    struct kafka_producer *producer;
    enum outcome o;

    TRY(kafka_producer_new(erasure(call)->kafka, "lethe-erasure-topics", NULL, NULL, call->log, &producer, err));
    o = kafka_topic_create(producer, topic, 1, settings, sizeof(settings) / sizeof(settings[0]), err);
    kafka_producer_free(producer);
    return o;
}

static enum outcome insert(struct call *call, const struct newcomer *h, struct text topic, bool *made,
                           struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &h->id);
    pg_add_text(&params, h->name);
    pg_add_str(&params, holder_kind_names[h->kind]);
    pg_add_text(&params, h->system);
    pg_add_text(&params, h->url);
    pg_add_text(&params, topic);
    pg_add_texts(&params, h->identifiers.items, h->identifiers.n);
    pg_add_text(&params, h->contact);
    pg_add_texts(&params, h->categories.items, h->categories.n);
    pg_add_bytes(&params, h->sealing_key);
    pg_add_bytes(&params, h->signing_key);
    pg_add_uuid(&params, &h->hmac);
    pg_add_time(&params, call->now_us);
    pg_add_uuid(&params, &h->operator_id);
    TRY(pg_exec(call->pg, &erasure_sql_holder_insert, &params, &rows, err));
    *made = rows.n > 0;
    pg_rows_free(&rows);
    return DONE;
}

/* Forgets that are under way get a task for the newcomer; those that are past the order are ordered now. */
static enum outcome backfill(struct call *call, const struct uuid *holder, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    struct uuid *requests;
    size_t n;
    bool outside;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, holder);
    TRY(pg_exec(call->pg, &erasure_sql_holder_backfill, &params, &rows, err));
    n = (size_t)rows.n;
    requests = ARENA_ARRAY(call->arena, n, struct uuid);
    for (size_t i = 0; i < n; i++)
        requests[i] = pg_get_uuid(&rows, (int)i, 0);
    pg_rows_free(&rows);
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, requests, n);
    TRY(pg_exec(call->pg, &erasure_sql_requests_running, &params, &rows, err));
    n = (size_t)rows.n;
    for (size_t i = 0; i < n; i++)
        requests[i] = pg_get_uuid(&rows, (int)i, 0);
    pg_rows_free(&rows);
    for (size_t i = 0; i < n; i++)
        TRY(tasks_order(call, &requests[i], &outside, err));
    if (n > 0)
        call_wake(call, "deliver");
    return DONE;
}

enum outcome holder_register(struct call *call, const struct newcomer *h, bool *made, struct error *err)
{
    struct text topic = TEXT_NONE;

    if (h->kind == HOLDER_KAFKA) {
        topic = text_format(call->arena, "holder.%.*s", TEXT_ARGS(h->name));
        if (text_is(topic, "holder.result"))
            return error_refuse(err, "/name", "reserved", "this name is a topic of ours");
        TRY(make_topic(call, topic.p, err));
    }
    TRY(pg_exec(call->pg, &erasure_sql_holders_lock, NULL, NULL, err));
    TRY(insert(call, h, topic, made, err));
    return *made ? backfill(call, &h->id, err) : DONE;
}
