/* relay: the publisher's thread. Rows wait in a bounded table of slots and leave it in the order in which they came, what
 * a predecessor left before all others: a barrier must never overtake what was committed before it. */
#include "common/outbox/relay.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock/clock.h"
#include "gen/outbox_sql.h"

enum {
    RELAY_SLOTS = 512,
    RELAY_BYTES = 24 << 20, /* of rows in slots */
    RELAY_PAGE = 100,       /* slots that rows given to us leave free for rows read back */
    RELAY_INLINE = 4096,    /* rows up to so many bytes are sent by the thread that gives them */
    SWEEP_AGE_S = 10,
};
static const uint64_t GIVEN = (uint64_t)1 << 62; /* in slot.order */

enum slot_state { SLOT_FREE, SLOT_FULL, SLOT_DONE };

/* One row on its way. */
struct slot {
    enum slot_state state;
    struct uuid id;
    int64_t epoch;
    uint64_t order; /* rows read back go before rows given */
    bool held;      /* given while a predecessor's rows are being read */
    char *bytes;
    size_t n, at; /* at: the first byte not handed to the producer yet */
    size_t sent, delivered;
    uint32_t turn; /* tells a late delivery report from this row's */
};

struct relay {
    struct relay_config config;
    pthread_t thread;
    pthread_mutex_t lock; /* guards slots, catching up, producer */
    pthread_cond_t wake, room;
    struct slot slots[RELAY_SLOTS];
    atomic_size_t used; /* slots that aren't free */
    size_t bytes;
    uint64_t next_given, next_read;
    bool catching_up;
    struct uuid caught_up_to; /* rows up to this id were read */
    struct kafka_producer *producer;
    struct pg *pg;
    uint64_t pg_generation;
    struct arena *arena;
    int64_t last_delivery_us, last_remove_us, next_sweep_us;
    bool failed; /* a delivery failed for good: the producer is replaced */
    atomic_bool stopping, away;
    atomic_llong stop_by_us; /* monotonic; while stopping */
    struct metric *depth, *published;
};

static void reached(const struct relay *relay, const char *point)
{
    if (relay->config.crash_point != NULL)
        relay->config.crash_point(point);
}

/* ---- reading a row back ------------------------------------------------------------------------------------------- */

struct reader {
    const char *p;
    size_t n, at;
};

static uint32_t read_number(struct reader *reader, size_t bytes)
{
    uint32_t v = 0;

    ENSURE(reader->n - reader->at >= bytes);
    for (size_t i = 0; i < bytes; i++)
        v = (v << 8) | (uint8_t)reader->p[reader->at++];
    return v;
}

static struct text read_text(struct reader *reader, size_t length_bytes)
{
    size_t n = read_number(reader, length_bytes);
    struct text text = {.p = reader->p + reader->at, .n = n};

    ENSURE(reader->n - reader->at >= n);
    reader->at += n;
    return text;
}

/* Hands the slot's next message to the producer. RETRY: its queue is full, or it is dead. */
static enum outcome send_one(struct relay *relay, size_t index, struct error *err)
{
    struct slot *slot = &relay->slots[index];
    struct reader reader = {.p = slot->bytes, .n = slot->n, .at = slot->at};
    struct header headers[8];
    struct kafka_record record = {.headers = headers};
    struct text topic_text;
    char topic[256];

    topic_text = read_text(&reader, 2);
    ENSURE(topic_text.n < sizeof(topic));
    snprintf(topic, sizeof(topic), "%.*s", TEXT_ARGS(topic_text));
    record.topic = topic;
    record.partition = (int32_t)read_number(&reader, 4);
    record.key = read_text(&reader, 2);
    record.headers_n = read_number(&reader, 2);
    ENSURE(record.headers_n <= sizeof(headers) / sizeof(headers[0]));
    for (size_t i = 0; i < record.headers_n; i++) {
        headers[i].name = read_text(&reader, 2);
        headers[i].value = read_text(&reader, 2);
    }
    record.value = read_text(&reader, 4);
    TRY(kafka_produce(relay->producer, &record, ((uint64_t)slot->turn << 16) | index, err));
    slot->at = reader.at;
    slot->sent++;
    return DONE;
}

