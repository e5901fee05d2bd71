/* policy/check: what spans several keys: rules against fields, statements against languages, terms against the law. */
#include <stdio.h>
#include <string.h>

#include "common/policy/internal.h"

static bool duration_is_zero(struct duration d)
{
    return d.months == 0 && d.days == 0 && d.us == 0;
}

/* The longest that it can last. */
static int64_t duration_most_us(struct duration d)
{
    return ((int64_t)d.months * 31 + d.days) * US_PER_DAY + d.us;
}

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* ---- categories ---------------------------------------------------------------------------------------------------- */
static const struct policy_field *field_named(const struct policy_category *category, const char *name)
{
    for (size_t i = 0; i < category->fields_n; i++)
        if (same(category->fields[i].name, name))
            return &category->fields[i];
    return NULL;
}

/* What may start a clock: the dates that each event of the kind has, any date field of the category, the last use. */
static bool starts_a_clock(const struct policy_category *category, const char *after)
{
    static const char *const activity_dates[] = {"occurred_at", "closed_at", "warranty_until", "invoice_date", NULL};
    static const char *const record_dates[] = {"captured_at", NULL};
    const char *const *dates = category->activity ? activity_dates : record_dates;

    for (; *dates != NULL; dates++)
        if (strcmp(*dates, after) == 0)
            return true;
    const struct policy_field *field = field_named(category, after);
    return strcmp(after, "last_use") == 0 || (field != NULL && field->kind == PF_DATE);
}

static void check_rule(struct yaml_in *in, const struct policy_category *category, const struct policy_rule *rule,
                       yaml_node_t *node, size_t i)
{
    char below[40];

    snprintf(below, sizeof below, "/retention/%zu/after", i);
    if (rule->after != NULL && !starts_a_clock(category, rule->after))
        yaml_mistake(in, yaml_find(in, node, "after"), below, "starts no clock: %s, last_use or a date field",
                     category->activity ? "occurred_at, closed_at, warranty_until, invoice_date" : "captured_at");
    snprintf(below, sizeof below, "/retention/%zu/roles", i);
    if (rule->roles != NULL && !category->activity)
        yaml_mistake(in, yaml_find(in, node, "roles"), below, "only activities have roles");
    if (rule->roles != NULL && rule->roles[0] == NULL)
        yaml_mistake(in, yaml_find(in, node, "roles"), below, "names none: leave it out where all are meant");
    snprintf(below, sizeof below, "/retention/%zu/fields", i);
    if (rule->fields != NULL && category->activity)
        yaml_mistake(in, yaml_find(in, node, "fields"), below, "an activity's content goes as a whole");
    if (rule->fields != NULL && rule->fields[0] == NULL)
        yaml_mistake(in, yaml_find(in, node, "fields"), below, "names none: leave it out where all are meant");
    for (size_t f = 0; rule->fields != NULL && !category->activity && rule->fields[f] != NULL; f++)
        if (field_named(category, rule->fields[f]) == NULL)
            yaml_mistake(in, yaml_find(in, node, "fields"), below, "\"%s\" is no field of the category",
                         rule->fields[f]);
}

/* closed_at and the like may never come; these are always there. */
static bool always_comes(const struct policy_rule *rule)
{
    return same(rule->after, "captured_at") || same(rule->after, "occurred_at") || same(rule->after, "last_use");
}

static bool names(const char *const *list, const char *name)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        if (same(list[i], name))
            return true;
    return false;
}

/* A rule that surely ends: of a role, of a field (NULL: of the whole). */
static bool role_ends(const struct policy_category *category, const char *role)
{
    for (size_t i = 0; i < category->rules_n; i++)
        if (always_comes(&category->rules[i]) && names(category->rules[i].roles, role))
            return true;
    return false;
}

static bool field_ends(const struct policy_category *category, const char *field)
{
    for (size_t i = 0; i < category->rules_n; i++) {
        const struct policy_rule *rule = &category->rules[i];
        if (always_comes(rule) && rule->roles == NULL && (rule->fields == NULL || names(rule->fields, field)))
            return true;
    }
    return false;
}

/* Every retention has a written reason and an end: nothing is kept that no rule speaks of, or only one whose date may
 * never come. */
static void check_coverage(struct yaml_in *in, const struct policy_category *category, yaml_node_t *node)
{
    static const char needs[] = "no rule ends it for sure (after captured_at, occurred_at or last_use)";
    yaml_node_t *retention = yaml_find(in, node, "retention");

    if (category->rules_n == 0) {
        yaml_mistake(in, retention, "/retention", "a category needs at least one rule");
        return;
    }
    /* the whole record; or the content and every role that no rule names */
    bool whole = field_ends(category, NULL);
    if (!whole && (category->activity || category->fields_n == 0))
        yaml_mistake(in, retention, "/retention", "the whole: %s", needs);
    for (size_t f = 0; !whole && !category->activity && f < category->fields_n; f++)
        if (category->fields[f].name != NULL && !field_ends(category, category->fields[f].name))
            yaml_mistake(in, retention, "/retention", "field \"%s\": %s", category->fields[f].name, needs);
    for (size_t i = 0; category->activity && i < category->rules_n; i++)
        for (size_t r = 0; category->rules[i].roles != NULL && category->rules[i].roles[r] != NULL; r++)
            if (!role_ends(category, category->rules[i].roles[r]))
                yaml_mistake(in, yaml_item(in, retention, i), "/retention", "role \"%s\": %s",
                             category->rules[i].roles[r], needs);
}

