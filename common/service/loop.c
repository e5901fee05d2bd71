/* loop: polls, batches and commits, on the one thread that owns Kafka. While a batch commits, the next one is polled and
 * decoded. What can't go on is waited for, with the partitions paused and the membership alive. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/forget/forget.h"
#include "common/retry/retry.h"
#include "common/service/loop.h"
#include "gen/service_sql.h"

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

/* ---- waiting ----------------------------------------------------------------------------------------------------------- */

enum { PATIENCE = 5 }; /* failures in a row of one statement until it is PostgreSQL that is waited for */

static void note_failure(struct loop *loop, enum outcome outcome, const struct error *err)
{
    struct service *service = loop->service;
    enum wait_for what = health_kind(err);

    if (loop->failures++ == 0)
        log_warn(&service->log, "loop.waits", F_ERROR(err), F_INT("outcome", outcome));
    if (what == WAIT_KINDS && loop->failures >= PATIENCE)
        what = WAIT_POSTGRES;
    health_failed(service, &loop->waits_for, what);
    metric_add(service->retries, 1);
}

static void note_success(struct loop *loop)
{
    if (loop->failures > 0)
        log_info(&loop->service->log, "loop.goes-on", F_INT("after", loop->failures));
    loop->failures = 0;
    health_went_on(loop->service, &loop->waits_for);
    health_wait(loop->service, WAIT_POSTGRES, false);
}

/* Whoever found the vault away, a batch, a route or a job: it is asked until it is back. Else now and then: a KEK that went is
 * noticed before somebody needs it. */
static void look_for_vault(struct loop *loop)
{
    bool away = atomic_load(&loop->service->waits[WAIT_VAULT]);
    struct error err;

    if (clock_monotonic_us() < loop->next_vault_look_us || (loop->worker.call.vault == NULL && !away))
        return;
    if (loop->worker.call.vault == NULL || vault_ready(loop->worker.call.vault, &err) == DONE) {
        loop->vault_rule[0] = '\0';
        health_wait(loop->service, WAIT_VAULT, false);
    } else if (!away || strcmp(loop->vault_rule, err.rule) != 0) { /* a keyring that is back may lack its KEK */
        log_warn(&loop->service->log, "vault.away", F_ERROR(&err));
        (void)snprintf(loop->vault_rule, sizeof(loop->vault_rule), "%s", err.rule);
        health_wait(loop->service, WAIT_VAULT, true);
    }
    away = atomic_load(&loop->service->waits[WAIT_VAULT]);
    loop->next_vault_look_us = clock_monotonic_us() + (away ? SECONDS(1) : SECONDS(5));
}

/* Who asks PostgreSQL longer than this isn't answered, though the connection stands (a frozen machine). */
static void watch(struct service *service, bool begins)
{
    atomic_store(&service->turn_began_us, begins ? clock_monotonic_us() : 0);
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
        loop_measure(loop, true);
    }
    kafka_resume(loop->consumer);
    watch(loop->service, true);
}

/* ---- polling ----------------------------------------------------------------------------------------------------------- */

static enum outcome take_message(struct loop *loop, struct batch *batch, struct kafka_message *message,
                                 struct error *err)
{
    struct owned *owned = loop_find(loop, message->at);
    enum outcome outcome = DONE;

    if (owned != NULL && message->out_of_range) {
        outcome = loop->committing ? DONE : loop_jump(loop, owned, err);
        if (loop->committing)
            loop->lost = true; /* not now: joining anew asks again */
    } else if (owned != NULL && loop_in_order(loop, owned, message)) {
        owned->position = message->offset + 1;
        batch_add(batch, loop->service, message, owned);
        return DONE;
    }
    kafka_message_free(message);
    return outcome;
}

static enum outcome take_next(struct loop *loop, struct batch *batch, int wait_ms, bool *got, struct error *err)
{
    struct kafka_message message = {0};

    *got = false;
    TRY(kafka_poll(loop->consumer, wait_ms, &message, got, err));
    return *got ? take_message(loop, batch, &message, err) : DONE;
}

/* Polls what is there, waiting at most wait_ms for the first. */
static enum outcome fill(struct loop *loop, struct batch *batch, int wait_ms, struct error *err)
{
    for (bool got = true; got && batch->n < BATCH_MAX && batch->bytes < BATCH_BYTES && !loop->lost;) {
        TRY(take_next(loop, batch, batch->n == 0 ? wait_ms : 0, &got, err));
        if (loop->committing && batch->n % 128 == 0)
            pg_push(loop->worker.call.pg); /* what the server had no room for */
    }
    return DONE;
}

/* A batch costs a commit, however small: one that follows on the heels of the last waits a moment for company. A message
 * that comes to a service at rest waits for nobody. */
static enum outcome linger(struct loop *loop, struct batch *batch, struct error *err)
{
    enum { ENOUGH = 64, LINGER_US = 4000, HEELS_US = 10000 };
    int64_t now = clock_monotonic_us(), until = now + LINGER_US;

    if (now - loop->settled_us > HEELS_US)
        return DONE;
    for (; now < until && batch->n < ENOUGH && batch->bytes < BATCH_BYTES && !loop->lost; now = clock_monotonic_us()) {
        bool got;
        TRY(take_next(loop, batch, (int)((until - now + 999) / 1000), &got, err));
    }
    return DONE;
}

/* ---- one batch ----------------------------------------------------------------------------------------------------------- */

