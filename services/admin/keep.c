/* keep: what admin hears of requests, what it lets go of, and how it forgets. */
#include "common/forget/forget.h"
#include "services/admin/service.h"
#include "services/admin/store.h"

enum outcome on_request_changed(struct call *call, const void *event, struct error *err)
{
    const struct request_changed *changed = event;
    return store_request_put(call, changed, err);
}

enum outcome run_sweep(struct call *call, bool *again, struct error *err)
{
    *again = false;
    return store_sweep(call, err);
}

enum outcome run_count(struct call *call, bool *again, struct error *err)
{
    struct request_counts counts;
    *again = false;
    TRY(store_request_counts(call, &counts, err));
    metric_set(admin(call)->open, counts.open);
    metric_set(admin(call)->late, counts.late);
    return DONE;
}

/* ---- forgetting: the looks at a person go with the person; the chain names operators and requests alone -------------- */

static struct uuid_list all_ids(struct call *call, const struct forget_set *set)
{
    struct uuid_list all = {.items = ARENA_ARRAY(call->arena, set->persons.n + set->records.n + 1, struct uuid)};
    for (size_t i = 0; i < set->persons.n; i++)
        all.items[all.n++] = set->persons.items[i];
    for (size_t i = 0; i < set->records.n; i++)
        all.items[all.n++] = set->records.items[i];
    return all;
}

static enum outcome erase(struct call *call, const struct forget_set *set, int64_t *rows, struct error *err)
{
    return store_look_forget(call, all_ids(call, set), rows, err);
}

static enum outcome count(struct call *call, const struct forget_set *set, int64_t *remaining, struct error *err)
{
    return store_look_count(call, all_ids(call, set), remaining, err);
}

const struct forget_table admin_forget = {.erase = erase, .count = count};
