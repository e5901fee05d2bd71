/* Tests of common/policy: the example is right, every kind of mistake is found with its line and path, all at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/policy/policy.h"
#include "proto/contact.h"

#define EXAMPLE "deploy/policy/example.yaml"

/* The smallest policy that is right. */
#define CONTROLLER                                                                                                     \
    "controller:\n"                                                                                                    \
    "  name: acme\n"                                                                                                   \
    "  title: Acme\n"                                                                                                  \
    "  sender: Acme <privacy@acme.example>\n"                                                                          \
    "  complaint: the authority\n"                                                                                     \
    "  language: en\n"                                                                                                 \
    "  own_domains: [acme.example]\n"                       /* lines 1 to 7 */
#define SOURCES "sources:\n  crm: { verification: none }\n" /* 8, 9 */
#define CATEGORIES "categories:\n"                          /* 10 */
#define LEAD                                                                                                           \
    "  lead:\n"                                                                                                        \
    "    unnamed: drop\n"                                                                                              \
    "    fields: { email: { kind: email, because: to answer } }\n"                                                     \
    "    retention: [{ id: lead-1, keep: P2Y, after: captured_at, because: offers }]\n" /* 11 to 14 */
#define SMALLEST CONTROLLER SOURCES CATEGORIES LEAD

static struct policy *read_good(const char *yaml)
{
    struct policy *policy = NULL;
    struct buf mistakes;
    struct error err;
    buf_init(&mistakes, 10000);
    enum outcome outcome = policy_read(text_of(yaml), &policy, &mistakes, &err);
    if (outcome != DONE)
        fail_msg("%.*s", TEXT_ARGS(buf_view(&mistakes)));
    buf_free(&mistakes);
    return policy;
}

/* The mistakes of a policy that isn't right; the caller frees them. */
static char *read_bad(struct text yaml)
{
    struct policy *policy = NULL;
    struct buf mistakes;
    struct error err;
    buf_init(&mistakes, 100000);
    assert_int_equal(policy_read(yaml, &policy, &mistakes, &err), REFUSED);
    assert_null(policy);
    assert_string_equal(err.rule, "policy");
    assert_false(mistakes.failed);
    buf_char(&mistakes, '\0');
    return mistakes.p;
}

static void example_is_right(void **state)
{
    struct policy *policy = NULL;
    struct buf mistakes;
    struct error err;
    char hex[65];
    (void)state;
    buf_init(&mistakes, 10000);
    if (policy_read_file(EXAMPLE, &policy, &mistakes, &err) != DONE)
        fail_msg("%.*s", TEXT_ARGS(buf_view(&mistakes)));
    buf_free(&mistakes);
    assert_string_equal(policy->controller, "acme");
    assert_string_equal(policy->default_language, "en");
    assert_true(policy_own_domain(policy, TEXT("acme.example")));
    assert_false(policy_own_domain(policy, TEXT("notacme.example")));
    assert_false(policy_own_domain(policy, TEXT("a.acme.example")));
    assert_int_equal(policy->forget_hold.us + policy->forget_hold.days + policy->forget_hold.months, 0);
    assert_int_equal(policy->tombstone_keep.months, 120);
    assert_true(policy->resend_unknown_confirmations);
    assert_false(policy->reviews_by_two);

    const struct policy_category *lead = policy_category(policy, TEXT("lead"));
    assert_non_null(lead);
    assert_false(lead->activity);
    assert_int_equal(lead->unnamed, UNNAMED_DROP);
    const struct policy_field *email = policy_field(lead, TEXT("email")); /* merged in */
    assert_non_null(email);
    assert_int_equal(email->kind, PF_EMAIL);
    assert_int_equal(email->most, 256);
    assert_true(email->keep_on_invalid);
    assert_string_equal(email->because, "to answer");
    assert_non_null(policy_field(lead, TEXT("product_interest")));
    assert_null(policy_field(lead, TEXT("marital_status")));
    assert_null(policy_field(policy_category(policy, TEXT("customer")), TEXT("product_interest")));
    assert_int_equal(policy_category(policy, TEXT("order"))->unnamed, UNNAMED_REFUSE);
    assert_true(policy_category(policy, TEXT("order"))->activity);
    assert_null(policy_category(policy, TEXT("nonsense")));

    assert_int_equal(policy_source(policy, TEXT("shop"))->verification, TRUST_FORGET);
    assert_int_equal(policy_source(policy, TEXT("shop"))->confirm_within.months, 6);
    assert_true(policy_source(policy, TEXT("dynamics"))->duplicates);
    assert_null(policy_source(policy, TEXT("")));

    const struct policy_purpose *news = policy_purpose(policy, TEXT("product-a-news"));
    assert_int_equal(news->ground, GROUND_CONSENT);
    assert_true(news->double_opt_in && news->advertising);
    assert_string_equal(policy_statement(policy, news, 3, TEXT("de"))->language, "de");
    assert_int_equal(policy_purpose(policy, TEXT("order-mail"))->ground, GROUND_CONTRACT);
    policy_digest_hex(policy, hex);
    assert_int_equal(strlen(hex), 64);
    assert_non_null(strstr(policy->text, "own_domains"));
    policy_release(policy);
}

