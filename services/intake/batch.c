/* batch: the steps of one batch, and the slots by which repeats of one record are folded. */
#include "services/intake/batch.h"

#include <string.h>

#include "services/intake/store.h"

void *list_grow(struct arena *arena, void *items, size_t n, size_t *room, size_t size)
{
    void *grown;

    if (n < *room)
        return items;
    *room = *room == 0 ? 16 : *room * 2;
    grown = arena_array(arena, *room, size);
    if (n > 0)
        memcpy(grown, items, n * size);
    return grown;
}

/* ---- slots --------------------------------------------------------------------------------------------------------- */

static size_t place_of(const struct batch *batch, const struct hash *key)
{
    uint64_t h;
    size_t at;

    memcpy(&h, key->b, sizeof h); /* keyed hashes are spread already */
    for (at = (size_t)h & batch->table_mask; batch->table[at] != 0; at = (at + 1) & batch->table_mask)
        if (hash_equal(&batch->slots.items[batch->table[at] - 1].key, key))
            break;
    return at;
}

static void make_table(struct batch *batch, size_t room)
{
    batch->table = ARENA_ARRAY(batch->arena, room, uint32_t);
    batch->table_mask = room - 1;
    for (size_t i = 0; i < batch->slots.n; i++)
        batch->table[place_of(batch, &batch->slots.items[i].key)] = (uint32_t)(i + 1);
}

size_t batch_slot(struct batch *batch, const struct hash *key, struct text system, bool is_activity)
{
    size_t at = place_of(batch, key);
    struct slot *slot;

    if (batch->table[at] != 0)
        return batch->table[at] - 1;
    slot = LIST_ADD(&batch->slots, batch->arena);
    memset(slot, 0, sizeof *slot);
    slot->key = *key;
    slot->system = system;
    slot->is_activity = is_activity;
    batch->table[at] = (uint32_t)batch->slots.n;
    if (batch->slots.n * 2 > batch->table_mask)
        make_table(batch, (batch->table_mask + 1) * 2);
    return batch->slots.n - 1;
}

struct slot *slot_at(struct batch *batch, size_t index)
{
    ENSURE(index < batch->slots.n);
    return &batch->slots.items[index];
}

void slot_identify(struct batch *batch, struct slot *slot)
{
    const struct policy_source *source;

    if (slot->ids_known)
        return;
    source = policy_source(batch->call->policy, slot->state.system);
    identifiers_of(slot->state.entries, slot->state.n, source != NULL ? source->region : NULL, batch->intake->index_key,
                   batch->arena, &slot->ids);
    slot->ids.source = slot->key;
    slot->ids_known = true;
}

/* ---- ids ----------------------------------------------------------------------------------------------------------- */

struct uuid batch_derived(struct batch *batch, const struct work *work, const char *what, size_t number)
{
    const struct event_meta *meta = work->item->meta;
    size_t lengths[2] = {number, meta->source.n}, n = sizeof lengths + meta->source.n + meta->id.n;
    char *whole = arena_alloc(batch->arena, n);
    struct hash hash;

    memcpy(whole, lengths, sizeof lengths);
    if (meta->source.n > 0)
        memcpy(whole + sizeof lengths, meta->source.p, meta->source.n);
    if (meta->id.n > 0)
        memcpy(whole + sizeof lengths + meta->source.n, meta->id.p, meta->id.n);
    hash = crypto_hash(batch->intake->index_key, what, (struct text){whole, n});
    return uuid_v8(hash.b);
}

struct uuid batch_fresh(struct batch *batch, const struct work *work, const char *what, size_t number)
{
    const struct event_meta *meta = work->item->meta;
    int64_t at[3] = {meta->partition, meta->offset, (int64_t)number};
    struct hash hash = crypto_hash(batch->intake->index_key, what, (struct text){(const char *)at, sizeof at});

    return uuid_v7(meta->timestamp_us > 0 ? meta->timestamp_us : batch->call->now_us, hash.b);
}

