/* routes_mydata: "my data". Whoever asks for a link gets the same answer; the link shows, downloads and forgets, each with the
 * proof that fits the stake. Looking changes nothing. Art. 12, 15, 17, 20 GDPR. */
#include <string.h>

#include "proto/contact.h"
#include "services/consent/act.h"
#include "services/consent/data_open.h"
#include "services/consent/gate.h"
#include "services/consent/handlers.h"
#include "services/consent/mydata.h"
#include "services/consent/show.h"
#include "services/consent/wire.h"

/* The source in the policy that says how far people's own word on this page is trusted with a forget. */
#define SOURCE "my-data"

/* ---- asking for a link ------------------------------------------------------------------------------------------------- */

static void show_ask(struct call *call, const struct http_request *request, enum page page, int status, bool missed,
                     struct http_response *response)
{
    struct data_view *view = ARENA_NEW(call->arena, struct data_view);

    *view = (struct data_view){.missed = missed};
    show(call, request,
         &(struct shown){.page = page, .status = status, .body = page == PAGE_DATA ? page_data_ask : NULL, .of = view},
         response);
}

enum outcome get_data(struct call *call, const struct http_request *request, struct http_response *response,
                      struct error *err)
{
    (void)err;
    show_ask(call, request, PAGE_DATA, 200, false, response);
    return DONE;
}

/* Who asks, so that nobody tries a list of addresses; keyed, and gone after a day. */
static struct hash requester_of(struct call *call, const struct http_request *request)
{
    const struct consent_shared *shared = call->state;
    struct text tagged = text_format(call->arena, "requester %.*s", TEXT_ARGS(request->client));
    uint8_t mac[32];
    struct hash out;

    crypto_mac(shared->unsubscribe_key, sizeof shared->unsubscribe_key, tagged.p, tagged.n, mac);
    memcpy(out.b, mac, sizeof out.b);
    return out;
}

static struct text language_of(struct call *call, const struct http_request *request)
{
    return page_language(http_query(request, "lang"), http_header(request, "accept-language"),
                         text_of(call->policy->default_language));
}

/* The same work whether the address is known or not; who is known is looked for later, by the job. */
enum outcome post_data(struct call *call, const struct http_request *request, struct http_response *response,
                       struct error *err)
{
    const struct crypto_key *key = service_index_key(call->service);
    struct data_ask ask = {.id = call_uuid(call), .requester = requester_of(call, request)};
    struct text said = http_form(request, "email", call->arena), email, wide;
    int64_t an_hour;

    if (said.p == NULL || !normal_email(said, call->arena, &email)) {
        show_ask(call, request, PAGE_DATA, 422, true, response);
        return DONE;
    }
    TRY(store_data_asked(call, &ask.requester, &an_hour, err));
    if (an_hour >= DATA_ASKS_AN_HOUR) {
        http_respond_header(response, "Retry-After", TEXT("3600"));
        show_ask(call, request, PAGE_DATA_MANY, 429, false, response);
        return DONE;
    }
    ask.email = normal_key_email(key, email);
    if (normal_email_wide(email, call->arena, &wide))
        ask.wide = normal_key_email_wide(key, wide);
    ask.shared = normal_email_is_role(email);
    ask.language = language_of(call, request);
    TRY(store_data_ask(call, &ask, err));
    call_wake(call, "answer-data-asks");
    show_ask(call, request, PAGE_DATA_ASKED, 200, false, response);
    return DONE;
}

/* ---- behind the link --------------------------------------------------------------------------------------------------- */

struct mine {
    struct data_link link;
    struct data_person *persons; /* of the address, a row a record */
    size_t persons_n;            /* rows */
    bool restricted;
    enum data_proof proof;
    struct uuid person; /* whose data are shown; nil: nobody is known, the address' acts alone */
};

static size_t count_persons(const struct data_person *rows, size_t n)
{
    size_t persons = 0;

    for (size_t i = 0; i < n; i++)
        persons += i == 0 || !uuid_equal(&rows[i].person, &rows[i - 1].person);
    return persons;
}

static enum outcome load_mine(struct call *call, const struct http_request *request, bool lock, struct mine *mine,
                              struct error *err)
{
    struct standing standing;

    *mine = (struct mine){.proof = DATA_TOO_MANY};
    TRY(store_data_link(call, request->params[0], lock, &mine->link, err));
    if (!mine->link.found)
        return DONE;
    const struct data_link *link = &mine->link;
    struct standing_query query = {
        .email = link->email, .wide = link->wide, .channel = TEXT("email"), .purpose = TEXT("")};
    TRY(gate_standing(call, &query, &standing, err));
    mine->restricted = standing.restricted;
    TRY(store_data_persons(call, &link->email, &mine->persons, &mine->persons_n, err));
    bool proven = !uuid_is_nil(&link->person);
    mine->proof = decide_data_proof(link->shared, count_persons(mine->persons, mine->persons_n), proven, link->tries);
    mine->person = proven ? link->person : mine->persons_n > 0 ? mine->persons[0].person : (struct uuid){{0}};
    return DONE;
}

