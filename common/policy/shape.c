/* policy/shape: the keys of a policy file, as tables: what may stand where, and where it goes. */
#include <string.h>

#include "common/policy/internal.h"

/* ---- how texts have to look ---------------------------------------------------------------------------------------- */
static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Names that become part of topics, metrics and ids of ours. */
static const char *rule_slug(struct text text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!is_lower(text.p[i]) && !is_digit(text.p[i]) && (text.p[i] != '-' || i == 0))
            return "may hold a-z, 0-9 and -";
    return text.n <= 63 ? NULL : "is longer than 63 characters";
}

/* Names that sources gave: Custom_Field__c, contact.email */
static const char *rule_name(struct text text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!is_lower(c) && !is_upper(c) && !is_digit(c) && (i == 0 || (c != '_' && c != '-' && c != '.')))
            return "may hold letters, digits, and behind the first _ - .";
    }
    return NULL;
}

static const char *rule_language(struct text text)
{
    size_t part = 0;
    bool primary = true;
    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && (is_lower(text.p[i]) || is_upper(text.p[i]) || (!primary && is_digit(text.p[i])))) {
            part++;
            continue;
        }
        if ((i < text.n && text.p[i] != '-') || part == 0 || part > 8 || (primary && (part < 2 || part > 3)))
            return "is no language tag (en, de, de-AT)";
        primary = false;
        part = 0;
    }
    return NULL;
}

static const char *rule_region(struct text text)
{
    bool good = text.n == 2 && is_upper(text.p[0]) && is_upper(text.p[1]);
    return good ? NULL : "is no region (ISO 3166: DE, FR)";
}

static const char *rule_domain(struct text text)
{
    bool dot = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i], last = i > 0 ? text.p[i - 1] : '.';
        if (!is_lower(c) && !is_digit(c) && c != '-' && (c != '.' || last == '.'))
            return "is no domain in lower case (IDN as xn--...)";
        dot = dot || c == '.';
    }
    return dot && text.p[text.n - 1] != '.' ? NULL : "is no domain in lower case (IDN as xn--...)";
}

/* "Name <local@domain>" or the bare address; what the mailer makes of it is its own. */
static const char *rule_sender(struct text text)
{
    const char *open = memchr(text.p, '<', text.n);
    struct text address = text;
    if (open != NULL) {
        if (text.p[text.n - 1] != '>')
            return "is no sender (Name <address>)";
        address = (struct text){open + 1, (size_t)(text.p + text.n - 1 - (open + 1))};
    }
    const char *at = memchr(address.p, '@', address.n);
    if (at == NULL || at == address.p || at == address.p + address.n - 1)
        return "is no sender (Name <address>)";
    for (size_t i = 0; i < address.n; i++)
        if (address.p[i] == ' ' || address.p[i] == '<' || address.p[i] == '>' || address.p[i] == ',')
            return "is no sender (Name <address>)";
    return NULL;
}

static const char *rule_colour(struct text text)
{
    bool good = text.n == 7 && text.p[0] == '#';
    for (size_t i = 1; good && i < text.n; i++)
        good = is_digit(text.p[i]) || (text.p[i] >= 'a' && text.p[i] <= 'f');
    return good ? NULL : "is no colour (#0b57d0, in lower case)";
}

