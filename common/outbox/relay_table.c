/* relay_table: the rows in PostgreSQL: read back, deleted once delivered, put aside where something is left of them.
 *
 * The fence: a row is deleted or put aside only while its shard's epoch is the one under which it was given or read. Who
 * woke up after somebody else had taken its shard over leaves the row to that one. */
#include "common/outbox/internal.h"

#include <string.h>

#include "gen/outbox_sql.h"

enum { SWEEP_AGE_S = 10 };

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

/* ---- rows that are done ---------------------------------------------------------------------------------------------- */

struct done {
    size_t indices[RELAY_SLOTS], n;
    struct uuid ids[RELAY_SLOTS];
    int64_t epochs[RELAY_SLOTS];
};

/* Slots that are done, with or without something left. Only this thread releases them. */
static void collect(struct relay *relay, bool left, struct done *done)
{
    done->n = 0;
    pthread_mutex_lock(&relay->lock);
    for (size_t i = 0; i < RELAY_SLOTS && relay->used > 0; i++) {
        const struct slot *slot = &relay->slots[i];
        if (slot->state != SLOT_DONE || (slot->left > 0) != left)
            continue;
        done->ids[done->n] = slot->id;
        done->epochs[done->n] = slot->epoch;
        done->indices[done->n++] = i;
    }
    pthread_mutex_unlock(&relay->lock);
}

static void release_all(struct relay *relay, const struct done *done)
{
    pthread_mutex_lock(&relay->lock);
    for (size_t i = 0; i < done->n; i++)
        slot_release(relay, &relay->slots[done->indices[i]]);
    pthread_cond_broadcast(&relay->room);
    pthread_mutex_unlock(&relay->lock);
}

/* The names of the stuck topics that are marked; none: each message waits for itself. */
static struct text names_of(struct relay *relay, const bool marked[RELAY_TOPICS])
{
    struct text names = TEXT_NONE;

    for (size_t i = 0; i < RELAY_TOPICS; i++)
        if (marked[i])
            names = text_format(relay->arena, "%.*s%s%s", TEXT_ARGS(names), names.p == NULL ? "" : " ",
                                relay->topics[i].name);
    return names;
}

/* The slot's messages that are left, and the stuck topics among theirs. */
static void gather_left(struct relay *relay, const struct slot *slot, struct bytes *messages, struct text *topics)
{
    char *kept = arena_alloc(relay->arena, slot->n + 1);
    bool marked[RELAY_TOPICS] = {false};
    struct row_message message;
    uint32_t number = 0;
    size_t n = 0;

    for (size_t at = 0; at < slot->n; number++) {
        row_read(slot->bytes, slot->n, &at, &message);
        if (!slot_has_left(slot, number))
            continue;
        memcpy(kept + n, message.whole.p, message.whole.n);
        n += message.whole.n;
        for (size_t i = 0; i < RELAY_TOPICS; i++)
            marked[i] = marked[i] || (relay->topics[i].stuck && strcmp(relay->topics[i].name, message.topic) == 0);
    }
    *messages = (struct bytes){.p = (const uint8_t *)kept, .n = n};
    *topics = names_of(relay, marked);
}

static enum outcome put_aside(struct relay *relay, struct error *err)
{
    struct done done;
    struct bytes messages[RELAY_SLOTS];
    struct text topics[RELAY_SLOTS];
    struct pg_params params;
    enum outcome outcome;

    collect(relay, true, &done);
    if (done.n == 0)
        return DONE;
    TRY(session(relay, err));
    pthread_mutex_lock(&relay->lock);
    for (size_t i = 0; i < done.n; i++)
        gather_left(relay, &relay->slots[done.indices[i]], &messages[i], &topics[i]);
    pthread_mutex_unlock(&relay->lock);
    pg_params_init(&params, relay->arena);
    pg_add_uuids(&params, done.ids, done.n);
    pg_add_int8s(&params, done.epochs, done.n);
    pg_add_bytes_array(&params, messages, done.n);
    pg_add_texts(&params, topics, done.n);
    outcome = pg_exec(relay->pg, &outbox_sql_put_aside, &params, NULL, err);
    arena_reset(relay->arena, 1 << 20);
    if (outcome == DONE)
        release_all(relay, &done);
    return outcome;
}

enum outcome table_remove_done(struct relay *relay, struct error *err)
{
    struct done done;
    struct pg_params params;
    enum outcome outcome;

    TRY(put_aside(relay, err));
    collect(relay, false, &done);
    if (done.n == 0)
        return DONE;
    relay_reached(relay, "relay.after-delivery");
    TRY(session(relay, err));
    pg_params_init(&params, relay->arena);
    pg_add_uuids(&params, done.ids, done.n);
    pg_add_int8s(&params, done.epochs, done.n);
    outcome = pg_exec(relay->pg, &outbox_sql_remove, &params, NULL, err);
    arena_reset(relay->arena, 1 << 20);
    if (outcome == DONE)
        release_all(relay, &done);
    return outcome;
}

/* ---- reading back ---------------------------------------------------------------------------------------------------- */

static struct slot *find(struct relay *relay, const struct uuid *id)
{
    for (size_t i = 0; i < RELAY_SLOTS; i++)
        if (relay->slots[i].state != SLOT_FREE && uuid_equal(&relay->slots[i].id, id))
            return &relay->slots[i];
    return NULL;
}

