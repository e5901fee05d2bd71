/* subjects: who a person is, told from what the services hold: ids and counts first, fields only where asked for by
 * somebody who may; each look is audited and committed before it is answered. */
#include <stddef.h>

#include "common/forget/forget.h"
#include "services/admin/body.h"
#include "services/admin/forward.h"
#include "services/admin/subject.h"

enum { KEYS_MOST = 1000 };

/* ---- what the others answer -------------------------------------------------------------------------------------- */

struct found_person {
    struct uuid person;
    bool restricted;
    struct uuid_list records;
    struct key_list keys;
};
static const struct field key_fields[] = {
    {.name = "kind",
     .kind = FIELD_ENUM,
     .required = true,
     .offset = offsetof(struct key, kind),
     .names = key_kind_names},
    {.name = "hash", .kind = FIELD_HASH, .required = true, .offset = offsetof(struct key, hash)},
};
static const struct object_type key_type = {
    .fields = key_fields, .fields_n = 2, .size = sizeof(struct key), .open = true};
struct found_persons {
    struct found_person *items;
    size_t n;
};
struct resolution {
    struct found_persons persons;
};
static const struct field person_fields[] = {
    {.name = "person", .kind = FIELD_UUID, .required = true, .offset = offsetof(struct found_person, person)},
    {.name = "restricted", .kind = FIELD_BOOL, .offset = offsetof(struct found_person, restricted)},
    {.name = "records", .kind = FIELD_UUIDS, .offset = offsetof(struct found_person, records)},
    {.name = "keys",
     .kind = FIELD_OBJECTS,
     .offset = offsetof(struct found_person, keys),
     .most = 20000,
     .type = &key_type},
};
static const struct object_type person_type = {
    .fields = person_fields, .fields_n = 4, .size = sizeof(struct found_person), .open = true};
static const struct field resolution_fields[] = {
    {.name = "persons", .kind = FIELD_OBJECTS, .offset = offsetof(struct resolution, persons), .type = &person_type},
};
static const struct object_type resolution_type = {
    .fields = resolution_fields, .fields_n = 1, .size = sizeof(struct resolution), .open = true};

/* Members that are passed on as they are. */
enum { RAW_MOST = 8 * 1024 * 1024 };
struct holdings {
    struct text records, activities;
};
static const struct field holdings_fields[] = {
    {.name = "records", .kind = FIELD_JSON, .offset = offsetof(struct holdings, records), .most = RAW_MOST},
    {.name = "activities", .kind = FIELD_JSON, .offset = offsetof(struct holdings, activities), .most = RAW_MOST},
};
static const struct object_type holdings_type = {
    .fields = holdings_fields, .fields_n = 2, .size = sizeof(struct holdings), .open = true};

/* ---- the search --------------------------------------------------------------------------------------------------- */

struct search {
    struct caller caller;
    const struct subject_search *asked;
    struct key asked_keys[SUBJECT_KEYS_MOST]; /* what was searched for */
    struct key *keys;                         /* and all that the persons found have */
    size_t keys_n;
    struct found_persons persons;
    struct uuid *ids; /* the persons, then their records */
    size_t persons_n, ids_n;
    struct text holdings, consents, mails, holders;
};

static void write_keys(struct json *json, const struct search *search)
{
    json_name(json, "keys");
    buf_char(json->out, '[');
    for (size_t i = 0; i < search->keys_n; i++) {
        buf_printf(json->out, "%s{\"kind\":\"%s\",\"hash\":\"", i > 0 ? "," : "", key_kind_names[search->keys[i].kind]);
        buf_hex(json->out, search->keys[i].hash.b, sizeof search->keys[i].hash.b);
        buf_str(json->out, "\"}");
    }
    buf_char(json->out, ']');
}

/* A body for a service, kept in the arena. */
static struct text finish(struct call *call, struct json *json)
{
    json_close(json);
    ENSURE(!json->out->failed);
    struct text copy = text_copy(call->arena, buf_view(json->out));
    buf_free(json->out);
    return copy;
}

