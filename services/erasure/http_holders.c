/* http_holders: registering outside holders, and answering by hand for those that can't. */
#include <string.h>

#include "gen/erasure_sql.h"
#include "proto/table.h"
#include "services/erasure/json.h"
#include "services/erasure/outside.h"
#include "services/erasure/register.h"
#include "services/erasure/saga.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"

struct holder_body {
    struct uuid operator_id;
    struct text name, kind, state, system, url, contact, sealing_key, signing_key, hmac_secret;
    struct text_list identifiers, categories;
};
static const struct field holder_body_type_fields[] = {
    {.name = "operator", .kind = FIELD_UUID, .nullable = true, .offset = offsetof(struct holder_body, operator_id)},
    MAY(holder_body, name, TEXT, 1, 63),
    MAY(holder_body, kind, TEXT, 1, 16),
    MAY(holder_body, state, TEXT, 1, 16),
    MAY(holder_body, system, TEXT, 1, 64),
    MAY(holder_body, url, TEXT, 8, 1024),
    MAY(holder_body, contact, TEXT, 1, 512),
    MAY(holder_body, sealing_key, TEXT, 1, 64),
    MAY(holder_body, signing_key, TEXT, 1, 64),
    MAY(holder_body, hmac_secret, TEXT, 16, 256),
    MAY(holder_body, identifiers, TEXTS, 0, 8),
    MAY(holder_body, categories, TEXTS, 0, 100),
};
CLOSED(holder_body, holder_body_type, NULL);

/* What was sent, with its keys decoded. */
struct given {
    const struct holder_body *body;
    struct bytes sealing_key, signing_key;
};

static enum outcome public_key(struct call *call, struct text base64, const char *pointer, struct bytes *out,
                               struct error *err)
{
    *out = (struct bytes){0};
    if (base64.p == NULL)
        return DONE;
    if (!crypto_unbase64(call->arena, base64, out) || out->n != CRYPTO_PUBLIC_BYTES)
        return error_refuse(err, pointer, "key", "a public key is 32 bytes, as base64");
    return DONE;
}

static enum outcome read_given(struct call *call, const struct http_request *request, struct given *out,
                               struct error *err)
{
    static const char *const states[] = {"active", "past", NULL};
    void *body;

    TRY(event_decode(&holder_body_type, request->body, call->arena, &body, err));
    out->body = body;
    TRY(public_key(call, out->body->sealing_key, "/sealing_key", &out->sealing_key, err));
    TRY(public_key(call, out->body->signing_key, "/signing_key", &out->signing_key, err));
    for (size_t i = 0; i < out->body->identifiers.n; i++)
        if (names_index(holder_identifier_kinds, out->body->identifiers.items[i]) < 0)
            return error_refuse(err, "/identifiers", "enum", "identifiers are email, phone, source");
    if (out->body->state.p != NULL && names_index(states, out->body->state) < 0)
        return error_refuse(err, "/state", "enum", "a holder is active or past");
    if (out->body->url.p != NULL && !text_starts(out->body->url, "http://") && !text_starts(out->body->url, "https://"))
        return error_refuse(err, "/url", "url", "a webhook's address begins with http:// or https://");
    return DONE;
}

static enum outcome check_new(const struct given *g, int *kind, struct error *err)
{
    const struct holder_body *b = g->body;
    bool signs = g->signing_key.p != NULL;

    *kind = names_index(holder_kind_names, b->kind);
    if (b->name.p == NULL || !holder_name_ok(b->name))
        return error_refuse(err, "/name", "name", "a name is 1 to 63 of [a-z0-9._-]");
    if (*kind < 0)
        return error_refuse(err, "/kind", "enum", "one of kafka, webhook, opendsr, manual");
    if (*kind == HOLDER_KAFKA && g->sealing_key.p == NULL)
        return error_refuse(err, "/sealing_key", "required", "what travels over Kafka is sealed to the holder's key");
    if (*kind == HOLDER_KAFKA && !signs)
        return error_refuse(err, "/signing_key", "required", "answers over Kafka are signed");
    if (*kind == HOLDER_WEBHOOK && b->url.p == NULL)
        return error_refuse(err, "/url", "required", "a webhook has an address");
    if (*kind == HOLDER_WEBHOOK && !signs && b->hmac_secret.p == NULL)
        return error_refuse(err, "/signing_key", "required", "answers are signed: a signing_key or an hmac_secret");
    return DONE;
}

