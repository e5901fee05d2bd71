/* saga: carries a request along its road. */
#include "services/erasure/saga.h"

#include <string.h>

#include "services/erasure/answer.h"
#include "services/erasure/certificate.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"
#include "services/erasure/tasks.h"

static struct key_list keys_of(struct call *call, const struct forget_set *set)
{
    struct key_list list = {.items = ARENA_ARRAY(call->arena, set->keys_n, struct key), .n = set->keys_n};

    for (size_t i = 0; i < set->keys_n; i++)
        list.items[i] = (struct key){.kind = (int)set->keys[i].kind, .hash = set->keys[i].hash};
    return list;
}

static bool has_term(enum request_kind kind)
{
    return kind != KIND_EXPIRY && kind != KIND_CONSENT;
}

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
    if (r->stage == STAGE_OPENED || waits_for_services(r)) /* the order is said again if nobody answers it */
        earlier(&next, now_us + request_reminder(r->tries, r->stage == STAGE_OPENED));
    if (r->stage == STAGE_RESOLVED && (!r->four_eyes || r->approved))
        earlier(&next, r->hold_until_us);
    if (has_term(r->kind) && r->answered_us == CLOCK_NONE) {
        (void)request_escalation(now_us, r->due_us, r->paused_at_us != CLOCK_NONE, &rises);
        earlier(&next, rises);
    }
    return next;
}

/* The policy says it here alone: not every service has one. */
static int64_t tombstones_until(const struct call *call, const struct request *r)
{
    return duration_add(r->received_us < call->now_us ? r->received_us : call->now_us, call->policy->tombstone_keep);
}

/* ---- opened and resolved ------------------------------------------------------------------------------------------- */

static void publish_opened(struct call *call, const struct request *r, const struct forget_set *set)
{
    struct forget_opened opened = {
        .request = r->id,
        .controller = text_of(call->policy->controller),
        .keys = keys_of(call, set),
        .records = set->records,
        .persons = set->persons,
        .received_at = r->received_us,
        .tombstones_until = tombstones_until(call, r),
        .barrier = true,
    };

    outbox_publish(call->outbox, &forget_opened_event, &r->id, &opened);
}

void saga_open(struct call *call, struct request *r, const struct forget_set *set)
{
    r->status = STATUS_OPEN;
    r->stage = STAGE_OPENED;
    r->opened_us = call->now_us;
    r->hold_until_us = duration_add(call->now_us, call->policy->forget_hold);
    r->next_us = saga_schedule(r, call->now_us);
    publish_opened(call, r, set);
}

static void add_uuids(struct uuid_list *to, struct uuid_list from)
{
    for (size_t i = 0; i < from.n; i++) {
        bool there = false;
        for (size_t j = 0; j < to->n && !there; j++)
            there = uuid_equal(&to->items[j], &from.items[i]);
        if (!there)
            to->items[to->n++] = from.items[i];
    }
}

static struct uuid_list united(struct call *call, struct uuid_list a, struct uuid_list b)
{
    struct uuid_list out = {.items = ARENA_ARRAY(call->arena, a.n + b.n, struct uuid)};

    add_uuids(&out, a);
    add_uuids(&out, b);
    return out;
}

static bool among(struct key_list list, const struct forget_key *key)
{
    for (size_t i = 0; i < list.n; i++)
        if (list.items[i].kind == (int)key->kind && hash_equal(&list.items[i].hash, &key->hash))
            return true;
    return false;
}

/* What the request named and what dedupe found, without what others share. */
static void close_set(struct call *call, struct forget_set *set, const struct forget_resolved *in)
{
    struct forget_key *keys = ARENA_ARRAY(call->arena, set->keys_n + in->keys.n, struct forget_key);
    struct key_list named = keys_of(call, set);
    size_t n = 0;

    for (size_t i = 0; i < set->keys_n; i++)
        if (!among(in->shared, &set->keys[i]))
            keys[n++] = set->keys[i];
    for (size_t i = 0; i < in->keys.n; i++) {
        struct forget_key key = {.kind = (enum key_kind)in->keys.items[i].kind, .hash = in->keys.items[i].hash};
        if (!among(named, &key) && !among(in->shared, &key))
            keys[n++] = key;
    }
    set->keys = keys;
    set->keys_n = n;
    set->persons = united(call, set->persons, in->persons);
    set->records = united(call, set->records, in->records);
}