/* Inline, so that no page loads anything from anywhere; as an image it can run no script. */
static const char *rule_logo(struct text text)
{
    static const char *const kinds[] = {"data:image/png;base64,", "data:image/svg+xml;base64,",
                                        "data:image/webp;base64,", "data:image/jpeg;base64,"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        n = text_starts(text, kinds[i]) ? strlen(kinds[i]) : n;
    for (size_t i = n; n > 0 && i < text.n; i++) {
        char c = text.p[i];
        if (!is_lower(c) && !is_upper(c) && !is_digit(c) && c != '+' && c != '/' && c != '=')
            n = 0;
    }
    return n > 0 && text.n > n ? NULL : "is no image (data:image/png;base64,... or svg+xml, webp, jpeg)";
}

static const char *rule_role(struct text text)
{
    static const char *const roles[] = {"customer", "from", "to", "cc", "mentioned", "staff"};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (text_is(text, roles[i]))
            return NULL;
    return "is none of customer, from, to, cc, mentioned, staff";
}

static const char *rule_address_kind(struct text text)
{
    for (size_t i = 0; i < ADDRESS_KINDS; i++)
        if (text_is(text, address_kind_names[i]))
            return NULL;
    return "is none of consumer, business, role";
}

static const char *rule_identifier(struct text text)
{
    bool good = text_is(text, "email") || text_is(text, "phone") || text_is(text, "source");
    return good ? NULL : "is none of email, phone, source";
}

static const char *rule_holder_kind(struct text text)
{
    bool good =
        text_is(text, "kafka") || text_is(text, "webhook") || text_is(text, "opendsr") || text_is(text, "manual");
    return good ? NULL : "is none of kafka, webhook, opendsr, manual";
}

/* ---- the tables ---------------------------------------------------------------------------------------------------- */
#define N(table) (sizeof(table) / sizeof *(table))
#define AT(type, member) .at = offsetof(struct type, member)
#define ARRAY(type, member) .at = offsetof(struct type, member), .count_at = offsetof(struct type, member##_n)

const char *const policy_act_names[ACT_KINDS + 1] = {"subject", "staff", "import", "third-party", NULL};
const char *const address_kind_names[ADDRESS_KINDS + 1] = {"consumer", "business", "role", NULL};
const char *const policy_ground_names[] = {"consent", "soft-opt-in", "contract", "duty", NULL};
static const char *const unnamed_names[] = {[UNNAMED_DROP] = "drop", [UNNAMED_REFUSE] = "refuse", NULL};
static const char *const from_names[] = {[FROM_EVENT] = "event", [FROM_END_OF_YEAR] = "end_of_year", NULL};
static const char *const trust_names[] = {[TRUST_NONE] = "none", [TRUST_FORGET] = "forget", NULL};
static const char *const field_kind_names[] = {[PF_TEXT] = "text",       [PF_EMAIL] = "email",
                                               [PF_PHONE] = "phone",     [PF_SURNAME] = "surname",
                                               [PF_COUNTRY] = "country", [PF_LANGUAGE] = "language",
                                               [PF_DATE] = "date",       [PF_NUMBER] = "number",
                                               [PF_BOOL] = "bool",       NULL};

static const struct yaml_member field_members[] = {
    {.key = "kind", .kind = Y_CHOICE, .required = true, AT(policy_field, kind), .names = field_kind_names},
    {.key = "because", .kind = Y_LINE, .required = true, AT(policy_field, because)},
    {.key = "most", .kind = Y_INT, AT(policy_field, most), .least = 1, .most = 65536},
    {.key = "keep_on_invalid", .kind = Y_BOOL, AT(policy_field, keep_on_invalid)},
};
static const struct policy_field field_defaults = {.most = 256, .keep_on_invalid = true};
static const struct yaml_shape field_shape = {.members = field_members,
                                              .members_n = N(field_members),
                                              .bytes = sizeof(struct policy_field),
                                              .name_at = offsetof(struct policy_field, name),
                                              .defaults = &field_defaults};

static const struct yaml_member rule_members[] = {
    {.key = "id", .kind = Y_LINE, .required = true, AT(policy_rule, id), .most = 64, .rule = rule_name},
    {.key = "keep", .kind = Y_DURATION, .required = true, AT(policy_rule, keep)},
    {.key = "after", .kind = Y_LINE, .required = true, AT(policy_rule, after), .most = 64, .rule = rule_name},
    {.key = "from", .kind = Y_CHOICE, AT(policy_rule, from), .names = from_names},
    {.key = "because", .kind = Y_LINE, .required = true, AT(policy_rule, because)},
    {.key = "roles", .kind = Y_NAMES, AT(policy_rule, roles), .rule = rule_role},
    {.key = "fields", .kind = Y_NAMES, AT(policy_rule, fields), .rule = rule_name},
};
static const struct yaml_shape rule_shape = {
    .members = rule_members, .members_n = N(rule_members), .bytes = sizeof(struct policy_rule)};

static const struct yaml_member category_members[] = {
    {.key = "activity", .kind = Y_BOOL, AT(policy_category, activity)},
    {.key = "unnamed", .kind = Y_CHOICE, .required = true, AT(policy_category, unnamed), .names = unnamed_names},
    {.key = "addresses", .kind = Y_CHOICE, AT(policy_category, addresses), .names = address_kind_names},
    {.key = "fields", .kind = Y_MAP, ARRAY(policy_category, fields), .rule = rule_name, .shape = &field_shape},
    {.key = "retention", .kind = Y_LIST, .required = true, ARRAY(policy_category, rules), .shape = &rule_shape},
    {.key = "erase_texts_of", .kind = Y_NAMES, AT(policy_category, erase_texts_of), .rule = rule_role},
};
static const struct yaml_shape category_shape = {.members = category_members,
                                                 .members_n = N(category_members),
                                                 .bytes = sizeof(struct policy_category),
                                                 .name_at = offsetof(struct policy_category, name),
                                                 .check = policy_check_category};

static const struct yaml_member assertion_members[] = {
    {.key = "mailed", .kind = Y_BOOL, AT(policy_assertion, mailed)},
    {.key = "double_opt_in", .kind = Y_BOOL, AT(policy_assertion, double_opt_in)},
    {.key = "confirm_within", .kind = Y_DURATION, AT(policy_assertion, confirm_within)},
};
static const struct policy_assertion assertion_defaults = {.mailed = true};
static const struct yaml_shape assertion_shape = {.members = assertion_members,
                                                  .members_n = N(assertion_members),
                                                  .bytes = sizeof(struct policy_assertion),
                                                  .name_at = offsetof(struct policy_assertion, purpose),
                                                  .defaults = &assertion_defaults,
                                                  .check = policy_check_assertion};

static const struct yaml_member source_members[] = {
    {.key = "verification", .kind = Y_CHOICE, .required = true, AT(policy_source, verification), .names = trust_names},
    {.key = "subject_acts", .kind = Y_BOOL, AT(policy_source, subject_acts)},
    {.key = "consent_assertions", .kind = Y_BOOL, AT(policy_source, consent_assertions)},
    {.key = "confirm_within", .kind = Y_DURATION, AT(policy_source, confirm_within)},
    {.key = "assertions",
     .kind = Y_MAP,
     ARRAY(policy_source, assertions),
     .rule = rule_slug,
     .shape = &assertion_shape},
    {.key = "forgets_per_hour", .kind = Y_INT, AT(policy_source, forgets_per_hour), .least = 0, .most = 1000000},
    {.key = "region", .kind = Y_LINE, AT(policy_source, region), .rule = rule_region},
    {.key = "duplicates", .kind = Y_BOOL, AT(policy_source, duplicates)},
};
static const struct yaml_shape source_shape = {.members = source_members,
                                               .members_n = N(source_members),
                                               .bytes = sizeof(struct policy_source),
                                               .name_at = offsetof(struct policy_source, system),
                                               .check = policy_check_source};

static const struct yaml_member statement_members[] = {
    {.key = "version", .kind = Y_INT, .required = true, AT(policy_statement, version), .least = 1, .most = 1000000},
    {.key = "language", .kind = Y_LINE, .required = true, AT(policy_statement, language), .rule = rule_language},
    {.key = "text", .kind = Y_TEXT, .required = true, AT(policy_statement, text), .most = 8192},
    {.key = "asks_anew", .kind = Y_BOOL, AT(policy_statement, asks_anew)},
};
static const struct yaml_shape statement_shape = {
    .members = statement_members, .members_n = N(statement_members), .bytes = sizeof(struct policy_statement)};

static const struct yaml_member where_members[] = {
    {.key = "countries", .kind = Y_NAMES, AT(policy_where, countries), .rule = rule_region},
    {.key = "kinds", .kind = Y_NAMES, AT(policy_where, kinds), .rule = rule_address_kind},
    {.key = "ground", .kind = Y_CHOICE, .required = true, AT(policy_where, ground), .names = policy_ground_names},
    {.key = "double_opt_in", .kind = Y_BOOL, AT(policy_where, double_opt_in)},
};
static const struct yaml_shape where_shape = {.members = where_members,
                                              .members_n = N(where_members),
                                              .bytes = sizeof(struct policy_where),
                                              .check = policy_check_where};

static const struct yaml_member purpose_members[] = {
    {.key = "title", .kind = Y_LINE, .required = true, AT(policy_purpose, title)},
    {.key = "ground", .kind = Y_CHOICE, .required = true, AT(policy_purpose, ground), .names = policy_ground_names},
    {.key = "double_opt_in", .kind = Y_BOOL, AT(policy_purpose, double_opt_in)},
    {.key = "advertising", .kind = Y_BOOL, .required = true, AT(policy_purpose, advertising)},
    {.key = "where", .kind = Y_LIST, ARRAY(policy_purpose, where), .shape = &where_shape},
    {.key = "age", .kind = Y_INT, AT(policy_purpose, age), .least = 1, .most = 99},
    {.key = "unused_after", .kind = Y_DURATION, AT(policy_purpose, unused_after)},
    {.key = "statements", .kind = Y_LIST, ARRAY(policy_purpose, statements), .shape = &statement_shape},
};
static const struct yaml_shape purpose_shape = {.members = purpose_members,
                                                .members_n = N(purpose_members),
                                                .bytes = sizeof(struct policy_purpose),
                                                .name_at = offsetof(struct policy_purpose, name),
                                                .check = policy_check_purpose};

static const struct yaml_member holder_members[] = {
    {.key = "name", .kind = Y_LINE, .required = true, AT(policy_holder, name), .rule = rule_slug},
    {.key = "kind", .kind = Y_LINE, .required = true, AT(policy_holder, kind), .rule = rule_holder_kind},
    {.key = "system", .kind = Y_LINE, AT(policy_holder, system), .most = 64, .rule = rule_name},
    {.key = "address", .kind = Y_LINE, AT(policy_holder, address), .most = 1024},
    {.key = "identifiers", .kind = Y_NAMES, .required = true, AT(policy_holder, identifiers), .rule = rule_identifier},
};
static const struct yaml_shape holder_shape = {.members = holder_members,
                                               .members_n = N(holder_members),
                                               .bytes = sizeof(struct policy_holder),
                                               .check = policy_check_holder};

static const struct yaml_member controller_members[] = {
    {.key = "name", .kind = Y_LINE, .required = true, AT(policy, controller), .rule = rule_slug},
    {.key = "title", .kind = Y_LINE, .required = true, AT(policy, controller_name)},
    {.key = "sender", .kind = Y_LINE, .required = true, AT(policy, sender), .rule = rule_sender},
    {.key = "logo", .kind = Y_LINE, AT(policy, logo), .most = 65536, .rule = rule_logo},
    {.key = "colour", .kind = Y_LINE, AT(policy, colour), .rule = rule_colour},
    {.key = "complaint", .kind = Y_LINE, .required = true, AT(policy, complaint), .most = 512},
    {.key = "language", .kind = Y_LINE, .required = true, AT(policy, default_language), .rule = rule_language},
    {.key = "own_domains", .kind = Y_NAMES, .required = true, AT(policy, own_domains), .rule = rule_domain},
};
static const struct yaml_shape controller_shape = {
    .members = controller_members, .members_n = N(controller_members), .bytes = sizeof(struct policy)};

static const struct yaml_member forget_members[] = {
    {.key = "hold", .kind = Y_DURATION, AT(policy, forget_hold)},
    {.key = "answer_within", .kind = Y_DURATION, AT(policy, answer_within)},
    {.key = "extension", .kind = Y_DURATION, AT(policy, answer_extension)},
    {.key = "tombstone_keep", .kind = Y_DURATION, AT(policy, tombstone_keep)},
    {.key = "request_keep", .kind = Y_DURATION, AT(policy, request_keep)},
    {.key = "certificate_keep", .kind = Y_DURATION, AT(policy, certificate_keep)},
};
static const struct yaml_shape forget_shape = {
    .members = forget_members, .members_n = N(forget_members), .bytes = sizeof(struct policy)};

static const struct yaml_member policy_members[] = {
    {.key = "controller", .kind = Y_PART, .required = true, .shape = &controller_shape},
    {.key = "forget", .kind = Y_PART, .shape = &forget_shape},
    {.key = "key_epoch", .kind = Y_DURATION, AT(policy, key_epoch)},
    {.key = "quarantine_keep", .kind = Y_DURATION, AT(policy, quarantine_keep)},
    {.key = "opt_in_valid", .kind = Y_DURATION, AT(policy, opt_in_valid)},
    {.key = "consent_proof", .kind = Y_DURATION, AT(policy, consent_proof)},
    {.key = "resend_unknown_confirmations", .kind = Y_BOOL, AT(policy, resend_unknown_confirmations)},
    {.key = "reviews_by_two", .kind = Y_BOOL, AT(policy, reviews_by_two)},
    {.key = "sources",
     .kind = Y_MAP,
     .required = true,
     ARRAY(policy, sources),
     .rule = rule_name,
     .shape = &source_shape},
    {.key = "field_sets", .kind = Y_ANYTHING},
    {.key = "categories",
     .kind = Y_MAP,
     .required = true,
     ARRAY(policy, categories),
     .rule = rule_name,
     .shape = &category_shape},
    {.key = "purposes", .kind = Y_MAP, ARRAY(policy, purposes), .rule = rule_slug, .shape = &purpose_shape},
    {.key = "holders", .kind = Y_LIST, ARRAY(policy, holders), .shape = &holder_shape},
};
/* What holds where the file is silent: the cautious values. */
static const struct policy policy_defaults = {
    .forget_hold = {.days = 1},
    .answer_within = {.months = 1},
    .answer_extension = {.months = 2},
    .tombstone_keep = {.months = 120},
    .request_keep = {.months = 36},
    .certificate_keep = {.months = 120},
    .key_epoch = {.days = 7},
    .quarantine_keep = {.days = 7},
    .opt_in_valid = {.days = 7},
    .consent_proof = {.months = 36},
};
const struct yaml_shape policy_shape = {.members = policy_members,
                                        .members_n = N(policy_members),
                                        .bytes = sizeof(struct policy),
                                        .defaults = &policy_defaults,
                                        .check = policy_check_whole};