static enum outcome seal_secret(struct call *call, const struct uuid *holder, struct text secret, struct uuid *id,
                                struct error *err)
{
    return secret.p == NULL ? DONE : secrets_put(call, holder, "hmac", secret, CLOCK_NONE, id, err);
}

static void add_list(struct pg_params *params, struct text_list list)
{
    if (list.n == 0)
        pg_add_null(params);
    else
        pg_add_texts(params, list.items, list.n);
}

static enum outcome print_holders(struct call *call, const struct uuid *id, struct buf *out, int *n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    TRY(pg_exec(call->pg, &erasure_sql_holders_list, &params, &rows, err));
    for (int i = 0; i < rows.n; i++) {
        if (i > 0)
            buf_char(out, ',');
        buf_text(out, pg_get_text(&rows, i, 0));
    }
    *n = rows.n;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome post_holder(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct newcomer newcomer = {.id = call_uuid(call)};
    struct given given;
    bool made;
    int kind, n;

    TRY(read_given(call, request, &given, err));
    TRY(check_new(&given, &kind, err));
    TRY(seal_secret(call, &newcomer.id, given.body->hmac_secret, &newcomer.hmac, err));
    newcomer.operator_id = given.body->operator_id;
    newcomer.name = given.body->name;
    newcomer.kind = (enum holder_kind)kind;
    newcomer.system = given.body->system;
    newcomer.url = given.body->url;
    newcomer.contact = given.body->contact;
    newcomer.identifiers = given.body->identifiers;
    newcomer.categories = given.body->categories;
    newcomer.sealing_key = given.sealing_key;
    newcomer.signing_key = given.signing_key;
    TRY(holder_register(call, &newcomer, &made, err));
    if (!made)
        return error_status(err, 409, "name", "a holder of that name is registered");
    response->status = 201;
    return print_holders(call, &newcomer.id, &response->body, &n, err);
}

enum outcome get_holders(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    int n;

    (void)request;
    buf_str(&response->body, "{\"holders\":[");
    TRY(print_holders(call, &(struct uuid){0}, &response->body, &n, err));
    buf_str(&response->body, "]}");
    return DONE;
}

static enum outcome find(struct call *call, const struct http_request *request, struct holder *holder,
                         struct error *err)
{
    struct uuid id = {0};
    bool found = false;

    if (uuid_parse(request->params[0], &id))
        TRY(holder_load(call, &id, TEXT_NONE, holder, &found, err));
    return found ? DONE : error_status(err, 404, "not found", "there is no such holder");
}

enum outcome get_holder(struct call *call, const struct http_request *request, struct http_response *response,
                        struct error *err)
{
    struct holder holder;
    int n;

    TRY(find(call, request, &holder, err));
    return print_holders(call, &holder.id, &response->body, &n, err);
}

/* What went to a human for want of a key, an address or an identifier that it understands can be delivered now. */
static enum outcome wake_tasks(struct call *call, const struct uuid *holder, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, holder);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &erasure_sql_holder_equipped, &params, NULL, err));
    call_wake(call, "deliver");
    call_wake(call, "deliver-slow");
    return DONE;
}

enum outcome patch_holder(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    struct uuid hmac = {0};
    struct pg_params params;
    struct holder holder;
    struct given g;
    int n;

    TRY(read_given(call, request, &g, err));
    if (g.body->name.p != NULL || g.body->kind.p != NULL)
        return error_refuse(err, g.body->name.p != NULL ? "/name" : "/kind", "fixed",
                            "a holder's name and kind stand: register another");
    TRY(find(call, request, &holder, err));
    TRY(seal_secret(call, &holder.id, g.body->hmac_secret, &hmac, err));
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &holder.id);
    pg_add_text(&params, g.body->state);
    pg_add_text(&params, g.body->system);
    pg_add_text(&params, g.body->url);
    add_list(&params, g.body->identifiers);
    pg_add_text(&params, g.body->contact);
    add_list(&params, g.body->categories);
    pg_add_bytes(&params, g.sealing_key);
    pg_add_bytes(&params, g.signing_key);
    pg_add_uuid(&params, &hmac);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &erasure_sql_holder_update, &params, NULL, err));
    TRY(wake_tasks(call, &holder.id, err));
    if (!uuid_is_nil(&hmac) && !uuid_is_nil(&holder.hmac))
        TRY(secrets_destroy(call, (struct uuid_list){.items = &holder.hmac, .n = 1}, err));
    return print_holders(call, &holder.id, &response->body, &n, err);
}

