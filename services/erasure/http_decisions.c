/* http_decisions: what operators decide about a request: cancel, verify, approve, pause, resume, extend, reject, who is
 * meant, that the person was told, and complete for the kinds that humans work on. */
#include "proto/table.h"
#include "services/erasure/answer.h"
#include "services/erasure/json.h"
#include "services/erasure/saga.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"
#include "services/erasure/take.h"

struct decision_record {
    struct text system, id;
};
struct decision_body {
    struct uuid operator_id, person;
    bool has_record;
    struct decision_record record;
    struct text reason, decision, article, how;
    int64_t at;
};
static const struct field decision_record_type_fields[] = {
    MUST(decision_record, system, TEXT, 1, 64),
    MUST(decision_record, id, TEXT, 1, 256),
};
CLOSED(decision_record, decision_record_type, NULL);

static const struct field decision_body_type_fields[] = {
    {.name = "operator", .kind = FIELD_UUID, .nullable = true, .offset = offsetof(struct decision_body, operator_id)},
    MAY(decision_body, reason, TEXT, 1, 8192),
    MAY(decision_body, decision, TEXT, 1, 32),
    MAY(decision_body, article, TEXT, 1, 64),
    MAY(decision_body, person, UUID, 0, 0),
    MAY_OBJECT(decision_body, record, decision_record_type),
    MAY(decision_body, how, TEXT, 1, 1024),
    MAY(decision_body, at, TIME, 0, 0),
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
        .doubtful = request_is_doubtful(&d->r),
        .answered = d->r.answered_us != CLOCK_NONE,
        .same_operator = !uuid_is_nil(who) && (uuid_equal(who, &d->r.created_by) || uuid_equal(who, &d->r.verified_by)),
    };
    return decide_action(&standing, action, err);
}

/* Free text: sealed, and kept as long as the request's record. */
static enum outcome keep_note(struct call *call, const struct request *r, struct text text, struct error *err)
{
    const struct contact note = {.note = text};
    struct uuid id = {0};

    return secrets_put_note(call, &r->id, &note, duration_add(r->due_us, call->policy->request_keep), &id, err);
}

static enum outcome keep_reason(struct call *call, const struct deciding *d, bool required, struct error *err)
{
    if (d->body->reason.p == NULL)
        return required ? error_refuse(err, "/reason", "required", "this needs a reason") : DONE;
    return keep_note(call, &d->r, d->body->reason, err);
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

/* The end is farther away again: what it said then must be said anew when it comes. */
static void calm(struct call *call, struct request *r)
{
    int64_t rises;
    int level = request_escalation(call->now_us, r->due_us, r->paused_at_us != CLOCK_NONE, &rises);

    if (level < r->escalation)
        r->escalation = level;
}

/* The asker is known: what is restricted already goes on from where it stands. */
static enum outcome open_believed(struct call *call, struct request *r, struct error *err)
{
    struct forget_set set;

    r->status = r->stage == STAGE_RESOLVED ? STATUS_RESTRICTED : STATUS_OPEN;
    if (r->kind == KIND_FORGET && r->stage == STAGE_TAKEN) {
        TRY(set_load(call, &r->id, &set, err));
        saga_open(call, r, &set);
    }
    r->next_us = saga_schedule(r, call->now_us);
    return DONE;
}

static enum outcome finish_and_advance(struct call *call, struct deciding *d, struct http_response *response,
                                       struct error *err)
{
    struct uuid id = d->r.id;

    TRY(finish(call, d, response, err));
    return saga_advance(call, &id, err);
}

enum outcome post_cancel(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct deciding d = {0};

    TRY(load(call, request, ACTION_CANCEL, &d, err));
    TRY(keep_reason(call, &d, false, err));
    TRY(saga_cancel(call, &d.r, err));
    d.r.status = STATUS_CANCELLED;
    return finish(call, &d, response, err);
}

enum outcome post_verify(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct deciding d = {0};

    TRY(load(call, request, ACTION_VERIFY, &d, err));
    TRY(keep_reason(call, &d, false, err));
    d.r.verified_by = d.body->operator_id;
    if (!d.r.four_eyes || d.r.approved || d.r.stage > STAGE_TAKEN)
        TRY(open_believed(call, &d.r, err));
    return finish_and_advance(call, &d, response, err);
}

enum outcome post_approve(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    struct deciding d = {0};

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
    return finish_and_advance(call, &d, response, err);
}

enum outcome post_pause(struct call *call, const struct http_request *request, struct http_response *response,
                        struct error *err)
{
    struct deciding d = {0};

