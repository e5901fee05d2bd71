/* policy/purpose: purposes and who may assert consent for them: what a file may say, and what it means for an address. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/policy/internal.h"

static bool duration_is_zero(struct duration d)
{
    return d.months == 0 && d.days == 0 && d.us == 0;
}

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool is_granted(enum policy_ground ground)
{
    return ground == GROUND_CONSENT || ground == GROUND_SOFT_OPT_IN;
}

/* ---- what it means --------------------------------------------------------------------------------------------------- */

static bool named(const char *const *list, struct text name)
{
    if (list == NULL)
        return true;
    for (; *list != NULL; list++)
        if (name.n > 0 && strlen(*list) == name.n && strncasecmp(*list, name.p, name.n) == 0)
            return true;
    return false;
}

struct policy_terms policy_terms(const struct policy_purpose *purpose, struct text country, int kind)
{
    struct text kind_name =
        text_of(address_kind_names[kind > 0 && kind < ADDRESS_KINDS ? kind : (int)ADDRESS_CONSUMER]);

    for (size_t i = 0; i < purpose->where_n; i++)
        if (named(purpose->where[i].countries, country) && named(purpose->where[i].kinds, kind_name))
            return (struct policy_terms){.ground = purpose->where[i].ground,
                                         .double_opt_in = purpose->where[i].double_opt_in};
    return (struct policy_terms){.ground = purpose->ground, .double_opt_in = purpose->double_opt_in};
}

bool policy_asks_anew(const struct policy_purpose *purpose, int64_t version)
{
    for (size_t i = 0; i < purpose->statements_n; i++)
        if (purpose->statements[i].asks_anew && purpose->statements[i].version > version)
            return true;
    return false;
}

struct policy_asserted policy_asserted(const struct policy *policy, struct text system, struct text purpose)
{
    const struct policy_source *source = policy_source(policy, system);
    struct policy_asserted out = {.mailed = false};

    if (source == NULL || !source->consent_assertions)
        return out;
    out = (struct policy_asserted){.mailed = true, .confirm_within = source->confirm_within};
    for (size_t i = 0; i < source->assertions_n; i++) {
        const struct policy_assertion *other = &source->assertions[i];

        if (!text_is(purpose, other->purpose))
            continue;
        out.mailed = other->mailed;
        out.double_opt_in = other->double_opt_in;
        if (!duration_is_zero(other->confirm_within))
            out.confirm_within = other->confirm_within;
    }
    return out;
}

/* ---- what a file may say ---------------------------------------------------------------------------------------------- */

static void check_statements(struct yaml_in *in, const struct policy_purpose *purpose, yaml_node_t *statements)
{
    char below[40];

    for (size_t i = 0; i < purpose->statements_n; i++)
        for (size_t j = 0; j < i; j++) {
            const struct policy_statement *one = &purpose->statements[i], *other = &purpose->statements[j];

            if (one->version != other->version)
                continue;
            snprintf(below, sizeof below, "/statements/%zu", i);
            if (same(one->language, other->language))
                yaml_mistake(in, yaml_item(in, statements, i), below, "this version and language stand here twice");
            else if (one->asks_anew != other->asks_anew)
                yaml_mistake(in, yaml_item(in, statements, i), below,
                             "asks_anew must be the same in all languages of a version");
        }
}

void policy_check_where(struct yaml_in *in, void *item, yaml_node_t *node)
{
    const struct policy_where *where = item;

    if (where->countries == NULL && where->kinds == NULL)
        yaml_mistake(in, node, "", "fits every address: name countries or kinds, or say it for the purpose itself");
    if ((where->countries != NULL && where->countries[0] == NULL) || (where->kinds != NULL && where->kinds[0] == NULL))
        yaml_mistake(in, node, "", "an empty list fits no address: leave it out where all are meant");
    if (!is_granted(where->ground))
        yaml_mistake(in, yaml_find(in, node, "ground"), "/ground",
                     "only consent and soft-opt-in depend on country and kind");
    if (where->double_opt_in && where->ground != GROUND_CONSENT)
        yaml_mistake(in, yaml_find(in, node, "double_opt_in"), "/double_opt_in", "belongs to ground consent alone");
}

static bool wants_consent(const struct policy_purpose *purpose)
{
    bool wants = purpose->ground == GROUND_CONSENT;

    for (size_t i = 0; i < purpose->where_n; i++)
        wants = wants || purpose->where[i].ground == GROUND_CONSENT;
    return wants;
}