/* The records of the person who is shown. */
static struct uuid_list records_of(struct call *call, const struct mine *mine, const struct uuid *person)
{
    struct uuid_list list = {.items = ARENA_ARRAY(call->arena, mine->persons_n + 1, struct uuid)};

    for (size_t i = 0; i < mine->persons_n; i++)
        if (uuid_equal(&mine->persons[i].person, person) && !uuid_is_nil(&mine->persons[i].record))
            list.items[list.n++] = mine->persons[i].record;
    return list;
}

struct held {
    struct subject_row *acts;
    size_t acts_n;
    struct opened_record *records;
    size_t records_n;
};

static enum outcome load_held(struct call *call, const struct mine *mine, struct held *held, struct error *err)
{
    struct uuid_list records = records_of(call, mine, &mine->person);

    TRY(store_subject(call, &mine->link.email, 1, &mine->person, uuid_is_nil(&mine->person) ? 0 : 1, &held->acts,
                      &held->acts_n, err));
    TRY(data_open(call, records.items, records.n, &held->records, err));
    held->records_n = records.n;
    return DONE;
}

static void show_page(struct call *call, const struct http_request *request, const struct mine *mine, enum page page,
                      int status, const struct data_view *view, struct http_response *response)
{
    page_body *body = page == PAGE_DATA_PROOF ? page_data_proof : page == PAGE_DATA_YOURS ? page_data_yours : NULL;

    show(call, request,
         &(struct shown){.page = page, .status = status, .language = mine->link.language, .body = body, .of = view},
         response);
}

static enum outcome show_yours(struct call *call, const struct http_request *request, const struct mine *mine,
                               bool missed, struct http_response *response, struct error *err)
{
    struct data_view view = {.missed = missed, .token = request->params[0]};
    struct data_record *records;
    struct data_act *acts;
    struct held held;

    TRY(load_held(call, mine, &held, err));
    acts = ARENA_ARRAY(call->arena, held.acts_n + 1, struct data_act);
    records = ARENA_ARRAY(call->arena, held.records_n + 1, struct data_record);
    for (size_t i = 0; i < held.acts_n; i++) {
        const struct policy_purpose *purpose = policy_purpose(call->policy, held.acts[i].purpose);
        char at[CLOCK_TEXT_BYTES];

        clock_format_date(held.acts[i].at, at);
        acts[view.acts_n++] =
            (struct data_act){.at = text_cstr(call->arena, text_of(at)),
                              .act = held.acts[i].act,
                              .purpose = purpose != NULL ? text_of(purpose->title) : held.acts[i].purpose};
    }
    for (size_t i = 0; i < held.records_n; i++)
        if (held.records[i].plain.p != NULL)
            records[view.records_n++] = held.records[i].record;
    view.acts = acts;
    view.records = records;
    show_page(call, request, mine, PAGE_DATA_YOURS, missed ? 422 : 200, &view, response);
    return DONE;
}

/* Whatever stops a reader before their data; true: it was shown. */
static bool stopped(struct call *call, const struct http_request *request, const struct mine *mine,
                    struct http_response *response)
{
    const struct data_view view = {.missed = false};

    if (!mine->link.found)
        show_page(call, request, mine, PAGE_WRONG, 404, &view, response);
    else if (mine->restricted)
        show_page(call, request, mine, PAGE_BLOCKED, 409, &view, response);
    else if (mine->proof == DATA_TOO_MANY)
        show_page(call, request, mine, PAGE_DATA_MANY, 403, &view, response);
    else if (mine->proof == DATA_FACT_NEEDED)
        show_page(call, request, mine, PAGE_DATA_PROOF, 200, &view, response);
    else
        return false;
    return true;
}

enum outcome get_data_link(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err)
{
    struct mine mine;

    TRY(load_mine(call, request, false, &mine, err));
    return stopped(call, request, &mine, response) ? DONE : show_yours(call, request, &mine, false, response, err);
}

enum outcome get_data_download(struct call *call, const struct http_request *request, struct http_response *response,
                               struct error *err)
{
    struct buf *out = &response->body;
    struct held held;
    struct mine mine;

    TRY(load_mine(call, request, false, &mine, err));
    if (stopped(call, request, &mine, response))
        return DONE;
    TRY(load_held(call, &mine, &held, err));
    http_respond_header(response, "Content-Disposition", TEXT("attachment; filename=\"my-data.json\""));
    http_respond_header(response, "Cache-Control", TEXT("no-store"));
    http_respond_header(response, "X-Content-Type-Options", TEXT("nosniff"));
    buf_str(out, "{\"ledger\":[");
    for (size_t i = 0; i < held.acts_n; i++) {
        buf_str(out, i > 0 ? "," : "");
        wire_act(&held.acts[i], out);
    }
    buf_str(out, "],\"records\":[");
    bool first = true;
    for (size_t i = 0; i < held.records_n; i++) {
        if (held.records[i].plain.p == NULL)
            continue;
        buf_str(out, first ? "" : ",");
        first = false;
        buf_text(out, held.records[i].plain);
    }
    buf_str(out, "]}");
    return DONE;
}

