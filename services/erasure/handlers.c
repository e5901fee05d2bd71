/* handlers: what erasure hears over Kafka: services' answers, forgets asked upstream, expiries, contradictions, mails. */
#include <inttypes.h>
#include <string.h>

#include "gen/erasure_sql.h"
#include "proto/events.h"
#include "services/erasure/ledger.h"
#include "services/erasure/orders.h"
#include "services/erasure/saga.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"
#include "services/erasure/take.h"
#include "services/erasure/tasks.h"

/* ---- forget.result, by the batch: eight answers a request and step ------------------------------------------------ */

static bool known_service(struct text name)
{
    for (size_t i = 0; i < SERVICES; i++)
        if (text_is(name, service_names[i]))
            return true;
    return false;
}

static void answers_init(struct call *call, struct service_answers *a, size_t n)
{
    *a = (struct service_answers){
        .requests = ARENA_ARRAY(call->arena, n, struct uuid),
        .services = ARENA_ARRAY(call->arena, n, struct text),
        .rows = ARENA_ARRAY(call->arena, n, int64_t),
        .remaining = ARENA_ARRAY(call->arena, n, int64_t),
        .at = ARENA_ARRAY(call->arena, n, int64_t),
        .counts = ARENA_ARRAY(call->arena, n, struct text),
    };
}

/* Those that a certificate knows, in the order that canonical JSON asks for; TEXT_NONE where there are none. */
static struct text counts_print(const struct named_count_list *counts, struct arena *arena)
{
    static const char *const names[] = {"contents_destroyed", "contents_erased", "contents_rewritten",
                                        "contents_to_judge", "parts_destroyed"}; /* canonical JSON sorts them */
    struct text out = TEXT_NONE;

    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        for (size_t i = 0; i < counts->n; i++)
            if (text_is(counts->items[i].name, names[n]))
                out = text_format(arena, "%.*s%c\"%s\":%" PRId64, TEXT_ARGS(out), out.n == 0 ? '{' : ',', names[n],
                                  counts->items[i].n);
    return out.n == 0 ? TEXT_NONE : text_format(arena, "%.*s}", TEXT_ARGS(out));
}

static void answers_add(struct call *call, struct service_answers *a, const struct forget_result *in)
{
    a->counts[a->n] = counts_print(&in->counts, call->arena);
    a->requests[a->n] = in->request;
    a->services[a->n] = in->service;
    a->rows[a->n] = in->rows;
    a->remaining[a->n] = in->remaining;
    a->at[a->n++] = in->at;
}

/* Who answers for a request that is over has heard an old order (a reminder that lay in a dead process's outbox), or was
 * at work when its end was told: it is told once more. */
static enum outcome close_again(struct call *call, const struct uuid *requests, size_t n, struct error *err)
{
    struct uuid_list over;

    TRY(requests_over(call, requests, n, &over, err));
    for (size_t i = 0; i < over.n; i++) {
        struct request request = {.id = over.items[i]};
        order_step(call, &forget_completed_event, &request, (struct text_list){0});
    }
    return DONE;
}

static enum outcome take_answers(struct call *call, struct service_answers phases[2], struct error *err)
{
    size_t n = 0;
    struct uuid *requests = ARENA_ARRAY(call->arena, phases[0].n + phases[1].n, struct uuid);
    struct uuid_list ready;

    for (int phase = 0; phase < 2; phase++)
        for (size_t i = 0; i < phases[phase].n; i++)
            requests[n++] = phases[phase].requests[i];
    if (n == 0)
        return DONE;
    TRY(close_again(call, requests, n, err));
    TRY(tasks_destroyed(call, &phases[PHASE_DESTROY], err));
    TRY(tasks_verified(call, &phases[PHASE_VERIFY], err));
    TRY(requests_ready(call, requests, n, &ready, err));
    for (size_t i = 0; i < ready.n; i++)
        TRY(saga_advance(call, &ready.items[i], err));
    return DONE;
}

/* All requests of the batch at once, in order of their ids, before any holder's row is locked. */
static enum outcome lock_all(struct call *call, const struct batch_item *items, size_t n, struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, n, struct uuid);
    size_t ids_n = 0;

    for (size_t i = 0; i < n; i++) {
        if (items[i].outcome != DONE || items[i].type == NULL)
            continue;
        if (items[i].type == &forget_result_event)
            ids[ids_n++] = ((const struct forget_result *)items[i].event)->request;
        else if (items[i].type == &forget_resolved_event)
            ids[ids_n++] = ((const struct forget_resolved *)items[i].event)->request;
    }
    return request_lock(call, ids, ids_n, err);
}

enum outcome on_answers(struct call *call, struct batch_item *items, size_t n, struct error *err)
{
    struct service_answers phases[2];

