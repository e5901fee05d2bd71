/* take: a request comes in. */
#include "services/erasure/take.h"

#include "gen/erasure_sql.h"
#include "services/erasure/saga.h"
#include "services/erasure/service.h"
#include "services/erasure/sources.h"
#include "services/erasure/tasks.h"

static enum outcome holders_count(struct call *call, int64_t *n, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &erasure_sql_holders_count, NULL, &rows, err));
    *n = rows.n > 0 ? pg_get_int8(&rows, 0, 0) : 0;
    pg_rows_free(&rows);
    return DONE;
}

/* What nobody will need is not kept: identifiers matter where there are holders to tell, and for the certificate's
 * commitment where a letter will hold its secret. */
static enum outcome seal_contact(struct call *call, const struct taking *t, struct request *r, struct error *err)
{
    struct contact contact = t->contact;
    bool committed = t->kind == KIND_FORGET && contact.reply_to.p != NULL;
    int64_t holders = 0;

    if (!uuid_is_nil(&t->sealed)) {
        r->contact = t->sealed;
        return secret_note(call, &t->sealed, &r->id, "contact", CLOCK_NONE, err);
    }
    if (contact.identifiers.n > 0 && t->kind == KIND_FORGET)
        TRY(holders_count(call, &holders, err));
    if (holders == 0 && !committed)
        contact.identifiers = (struct holder_identifier_list){0};
    if (contact_is_empty(&contact))
        return DONE;
    return secrets_put_contact(call, &r->id, &contact, &r->contact, err);
}

static enum outcome admit(struct call *call, const struct taking *t, struct admission *admission, struct error *err)
{
    const struct policy_source *source = t->by_operator ? NULL : policy_source(call->policy, t->source);
    struct admission_facts facts = {
        .by_operator = t->by_operator,
        .source_trusted = source != NULL && source->verification == TRUST_FORGET,
        .verified = t->verified,
        .per_hour = source != NULL ? source->forgets_per_hour : 0,
    };
    int64_t waiting;

    if (!t->by_operator)
        TRY(source_enter(call, t->source, &facts.frozen, &facts.counted, err));
    *admission = decide_admission(&facts);
    if (admission->cap_exceeded) {
        TRY(source_freeze(call, t->source, &waiting, err));
        metric_add(erasure(call)->capped, 1);
        log_error(call->log, "source.frozen", F_TEXT("source", source != NULL ? t->source : TEXT("unknown")),
                  F_INT("in_an_hour", facts.counted), F_INT("allowed", facts.per_hour), F_INT("waiting", waiting));
    }
    return DONE;
}

static void begin(struct call *call, const struct taking *t, struct request *r)
{
    struct request_clock clock;

    *r = (struct request){
        .id = uuid_is_nil(&t->id) ? call_uuid(call) : t->id,
        .rev = 1,
        .kind = t->kind,
        .stage = STAGE_TAKEN,
        .decision = DECISION_NONE,
        .source = t->source,
        .language = t->language,
        .created_by = t->operator_id,
        .received_us = t->received_us == CLOCK_NONE ? call->now_us : t->received_us,
        .opened_us = CLOCK_NONE,
        .hold_until_us = CLOCK_NONE,
        .extended_us = CLOCK_NONE,
        .paused_at_us = CLOCK_NONE,
        .completed_us = CLOCK_NONE,
        .answered_us = CLOCK_NONE,
        .destroy_us = CLOCK_NONE,
        .verify_us = CLOCK_NONE,
        .next_us = CLOCK_NONE,
    };
    if (t->by_operator)
        r->verified_by = t->operator_id;
    clock = (struct request_clock){.received_us = r->received_us, .paused_at = CLOCK_NONE};
    r->due_us = request_due(&clock, call->policy->answer_within, call->policy->answer_extension);
}

static enum outcome put_set_and_tasks(struct call *call, const struct request *r, const struct forget_set *named,
                                      struct error *err)
{
    const struct tasks_wanted all = {.services = true, .verb = "forget"};

    TRY(set_put(call, named, err));
    return r->kind == KIND_FORGET ? tasks_create(call, &r->id, &all, err) : DONE;
}

enum outcome take_request(struct call *call, const struct taking *t, struct request *r, struct error *err)
{
    struct forget_set named = t->named;
    struct admission admission;
    bool found = false;

    if (!uuid_is_nil(&t->id))
        TRY(request_load(call, &t->id, r, &found, err));
    if (found)
        return DONE;
    begin(call, t, r);
    TRY(admit(call, t, &admission, err));
    TRY(seal_contact(call, t, r, err));
    named.request = r->id;
    r->status = admission.status;
    r->four_eyes = admission.four_eyes;
    if (r->kind == KIND_FORGET && !r->four_eyes)
        saga_open(call, r, &named);
    else
        r->next_us = saga_schedule(r, call->now_us);
    struct request_new made = {
        .controller = text_of(call->policy->controller),
        .relation = t->relation,
        .verify_method = t->verify_method,
        .verify_level = t->verify_level,
        .verified_us =
            t->by_operator || t->verified ? (t->verified_us == CLOCK_NONE ? call->now_us : t->verified_us) : CLOCK_NONE,
        .resolved_us = CLOCK_NONE,
        .priority = t->priority,
    };
    TRY(request_insert(call, r, &made, err));
    TRY(put_set_and_tasks(call, r, &named, err));
    request_announce(call, r);
    metric_add(erasure(call)->taken, 1);
    return DONE;
}

enum outcome take_restated(struct call *call, struct request *doubtful, const struct forget_set *subject,
                           struct request *r, struct error *err)
{
    struct forget_set named = *subject;
    bool found;

    named.request = call_uuid(call);
    TRY(request_restate(call, &doubtful->id, &named.request, err));
    doubtful->contact = (struct uuid){0}; /* its successor's now */
    TRY(request_load(call, &named.request, r, &found, err));
    ENSURE(found);
    saga_open(call, r, &named);
    TRY(put_set_and_tasks(call, r, &named, err));
    TRY(saga_cancel(call, doubtful, err));
    doubtful->status = STATUS_CANCELLED;
    return request_save(call, doubtful, err);
}