static enum outcome seal_identifiers(struct call *call, struct request *r, const struct forget_set *set,
                                     struct error *err)
{
    struct collected found;

    TRY(secrets_collect(call, set, &r->contact, &found, err));
    if (found.identifiers.n == 0)
        return DONE;
    return secrets_put_identifiers(call, &r->id, found.identifiers, &r->identifiers, err);
}

enum outcome saga_resolved(struct call *call, const struct forget_resolved *in, struct error *err)
{
    struct request r;
    struct forget_set set;
    bool found;

    TRY(request_load(call, &in->request, &r, &found, err));
    if (!found || r.stage != STAGE_OPENED || r.status != STATUS_OPEN)
        return DONE;
    TRY(set_load(call, &r.id, &set, err));
    close_set(call, &set, in);
    if (r.outside > 0)
        TRY(seal_identifiers(call, &r, &set, err));
    r.stage = STAGE_RESOLVED;
    r.status = STATUS_RESTRICTED;
    r.barrier = in->barrier;
    r.next_us = saga_schedule(&r, call->now_us);
    TRY(set_put(call, &set, err));
    TRY(request_save(call, &r, err));
    return saga_advance(call, &r.id, err);
}

/* ---- destroy, verify, complete -------------------------------------------------------------------------------------- */

static void publish_destroy(struct call *call, const struct request *r, const struct forget_set *set,
                            struct text_list only)
{
    struct forget_destroy destroy = {
        .request = r->id,
        .expiry = r->kind == KIND_EXPIRY,
        .keys = keys_of(call, set),
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
}

static void publish_step(struct call *call, const struct event_type *type, const struct request *r,
                         struct text_list only)
{
    struct forget_step step = {.request = r->id, .at = call->now_us, .only = only};

    outbox_publish(call->outbox, type, &r->id, &step);
}

static enum outcome step_destroy(struct call *call, struct request *r, struct error *err)
{
    struct forget_set set;
    bool outside;

    if (r->kind != KIND_CONSENT) {
        TRY(set_load(call, &r->id, &set, err));
        publish_destroy(call, r, &set, (struct text_list){0});
    }
    TRY(tasks_order(call, &r->id, &outside, err));
    if (outside) {
        call_wake(call, "deliver");
        call_wake(call, "deliver-slow");
    }
    r->status = STATUS_RUNNING;
    r->stage = STAGE_DESTROYING;
    r->tries = 0;
    r->destroy_us = call->now_us;
    r->next_us = saga_schedule(r, call->now_us);
    return request_save(call, r, err);
}

static enum outcome step_verify(struct call *call, struct request *r, struct error *err)
{
    TRY(tasks_verify(call, &r->id, err));
    r->stage = STAGE_VERIFYING;
    r->tries = 0;
    r->services_verified = 0;
    r->verify_us = call->now_us;
    r->next_us = saga_schedule(r, call->now_us);
    publish_step(call, &forget_verify_event, r, (struct text_list){0});
    return request_save(call, r, err);
}

enum outcome saga_close(struct call *call, struct request *r, struct error *err)
{
    struct contact contact;
    struct uuid id = {0};