/* ---- a second fact ------------------------------------------------------------------------------------------------------- */

/* Whose postcode or phone it is, of those who share the mailbox; nil unless it is exactly one's. */
static enum outcome find_person(struct call *call, const struct mine *mine, struct text said, struct uuid *person,
                                struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, mine->persons_n + 1, struct uuid);
    struct opened_record *opened;
    bool several = false;

    *person = (struct uuid){{0}};
    for (size_t i = 0; i < mine->persons_n; i++)
        ids[i] = mine->persons[i].record;
    TRY(data_open(call, ids, mine->persons_n, &opened, err));
    for (size_t i = 0; i < mine->persons_n; i++) {
        const struct data_record *record = &opened[i].record;

        if (!decide_data_fact(said, data_field(record, "postcode")) &&
            !decide_data_fact(said, data_field(record, "phone")))
            continue;
        several = several || (!uuid_is_nil(person) && !uuid_equal(person, &mine->persons[i].person));
        *person = mine->persons[i].person;
    }
    if (several)
        *person = (struct uuid){{0}};
    return DONE;
}

static enum outcome prove(struct call *call, const struct http_request *request, struct mine *mine,
                          struct http_response *response, struct error *err)
{
    struct text said = http_form(request, "fact", call->arena);
    const struct data_view view = {.missed = true};
    struct uuid person;

    TRY(find_person(call, mine, said, &person, err));
    TRY(store_data_tried(call, mine->link.hash, &person, err));
    if (uuid_is_nil(&person)) {
        show_page(call, request, mine, PAGE_DATA_PROOF, 422, &view, response);
        return DONE;
    }
    mine->person = person;
    mine->proof = DATA_PROVEN;
    return show_yours(call, request, mine, false, response, err);
}

/* ---- forget me ------------------------------------------------------------------------------------------------------------ */

/* Where the answer goes, sealed with the request. */
static enum outcome seal_contact(struct call *call, const struct mine *mine, struct uuid *contact, struct error *err)
{
    struct opened_record *opened;
    struct buf plain;

    TRY(data_open(call, &mine->link.vault, 1, &opened, err));
    if (opened->email.p == NULL)
        return error_retry(err, "vault", "the address can't be opened");
    *contact = act_id(mine->link.hash, sizeof mine->link.hash, "contact");
    buf_init(&plain, 16 << 10);
    buf_str(&plain, "{\"identifiers\":[{\"kind\":\"email\",\"value\":");
    buf_json_string(&plain, opened->email);
    buf_str(&plain, "}],\"relation\":\"self\",\"reply_to\":");
    buf_json_string(&plain, opened->email);
    buf_char(&plain, '}');
    ENSURE(!plain.failed);
    struct vault_item item = {
        .id = *contact, .kind = VAULT_REQUEST, .plain = buf_view(&plain), .expires_us = CLOCK_NONE};
    enum outcome o = vault_put(call->vault, call->pg, &item, 1, call->arena, err);
    buf_free(&plain);
    return o;
}

/* Of a mailbox that several use the address is no key: a record of the one who proved to be it names the person. */
static enum outcome forget(struct call *call, const struct mine *mine, struct error *err)
{
    struct uuid_list records = records_of(call, mine, &mine->person);
    bool alone = !mine->link.shared && count_persons(mine->persons, mine->persons_n) <= 1;
    struct forget_wanted wanted;

    event_init(forget_wanted_event.data, &wanted);
    wanted.request = act_id(mine->link.hash, sizeof mine->link.hash, "forget");
    if (alone)
        wanted.keys = address_keys(call->arena, &mine->link.email, &mine->link.wide);
    wanted.record = records.n > 0 ? records.items[0] : (struct uuid){{0}};
    wanted.source = TEXT(SOURCE);
    wanted.verified = true;
    wanted.relation = TEXT("self");
    wanted.received_at = call->now_us;
    TRY(seal_contact(call, mine, &wanted.contact, err));
    outbox_publish(call->outbox, &forget_wanted_event, &wanted.request, &wanted);
    return DONE;
}

enum outcome post_data_link(struct call *call, const struct http_request *request, struct http_response *response,
                            struct error *err)
{
    struct text what = http_form(request, "do", call->arena);
    const struct data_view view = {.missed = false};
    struct mine mine;

    TRY(load_mine(call, request, true, &mine, err));
    if (mine.link.found && !mine.restricted && mine.proof == DATA_FACT_NEEDED && text_is(what, "prove"))
        return prove(call, request, &mine, response, err);
    if (stopped(call, request, &mine, response))
        return DONE;
    if (!text_is(what, "forget"))
        return show_yours(call, request, &mine, false, response, err);
    if (!text_is(http_form(request, "sure", call->arena), "yes"))
        return show_yours(call, request, &mine, true, response, err);
    TRY(forget(call, &mine, err));
    show_page(call, request, &mine, PAGE_DATA_FORGOTTEN, 202, &view, response);
    return DONE;
}