struct text batch_text(struct batch *batch)
{
    struct text text = text_copy(batch->arena, buf_view(&batch->text));

    ENSURE(!batch->text.failed);
    buf_reset(&batch->text);
    return text;
}

/* ---- deciding, in order ----------------------------------------------------------------------------------------------- */

static void take(struct batch *batch, struct work *work)
{
    switch (work->kind) {
    case WORK_REFUSED:
        break;
    case WORK_CONTACT:
        take_contact(batch, work);
        break;
    case WORK_MERGED:
        take_merged(batch, work);
        break;
    case WORK_REMOVED:
        take_removed(batch, work);
        break;
    case WORK_ACTIVITY:
        take_activity(batch, work);
        break;
    case WORK_CONSENT:
        take_consent(batch, work);
        break;
    case WORK_REFUSAL:
        take_refusal(batch, work);
        break;
    case WORK_FORGET:
        take_forget(batch, work);
        break;
    case WORK_BARRIER:
        take_barrier(batch, work);
        break;
    }
}

static void count(struct batch *batch)
{
    struct intake *intake = batch->intake;

    metric_add(intake->accepted, batch->accepted);
    metric_add(intake->activities, batch->activities_n);
    metric_add(intake->late, batch->late);
    metric_add(intake->dropped, batch->dropped);
    metric_add(intake->asks_dropped, batch->asks_dropped);
}

enum { PIECE = 400 }; /* events a question */

/* In pieces: PostgreSQL looks one up while the next is being admitted. */
static enum outcome admit(struct batch *batch, struct error *err)
{
    if (batch->admitted)
        return store_ask(batch, 0, batch->n, err);
    for (size_t at = 0, to; at < batch->n; at = to) {
        to = at + PIECE < batch->n ? at + PIECE : batch->n;
        for (size_t i = at; i < to; i++)
            work_admit(batch, &batch->works[i]);
        TRY(store_ask(batch, at, to, err));
    }
    return DONE;
}

static enum outcome run(struct batch *batch, struct error *err)
{
    TRY(admit(batch, err));
    TRY(store_lookup(batch, err));
    for (size_t i = 0; i < batch->n; i++)
        take(batch, &batch->works[i]);
    TRY(batch_write(batch, err));
    count(batch);
    return DONE;
}

static struct batch *batch_of(struct call *call, struct batch_item *items, size_t n, struct arena *arena)
{
    struct batch *batch = ARENA_NEW(arena, struct batch);
    size_t room = 64;

    batch->call = call;
    batch->intake = call->state;
    batch->arena = arena;
    batch->works = ARENA_ARRAY(arena, n, struct work);
    batch->n = n;
    while (room < n * 4)
        room *= 2;
    make_table(batch, room);
    LIST_EXPECT(&batch->slots, batch->arena, n);
    LIST_EXPECT(&batch->keys, batch->arena, n * 5);
    for (size_t i = 0; i < n; i++)
        batch->works[i] = (struct work){.item = &items[i], .slot = NO_SLOT};
    return batch;
}

void *prepare_contacts(struct call *call, struct batch_item *items, size_t n, struct arena *arena)
{
    enum { BETWEEN_PUSHES = 100 };
    struct batch *batch = batch_of(call, items, n, arena);

    for (size_t i = 0; i < n; i++) {
        work_admit(batch, &batch->works[i]);
        if (i % BETWEEN_PUSHES == 0)
            pg_push(call->pg); /* what the server had no room for of the batch before */
    }
    batch->admitted = true;
    return batch;
}

enum outcome on_contacts(struct call *call, struct batch_item *items, size_t n, struct error *err)
{
    struct batch *batch = call->prepared != NULL ? call->prepared : batch_of(call, items, n, call->arena);
    enum outcome outcome;

    batch->arena = call->arena;
    buf_init(&batch->text, 16 << 20);
    outcome = run(batch, err);
    store_forget_asked(batch);
    buf_free(&batch->text);
    return outcome;
}
