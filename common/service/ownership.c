/* ownership: whose partitions these are: the instance's name, the epochs, the positions, and what is lost of them. */
#include "common/service/loop.h"

#include <stdio.h>
#include <string.h>

#include "common/retry/retry.h"
#include "gen/service_sql.h"

/* ---- the name -------------------------------------------------------------------------------------------------------- */

static enum outcome take_name(struct loop *loop, bool newest, bool *held, struct error *err)
{
    struct worker *worker = &loop->worker;
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, worker->call.arena);
    pg_add_str(&params, loop->service->instance);
    pg_add_bool(&params, newest);
    pg_add_int4(&params, loop->session_pid);
    pg_add_time(&params, loop->named ? loop->session_start_us : CLOCK_NONE);
    TRY(pg_exec(worker->call.pg, &service_sql_name_take, &params, &rows, err));
    *held = pg_get_bool(&rows, 0, 0);
    loop->session_pid = pg_get_int4(&rows, 0, 1);
    loop->session_start_us = pg_get_time(&rows, 0, 2);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome outdone(struct loop *loop, struct error *err)
{
    int64_t wait = retry_delay_us(loop->outdone_asked, SECONDS(2), SECONDS(30), (uint32_t)clock_monotonic_us());

    if (!loop->outdone)
        log_error(&loop->service->log, "instance.outdone", F_STR("instance", loop->service->instance));
    loop->outdone = loop->lost = true;
    loop->outdone_asked = loop->outdone_asked < 6 ? loop->outdone_asked + 1 : loop->outdone_asked;
    loop->next_claim_us = clock_monotonic_us() + SECONDS(1) + wait;
    return error_retry(err, "instance", "another process goes by this instance's name");
}

/* A start takes the name: its predecessor is gone, frozen, or cut off. Who finds it taken later was that predecessor (or
 * is one of two that were given one name): it stays out until the name is free, and costs the other nothing. */
enum outcome loop_claim(struct loop *loop, struct error *err)
{
    struct pg *pg = loop->worker.call.pg;
    bool held, start = !loop->named;

    if (loop->outdone && clock_monotonic_us() < loop->next_claim_us)
        return error_retry(err, "instance", "another process goes by this instance's name");
    TRY(pg_ready(pg, err));
    if (!loop->outdone && loop->named_in == pg_generation(pg))
        return DONE;
    TRY(take_name(loop, start, &held, err));
    loop->named = true;
    loop->named_in = pg_generation(pg);
    if (!held)
        return outdone(loop, err);
    if (loop->outdone)
        log_info(&loop->service->log, "instance.goes-on", F_STR("instance", loop->service->instance));
    loop->outdone = false;
    loop->outdone_asked = 0;
    health_wait(loop->service, WAIT_INSTANCE, false);
    return DONE;
}

/* ---- partitions -------------------------------------------------------------------------------------------------------- */

struct owned *loop_find(struct loop *loop, struct kafka_partition at)
{
    for (size_t i = 0; i < loop->owned_n; i++)
        if (loop->owned[i].at.partition == at.partition && strcmp(loop->owned[i].at.topic, at.topic) == 0)
            return &loop->owned[i];
    return NULL;
}

static enum outcome take(struct loop *loop, struct owned *owned, struct error *err)
{
    struct pg *pg = loop->worker.call.pg;
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, loop->worker.call.arena);
    pg_add_str(&params, owned->at.topic);
    pg_add_int4(&params, owned->at.partition);
    pg_add_str(&params, loop->cluster);
    TRY(pg_exec(pg, &service_sql_take, &params, &rows, err));
    owned->next = owned->position = pg_get_int8(&rows, 0, 0);
    owned->epoch = pg_get_int8(&rows, 0, 1);
    pg_rows_free(&rows);
    log_info(&loop->service->log, "partition.taken", F_STR("topic", owned->at.topic),
             F_INT("partition", owned->at.partition), F_INT("next", owned->next), F_INT("epoch", owned->epoch));
    return DONE;
}

