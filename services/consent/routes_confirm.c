/* routes_confirm: the page behind a confirmation link. Looking (GET, HEAD) changes nothing; the button (POST) confirms. */
#include "proto/contact.h"
#include "services/consent/act.h"
#include "services/consent/gate.h"
#include "services/consent/handlers.h"
#include "services/consent/show.h"
#include "services/consent/wire.h"

static const struct {
    enum page page;
    int status;
} answers[] = {
    [CONFIRM_YES] = {PAGE_CONFIRM, 200},        [CONFIRM_WRONG] = {PAGE_WRONG, 404},
    [CONFIRM_EXPIRED] = {PAGE_EXPIRED, 410},    [CONFIRM_USED] = {PAGE_USED, 410},
    [CONFIRM_ALREADY] = {PAGE_ALREADY, 200},    [CONFIRM_WITHDRAWN] = {PAGE_WITHDRAWN, 409},
    [CONFIRM_RESTRICTED] = {PAGE_BLOCKED, 409},
};

struct link {
    uint8_t hash[32];
    struct confirm_token token;
    struct address address;
    struct standing standing;
    enum confirm_plan plan;
};

static enum outcome load_link(struct call *call, struct text text, bool lock, struct link *link, struct error *err)
{
    struct gate gate;
    bool found = false;

    *link = (struct link){.plan = CONFIRM_WRONG};
    crypto_token_hash(text, link->hash);
    TRY(store_token(call, link->hash, &link->token, err));
    if (link->token.found)
        TRY(store_address(call, &link->token.address, lock, &link->address, &found, err));
    if (!found)
        return DONE;
    if (lock) /* somebody may have pressed the button while we waited */
        TRY(store_token(call, link->hash, &link->token, err));
    struct standing_query query = {.email = link->address.email,
                                   .wide = link->address.wide,
                                   .channel = link->token.channel,
                                   .purpose = link->token.purpose};
    struct gate_query asked = {
        .email = query.email, .wide = query.wide, .at_us = link->token.found ? link->token.asked_at : CLOCK_NONE};
    if (link->token.found)
        TRY(store_standing(call, &query, 1, &link->standing, err));
    TRY(gate_check(call, &asked, 1, &gate, err));
    link->standing.restricted = link->standing.restricted || gate.gone || gate.restricted;
    link->plan = decide_confirm(&link->token, &link->standing, call->now_us);
    return DONE;
}

static void show_link(struct call *call, const struct http_request *request, const struct link *link, enum page page,
                      int status, struct http_response *response)
{
    struct shown shown = {.page = page,
                          .status = status,
                          .language = link->token.language,
                          .purpose = link->token.purpose,
                          .statement = link->token.statement};

    show(call, request, &shown, response);
}

enum outcome get_confirm(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct link link;

    TRY(load_link(call, request->params[0], false, &link, err));
    show_link(call, request, &link, answers[link.plan].page, answers[link.plan].status, response);
    return DONE;
}

/* A header of the reader's, as evidence: bounded, and text at all. */
static struct text printable(struct text text)
{
    enum { MOST = 512 };

    if (text.n > MOST)
        text.n = MOST;
    while (text.n > 0 && !text_utf8_valid(text))
        text.n--;
    return text;
}

/* The age that the purpose is for; 0: none. */
static int64_t age_of(struct call *call, const struct link *link)
{
    const struct policy_purpose *purpose = policy_purpose(call->policy, link->token.purpose);

    return purpose != NULL ? purpose->age : 0;
}

static enum outcome keep_evidence(struct call *call, const struct http_request *request, const struct link *link,
                                  struct bytes digest, struct uuid *evidence, struct error *err)
{
    struct buf plain;

