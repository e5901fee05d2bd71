/* anew: a statement has changed so that the policy asks anew: whoever agreed to an older version gets one mail with a link for
 * the new one. Until it is confirmed nothing is mailed for that purpose. */
#include <string.h>

#include "proto/contact.h"
#include "services/consent/ask.h"
#include "services/consent/gate.h"
#include "services/consent/handlers.h"

enum { PAGE_MOST = 50 };

/* One and the same for a repeat: of the address, the purpose and the version. */
static struct uuid anew_id(const struct address *address, struct text purpose, int64_t version)
{
    uint8_t of[16 + 8 + 32];

    memcpy(of, address->id.b, 16);
    memcpy(of + 16, &version, 8);
    crypto_digest(purpose.p, purpose.n, of + 24);
    return act_id(of, sizeof of, "anew");
}

static enum outcome ask_one(struct call *call, const struct policy_purpose *purpose, int64_t version,
                            const struct granted *grant, struct error *err)
{
    struct text name = text_of(purpose->name);
    struct wish_words words = {.purpose = purpose,
                               .statement = policy_statement(call->policy, purpose, version, grant->language)};
    struct key *keys = ARENA_ARRAY(call->arena, 2, struct key);
    struct standing_query query = {
        .email = grant->address.email, .wide = grant->address.wide, .channel = grant->channel, .purpose = name};
    struct gate_query asked = {.email = query.email, .wide = query.wide, .at_us = CLOCK_NONE};
    struct standing standing;
    struct gate gate;

    keys[0] = (struct key){.kind = KEY_EMAIL, .hash = query.email};
    keys[1] = (struct key){.kind = KEY_EMAIL_WIDE, .hash = query.wide};
    struct wish wish = {.act = anew_id(&grant->address, name, version),
                        .address = grant->address.vault,
                        .keys = {.items = keys, .n = hash_is_none(&query.wide) ? 1 : 2},
                        .channel = grant->channel,
                        .purpose = name,
                        .source = TEXT("lethe"),
                        .statement = version,
                        .at = call->now_us,
                        .given_by = -1};
    TRY(store_standing(call, &query, 1, &standing, err));
    TRY(gate_check(call, &asked, 1, &gate, err));
    standing.restricted = standing.restricted || gate.gone || gate.restricted;
    TRY(store_mailed(call, &query, &standing, err));
    if (words.statement == NULL || !decide_ask_anew(&standing, purpose) ||
        decide_request(&standing, purpose, version, call->now_us, false, call->now_us) != REQUEST_MAIL)
        return DONE;
    struct address address = grant->address;
    address.vault = (struct uuid){{0}}; /* nothing new opens it */
    return ask_apply(call, &wish, &words, &address, &standing, REQUEST_MAIL, err);
}

static enum outcome ask_purpose(struct call *call, const struct policy_purpose *purpose, int64_t version,
                                struct error *err)
{
    struct uuid after = {{0}};
    struct granted *grants;
    size_t n = PAGE_MOST;

    while (n == PAGE_MOST && !call_stopping(call)) {
        TRY(store_granted_before(call, text_of(purpose->name), version, &after, PAGE_MOST, &grants, &n, err));
        for (size_t i = 0; i < n; i++)
            TRY(ask_one(call, purpose, version, &grants[i], err));
        TRY(call_checkpoint(call, err));
    }
    return DONE;
}

enum outcome ask_anew(struct call *call, bool *again, struct error *err)
{
    (void)again;
    for (size_t p = 0; p < call->policy->purposes_n; p++) {
        const struct policy_purpose *purpose = &call->policy->purposes[p];
        int64_t newest = 0;

        for (size_t i = 0; i < purpose->statements_n; i++)
            newest = purpose->statements[i].version > newest ? purpose->statements[i].version : newest;
        if (policy_asks_anew(purpose, 0))
            TRY(ask_purpose(call, purpose, newest, err));
    }
    return DONE;
}