static void silence_means_caution(void **state)
{
    struct policy *policy = read_good(SMALLEST);
    (void)state;
    assert_int_equal(policy->forget_hold.days, 1);
    assert_int_equal(policy->answer_within.months, 1);
    assert_false(policy->resend_unknown_confirmations);
    const struct policy_source *crm = policy_source(policy, TEXT("crm"));
    assert_false(crm->subject_acts || crm->consent_assertions || crm->duplicates);
    assert_int_equal(crm->forgets_per_hour, 0);
    assert_int_equal(policy->categories[0].rules[0].from, FROM_EVENT);
    assert_null(policy->categories[0].rules[0].roles);
    policy_release(policy);
}

static void merges(void **state)
{
    static const char yaml[] = CONTROLLER SOURCES
        "field_sets:\n"
        "  base: &base { a: { kind: text, because: base }, b: { kind: text, because: base } }\n"
        "  more: &more { <<: *base, b: { kind: date, because: more }, c: { kind: text, because: more } }\n"
        "  other: &other { c: { kind: phone, because: other }, d: { kind: bool, because: other } }\n"
        "categories:\n"
        "  lead:\n"
        "    unnamed: drop\n"
        "    fields:\n"
        "      <<: [*more, *other]\n"
        "      d: { kind: number, because: own }\n"
        "    retention: &rules [{ id: r, keep: P1D, after: b, because: x }, { id: q, keep: P1D, after: last_use, "
        "because: x }]\n";
    struct policy *policy = read_good(yaml);
    (void)state;
    const struct policy_category *lead = policy_category(policy, TEXT("lead"));
    assert_int_equal(lead->fields_n, 4);
    assert_string_equal(policy_field(lead, TEXT("a"))->because, "base");
    assert_string_equal(policy_field(lead, TEXT("b"))->because, "more");
    assert_int_equal(policy_field(lead, TEXT("b"))->kind, PF_DATE);
    assert_string_equal(policy_field(lead, TEXT("c"))->because, "more");
    assert_string_equal(policy_field(lead, TEXT("d"))->because, "own");
    policy_release(policy);
}

static void many_names_are_found(void **state)
{
    struct buf yaml;
    char name[32];
    (void)state;
    buf_init(&yaml, 1 << 20);
    buf_str(&yaml, CONTROLLER SOURCES CATEGORIES "  lead:\n    unnamed: drop\n    fields:\n");
    for (int i = 199; i >= 0; i--)
        buf_printf(&yaml, "      field%d: { kind: text, most: %d, because: x }\n", i, i + 1);
    buf_str(&yaml, "    retention: [{ id: r, keep: P1D, after: captured_at, because: x }]\n");
    buf_char(&yaml, '\0');
    struct policy *policy = read_good(yaml.p);
    const struct policy_category *lead = policy_category(policy, TEXT("lead"));
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "field%d", i);
        const struct policy_field *field = policy_field(lead, text_of(name));
        assert_non_null(field);
        assert_int_equal(field->most, i + 1);
    }
    assert_null(policy_field(lead, TEXT("field")));
    assert_null(policy_field(lead, TEXT("field200")));
    assert_null(policy_field(lead, TEXT("field1\0")));
    assert_null(policy_field(lead, TEXT("")));
    assert_null(policy_field(lead, TEXT("zzz")));
    assert_null(policy_field(lead, (struct text){"field19", 5}));
    assert_non_null(policy_field(lead, (struct text){"field199", 7}));
    policy_release(policy);
    buf_free(&yaml);
}

static void statements(void **state)
{
    static const char yaml[] = SMALLEST "purposes:\n"
                                        "  news:\n"
                                        "    title: News\n"
                                        "    ground: consent\n"
                                        "    advertising: true\n"
                                        "    statements:\n"
                                        "      - { version: 2, language: en, text: two }\n"
                                        "      - { version: 2, language: de, text: zwei }\n"
                                        "      - { version: 10, language: en, text: ten }\n"
                                        "      - version: 10\n"
                                        "        language: pt-BR\n"
                                        "        text: |\n"
                                        "          dez\n"
                                        "          onze\n"
                                        "      - { version: 1, language: en, text: one }\n";
    struct policy *policy = read_good(yaml);
    const struct policy_purpose *news = policy_purpose(policy, TEXT("news"));
    (void)state;
    assert_string_equal(policy_statement(policy, news, 2, TEXT("de"))->text, "zwei");
    assert_string_equal(policy_statement(policy, news, 2, TEXT("de-AT"))->text, "zwei");
    assert_string_equal(policy_statement(policy, news, 2, TEXT("DE"))->text, "zwei");
    assert_string_equal(policy_statement(policy, news, 2, TEXT("fr"))->text, "two");
    assert_string_equal(policy_statement(policy, news, 2, TEXT_NONE)->text, "two");
    assert_string_equal(policy_statement(policy, news, 0, TEXT("de"))->text, "ten");
    assert_int_equal(policy_statement(policy, news, 0, TEXT("pt-br"))->version, 10);
    assert_string_equal(policy_statement(policy, news, 0, TEXT("pt-BR"))->text, "dez\nonze\n");
    assert_null(policy_statement(policy, news, 3, TEXT("en")));
    policy_release(policy);
}

