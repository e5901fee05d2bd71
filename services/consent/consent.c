/* consent: the decisions. */
#include "services/consent/consent.h"

const char *const ground_why_names[] = {
    "allowed",    "no-consent", "withdrawn",         "objected",    "lapsed", "unknown-purpose",
    "restricted", "bounced",    "statement-changed", "age-unknown", NULL};

static bool duration_none(struct duration d)
{
    return d.months == 0 && d.days == 0 && d.us == 0;
}

/* Advertising needs a grant; so does whatever the policy grounds on one. */
static bool needs_grant(const struct policy_purpose *purpose)
{
    return purpose->advertising || purpose->ground == GROUND_CONSENT || purpose->ground == GROUND_SOFT_OPT_IN;
}

/* A confirmation lifts what was refused before it was asked for, by the ledger's order and by the person's: in doubt
 * the refusal stands. Nothing else lifts. */
static bool lifted(const struct standing *s, const struct refused *refused)
{
    return s->has_state && s->state == CONSENT_CONFIRMED && refused->position < s->asked_position &&
           refused->at <= s->asked_at;
}

static bool refuses(const struct standing *s, const struct refused *refused)
{
    return refused->any && !lifted(s, refused);
}

static bool is_grant(const struct standing *s)
{
    return s->has_state && (s->state == CONSENT_CONFIRMED || s->state == CONSENT_ASSERTED);
}

/* An objection ends by a confirmation of later, for its purpose, or by the button that lifts it; both the person's own. */
bool decide_objected(const struct standing *s)
{
    bool by_button = s->lifted.any && s->objected.position < s->lifted.position && s->objected.at <= s->lifted.at;

    return refuses(s, &s->objected) && !by_button;
}

bool decide_stands(const struct standing *s)
{
    return is_grant(s) && !decide_objected(s) && !refuses(s, &s->withdrawn);
}

static bool asserted_in_time(const struct standing *s, const struct policy *policy,
                             const struct policy_purpose *purpose, int64_t now_us)
{
    struct policy_asserted allowed = policy_asserted(policy, s->source, text_of(purpose->name));

    return allowed.mailed &&
           (duration_none(allowed.confirm_within) || now_us < duration_add(s->recorded_at, allowed.confirm_within));
}

static bool unused_too_long(const struct standing *s, const struct policy_purpose *purpose, int64_t now_us)
{
    int64_t used = s->last_used_at > s->at ? s->last_used_at : s->at;
    return !duration_none(purpose->unused_after) && now_us >= duration_add(used, purpose->unused_after);
}

bool decide_lapse(const struct standing *s, const struct policy *policy, const struct policy_purpose *purpose,
                  int64_t now_us)
{
    if (!is_grant(s))
        return false;
    if (purpose == NULL)
        return false;
    if (unused_too_long(s, purpose, now_us))
        return true;
    return s->state == CONSENT_ASSERTED && policy_asserted(policy, s->source, text_of(purpose->name)).mailed &&
           !asserted_in_time(s, policy, purpose, now_us);
}

static enum ground_why why_not(const struct standing *s, const struct policy *policy,
                               const struct policy_purpose *purpose, int64_t now_us)
{
    if (decide_objected(s))
        return WHY_OBJECTED;
    if (refuses(s, &s->withdrawn))
        return WHY_WITHDRAWN;
    if (!s->has_state || s->state == CONSENT_REQUESTED)
        return WHY_NO_CONSENT;
    if (s->state == CONSENT_LAPSED)
        return WHY_LAPSED;
    if (s->state == CONSENT_WITHDRAWN)
        return WHY_WITHDRAWN;
    if (s->state == CONSENT_OBJECTED && !s->lifted.any)
        return WHY_OBJECTED;
    if (!is_grant(s))
        return WHY_NO_CONSENT;
    if (decide_lapse(s, policy, purpose, now_us))
        return WHY_LAPSED;
    if (s->state == CONSENT_ASSERTED && !asserted_in_time(s, policy, purpose, now_us))
        return WHY_NO_CONSENT;
    /* What was taken for a soft opt-in is no consent where the law wants one, for this kind of address by now. */
    if (s->state == CONSENT_ASSERTED && s->ground == GROUND_SOFT_OPT_IN &&
        policy_terms(purpose, s->country, s->whose).ground == GROUND_CONSENT)
        return WHY_NO_CONSENT;
    if (policy_asks_anew(purpose, s->statement))
        return WHY_STATEMENT;
    return s->age_over < purpose->age ? WHY_AGE : WHY_ALLOWED;
}

static bool bounces(const struct standing *s, const struct policy_purpose *purpose, int64_t now_us)
{
    if (s->bounced_at == CLOCK_NONE)
        return false;
    return needs_grant(purpose) || now_us - s->bounced_at < BOUNCE_HOLDS_US;
}

