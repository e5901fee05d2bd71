/* relay: the publisher's thread, and the slots in which rows wait.
 *
 * Order. Rows leave in the order in which they were given, what a predecessor left before all others (by id, which grows
 * with the commits): a barrier must never overtake what was committed before it. Two things must not cost that:
 *
 * - A topic that takes nothing (unknown, not permitted). Its messages would hold up all that wait behind them, so from the
 *   first failure on they are *left*: their row's other messages go out, then the row stays in the table with those that
 *   are left, marked with their topics. While a topic is stuck, nothing is sent to it, so nothing overtakes anything in
 *   it. It is asked for with backoff, for ever; once it is there, the table is read again from its beginning, in order,
 *   and what is given meanwhile waits behind. So order holds within each topic, and no other topic waits for it.
 * - A message that can't be stored by its own fault (outbox_write refuses what is too large, so this takes a topic that
 *   was set up with less). The broker's verdict is on a batch, and its neighbours may be innocent: so the topic is stuck
 *   for a moment, and from then on its messages go one by one, through a producer of their own. Then the one that is too
 *   large is left alone and tried again with backoff, for ever; it is overtaken, since waiting for it would be waiting
 *   for ever. All others keep their order among themselves. */
#include "common/outbox/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- slots (under the lock) --------------------------------------------------------------------------------------- */

static size_t *bytes_of(struct relay *relay, const struct slot *slot)
{
    return slot->order >= RELAY_GIVEN ? &relay->given_bytes : &relay->read_bytes;
}

void slot_begin_anew(struct slot *slot)
{
    free(slot->left_map);
    slot->left_map = NULL;
    slot->left_room = 0;
    slot->at = 0;
    slot->sent = slot->delivered = slot->left = 0;
    slot->turn++;
}

size_t slot_keep(struct relay *relay, const struct uuid *id, int64_t epoch, uint64_t order, const char *bytes, size_t n)
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
    slot_begin_anew(slot);
    slot->state = SLOT_FULL;
    relay->used++;
    *bytes_of(relay, slot) += n;
    return index;
}

void slot_release(struct relay *relay, struct slot *slot)
{
    slot_begin_anew(slot);
    free(slot->bytes);
    slot->bytes = NULL;
    slot->state = SLOT_FREE;
    relay->used--;
    *bytes_of(relay, slot) -= slot->n;
}

/* Does a row wait that isn't wholly with the producer? */
static bool has_waiting(const struct relay *relay)
{
    for (size_t i = 0; i < RELAY_SLOTS && relay->used > 0; i++)
        if (relay->slots[i].state == SLOT_FULL && relay->slots[i].at < relay->slots[i].n)
            return true;
    return false;
}

/* ---- giving --------------------------------------------------------------------------------------------------------- */

static bool has_room(const struct relay *relay, size_t n)
{
    return relay->used == 0 || (relay->used < RELAY_SLOTS - RELAY_PAGE && relay->given_bytes + n <= RELAY_BYTES);
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
    relay_reached(relay, "relay.before-send");
    pthread_mutex_lock(&relay->lock);
    if (in_order ? wait_for_room(relay, messages.n) : has_room(relay, messages.n)) {
        bool first = !relay->catching_up && !has_waiting(relay);
        size_t index =
            slot_keep(relay, &row->id, row->epoch, RELAY_GIVEN | relay->next_given++, messages.p, messages.n);
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

/* ---- the thread ----------------------------------------------------------------------------------------------------- */

static enum outcome turn(struct relay *relay, struct error *err)
{
    int64_t now = clock_monotonic_us();

    TRY(ready_producers(relay, err));
    topics_try(relay);
    TRY(table_catch_up(relay, err));
    if (now >= relay->next_sweep_us) {
        relay->next_sweep_us = now + SECONDS(5);
        TRY(table_sweep(relay, err));
    }
    send_waiting(relay);
    poll_producers(relay, relay->used > 0 ? 1 : 0);
    if (now - relay->last_remove_us >= 4 * US_PER_MS) {
        relay->last_remove_us = now;
        TRY(table_remove_done(relay, err));
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

    poll_producers(relay, 0);
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

static void make_metrics(struct relay *relay)
{
    struct metrics *metrics = relay->config.metrics;

    relay->depth = metrics_gauge(metrics, "lethe_outbox_depth", "", "Rows of the outbox not delivered yet");
    relay->aside = metrics_gauge(metrics, "lethe_outbox_aside", "",
                                 "Rows of the outbox whose messages can't be delivered for now, tried again for ever");
    relay->published = metrics_counter(metrics, "lethe_published_total", "", "Messages delivered to Kafka");
    relay->refused =
        metrics_counter(metrics, "lethe_publish_refused_total", "", "Messages that their topic did not take");
}

enum outcome relay_start(const struct relay_config *config, struct relay **out, struct error *err)
{
    struct relay *relay = calloc(1, sizeof(*relay));

    ENSURE(relay != NULL);
    relay->config = *config;
    relay->arena = arena_new();
    relay->pg = pg_new(config->dsn, config->schema, "lethe-relay", config->log);
    make_metrics(relay);
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
    kafka_producer_free(relay->single);
    for (size_t i = 0; i < RELAY_SLOTS; i++) /* what is left stays in the table */
        if (relay->slots[i].state != SLOT_FREE)
            slot_release(relay, &relay->slots[i]);
    pg_free(relay->pg);
    arena_free(relay->arena);
    pthread_mutex_destroy(&relay->lock);
    pthread_cond_destroy(&relay->wake);
    free(relay);
}
