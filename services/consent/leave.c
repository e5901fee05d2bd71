/* leave: reading the token, and the acts behind it. */
#include "services/consent/leave.h"

#include "proto/contact.h"
#include "services/consent/gate.h"
#include "services/consent/token.h"

static bool names(const struct consent_shared *shared, struct text name, const uint8_t wanted[TOKEN_PURPOSE_BYTES])
{
    uint8_t digest[TOKEN_PURPOSE_BYTES];

    token_purpose(shared->unsubscribe_key, name, digest);
    return crypto_equal(digest, wanted, sizeof digest);
}

enum outcome leave_load(struct call *call, struct text text, bool lock, struct leave *leave, struct error *err)
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

enum outcome leave_standing(struct call *call, const struct leave *leave, bool all, struct standing *standing,
                            struct error *err)
{
    struct standing_query query = {.email = leave->address.email,
                                   .wide = leave->address.wide,
                                   .channel = TEXT("email"),
                                   .purpose = all || leave->purpose.p == NULL ? TEXT("") : leave->purpose};

    return gate_standing(call, &query, standing, err);
}

enum outcome leave_now(struct call *call, const struct leave *leave, bool all, const char *source, struct error *err)
{
    struct act_refusal refusal = {
        .email = leave->address.email,
        .wide = leave->address.wide,
        .channel = TEXT("email"),
        .purpose = all ? TEXT("") : leave->purpose,
        .kind = all ? REFUSAL_OBJECTED : REFUSAL_WITHDRAWN,
        .given_by = GIVEN_BY_SUBJECT,
        .at = call->now_us,
        .source = text_of(source),
    };
    struct standing standing;

    TRY(leave_standing(call, leave, all, &standing, err));
    return decide_unsubscribe(&standing, all) ? act_refuse(call, &refusal, err) : DONE;
}

enum outcome leave_lift(struct call *call, const struct leave *leave, enum page *page, struct error *err)
{
    struct standing standing;

    *page = PAGE_LIFTED;
    if (!leave->found) {
        *page = PAGE_WRONG;
        return DONE;
    }
    TRY(leave_standing(call, leave, true, &standing, err));
    if (standing.restricted) {
        *page = PAGE_BLOCKED;
        return DONE;
    }
    return decide_objected(&standing) ? act_lift(call, &leave->address, &standing, TEXT("email"), err) : DONE;
}