void policy_check_category(struct yaml_in *in, void *item, yaml_node_t *node)
{
    const struct policy_category *category = item;
    yaml_node_t *retention = yaml_find(in, node, "retention");

    if (category->erase_texts_of != NULL && !category->activity)
        yaml_mistake(in, yaml_find(in, node, "erase_texts_of"), "/erase_texts_of", "only activities have roles");
    for (size_t i = 0; i < category->rules_n; i++)
        check_rule(in, category, &category->rules[i], yaml_item(in, retention, i), i);
    if (retention != NULL && retention->type == YAML_SEQUENCE_NODE)
        check_coverage(in, category, node);
}

/* ---- holders ------------------------------------------------------------------------------------ */
void policy_check_holder(struct yaml_in *in, void *item, yaml_node_t *node)
{
    const struct policy_holder *holder = item;
    yaml_node_t *address = yaml_find(in, node, "address");
    bool http = same(holder->kind, "webhook") || same(holder->kind, "opendsr");

    if (http && address == NULL)
        yaml_mistake(in, node, "/address", "a %s has an address", holder->kind);
    if (http && holder->address != NULL && !text_starts(text_of(holder->address), "http://") &&
        !text_starts(text_of(holder->address), "https://"))
        yaml_mistake(in, address, "/address", "is no http:// or https:// address");
    if (holder->identifiers != NULL && holder->identifiers[0] == NULL)
        yaml_mistake(in, yaml_find(in, node, "identifiers"), "/identifiers", "a holder must understand at least one");
}

/* ---- the whole ------------------------------------------------------------------------------------------------------ */
static void check_terms(struct yaml_in *in, const struct policy *policy, yaml_node_t *node)
{
    yaml_node_t *forget = yaml_find(in, node, "forget");
    yaml_node_t *within = yaml_find(in, forget, "answer_within"), *extension = yaml_find(in, forget, "extension");

    if (duration_most_us(policy->answer_within) > 31 * US_PER_DAY || duration_is_zero(policy->answer_within))
        yaml_mistake(in, within, "/forget/answer_within", "Art. 12(3) GDPR: one month at most");
    if (duration_most_us(policy->answer_extension) > 62 * US_PER_DAY)
        yaml_mistake(in, extension, "/forget/extension", "Art. 12(3) GDPR: two further months at most");
    if (duration_most_us(policy->forget_hold) >= duration_most_us(policy->answer_within) - 3 * US_PER_DAY)
        yaml_mistake(in, yaml_find(in, forget, "hold"), "/forget/hold", "leaves no time to answer within the term");
    if (duration_is_zero(policy->tombstone_keep))
        yaml_mistake(in, yaml_find(in, forget, "tombstone_keep"), "/forget/tombstone_keep",
                     "late copies must be refused for some time");
    if (duration_is_zero(policy->key_epoch) || duration_most_us(policy->key_epoch) > 92 * US_PER_DAY)
        yaml_mistake(in, yaml_find(in, node, "key_epoch"), "/key_epoch",
                     "from a second to three months: so long copies of the keyring stay readable");
    if (duration_is_zero(policy->opt_in_valid))
        yaml_mistake(in, yaml_find(in, node, "opt_in_valid"), "/opt_in_valid", "nobody could ever confirm");
}

/* A rule's id stands on certificates and in rehearsals: it must say which rule. */
static void check_rule_ids(struct yaml_in *in, const struct policy *policy, yaml_node_t *node)
{
    yaml_node_t *categories = yaml_find(in, node, "categories");
    char below[200];

    for (size_t c = 0; c < policy->categories_n; c++)
        for (size_t r = 0; r < policy->categories[c].rules_n; r++) {
            const struct policy_category *mine = &policy->categories[c];
            bool twice = false;
            for (size_t d = 0; d <= c; d++)
                for (size_t s = 0; s < (d == c ? r : policy->categories[d].rules_n); s++)
                    twice = twice || same(policy->categories[d].rules[s].id, mine->rules[r].id);
            if (!twice || mine->name == NULL)
                continue;
            yaml_node_t *rules = yaml_find(in, yaml_find(in, categories, mine->name), "retention");
            snprintf(below, sizeof below, "/categories/%s/retention/%zu/id", mine->name, r);
            yaml_mistake(in, yaml_item(in, rules, r), below, "\"%s\" names another rule already", mine->rules[r].id);
        }
}

static void check_holders(struct yaml_in *in, const struct policy *policy, yaml_node_t *node)
{
    char below[40];

    for (size_t i = 0; i < policy->holders_n; i++)
        for (size_t j = 0; j < i; j++)
            if (same(policy->holders[i].name, policy->holders[j].name)) {
                snprintf(below, sizeof below, "/holders/%zu/name", i);
                yaml_mistake(in, yaml_item(in, yaml_find(in, node, "holders"), i), below,
                             "names another holder already");
            }
}

void policy_check_whole(struct yaml_in *in, void *item, yaml_node_t *node)
{
    const struct policy *policy = item;
    static const char *const at_least_one[] = {"sources", "categories"};
    const size_t counts[] = {policy->sources_n, policy->categories_n};
    char below[40];

    for (size_t i = 0; i < 2; i++) {
        yaml_node_t *map = yaml_find(in, node, at_least_one[i]);
        snprintf(below, sizeof below, "/%s", at_least_one[i]);
        if (map != NULL && map->type == YAML_MAPPING_NODE && counts[i] == 0)
            yaml_mistake(in, map, below, "at least one is needed");
    }
    check_terms(in, policy, node);
    check_rule_ids(in, policy, node);
    policy_check_purposes(in, policy, node);
    check_holders(in, policy, node);
}