enum outcome loop_assigned(void *context, const struct kafka_partition *partitions, size_t n, int64_t *next,
                           struct error *err)
{
    struct loop *loop = context;
    struct service *service = loop->service;

    if (loop->committing || pg_in_transaction(loop->worker.call.pg))
        return error_retry(err, "postgres", "a batch is still under way");
    TRY(loop_claim(loop, err));
    loop->pg_generation = pg_generation(loop->worker.call.pg);
    /* each time: the broker may have been replaced under our feet, and with it what the offsets mean */
    TRY(kafka_cluster_id(loop->consumer, loop->cluster, sizeof(loop->cluster), err));
    ENSURE(n <= OWNED_MAX);
    loop->owned_n = 0;
    for (size_t i = 0; i < n; i++) {
        struct owned *owned = &loop->owned[i];
        char labels[160];
        *owned = (struct owned){.at = partitions[i]};
        TRY(take(loop, owned, err));
        snprintf(labels, sizeof(labels), "topic=\"%s\",partition=\"%d\"", owned->at.topic, owned->at.partition);
        owned->lag = metrics_gauge(service->metrics, "lethe_lag", labels, "Messages not taken in yet");
        next[i] = owned->next;
        loop->owned_n = i + 1;
    }
    TRY(outbox_begin(loop->worker.call.pg, err));
    relay_catch_up(service->relay); /* what the predecessors committed goes before all that is committed from here on */
    arena_reset(loop->worker.call.arena, 256 << 10);
    return DONE;
}

void loop_revoked(void *context, const struct kafka_partition *partitions, size_t n)
{
    struct loop *loop = context;

    (void)partitions;
    (void)n;
    if (loop->owned_n > 0)
        log_info(&loop->service->log, "partitions.revoked", F_INT("n", loop->owned_n));
    for (size_t b = 0; b < 2; b++)
        for (size_t i = 0; i < loop->batches[b].n; i++)
            loop->batches[b].items[i].owned = NULL;
    for (size_t i = 0; i < loop->owned_n; i++)
        if (loop->owned[i].lag != NULL)
            metric_set(loop->owned[i].lag, 0);
    loop->owned_n = 0;
}

static enum outcome retake(struct loop *loop, struct owned *owned, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, loop->worker.call.arena);
    pg_add_str(&params, owned->at.topic);
    pg_add_int4(&params, owned->at.partition);
    pg_add_int8(&params, owned->epoch);
    TRY(pg_exec(loop->worker.call.pg, &service_sql_retake, &params, &rows, err));
    if (rows.n == 0)
        loop->lost = true;
    else
        owned->next = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome loop_refresh(struct loop *loop, struct error *err)
{
    struct pg *pg = loop->worker.call.pg;

    TRY(loop_claim(loop, err));
    TRY(restore_gate_look(&loop->worker, err));
    if (restore_gate_closed(loop->service))
        return error_retry(err, "ledger", "the schema is behind the ledger");
    if (loop->pg_generation == pg_generation(pg))
        return DONE;
    for (size_t i = 0; i < loop->owned_n; i++)
        TRY(retake(loop, &loop->owned[i], err));
    loop->pg_generation = pg_generation(pg);
    return DONE;
}

/* ---- positions ---------------------------------------------------------------------------------------------------------- */

static bool is_foreign(const struct loop *loop, const char *topic)
{
    const struct service_def *def = loop->service->def;

    for (size_t i = 0; i < def->batches_n; i++)
        if (strcmp(def->batches[i].topic, topic) == 0)
            return true;
    return false;
}

/* Moves the committed offset. restored: something of ours was read before, so the log or PostgreSQL is an older one. */
static enum outcome skip_to(struct loop *loop, const struct owned *owned, int64_t offset, bool restored,
                            struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    bool ours;

    pg_params_init(&params, loop->worker.call.arena);
    pg_add_str(&params, owned->at.topic);
    pg_add_int4(&params, owned->at.partition);
    pg_add_int8(&params, owned->epoch);
    pg_add_int8(&params, offset);
    pg_add_bool(&params, restored);
    TRY(pg_exec(loop->worker.call.pg, &service_sql_skip_to, &params, &rows, err));
    ours = pg_get_int8(&rows, 0, 0) > 0;
    pg_rows_free(&rows);
    return ours ? DONE : error_retry(err, "fence", "another owner has this partition");
}