static enum outcome send_slot(struct relay *relay, size_t index, struct error *err)
{
    struct slot *slot = &relay->slots[index];

    while (slot->at < slot->n)
        TRY(send_one(relay, index, err));
    return DONE;
}

/* ---- slots (under the lock) --------------------------------------------------------------------------------------- */

static bool has(const struct relay *relay, const struct uuid *id)
{
    for (size_t i = 0; i < RELAY_SLOTS; i++)
        if (relay->slots[i].state != SLOT_FREE && uuid_equal(&relay->slots[i].id, id))
            return true;
    return false;
}

/* Does a row wait that isn't wholly with the producer? */
static bool has_waiting(const struct relay *relay)
{
    for (size_t i = 0; i < RELAY_SLOTS && relay->used > 0; i++)
        if (relay->slots[i].state == SLOT_FULL && relay->slots[i].at < relay->slots[i].n)
            return true;
    return false;
}

/* Takes a row into a free slot, of which there is one. */
static size_t keep(struct relay *relay, const struct uuid *id, int64_t epoch, uint64_t order, const char *bytes,
                   size_t n)
{
    struct slot *slot;
    size_t index = 0;

    while (relay->slots[index].state != SLOT_FREE)
        index++;
    slot = &relay->slots[index];
    slot->bytes = malloc(n + 1);
    ENSURE(slot->bytes != NULL);
    memcpy(slot->bytes, bytes, n);
    slot->id = *id;
    slot->epoch = epoch;
    slot->order = order;
    slot->held = false;
    slot->n = n;
    slot->at = slot->sent = slot->delivered = 0;
    slot->turn++;
    slot->state = SLOT_FULL;
    relay->used++;
    relay->bytes += n;
    return index;
}

static void release(struct relay *relay, struct slot *slot)
{
    free(slot->bytes);
    slot->bytes = NULL;
    slot->state = SLOT_FREE;
    relay->used--;
    relay->bytes -= slot->n;
}

static bool has_room(const struct relay *relay, size_t n)
{
    return relay->used == 0 || (relay->used < RELAY_SLOTS - RELAY_PAGE && relay->bytes + n <= RELAY_BYTES);
}

/* Waits for room (under the lock); false when stopping: the row stays in its table. */
static bool wait_for_room(struct relay *relay, size_t n)
{
    while (!has_room(relay, n) && !atomic_load(&relay->stopping)) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&relay->room, &relay->lock, &until);
    }
    return has_room(relay, n);
}

void relay_give(struct relay *relay, const struct outbox_row *row, struct text messages, bool in_order)
{
    struct error ignored; /* what isn't sent now is sent by the thread */

    if (uuid_is_nil(&row->id))
        return;
    reached(relay, "relay.before-send");
    pthread_mutex_lock(&relay->lock);
    if (in_order ? wait_for_room(relay, messages.n) : has_room(relay, messages.n)) {
        bool first = !relay->catching_up && !has_waiting(relay);
        size_t index = keep(relay, &row->id, row->epoch, GIVEN | relay->next_given++, messages.p, messages.n);
        relay->slots[index].held = relay->catching_up;
        if (first && messages.n <= RELAY_INLINE && relay->producer != NULL)
            (void)!send_slot(relay, index, &ignored);
    }
    pthread_cond_signal(&relay->wake);
    pthread_mutex_unlock(&relay->lock);
}

void relay_catch_up(struct relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    relay->catching_up = true;
    relay->caught_up_to = (struct uuid){0};
    pthread_cond_signal(&relay->wake);
    pthread_mutex_unlock(&relay->lock);
}

bool relay_away(const struct relay *relay)
{
    return atomic_load(&relay->away);
}

/* ---- the producer --------------------------------------------------------------------------------------------------- */

/* On the relay's thread, from kafka_producer_poll, without the lock held. */
static void on_delivered(void *context, uint64_t ticket, bool ok)
{
    struct relay *relay = context;
    struct slot *slot = &relay->slots[ticket & 0xffff];

    pthread_mutex_lock(&relay->lock);
    if (slot->state == SLOT_FULL && slot->turn == (uint32_t)(ticket >> 16)) {
        if (!ok) {
            relay->failed = true;
        } else {
            slot->delivered++;
            relay->last_delivery_us = clock_monotonic_us();
            metric_add(relay->published, 1);
            if (slot->at == slot->n && slot->delivered == slot->sent)
                slot->state = SLOT_DONE;
        }
    }
    pthread_mutex_unlock(&relay->lock);
}

