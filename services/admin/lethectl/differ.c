/* differ: two policies side by side: categories, fields, rules, purposes, sources, terms. */
#include "services/admin/lethectl/differ.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DURATION_BYTES = 64 };

static bool same(const char *a, const char *b)
{
    return (a == NULL || b == NULL) ? a == b : strcmp(a, b) == 0;
}

static const char *or_none(const char *text)
{
    return text != NULL ? text : "none";
}

static void show_duration(struct duration d, char out[DURATION_BYTES])
{
    struct buf text;
    buf_init(&text, DURATION_BYTES - 1);
    buf_char(&text, 'P');
    if (d.months != 0)
        buf_printf(&text, "%dM", d.months);
    if (d.days != 0)
        buf_printf(&text, "%dD", d.days);
    if (d.us != 0 || text.n == 1)
        buf_printf(&text, "T%" PRId64 "S", d.us / US_PER_S);
    (void)snprintf(out, DURATION_BYTES, "%.*s", TEXT_ARGS(buf_view(&text)));
    buf_free(&text);
}

static bool same_duration(struct duration a, struct duration b)
{
    return a.months == b.months && a.days == b.days && a.us == b.us;
}

/* ---- one difference ------------------------------------------------------------------------------------------------- */

static void changed(struct buf *out, const char *what, const char *name, const char *detail, const char *from,
                    const char *to)
{
    if (!same(from, to))
        buf_printf(out, "~ %s %s: %s %s -> %s\n", what, name, detail, or_none(from), or_none(to));
}

static void changed_duration(struct buf *out, const char *what, const char *name, const char *detail,
                             struct duration from, struct duration to)
{
    char old[DURATION_BYTES], new[DURATION_BYTES];
    if (same_duration(from, to))
        return;
    show_duration(from, old);
    show_duration(to, new);
    changed(out, what, name, detail, old, new);
}

static void changed_number(struct buf *out, const char *what, const char *name, const char *detail, int64_t from,
                           int64_t to)
{
    if (from != to)
        buf_printf(out, "~ %s %s: %s %" PRId64 " -> %" PRId64 "\n", what, name, detail, from, to);
}

static void changed_bool(struct buf *out, const char *what, const char *name, const char *detail, bool from, bool to)
{
    if (from != to)
        changed(out, what, name, detail, from ? "yes" : "no", to ? "yes" : "no");
}

/* ---- how many ------------------------------------------------------------------------------------------------------------ */

static int64_t held_of(const struct held_list *held, const char *kind, const char *category, const char *rule)
{
    int64_t n = 0;
    for (size_t i = 0; i < held->n; i++) {
        const struct held *row = &held->items[i];
        bool fits = rule == NULL ? row->rule.p == NULL : row->rule.p != NULL && text_is(row->rule, rule);
        if (fits && text_is(row->kind, kind) && text_is(row->category, category))
            n += row->n;
    }
    return n;
}

static void concerns(struct buf *out, const struct held_list *held, const char *category, const char *rule)
{
    if (held == NULL)
        return;
    int64_t records = held_of(held, "record", category, rule), activities = held_of(held, "activity", category, rule);
    int64_t parts = held_of(held, "part", category, rule);
    if (rule == NULL)
        buf_printf(out, "# category %s: %" PRId64 " records, %" PRId64 " activities are of it\n", category, records,
                   activities);
    else
        buf_printf(out,
                   "# category %s: %" PRId64 " records, %" PRId64 " activities, %" PRId64
                   " persons' parts end by rule %s now\n",
                   category, records, activities, parts, rule);
}

/* ---- categories -------------------------------------------------------------------------------------------------------- */

static void differ_fields(const struct policy_category *old, const struct policy_category *new, struct buf *out)
{
    static const char *const kinds[] = {"text",     "email", "phone",  "surname", "country",
                                        "language", "date",  "number", "bool"};
    char detail[160];
    for (size_t i = 0; i < new->fields_n; i++)
        if (policy_field(old, text_of(new->fields[i].name)) == NULL)
            buf_printf(out, "+ category %s: field %s is kept from now on (%s)\n", new->name, new->fields[i].name,
                       or_none(new->fields[i].because));
    for (size_t i = 0; i < old->fields_n; i++) {
        const struct policy_field *was = &old->fields[i], *is = policy_field(new, text_of(was->name));
        if (is == NULL) {
            buf_printf(out, "- category %s: field %s is no longer kept (%s)\n", old->name, was->name,
                       new->unnamed == UNNAMED_REFUSE ? "events with it are refused" : "it is dropped");
            continue;
        }
        (void)snprintf(detail, sizeof detail, "field %s: kind", was->name);
        changed(out, "category", old->name, detail, kinds[was->kind], kinds[is->kind]);
        (void)snprintf(detail, sizeof detail, "field %s: bytes at most", was->name);
        changed_number(out, "category", old->name, detail, was->most, is->most);
        (void)snprintf(detail, sizeof detail, "field %s: kept where it is invalid", was->name);
        changed_bool(out, "category", old->name, detail, was->keep_on_invalid, is->keep_on_invalid);
        (void)snprintf(detail, sizeof detail, "field %s: because", was->name);
        changed(out, "category", old->name, detail, was->because, is->because);
    }
}