struct broken {
    const char *yaml, *mistake;
};

static void every_kind_of_mistake(void **state)
{
    static const struct broken cases[] = {
        {"", "line 1: : is empty"},
        {"- a\n", "line 1: : a mapping (key: value) belongs here"},
        {"a: [\n", "line 2: : while parsing a flow node: did not find expected node content"},
        {SMALLEST "---\nsecond: document\n", "line 16: : a second document begins here"},
        {SMALLEST "colour: red\n", "line 15: /colour: is no key that belongs here"},
        {SMALLEST "sources: {}\n", "line 15: : \"sources\" stands here twice"},
        {SMALLEST "? [a]\n: b\n", "line 15: : a key must be a plain text"},
        {SOURCES CATEGORIES LEAD, "line 1: : lacks \"controller\""},
        {CONTROLLER CATEGORIES LEAD, "line 1: : lacks \"sources\""},
        {CONTROLLER SOURCES, "line 1: : lacks \"categories\""},
        {CONTROLLER SOURCES "categories: {}\n", "line 10: /categories: at least one is needed"},
        {CONTROLLER SOURCES "categories: []\n", "line 10: /categories: a mapping (key: value) belongs here"},
        {CONTROLLER SOURCES "categories:\n  lead:\n", "line 11: /categories/lead: a mapping (key: value) belongs here"},
        {SMALLEST "quarantine_keep: 7d\n", "line 15: /quarantine_keep: is no ISO 8601 duration"},
        {SMALLEST "quarantine_keep: [P7D]\n", "line 15: /quarantine_keep: is no ISO 8601 duration"},
        {SMALLEST "opt_in_valid: PT0S\n", "line 15: /opt_in_valid: nobody could ever confirm"},
        {SMALLEST "key_epoch: PT0S\n", "line 15: /key_epoch: from a second to three months"},
        {SMALLEST "key_epoch: P4M\n", "line 15: /key_epoch: from a second to three months"},
        {SMALLEST "forget: { certificate_keep: 10 }\n", "line 15: /forget/certificate_keep: is no ISO 8601 duration"},
        {SMALLEST "resend_unknown_confirmations: yes\n",
         "line 15: /resend_unknown_confirmations: is neither true nor false"},
        {SMALLEST "resend_unknown_confirmations: \"true\"\n", "is neither true nor false"},
        {SMALLEST "forget: { hold: P1D, answer_within: P45D }\n", "line 15: /forget/answer_within: Art. 12(3)"},
        {SMALLEST "forget: { answer_within: PT0S }\n", "line 15: /forget/answer_within: Art. 12(3)"},
        {SMALLEST "forget: { extension: P3M }\n", "line 15: /forget/extension: Art. 12(3)"},
        {SMALLEST "forget: { hold: P29D }\n", "line 15: /forget/hold: leaves no time"},
        {SMALLEST "forget: { tombstone_keep: P0D }\n", "line 15: /forget/tombstone_keep: late copies"},
        {SMALLEST "holders: [{ name: mailer, kind: fax, identifiers: [email] }]\n",
         "line 15: /holders/0/kind: is none of"},
        {SMALLEST "holders: [{ name: M, kind: manual, identifiers: [email] }]\n", "line 15: /holders/0/name: may hold"},
        {SMALLEST "holders: [{ name: m, kind: webhook, identifiers: [email] }]\n",
         "/holders/0/address: a webhook has an address"},
        {SMALLEST "holders: [{ name: m, kind: webhook, address: x, identifiers: [email] }]\n",
         "/holders/0/address: is no http"},
        {SMALLEST "holders: [{ name: m, kind: manual, identifiers: [fax] }]\n", "/holders/0/identifiers/0: is none of"},
        {SMALLEST "holders: [{ name: m, kind: manual, identifiers: [] }]\n", "/holders/0/identifiers: a holder must"},
        {SMALLEST "holders: [{ name: m, kind: manual, identifiers: [email, email] }]\n",
         "/holders/0/identifiers/1: stands here twice"},
        {SMALLEST "holders:\n - &h { name: m, kind: manual, identifiers: [email] }\n - *h\n",
         "line 16: /holders/1/name: names another holder"},
        {CONTROLLER "sources: { crm: { verification: full } }\n" CATEGORIES LEAD,
         "line 8: /sources/crm/verification: is none of none, forget"},
        {CONTROLLER "sources: { crm: { verification: none, forgets_per_hour: -1 } }\n" CATEGORIES LEAD,
         "/sources/crm/forgets_per_hour: must lie in 0 to"},
        {CONTROLLER "sources: { crm: { verification: none, forgets_per_hour: 1.5 } }\n" CATEGORIES LEAD,
         "/sources/crm/forgets_per_hour: is not a whole number"},
        {CONTROLLER "sources: { crm: { verification: none, region: Germany } }\n" CATEGORIES LEAD,
         "/sources/crm/region: is no region"},
        {CONTROLLER "sources: { crm: { verification: none, consent_assertions: true } }\n" CATEGORIES LEAD,
         "/sources/crm/confirm_within: an asserted consent"},
        {CONTROLLER "sources: { \"c/r~m\": { verification: none } }\n" CATEGORIES LEAD,
         "line 8: /sources/c~1r~0m: may hold letters"},
        {CONTROLLER "sources: { \"\": { verification: none } }\n" CATEGORIES LEAD, "line 8: /sources/: is empty"},
        {SMALLEST "purposes: { news: { title: N, ground: consent, advertising: true } }\n",
         "/purposes/news/statements: a consent needs"},
        {SMALLEST "purposes: { news: { title: N, ground: interest, advertising: true } }\n",
         "/purposes/news/ground: is none of consent, soft-opt-in, contract, duty"},
        {SMALLEST "purposes: { news: { title: N, ground: contract, advertising: true } }\n",
         "/purposes/news/advertising: a contract or duty"},
        {SMALLEST "purposes: { news: { title: N, ground: contract } }\n", "/purposes/news: lacks \"advertising\""},
        {SMALLEST "purposes: { news: { title: N, ground: duty, advertising: false, double_opt_in: true } }\n",
         "/purposes/news/double_opt_in: belongs to"},
        {SMALLEST "purposes: { news: { title: N, ground: duty, advertising: false, unused_after: P1Y } }\n",
         "/purposes/news/unused_after: only a consent"},
        {SMALLEST "purposes: { News: { title: N, ground: duty, advertising: false } }\n",
         "/purposes/News: may hold a-z"},
        {SMALLEST "purposes: { n: { title: N, ground: consent, advertising: true, statements: [{ version: 1, language: "
                  "de, text: ja }] } }\n",
         "line 15: /purposes/n/statements: version 1 lacks the controller's language, en"},
        {SMALLEST "purposes: { n: { title: N, ground: consent, advertising: true, statements: [{ version: 0, language: "
                  "en, text: x }] } }\n",
         "/purposes/n/statements/0/version: must lie in 1 to"},
        {SMALLEST "purposes: { n: { title: N, ground: consent, advertising: true, statements: [{ version: 1, language: "
                  "english, text: x }] } }\n",
         "/purposes/n/statements/0/language: is no language tag"},
        {SMALLEST "purposes: { n: { title: N, ground: consent, advertising: true, statements: [&s { version: 1, "
                  "language: en, text: x }, *s] } }\n",
         "/purposes/n/statements/1: this version and language stand here twice"},
        {SMALLEST "purposes: { n: { title: N, ground: consent, advertising: true, statements: [{ version: 1, language: "
                  "en, text: \"  \" }] } }\n",
         "/purposes/n/statements/0/text: is empty"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *mistakes = read_bad(text_of(cases[i].yaml));
        if (strstr(mistakes, cases[i].mistake) == NULL)
            fail_msg("case %zu: not \"%s\" but:\n%s", i, cases[i].mistake, mistakes);
        free(mistakes);
    }
}

#define WITH(fields, rules)                                                                                            \
    CONTROLLER SOURCES CATEGORIES "  c:\n    unnamed: drop\n    fields: { " fields " }\n    retention: [ " rules " ]"  \
                                  "\n"
#define ACTIVITY(rules)                                                                                                \
    CONTROLLER SOURCES CATEGORIES "  c:\n    unnamed: drop\n    activity: true\n    retention: [ " rules " ]\n"
#define EMAIL "email: { kind: email, because: x }"
#define RULE "{ id: r, keep: P1Y, after: captured_at, because: x }"

static void mistakes_of_categories(void **state)
{
    static const struct broken cases[] = {
        {CONTROLLER SOURCES CATEGORIES "  c: { unnamed: drop }\n", "line 11: /categories/c: lacks \"retention\""},
        {CONTROLLER SOURCES CATEGORIES "  c: { retention: [" RULE "] }\n", "line 11: /categories/c: lacks \"unnamed\""},
        {CONTROLLER SOURCES CATEGORIES "  c: { unnamed: keep, retention: [" RULE "] }\n",
         "/categories/c/unnamed: is none of drop, refuse"},
        {WITH(EMAIL, ""), "line 14: /categories/c/retention: a category needs at least one rule"},
        {WITH("email: { kind: mail, because: x }", RULE),
         "line 13: /categories/c/fields/email/kind: is none of text, email"},
        {WITH("email: { kind: email }", RULE), "line 13: /categories/c/fields/email: lacks \"because\""},
        {WITH("email: { kind: email, because: }", RULE), "line 13: /categories/c/fields/email/because: is empty"},
        {WITH("email: { kind: email, because: null }", RULE), "/categories/c/fields/email/because: is empty"},
        {WITH("email: { because: x }", RULE), "/categories/c/fields/email: lacks \"kind\""},
        {WITH("email: { kind: email, because: x, most: 0 }", RULE),
         "/categories/c/fields/email/most: must lie in 1 to 65536"},
        {WITH("email: { kind: email, because: x, most: \"5\" }", RULE),
         "/categories/c/fields/email/most: is not a whole number"},
        {WITH("email: { kind: email, because: x, default: a }", RULE), "/categories/c/fields/email/default: is no key"},
        {WITH("email: { kind: email, because: \"a\\nb\" }", RULE),
         "/categories/c/fields/email/because: must stand on one line"},
        {WITH("email: { kind: email, because: \"a\\0b\" }", RULE),
         "/categories/c/fields/email/because: must stand on one line"},
        {WITH("email: "
              "x",
              RULE),
         "/categories/c/fields/email: a mapping"},
        {WITH("\"_x\": { kind: text, because: x }", RULE), "/categories/c/fields/_x: may hold letters"},
        {WITH("<<: 5", RULE), "line 13: /categories/c/fields: << takes a mapping"},
        {WITH("<<: [5]", RULE), "line 13: /categories/c/fields: << takes a mapping"},
        {WITH(EMAIL, "{ id: r, after: captured_at, because: x }"),
         "line 14: /categories/c/retention/0: lacks \"keep\""},
        {WITH(EMAIL, "{ id: r, keep: P1Y, because: x }"), "/categories/c/retention/0: lacks \"after\""},
        {WITH(EMAIL, "{ id: r, keep: P1Y, after: captured_at }"), "/categories/c/retention/0: lacks \"because\""},
        {WITH(EMAIL, "{ keep: P1Y, after: captured_at, because: x }"), "/categories/c/retention/0: lacks \"id\""},
        {WITH(EMAIL, "{ id: r, keep: forever, after: captured_at, because: x }"),
         "/categories/c/retention/0/keep: is no ISO"},
        {WITH(EMAIL, "{ id: r, keep: P1Y, after: occurred_at, because: x }"),
         "/categories/c/retention/0/after: starts no clock: captured_at"},
        {WITH(EMAIL, "{ id: r, keep: P1Y, after: email, because: x }"),
         "/categories/c/retention/0/after: starts no clock"},
        {WITH(EMAIL, "{ id: r, keep: P1Y, after: captured_at, from: today, because: x }"),
         "/categories/c/retention/0/from: is none of event, end_of_year"},
        {WITH(EMAIL, "{ id: r, keep: P1Y, after: captured_at, because: x, roles: [cc] }"),
         "/categories/c/retention/0/roles: only activities"},
        {WITH(EMAIL, "{ id: r, keep: P1Y, after: captured_at, because: x, fields: [phone] }"),
         "/categories/c/retention/0/fields: \"phone\" is no field"},
        {WITH(EMAIL ", phone: { kind: phone, because: x }",
              "{ id: r, keep: P1Y, after: captured_at, because: x, fields: [phone] }"),
         "line 14: /categories/c/retention: field \"email\": no rule ends it for sure"},
        {WITH(EMAIL, RULE ", " RULE), "line 14: /categories/c/retention/1/id: \"r\" names another rule already"},
        {ACTIVITY("{ id: r, keep: P1Y, after: captured_at, because: x }"),
         "/categories/c/retention/0/after: starts no clock: occurred_at"},
        {ACTIVITY("{ id: r, keep: P1Y, after: occurred_at, because: x, fields: [a] }"),
         "/categories/c/retention/0/fields: an activity's content"},
        {ACTIVITY("{ id: r, keep: P1Y, after: occurred_at, because: x, roles: [boss] }"),
         "/categories/c/retention/0/roles/0: is none of"},
        {ACTIVITY("{ id: r, keep: P1Y, after: occurred_at, because: x, roles: [cc] }"),
         "/categories/c/retention: the whole: no rule ends it for sure"},
        {ACTIVITY("{ id: r, keep: P1Y, after: occurred_at, because: x, roles: [] }"),
         "/categories/c/retention/0/roles: names none"},
        {WITH("d: { kind: date, because: x }", "{ id: r, keep: P1Y, after: d, because: x }"),
         "/categories/c/retention: field \"d\": no rule ends it for sure"},
        {ACTIVITY("{ id: r, keep: P1Y, after: closed_at, because: x }"),
         "/categories/c/retention: the whole: no rule ends"},
        {ACTIVITY("{ id: r, keep: P1Y, after: occurred_at, because: x }, { id: q, keep: P1Y, after: closed_at, "
                  "because: x, roles: [cc] }"),
         "line 14: /categories/c/retention: role \"cc\": no rule ends it for sure"},
        {WITH(EMAIL, "x"), "/categories/c/retention/0: a mapping"},
        {CONTROLLER SOURCES CATEGORIES "  c: { unnamed: drop, retention: [" RULE "], erase_texts_of: [from] }\n",
         "/categories/c/erase_texts_of: only activities have roles"},
        {CONTROLLER SOURCES CATEGORIES "  c: { unnamed: drop, retention: [" RULE "], erase_texts_of: [boss] }\n",
         "/categories/c/erase_texts_of/0: is none of"},
        {CONTROLLER SOURCES CATEGORIES "  c: { unnamed: drop, retention: x }\n",
         "/categories/c/retention: a list belongs here"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *mistakes = read_bad(text_of(cases[i].yaml));
        if (strstr(mistakes, cases[i].mistake) == NULL)
            fail_msg("case %zu: not \"%s\" but:\n%s", i, cases[i].mistake, mistakes);
        free(mistakes);
    }
}

/* A policy with one purpose, and what the source may assert for it. */
#define PURPOSE(words)                                                                                                 \
    SMALLEST                                                                                                           \
    "purposes:\n  news:\n    { title: News, advertising: true, statements: [{ version: 1, language: en, text: x "      \
    "}], " words " }\n"
#define ASSERTING(words)                                                                                               \
    CONTROLLER "sources:\n  crm: { verification: none, " words " }\n" CATEGORIES LEAD                                  \
               "purposes:\n  news: { title: News, ground: consent, advertising: true, statements: [{ version: 1, "     \
               "language: en, text: x }] }\n"

static void mistakes_of_purposes_and_pages(void **state)
{
    static const struct {
        const char *yaml, *mistake;
    } cases[] = {
        {CONTROLLER "  colour: red\n" SOURCES CATEGORIES LEAD, "/controller/colour: is no colour"},
        {CONTROLLER "  colour: '#0B57D0'\n" SOURCES CATEGORIES LEAD, "/controller/colour: is no colour"},
        {CONTROLLER "  logo: https://cdn.example/logo.png\n" SOURCES CATEGORIES LEAD, "/controller/logo: is no image"},
        {CONTROLLER "  logo: 'data:image/png;base64,\">'\n" SOURCES CATEGORIES LEAD, "/controller/logo: is no image"},
        {PURPOSE("ground: consent, where: [{ ground: consent }]"), "/purposes/news/where/0: fits every address"},
        {PURPOSE("ground: consent, where: [{ kinds: [], ground: consent }]"),
         "/purposes/news/where/0: an empty list fits no address"},
        {PURPOSE("ground: consent, where: [{ kinds: [friend], ground: consent }]"),
         "/purposes/news/where/0/kinds/0: is none of consumer, business, role"},
        {PURPOSE("ground: consent, where: [{ countries: [de], ground: consent }]"),
         "/purposes/news/where/0/countries/0: is no region"},
        {PURPOSE("ground: consent, where: [{ kinds: [role], ground: duty }]"),
         "/purposes/news/where/0/ground: only consent and soft-opt-in"},
        {PURPOSE("ground: consent, where: [{ kinds: [role], ground: soft-opt-in, double_opt_in: true }]"),
         "/purposes/news/where/0/double_opt_in: belongs to ground consent"},
        {PURPOSE("ground: consent, age: 0"), "/purposes/news/age: must lie in 1 to 99"},
        {SMALLEST "purposes:\n  orders: { title: Orders, ground: contract, advertising: false, age: 18 }\n",
         "/purposes/orders/age: a contract or duty asks for no age"},
        {SMALLEST
         "purposes:\n  orders: { title: Orders, ground: contract, advertising: false, where: [{ kinds: [role], "
         "ground: consent }] }\n",
         "/purposes/orders/where: a contract or duty is the same"},
        {SMALLEST "purposes:\n  news: { title: News, ground: soft-opt-in, advertising: true, where: [{ kinds: [role], "
                  "ground: consent }] }\n",
         "/purposes/news/statements: a consent needs the statement"},
        {SMALLEST "purposes:\n  news: { title: News, ground: consent, advertising: true, statements: [{ version: 1, "
                  "language: en, text: x }, { version: 1, language: de, text: y, asks_anew: true }] }\n",
         "/purposes/news/statements/1: asks_anew must be the same"},
        {ASSERTING("assertions: { news: { mailed: false } }"), "/sources/crm/assertions: the source isn't trusted"},
        {ASSERTING("consent_assertions: true, confirm_within: P6M, assertions: { nws: { mailed: false } }"),
         "/sources/crm/assertions/nws: there is no such purpose"},
        {ASSERTING(
             "consent_assertions: true, confirm_within: P6M, assertions: { news: { mailed: false, confirm_within: "
             "P1M } }"),
         "/sources/crm/assertions/news: what is not mailed needs no further words"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *mistakes = read_bad(text_of(cases[i].yaml));
        if (strstr(mistakes, cases[i].mistake) == NULL)
            fail_msg("case %zu: not \"%s\" but:\n%s", i, cases[i].mistake, mistakes);
        free(mistakes);
    }
}

static void terms_by_country_and_kind(void **state)
{
    struct policy *policy = read_good(
        SMALLEST
        "purposes:\n  news: { title: News, ground: consent, double_opt_in: true, advertising: true,\n"
        "    where: [{ countries: [FR, IE], kinds: [business, role], ground: soft-opt-in }, { countries: [GB], "
        "ground: consent }],\n"
        "    statements: [{ version: 1, language: en, text: x }, { version: 2, language: en, text: y, asks_anew: "
        "true }, { version: 3, language: en, text: z }] }\n");
    const struct policy_purpose *news = policy_purpose(policy, TEXT("news"));
    static const struct {
        const char *country;
        int kind;
        enum policy_ground ground;
        bool double_opt_in;
    } cases[] = {
        {"FR", ADDRESS_BUSINESS, GROUND_SOFT_OPT_IN, false}, {"fr", ADDRESS_ROLE, GROUND_SOFT_OPT_IN, false},
        {"FR", ADDRESS_CONSUMER, GROUND_CONSENT, true},      {"FR", -1, GROUND_CONSENT, true},
        {"", ADDRESS_BUSINESS, GROUND_CONSENT, true},        {"DE", ADDRESS_BUSINESS, GROUND_CONSENT, true},
        {"GB", ADDRESS_CONSUMER, GROUND_CONSENT, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct policy_terms terms = policy_terms(news, text_of(cases[i].country), cases[i].kind);
        assert_int_equal(terms.ground, cases[i].ground);
        assert_int_equal(terms.double_opt_in, cases[i].double_opt_in);
    }
    assert_true(policy_asks_anew(news, 1));
    assert_false(policy_asks_anew(news, 2)); /* the third version doesn't ask again */
    policy_release(policy);
}

static void what_a_source_may_assert(void **state)
{
    struct policy *policy = read_good(
        CONTROLLER "sources:\n  crm: { verification: none, consent_assertions: true, confirm_within: P6M, assertions: {"
                   " a: { mailed: false }, b: { double_opt_in: true, confirm_within: P1M } } }\n"
                   "  desk: { verification: none }\n" CATEGORIES LEAD
                   "purposes:\n  a: { title: A, ground: soft-opt-in, advertising: true }\n"
                   "  b: { title: B, ground: soft-opt-in, advertising: true }\n"
                   "  c: { title: C, ground: soft-opt-in, advertising: true }\n");

    (void)state;
    assert_false(policy_asserted(policy, TEXT("crm"), TEXT("a")).mailed);
    struct policy_asserted b = policy_asserted(policy, TEXT("crm"), TEXT("b"));
    assert_true(b.mailed && b.double_opt_in && b.confirm_within.months == 1);
    struct policy_asserted c = policy_asserted(policy, TEXT("crm"), TEXT("c"));
    assert_true(c.mailed && !c.double_opt_in && c.confirm_within.months == 6);
    assert_false(policy_asserted(policy, TEXT("desk"), TEXT("c")).mailed);
    assert_false(policy_asserted(policy, TEXT("nobody"), TEXT("c")).mailed);
    policy_release(policy);
}

static void mistakes_of_the_controller(void **state)
{
    static const struct {
        const char *key, *value, *mistake;
    } cases[] = {
        {"name", "Acme GmbH", "/controller/name: may hold a-z"},
        {"sender", "nobody", "/controller/sender: is no sender"},
        {"sender", "Acme <privacy@acme.example", "/controller/sender: is no sender"},
        {"sender", "Acme <a@b, c@d>", "/controller/sender: is no sender"},
        {"sender", "Acme <@acme.example>", "/controller/sender: is no sender"},
        {"language", "e", "/controller/language: is no language tag"},
        {"own_domains", "[Acme.example]", "/controller/own_domains/0: is no domain"},
        {"own_domains", "[acme]", "/controller/own_domains/0: is no domain"},
        {"own_domains", "[a..b]", "/controller/own_domains/0: is no domain"},
        {"own_domains", "[acme.]", "/controller/own_domains/0: is no domain"},
        {"own_domains", "acme.example", "/controller/own_domains: a list belongs here"},
        {"title", "[a]", "/controller/title: a text belongs here"},
    };
    char yaml[4096];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const char good[] = SMALLEST;
        char key[32];
        snprintf(key, sizeof key, "  %s: ", cases[i].key);
        const char *at = strstr(good, key), *end = strchr(at, '\n');
        snprintf(yaml, sizeof yaml, "%.*s%s%s%s", (int)(at - good), good, key, cases[i].value, end);
        char *mistakes = read_bad(text_of(yaml));
        if (strstr(mistakes, cases[i].mistake) == NULL)
            fail_msg("case %zu: not \"%s\" but:\n%s", i, cases[i].mistake, mistakes);
        free(mistakes);
    }
}

static void all_mistakes_at_once(void **state)
{
    char *mistakes = read_bad(TEXT("controller: { name: A B }\nforget: { hold: x }\nnonsense: 1\nsources: { crm: {} }\n"
                                   "categories: { c: { unnamed: x, fields: { f: {} }, retention: [{}] } }\n"));
    (void)state;
    static const char *const wanted[] = {
        "line 1: /controller/name:",
        "line 1: /controller: lacks \"title\"",
        "line 2: /forget/hold:",
        "line 3: /nonsense:",
        "line 4: /sources/crm: lacks \"verification\"",
        "line 5: /categories/c/unnamed:",
        "line 5: /categories/c/fields/f: lacks \"kind\"",
        "line 5: /categories/c/retention/0: lacks \"keep\"",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strstr(mistakes, wanted[i]) == NULL)
            fail_msg("not there: %s\n%s", wanted[i], mistakes);
    free(mistakes);
}

/* What tries to cost more than it should. */
static void bounded(void **state)
{
    struct buf yaml;
    char *mistakes;
    (void)state;
    buf_init(&yaml, 4 << 20);
    for (int i = 0; i < 500; i++)
        buf_printf(&yaml, "nonsense%d: 1\n", i);
    mistakes = read_bad(buf_view(&yaml));
    assert_non_null(strstr(mistakes, "\nand 40"));
    free(mistakes);

    buf_reset(&yaml);
    for (int i = 0; i < 5000; i++)
        buf_printf(&yaml, "key%d: 1\n", i);
    mistakes = read_bad(buf_view(&yaml));
    assert_non_null(strstr(mistakes, "line 1: : has more than 2000 keys"));
    free(mistakes);

    buf_reset(&yaml); /* a mapping that merges itself */
    buf_str(&yaml, CONTROLLER SOURCES "categories: &loop\n  <<: *loop\n  <<: [*loop, *loop]\n");
    mistakes = read_bad(buf_view(&yaml));
    assert_non_null(strstr(mistakes, "<< goes too deep"));
    free(mistakes);

    buf_reset(&yaml); /* a billion laughs */
    buf_str(&yaml, "field_sets:\n  - &a0 { x: 1 }\n");
    for (int i = 1; i < 7; i++) {
        buf_printf(&yaml, "  - &a%d { <<: [", i);
        for (int j = 0; j < 12; j++)
            buf_printf(&yaml, "%s*a%d", j > 0 ? ", " : "", i - 1);
        buf_str(&yaml, "] }\n");
    }
    buf_str(&yaml, CONTROLLER SOURCES "categories: { <<: *a6 }\n");
    mistakes = read_bad(buf_view(&yaml));
    assert_non_null(strstr(mistakes, "too much: the aliases multiply"));
    free(mistakes);

    buf_reset(&yaml);
    for (int i = 0; i < 100000; i++)
        buf_str(&yaml, i % 2 ? "[" : "{");
    mistakes = read_bad(buf_view(&yaml));
    assert_non_null(strstr(mistakes, "too many brackets"));
    free(mistakes);
    buf_reset(&yaml);
    for (int i = 0; i < 300000; i++)
        buf_str(&yaml, "# a comment\n");
    mistakes = read_bad(buf_view(&yaml));
    assert_non_null(strstr(mistakes, "more than 1 MiB"));
    free(mistakes);
    mistakes = read_bad(TEXT("a: \xFF"));
    assert_non_null(strstr(mistakes, "is not UTF-8"));
    free(mistakes);
    mistakes = read_bad(TEXT("a: \0"));
    assert_non_null(strstr(mistakes, "is not UTF-8"));
    free(mistakes);
    buf_free(&yaml);
}

static void a_small_buffer_keeps_whole_lines(void **state)
{
    struct policy *policy;
    struct buf mistakes;
    struct error err;
    (void)state;
    buf_init(&mistakes, 120);
    assert_int_equal(policy_read(TEXT("a: 1\nb: 2\nc: 3\nd: 4\n"), &policy, &mistakes, &err), REFUSED);
    assert_false(mistakes.failed);
    assert_true(mistakes.n > 30);
    assert_int_equal(mistakes.p[mistakes.n - 1], '\n');
    buf_free(&mistakes);
}

static void files(void **state)
{
    struct policy *policy;
    struct buf mistakes;
    struct error err;
    char name[] = "/tmp/lethe-test-policy-XXXXXX";
    (void)state;
    buf_init(&mistakes, 1000);
    assert_int_equal(policy_read_file("/nope", &policy, &mistakes, &err), REFUSED);
    assert_int_equal(policy_read_file("/tmp", &policy, &mistakes, &err), REFUSED);
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 2 << 20), 0);
    buf_reset(&mistakes);
    assert_int_equal(policy_read_file(name, &policy, &mistakes, &err), REFUSED);
    assert_true(text_starts(buf_view(&mistakes), "the policy file is larger"));
    close(fd);
    unlink(name);
    buf_free(&mistakes);
}

static void *hold_and_release(void *shared)
{
    for (int i = 0; i < 10000; i++) {
        struct policy *policy = policy_hold(shared);
        assert_non_null(policy_category(policy, TEXT("lead")));
        policy_release(policy);
    }
    policy_release(shared);
    return NULL;
}

static void shared_by_threads(void **state)
{
    struct policy *policy = read_good(SMALLEST);
    pthread_t threads[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_release, policy_hold(policy)), 0);
    policy_release(policy);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    policy_release(NULL);
}

