/* orders: what the eight services are told about a request. */
#include "services/erasure/orders.h"

#include "services/erasure/ledger.h"

struct key_list keys_of_set(struct call *call, const struct forget_set *set)
{
    struct key_list list = {.items = ARENA_ARRAY(call->arena, set->keys_n, struct key), .n = set->keys_n};

    for (size_t i = 0; i < set->keys_n; i++)
        list.items[i] = (struct key){.kind = (int)set->keys[i].kind, .hash = set->keys[i].hash};
    return list;
}

/* What may carry a tombstone for good. A phone passes on to others: it only tells holders whom they know. */
static struct key_list lasting_keys(struct call *call, const struct forget_set *set)
{
    struct key_list list = keys_of_set(call, set);
    size_t n = 0;

    for (size_t i = 0; i < list.n; i++)
        if (list.items[i].kind != KEY_PHONE && list.items[i].kind != KEY_PHONE_SURNAME)
            list.items[n++] = list.items[i];
    list.n = n;
    return list;
}

/* The policy says it here alone: not every service has one. */
static int64_t tombstones_until(const struct call *call, const struct request *r)
{
    return duration_add(r->received_us < call->now_us ? r->received_us : call->now_us, call->policy->tombstone_keep);
}

void order_opened(struct call *call, const struct request *r, const struct forget_set *set)
{
    struct forget_opened opened = {
        .request = r->id,
        .controller = text_of(call->policy->controller),
        .keys = keys_of_set(call, set),
        .records = set->records,
        .persons = set->persons,
        .received_at = r->received_us,
        .tombstones_until = tombstones_until(call, r),
        .barrier = true,
    };

    outbox_publish(call->outbox, &forget_opened_event, &r->id, &opened);
    if (r->tries == 0) /* a reminder is no new order */
        ledger_note(call, &forget_opened_event, &r->id, &opened);
}

void order_destroy(struct call *call, const struct request *r, const struct forget_set *set, struct text_list only)
{
    struct forget_destroy destroy = {
        .request = r->id,
        .expiry = r->kind == KIND_EXPIRY,
        .keys = lasting_keys(call, set),
        .persons = set->persons,
        .records = set->records,
        .activities = set->activities,
        .parts = set->parts,
        .received_at = r->received_us,
        .tombstones_until = tombstones_until(call, r),
        .barrier = r->barrier,
        .only = only,
    };

    outbox_publish(call->outbox, &forget_destroy_event, &r->id, &destroy);
    if (only.n == 0)
        ledger_note(call, &forget_destroy_event, &r->id, &destroy);
}

void order_step(struct call *call, const struct event_type *type, const struct request *r, struct text_list only)
{
    struct forget_step step = {.request = r->id, .at = call->now_us, .only = only};

    outbox_publish(call->outbox, type, &r->id, &step);
    if (type != &forget_verify_event && r->rev > 0) /* one that isn't loaded: it is said again */
        ledger_note(call, type, &r->id, &step);
}
