/* truncate: the topics of Kafka holders: what is answered needs not stay there. It is sealed to the holder, and names
 * people who are forgotten. */
#include "common/kafka/kafka.h"
#include "gen/erasure_sql.h"
#include "services/erasure/service.h"

/* Between our clock, which a task's sent_at is of, and the broker's, which its records are of. */
#define CLOCKS_APART_US MINUTES(1)

struct truncation {
    struct uuid holder;
    const char *topic;
    int64_t done; /* the offset that it was truncated to before */
};

static enum outcome read_topics(struct call *call, struct truncation **out, size_t *n, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &erasure_sql_truncate_due, NULL, &rows, err));
    *n = (size_t)rows.n;
    *out = ARENA_ARRAY(call->arena, *n, struct truncation);
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = (struct truncation){.holder = pg_get_uuid(&rows, i, 0),
                                        .topic = text_cstr(call->arena, pg_get_text(&rows, i, 1)),
                                        .done = pg_get_int8(&rows, i, 2)};
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome unanswered_since(struct call *call, const struct uuid *holder, int64_t *since_us, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, holder);
    TRY(pg_exec(call->pg, &erasure_sql_truncate_since, &params, &rows, err));
    *since_us = rows.n > 0 ? pg_get_time(&rows, 0, 0) : CLOCK_NONE;
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome note_truncated(struct call *call, const struct truncation *t, int64_t offset, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &t->holder);
    pg_add_int8(&params, offset);
    return pg_exec(call->pg, &erasure_sql_truncate_done, &params, NULL, err);
}

/* The end is read before the tasks: whatever lies before it was claimed in a transaction that has committed, so that its
 * task is seen as unanswered, if it is. */
static enum outcome truncate_one(struct call *call, struct kafka_producer *producer, const struct truncation *t,
                                 struct error *err)
{
    const struct kafka_partition at = {.topic = t->topic, .partition = 0};
    int64_t end, offset, since_us;

    TRY(kafka_offset_since(producer, at, CLOCK_NONE, &end, err));
    if (end <= t->done)
        return DONE;
    TRY(call_resume(call, err));
    TRY(unanswered_since(call, &t->holder, &since_us, err));
    TRY(call_pause(call, err));
    offset = end;
    if (since_us != CLOCK_NONE)
        TRY(kafka_offset_since(producer, at, since_us - CLOCKS_APART_US, &offset, err));
    if (offset > end)
        offset = end;
    if (offset <= t->done)
        return DONE;
    TRY(kafka_delete_before(producer, at, offset, err));
    metric_add(erasure(call)->truncated, 1);
    TRY(call_resume(call, err));
    TRY(note_truncated(call, t, offset, err));
    return call_pause(call, err);
}

static enum outcome truncate_all(struct call *call, const struct truncation *topics, size_t n, struct error *err)
{
    struct kafka_producer *producer;
    enum outcome o = DONE;

    TRY(kafka_producer_new(erasure(call)->kafka, "lethe-erasure-truncate", NULL, NULL, call->log, &producer, err));
    for (size_t i = 0; i < n && o == DONE && !call_stopping(call); i++)
        o = truncate_one(call, producer, &topics[i], err);
    kafka_producer_free(producer);
    return o;
}

enum outcome run_truncate(struct call *call, bool *again, struct error *err)
{
    struct truncation *topics;
    size_t n;

    (void)again;
    TRY(read_topics(call, &topics, &n, err));
    if (n == 0)
        return DONE;
    TRY(call_pause(call, err));
    TRY(truncate_all(call, topics, n, err));
    return call_resume(call, err);
}