    TRY(lock_all(call, items, n, err));
    answers_init(call, &phases[PHASE_DESTROY], n);
    answers_init(call, &phases[PHASE_VERIFY], n);
    for (size_t i = 0; i < n; i++) {
        struct batch_item *item = &items[i];
        if (item->outcome != DONE || item->type == NULL)
            continue;
        if (item->type == &forget_result_event) {
            const struct forget_result *in = item->event;
            if (!known_service(in->service))
                item->outcome = error_refuse(&item->error, "/data/service", "unknown", "no such service");
            else
                answers_add(call, &phases[in->phase], in);
        } else if (item->type == &forget_resolved_event) {
            TRY(saga_resolved(call, item->event, err));
        } else if (item->type == &backup_answer_event) {
            TRY(backup_put(call, item->event, err));
        }
    }
    return take_answers(call, phases, err);
}

/* ---- asked upstream -------------------------------------------------------------------------------------------------- */

enum outcome on_forget_wanted(struct call *call, const void *event, struct error *err)
{
    const struct forget_wanted *in = event;
    struct forget_key *keys = ARENA_ARRAY(call->arena, in->keys.n, struct forget_key);
    struct taking taking;
    struct request r;

    for (size_t i = 0; i < in->keys.n; i++)
        keys[i] = (struct forget_key){.kind = (enum key_kind)in->keys.items[i].kind, .hash = in->keys.items[i].hash};
    taking = (struct taking){
        .id = in->request,
        .kind = KIND_FORGET,
        .named = {.keys = keys, .keys_n = in->keys.n},
        .sealed = in->contact,
        .relation = in->relation,
        .source = in->source,
        .verified = in->verified,
        .received_us = in->received_at,
        .verified_us = CLOCK_NONE,
    };
    if (!uuid_is_nil(&in->record)) {
        taking.named.records.items = ARENA_NEW(call->arena, struct uuid);
        taking.named.records.items[0] = in->record;
        taking.named.records.n = 1;
    }
    return take_request(call, &taking, &r, err);
}

/* ---- retention's expiries ---------------------------------------------------------------------------------------------- */

static enum outcome holders_with_system(struct call *call, int64_t *n, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &erasure_sql_holders_count, NULL, &rows, err));
    *n = rows.n > 0 ? pg_get_int8(&rows, 0, 1) : 0;
    pg_rows_free(&rows);
    return DONE;
}

static struct request internal_request(struct call *call, const struct uuid *id, enum request_kind kind)
{
    return (struct request){
        .id = *id,
        .rev = 1,
        .kind = kind,
        .status = STATUS_RESTRICTED,
        .stage = STAGE_RESOLVED,
        .decision = DECISION_NONE,
        .received_us = call->now_us,
        .opened_us = call->now_us,
        .due_us = duration_add(call->now_us, call->policy->answer_within),
        .hold_until_us = CLOCK_NONE,
        .extended_us = CLOCK_NONE,
        .paused_at_us = CLOCK_NONE,
        .completed_us = CLOCK_NONE,
        .answered_us = CLOCK_NONE,
        .destroy_us = CLOCK_NONE,
        .verify_us = CLOCK_NONE,
        .next_us = CLOCK_NONE,
    };
}

enum outcome on_retention_expired(struct call *call, const void *event, struct error *err)
{
    const struct retention_expired *in = event;
    struct request r = internal_request(call, &in->expiry, KIND_EXPIRY);
    struct request_new made = {.controller = text_of(call->policy->controller),
                               .rule = in->rule,
                               .verified_us = CLOCK_NONE,
                               .resolved_us = call->now_us};
    struct forget_set set = {
        .request = in->expiry, .records = in->records, .activities = in->activities, .parts = in->parts};
    struct collected found = {0};
    int64_t holders;
    bool there;

    TRY(request_exists(call, &in->expiry, &there, err));
    if (there)
        return DONE;
    TRY(holders_with_system(call, &holders, err));
    if (holders > 0 && in->records.n > 0) {
        const struct collecting records = {.set = &set, .sources_only = true};
        TRY(secrets_collect(call, &records, &found, err));
        if (found.identifiers.n > 0)
            TRY(secrets_put_identifiers(call, &r.id, found.identifiers, &r.identifiers, err));
    }
    const struct tasks_wanted wanted = {.services = true, .verb = "forget", .systems = &found.systems};
    TRY(request_insert(call, &r, &made, err));
    TRY(set_put(call, &set, err));
    TRY(set_disclose(call, &r.id, found.record_systems, found.record_categories, err));
    TRY(tasks_create(call, &r.id, &wanted, err));
    return saga_begin(call, &r.id, err);
}