/* The policy's roles are those of the events. */
static void roles_are_the_events_own(void **state)
{
    char yaml[4096];
    (void)state;
    for (int i = 0; part_role_names[i] != NULL; i++) {
        snprintf(yaml, sizeof yaml,
                 ACTIVITY("{ id: r, keep: P1Y, after: occurred_at, because: x }, "
                          "{ id: q, keep: P1Y, after: occurred_at, because: x, roles: [%s] }"),
                 part_role_names[i]);
        policy_release(read_good(yaml));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_is_right),
        cmocka_unit_test(silence_means_caution),
        cmocka_unit_test(merges),
        cmocka_unit_test(many_names_are_found),
        cmocka_unit_test(statements),
        cmocka_unit_test(every_kind_of_mistake),
        cmocka_unit_test(mistakes_of_categories),
        cmocka_unit_test(mistakes_of_purposes_and_pages),
        cmocka_unit_test(terms_by_country_and_kind),
        cmocka_unit_test(what_a_source_may_assert),
        cmocka_unit_test(mistakes_of_the_controller),
        cmocka_unit_test(all_mistakes_at_once),
        cmocka_unit_test(bounded),
        cmocka_unit_test(a_small_buffer_keeps_whole_lines),
        cmocka_unit_test(files),
        cmocka_unit_test(shared_by_threads),
        cmocka_unit_test(roles_are_the_events_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