static void settle(struct loop *loop, struct batch *batch, size_t from, size_t to, const struct outbox_row *row)
{
    struct service *service = loop->service;

    crash_point("batch.after-commit");
    for (size_t i = from; i < to; i++)
        if (batch->items[i].owned != NULL)
            batch->items[i].owned->next = batch->items[i].message.offset + 1;
    relay_give(service->relay, row, outbox_messages(loop->worker.call.outbox), true);
    worker_fire_wakes(&loop->worker);
    note_success(loop);
    loop->settled_us = clock_monotonic_us();
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
    TRY(loop_refresh(loop, err));
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
        crash_point("batch.before-commit");
        outcome = pg_commit_start(pg, err);
        loop->committing = true;
        if (outcome == DONE && ahead != NULL) {
            (void)!fill(loop, ahead, 0, &ahead_err); /* its failure comes again at the next poll */
            batch_prepare(ahead, worker);
        }
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
        enum outcome outcome = loop_refresh(loop, &err);
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
            batch_refuse(batch, &batch->items[culprit == to ? from : culprit], &err);
            continue;
        }
        note_failure(loop, outcome, &err);
        wait_a_while(loop);
    }
}

/* ---- the loop ------------------------------------------------------------------------------------------------------------- */

/* A consumer ends only once each of its messages is freed, and after a fatal error it revokes nothing by itself. */
static void leave(struct loop *loop)
{
    log_warn(&loop->service->log, "loop.joins-anew", F_NONE);
    loop_revoked(loop, NULL, 0);
    batch_clear(&loop->batches[0]);
    batch_clear(&loop->batches[1]);
    kafka_consumer_free(loop->consumer);
    loop->consumer = NULL;
}

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
        .queued_kbytes = service->def->batches_n > 0 ? 4096 : 2048,
    };
    const struct kafka_callbacks callbacks = {.on_assign = loop_assigned, .on_revoke = loop_revoked, .context = loop};

    if (loop->consumer != NULL && !loop->lost)
        return DONE;
    if (loop->consumer != NULL)
        leave(loop);
    loop->named_in = 0; /* whoever took our place may have taken the name first, and ended a session that looks sound */
    TRY(loop_claim(loop, err));
    loop->lost = false;
    return kafka_consumer_new(&config, &callbacks, &service->log, &loop->consumer, err);
}

/* Fenced by Kafka: another process joined by our instance's name. Whether it still lives is the name's to say. */
static void on_fatal(struct loop *loop)
{
    log_error(&loop->service->log, "loop.fenced", F_STR("instance", loop->service->instance));
    loop->lost = true;
}

/* Nothing comes in: are PostgreSQL, Redis and Kafka there, and did somebody settle a restore meanwhile? */
static enum outcome pulse(struct loop *loop, struct error *err)
{
    struct call *call = &loop->worker.call;
    struct pg_rows rows;

    if (clock_monotonic_us() < loop->next_pulse_us)
        return DONE;
    loop->next_pulse_us = clock_monotonic_us() + SECONDS(2);
    TRY(loop_refresh(loop, err));
    TRY(pg_exec(call->pg, &service_sql_pulse, NULL, &rows, err));
    atomic_store(&loop->service->restored, pg_get_bool(&rows, 0, 0));
    pg_rows_free(&rows);
    (void)redis_ping(call->redis); /* it tells health */
    arena_reset(call->arena, 256 << 10);
    note_success(loop);
    return kafka_ask(loop->consumer, err);
}

/* After a flood, once nothing is left to do: what it took goes back to the system. */
static void give_back(struct loop *loop)
{
    enum { FLOOD = 5000 };

    if (loop->since_given_back < FLOOD)
        return;
    loop->since_given_back = 0;
    arena_reset(loop->worker.call.arena, 256 << 10);
    for (size_t i = 0; i < 2; i++)
        arena_reset(loop->batches[i].arena, 256 << 10);
    (void)malloc_trim(0);
}

static bool turn(struct loop *loop, size_t *current, struct error *err)
{
    struct service *service = loop->service;
    struct batch *batch = &loop->batches[*current], *ahead = &loop->batches[1 - *current];
    int64_t began;

    if (join(loop, err) != DONE)
        return false;
    if (kafka_consumer_fatal(loop->consumer)) {
        on_fatal(loop);
        return true;
    }
    if (fill(loop, batch, 50, err) != DONE && batch->n == 0)
        return false;
    if (kafka_consumer_joined(loop->consumer))
        health_wait(service, WAIT_KAFKA, false);
    if (batch->n > 0)
        (void)!linger(loop, batch, err); /* its failure comes again at the next poll */
    if (batch->n == 0) {
        give_back(loop);
        return pulse(loop, err) == DONE;
    }
    began = clock_monotonic_us();
    metric_add(service->batch_events, (int64_t)batch->n);
    loop->since_given_back += batch->n;
    process(loop, batch, 0, batch->n, ahead);
    metric_observe_us(service->batches, clock_monotonic_us() - began);
    batch_clear(batch);
    *current = 1 - *current;
    return true;
}

static void loop_start(struct loop *loop, struct service *service)
{
    loop->service = service;
    loop->waits_for = WAIT_KINDS;
    worker_start(&loop->worker, service, "loop", true);
    batch_init(&loop->batches[0]);
    batch_init(&loop->batches[1]);
}

static void loop_stop(struct loop *loop)
{
    loop_revoked(loop, NULL, 0);
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

    ENSURE(loop != NULL);
    loop_start(loop, service);
    while (!atomic_load(&service->stopping)) {
        struct error err = {0};
        bool went_on;
        watch(service, true);
        went_on = turn(loop, &current, &err);
        watch(service, false);
        if (went_on) {
            loop_measure(loop, false);
            look_for_vault(loop);
            continue;
        }
        note_failure(loop, RETRY, &err);
        wait_a_while(loop);
    }
    loop_stop(loop);
    return 0;
}