/* ---- by hand: two persons ---------------------------------------------------------------------------------------------- */

struct manual_body {
    struct uuid operator_id, request;
    struct text outcome, rule, why, evidence;
    int64_t until;
};
static const struct field manual_body_type_fields[] = {
    {.name = "operator", .kind = FIELD_UUID, .required = true, .offset = offsetof(struct manual_body, operator_id)},
    MUST(manual_body, request, UUID, 0, 0),
    MUST(manual_body, outcome, TEXT, 1, 16),
    MAY(manual_body, rule, TEXT, 1, 256),
    MAY(manual_body, why, TEXT, 1, 1024),
    MAY(manual_body, evidence, TEXT, 1, 16384),
    MAY(manual_body, until, TIME, 0, 0),
};
CLOSED(manual_body, manual_body_type, NULL);

static enum outcome check_manual(const struct manual_body *body, const struct task *task, struct error *err)
{
    int outcome = names_index(holder_outcome_names, body->outcome);

    if (outcome != OUTCOME_DONE && outcome != OUTCOME_NOT_HELD && outcome != OUTCOME_KEPT)
        return error_refuse(err, "/outcome", "enum", "a human answers done, not-held or kept");
    if (task->status != TASK_HUMAN && !text_is(task->kind, "manual"))
        return error_status(err, 409, "automatic", "this holder answers for itself");
    if (task->status == TASK_CLOSED || task->status == TASK_WAITING)
        return error_status(err, 409, "status", "there is nothing to answer now");
    return DONE;
}

static enum outcome load_manual(struct call *call, const struct holder *holder, const struct uuid *request,
                                struct task *task, struct request *r, struct error *err)
{
    struct uuid id;
    bool found;

    TRY(request_load(call, request, r, &found, err));
    TRY(task_find(call, &holder->id, request, &id, err));
    if (!found || uuid_is_nil(&id))
        return error_status(err, 404, "not found", "this holder has no task in that request");
    return task_load(call, &id, holder->name, task, &found, err);
}

enum outcome post_manual_result(struct call *call, const struct http_request *request, struct http_response *response,
                                struct error *err)
{
    const struct manual_body *body;
    struct uuid evidence = {0};
    struct holder holder = {0};
    struct request r = {0};
    struct task task = {0};
    enum manual_step step = MANUAL_RECORD;
    void *read;

    TRY(event_decode(&manual_body_type, request->body, call->arena, &read, err));
    body = read;
    TRY(find(call, request, &holder, err));
    TRY(load_manual(call, &holder, &body->request, &task, &r, err));
    TRY(check_manual(body, &task, err));
    struct holder_result result = {.instruction = task.id,
                                   .outcome = body->outcome,
                                   .until = body->until,
                                   .rule = body->rule,
                                   .why = body->why,
                                   .evidence = body->evidence};
    struct holder_answer answer = {
        .outcome = (enum holder_outcome)names_index(holder_outcome_names, body->outcome),
        .until_us = body->until,
        .rule = body->rule,
        .why = body->why,
    };
    TRY(decide_manual(!uuid_is_nil(&task.manual_by), uuid_equal(&task.manual_by, &body->operator_id),
                      task.manual_outcome == answer.outcome, &step, err));
    if (step == MANUAL_RECORD && body->evidence.p == NULL)
        return error_refuse(err, "/evidence", "required", "an answer by hand stands on evidence");
    struct json j = json_object(&response->body, false);
    json_uuid(&j, "request", &r.id);
    json_text(&j, "outcome", body->outcome);
    json_bool(&j, "confirmed", step == MANUAL_CONFIRM);
    json_end(&j);
    if (step == MANUAL_CONFIRM) {
        if (result.rule.p == NULL)
            result.rule = task.manual_rule;
        if (result.until == CLOCK_NONE)
            result.until = task.manual_until_us;
        return outside_answer(call, holder.name, &result, &body->operator_id, err);
    }
    response->status = 202;
    TRY(outside_evidence(call, &r.id, &result, &evidence, err));
    return task_record(call, &task, &answer, &body->operator_id, &evidence, err);
}
