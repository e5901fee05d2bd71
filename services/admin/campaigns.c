/* campaigns: mails for a purpose to named persons. The mailer keeps the content and asks for each mail's ground anew. */
#include <stddef.h>

#include "services/admin/body.h"
#include "services/admin/forward.h"

enum {
    SUBJECTS_MOST = 10000,
    TEXT_MOST = 64 * 1024,
    HTML_MOST = 256 * 1024,
    BODY_MOST = 2 * 1024 * 1024,
    RECORDS_MOST = 10000,
    PERSONS_PAGE = 256
};

struct subject_named {
    struct uuid record, person;
};
struct subjects_named {
    struct subject_named *items;
    size_t n;
};
struct content {
    struct text subject, text, html;
};
struct campaign_body {
    struct text purpose;
    struct content content;
    struct subjects_named subjects;
};

static enum outcome check_subject(const void *object, const char *pointer, struct error *err)
{
    const struct subject_named *subject = object;
    if (uuid_is_nil(&subject->record) == uuid_is_nil(&subject->person))
        return error_refuse(err, pointer, "one of", "name one of record and person");
    return DONE;
}

static const struct field subject_fields[] = {
    {.name = "record", .kind = FIELD_UUID, .offset = offsetof(struct subject_named, record)},
    {.name = "person", .kind = FIELD_UUID, .offset = offsetof(struct subject_named, person)},
};
static const struct object_type subject_type = {
    .fields = subject_fields, .fields_n = 2, .size = sizeof(struct subject_named), .check = check_subject};
static const struct field content_fields[] = {
    {.name = "subject",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct content, subject),
     .least = 1,
     .most = 200},
    {.name = "text",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct content, text),
     .least = 1,
     .most = TEXT_MOST},
    {.name = "html", .kind = FIELD_TEXT, .offset = offsetof(struct content, html), .least = 1, .most = HTML_MOST},
};
static const struct object_type content_type = {
    .fields = content_fields, .fields_n = 3, .size = sizeof(struct content)};
static const struct field campaign_fields[] = {
    {.name = "purpose",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct campaign_body, purpose),
     .least = 1,
     .most = 64},
    {.name = "content",
     .kind = FIELD_OBJECT,
     .required = true,
     .offset = offsetof(struct campaign_body, content),
     .type = &content_type},
    {.name = "subjects",
     .kind = FIELD_OBJECTS,
     .required = true,
     .offset = offsetof(struct campaign_body, subjects),
     .least = 1,
     .most = SUBJECTS_MOST,
     .type = &subject_type},
};
static const struct object_type campaign_type = {
    .fields = campaign_fields, .fields_n = 3, .size = sizeof(struct campaign_body)};

/* dedupe's answer, so far as it is needed here */
struct resolved_person {
    struct uuid_list records;
};
struct resolved_persons {
    struct resolved_person *items;
    size_t n;
};
struct resolved {
    struct resolved_persons persons;
};
static const struct field resolved_person_fields[] = {
    {.name = "records", .kind = FIELD_UUIDS, .offset = offsetof(struct resolved_person, records)}};
static const struct object_type resolved_person_type = {
    .fields = resolved_person_fields, .fields_n = 1, .size = sizeof(struct resolved_person), .open = true};
static const struct field resolved_fields[] = {{.name = "persons",
                                                .kind = FIELD_OBJECTS,
                                                .offset = offsetof(struct resolved, persons),
                                                .type = &resolved_person_type}};
static const struct object_type resolved_type = {
    .fields = resolved_fields, .fields_n = 1, .size = sizeof(struct resolved), .open = true};

static struct text take(struct call *call, struct json *json)
{
    json_close(json);
    ENSURE(!json->out->failed);
    struct text copy = text_copy(call->arena, buf_view(json->out));
    buf_free(json->out);
    return copy;
}

/* One page of persons: what dedupe knows of them is added to out, which has room for RECORDS_MOST. */
static enum outcome resolve_page(struct call *call, const struct http_request *request, const struct uuid *persons,
                                 size_t n, struct uuid_list *out, struct error *err)
{
    void *decoded = NULL;
    struct text answer;
    struct buf buf;
    struct error why;
    buf_init(&buf, 64 << 10);
    struct json json = json_open(&buf);
    json_raw(&json, "keys", TEXT("[]"));
    json_uuids(&json, "records", NULL, 0);
    json_uuids(&json, "persons", persons, n);
    TRY(forward_ask(call, request, PEER_DEDUPE, "/internal/v1/resolve", take(call, &json), &answer, err));
    if (event_decode(&resolved_type, answer, call->arena, &decoded, &why) != DONE)
        return error_retry(err, "dedupe", "dedupe's answer can't be read: %s %s", why.pointer, why.rule);
    const struct resolved_persons *found = &((struct resolved *)decoded)->persons;
    for (size_t i = 0; i < found->n; i++)
        for (size_t k = 0; k < found->items[i].records.n; k++) {
            if (out->n == RECORDS_MOST)
                return error_refuse(err, "/subjects", "items", "a campaign goes to at most %d records", RECORDS_MOST);
            out->items[out->n++] = found->items[i].records.items[k];
        }
    return DONE;
}

