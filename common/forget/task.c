/* forget/task: the states of one forget within one service. */
#include "common/forget/task.h"

#include "common/clock/clock.h"
#include "common/error/error.h"
#include "common/retry/retry.h"

#define FIRST_DELAY_US (INT64_C(100) * US_PER_MS)
#define LONGEST_DELAY_US MINUTES(1)

static struct task_plan on_opened(enum task_state state, struct task_plan plan)
{
    if (state != TASK_NONE)
        return plan; /* late: the road has gone on */
    plan.next = TASK_OPENED;
    plan.restricts = plan.changes = true;
    return plan;
}

static struct task_plan on_destroy(enum task_state state, struct task_plan plan)
{
    /* While destroying, a repeat changes nothing. From any later state it means that our answer was lost, or that our
     * neighbour was set back: deleting again is harmless, not answering would hang the request. */
    if (state == TASK_DESTROYING || state == TASK_CANCELLED)
        return plan;
    plan.next = TASK_DESTROYING;
    plan.takes_set = plan.due = plan.changes = true;
    return plan;
}

static struct task_plan on_verify(enum task_state state, struct task_plan plan)
{
    if (state == TASK_DESTROYING && !plan.verify) {
        plan.verify = plan.changes = plan.due = true;
        return plan;
    }
    if (state == TASK_DESTROYED || state == TASK_VERIFIED) {
        plan.next = TASK_VERIFYING;
        plan.due = plan.changes = true;
    }
    return plan; /* without a set there is nothing to look for: erasure sends destroy again, then verify */
}

static struct task_plan on_cancelled(enum task_state state, struct task_plan plan)
{
    if (state != TASK_NONE && state != TASK_OPENED)
        return plan; /* what is destroyed can't be lifted */
    plan.next = TASK_CANCELLED;
    plan.lifts = state == TASK_OPENED;
    plan.closes = plan.changes = true;
    return plan;
}

static struct task_plan on_completed(enum task_state state, struct task_plan plan)
{
    if (state != TASK_DESTROYED && state != TASK_VERIFYING && state != TASK_VERIFIED)
        return plan;
    plan.next = TASK_COMPLETED;
    plan.verify = false;
    plan.closes = plan.changes = true;
    return plan;
}

struct task_plan task_decide_order(enum task_state state, bool verify, enum task_order order)
{
    struct task_plan plan = {.next = state, .verify = verify};

    switch (order) {
    case ORDER_OPENED:
        return on_opened(state, plan);
    case ORDER_DESTROY:
        return on_destroy(state, plan);
    case ORDER_VERIFY:
        return on_verify(state, plan);
    case ORDER_CANCELLED:
        return on_cancelled(state, plan);
    case ORDER_COMPLETED:
        return on_completed(state, plan);
    }
    return plan;
}

struct task_result task_decide_attempt(enum task_state state, bool verify, int64_t remaining, unsigned attempts,
                                       uint32_t random)
{
    struct task_result result = {.next = state, .verify = verify};

    ENSURE(state == TASK_DESTROYING || state == TASK_VERIFYING);
    result.answers_verify = state == TASK_VERIFYING;
    if (remaining > 0) {
        /* Found by the second look: delete again, then look a second time again. */
        result.verify = verify || state == TASK_VERIFYING;
        result.next = TASK_DESTROYING;
        result.again = true;
        result.delay_us = retry_delay_us(attempts < 20 ? attempts : 20, FIRST_DELAY_US, LONGEST_DELAY_US, random);
        return result;
    }
    if (state == TASK_VERIFYING) {
        result.next = TASK_VERIFIED;
        return result;
    }
    result.next = verify ? TASK_VERIFYING : TASK_DESTROYED;
    result.verify = false;
    result.due = verify;
    return result;
}
