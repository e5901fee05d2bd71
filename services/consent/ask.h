/* ask: a double opt-in begins: the request on the ledger, the link's token, the mail that carries it. */
#ifndef LETHE_CONSENT_ASK_H
#define LETHE_CONSENT_ASK_H

#include "services/consent/act.h"

/* What asked and asserted have in common. */
struct wish {
    struct uuid act, address, record, evidence;
    struct key_list keys;
    struct text channel, purpose, language, source;
    int64_t statement, at;
    int given_by, whose;
    struct text country;
    int64_t age_over;
    bool own, soft_conditions, double_opt_in;
};

struct wish_words {
    const struct policy_purpose *purpose;
    const struct policy_statement *statement;
};

/* ask_apply: what decide_request planned: REQUEST_MAIL sends a link, all others are a note on the ledger. The address is
 * locked and made. */
enum outcome ask_apply(struct call *call, const struct wish *wish, const struct wish_words *words,
                       const struct address *address, const struct standing *standing, enum request_plan plan,
                       struct error *err) WARN_UNUSED;

#endif