/* After a fatal error (or a message given up): a new producer, and every row from its beginning. */
static enum outcome renew_producer(struct relay *relay, struct error *err)
{
    struct kafka_producer *fresh = NULL, *old;

    TRY(kafka_producer_new(relay->config.brokers, relay->config.client, on_delivered, relay, relay->config.log, &fresh,
                           err));
    pthread_mutex_lock(&relay->lock);
    old = relay->producer;
    relay->producer = fresh;
    relay->failed = false;
    for (size_t i = 0; i < RELAY_SLOTS; i++) {
        struct slot *slot = &relay->slots[i];
        slot->at = slot->sent = slot->delivered = 0;
        slot->turn++;
    }
    pthread_mutex_unlock(&relay->lock);
    if (old != NULL)
        log_warn(relay->config.log, "relay.producer-renewed", F_NONE);
    kafka_producer_free(old);
    return DONE;
}

/* The row to go next: RELAY_SLOTS where none waits. */
static size_t next_waiting(const struct relay *relay)
{
    size_t best = RELAY_SLOTS;

    for (size_t i = 0; i < RELAY_SLOTS && relay->used > 0; i++) {
        const struct slot *slot = &relay->slots[i];
        if (slot->state == SLOT_FULL && slot->at < slot->n && !slot->held &&
            (best == RELAY_SLOTS || slot->order < relay->slots[best].order))
            best = i;
    }
    return best;
}

static void send_waiting(struct relay *relay)
{
    struct error ignored; /* a full queue: the rest goes after some deliveries */
    bool more = true;

    while (more) {
        pthread_mutex_lock(&relay->lock);
        size_t index = next_waiting(relay);
        more = index < RELAY_SLOTS && send_slot(relay, index, &ignored) == DONE;
        pthread_mutex_unlock(&relay->lock);
    }
}

/* ---- the table ------------------------------------------------------------------------------------------------------ */

static enum outcome session(struct relay *relay, struct error *err)
{
    TRY(pg_ready(relay->pg, err));
    if (relay->pg_generation == pg_generation(relay->pg))
        return DONE;
    /* a deletion that a crash undoes costs a repeat, nothing else: no need to wait for the disk */
    TRY(pg_exec(relay->pg, &outbox_sql_lazy_commit, NULL, NULL, err));
    relay->pg_generation = pg_generation(relay->pg);
    return DONE;
}

static enum outcome remove_done(struct relay *relay, struct error *err)
{
    struct uuid ids[RELAY_SLOTS];
    int64_t epochs[RELAY_SLOTS];
    size_t indices[RELAY_SLOTS], n = 0;
    struct pg_params params;
    enum outcome outcome;

