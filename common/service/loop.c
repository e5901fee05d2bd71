/* loop: polls, batches and commits, on the one thread that owns Kafka. While a batch commits, the next one is polled and
 * decoded. What can't go on is waited for, with the partitions paused and the membership alive. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/forget/forget.h"
#include "common/retry/retry.h"
#include "common/service/batch.h"
#include "gen/service_sql.h"

struct loop {
    struct service *service;
    struct worker worker;
    struct kafka_consumer *consumer;
    char cluster[64];
    struct owned owned[OWNED_MAX];
    size_t owned_n;
    uint64_t pg_generation; /* the session that the epochs were taken in */
    struct batch batches[2];
    bool committing, lost; /* lost: an epoch isn't ours any more: join anew */
    unsigned failures;
};

void loop_topics(struct service *service)
{
    const struct service_def *def = service->def;
    const char *names[64];
    size_t n = 0;

    for (size_t i = 0; i < def->batches_n; i++)
        names[n++] = def->batches[i].topic;
    for (size_t i = 0; i < def->topics_n; i++)
        names[n++] = def->topics[i].topic;
    for (size_t i = 0; def->forget != NULL && i < forget_topics_n; i++)
        names[n++] = forget_topics[i].topic;
    ENSURE(n <= sizeof(names) / sizeof(names[0]));
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < service->topics_n && strcmp(service->topics[k], names[i]) != 0)
            k++;
        if (k < service->topics_n)
            continue;
        ENSURE(service->topics_n < SERVICE_TOPICS_MAX);
        service->topics[service->topics_n++] = names[i];
    }
}

/* ---- ownership ------------------------------------------------------------------------------------------------------ */

static struct owned *find_owned(struct loop *loop, struct kafka_partition at)
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

static enum outcome on_assign(void *context, const struct kafka_partition *partitions, size_t n, int64_t *next,
                              struct error *err)
{
    struct loop *loop = context;
    struct service *service = loop->service;

    if (loop->committing || pg_in_transaction(loop->worker.call.pg))
        return error_retry(err, "postgres", "a batch is still under way");
    TRY(pg_ready(loop->worker.call.pg, err));
    loop->pg_generation = pg_generation(loop->worker.call.pg);
    if (loop->cluster[0] == '\0')
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
    relay_catch_up(service->relay); /* what the predecessors committed goes before all that is committed from here on */
    arena_reset(loop->worker.call.arena, 256 << 10);
    return DONE;
}