static const struct policy_rule *rule_of(const struct policy_category *category, const char *id)
{
    for (size_t i = 0; i < category->rules_n; i++)
        if (same(category->rules[i].id, id))
            return &category->rules[i];
    return NULL;
}

static void rule_line(const char *sign, const struct policy_category *category, const struct policy_rule *rule,
                      struct buf *out)
{
    char keep[DURATION_BYTES];
    show_duration(rule->keep, keep);
    buf_printf(out, "%s category %s: rule %s: keep %s after %s (%s)\n", sign, category->name, rule->id, keep,
               or_none(rule->after), or_none(rule->because));
}

static bool same_list(const char *const *a, const char *const *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    while (*a != NULL && *b != NULL && same(*a, *b)) {
        a++;
        b++;
    }
    return *a == NULL && *b == NULL;
}

static void differ_rule(const struct policy_category *old, const struct policy_rule *was, const struct policy_rule *is,
                        struct buf *out)
{
    char detail[160];
    if (is == NULL) {
        rule_line("-", old, was, out);
        return;
    }
    (void)snprintf(detail, sizeof detail, "rule %s: keep", was->id);
    changed_duration(out, "category", old->name, detail, was->keep, is->keep);
    (void)snprintf(detail, sizeof detail, "rule %s: after", was->id);
    changed(out, "category", old->name, detail, was->after, is->after);
    (void)snprintf(detail, sizeof detail, "rule %s: from", was->id);
    changed(out, "category", old->name, detail, was->from == FROM_EVENT ? "event" : "end_of_year",
            is->from == FROM_EVENT ? "event" : "end_of_year");
    if (!same_list(was->roles, is->roles) || !same_list(was->fields, is->fields))
        buf_printf(out, "~ category %s: rule %s: other roles or fields\n", old->name, was->id);
    (void)snprintf(detail, sizeof detail, "rule %s: because", was->id);
    changed(out, "category", old->name, detail, was->because, is->because);
}

static void differ_rules(const struct policy_category *old, const struct policy_category *new,
                         const struct held_list *held, struct buf *out)
{
    for (size_t i = 0; i < new->rules_n; i++)
        if (rule_of(old, new->rules[i].id) == NULL)
            rule_line("+", new, &new->rules[i], out);
    for (size_t i = 0; i < old->rules_n; i++) {
        size_t before = out->n;
        differ_rule(old, &old->rules[i], rule_of(new, old->rules[i].id), out);
        if (out->n > before)
            concerns(out, held, old->name, old->rules[i].id);
    }
}

static void differ_categories(const struct policy *old, const struct policy *new, const struct held_list *held,
                              struct buf *out)
{
    for (size_t i = 0; i < new->categories_n; i++)
        if (policy_category(old, text_of(new->categories[i].name)) == NULL)
            buf_printf(out, "+ category %s with %zu fields\n", new->categories[i].name, new->categories[i].fields_n);
    for (size_t i = 0; i < old->categories_n; i++) {
        const struct policy_category *was = &old->categories[i], *is = policy_category(new, text_of(was->name));
        if (is == NULL) {
            buf_printf(out, "- category %s: its events are refused\n", was->name);
            concerns(out, held, was->name, NULL);
            continue;
        }
        size_t before = out->n;
        changed(out, "category", was->name, "unnamed fields:", was->unnamed == UNNAMED_DROP ? "drop" : "refuse",
                is->unnamed == UNNAMED_DROP ? "drop" : "refuse");
        differ_fields(was, is, out);
        differ_rules(was, is, held, out);
        if (out->n > before)
            concerns(out, held, was->name, NULL);
    }
}

/* ---- purposes, sources, terms ------------------------------------------------------------------------------------------ */

static int64_t newest_statement(const struct policy_purpose *purpose)
{
    int64_t newest = 0;
    for (size_t i = 0; i < purpose->statements_n; i++)
        if (purpose->statements[i].version > newest)
            newest = purpose->statements[i].version;
    return newest;
}

static const char *statement_text(const struct policy_purpose *purpose, int64_t version, const char *language)
{
    for (size_t i = 0; i < purpose->statements_n; i++)
        if (purpose->statements[i].version == version && same(purpose->statements[i].language, language))
            return purpose->statements[i].text;
    return NULL;
}

