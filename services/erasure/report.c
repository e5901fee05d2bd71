/* report: the access report (Art. 15): who the person is to us, each record with its fields and provenance, activities,
 * consents, mails, and who else has them. Asked of the services that own them, in the moment; nothing of it is kept. */
#include "services/erasure/report.h"
#include "common/normal/normal.h"
#include "gen/erasure_sql.h"
#include "proto/table.h"
#include "services/erasure/json.h"
#include "services/erasure/service.h"
#include "services/erasure/store.h"

enum { ASK_TIMEOUT_MS = 10000, ASK_MOST = 8 << 20, RECORDS_MOST = 5000 };

struct resolved_person {
    struct uuid person;
    struct uuid_list records;
    struct key_list keys;
};
struct resolved_list {
    struct resolved_person *items;
    size_t n;
};
struct resolved {
    struct resolved_list persons;
};
static const struct field resolved_person_type_fields[] = {
    MUST(resolved_person, person, UUID, 0, 0),
    MAY(resolved_person, records, UUIDS, 0, 0),
    MAY_OBJECTS(resolved_person, keys, key_type, 0, KEYS_MOST),
};
OPEN(resolved_person, resolved_person_type, NULL);
static const struct field resolved_type_fields[] = {
    MUST_OBJECTS(resolved, persons, resolved_person_type, 0, 1000),
};
OPEN(resolved, resolved_type, NULL);

/* Asks another service; RETRY where it doesn't answer 200. */
static enum outcome ask(struct call *call, const char *url, const char *path, struct text body, struct text *answer,
                        struct error *err)
{
    struct http_answer got;
    const struct http_call asked = {
        .method = HTTP_POST,
        .url = text_cstr(call->arena, text_format(call->arena, "%s%s", url, path)),
        .bearer = service_internal_token(call->service),
        .body = body,
        .timeout_ms = ASK_TIMEOUT_MS,
        .answer_limit = ASK_MOST,
    };

    TRY(http_client_call(call->http, &asked, call->arena, &got, err));
    if (got.status != 200)
        return error_retry(err, "service", "a service that was asked for the report answered %d", got.status);
    return event_json_compact(got.body, call->arena, answer, err);
}

static void print_uuids(struct buf *out, const struct uuid *ids, size_t n)
{
    char text[UUID_TEXT_BYTES];

    buf_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        uuid_format(&ids[i], text);
        buf_printf(out, i > 0 ? ",\"%s\"" : "\"%s\"", text);
    }
    buf_char(out, ']');
}

static void print_key(struct buf *out, enum key_kind kind, const struct hash *hash, bool comma)
{
    struct json j = json_object(out, comma);

    json_str(&j, "kind", key_kind_names[kind]);
    json_name(&j, "hash");
    buf_char(out, '"');
    buf_hex(out, hash->b, sizeof(hash->b));
    buf_char(out, '"');
    json_end(&j);
}

static struct text written(struct call *call, struct buf *out)
{
    struct text text;

    ENSURE(!out->failed);
    text = text_copy(call->arena, buf_view(out));
    buf_free(out);
    return text;
}

static struct text subject_body(struct call *call, const struct forget_set *set)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    buf_str(&out, "{\"keys\":[");
    for (size_t i = 0; i < set->keys_n; i++)
        print_key(&out, set->keys[i].kind, &set->keys[i].hash, i > 0);
    buf_str(&out, "],\"records\":");
    print_uuids(&out, set->records.items, set->records.n);
    buf_str(&out, ",\"persons\":");
    print_uuids(&out, set->persons.items, set->persons.n);
    buf_char(&out, '}');
    return written(call, &out);
}

/* Who that is: keys, persons and records of all that dedupe finds, added to what the request named. */
static enum outcome who_is_it(struct call *call, struct forget_set *set, struct error *err)
{
    const struct resolved *found;
    struct forget_key *keys;
    struct text answer = TEXT_NONE;
    size_t records = set->records.n, keys_n = set->keys_n, persons = set->persons.n;
    void *read;