/* The ledger and the send log know addresses, not persons: they are asked by every key of those found. */
static void gather_keys(struct call *call, struct search *search)
{
    size_t n = search->keys_n;
    for (size_t i = 0; i < search->persons.n; i++)
        n += search->persons.items[i].keys.n;
    struct key *all = ARENA_ARRAY(call->arena, n + 1, struct key);
    n = 0;
    for (size_t i = 0; i < search->keys_n; i++)
        all[n++] = search->keys[i];
    for (size_t i = 0; i < search->persons.n && n < KEYS_MOST; i++)
        for (size_t k = 0; k < search->persons.items[i].keys.n && n < KEYS_MOST; k++)
            all[n++] = search->persons.items[i].keys.items[k];
    search->keys = all;
    search->keys_n = n;
}

static enum outcome resolve(struct call *call, const struct http_request *request, struct search *search,
                            struct error *err)
{
    struct buf out;
    struct text answer;
    void *decoded = NULL;
    buf_init(&out, 1 << 20);
    struct json json = json_open(&out);
    write_keys(&json, search);
    json_uuids(&json, "records", NULL, 0);
    json_uuids(&json, "persons", &search->asked->person, uuid_is_nil(&search->asked->person) ? 0 : 1);
    TRY(forward_ask(call, request, PEER_DEDUPE, "/internal/v1/resolve", finish(call, &json), &answer, err));
    struct error why;
    if (event_decode(&resolution_type, answer, call->arena, &decoded, &why) != DONE)
        return error_retry(err, "dedupe", "dedupe's answer can't be read: %s %s", why.pointer, why.rule);
    search->persons = ((struct resolution *)decoded)->persons;
    size_t n = search->persons.n;
    for (size_t i = 0; i < search->persons.n; i++)
        n += search->persons.items[i].records.n;
    gather_keys(call, search);
    search->ids = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    for (size_t i = 0; i < search->persons.n; i++)
        search->ids[search->ids_n++] = search->persons.items[i].person;
    search->persons_n = search->ids_n;
    for (size_t i = 0; i < search->persons.n; i++)
        for (size_t k = 0; k < search->persons.items[i].records.n; k++)
            search->ids[search->ids_n++] = search->persons.items[i].records.items[k];
    return DONE;
}

/* Whom the search found is kept beside the chain, unless they are being forgotten. */
static enum outcome remember(struct call *call, const struct search *search, struct error *err)
{
    struct deed deed = {.action = "subject.look", .detail = subject_detail(search->asked, call->arena)};
    bool *gone = ARENA_ARRAY(call->arena, search->ids_n + 1, bool);
    struct uuid *live = ARENA_ARRAY(call->arena, search->ids_n + 1, struct uuid);
    size_t n = 0;
    int64_t seq = 0;
    TRY(access_audit(call, &search->caller, &deed, "allowed", &seq, err));
    if (search->ids_n == 0)
        return DONE;
    TRY(forget_check_ids(call, search->ids, search->ids_n, gone, err));
    for (size_t i = 0; i < search->ids_n; i++)
        if (!gone[i])
            live[n++] = search->ids[i];
    return store_look_add(call, seq, live, n, err);
}

static enum outcome ask_intake(struct call *call, const struct http_request *request, struct search *search,
                               struct error *err)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    struct json json = json_open(&out);
    json_uuids(&json, "records", search->ids + search->persons_n, search->ids_n - search->persons_n);
    json_bool(&json, "fields", search->asked->fields);
    json_text(&json, "reason", search->asked->reason.p != NULL ? search->asked->reason : TEXT("operator-look"));
    json_uuid(&json, "actor", &search->caller.id);
    return forward_ask(call, request, PEER_INTAKE, "/internal/v1/records", finish(call, &json), &search->holdings, err);
}

static enum outcome ask_others(struct call *call, const struct http_request *request, struct search *search,
                               struct error *err)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    struct json json = json_open(&out);
    write_keys(&json, search);
    json_uuids(&json, "persons", search->ids, search->persons_n);
    TRY(forward_ask(call, request, PEER_CONSENT, "/internal/v1/subject", finish(call, &json), &search->consents, err));
    buf_init(&out, 1 << 20);
    json = json_open(&out);
    write_keys(&json, search);
    TRY(forward_ask(call, request, PEER_MAILER, "/internal/v1/subject", finish(call, &json), &search->mails, err));
    return forward_ask(call, request, PEER_ERASURE, "/internal/v1/holders", TEXT_NONE, &search->holders, err);
}

