/* consent: what may be mailed, and on what ground: grants are narrow (an address, a purpose, a statement), refusals wide.
 * Pure: values in, a decision out. Art. 6, 7, 21 GDPR. */
#ifndef LETHE_CONSENT_CONSENT_H
#define LETHE_CONSENT_CONSENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/policy/policy.h"
#include "common/uuid/uuid.h"
#include "proto/events.h"

/* At most one confirmation mail an address and purpose in so long, and so many an address a day: a form in the hands of
 * a stranger must not fill a mailbox. */
#define CONFIRMATION_GAP_US HOURS(1)
enum { CONFIRMATIONS_A_DAY = 5 };

/* What refuses one address and purpose, from wherever it reaches it: the latest of its kind. */
struct refused {
    bool any;
    int64_t position; /* the ledger's */
    int64_t at;       /* when the person did it */
};

enum { AGE_GUARDIAN = 999 };

/* All that the ledger and what is derived from it say about one address, channel and purpose. */
struct standing {
    bool known; /* the address has a row here */
    struct uuid address;
    struct uuid person;  /* nil: none known */
    bool restricted;     /* a tombstone, a restricted record or person */
    int whose;           /* enum address_kind; unknown counts as a consumer's */
    struct text country; /* TEXT_NONE: unknown */
    bool has_state;
    int state; /* enum consent_state */
    int64_t rev;
    int64_t statement;
    int ground;       /* of an assertion: what it was taken for, GROUND_CONSENT or GROUND_SOFT_OPT_IN */
    int64_t age_over; /* the person is known to be so old; AGE_GUARDIAN: it is their guardian's act */
    struct text language;
    int64_t position, at;
    int64_t asked_position, asked_at; /* CONFIRMED: of the request that was confirmed; refusals before it are lifted */
    int64_t recorded_at;              /* when the act reached the ledger */
    int64_t last_used_at;             /* CLOCK_NONE: never mailed */
    struct text source;
    struct refused withdrawn, objected;
    struct refused lifted;   /* the objection, by the person's own act at this address; `any` where it was */
    int64_t bounced_at;      /* CLOCK_NONE: no mail came back since it was last confirmed */
    int64_t mailed_at;       /* the last link for this purpose that nobody has used; CLOCK_NONE */
    int64_t mailed_position; /* of its request */
    int64_t mailed_a_day;    /* confirmation mails to this address within a day */
};

/* Where no confirmation can lift it (contract, duty), a bounce stops mails for so long. */
#define BOUNCE_HOLDS_US ((int64_t)30 * US_PER_DAY)

/* ---- may it be mailed? --------------------------------------------------------------------------------------------- */
enum ground_why {
    WHY_ALLOWED,
    WHY_NO_CONSENT,
    WHY_WITHDRAWN,
    WHY_OBJECTED,
    WHY_LAPSED,
    WHY_UNKNOWN_PURPOSE,
    WHY_RESTRICTED,
    WHY_BOUNCED,
    WHY_STATEMENT, /* the statement has changed since, and the policy asks anew */
    WHY_AGE,       /* the purpose is for people of an age that isn't known here */
};
extern const char *const ground_why_names[];

struct ground {
    bool allowed;
    int why;             /* enum ground_why */
    int ground;          /* enum policy_ground, where allowed */
    int64_t position;    /* the ledger's act that allows it; INT64_MIN for contract and duty */
    int64_t statement;   /* INT64_MIN where there is none */
    bool unsubscribable; /* its mails carry List-Unsubscribe */
};
/* decide_ground: purpose NULL: the policy doesn't name it. */
void decide_ground(const struct standing *standing, const struct policy *policy, const struct policy_purpose *purpose,
                   int64_t now_us, struct ground *out);

/* ---- double opt-in ------------------------------------------------------------------------------------------------- */
enum request_plan {
    REQUEST_MAIL,       /* ledger, token, mail */
    REQUEST_NOTE,       /* ledger alone: a mail is under way, or there were too many; or the purpose has no opt-in */
    REQUEST_CONFIRMED,  /* ledger alone: that statement is confirmed */
    REQUEST_REFUSED,    /* ledger alone: an objection stands, or a later refusal */
    REQUEST_RESTRICTED, /* nothing */
};
/* decide_request: at_us: when the person asked, as the source says it (never later than now). own: the person's own act,
 * from a source that is trusted with saying so: after an objection nobody else may ask. An ask proves nothing: where the
 * purpose has no double opt-in, it is a note. */
enum request_plan decide_request(const struct standing *standing, const struct policy_purpose *purpose,
                                 int64_t statement, int64_t at_us, bool own, int64_t now_us);
/* decide_requested_state: does a request change the state shown (it never hides a grant that stands)? */
bool decide_requested_state(const struct standing *standing);

struct confirm_token {
    bool found;
    struct uuid address;
    struct text channel, purpose, language;
    int64_t statement;
    int64_t asked_position, asked_at;
    int64_t expires_at, used_at; /* used_at CLOCK_NONE: not yet */
};
enum confirm_plan {
    CONFIRM_YES,
    CONFIRM_WRONG,
    CONFIRM_EXPIRED,
    CONFIRM_USED,      /* and nothing stands on it any more */
    CONFIRM_ALREADY,   /* it, or a newer request, is confirmed */
    CONFIRM_WITHDRAWN, /* refused after it was asked for */
    CONFIRM_RESTRICTED,
};
enum confirm_plan decide_confirm(const struct confirm_token *token, const struct standing *standing, int64_t now_us);

/* ---- assertions, refusals, ends -------------------------------------------------------------------------------------- */
struct assertion {
    bool
        soft_conditions; /* of a soft opt-in: a sale, own similar products, an opt-out offered: Art. 13(2) of Directive 2002/58/EC */
    bool double_opt_in; /* confirmed by a link, elsewhere */
    int64_t age_over, given_at;
};
/* decide_assert: does an assertion become the state? Never over a refusal, whatever its date, nor over a confirmation;
 * over an earlier assertion or a lapse only where it was given later. A soft opt-in stands on its three conditions,
 * a purpose with an age on its assurance; allowed: what the policy lets this source assert. */
bool decide_assert(const struct standing *standing, const struct policy_purpose *purpose,
                   const struct policy_asserted *allowed, const struct assertion *assertion);
/* decide_ask_anew: is this grant's holder to be asked for the newer statement? */
bool decide_ask_anew(const struct standing *standing, const struct policy_purpose *purpose);
/* decide_objected: does an objection stand that the person hasn't lifted? */
bool decide_objected(const struct standing *standing);
/* decide_stands: is this grant (confirmed or asserted) still one, whatever its age? */
bool decide_stands(const struct standing *standing);
/* decide_unsubscribe: is there anything left to refuse? False: it is refused already (a repeat). */
bool decide_unsubscribe(const struct standing *standing, bool all);
/* decide_lapse: has a grant ended by itself: unused for too long, or asserted and not confirmed in time? */
bool decide_lapse(const struct standing *standing, const struct policy *policy, const struct policy_purpose *purpose,
                  int64_t now_us);

#endif
