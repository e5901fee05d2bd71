/* forget/orders: the handlers of topic forget, the same in every service: load -> decide -> apply. */
#include "common/forget/store.h"
#include "proto/events.h"

static const struct duration LONG = {.months = 120}; /* where neither the order nor a policy of our own says it */
static const struct duration EXPIRY = {.days = 60};  /* as long as an event of ours may still travel */

static struct forget_key *keys_of(struct arena *arena, struct key_list list)
{
    struct forget_key *keys = ARENA_ARRAY(arena, list.n, struct forget_key);

    for (size_t i = 0; i < list.n; i++)
        keys[i] = (struct forget_key){.kind = (enum key_kind)list.items[i].kind, .hash = list.items[i].hash};
    return keys;
}

/* until_us: what the order says, so that tombstones end everywhere at once. */
static struct forget_stone stone_of(const struct call *call, const struct forget_set *set, int64_t received_us,
                                    int64_t until_us, bool standing)
{
    struct duration keep = call->policy != NULL ? call->policy->tombstone_keep : LONG;
    int64_t from = received_us > call->now_us || received_us == CLOCK_NONE ? call->now_us : received_us;

    if (set->expiry)
        keep = EXPIRY, from = call->now_us, until_us = CLOCK_NONE;
    return (struct forget_stone){.request = set->request,
                                 .received_us = received_us,
                                 .until_us = until_us != CLOCK_NONE ? until_us : duration_add(from, keep),
                                 .standing = standing};
}

/* A reminder names whom it reminds. */
static bool is_for_us(const struct call *call, struct text_list only)
{
    for (size_t i = 0; i < only.n; i++)
        if (text_is(only.items[i], call->log->service))
            return true;
    return only.n == 0;
}

static bool has_key(const struct forget_set *set, const struct forget_key *key)
{
    for (size_t i = 0; i < set->keys_n; i++)
        if (set->keys[i].kind == key->kind && hash_equal(&set->keys[i].hash, &key->hash))
            return true;
    return false;
}

static bool has_ids(struct uuid_list all, struct uuid_list some)
{
    for (size_t i = 0; i < some.n; i++) {
        bool found = false;
        for (size_t j = 0; j < all.n && !found; j++)
            found = uuid_equal(&all.items[j], &some.items[i]);
        if (!found)
            return false;
    }
    return true;
}

/* Was something restricted that turned out to be somebody else's too (a switchboard)? Then it is free again. */
static bool frees_something(const struct forget_set *restricted, const struct forget_set *set)
{
    for (size_t i = 0; i < restricted->keys_n; i++)
        if (!has_key(set, &restricted->keys[i]))
            return true;
    return !has_ids(set->persons, restricted->persons) || !has_ids(set->records, restricted->records);
}

static enum outcome on_opened(struct call *call, const void *event, struct error *err)
{
    const struct forget_opened *in = event;
    const struct forget_table *table = service_forget_table(call->service);
    struct forget_task task = {0};
    struct forget_stone stone;
    bool there;

    TRY(forget_store_there(call, &in->request, &there, err));
    if (there) /* late: whatever came first, the road has gone on */
        return DONE;
    struct task_plan plan = task_decide_order(TASK_NONE, false, ORDER_OPENED);
    task.state = plan.next;
    task.set = (struct forget_set){.request = in->request,
                                   .persons = in->persons,
                                   .records = in->records,
                                   .keys = keys_of(call->arena, in->keys),
                                   .keys_n = in->keys.n};
    stone = stone_of(call, &task.set, in->received_at, in->tombstones_until, false);
    TRY(forget_store_put(call, &task, false, err));
    TRY(forget_store_stones(call, &task.set, &stone, err));
    return table->restrict_now != NULL ? table->restrict_now(call, &task.set, err) : DONE;
}

static enum outcome on_destroy(struct call *call, const void *event, struct error *err)
{
    const struct forget_destroy *in = event;
    struct forget_set restricted;
    struct forget_task task;
    struct forget_stone stone;
    bool busy;

    if (!is_for_us(call, in->only))
        return DONE;
    TRY(forget_store_load(call, &in->request, &task, &busy, err));
    if (busy) /* a repeat, while the answer is on its way */
        return DONE;
    struct task_plan plan = task_decide_order(task.state, task.verify, ORDER_DESTROY);
    if (!plan.changes)
        return DONE;
    restricted = task.set;
    task.state = plan.next;
    task.verify = plan.verify;
    task.set = (struct forget_set){.request = in->request,
                                   .expiry = in->expiry,
                                   .persons = in->persons,
                                   .records = in->records,
                                   .activities = in->activities,
                                   .parts = in->parts,
                                   .keys = keys_of(call->arena, in->keys),
                                   .keys_n = in->keys.n};
    stone = stone_of(call, &task.set, in->received_at, in->tombstones_until, true);
    stone.barrier = in->barrier;
    TRY(forget_store_stones(call, &task.set, &stone, err));
    if (frees_something(&restricted, &task.set))
        TRY(forget_store_lift(call, &in->request, err));
    TRY(forget_store_put(call, &task, true, err));
    call_wake(call, forget_job.name);
    return DONE;
}

static enum outcome on_verify(struct call *call, const void *event, struct error *err)
{
    const struct forget_step *in = event;
    struct forget_task task;
    bool busy;

