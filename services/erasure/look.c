/* look: the clock of a request: holds that are over, terms that come near, orders that nobody answered. */
#include "services/erasure/answer.h"
#include "services/erasure/orders.h"
#include "services/erasure/saga.h"
#include "services/erasure/service.h"
#include "services/erasure/tasks.h"

static void earlier(int64_t *at, int64_t than)
{
    if (than != CLOCK_NONE && (*at == CLOCK_NONE || than < *at))
        *at = than;
}

static bool waits_for_services(const struct request *r)
{
    if (r->status != STATUS_RUNNING || r->kind == KIND_CONSENT)
        return false;
    return r->stage == STAGE_VERIFYING ? r->services_verified < r->services : r->services_closed < r->services;
}

int64_t saga_schedule(const struct request *r, int64_t now_us)
{
    int64_t next = CLOCK_NONE, rises;

    if (r->status == STATUS_COMPLETED || r->status == STATUS_CANCELLED)
        return CLOCK_NONE;
    if ((r->stage == STAGE_OPENED && !request_is_doubtful(r)) ||
        waits_for_services(r)) /* the order is said again if nobody answers it */
        earlier(&next, now_us + request_reminder(r->tries, r->stage == STAGE_OPENED));
    if (r->stage == STAGE_RESOLVED && r->status == STATUS_RESTRICTED && (!r->four_eyes || r->approved))
        earlier(&next, r->hold_until_us);
    if (request_has_term(r->kind) && r->answered_us == CLOCK_NONE) {
        int level = request_escalation(now_us, r->due_us, r->paused_at_us != CLOCK_NONE, &rises);
        earlier(&next, level > r->escalation ? now_us : rises); /* a letter may have lain for weeks before it came in */
    }
    return next;
}

/* Says the present order again, to those that are silent. */
static enum outcome remind(struct call *call, struct request *r, struct error *err)
{
    bool verifying = r->stage == STAGE_VERIFYING;
    struct text_list silent;
    struct forget_set set;

    TRY(set_load(call, &r->id, &set, err));
    if (r->stage == STAGE_OPENED) {
        order_opened(call, r, &set);
    } else {
        TRY(tasks_silent(call, &r->id, verifying, &silent, err));
        if (silent.n == 0)
            return DONE;
        /* In either stage the order to destroy goes first: who was set back, and has no set, could look for nothing. */
        order_destroy(call, r, &set, silent);
        if (verifying)
            order_step(call, &forget_verify_event, r, silent);
    }
    r->tries++;
    metric_add(erasure(call)->resent, 1);
    return DONE;
}

static void escalate(struct call *call, struct request *r, int level)
{
    r->escalation = level;
    metric_add(erasure(call)->escalated, 1);
    if (level == ESCALATION_LATE)
        metric_add(erasure(call)->late, 1);
    log_warn(call->log, level == ESCALATION_LATE ? "request.late" : "request.due_soon", F_UUID("request", &r->id),
             F_INT("level", level), F_INT("outstanding", r->outside - r->outside_closed));
}

/* The term: louder as its end comes near; and the person of a forget is told in time what is done so far. Looked at on
 * each visit: the level may have risen while nothing was destroyed yet that could be told. */
static enum outcome watch_term(struct call *call, struct request *r, struct error *err)
{
    int64_t rises;
    int level = request_escalation(call->now_us, r->due_us, r->paused_at_us != CLOCK_NONE, &rises);

    if (!request_has_term(r->kind) || r->answered_us != CLOCK_NONE)
        return DONE;
    if (level > r->escalation)
        escalate(call, r, level);
    if (level >= ESCALATION_ANSWER && r->kind == KIND_FORGET && r->stage >= STAGE_DESTROYING &&
        uuid_is_nil(&r->early_mail))
        return answer_person(call, r, ANSWER_PARTLY, err);
    return DONE;
}

/* Its source was released by two operators: it is restricted now, and believed if it was to be believed at all. */
static enum outcome take_up(struct call *call, struct request *r, struct error *err)
{
    const struct policy_source *source = policy_source(call->policy, r->source);
    struct forget_set set;

    if (!uuid_is_nil(&r->verified_by) || (r->verified && source != NULL && source->verification == TRUST_FORGET))
        r->status = STATUS_OPEN;
    TRY(set_load(call, &r->id, &set, err));
    saga_open(call, r, &set);
    return DONE;
}

enum outcome saga_look(struct call *call, const struct uuid *request, struct error *err)
{
    struct request r;
    bool found;

    TRY(request_load(call, request, &r, &found, err));
    if (!found)
        return DONE;
    TRY(watch_term(call, &r, err));
    if (r.kind == KIND_FORGET && r.stage == STAGE_TAKEN && (!r.four_eyes || r.approved))
        TRY(take_up(call, &r, err));
    else if ((r.stage == STAGE_OPENED && !request_is_doubtful(&r)) || waits_for_services(&r))
        TRY(remind(call, &r, err));
    r.next_us = saga_schedule(&r, call->now_us);
    if (r.stage == STAGE_RESOLVED && r.next_us != CLOCK_NONE && r.next_us <= call->now_us)
        r.next_us = call->now_us + SECONDS(5); /* it is taken below; if not, it is looked at again */
    TRY(request_save(call, &r, err));
    return saga_advance(call, &r.id, err);
}
