/* http_decisions: what operators decide about a request: cancel, verify, approve, pause, resume, extend, reject, and
 * complete for the kinds that humans work on. */
#include "proto/table.h"
#include "services/erasure/answer.h"
#include "services/erasure/json.h"
#include "services/erasure/saga.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"

struct decision_body {
    struct uuid operator_id;
    struct text reason, decision, article;
};
static const struct field decision_body_type_fields[] = {
    {.name = "operator", .kind = FIELD_UUID, .nullable = true, .offset = offsetof(struct decision_body, operator_id)},
    MAY(decision_body, reason, TEXT, 1, 8192),
    MAY(decision_body, decision, TEXT, 1, 32),
    MAY(decision_body, article, TEXT, 1, 64),
};
OPEN(decision_body, decision_body_type, NULL);

/* One decision on its way: what the operator sent and the request it is about. */
struct deciding {
    const struct decision_body *body;
    struct request r;
};

static enum outcome load(struct call *call, const struct http_request *request, enum request_action action,
                         struct deciding *d, struct error *err)
{
    struct uuid id;
    bool found = false;
    void *body;

    TRY(event_decode(&decision_body_type, request->body.n > 0 ? request->body : TEXT("{}"), call->arena, &body, err));
    d->body = body;
    if (uuid_parse(request->params[0], &id))
        TRY(request_load(call, &id, &d->r, &found, err));
    if (!found)
        return error_status(err, 404, "not found", "there is no such request");
    const struct uuid *who = &d->body->operator_id;
    struct request_standing standing = {
        .kind = d->r.kind,
        .status = d->r.status,
        .stage = d->r.stage,
        .four_eyes = d->r.four_eyes,
        .approved = d->r.approved,
        .paused = d->r.paused_at_us != CLOCK_NONE,
        .extended = d->r.extended_us != CLOCK_NONE,
        .same_operator = !uuid_is_nil(who) && (uuid_equal(who, &d->r.created_by) || uuid_equal(who, &d->r.verified_by)),
    };
    return decide_action(&standing, action, err);
}

/* Reasons are free text: sealed, and kept as long as the request's record. */
static enum outcome keep_reason(struct call *call, const struct deciding *d, bool required, struct error *err)
{
    struct contact note;
    struct uuid id = {0};

    if (d->body->reason.p == NULL)
        return required ? error_refuse(err, "/reason", "required", "this needs a reason") : DONE;
    note = (struct contact){.note = d->body->reason};
    return secrets_put_note(call, &d->r.id, &note, d->r.due_us + 3 * 366 * US_PER_DAY, &id, err);
}

static enum outcome finish(struct call *call, struct deciding *d, struct http_response *response, struct error *err)
{
    struct json j = json_object(&response->body, false);

    TRY(request_save(call, &d->r, err));
    json_uuid(&j, "id", &d->r.id);
    json_str(&j, "status", request_status_names[d->r.status]);
    json_time(&j, "due_at", d->r.due_us);
    if (d->r.four_eyes && !d->r.approved)
        json_bool(&j, "waits_for_approval", true);
    json_end(&j);
    return DONE;
}

static void reclock(struct call *call, struct request *r)
{
    struct request_clock clock = {
        .received_us = r->received_us,
        .paused_us = r->paused_us,
        .paused_at = r->paused_at_us,
        .extended = r->extended_us != CLOCK_NONE,
    };

    r->due_us = request_due(&clock, call->policy->answer_within, call->policy->answer_extension);
    r->next_us = saga_schedule(r, call->now_us);
}

static enum outcome open_believed(struct call *call, struct request *r, struct error *err)
{
    struct forget_set set;

    r->status = STATUS_OPEN;
    if (r->kind == KIND_FORGET && r->stage == STAGE_TAKEN) {
        TRY(set_load(call, &r->id, &set, err));
        saga_open(call, r, &set);
    }
    r->next_us = saga_schedule(r, call->now_us);
    return DONE;
}

enum outcome post_cancel(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct deciding d;

    TRY(load(call, request, ACTION_CANCEL, &d, err));
    TRY(keep_reason(call, &d, false, err));
    TRY(saga_cancel(call, &d.r, err));
    d.r.status = STATUS_CANCELLED;
    return finish(call, &d, response, err);
}