/* Truncated, replaced, or PostgreSQL was restored: the log's start is the nearest truth; what is missing is reported. */
static enum outcome jump(struct loop *loop, struct owned *owned, struct error *err)
{
    int64_t low, high;
    bool restored = owned->next > 0;

    TRY(kafka_watermarks(loop->consumer, owned->at, &low, &high, err));
    log_error(&loop->service->log, "partition.gap", F_STR("topic", owned->at.topic),
              F_INT("partition", owned->at.partition), F_INT("wanted", owned->position), F_INT("first", low),
              F_INT("end", high),
              F_STR("restored", !restored            ? "no"
                                : owned->next > high ? "kafka"
                                                     : "postgres"));
    TRY(skip_to(loop, owned, low, restored, err));
    if (restored)
        atomic_store(&loop->service->restored, true);
    owned->next = owned->position = low;
    return kafka_seek(loop->consumer, owned->at, low, err);
}

enum outcome loop_jump(struct loop *loop, struct owned *owned, struct error *err)
{
    enum outcome outcome = jump(loop, owned, err);

    if (outcome != DONE)
        loop->lost = true; /* the consumer says it once: joining anew asks again */
    return outcome;
}

/* On topics of ours the log has no gaps but where it was truncated. */
bool loop_in_order(struct loop *loop, struct owned *owned, const struct kafka_message *message)
{
    struct error ignored; /* joining anew asks again */

    if (message->offset < owned->position)
        return false;
    if (message->offset == owned->position || is_foreign(loop, owned->at.topic)) {
        owned->sought = false;
        return true;
    }
    if (!owned->sought) {
        owned->sought = true;
        if (kafka_seek(loop->consumer, owned->at, owned->position, &ignored) != DONE)
            loop->lost = true;
        return false;
    }
    log_error(&loop->service->log, "partition.gap", F_STR("topic", owned->at.topic),
              F_INT("partition", owned->at.partition), F_INT("wanted", owned->position),
              F_INT("came", message->offset));
    owned->sought = false;
    return true;
}

/* ---- the lag ------------------------------------------------------------------------------------------------------------- */

/* Takes the ends as fetches have told them; true where one is so far behind that a full queue may have stopped these. */
static bool look(struct loop *loop)
{
    bool far = false;

    for (size_t i = 0; i < loop->owned_n; i++) {
        struct owned *owned = &loop->owned[i];
        int64_t seen = kafka_end_seen(loop->consumer, owned->at);
        owned->end = seen > owned->end ? seen : owned->end;
        far = far || owned->end - owned->next > BATCH_MAX;
    }
    return far;
}

static void ask(struct loop *loop)
{
    struct kafka_partition at[OWNED_MAX];
    int64_t ends[OWNED_MAX];
    struct error ignored; /* a figure, no more */

    for (size_t i = 0; i < loop->owned_n; i++)
        at[i] = loop->owned[i].at;
    if (kafka_ends(loop->consumer, at, loop->owned_n, 500, ends, &ignored) != DONE)
        return;
    for (size_t i = 0; i < loop->owned_n; i++)
        loop->owned[i].end = ends[i];
}

void loop_measure(struct loop *loop, bool waiting)
{
    int64_t now = clock_monotonic_us();

    if (now < loop->next_measure_us || loop->consumer == NULL || loop->lost)
        return;
    loop->next_measure_us = now + SECONDS(1);
    if ((look(loop) || waiting) && kafka_consumer_joined(loop->consumer))
        ask(loop);
    for (size_t i = 0; i < loop->owned_n; i++) {
        const struct owned *owned = &loop->owned[i];
        if (owned->end >= owned->next)
            metric_set(owned->lag, owned->end - owned->next);
    }
}