/* Rows of (id, epoch, messages) in the order in which they are to go, under the lock. What is on its way already is seen
 * under the epoch of now. */
static void keep_rows(struct relay *relay, const struct pg_rows *rows)
{
    for (int i = 0; i < rows->n && relay->used < RELAY_SLOTS; i++) {
        struct uuid id = pg_get_uuid(rows, i, 0);
        struct bytes bytes = pg_get_bytes(rows, i, 2);
        struct slot *slot = find(relay, &id);
        if (slot != NULL)
            slot->epoch = pg_get_int8(rows, i, 1);
        else
            (void)slot_keep(relay, &id, pg_get_int8(rows, i, 1), relay->next_read++, (const char *)bytes.p, bytes.n);
    }
}

static bool has_room_to_read(const struct relay *relay)
{
    return relay->used + RELAY_PAGE <= RELAY_SLOTS && relay->read_bytes < RELAY_READ_BYTES;
}

/* One page of what stands in the table; after the last one, the rows given meanwhile may go. */
static enum outcome catch_up_page(struct relay *relay, struct uuid after, struct error *err)
{
    struct text stuck[RELAY_TOPICS];
    struct pg_params params;
    struct pg_rows rows;
    enum outcome outcome;

    TRY(session(relay, err));
    pg_params_init(&params, relay->arena);
    pg_add_uuid(&params, &after);
    pthread_mutex_lock(&relay->lock);
    pg_add_texts(&params, stuck, topics_stuck(relay, stuck));
    pthread_mutex_unlock(&relay->lock);
    pg_add_int4(&params, RELAY_PAGE);
    pg_add_int8(&params, RELAY_READ_BYTES);
    outcome = pg_exec(relay->pg, &outbox_sql_catch_up, &params, &rows, err);
    arena_reset(relay->arena, 1 << 20);
    if (outcome != DONE)
        return outcome;
    pthread_mutex_lock(&relay->lock);
    if (uuid_equal(&after, &relay->caught_up_to)) { /* nobody asked to begin again meanwhile */
        keep_rows(relay, &rows);
        if (rows.n > 0)
            relay->caught_up_to = pg_get_uuid(&rows, rows.n - 1, 0);
        relay->catching_up = rows.n > 0;
        for (size_t i = 0; i < RELAY_SLOTS && !relay->catching_up; i++)
            relay->slots[i].held = false;
    }
    pthread_mutex_unlock(&relay->lock);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome table_catch_up(struct relay *relay, struct error *err)
{
    for (;;) {
        struct uuid after;
        bool go_on;
        pthread_mutex_lock(&relay->lock);
        go_on = relay->catching_up && has_room_to_read(relay);
        after = relay->caught_up_to;
        pthread_mutex_unlock(&relay->lock);
        if (!go_on)
            return DONE;
        TRY(catch_up_page(relay, after, err));
    }
}

/* ---- the sweep ------------------------------------------------------------------------------------------------------- */

/* How much stands in the table, and which topics rows wait for that a predecessor put aside. */
static enum outcome measure(struct relay *relay, struct error *err)
{
    struct text_list topics;
    struct pg_rows rows;

    TRY(pg_exec(relay->pg, &outbox_sql_depth, NULL, &rows, err));
    metric_set(relay->depth, pg_get_int8(&rows, 0, 0));
    metric_set(relay->aside, pg_get_int8(&rows, 0, 1));
    topics = pg_get_texts(&rows, 0, 2, relay->arena);
    pthread_mutex_lock(&relay->lock);
    for (size_t i = 0; i < topics.n; i++)
        topic_heard_of(relay, topics.items[i]);
    pthread_mutex_unlock(&relay->lock);
    pg_rows_free(&rows);
    arena_reset(relay->arena, 1 << 20);
    return DONE;
}

/* Rows that have grown old: their process is gone, or had no room. Sent again by whoever sees them: duplicates are told
 * by event id. And rows put aside whose next try is due. */
enum outcome table_sweep(struct relay *relay, struct error *err)
{
    struct uuid ours[RELAY_SLOTS];
    size_t n = 0;
    struct pg_params params;
    struct pg_rows rows;
    enum outcome outcome;
    bool room;

    TRY(session(relay, err));
    TRY(measure(relay, err));
    pthread_mutex_lock(&relay->lock);
    for (size_t i = 0; i < RELAY_SLOTS; i++)
        if (relay->slots[i].state != SLOT_FREE)
            ours[n++] = relay->slots[i].id;
    room = has_room_to_read(relay) && !relay->catching_up;
    pthread_mutex_unlock(&relay->lock);
    if (!room)
        return DONE;
    pg_params_init(&params, relay->arena);
    pg_add_int4(&params, SWEEP_AGE_S);
    pg_add_uuids(&params, ours, n);
    pg_add_int4(&params, RELAY_PAGE);
    pg_add_int8(&params, RELAY_READ_BYTES);
    outcome = pg_exec(relay->pg, &outbox_sql_sweep, &params, &rows, err);
    arena_reset(relay->arena, 1 << 20);
    if (outcome != DONE)
        return outcome;
    pthread_mutex_lock(&relay->lock);
    keep_rows(relay, &rows);
    pthread_mutex_unlock(&relay->lock);
    pg_rows_free(&rows);
    return DONE;
}