    TRY(ask(call, erasure(call)->dedupe_url, "/internal/v1/resolve", subject_body(call, set), &answer, err));
    TRY(event_decode(&resolved_type, answer, call->arena, &read, err));
    found = read;
    for (size_t i = 0; i < found->persons.n; i++) {
        records += found->persons.items[i].records.n;
        keys_n += found->persons.items[i].keys.n;
    }
    struct uuid *ids = ARENA_ARRAY(call->arena, records, struct uuid);
    struct uuid *people = ARENA_ARRAY(call->arena, persons + found->persons.n, struct uuid);
    keys = ARENA_ARRAY(call->arena, keys_n, struct forget_key);
    size_t r = 0, k = 0, p = 0;
    for (size_t i = 0; i < set->records.n; i++)
        ids[r++] = set->records.items[i];
    for (size_t i = 0; i < set->keys_n; i++)
        keys[k++] = set->keys[i];
    for (size_t i = 0; i < found->persons.n; i++) {
        const struct resolved_person *one = &found->persons.items[i];
        people[p++] = one->person;
        for (size_t m = 0; m < one->records.n && r < RECORDS_MOST; m++)
            ids[r++] = one->records.items[m];
        for (size_t m = 0; m < one->keys.n; m++)
            keys[k++] =
                (struct forget_key){.kind = (enum key_kind)one->keys.items[m].kind, .hash = one->keys.items[m].hash};
    }
    set->records = (struct uuid_list){.items = ids, .n = r};
    set->persons = (struct uuid_list){.items = people, .n = p};
    set->keys = keys;
    set->keys_n = k;
    return DONE;
}

static struct text records_body(struct call *call, const struct forget_set *set)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    buf_str(&out, "{\"records\":");
    print_uuids(&out, set->records.items, set->records.n);
    buf_str(&out, ",\"fields\":true,\"reason\":\"request\"}");
    return written(call, &out);
}

static struct text keys_body(struct call *call, const struct forget_set *set, bool persons)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    buf_str(&out, "{\"keys\":[");
    for (size_t i = 0; i < set->keys_n; i++)
        print_key(&out, set->keys[i].kind, &set->keys[i].hash, i > 0);
    buf_char(&out, ']');
    if (persons) {
        buf_str(&out, ",\"persons\":");
        print_uuids(&out, set->persons.items, set->persons.n);
    }
    buf_char(&out, '}');
    return written(call, &out);
}

/* Who has what, from when to when: of the categories of this person's records, noted with the request. */
static enum outcome disclosures(struct call *call, const struct uuid *request, struct text records, struct text *out,
                                struct error *err)
{
    struct text_list systems, categories;
    struct pg_params params;
    struct pg_rows rows;

    TRY(report_categories(records, call->arena, &systems, &categories, err));
    TRY(set_disclose(call, request, systems, categories, err));
    TRY(disclosures_note(call, request, false, err));
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &erasure_sql_disclosures_json, &params, &rows, err));
    *out = rows.n > 0 ? text_copy(call->arena, pg_get_text(&rows, 0, 0)) : TEXT("[]");
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome gather(struct call *call, const struct request *r, struct report *report, struct error *err)
{
    const struct erasure_state *state = erasure(call);
    struct forget_set set;

    TRY(set_load(call, &r->id, &set, err));
    TRY(call_pause(call, err)); /* no transaction stands while the others are asked */
    TRY(who_is_it(call, &set, err));
    report->persons = set.persons.n;
    report->records = TEXT("{\"records\":[],\"activities\":[]}");
    if (set.records.n > 0)
        TRY(ask(call, state->intake_url, "/internal/v1/records", records_body(call, &set), &report->records, err));
    TRY(ask(call, state->consent_url, "/internal/v1/subject", keys_body(call, &set, true), &report->consents, err));
    TRY(ask(call, state->mailer_url, "/internal/v1/subject", keys_body(call, &set, false), &report->mails, err));
    TRY(call_resume(call, err));
    return disclosures(call, &r->id, report->records, &report->holders, err);
}

enum outcome get_report(struct call *call, const struct http_request *request, struct http_response *response,
                        struct error *err)
{
    struct report report = {.generated_us = call->now_us};
    struct request r;
    struct uuid id;
    bool found = false;

    if (uuid_parse(request->params[0], &id))
        TRY(request_load(call, &id, &r, &found, err));
    if (!found)
        return error_status(err, 404, "not found", "there is no such request");
    if (r.kind != KIND_ACCESS && r.kind != KIND_PORTABILITY)
        return error_status(err, 409, "kind", "a report is made for access and portability");
    if (r.status == STATUS_VERIFYING || r.status == STATUS_COMPLETED || r.status == STATUS_CANCELLED)
        return error_status(err, 409, "status", "a report is made while the request is open");
    report.request = r.id;
    report.controller = text_of(call->policy->controller_name);
    report.complaint = text_of(call->policy->complaint);
    TRY(gather(call, &r, &report, err));
    if (http_accepts(request, "text/html")) {
        response->content_type = "text/html; charset=utf-8";
        return report_html(&report, call->arena, &response->body, err);
    }
    report_json(&report, &response->body);
    return DONE;
}