    TRY(load(call, request, ACTION_PAUSE, &d, err));
    TRY(keep_reason(call, &d, true, err));
    d.r.paused_at_us = call->now_us;
    reclock(call, &d.r);
    return finish(call, &d, response, err);
}

enum outcome post_resume(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct deciding d = {0};

    TRY(load(call, request, ACTION_RESUME, &d, err));
    d.r.paused_us += call->now_us - d.r.paused_at_us;
    d.r.paused_at_us = CLOCK_NONE;
    reclock(call, &d.r);
    calm(call, &d.r);
    return finish(call, &d, response, err);
}

enum outcome post_extend(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct deciding d = {0};

    TRY(load(call, request, ACTION_EXTEND, &d, err));
    TRY(keep_reason(call, &d, true, err));
    d.r.extended_us = call->now_us;
    reclock(call, &d.r);
    calm(call, &d.r);
    TRY(answer_with_reason(call, &d.r, ANSWER_EXTENDED, d.body->reason, err)); /* Art. 12(3): with the reasons */
    return finish(call, &d, response, err);
}

enum outcome post_reject(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct deciding d = {0};
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
    TRY(answer_with_reason(call, &d.r, decision == DECISION_REFUSED ? ANSWER_REFUSED : ANSWER_NOT_IDENTIFIED,
                           d.body->reason, err));
    TRY(saga_cancel(call, &d.r, err));
    d.r.status = STATUS_COMPLETED;
    return finish(call, &d, response, err);
}

/* Who is meant, where dedupe could not say: one person, or one record of theirs. */
static enum outcome read_subject(struct call *call, const struct decision_body *body, struct forget_set *set,
                                 struct error *err)
{
    struct forget_key *key = ARENA_NEW(call->arena, struct forget_key);

    *set = (struct forget_set){0};
    if (body->has_record == !uuid_is_nil(&body->person))
        return error_refuse(err, "/person", "subject", "either a person or a record is meant");
    if (body->has_record) {
        *key = (struct forget_key){
            .kind = KEY_SOURCE,
            .hash = normal_key_source(service_index_key(call->service), body->record.system, body->record.id)};
        set->keys = key;
        set->keys_n = 1;
        return DONE;
    }
    set->persons.items = ARENA_NEW(call->arena, struct uuid);
    set->persons.items[0] = body->person;
    set->persons.n = 1;
    return DONE;
}

enum outcome post_subject(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    struct forget_set subject;
    struct deciding d = {0}, restated = {0};

    TRY(load(call, request, ACTION_SUBJECT, &d, err));
    TRY(read_subject(call, d.body, &subject, err));
    TRY(keep_reason(call, &d, false, err));
    TRY(take_restated(call, &d.r, &subject, &restated.r, err));
    return finish(call, &restated, response, err);
}

/* By letter or by phone, where no mail could go. */
enum outcome post_answered(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err)
{
    struct deciding d = {0};

    TRY(load(call, request, ACTION_ANSWERED, &d, err));
    if (d.body->how.p == NULL)
        return error_refuse(err, "/how", "required", "how the person was told: letter, phone, ...");
    if (d.body->at == CLOCK_NONE)
        return error_refuse(err, "/at", "required", "when the person was told");
    if (d.body->at < d.r.received_us || d.body->at > call->now_us + MINUTES(5))
        return error_refuse(err, "/at", "range", "a person is told after the request came in, and not after now");
    TRY(keep_note(call, &d.r, d.body->how, err));
    d.r.answered_us = d.body->at;
    d.r.next_us = d.r.stage == STAGE_CLOSED ? CLOCK_NONE : saga_schedule(&d.r, call->now_us);
    return finish(call, &d, response, err);
}

/* The kinds that humans work on (access, rectify, restrict, object, portability): done and answered by hand. */
enum outcome post_complete(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err)
{
    struct deciding d = {0};
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