    if (!uuid_is_nil(&r->contact)) {
        TRY(secrets_open_contact(call, &r->contact, &contact, err));
        contact.reply_to = TEXT_NONE;
        contact.identifiers = (struct holder_identifier_list){0};
        if (contact.note.p != NULL || contact.details.p != NULL || contact.verified_by.p != NULL)
            TRY(secrets_put_note(call, &r->id, &contact, duration_add(call->now_us, call->policy->request_keep), &id,
                                 err));
        TRY(secrets_destroy_of(call, &r->id, "contact", err));
        r->contact = (struct uuid){0};
    }
    if (!uuid_is_nil(&r->identifiers)) {
        TRY(secrets_destroy_of(call, &r->id, "identifiers", err));
        r->identifiers = (struct uuid){0};
    }
    r->next_us = CLOCK_NONE;
    r->stage = STAGE_CLOSED;
    TRY(set_drop(call, &r->id, err));
    return tasks_stop(call, &r->id, err);
}

static enum outcome step_complete(struct call *call, struct request *r, enum request_decision decision,
                                  struct error *err)
{
    r->status = STATUS_COMPLETED;
    r->completed_us = call->now_us;
    if (has_term(r->kind)) {
        r->decision = decision;
        r->article = decision == DECISION_PARTLY ? TEXT("17(3)") : TEXT("17(1)");
        TRY(answer_person(call, r, ANSWER_DONE, err));
    }
    TRY(saga_close(call, r, err));
    if (r->kind != KIND_CONSENT)
        publish_step(call, &forget_completed_event, r, (struct text_list){0});
    if (r->kind == KIND_FORGET)
        TRY(certificate_make(call, r, err));
    metric_add(erasure(call)->completed, 1);
    return request_save(call, r, err);
}

enum outcome saga_advance(struct call *call, const struct uuid *request, struct error *err)
{
    for (;;) {
        struct request r;
        bool found;
        TRY(request_load(call, request, &r, &found, err));
        if (!found)
            return DONE;
        struct request_facts facts = {
            .kind = r.kind,
            .status = r.status,
            .stage = r.stage,
            .four_eyes = r.four_eyes,
            .approved = r.approved,
            .now_us = call->now_us,
            .hold_until_us = r.hold_until_us,
            .services = r.services,
            .services_closed = r.services_closed,
            .services_verified = r.services_verified,
            .outside = r.outside,
            .outside_closed = r.outside_closed,
            .outside_kept = r.outside_kept,
        };
        switch (decide_step(&facts)) {
        case STEP_WAIT:
        case STEP_HOLD:
            return DONE;
        case STEP_DESTROY:
            TRY(step_destroy(call, &r, err));
            if (r.kind != KIND_CONSENT || r.outside > 0)
                return DONE;
            break;
        case STEP_VERIFY:
            return step_verify(call, &r, err);
        case STEP_COMPLETE:
            return step_complete(call, &r, decide_decision(&facts), err);
        }
    }
}

enum outcome saga_begin(struct call *call, const struct uuid *request, struct error *err)
{
    struct request r;
    bool found;

    TRY(request_load(call, request, &r, &found, err));
    return found ? step_destroy(call, &r, err) : DONE;
}

/* ---- cancel, remind, look ------------------------------------------------------------------------------------------- */

enum outcome saga_cancel(struct call *call, struct request *r, struct error *err)
{
    if (r->stage == STAGE_OPENED || r->stage == STAGE_RESOLVED)
        publish_step(call, &forget_cancelled_event, r, (struct text_list){0});
    return saga_close(call, r, err);
}

/* Says the present order again, to those that are silent. */
static enum outcome remind(struct call *call, struct request *r, struct error *err)
{
    bool verifying = r->stage == STAGE_VERIFYING;
    struct text_list silent;
    struct forget_set set;

    TRY(set_load(call, &r->id, &set, err));
    if (r->stage == STAGE_OPENED) {
        publish_opened(call, r, &set);
    } else {
        TRY(tasks_silent(call, &r->id, verifying, &silent, err));
        if (silent.n == 0)
            return DONE;
        /* In either stage the order to destroy goes first: who was set back, and has no set, could look for nothing. */
        publish_destroy(call, r, &set, silent);
        if (verifying)
            publish_step(call, &forget_verify_event, r, silent);
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

enum outcome saga_look(struct call *call, const struct uuid *request, struct error *err)
{
    struct request r;
    bool found;
    int64_t rises;

    TRY(request_load(call, request, &r, &found, err));
    if (!found)
        return DONE;
    int level = request_escalation(call->now_us, r.due_us, r.paused_at_us != CLOCK_NONE, &rises);
    if (has_term(r.kind) && r.answered_us == CLOCK_NONE && level > r.escalation) {
        escalate(call, &r, level);
        if (level >= ESCALATION_ANSWER && r.kind == KIND_FORGET && r.stage >= STAGE_DESTROYING)
            TRY(answer_person(call, &r, ANSWER_PARTLY, err));
    }
    if (r.stage == STAGE_OPENED || waits_for_services(&r))
        TRY(remind(call, &r, err));
    r.next_us = saga_schedule(&r, call->now_us);
    if (r.stage == STAGE_RESOLVED && r.next_us != CLOCK_NONE && r.next_us <= call->now_us)
        r.next_us = call->now_us + SECONDS(5); /* it is taken below; if not, it is looked at again */
    TRY(request_save(call, &r, err));
    return saga_advance(call, &r.id, err);
}
