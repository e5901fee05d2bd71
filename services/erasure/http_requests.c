/* http_requests: taking subject requests in, and showing them. */
#include "common/normal/normal.h"
#include "gen/erasure_sql.h"
#include "proto/table.h"
#include "services/erasure/certificate.h"
#include "services/erasure/json.h"
#include "services/erasure/ledger.h"
#include "services/erasure/service.h"
#include "services/erasure/take.h"

enum { PAGE = 100, PAGE_MOST = 1000, FUTURE_US = 300000000 };

struct subject_record {
    struct text system, id;
};
struct subject {
    struct text email, phone;
    bool has_record;
    struct subject_record record;
    struct uuid person;
};
struct asked_by {
    struct text relation, reply_to, language;
};
struct verified_how {
    struct text method, level, by;
    int64_t at;
};
struct request_body {
    struct uuid id, operator_id;
    struct text kind;
    struct subject subject;
    int64_t received_at, priority;
    bool has_requester, has_verification;
    struct asked_by requester;
    struct verified_how verification;
    struct text details, note;
};

static const struct field subject_record_type_fields[] = {
    MUST(subject_record, system, TEXT, 1, 64),
    MUST(subject_record, id, TEXT, 1, 256),
};
CLOSED(subject_record, subject_record_type, NULL);

static enum outcome check_subject(const void *object, const char *pointer, struct error *err)
{
    const struct subject *s = object;
    int named = (s->email.p != NULL) + (s->phone.p != NULL) + s->has_record + !uuid_is_nil(&s->person);

    if (named == 1)
        return DONE;
    return error_refuse(err, pointer, "subject", "a subject is one of email, phone, record, person");
}
static const struct field subject_type_fields[] = {
    MAY(subject, email, TEXT, 3, 320),
    MAY(subject, phone, TEXT, 3, 64),
    MAY_OBJECT(subject, record, subject_record_type),
    MAY(subject, person, UUID, 0, 0),
};
CLOSED(subject, subject_type, check_subject);

static const struct field asked_by_type_fields[] = {
    MAY(asked_by, relation, TEXT, 1, 16),
    MAY(asked_by, reply_to, TEXT, 3, 320),
    MAY(asked_by, language, TEXT, 2, 16),
};
CLOSED(asked_by, asked_by_type, NULL);

static const struct field verified_how_type_fields[] = {
    MAY(verified_how, method, TEXT, 1, 64),
    MAY(verified_how, level, TEXT, 1, 64),
    MAY(verified_how, by, TEXT, 1, 256),
    MAY(verified_how, at, TIME, 0, 0),
};
CLOSED(verified_how, verified_how_type, NULL);

static const struct field request_body_type_fields[] = {
    MAY(request_body, id, UUID, 0, 0),
    {.name = "operator", .kind = FIELD_UUID, .nullable = true, .offset = offsetof(struct request_body, operator_id)},
    MUST(request_body, kind, TEXT, 1, 16),
    MUST_OBJECT(request_body, subject, subject_type),
    MAY(request_body, received_at, TIME, 0, 0),
    MAY(request_body, priority, INT, 0, 100),
    MAY_OBJECT(request_body, requester, asked_by_type),
    MAY_OBJECT(request_body, verification, verified_how_type),
    MAY(request_body, details, JSON, 0, 32768),
    MAY(request_body, note, TEXT, 0, 8192),
};
CLOSED(request_body, request_body_type, NULL);

/* ---- whom it names -------------------------------------------------------------------------------------------------- */

static void name_identifier(struct call *call, struct taking *t, const char *kind, struct text system,
                            struct text value)
{
    struct holder_identifier *it = ARENA_NEW(call->arena, struct holder_identifier);

    *it = (struct holder_identifier){.kind = text_of(kind), .system = system, .value = value};
    t->contact.identifiers = (struct holder_identifier_list){.items = it, .n = 1};
}

