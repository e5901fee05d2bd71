/* forget/orders: the handlers of topic forget, the same in every service: load -> decide -> apply. */
#include "common/forget/store.h"
#include "proto/events.h"

static const struct duration LONG = {.months = 120}; /* where the service has no policy */
static const struct duration EXPIRY = {.days = 60};  /* as long as an event of ours may still travel */

static struct forget_key *keys_of(struct arena *arena, struct key_list list)
{
    struct forget_key *keys = ARENA_ARRAY(arena, list.n, struct forget_key);

    for (size_t i = 0; i < list.n; i++)
        keys[i] = (struct forget_key){.kind = (enum key_kind)list.items[i].kind, .hash = list.items[i].hash};
    return keys;
}

static struct forget_stone stone_of(const struct call *call, const struct forget_set *set, int64_t received_us,
                                    bool standing)
{
    struct duration keep = call->policy != NULL ? call->policy->tombstone_keep : LONG;
    int64_t from = received_us > call->now_us || received_us == CLOCK_NONE ? call->now_us : received_us;

    if (set->expiry)
        keep = EXPIRY, from = call->now_us;
    return (struct forget_stone){.request = set->request,
                                 .received_us = received_us,
                                 .until_us = duration_add(from, keep),
                                 .standing = standing};
}

static enum outcome on_opened(struct call *call, const void *event, struct error *err)
{
    const struct forget_opened *in = event;
    const struct forget_table *table = service_forget_table(call->service);
    struct forget_task task;
    struct forget_stone stone;

    TRY(forget_store_load(call, &in->request, &task, err));
    struct task_plan plan = task_decide_order(task.state, task.verify, ORDER_OPENED);
    if (!plan.changes)
        return DONE;
    task.state = plan.next;
    task.set = (struct forget_set){.request = in->request,
                                   .persons = in->persons,
                                   .records = in->records,
                                   .keys = keys_of(call->arena, in->keys),
                                   .keys_n = in->keys.n};
    stone = stone_of(call, &task.set, in->received_at, false);
    TRY(forget_store_put(call, &task, false, err));
    TRY(forget_store_stones(call, &task.set, &stone, err));
    return table->restrict_now != NULL ? table->restrict_now(call, &task.set, err) : DONE;
}

static enum outcome on_destroy(struct call *call, const void *event, struct error *err)
{
    const struct forget_destroy *in = event;
    struct forget_task task;
    struct forget_stone stone;

    TRY(forget_store_load(call, &in->request, &task, err));
    struct task_plan plan = task_decide_order(task.state, task.verify, ORDER_DESTROY);
    if (!plan.changes)
        return DONE;
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
    stone = stone_of(call, &task.set, in->received_at, true);
    stone.barrier = in->barrier;
    TRY(forget_store_stones(call, &task.set, &stone, err));
    /* What was restricted, but turned out to be somebody else's too (a switchboard), is free again. */
    TRY(forget_store_lift(call, &in->request, err));
    TRY(forget_store_put(call, &task, true, err));
    call_wake(call, forget_job.name);
    return DONE;
}

static enum outcome on_verify(struct call *call, const void *event, struct error *err)
{
    const struct forget_step *in = event;
    struct forget_task task;

    TRY(forget_store_load(call, &in->request, &task, err));
    struct task_plan plan = task_decide_order(task.state, task.verify, ORDER_VERIFY);
    if (!plan.changes)
        return DONE;
    task.state = plan.next;
    task.verify = plan.verify;
    TRY(forget_store_move(call, &task, true, err));
    call_wake(call, forget_job.name);
    return DONE;
}

static enum outcome on_cancelled(struct call *call, const void *event, struct error *err)
{
    const struct forget_step *in = event;
    const struct forget_table *table = service_forget_table(call->service);
    struct forget_task task;

    TRY(forget_store_load(call, &in->request, &task, err));
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

    TRY(forget_store_load(call, &in->request, &task, err));
    struct task_plan plan = task_decide_order(task.state, task.verify, ORDER_COMPLETED);
    return plan.changes ? forget_store_close(call, &in->request, plan.next, err) : DONE;
}

const struct topic_handler forget_topics[] = {
    ON("forget", forget_opened, on_opened),       ON("forget", forget_destroy, on_destroy),
    ON("forget", forget_verify, on_verify),       ON("forget", forget_cancelled, on_cancelled),
    ON("forget", forget_completed, on_completed),
};
const size_t forget_topics_n = sizeof(forget_topics) / sizeof(forget_topics[0]);