    if (!is_for_us(call, in->only))
        return DONE;
    TRY(forget_store_load(call, &in->request, &task, &busy, err));
    if (busy) /* it comes again if it is still wanted */
        return DONE;
    struct task_plan plan = task_decide_order(task.state, task.verify, ORDER_VERIFY);
    if (!plan.changes)
        return DONE;
    task.state = plan.next;
    task.verify = plan.verify;
    if (task.state == TASK_VERIFYING) { /* nobody is waited for: the look is taken where it is ordered */
        task.attempts = 0;
        TRY(forget_attempt(call, &task, err));
        if (task.state == TASK_DESTROYING)
            call_wake(call, forget_job.name);
        return DONE;
    }
    TRY(forget_store_move(call, &task, true, err));
    call_wake(call, forget_job.name);
    return DONE;
}

static enum outcome on_cancelled(struct call *call, const void *event, struct error *err)
{
    const struct forget_step *in = event;
    const struct forget_table *table = service_forget_table(call->service);
    struct forget_task task;
    bool busy;

    TRY(forget_store_load(call, &in->request, &task, &busy, err));
    if (busy)
        return DONE; /* destroyed: nothing to lift */
    struct task_plan plan = task_decide_order(task.state, task.verify, ORDER_CANCELLED);
    if (!plan.changes)
        return DONE;
    if (plan.lifts) {
        TRY(forget_store_lift(call, &in->request, err));
        if (table->lift != NULL)
            TRY(table->lift(call, &task.set, err));
        return forget_store_close(call, &in->request, plan.next, err);
    }
    task.state = plan.next; /* cancelled before we heard of it: remembered, so that a late opened finds it */
    return forget_store_put(call, &task, false, err);
}

static enum outcome on_completed(struct call *call, const void *event, struct error *err)
{
    const struct forget_step *in = event;
    struct forget_task task;
    bool busy;

    TRY(forget_store_load(call, &in->request, &task, &busy, err));
    if (busy) /* a repeated order is being worked off: its answer makes erasure say this again */
        return DONE;
    struct task_plan plan = task_decide_order(task.state, task.verify, ORDER_COMPLETED);
    return plan.changes ? forget_store_close(call, &in->request, plan.next, err) : DONE;
}

/* What an order changes is told by the task's state (task.h): a repeat finds it, and no inbox is asked. But for destroy:
 * a repeat of it, long after, would begin anew, and the person may have come back by then. */
#define ORDER(event_name, fn)                                                                                          \
    {                                                                                                                  \
        .topic = "forget", .type = &event_name##_event, .handle = (fn), .no_inbox = true                               \
    }
const struct topic_handler forget_topics[] = {
    ORDER(forget_opened, on_opened),       ON("forget", forget_destroy, on_destroy), ORDER(forget_verify, on_verify),
    ORDER(forget_cancelled, on_cancelled), ORDER(forget_completed, on_completed),
};
const size_t forget_topics_n = sizeof(forget_topics) / sizeof(forget_topics[0]);

/* ---- the ledger's lines -------------------------------------------------------------------------------------------------- */

struct line_kind {
    const struct event_type *type;
    topic_fn *handle;
    bool second;
};
static const struct line_kind line_kinds[] = {
    {&forget_opened_event, on_opened, true},
    {&forget_destroy_event, on_destroy, false},
    {&forget_cancelled_event, on_cancelled, false},
    {&forget_completed_event, on_completed, true},
};

static const struct line_kind *kind_of(struct text type)
{
    for (size_t i = 0; i < sizeof(line_kinds) / sizeof(line_kinds[0]); i++)
        if (text_is(type, line_kinds[i].type->name))
            return &line_kinds[i];
    return NULL;
}

static struct uuid request_of(const struct event_type *type, const void *data)
{
    if (type == &forget_opened_event)
        return ((const struct forget_opened *)data)->request;
    if (type == &forget_destroy_event)
        return ((const struct forget_destroy *)data)->request;
    return ((const struct forget_step *)data)->request;
}

enum outcome forget_line_read(struct text type, struct text data, struct arena *arena, struct forget_line *out,
                              bool *ours, struct error *err)
{
    const struct line_kind *kind = kind_of(type);
    void *decoded;

    *ours = kind != NULL;
    if (kind == NULL)
        return DONE;
    if (event_decode(kind->type->data, data, arena, &decoded, err) != DONE)
        return error_retry(err, "ledger", "a line of the ledger can't be read by this program");
    *out = (struct forget_line){.type = kind->type, .data = decoded, .request = request_of(kind->type, decoded)};
    return DONE;
}

bool forget_line_deletes(const struct forget_line *line)
{
    return line->type == &forget_destroy_event;
}

/* Does the order still have something to do? What the topic brings, too, is left to it. */
static bool is_due(const struct forget_line *line)
{
    if (line->type == &forget_destroy_event)
        return line->state == TASK_NONE || line->state == TASK_OPENED;
    if (line->type == &forget_completed_event)
        return line->state == TASK_DESTROYED || line->state == TASK_VERIFYING || line->state == TASK_VERIFIED;
    if (line->type == &forget_cancelled_event)
        return line->state == TASK_NONE || line->state == TASK_OPENED;
    return line->state == TASK_NONE;
}

enum outcome forget_line_apply(struct call *call, const struct forget_line *line, bool second, bool *applied,
                               struct error *err)
{
    const struct line_kind *kind = kind_of(text_of(line->type->name));

    ENSURE(kind != NULL);
    *applied = kind->second == second && is_due(line);
    return *applied ? kind->handle(call, line->data, err) : DONE;
}

enum outcome forget_lines_look(struct call *call, struct forget_line **lines, size_t n, struct error *err)
{
    struct uuid *requests = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    int *states = ARENA_ARRAY(call->arena, n + 1, int);

    for (size_t i = 0; i < n; i++)
        requests[i] = lines[i]->request;
    if (n > 0)
        TRY(forget_store_states(call, requests, n, states, err));
    for (size_t i = 0; i < n; i++)
        lines[i]->state = states[i];
    return DONE;
}