/* Words that people agreed to must not change under their version. */
static void differ_statements(const struct policy_purpose *was, const struct policy_purpose *is, struct buf *out)
{
    changed_number(out, "purpose", was->name, "newest statement", newest_statement(was), newest_statement(is));
    for (size_t i = 0; i < was->statements_n; i++) {
        const struct policy_statement *s = &was->statements[i];
        const char *now = statement_text(is, s->version, s->language);
        if (now == NULL)
            buf_printf(out, "- purpose %s: statement %" PRId64 " in %s\n", was->name, s->version, s->language);
        else if (!same(now, s->text))
            buf_printf(out, "! purpose %s: statement %" PRId64 " in %s has other words: give it a new version\n",
                       was->name, s->version, s->language);
    }
}

static void differ_purposes(const struct policy *old, const struct policy *new, struct buf *out)
{
    for (size_t i = 0; i < new->purposes_n; i++)
        if (policy_purpose(old, text_of(new->purposes[i].name)) == NULL)
            buf_printf(out, "+ purpose %s (%s)\n", new->purposes[i].name, policy_ground_names[new->purposes[i].ground]);
    for (size_t i = 0; i < old->purposes_n; i++) {
        const struct policy_purpose *was = &old->purposes[i], *is = policy_purpose(new, text_of(was->name));
        if (is == NULL) {
            buf_printf(out, "- purpose %s: nothing is mailed for it any more\n", was->name);
            continue;
        }
        changed(out, "purpose", was->name, "ground", policy_ground_names[was->ground], policy_ground_names[is->ground]);
        changed(out, "purpose", was->name, "title", was->title, is->title);
        changed_bool(out, "purpose", was->name, "double opt-in", was->double_opt_in, is->double_opt_in);
        changed_bool(out, "purpose", was->name, "advertising", was->advertising, is->advertising);
        changed_duration(out, "purpose", was->name, "lapses unused after", was->unused_after, is->unused_after);
        differ_statements(was, is, out);
    }
}

static void differ_sources(const struct policy *old, const struct policy *new, struct buf *out)
{
    for (size_t i = 0; i < new->sources_n; i++)
        if (policy_source(old, text_of(new->sources[i].system)) == NULL)
            buf_printf(out, "+ source %s\n", new->sources[i].system);
    for (size_t i = 0; i < old->sources_n; i++) {
        const struct policy_source *was = &old->sources[i], *is = policy_source(new, text_of(was->system));
        if (is == NULL) {
            buf_printf(out, "- source %s: its events are refused\n", was->system);
            continue;
        }
        changed_bool(out, "source", was->system, "trusted to verify a forget", was->verification == TRUST_FORGET,
                     is->verification == TRUST_FORGET);
        changed_bool(out, "source", was->system, "trusted with acts of the person", was->subject_acts,
                     is->subject_acts);
        changed_bool(out, "source", was->system, "trusted with consents", was->consent_assertions,
                     is->consent_assertions);
        changed_number(out, "source", was->system, "forgets an hour", was->forgets_per_hour, is->forgets_per_hour);
        changed_duration(out, "source", was->system, "confirm within", was->confirm_within, is->confirm_within);
        changed(out, "source", was->system, "region", was->region, is->region);
    }
}

void policy_differ(const struct policy *old, const struct policy *new, const struct held_list *held, struct buf *out)
{
    const struct {
        const char *what, *name;
        struct duration from, to;
    } terms[] = {
        {"forget", "hold", old->forget_hold, new->forget_hold},
        {"forget", "answer_within", old->answer_within, new->answer_within},
        {"forget", "extension", old->answer_extension, new->answer_extension},
        {"forget", "tombstone_keep", old->tombstone_keep, new->tombstone_keep},
        {"forget", "request_keep", old->request_keep, new->request_keep},
        {"forget", "certificate_keep", old->certificate_keep, new->certificate_keep},
        {"policy", "key_epoch", old->key_epoch, new->key_epoch},
        {"policy", "quarantine_keep", old->quarantine_keep, new->quarantine_keep},
        {"policy", "opt_in_valid", old->opt_in_valid, new->opt_in_valid},
        {"policy", "consent_proof", old->consent_proof, new->consent_proof},
    };
    changed(out, "controller", old->controller, "name", old->controller, new->controller);
    changed(out, "controller", old->controller, "sender", old->sender, new->sender);
    changed(out, "controller", old->controller, "complaint", old->complaint, new->complaint);
    if (!same_list(old->own_domains, new->own_domains))
        buf_str(out, "~ controller: other own domains: whose addresses are staff changes\n");
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++)
        changed_duration(out, terms[i].what, terms[i].name, "term", terms[i].from, terms[i].to);
    differ_categories(old, new, held, out);
    differ_purposes(old, new, out);
    differ_sources(old, new, out);
}
