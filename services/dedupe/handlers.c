/* handlers: the topic `record`: batches of records, ends, joins and barriers. */
#include "services/dedupe/handlers.h"

#include <stdlib.h>

#include "services/dedupe/change.h"
#include "services/dedupe/forgetting.h"

/* A batch sorted by what is to be done with it. */
struct sorted_batch {
    const struct record_accepted **accepted;
    const struct record_joined **joined;
    const struct barrier **barriers;
    struct uuid_list removed;
    size_t accepted_n, joined_n, barriers_n;
};

static int by_newest(const void *a, const void *b)
{
    const struct record_accepted *x = *(const struct record_accepted *const *)a,
                                 *y = *(const struct record_accepted *const *)b;
    int order = uuid_compare(&x->record, &y->record);

    return order != 0 ? order : (x->rev < y->rev) - (x->rev > y->rev);
}

/* The newest revision of each record that doesn't end in this batch. */
static void keep_newest(struct sorted_batch *batch)
{
    const struct record_accepted *last = NULL;
    size_t n = 0, gone = 0;

    qsort(batch->accepted, batch->accepted_n, sizeof(struct record_accepted *), by_newest);
    if (batch->removed.n > 0)
        qsort(batch->removed.items, batch->removed.n, sizeof(*batch->removed.items), uuid_compare);
    for (size_t i = 0; i < batch->accepted_n; i++) {
        const struct record_accepted *a = batch->accepted[i];
        if (last != NULL && uuid_equal(&last->record, &a->record))
            continue;
        last = a;
        while (gone < batch->removed.n && uuid_compare(&batch->removed.items[gone], &a->record) < 0)
            gone++;
        if (gone == batch->removed.n || !uuid_equal(&batch->removed.items[gone], &a->record))
            batch->accepted[n++] = a;
    }
    batch->accepted_n = n;
}

static void sort_item(struct sorted_batch *batch, struct batch_item *item)
{
    if (item->outcome != DONE || item->type == NULL)
        return;
    if (item->type == &record_accepted_event) {
        const struct record_accepted *in = item->event;
        if (in->keys.n > RECORD_KEYS)
            item->outcome =
                error_refuse(&item->error, "/data/keys", "too many", "a record has at most %d keys", RECORD_KEYS);
        else
            batch->accepted[batch->accepted_n++] = in;
    } else if (item->type == &record_removed_event) {
        batch->removed.items[batch->removed.n++] = ((const struct record_removed *)item->event)->record;
    } else if (item->type == &record_joined_event) {
        batch->joined[batch->joined_n++] = item->event;
    } else if (item->type == &barrier_event) {
        batch->barriers[batch->barriers_n++] = item->event;
    }
}

enum outcome dedupe_on_records(struct call *call, struct batch_item *items, size_t n, struct error *err)
{
    struct sorted_batch batch = {
        .accepted = ARENA_ARRAY(call->arena, n + 1, const struct record_accepted *),
        .joined = ARENA_ARRAY(call->arena, n + 1, const struct record_joined *),
        .barriers = ARENA_ARRAY(call->arena, n + 1, const struct barrier *),
        .removed = {.items = ARENA_ARRAY(call->arena, n + 1, struct uuid)},
    };
    struct passed_barriers passed = {0};
    struct change change = {0};

    for (size_t i = 0; i < n; i++)
        sort_item(&batch, &items[i]);
    keep_newest(&batch);
    change.accepted = batch.accepted;
    change.accepted_n = batch.accepted_n;
    change.removed = batch.removed;
    change.joined = batch.joined;
    change.joined_n = batch.joined_n;
    if (batch.barriers_n > 0)
        TRY(store_barriers_seen(call, batch.barriers, batch.barriers_n, &passed, err));
    change.locked = passed.n > 0;
    if (change.locked)
        TRY(store_lock_all(call, err));
    if (change.accepted_n + change.removed.n + change.joined_n > 0)
        TRY(change_apply(call, &change, err));
    /* what came before a barrier in its partition is linked by now */
    return forgetting_passed(call, &passed, err);
}

enum outcome dedupe_job_sweep(struct call *call, bool *again, struct error *err)
{
    *again = false;
    return store_sweep(call, err);
}