enum outcome post_verify(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct deciding d;

    TRY(load(call, request, ACTION_VERIFY, &d, err));
    TRY(keep_reason(call, &d, false, err));
    d.r.verified_by = d.body->operator_id;
    if (!d.r.four_eyes || d.r.approved)
        TRY(open_believed(call, &d.r, err));
    return finish(call, &d, response, err);
}

enum outcome post_approve(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    struct deciding d;
    struct uuid id;

    TRY(load(call, request, ACTION_APPROVE, &d, err));
    if (uuid_is_nil(&d.body->operator_id))
        return error_refuse(err, "/operator", "required", "four eyes need to know whose they are");
    TRY(keep_reason(call, &d, false, err));
    if (uuid_is_nil(&d.r.verified_by)) { /* the first two eyes: upstream asked, nobody here has looked yet */
        d.r.verified_by = d.body->operator_id;
        return finish(call, &d, response, err);
    }
    d.r.approved_by = d.body->operator_id;
    d.r.approved = true;
    if (d.r.status == STATUS_VERIFYING)
        TRY(open_believed(call, &d.r, err));
    d.r.next_us = saga_schedule(&d.r, call->now_us);
    id = d.r.id;
    TRY(finish(call, &d, response, err));
    return saga_advance(call, &id, err);
}

enum outcome post_pause(struct call *call, const struct http_request *request, struct http_response *response,
                        struct error *err)
{
    struct deciding d;

    TRY(load(call, request, ACTION_PAUSE, &d, err));
    TRY(keep_reason(call, &d, true, err));
    d.r.paused_at_us = call->now_us;
    reclock(call, &d.r);
    return finish(call, &d, response, err);
}

enum outcome post_resume(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct deciding d;

    TRY(load(call, request, ACTION_RESUME, &d, err));
    d.r.paused_us += call->now_us - d.r.paused_at_us;
    d.r.paused_at_us = CLOCK_NONE;
    reclock(call, &d.r);
    return finish(call, &d, response, err);
}

enum outcome post_extend(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct deciding d;

    TRY(load(call, request, ACTION_EXTEND, &d, err));
    TRY(keep_reason(call, &d, true, err));
    d.r.extended_us = call->now_us;
    d.r.escalation = 0;
    reclock(call, &d.r);
    TRY(answer_person(call, &d.r, ANSWER_EXTENDED, err)); /* Art. 12(3): the person is told, with the reasons' remedy */
    return finish(call, &d, response, err);
}

enum outcome post_reject(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct deciding d;
    int decision;

    TRY(load(call, request, ACTION_REJECT, &d, err));
    decision = names_index(request_decision_names, d.body->decision);
    if (decision != DECISION_REFUSED && decision != DECISION_NOT_IDENTIFIED)
        return error_refuse(err, "/decision", "enum", "refused or not-identified");
    if (decision == DECISION_REFUSED && d.body->article.p == NULL)
        return error_refuse(err, "/article", "required", "a refusal names its article");
    TRY(keep_reason(call, &d, false, err));
    d.r.decision = (enum request_decision)decision;
    d.r.article = decision == DECISION_NOT_IDENTIFIED && d.body->article.p == NULL ? TEXT("11(2)") : d.body->article;
    d.r.completed_us = call->now_us;
    TRY(answer_person(call, &d.r, decision == DECISION_REFUSED ? ANSWER_REFUSED : ANSWER_NOT_IDENTIFIED, err));
    TRY(saga_cancel(call, &d.r, err));
    d.r.status = STATUS_COMPLETED;
    return finish(call, &d, response, err);
}

/* The kinds that humans work on (access, rectify, restrict, object, portability): done and answered by hand. */
enum outcome post_complete(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err)
{
    struct deciding d;
    int decision;

    TRY(load(call, request, ACTION_COMPLETE, &d, err));
    decision = d.body->decision.p == NULL ? DECISION_GRANTED : names_index(request_decision_names, d.body->decision);
    if (decision < 0)
        return error_refuse(err, "/decision", "enum", "granted, partly, refused or not-identified");
    TRY(keep_reason(call, &d, false, err));
    d.r.decision = (enum request_decision)decision;
    d.r.article = d.body->article;
    d.r.completed_us = d.r.answered_us = call->now_us;
    TRY(saga_close(call, &d.r, err));
    d.r.status = STATUS_COMPLETED;
    return finish(call, &d, response, err);
}
