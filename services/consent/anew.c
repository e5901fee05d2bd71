/* anew: a statement has changed so that the policy asks anew: whoever agreed to an older version gets one mail with a link for
 * the new one. Until it is confirmed nothing is mailed for that purpose. */
#include <string.h>

#include "proto/contact.h"
#include "services/consent/ask.h"
#include "services/consent/gate.h"
#include "services/consent/handlers.h"
#include "services/consent/service.h"

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
    struct standing_query query = {
        .email = grant->address.email, .wide = grant->address.wide, .channel = grant->channel, .purpose = name};
    struct standing standing;
    struct wish wish = {.act = anew_id(&grant->address, name, version),
                        .address = grant->address.vault,
                        .keys = address_keys(call->arena, &query.email, &query.wide),
                        .channel = grant->channel,
                        .purpose = name,
                        .source = TEXT("lethe"),
                        .statement = version,
                        .at = call->now_us,
                        .given_by = -1};

    TRY(gate_standing(call, &query, &standing, err));
    TRY(store_mailed(call, &query, &standing, err));
    if (words.statement == NULL || !decide_ask_anew(&standing, purpose) ||
        decide_request(&standing, purpose, version, call->now_us, false, call->now_us) != REQUEST_MAIL)
        return DONE;
    struct address address = grant->address;
    address.vault = (struct uuid){{0}}; /* nothing new opens it */
    return ask_apply(call, &wish, &words, &address, &standing, REQUEST_MAIL, err);
}

/* A page; the cursor goes on, or to the next purpose. What a rolled-back page leaves out comes in the next round. */
static enum outcome ask_page(struct call *call, const struct policy_purpose *purpose, int64_t version,
                             struct anew_cursor *cursor, struct error *err)
{
    struct granted *grants;
    size_t n;

    TRY(store_granted_before(call, text_of(purpose->name), version, &cursor->after, PAGE_MOST, &grants, &n, err));
    for (size_t i = 0; i < n; i++)
        TRY(ask_one(call, purpose, version, &grants[i], err));
    if (n < PAGE_MOST)
        *cursor = (struct anew_cursor){.purpose = cursor->purpose + 1};
    return DONE;
}

/* One page a run, so that a purpose with a million grants takes no more memory than one with fifty. */
enum outcome ask_anew(struct call *call, bool *again, struct error *err)
{
    struct anew_cursor *cursor = &((struct consent_shared *)call->state)->anew;

    while (cursor->purpose < call->policy->purposes_n) {
        const struct policy_purpose *purpose = &call->policy->purposes[cursor->purpose];
        int64_t newest = 0;

        for (size_t i = 0; i < purpose->statements_n; i++)
            newest = purpose->statements[i].version > newest ? purpose->statements[i].version : newest;
        if (policy_asks_anew(purpose, 0)) {
            *again = true;
            return ask_page(call, purpose, newest, cursor, err);
        }
        *cursor = (struct anew_cursor){.purpose = cursor->purpose + 1};
    }
    *cursor = (struct anew_cursor){.purpose = 0};
    return DONE;
}
