/* routes_unsubscribe: the page behind List-Unsubscribe, and RFC 8058's one click. GET and HEAD change nothing; a POST
 * with a good token always ends in 200, as often as it comes. */
#include "proto/contact.h"
#include "services/consent/act.h"
#include "services/consent/gate.h"
#include "services/consent/handlers.h"
#include "services/consent/show.h"
#include "services/consent/token.h"

struct leave {
    bool ours;  /* the token is one of ours */
    bool found; /* and its address is still here */
    struct address address;
    struct text purpose;  /* TEXT_NONE: nobody knows it any more */
    struct text language; /* of what was agreed to */
};

static bool names(const struct consent_shared *shared, struct text name, const uint8_t wanted[TOKEN_PURPOSE_BYTES])
{
    uint8_t digest[TOKEN_PURPOSE_BYTES];

    token_purpose(shared->unsubscribe_key, name, digest);
    return crypto_equal(digest, wanted, sizeof digest);
}

static enum outcome load_leave(struct call *call, struct text text, bool lock, struct leave *leave, struct error *err)
{
    const struct consent_shared *shared = call->state;
    uint8_t wanted[TOKEN_PURPOSE_BYTES];
    struct address_purpose *known;
    struct uuid address;
    size_t n;

    *leave = (struct leave){.ours = false};
    if (!token_read(shared->unsubscribe_key, text, call->arena, &address, wanted))
        return DONE;
    leave->ours = true;
    TRY(store_address(call, &address, lock, &leave->address, &leave->found, err));
    for (size_t i = 0; i < call->policy->purposes_n; i++)
        if (names(shared, text_of(call->policy->purposes[i].name), wanted))
            leave->purpose = text_of(call->policy->purposes[i].name);
    if (!leave->found)
        return DONE;
    TRY(store_purposes(call, &address, TEXT("email"), &known, &n, err));
    for (size_t i = 0; i < n; i++)
        if (names(shared, known[i].purpose, wanted)) {
            leave->purpose = known[i].purpose;
            leave->language = known[i].language;
        }
    return DONE;
}

static void show_leave(struct call *call, const struct http_request *request, const struct leave *leave, enum page page,
                       struct http_response *response)
{
    struct shown shown = {
        .page = page, .status = page == PAGE_WRONG ? 404 : 200, .language = leave->language, .purpose = leave->purpose};

    show(call, request, &shown, response);
}

/* What stands for the address and the link's purpose, or for all direct marketing. */
static enum outcome load_standing(struct call *call, const struct leave *leave, bool all, struct standing *standing,
                                  struct error *err)
{
    struct standing_query query = {.email = leave->address.email,
                                   .wide = leave->address.wide,
                                   .channel = TEXT("email"),
                                   .purpose = all || leave->purpose.p == NULL ? TEXT("") : leave->purpose};
    struct gate_query asked = {.email = query.email, .wide = query.wide, .at_us = CLOCK_NONE};
    struct gate gate;

    TRY(store_standing(call, &query, 1, standing, err));
    TRY(gate_check(call, &asked, 1, &gate, err));
    standing->restricted = standing->restricted || gate.gone || gate.restricted;
    return DONE;
}

enum outcome get_unsubscribe(struct call *call, const struct http_request *request, struct http_response *response,
                             struct error *err)
{
    enum page page = PAGE_UNSUBSCRIBED_ALL;
    struct standing standing;
    struct leave leave;

    TRY(load_leave(call, request->params[0], false, &leave, err));
    if (!leave.ours)
        page = PAGE_WRONG;
    if (leave.found) {
        TRY(load_standing(call, &leave, true, &standing, err));
        page = decide_objected(&standing) ? PAGE_OBJECTED : PAGE_UNSUBSCRIBE;
    }
    show_leave(call, request, &leave, page, response);
    return DONE;
}

static enum outcome leave_now(struct call *call, const struct leave *leave, bool all, bool one_click, struct error *err)
{
    struct act_refusal refusal = {
        .email = leave->address.email,
        .wide = leave->address.wide,
        .channel = TEXT("email"),
        .purpose = all ? TEXT("") : leave->purpose,
        .kind = all ? REFUSAL_OBJECTED : REFUSAL_WITHDRAWN,
        .given_by = GIVEN_BY_SUBJECT,
        .at = call->now_us,
        .source = one_click ? TEXT("one-click") : TEXT("unsubscribe-page"),
    };
    struct standing standing;

    TRY(load_standing(call, leave, all, &standing, err));
    return decide_unsubscribe(&standing, all) ? act_refuse(call, &refusal, err) : DONE;
}

/* Only this button, pressed by whoever reads the mailbox, takes an objection back; what was agreed to before isn't
 * revived. */
static enum outcome lift_now(struct call *call, const struct leave *leave, enum page *page, struct error *err)
{
    struct standing standing;

    *page = PAGE_LIFTED;
    if (!leave->found) {
        *page = PAGE_WRONG;
        return DONE;
    }
    TRY(load_standing(call, leave, true, &standing, err));
    if (standing.restricted) {
        *page = PAGE_BLOCKED;
        return DONE;
    }
    return decide_objected(&standing) ? act_lift(call, &leave->address, &standing, TEXT("email"), err) : DONE;
}

static enum outcome refuse_now(struct call *call, const struct leave *leave, struct text scope, bool one_click,
                               enum page *page, struct error *err)
{
    /* Where nobody knows the purpose any more, the wide reading is the safe one. */
    bool all = leave->purpose.p == NULL || text_is(scope, "all");

    *page = !leave->ours ? PAGE_WRONG : all || !leave->found ? PAGE_UNSUBSCRIBED_ALL : PAGE_UNSUBSCRIBED;
    return leave->found ? leave_now(call, leave, all, one_click, err) : DONE;
}

enum outcome post_unsubscribe(struct call *call, const struct http_request *request, struct http_response *response,
                              struct error *err)
{
    bool one_click = text_is(http_form(request, "List-Unsubscribe", call->arena), "One-Click");
    struct text scope = one_click ? TEXT("") : http_form(request, "scope", call->arena);
    struct leave leave;
    enum page page;

    TRY(load_leave(call, request->params[0], true, &leave, err));
    if (text_is(scope, "lift"))
        TRY(lift_now(call, &leave, &page, err));
    else
        TRY(refuse_now(call, &leave, scope, one_click, &page, err));
    show_leave(call, request, &leave, page, response);
    return DONE;
}