static void write_persons(struct json *json, const struct search *search)
{
    json_name(json, "persons");
    buf_char(json->out, '[');
    for (size_t i = 0; i < search->persons.n; i++) {
        const struct found_person *person = &search->persons.items[i];
        if (i > 0)
            buf_char(json->out, ',');
        struct json one = json_open(json->out);
        json_uuid(&one, "person", &person->person);
        json_bool(&one, "restricted", person->restricted);
        json_uuids(&one, "records", person->records.items, person->records.n);
        json_close(&one);
    }
    buf_char(json->out, ']');
}

static enum outcome write_answer(struct call *call, const struct search *search, struct http_response *response,
                                 struct error *err)
{
    void *decoded = NULL;
    struct error why;
    if (event_decode(&holdings_type, search->holdings, call->arena, &decoded, &why) != DONE)
        return error_retry(err, "intake", "intake's answer can't be read: %s %s", why.pointer, why.rule);
    const struct holdings *holdings = decoded;
    struct json json = json_open(&response->body);
    json_name(&json, "counts");
    struct json counts = json_open(&response->body);
    json_int(&counts, "persons", (int64_t)search->persons_n);
    json_int(&counts, "records", (int64_t)(search->ids_n - search->persons_n));
    json_close(&counts);
    write_persons(&json, search);
    json_raw(&json, "records", holdings->records);
    json_raw(&json, "activities", holdings->activities);
    json_raw(&json, "consents", search->consents);
    json_raw(&json, "mails", search->mails);
    json_raw(&json, "holders", search->holders);
    json_close(&json);
    return DONE;
}

enum outcome post_search(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct search search = {0};
    struct deed deed = {.action = "subject.search"};
    const char *regions[SUBJECT_REGIONS_MOST];
    void *body = NULL;
    TRY(access_check(call, request, RIGHT_REQUEST, &deed, &search.caller, err));
    TRY(body_read(&subject_search_type, request->body, call->arena, &body, err));
    search.asked = body;
    deed.detail = subject_detail(search.asked, call->arena);
    if (search.asked->fields)
        TRY(access_check(call, request, RIGHT_FIELDS, &deed, &search.caller, err));
    TRY(subject_keys(search.asked, service_index_key(call->service), regions, subject_regions(call->policy, regions),
                     call->arena, search.asked_keys, &search.keys_n, err));
    search.keys = search.asked_keys;
    TRY(access_audit(call, &search.caller, &deed, "asked", NULL, err));
    TRY(resolve(call, request, &search, err));
    TRY(remember(call, &search, err));
    TRY(ask_intake(call, request, &search, err));
    TRY(ask_others(call, request, &search, err));
    return write_answer(call, &search, response, err);
}

/* Who looked at a person or record: the subject's id is ours, not an identifier of theirs. */
enum outcome get_looks(struct call *call, const struct http_request *request, struct http_response *response,
                       struct error *err)
{
    struct caller caller;
    struct deed deed = {.action = "look.list"};
    struct look_rows rows;
    TRY(path_id(request, &deed.object, err));
    TRY(access_look(call, request, RIGHT_DECIDE, &(struct deed){.action = deed.action}, &caller, err));
    TRY(store_looks(call, &deed.object, &rows, err));
    buf_str(&response->body, "{\"looks\":[");
    for (size_t i = 0; i < rows.n; i++) {
        if (i > 0)
            buf_char(&response->body, ',');
        struct json one = json_open(&response->body);
        json_int(&one, "seq", rows.items[i].seq);
        json_time(&one, "at", rows.items[i].at_us);
        json_uuid(&one, "operator", &rows.items[i].operator_id);
        json_text(&one, "by", rows.items[i].detail);
        json_close(&one);
    }
    buf_str(&response->body, "]}");
    return DONE;
}