static enum outcome records_of(struct call *call, const struct http_request *request, const struct campaign_body *body,
                               struct uuid_list *out, struct error *err)
{
    struct uuid *persons = ARENA_ARRAY(call->arena, body->subjects.n, struct uuid);
    size_t n = 0;
    *out = (struct uuid_list){.items = ARENA_ARRAY(call->arena, RECORDS_MOST, struct uuid)};
    for (size_t i = 0; i < body->subjects.n; i++) {
        const struct subject_named *subject = &body->subjects.items[i];
        if (uuid_is_nil(&subject->person))
            out->items[out->n++] = subject->record;
        else
            persons[n++] = subject->person;
    }
    for (size_t i = 0; i < n; i += PERSONS_PAGE)
        TRY(resolve_page(call, request, persons + i, n - i < PERSONS_PAGE ? n - i : PERSONS_PAGE, out, err));
    if (out->n == 0)
        return error_refuse(err, "/subjects", "items", "none of the persons has a record");
    return DONE;
}

static struct text mailer_body(struct call *call, const struct campaign_row *row, const struct campaign_body *body,
                               struct uuid_list records)
{
    struct buf buf;
    buf_init(&buf, (size_t)8 * BODY_MOST);
    struct json json = json_open(&buf);
    json_uuid(&json, "campaign", &row->id);
    json_uuid(&json, "operator", &row->by);
    json_text(&json, "purpose", row->purpose);
    json_name(&json, "content");
    struct json content = json_open(&buf);
    json_text(&content, "subject", body->content.subject);
    json_text(&content, "text", body->content.text);
    json_text(&content, "html", body->content.html);
    json_close(&content);
    json_uuids(&json, "records", records.items, records.n);
    return take(call, &json);
}

static enum outcome send(struct call *call, const struct http_request *request, const struct caller *caller,
                         const struct campaign_row *row, struct text out, struct http_answer *answer, struct error *err)
{
    struct deed deed = {.action = "campaign.add", .object = row->id};
    TRY(access_audit(call, caller, &deed, "asked", NULL, err));
    TRY(call_pause(call, err));
    enum outcome o = forward_call(call, request, PEER_MAILER, HTTP_POST, "/internal/v1/campaigns", out, answer, err);
    return forward_settle(call, caller, &deed, o, answer, err);
}

enum outcome post_campaign(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err)
{
    struct caller caller;
    struct uuid_list records;
    struct http_answer answer = {0};
    void *decoded = NULL;
    TRY(access_check(call, request, RIGHT_DECIDE, &(struct deed){.action = "campaign.add"}, &caller, err));
    TRY(body_read(&campaign_type, request->body, call->arena, &decoded, err));
    const struct campaign_body *body = decoded;
    if (policy_purpose(call->policy, body->purpose) == NULL)
        return error_refuse(err, "/purpose", "not in policy", "the policy names no such purpose");
    TRY(records_of(call, request, body, &records, err));
    struct campaign_row row = {.id = call_uuid(call),
                               .by = caller.id,
                               .purpose = body->purpose,
                               .records = (int64_t)records.n,
                               .at_us = call->now_us};
    struct text out = mailer_body(call, &row, body, records);
    TRY(store_campaign_add(call, &row, err));
    TRY(send(call, request, &caller, &row, out, &answer, err));
    if (answer.status >= 300) {
        forward_answer(call, request, response, &answer);
        return DONE;
    }
    response->status = 202;
    struct json json = json_open(&response->body);
    json_uuid(&json, "id", &row.id);
    json_int(&json, "records", row.records);
    json_close(&json);
    return DONE;
}

enum outcome get_campaigns(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err)
{
    struct caller caller;
    struct campaign_rows rows;
    TRY(access_look(call, request, RIGHT_LOOK, &(struct deed){.action = "campaign.list"}, &caller, err));
    TRY(store_campaigns(call, &rows, err));
    buf_str(&response->body, "{\"campaigns\":[");
    for (size_t i = 0; i < rows.n; i++) {
        if (i > 0)
            buf_char(&response->body, ',');
        struct json one = json_open(&response->body);
        json_uuid(&one, "id", &rows.items[i].id);
        json_text(&one, "purpose", rows.items[i].purpose);
        json_int(&one, "records", rows.items[i].records);
        json_time(&one, "created_at", rows.items[i].at_us);
        json_uuid(&one, "created_by", &rows.items[i].by);
        json_close(&one);
    }
    buf_str(&response->body, "]}");
    return DONE;
}
