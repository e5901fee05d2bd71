/* watchlog: where contacts.in begins, which intake truncates: certificates say what is gone from it. */
#include "common/kafka/describe.h"
#include "gen/erasure_sql.h"
#include "services/erasure/logmark.h"
#include "services/erasure/service.h"

enum { PARTS_MOST = 1024 };

static enum outcome load(struct call *call, struct logmark *marks, struct error *err)
{
    struct pg_rows rows;

    for (int part = 0; part < PARTS_MOST; part++)
        marks[part] = (struct logmark){.clear_before_us = CLOCK_NONE, .mark_us = CLOCK_NONE};
    TRY(pg_exec(call->pg, &erasure_sql_log_marks, NULL, &rows, err));
    for (int i = 0; i < rows.n; i++) {
        int32_t part = pg_get_int4(&rows, i, 0);
        if (part >= 0 && part < PARTS_MOST)
            marks[part] = (struct logmark){.gone_below = pg_get_int8(&rows, i, 1),
                                           .clear_before_us = pg_get_time(&rows, i, 2),
                                           .mark = pg_get_int8(&rows, i, 3),
                                           .mark_us = pg_get_time(&rows, i, 4)};
    }
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome store(struct call *call, const struct logmark *marks, int32_t parts, struct error *err)
{
    for (int32_t part = 0; part < parts; part++) {
        struct pg_params params;
        pg_params_init(&params, call->arena);
        pg_add_int4(&params, part);
        pg_add_int8(&params, marks[part].gone_below);
        pg_add_time(&params, marks[part].clear_before_us);
        pg_add_int8(&params, marks[part].mark);
        pg_add_time(&params, marks[part].mark_us);
        TRY(pg_queue(call->pg, &erasure_sql_log_mark_put, &params, err));
    }
    return DONE;
}

/* The time is of before the broker is asked: what was written until then lies before the end that it tells. */
static enum outcome look(struct call *call, struct kafka_producer *producer, struct logmark *marks, int32_t *parts,
                         struct error *err)
{
    *parts = kafka_partitions(producer, "contacts.in");
    if (*parts > PARTS_MOST)
        *parts = PARTS_MOST;
    for (int32_t part = 0; part < *parts && !call_stopping(call); part++) {
        const struct kafka_partition at = {.topic = "contacts.in", .partition = part};
        int64_t low, high;
        TRY(kafka_bounds(producer, at, &low, &high, err));
        logmark_look(&marks[part], low, high, call->now_us);
    }
    return DONE;
}

enum outcome run_watch_log(struct call *call, bool *again, struct error *err)
{
    struct logmark *marks = ARENA_ARRAY(call->arena, PARTS_MOST, struct logmark);
    struct kafka_producer *producer;
    int32_t parts = 0;
    enum outcome o;

    (void)again;
    TRY(load(call, marks, err));
    TRY(call_pause(call, err));
    TRY(kafka_producer_new(erasure(call)->kafka, "lethe-erasure-log", NULL, NULL, call->log, &producer, err));
    o = look(call, producer, marks, &parts, err);
    kafka_producer_free(producer);
    if (o != DONE)
        return o;
    TRY(call_resume(call, err));
    return store(call, marks, parts, err);
}