void policy_check_purpose(struct yaml_in *in, void *item, yaml_node_t *node)
{
    const struct policy_purpose *purpose = item;
    bool granted = is_granted(purpose->ground);

    if (yaml_find(in, node, "ground") == NULL)
        return;
    if (wants_consent(purpose) && purpose->statements_n == 0)
        yaml_mistake(in, node, "/statements", "a consent needs the statement that people agree to");
    if (purpose->double_opt_in && purpose->ground != GROUND_CONSENT)
        yaml_mistake(in, yaml_find(in, node, "double_opt_in"), "/double_opt_in", "belongs to ground consent alone");
    if (purpose->advertising && !granted)
        yaml_mistake(in, yaml_find(in, node, "advertising"), "/advertising",
                     "a contract or duty carries no advertising: its ground is consent or soft-opt-in");
    if (!duration_is_zero(purpose->unused_after) && !granted)
        yaml_mistake(in, yaml_find(in, node, "unused_after"), "/unused_after",
                     "only a consent or soft opt-in can lapse");
    if (purpose->where_n > 0 && !granted)
        yaml_mistake(in, yaml_find(in, node, "where"), "/where",
                     "a contract or duty is the same for every country and kind of address");
    if (purpose->age > 0 && !granted)
        yaml_mistake(in, yaml_find(in, node, "age"), "/age", "a contract or duty asks for no age");
    check_statements(in, purpose, yaml_find(in, node, "statements"));
}

void policy_check_assertion(struct yaml_in *in, void *item, yaml_node_t *node)
{
    const struct policy_assertion *assertion = item;

    if (!assertion->mailed && (assertion->double_opt_in || !duration_is_zero(assertion->confirm_within)))
        yaml_mistake(in, node, "", "what is not mailed needs no further words");
}

void policy_check_source(struct yaml_in *in, void *item, yaml_node_t *node)
{
    const struct policy_source *source = item;

    if (source->consent_assertions && duration_is_zero(source->confirm_within))
        yaml_mistake(in, yaml_find(in, node, "consent_assertions"), "/confirm_within",
                     "an asserted consent must be confirmed within a term");
    if (!source->consent_assertions && source->assertions_n > 0)
        yaml_mistake(in, yaml_find(in, node, "assertions"), "/assertions",
                     "the source isn't trusted with assertions: consent_assertions is not true");
}

static bool has_statement(const struct policy_purpose *purpose, int64_t version, const char *language)
{
    for (size_t i = 0; i < purpose->statements_n; i++)
        if (purpose->statements[i].version == version && same(purpose->statements[i].language, language))
            return true;
    return false;
}

/* Each version can be shown to whoever's language is missing: in the controller's own. */
static void check_languages(struct yaml_in *in, const struct policy *policy, yaml_node_t *node)
{
    yaml_node_t *purposes = yaml_find(in, node, "purposes");
    char below[120];

    for (size_t p = 0; policy->default_language != NULL && p < policy->purposes_n; p++) {
        const struct policy_purpose *purpose = &policy->purposes[p];
        int64_t said = 0;
        for (size_t i = 0; purpose->name != NULL && i < purpose->statements_n; i++) {
            int64_t version = purpose->statements[i].version;
            if (version < 1 || version == said || has_statement(purpose, version, policy->default_language))
                continue;
            yaml_node_t *statements = yaml_find(in, yaml_find(in, purposes, purpose->name), "statements");
            snprintf(below, sizeof below, "/purposes/%s/statements", purpose->name);
            yaml_mistake(in, yaml_item(in, statements, i), below, "version %lld lacks the controller's language, %s",
                         (long long)version, policy->default_language);
            said = version;
        }
    }
}

/* A word about a purpose that there isn't is a slip of the pen: it would allow what was meant to be refused. */
static void check_assertions(struct yaml_in *in, const struct policy *policy, yaml_node_t *node)
{
    yaml_node_t *sources = yaml_find(in, node, "sources");
    char below[180];

    for (size_t s = 0; s < policy->sources_n; s++)
        for (size_t a = 0; a < policy->sources[s].assertions_n; a++) {
            const char *purpose = policy->sources[s].assertions[a].purpose;
            bool found = false;
            for (size_t p = 0; p < policy->purposes_n; p++)
                found = found || same(policy->purposes[p].name, purpose);
            if (found || purpose == NULL || policy->sources[s].system == NULL)
                continue;
            yaml_node_t *map = yaml_find(in, yaml_find(in, sources, policy->sources[s].system), "assertions");
            snprintf(below, sizeof below, "/sources/%s/assertions/%s", policy->sources[s].system, purpose);
            yaml_mistake(in, yaml_find(in, map, purpose), below, "there is no such purpose");
        }
}

void policy_check_purposes(struct yaml_in *in, const struct policy *policy, yaml_node_t *node)
{
    check_languages(in, policy, node);
    check_assertions(in, policy, node);
}