    *evidence = act_id(link->hash, sizeof link->hash, "evidence");
    buf_init(&plain, 16 << 10);
    wire_evidence(&(struct confirmation_evidence){.how = "confirm",
                                                  .at = call->now_us,
                                                  .client = request->client,
                                                  .user_agent = printable(http_header(request, "user-agent")),
                                                  .purpose = link->token.purpose,
                                                  .statement = link->token.statement,
                                                  .language = link->token.language,
                                                  .age_over = age_of(call, link),
                                                  .statement_digest = digest.p != NULL
                                                                          ? text_hex(call->arena, digest.p, digest.n)
                                                                          : TEXT_NONE},
                  &plain);
    ENSURE(!plain.failed);
    struct vault_item item = {.id = *evidence,
                              .owner = link->address.id,
                              .kind = VAULT_EVIDENCE,
                              .plain = buf_view(&plain),
                              .expires_us = CLOCK_NONE};
    enum outcome o = vault_put(call->vault, call->pg, &item, 1, call->arena, err);
    buf_free(&plain);
    return o;
}

static struct bytes digest_of(struct call *call, const struct confirm_token *token)
{
    const struct policy_purpose *purpose = policy_purpose(call->policy, token->purpose);
    const struct policy_statement *statement =
        purpose != NULL ? policy_statement(call->policy, purpose, token->statement, token->language) : NULL;

    return statement != NULL ? act_digest(call->arena, statement) : (struct bytes){.p = NULL};
}

/* The person's own later act: for this address and purpose the objection is over. */
static enum outcome note_lifted(struct call *call, const struct link *link, struct error *err)
{
    struct ledger_row ledger = {
        .address = link->token.address,
        .subject = link->address.email,
        .person = link->standing.person,
        .channel = link->token.channel,
        .purpose = link->token.purpose,
        .statement = INT64_MIN,
        .act = CONSENT_LIFTED,
        .given_by = GIVEN_BY_SUBJECT,
        .at = call->now_us,
        .source = TEXT("confirmation"),
    };
    int64_t position;

    return store_ledger_add(call, &ledger, &position, err);
}

static enum outcome confirm(struct call *call, const struct http_request *request, const struct link *link,
                            struct error *err)
{
    const struct confirm_token *token = &link->token;
    struct bytes digest = digest_of(call, token);
    struct ledger_row ledger = {
        .address = token->address,
        .subject = link->address.email,
        .person = link->standing.person,
        .channel = token->channel,
        .purpose = token->purpose,
        .statement = token->statement,
        .language = token->language,
        .act = CONSENT_CONFIRMED,
        .given_by = GIVEN_BY_SUBJECT,
        .at = call->now_us,
        .age_over = age_of(call, link),
        .source = TEXT("confirmation"),
        .statement_digest = digest,
    };
    struct state_row state = {
        .address = token->address,
        .channel = token->channel,
        .purpose = token->purpose,
        .state = CONSENT_CONFIRMED,
        .statement = token->statement,
        .ground = GROUND_CONSENT,
        .age_over = age_of(call, link),
        .language = token->language,
        .at = call->now_us,
        .asked_position = token->asked_position,
        .asked_at = token->asked_at,
        .source = TEXT("confirmation"),
    };
    struct changed_list changed;

    if (decide_objected(&link->standing))
        TRY(note_lifted(call, link, err));
    TRY(keep_evidence(call, request, link, digest, &ledger.evidence, err));
    TRY(store_ledger_add(call, &ledger, &state.position, err));
    TRY(store_state_put(call, &state, &changed, err));
    TRY(store_token_used(call, link->hash, err));
    TRY(store_unbounce(call, &token->address, err));
    act_publish(call, &changed);
    return DONE;
}

enum outcome post_confirm(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    struct link link;

    TRY(load_link(call, request->params[0], true, &link, err));
    if (link.plan != CONFIRM_YES) {
        show_link(call, request, &link, answers[link.plan].page, answers[link.plan].status, response);
        return DONE;
    }
    if (age_of(call, &link) > 0 && !text_is(http_form(request, "age", call->arena), "yes")) {
        show_link(call, request, &link, PAGE_CONFIRM_AGE, 422, response);
        return DONE;
    }
    TRY(confirm(call, request, &link, err));
    show_link(call, request, &link, PAGE_CONFIRMED, 200, response);
    return DONE;
}
