/* saga: carries a request along its road. */
#include "services/erasure/saga.h"

#include <string.h>

#include "services/erasure/answer.h"
#include "services/erasure/certificate.h"
#include "services/erasure/orders.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"
#include "services/erasure/tasks.h"

/* ---- what comes next ------------------------------------------------------------------------------------------------ */

static struct request_facts facts_of(const struct call *call, const struct request *r)
{
    return (struct request_facts){
        .kind = r->kind,
        .status = r->status,
        .stage = r->stage,
        .four_eyes = r->four_eyes,
        .approved = r->approved,
        .now_us = call->now_us,
        .hold_until_us = r->hold_until_us,
        .services = r->services,
        .services_closed = r->services_closed,
        .services_verified = r->services_verified,
        .outside = r->outside,
        .outside_closed = r->outside_closed,
        .outside_kept = r->outside_kept,
    };
}

static enum request_step next_step(const struct call *call, const struct request *r)
{
    const struct request_facts facts = facts_of(call, r);

    return decide_step(&facts);
}

/* ---- opened and resolved ------------------------------------------------------------------------------------------- */

void saga_open(struct call *call, struct request *r, const struct forget_set *set)
{
    r->stage = STAGE_OPENED;
    r->opened_us = call->now_us;
    r->hold_until_us = duration_add(call->now_us, call->policy->forget_hold);
    r->next_us = saga_schedule(r, call->now_us);
    order_opened(call, r, set);
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
    struct key_list named = keys_of_set(call, set);
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

/* For outside holders. Where none was registered then, what they must hear is still there until it is destroyed. */
static enum outcome seal_identifiers(struct call *call, struct request *r, const struct forget_set *set,
                                     struct key_list shared, struct error *err)
{
    const struct collecting wanted = {.set = set, .contact = r->contact, .shared = shared};
    struct collected found;

    if (r->outside == 0 || !uuid_is_nil(&r->identifiers))
        return DONE;
    TRY(secrets_collect(call, &wanted, &found, err));
    TRY(set_put(call, set, err));
    TRY(set_disclose(call, &r->id, found.record_systems, found.record_categories, err));
    if (found.identifiers.n == 0)
        return DONE;
    return secrets_put_identifiers(call, &r->id, found.identifiers, &r->identifiers, err);
}

/* Nobody can be named, and a review stands: what is restricted stays so, and a human says who is meant, or rejects. */
static enum outcome wait_for_subject(struct call *call, struct request *r, struct error *err)
{
    if (!r->review) {
        metric_add(erasure(call)->doubtful, 1);
        log_warn(call->log, "request.doubtful", F_UUID("request", &r->id));
    }
    r->review = true;
    r->next_us = saga_schedule(r, call->now_us);
    return request_save(call, r, err);
}

/* ---- destroy, verify, complete -------------------------------------------------------------------------------------- */

/* Whoever registers a holder meanwhile has either committed, and its task is ordered here, or waits, and then finds this
 * request running. */
static enum outcome order_holders(struct call *call, struct request *r, const struct forget_set *set, struct error *err)
{
    struct key_list shared;
    bool outside, found;

    if (r->kind == KIND_FORGET) {
        struct request now; /* what is told of others' tasks; the rest may not be saved yet */
        TRY(holders_share(call, err));
        TRY(request_load(call, &r->id, &now, &found, err));
        ENSURE(found);
        r->outside = now.outside;
        r->outside_closed = now.outside_closed;
        r->outside_kept = now.outside_kept;
        TRY(set_shared(call, &r->id, &shared, err));
        TRY(seal_identifiers(call, r, set, shared, err));
    }
    TRY(tasks_order(call, &r->id, &outside, err));
    if (outside) {
        call_wake(call, "deliver");
        call_wake(call, "deliver-slow");
    }
    return DONE;
}

static enum outcome step_destroy(struct call *call, struct request *r, struct error *err)
{
    struct forget_set set = {.request = r->id};

    if (r->kind != KIND_CONSENT) {
        TRY(set_load(call, &r->id, &set, err));
        order_destroy(call, r, &set, (struct text_list){0});
    }
    TRY(order_holders(call, r, &set, err));
    r->status = STATUS_RUNNING;
    r->stage = STAGE_DESTROYING;
    r->tries = 0;
    r->destroy_us = call->now_us;
    r->next_us = saga_schedule(r, call->now_us);
    return request_save(call, r, err);
}

enum outcome saga_resolved(struct call *call, const struct forget_resolved *in, struct error *err)
{
    struct request r;
    struct forget_set set;
    bool found;

    TRY(request_load(call, &in->request, &r, &found, err));
    if (!found || r.stage != STAGE_OPENED || (r.status != STATUS_OPEN && r.status != STATUS_VERIFYING))
        return DONE;
    if (decide_doubtful(in->review, in->persons.n, in->records.n))
        return wait_for_subject(call, &r, err);
    TRY(set_load(call, &r.id, &set, err));
    close_set(call, &set, in);
    TRY(seal_identifiers(call, &r, &set, in->shared, err));
    r.stage = STAGE_RESOLVED;
    if (r.status == STATUS_OPEN)
        r.status = STATUS_RESTRICTED;
    r.review = in->review;
    r.barrier = in->barrier;
    r.next_us = saga_schedule(&r, call->now_us);
    TRY(set_put(call, &set, err));
    TRY(set_share(call, &r.id, in->shared, err));
    if (next_step(call, &r) == STEP_DESTROY) /* no hold: one step with this one */
        return step_destroy(call, &r, err);
    return request_save(call, &r, err);
}

static enum outcome step_verify(struct call *call, struct request *r, struct error *err)
{
    TRY(tasks_verify(call, &r->id, err));
    r->stage = STAGE_VERIFYING;
    r->tries = 0;
    r->services_verified = 0;
    r->verify_us = call->now_us;
    r->next_us = saga_schedule(r, call->now_us);
    order_step(call, &forget_verify_event, r, (struct text_list){0});
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
    struct commitment who = {.secret = TEXT_NONE, .hashes = TEXT_NONE};

    r->status = STATUS_COMPLETED;
    r->completed_us = call->now_us;
    if (r->kind == KIND_FORGET)
        TRY(commitment_make(call, r, &who, err));
    if (request_has_term(r->kind)) {
        r->decision = decision;
        r->article = decision == DECISION_PARTLY ? TEXT("17(3)") : TEXT("17(1)");
        TRY(answer_done(call, r, who.secret, err));
    }
    if (r->kind == KIND_FORGET)
        TRY(certificate_make(call, r, &who, err));
    TRY(saga_close(call, r, err));
    if (r->kind != KIND_CONSENT)
        order_step(call, &forget_completed_event, r, (struct text_list){0});
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
        struct request_facts facts = facts_of(call, &r);
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
        order_step(call, &forget_cancelled_event, r, (struct text_list){0});
    return saga_close(call, r, err);
}