    pthread_mutex_lock(&relay->lock);
    for (size_t i = 0; i < RELAY_SLOTS && relay->used > 0; i++) {
        if (relay->slots[i].state != SLOT_DONE)
            continue;
        ids[n] = relay->slots[i].id;
        epochs[n] = relay->slots[i].epoch;
        indices[n++] = i;
    }
    pthread_mutex_unlock(&relay->lock);
    if (n == 0)
        return DONE;
    reached(relay, "relay.after-delivery");
    TRY(session(relay, err));
    pg_params_init(&params, relay->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_int8s(&params, epochs, n);
    outcome = pg_exec(relay->pg, &outbox_sql_remove, &params, NULL, err);
    arena_reset(relay->arena, 1 << 20);
    if (outcome != DONE)
        return outcome;
    pthread_mutex_lock(&relay->lock);
    for (size_t i = 0; i < n; i++)
        release(relay, &relay->slots[indices[i]]);
    pthread_cond_broadcast(&relay->room);
    pthread_mutex_unlock(&relay->lock);
    return DONE;
}

/* Rows of (id, epoch, messages), oldest first; there is room for them all. */
static void keep_rows(struct relay *relay, const struct pg_rows *rows)
{
    for (int i = 0; i < rows->n; i++) {
        struct uuid id = pg_get_uuid(rows, i, 0);
        struct bytes bytes = pg_get_bytes(rows, i, 2);
        if (!has(relay, &id))
            (void)keep(relay, &id, pg_get_int8(rows, i, 1), relay->next_read++, (const char *)bytes.p, bytes.n);
    }
}

/* One page of all that stands in the table; after the last one, the rows given meanwhile may go. */
static enum outcome catch_up_page(struct relay *relay, struct uuid after, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    enum outcome outcome;

    TRY(session(relay, err));
    pg_params_init(&params, relay->arena);
    pg_add_uuid(&params, &after);
    pg_add_int4(&params, RELAY_PAGE);
    outcome = pg_exec(relay->pg, &outbox_sql_catch_up, &params, &rows, err);
    arena_reset(relay->arena, 1 << 20);
    if (outcome != DONE)
        return outcome;
    pthread_mutex_lock(&relay->lock);
    if (uuid_equal(&after, &relay->caught_up_to)) { /* nobody asked to begin again meanwhile */
        keep_rows(relay, &rows);
        if (rows.n > 0)
            relay->caught_up_to = pg_get_uuid(&rows, rows.n - 1, 0);
        relay->catching_up = rows.n == RELAY_PAGE;
        for (size_t i = 0; i < RELAY_SLOTS && !relay->catching_up; i++)
            relay->slots[i].held = false;
    }
    pthread_mutex_unlock(&relay->lock);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome catch_up(struct relay *relay, struct error *err)
{
    for (;;) {
        struct uuid after;
        bool go_on;
        pthread_mutex_lock(&relay->lock);
        go_on = relay->catching_up && relay->used + RELAY_PAGE <= RELAY_SLOTS;
        after = relay->caught_up_to;
        pthread_mutex_unlock(&relay->lock);
        if (!go_on)
            return DONE;
        TRY(catch_up_page(relay, after, err));
    }
}

/* Rows that have grown old: their process is gone, or had no room. Sent again by whoever sees them: duplicates are told
 * by event id. */
static enum outcome sweep(struct relay *relay, struct error *err)
{
    struct uuid ours[RELAY_SLOTS];
    size_t n = 0;
    struct pg_params params;
    struct pg_rows rows;
    enum outcome outcome;

    TRY(session(relay, err));
    TRY(pg_exec(relay->pg, &outbox_sql_depth, NULL, &rows, err));
    metric_set(relay->depth, pg_get_int8(&rows, 0, 0));
    pg_rows_free(&rows);
    pthread_mutex_lock(&relay->lock);
    for (size_t i = 0; i < RELAY_SLOTS; i++)
        if (relay->slots[i].state != SLOT_FREE)
            ours[n++] = relay->slots[i].id;
    pthread_mutex_unlock(&relay->lock);
    if (n + RELAY_PAGE > RELAY_SLOTS)
        return DONE;
    pg_params_init(&params, relay->arena);
    pg_add_int4(&params, SWEEP_AGE_S);
    pg_add_uuids(&params, ours, n);
    pg_add_int4(&params, RELAY_PAGE);
    outcome = pg_exec(relay->pg, &outbox_sql_sweep, &params, &rows, err);
    arena_reset(relay->arena, 1 << 20);
    if (outcome != DONE)
        return outcome;
    pthread_mutex_lock(&relay->lock);
    if (relay->used + (size_t)rows.n <= RELAY_SLOTS)
        keep_rows(relay, &rows);
    pthread_mutex_unlock(&relay->lock);
    pg_rows_free(&rows);
    return DONE;
}

/* ---- the thread ----------------------------------------------------------------------------------------------------- */

static enum outcome turn(struct relay *relay, struct error *err)
{
    int64_t now = clock_monotonic_us();

    if (relay->producer == NULL || relay->failed || kafka_producer_fatal(relay->producer))
        TRY(renew_producer(relay, err));
    TRY(catch_up(relay, err));
    if (now >= relay->next_sweep_us) {
        relay->next_sweep_us = now + SECONDS(5);
        TRY(sweep(relay, err));
    }
    send_waiting(relay);
    kafka_producer_poll(relay->producer, relay->used > 0 ? 1 : 0);
    if (now - relay->last_remove_us >= 4 * US_PER_MS) {
        relay->last_remove_us = now;
        TRY(remove_done(relay, err));
    }
    atomic_store(&relay->away, relay->used > 0 && now - relay->last_delivery_us > SECONDS(3));
    return DONE;
}

static void rest(struct relay *relay, int64_t us)
{
    struct timespec until;
    int64_t at;

    clock_gettime(CLOCK_REALTIME, &until);
    at = (int64_t)until.tv_sec * US_PER_S + until.tv_nsec / 1000 + us;
    until.tv_sec = at / US_PER_S;
    until.tv_nsec = at % US_PER_S * 1000;
    pthread_mutex_lock(&relay->lock);
    if (relay->used == 0 && !relay->catching_up && !atomic_load(&relay->stopping)) {
        pthread_cond_timedwait(&relay->wake, &relay->lock, &until);
        relay->last_delivery_us = clock_monotonic_us(); /* idle until now: nothing was late */
    }
    pthread_mutex_unlock(&relay->lock);
}

/* PostgreSQL or Kafka is away: asked again soon; a stop ends the wait. */
static void backoff(struct relay *relay)
{
    const struct timespec pause = {.tv_nsec = 100000000};

    if (relay->producer != NULL)
        kafka_producer_poll(relay->producer, 0);
    nanosleep(&pause, NULL);
}

static bool goes_on(struct relay *relay)
{
    if (!atomic_load(&relay->stopping))
        return true;
    return relay->used > 0 && clock_monotonic_us() < atomic_load(&relay->stop_by_us);
}

static void *relay_thread(void *context)
{
    struct relay *relay = context;
    struct error err;
    bool complained = false;

    while (goes_on(relay)) {
        error_clear(&err);
        if (turn(relay, &err) != DONE) {
            if (!complained)
                log_warn(relay->config.log, "relay.waits", F_ERROR(&err));
            complained = true;
            backoff(relay);
        } else {
            complained = false;
            rest(relay, 500 * US_PER_MS);
        }
    }
    return NULL;
}

enum outcome relay_start(const struct relay_config *config, struct relay **out, struct error *err)
{
    struct relay *relay = calloc(1, sizeof(*relay));

    ENSURE(relay != NULL);
    relay->config = *config;
    relay->arena = arena_new();
    relay->pg = pg_new(config->dsn, config->schema, "lethe-relay", config->log);
    relay->depth = metrics_gauge(config->metrics, "lethe_outbox_depth", "", "Rows of the outbox not delivered yet");
    relay->published = metrics_counter(config->metrics, "lethe_published_total", "", "Messages delivered to Kafka");
    relay->last_delivery_us = clock_monotonic_us();
    pthread_mutex_init(&relay->lock, NULL);
    pthread_cond_init(&relay->wake, NULL);
    pthread_cond_init(&relay->room, NULL);
    if (pthread_create(&relay->thread, NULL, relay_thread, relay) != 0) {
        pg_free(relay->pg);
        arena_free(relay->arena);
        free(relay);
        return error_retry(err, "threads", "no thread can be started");
    }
    *out = relay;
    return DONE;
}

void relay_stop(struct relay *relay, int64_t wait_us)
{
    if (relay == NULL)
        return;
    atomic_store(&relay->stop_by_us, clock_monotonic_us() + wait_us);
    atomic_store(&relay->stopping, true);
    pthread_mutex_lock(&relay->lock);
    pthread_cond_signal(&relay->wake);
    pthread_mutex_unlock(&relay->lock);
    pthread_join(relay->thread, NULL);
    kafka_producer_free(relay->producer);
    for (size_t i = 0; i < RELAY_SLOTS; i++) /* what is left stays in the table */
        if (relay->slots[i].state != SLOT_FREE)
            release(relay, &relay->slots[i]);
    pg_free(relay->pg);
    arena_free(relay->arena);
    pthread_mutex_destroy(&relay->lock);
    pthread_cond_destroy(&relay->wake);
    free(relay);
}