static void name_key(struct call *call, struct taking *t, enum key_kind kind, struct hash hash)
{
    struct forget_key *key = ARENA_NEW(call->arena, struct forget_key);

    *key = (struct forget_key){.kind = kind, .hash = hash};
    t->named.keys = key;
    t->named.keys_n = 1;
}

static enum outcome name_subject(struct call *call, const struct subject *s, struct taking *t, struct error *err)
{
    const struct crypto_key *index = service_index_key(call->service);
    const char *region = call->policy->sources_n > 0 ? call->policy->sources[0].region : "DE";
    struct text normal;

    if (s->email.p != NULL) {
        if (!normal_email(s->email, call->arena, &normal))
            return error_refuse(err, "/subject/email", "email", "this is no email address");
        if (normal_email_is_role(normal))
            return error_refuse(err, "/subject/email", "role mailbox",
                                "a shared mailbox names nobody: name the record instead");
        name_identifier(call, t, "email", TEXT_NONE, s->email);
        name_key(call, t, KEY_EMAIL, normal_key_email(index, normal));
    } else if (s->phone.p != NULL) {
        if (!normal_phone(s->phone, region, call->arena, &normal))
            return error_refuse(err, "/subject/phone", "phone", "this is no phone number");
        name_identifier(call, t, "phone", TEXT_NONE, s->phone);
        name_key(call, t, KEY_PHONE, normal_key_phone(index, normal));
    } else if (s->has_record) {
        name_identifier(call, t, "source", s->record.system, s->record.id);
        name_key(call, t, KEY_SOURCE, normal_key_source(index, s->record.system, s->record.id));
    } else {
        t->named.persons.items = ARENA_NEW(call->arena, struct uuid);
        t->named.persons.items[0] = s->person;
        t->named.persons.n = 1;
    }
    return DONE;
}

static enum outcome check_relation(struct text relation, struct error *err)
{
    static const char *const known[] = {"self", "guardian", "agent", "lawyer", NULL};

    if (relation.p == NULL || names_index(known, relation) >= 0)
        return DONE;
    return error_refuse(err, "/requester/relation", "enum", "one of self, guardian, agent, lawyer");
}

static enum outcome read_taking(struct call *call, const struct request_body *body, struct taking *t, struct error *err)
{
    int kind = names_index(request_kind_names, body->kind);

    if (kind < 0 || kind >= KIND_EXPIRY)
        return error_refuse(err, "/kind", "enum", "no such kind of request");
    if (body->received_at != CLOCK_NONE && body->received_at > call->now_us + FUTURE_US)
        return error_refuse(err, "/received_at", "future", "a request can't come in after now");
    *t = (struct taking){
        .id = body->id,
        .kind = (enum request_kind)kind,
        .operator_id = body->operator_id,
        .by_operator = true,
        .received_us = body->received_at,
        .verified_us = CLOCK_NONE,
        .priority = body->priority == INT64_MIN ? 0 : (int)body->priority,
    };
    t->contact.details = body->details;
    t->contact.note = body->note;
    if (body->has_requester) {
        TRY(check_relation(body->requester.relation, err));
        t->relation = body->requester.relation;
        t->contact.reply_to = body->requester.reply_to;
        t->contact.language = body->requester.language;
        t->language = body->requester.language;
    }
    if (body->has_verification) {
        t->verify_method = body->verification.method;
        t->verify_level = body->verification.level;
        t->verified_us = body->verification.at;
        t->contact.verified_by = body->verification.by;
    }
    return name_subject(call, &body->subject, t, err);
}

static void respond_taken(struct http_response *response, const struct request *r)
{
    struct json j = json_object(&response->body, false);

    response->status = 202;
    json_uuid(&j, "id", &r->id);
    json_str(&j, "status", request_status_names[r->status]);
    json_time(&j, "due_at", r->due_us);
    json_end(&j);
}