static void on_revoke(void *context, const struct kafka_partition *partitions, size_t n)
{
    struct loop *loop = context;

    (void)partitions;
    (void)n;
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

/* After a lost connection: tells PostgreSQL our new backend and reads where each partition stands, so that a commit whose
 * answer was lost is known. */
static enum outcome refresh(struct loop *loop, struct error *err)
{
    struct pg *pg = loop->worker.call.pg;

    TRY(pg_ready(pg, err));
    if (loop->pg_generation == pg_generation(pg))
        return DONE;
    for (size_t i = 0; i < loop->owned_n; i++)
        TRY(retake(loop, &loop->owned[i], err));
    loop->pg_generation = pg_generation(pg);
    return DONE;
}

/* ---- waiting ----------------------------------------------------------------------------------------------------------- */

static void note_failure(struct loop *loop, enum outcome outcome, const struct error *err)
{
    struct service *service = loop->service;
    bool kafka = strcmp(err->rule, "kafka") == 0;

    if (loop->failures++ == 0)
        log_warn(&service->log, "loop.waits", F_ERROR(err), F_INT("outcome", outcome));
    health_wait(service, kafka ? WAIT_KAFKA : WAIT_POSTGRES, true);
    metric_add(service->retries, 1);
}

static void note_success(struct loop *loop)
{
    if (loop->failures > 0)
        log_info(&loop->service->log, "loop.goes-on", F_INT("after", loop->failures));
    loop->failures = 0;
    health_wait(loop->service, WAIT_POSTGRES, false);
}

/* Backs off while the membership stays alive: the partitions are paused, polling goes on. */
static void wait_a_while(struct loop *loop)
{
    unsigned attempt = loop->failures > 12 ? 12 : loop->failures;
    int64_t until =
        clock_monotonic_us() + retry_delay_us(attempt, 5 * US_PER_MS, SECONDS(2), (uint32_t)clock_monotonic_us());

    if (loop->consumer == NULL) {
        const struct timespec pause = {.tv_nsec = 100000000};
        nanosleep(&pause, NULL);
        return;
    }
    kafka_pause(loop->consumer);
    while (clock_monotonic_us() < until && !atomic_load(&loop->service->stopping)) {
        struct kafka_message message = {0};
        struct error ignored; /* it is the next attempt's to tell */
        bool got = false;
        if (kafka_poll(loop->consumer, 10, &message, &got, &ignored) == DONE && got) {
            /* came although paused: it is asked for again afterwards */
            if (kafka_seek(loop->consumer, message.at, message.offset, &ignored) != DONE)
                loop->lost = true;
            kafka_message_free(&message);
        }
    }
    kafka_resume(loop->consumer);
}

/* ---- polling ----------------------------------------------------------------------------------------------------------- */

static bool is_foreign(const struct loop *loop, const char *topic)
{
    const struct service_def *def = loop->service->def;

    for (size_t i = 0; i < def->batches_n; i++)
        if (strcmp(def->batches[i].topic, topic) == 0)
            return true;
    return false;
}

/* The offset that PostgreSQL names isn't in the log (truncated, replaced, or PostgreSQL was restored): the log's start is
 * the nearest truth; what is missing is reported. */
static enum outcome jump(struct loop *loop, struct owned *owned, struct error *err)
{
    struct pg_params params;
    int64_t low, high;

    TRY(kafka_watermarks(loop->consumer, owned->at, true, &low, &high, err));
    log_error(&loop->service->log, "partition.gap", F_STR("topic", owned->at.topic),
              F_INT("partition", owned->at.partition), F_INT("wanted", owned->position), F_INT("first", low),
              F_INT("end", high));
    pg_params_init(&params, loop->worker.call.arena);
    pg_add_str(&params, owned->at.topic);
    pg_add_int4(&params, owned->at.partition);
    pg_add_int8(&params, owned->epoch);
    pg_add_int8(&params, low);
    TRY(pg_exec(loop->worker.call.pg, &service_sql_skip_to, &params, NULL, err));
    owned->next = owned->position = low;
    return kafka_seek(loop->consumer, owned->at, low, err);
}

/* Is this the message that comes next? On topics of ours the log has no gaps but where it was truncated. */
static bool in_order(struct loop *loop, struct owned *owned, const struct kafka_message *message)
{
    struct error ignored; /* the gap is told below */

    if (message->offset < owned->position)
        return false;
    if (message->offset == owned->position || is_foreign(loop, owned->at.topic)) {
        owned->sought = false;
        return true;
    }
    if (!owned->sought && kafka_seek(loop->consumer, owned->at, owned->position, &ignored) == DONE) {
        owned->sought = true;
        return false;
    }
    log_error(&loop->service->log, "partition.gap", F_STR("topic", owned->at.topic),
              F_INT("partition", owned->at.partition), F_INT("wanted", owned->position),
              F_INT("came", message->offset));
    owned->sought = false;
    return true;
}

static enum outcome take_message(struct loop *loop, struct batch *batch, struct kafka_message *message,
                                 struct error *err)
{
    struct owned *owned = find_owned(loop, message->at);
    enum outcome outcome = DONE;

    if (owned != NULL && message->out_of_range) {
        outcome = loop->committing ? DONE : jump(loop, owned, err);
        if (loop->committing)
            loop->lost = true; /* not now: joining anew asks again */
    } else if (owned != NULL && in_order(loop, owned, message)) {
        owned->position = message->offset + 1;
        batch_add(batch, loop->service, message, owned);
        return DONE;
    }
    kafka_message_free(message);
    return outcome;
}

/* Polls what is there, waiting at most wait_ms for the first. */
static enum outcome fill(struct loop *loop, struct batch *batch, int wait_ms, struct error *err)
{
    while (batch->n < BATCH_MAX && batch->bytes < BATCH_BYTES) {
        struct kafka_message message = {0};
        bool got = false;
        TRY(kafka_poll(loop->consumer, batch->n == 0 ? wait_ms : 0, &message, &got, err));
        if (!got)
            break;
        TRY(take_message(loop, batch, &message, err));
    }
    return DONE;
}

/* ---- one batch ----------------------------------------------------------------------------------------------------------- */

static void settle(struct loop *loop, struct batch *batch, size_t from, size_t to, const struct outbox_row *row)
{
    struct service *service = loop->service;

    crash_point("service.after-commit");
    for (size_t i = from; i < to; i++)
        if (batch->items[i].owned != NULL)
            batch->items[i].owned->next = batch->items[i].message.offset + 1;
    relay_give(service->relay, row, outbox_messages(loop->worker.call.outbox), true);
    worker_fire_wakes(&loop->worker);
    note_success(loop);
}

static enum outcome begin(struct loop *loop, struct error *err)
{
    struct worker *worker = &loop->worker;
    struct call *call = &worker->call;

    call->now_us = clock_now_us();
    if (call->policy == NULL && (loop->service->def->needs & NEEDS_POLICY) != 0)
        call->policy = policy_current(loop->service, &call->policy_version);
    outbox_reset(call->outbox, call->now_us);
    worker->wakes_n = 0;
    return pg_begin(call->pg, err);
}

/* Was the range committed? Asked after its answer was lost. */
static enum outcome was_committed(struct loop *loop, const struct batch *batch, size_t from, size_t to, bool *committed,
                                  struct error *err)
{
    TRY(refresh(loop, err));
    *committed = false;
    for (size_t i = to; i-- > from;) {
        const struct item *item = &batch->items[i];
        if (item->owned == NULL)
            continue;
        *committed = item->owned->next == item->message.offset + 1;
        return DONE;
    }
    return DONE;
}

/* Waits out a lost answer. */
static enum outcome resolve(struct loop *loop, struct batch *batch, size_t from, size_t to,
                            const struct outbox_row *row)
{
    while (!atomic_load(&loop->service->stopping)) {
        struct error err;
        bool committed;
        enum outcome outcome = was_committed(loop, batch, from, to, &committed, &err);
        if (outcome == DONE) {
            if (committed)
                settle(loop, batch, from, to, row);
            return committed ? DONE : RETRY;
        }
        note_failure(loop, outcome, &err);
        wait_a_while(loop);
    }
    return RETRY;
}

static void idle_wipe(struct loop *loop)
{
    worker_end(&loop->worker);
}

/* One attempt at [from, to). While its commit is under way, `ahead` (if not NULL) is filled. */
static enum outcome attempt(struct loop *loop, struct batch *batch, size_t from, size_t to, struct batch *ahead,
                            size_t *culprit, struct error *err)
{
    struct worker *worker = &loop->worker;
    struct pg *pg = worker->call.pg;
    struct outbox_row row;
    struct error ahead_err;
    enum outcome outcome;

    *culprit = to;
    if ((outcome = begin(loop, err)) == DONE &&
        (outcome = batch_apply(batch, from, to, worker, &row, culprit, err)) == DONE) {
        crash_point("service.before-commit");
        outcome = pg_commit_start(pg, err);
        loop->committing = true;
        if (outcome == DONE && ahead != NULL)
            (void)!fill(loop, ahead, 0, &ahead_err); /* its failure comes again at the next poll */
        loop->committing = false;
        if (outcome == DONE)
            outcome = pg_commit_finish(pg, err);
    }
    if (outcome == DONE)
        settle(loop, batch, from, to, &row);
    else if (pg_fenced(pg))
        loop->lost = true;
    pg_rollback(pg);
    if (outcome == UNCERTAIN)
        outcome = resolve(loop, batch, from, to, &row);
    idle_wipe(loop);
    return outcome;
}

static bool worth_trying(const struct loop *loop)
{
    return !atomic_load(&loop->service->stopping) && !loop->lost;
}

/* Applies [from, to), whatever it takes: waits for the world, sends to the dead letters what is at fault, halves the range
 * where nobody can tell which item that is. Ends early only when stopping or no longer the owner. */
static void process(struct loop *loop, struct batch *batch, size_t from, size_t to, struct batch *ahead)
{
    while (worth_trying(loop)) {
        struct error err = {0};
        size_t culprit;
        enum outcome outcome = refresh(loop, &err);
        if (outcome == DONE && !loop->lost)
            outcome = attempt(loop, batch, from, to, ahead, &culprit, &err);
        else
            culprit = to;
        if (outcome == DONE)
            return;
        if (outcome == REFUSED && culprit == to && to - from > 1) {
            size_t half = from + (to - from) / 2;
            process(loop, batch, from, half, NULL);
            process(loop, batch, half, to, NULL);
            return;
        }
        if (outcome == REFUSED) {
            batch_refuse(&batch->items[culprit == to ? from : culprit], &err);
            continue;
        }
        note_failure(loop, outcome, &err);
        wait_a_while(loop);
    }
}

static void measure(struct loop *loop)
{
    for (size_t i = 0; i < loop->owned_n; i++) {
        struct error ignored; /* a figure, no more */
        int64_t low, high;
        if (kafka_watermarks(loop->consumer, loop->owned[i].at, false, &low, &high, &ignored) == DONE && high >= 0)
            metric_set(loop->owned[i].lag, high - loop->owned[i].next);
    }
}

/* ---- the loop ------------------------------------------------------------------------------------------------------------- */

static enum outcome join(struct loop *loop, struct error *err)
{
    struct service *service = loop->service;
    const struct kafka_config config = {
        .brokers = option_text(service->options, "kafka"),
        .client = service->def->name,
        .group = service->def->name,
        .instance = service->instance,
        .topics = service->topics,
        .topics_n = service->topics_n,
        .queued_kbytes = service->def->batches_n > 0 ? 16384 : 4096,
    };
    const struct kafka_callbacks callbacks = {.on_assign = on_assign, .on_revoke = on_revoke, .context = loop};

    if (loop->consumer != NULL && !loop->lost)
        return DONE;
    if (loop->consumer != NULL)
        log_warn(&service->log, "loop.joins-anew", F_NONE);
    kafka_consumer_free(loop->consumer);
    loop->consumer = NULL;
    loop->owned_n = 0;
    loop->lost = false;
    return kafka_consumer_new(&config, &callbacks, &service->log, &loop->consumer, err);
}

static bool turn(struct loop *loop, size_t *current, struct error *err)
{
    struct service *service = loop->service;
    struct batch *batch = &loop->batches[*current], *ahead = &loop->batches[1 - *current];
    int64_t began;

    if (join(loop, err) != DONE)
        return false;
    if (kafka_consumer_fatal(loop->consumer)) {
        log_error(&service->log, "loop.fenced", F_STR("instance", service->instance));
        loop->lost = true;
        return true;
    }
    if (fill(loop, batch, 50, err) != DONE && batch->n == 0)
        return false;
    if (kafka_consumer_joined(loop->consumer))
        health_wait(service, WAIT_KAFKA, false);
    if (batch->n == 0) {
        if (loop->failures > 0)
            note_success(loop);
        return true;
    }
    began = clock_monotonic_us();
    metric_add(service->batch_events, (int64_t)batch->n);
    process(loop, batch, 0, batch->n, ahead);
    metric_observe_us(service->batches, clock_monotonic_us() - began);
    batch_clear(batch);
    *current = 1 - *current;
    return true;
}

static void loop_start(struct loop *loop, struct service *service)
{
    loop->service = service;
    worker_start(&loop->worker, service, "loop", true);
    batch_init(&loop->batches[0]);
    batch_init(&loop->batches[1]);
}

static void loop_stop(struct loop *loop)
{
    on_revoke(loop, NULL, 0);
    batch_free(&loop->batches[0]);
    batch_free(&loop->batches[1]);
    kafka_consumer_free(loop->consumer);
    worker_stop(&loop->worker);
    free(loop);
}

int loop_run(struct service *service)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    size_t current = 0;
    int64_t next_measure = 0;

    ENSURE(loop != NULL);
    loop_start(loop, service);
    while (!atomic_load(&service->stopping)) {
        struct error err = {0};
        if (!turn(loop, &current, &err)) {
            note_failure(loop, RETRY, &err);
            wait_a_while(loop);
            continue;
        }
        if (clock_monotonic_us() >= next_measure && loop->consumer != NULL) {
            next_measure = clock_monotonic_us() + SECONDS(1);
            measure(loop);
        }
    }
    loop_stop(loop);
    return 0;
}
