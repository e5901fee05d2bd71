/* write: what a batch has decided, written set by set. New keys are committed to the keyring while the records are being
 * sealed and queued; the batch's own commit waits for them. */
#include <stdlib.h>
#include <string.h>

#include "services/intake/batch.h"
#include "services/intake/store.h"

enum { PIECE = 200 }; /* records a statement */

static int by_key(const void *a, const void *b)
{
    const struct slot *const *x = a, *const *y = b;

    return memcmp((*x)->key.b, (*y)->key.b, sizeof(*x)->key.b);
}

/* Dirty records in the order of their keys: whoever else writes some of them goes the same way. */
static size_t dirty_slots(struct batch *batch, const struct slot **out)
{
    size_t n = 0;

    for (size_t i = 0; i < batch->slots.n; i++) {
        struct slot *slot = slot_at(batch, i);
        if (!slot->dirty)
            continue;
        slot->new_rev = decide_rev(slot->fresh ? -1 : slot->rev, batch->rev_base);
        slot_identify(batch, slot);
        out[n++] = slot;
    }
    qsort(out, n, sizeof(struct slot *), by_key);
    return n;
}

static enum outcome new_keys(struct batch *batch, const struct slot *const *dirty, size_t n,
                             uint8_t (**keys)[CRYPTO_KEY_BYTES], struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(batch->arena, n, struct uuid);
    struct vault *vault = batch->call->vault;
    size_t fresh = 0;

    for (size_t i = 0; i < n; i++)
        if (dirty[i]->fresh)
            ids[fresh++] = dirty[i]->record;
    if (!batch->intake->careful)
        return vault_keys_start(vault, ids, fresh, batch->arena, keys, err);
    TRY(vault_keys(vault, ids, fresh, batch->arena, keys, err));
    batch->intake->careful = false;
    return DONE;
}

static struct bytes seal(struct batch *batch, const struct slot *slot, const uint8_t *key)
{
    buf_reset(&batch->text);
    state_encode(&slot->state, &batch->text);
    ENSURE(!batch->text.failed);
    return vault_seal(key, &slot->record, buf_view(&batch->text), batch->arena);
}

/* In pieces: PostgreSQL writes one while the next is being sealed. */
static enum outcome write_records(struct batch *batch, const struct slot *const *dirty, size_t n,
                                  uint8_t (*keys)[CRYPTO_KEY_BYTES], struct error *err)
{
    struct bytes sealed[PIECE];
    size_t fresh = 0;

    for (size_t at = 0, m; at < n; at += m) {
        for (m = 0; m < PIECE && at + m < n; m++) {
            const struct slot *slot = dirty[at + m];
            sealed[m] = seal(batch, slot, slot->fresh ? keys[fresh++] : slot->key_bytes);
        }
        TRY(store_records_put(batch, dirty + at, sealed, m, err));
        pg_push(batch->call->pg);
    }
    buf_reset(&batch->text);
    return DONE;
}

static void announce_all(struct batch *batch)
{
    for (size_t i = 0; i < batch->slots.n; i++) {
        if (batch->slots.items[i].dirty)
            announce_record(batch->call, &batch->slots.items[i], false);
        if (i % PIECE == 0)
            pg_push(batch->call->pg); /* what the server had no room for */
    }
}

static enum outcome write_gone(struct batch *batch, struct error *err)
{
    struct uuid *gone = ARENA_ARRAY(batch->arena, batch->slots.n, struct uuid);
    struct hash *anew = ARENA_ARRAY(batch->arena, batch->slots.n, struct hash);
    size_t n = 0, anew_n = 0;

    for (size_t i = 0; i < batch->slots.n; i++) {
        const struct slot *slot = slot_at(batch, i);
        if (!uuid_is_nil(&slot->gone))
            gone[n++] = slot->gone;
        if (slot->ended && slot->fresh)
            anew[anew_n++] = slot->key;
    }
    TRY(store_records_delete(batch->call, gone, n, err));
    TRY(store_ends_put(batch->call, batch->ends.items, batch->ends.n, err));
    TRY(store_ends_drop(batch->call, anew, anew_n, err));
    TRY(store_parts_drop(batch->call, batch->dropped_parts.items, batch->dropped_parts.n, err));
    return store_doom(batch->call, batch->doomed.items, batch->doomed.n, err);
}

static int by_item_id(const void *a, const void *b)
{
    return uuid_compare(&((const struct vault_item *)a)->id, &((const struct vault_item *)b)->id);
}

/* The same event twice in one batch leaves two items of one id and one content. */
static size_t unique_items(struct vault_item *items, size_t n)
{
    size_t m = 0;

    qsort(items, n, sizeof *items, by_item_id);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !uuid_equal(&items[i].id, &items[m - 1].id))
            items[m++] = items[i];
    return m;
}

static enum outcome write_items(struct batch *batch, struct error *err)
{
    struct call *call = batch->call;
    size_t n = batch->items.n;
    int64_t rows;

    if (batch->dropped_items.n > 0)
        TRY(vault_delete(call->vault, call->pg, batch->dropped_items.items, batch->dropped_items.n, batch->arena, &rows,
                         err));
    if (n > 1)
        n = unique_items(batch->items.items, n);
    return vault_put(call->vault, call->pg, batch->items.items, n, batch->arena, err);
}

static enum outcome finish_keys(struct batch *batch, struct error *err)
{
    bool had;
    enum outcome outcome = vault_keys_finish(batch->call->vault, &had, err);

    if (had)
        batch->intake->careful = true; /* a batch that failed after its keys were there: it finds them now */
    return outcome;
}

enum outcome batch_write(struct batch *batch, struct error *err)
{
    const struct slot **dirty = ARENA_ARRAY(batch->arena, batch->slots.n, const struct slot *);
    struct call *call = batch->call;
    uint8_t(*keys)[CRYPTO_KEY_BYTES];
    struct error ignored;
    enum outcome outcome;
    size_t n;

    TRY(store_kinds_put(batch, err));
    TRY(forget_yield(call, batch->yields.items, batch->yields.n, err));
    TRY(batch_write_activities(batch, err));
    TRY(batch_write_refusals(batch, err));
    TRY(write_items(batch, err));
    TRY(write_gone(batch, err));
    TRY(store_barriers_put(call, batch->barriers.items, batch->barriers.n, err));
    TRY(store_rolled_put(call, batch->rolled, sizeof batch->rolled / sizeof batch->rolled[0], err));
    if (batch->doomed.n > 0)
        call_wake(call, "doomed-keys");
    n = dirty_slots(batch, dirty);
    TRY(new_keys(batch, dirty, n, &keys, err));
    outcome = write_records(batch, dirty, n, keys, err);
    if (outcome == DONE)
        announce_all(batch);
    if (outcome == DONE)
        return finish_keys(batch, err);
    (void)finish_keys(batch, &ignored);
    return outcome;
}