enum outcome post_request(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    struct taking taking;
    struct request r;
    void *body;

    TRY(event_decode(&request_body_type, request->body, call->arena, &body, err));
    TRY(read_taking(call, body, &taking, err));
    TRY(take_request(call, &taking, &r, err));
    if (r.kind == KIND_FORGET && r.stage != STAGE_TAKEN)
        TRY(ledger_wait(call, &forget_opened_event, &r.id, err));
    respond_taken(response, &r);
    return DONE;
}

/* ---- showing -------------------------------------------------------------------------------------------------------- */

static enum outcome filter(struct text value, const char *const *names, const char *what, struct error *err)
{
    if (value.p == NULL || names_index(names, value) >= 0)
        return DONE;
    return error_status(err, 400, "enum", "no such %s", what);
}

enum outcome get_requests(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    struct text status = http_query(request, "status"), kind = http_query(request, "kind"),
                after = http_query(request, "after"), most = http_query(request, "limit");
    struct uuid cursor = {0}, last = {0};
    struct pg_params params;
    struct pg_rows rows;
    int64_t limit = PAGE;

    TRY(filter(status, request_status_names, "status", err));
    TRY(filter(kind, request_kind_names, "kind", err));
    if (after.p != NULL && !uuid_parse(after, &cursor))
        return error_status(err, 400, "uuid", "after is the id that the last page ended with");
    if (most.p != NULL && (!text_to_int64(most, &limit) || limit < 1 || limit > PAGE_MOST))
        return error_status(err, 400, "range", "limit is 1 to %d", PAGE_MOST);
    pg_params_init(&params, call->arena);
    pg_add_text(&params, status);
    pg_add_text(&params, kind);
    pg_add_uuid(&params, &cursor);
    pg_add_int4(&params, (int32_t)limit);
    TRY(pg_exec(call->pg, &erasure_sql_requests_json, &params, &rows, err));
    buf_str(&response->body, "{\"requests\":[");
    for (int i = 0; i < rows.n; i++) {
        if (i > 0)
            buf_char(&response->body, ',');
        buf_text(&response->body, pg_get_text(&rows, i, 1));
        last = pg_get_uuid(&rows, i, 0);
    }
    buf_char(&response->body, ']');
    struct json j = json_members(&response->body, true);
    if (rows.n == limit)
        json_uuid(&j, "after", &last);
    json_end(&j);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome parse_id(const struct http_request *request, struct uuid *id, struct error *err)
{
    if (!uuid_parse(request->params[0], id))
        return error_status(err, 404, "not found", "there is no such request");
    return DONE;
}

enum outcome get_request(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    struct uuid id;

    TRY(parse_id(request, &id, err));
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &id);
    TRY(pg_exec(call->pg, &erasure_sql_request_json, &params, &rows, err));
    if (rows.n == 0) {
        pg_rows_free(&rows);
        return error_status(err, 404, "not found", "there is no such request");
    }
    struct text whole = pg_get_text(&rows, 0, 0);
    struct json j = json_members(&response->body, true);
    buf_add(&response->body, whole.p, whole.n - 1);
    json_raw(&j, "holders", pg_get_text(&rows, 0, 1));
    json_raw(&j, "backups", pg_get_text(&rows, 0, 2));
    json_end(&j);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome get_certificate(struct call *call, const struct http_request *request, struct http_response *response,
                             struct error *err)
{
    struct request r;
    struct uuid id;
    bool found;

    TRY(parse_id(request, &id, err));
    TRY(request_load(call, &id, &r, &found, err));
    if (!found) { /* it may have outlived its request */
        TRY(certificate_print(call, &id, &response->body, &found, err));
        return found ? DONE : error_status(err, 404, "not found", "there is no such request");
    }
    found = r.status == STATUS_COMPLETED; /* a contradiction opens it again: what was signed then isn't true now */
    if (found)
        TRY(certificate_print(call, &id, &response->body, &found, err));
    if (!found)
        return error_status(err, 409, "not completed", "a certificate is made once every holder has answered");
    return DONE;
}