void decide_ground(const struct standing *s, const struct policy *policy, const struct policy_purpose *purpose,
                   int64_t now_us, struct ground *out)
{
    *out = (struct ground){.position = INT64_MIN, .statement = INT64_MIN};
    if (purpose == NULL) {
        out->why = WHY_UNKNOWN_PURPOSE;
        return;
    }
    if (s->restricted) {
        out->why = WHY_RESTRICTED;
        return;
    }
    if (bounces(s, purpose, now_us)) {
        out->why = WHY_BOUNCED;
        return;
    }
    if (!needs_grant(purpose)) {
        out->allowed = true;
        out->ground = (int)purpose->ground;
        return;
    }
    out->why = (int)why_not(s, policy, purpose, now_us);
    if (out->why != WHY_ALLOWED)
        return;
    out->allowed = true;
    out->ground = s->state == CONSENT_ASSERTED ? s->ground : (int)GROUND_CONSENT;
    out->position = s->position;
    out->statement = s->statement;
    out->unsubscribable = true;
}

/* Is a link under way that would still confirm? What was refused since it was asked for has killed it. */
static bool link_open(const struct standing *s, int64_t now_us)
{
    return s->mailed_at != CLOCK_NONE && now_us - s->mailed_at < CONFIRMATION_GAP_US &&
           (!s->withdrawn.any || s->withdrawn.position < s->mailed_position) &&
           (!s->objected.any || s->objected.position < s->mailed_position);
}

enum request_plan decide_request(const struct standing *s, const struct policy_purpose *purpose, int64_t statement,
                                 int64_t at_us, bool own, int64_t now_us)
{
    if (s->restricted)
        return REQUEST_RESTRICTED;
    if (decide_objected(s) && (!own || s->objected.at > at_us))
        return REQUEST_REFUSED;
    if (refuses(s, &s->withdrawn) && s->withdrawn.at > at_us)
        return REQUEST_REFUSED;
    if (!policy_terms(purpose, s->country, s->whose).double_opt_in)
        return REQUEST_NOTE;
    if (decide_stands(s) && s->state == CONSENT_CONFIRMED && s->statement == statement)
        return REQUEST_CONFIRMED;
    return link_open(s, now_us) || s->mailed_a_day >= CONFIRMATIONS_A_DAY ? REQUEST_NOTE : REQUEST_MAIL;
}

bool decide_requested_state(const struct standing *s)
{
    return !decide_stands(s);
}

/* Was it refused after this request, by the ledger's order or by the person's? */
static bool refused_since(const struct refused *refused, const struct confirm_token *token)
{
    return refused->any && (refused->position > token->asked_position || refused->at > token->asked_at);
}

enum confirm_plan decide_confirm(const struct confirm_token *token, const struct standing *s, int64_t now_us)
{
    if (!token->found || !s->known)
        return CONFIRM_WRONG;
    if (s->restricted)
        return CONFIRM_RESTRICTED;
    if (s->has_state && s->state == CONSENT_CONFIRMED && s->asked_position >= token->asked_position && decide_stands(s))
        return CONFIRM_ALREADY;
    if (token->used_at != CLOCK_NONE)
        return CONFIRM_USED;
    if (refused_since(&s->objected, token) || refused_since(&s->withdrawn, token))
        return CONFIRM_WITHDRAWN;
    return now_us >= token->expires_at ? CONFIRM_EXPIRED : CONFIRM_YES;
}

bool decide_assert(const struct standing *s, const struct policy_purpose *purpose,
                   const struct policy_asserted *allowed, const struct assertion *assertion)
{
    if (policy_terms(purpose, s->country, s->whose).ground == GROUND_SOFT_OPT_IN && !assertion->soft_conditions)
        return false;
    if ((allowed->double_opt_in && !assertion->double_opt_in) || assertion->age_over < purpose->age)
        return false;
    if (s->restricted || refuses(s, &s->objected) || refuses(s, &s->withdrawn))
        return false;
    if (!s->has_state || s->state == CONSENT_REQUESTED)
        return true;
    /* A nightly import that repeats itself must not push the term to confirm, nor revive what has lapsed. */
    return (s->state == CONSENT_ASSERTED || s->state == CONSENT_LAPSED) && assertion->given_at > s->at;
}

bool decide_ask_anew(const struct standing *s, const struct policy_purpose *purpose)
{
    return !s->restricted && decide_stands(s) && policy_asks_anew(purpose, s->statement);
}

bool decide_unsubscribe(const struct standing *s, bool all)
{
    if (decide_stands(s))
        return true;
    return all ? !decide_objected(s) : !decide_objected(s) && !refuses(s, &s->withdrawn);
}