/* ---- withdrawals and objections: holders that write to people hear of them, too -------------------------------------- */

enum outcome on_consent_changed(struct call *call, const void *event, struct error *err)
{
    const struct consent_changed *in = event;
    struct holder_identifier one = {.kind = TEXT("email")};
    struct text plain, address;
    uint8_t name[16 + 8 + 8], digest[32];
    struct uuid id;
    bool there;

    if (in->state != CONSENT_WITHDRAWN && in->state != CONSENT_OBJECTED)
        return DONE;
    memcpy(name, in->address.b, 16);
    memcpy(name + 16, &in->position, 8);
    memcpy(name + 24, &in->rev, 8);
    crypto_digest(name, sizeof(name), digest);
    id = uuid_v8(digest);
    ledger_note(call, &consent_changed_event, &id, in);
    struct request r = internal_request(call, &id, KIND_CONSENT);
    struct request_new made = {
        .controller = text_of(call->policy->controller), .verified_us = CLOCK_NONE, .resolved_us = call->now_us};
    const struct tasks_wanted wanted = {.verb = "consent", .identifier = "email"};
    struct pg_rows rows;
    int64_t holders;
    TRY(request_exists(call, &id, &there, err));
    TRY(pg_exec(call->pg, &erasure_sql_holders_count, NULL, &rows, err));
    holders = rows.n > 0 ? pg_get_int8(&rows, 0, 2) : 0;
    pg_rows_free(&rows);
    if (there || holders == 0)
        return DONE;
    plain = TEXT_NONE;
    if (!uuid_is_nil(&in->vault))
        TRY(vault_open(call->vault, call->pg, &in->vault, 1, "request", &(struct uuid){0}, call->arena, &plain, err));
    if (secrets_read_address(call, plain, &address)) {
        one.value = address;
        TRY(secrets_put_identifiers(call, &id, (struct holder_identifier_list){.items = &one, .n = 1}, &r.identifiers,
                                    err));
    }
    r.purpose = in->purpose;
    TRY(request_insert(call, &r, &made, err));
    TRY(tasks_create(call, &id, &wanted, err));
    return saga_begin(call, &id, err);
}

/* ---- a holder whose `done` wasn't true --------------------------------------------------------------------------------- */

enum outcome on_contact_refused(struct call *call, const void *event, struct error *err)
{
    const struct contact_refused *in = event;
    struct request r;
    int64_t reopened;
    bool found;

    if (!text_is(in->rule, "forgotten") || uuid_is_nil(&in->request) || in->system.p == NULL ||
        !decide_contradicts(in->event_type, in->sent_at))
        return DONE;
    TRY(request_load(call, &in->request, &r, &found, err));
    if (!found || r.kind != KIND_FORGET || r.stage < STAGE_DESTROYING)
        return DONE;
    TRY(task_contradict(call, &r.id, in->system, in->sent_at, !uuid_is_nil(&r.identifiers), &reopened, err));
    if (reopened == 0)
        return DONE;
    metric_add(erasure(call)->contradicted, reopened);
    log_error(call->log, "holder.contradicted", F_UUID("request", &r.id), F_TEXT("system", in->system));
    r.contradicted = true;
    if (r.stage == STAGE_CLOSED) { /* it isn't completed, whatever the certificate says */
        r.status = STATUS_RUNNING;
        r.stage = STAGE_VERIFYING;
        r.completed_us = CLOCK_NONE;
    }
    r.next_us = saga_schedule(&r, call->now_us);
    call_wake(call, "deliver");
    return request_save(call, &r, err);
}

/* ---- was the person answered ------------------------------------------------------------------------------------------- */

enum outcome on_mail_changed(struct call *call, const void *event, struct error *err)
{
    const struct mail_changed *in = event;
    struct pg_params params;
    struct pg_rows rows;
    bool ours;

    if (in->kind != MAIL_ANSWER || uuid_is_nil(&in->request))
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &in->request);
    pg_add_uuid(&params, &in->mail);
    pg_add_str(&params, mail_state_names[in->state]);
    pg_add_time(&params, in->at);
    TRY(pg_exec(call->pg, &erasure_sql_mail_changed, &params, &rows, err));
    ours = rows.n > 0;
    pg_rows_free(&rows);
    if (ours && (in->state == MAIL_BOUNCED || in->state == MAIL_REFUSED))
        log_warn(call->log, "answer.undelivered", F_UUID("request", &in->request),
                 F_STR("state", mail_state_names[in->state]));
    if (in->state == MAIL_SENT || in->state == MAIL_BOUNCED || in->state == MAIL_REFUSED || in->state == MAIL_CANCELLED)
        return secrets_destroy_of(call, &in->mail, NULL, err);
    return DONE;
}
