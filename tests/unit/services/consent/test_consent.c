/* What may be mailed on what ground; what a request, a confirmation, an assertion, a refusal change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/consent/consent.h"

#define NOW (INT64_C(1764000000) * US_PER_S)
#define DAYS(n) ((int64_t)(n)*US_PER_DAY)

static const char yaml[] =
    "controller: {name: acme, title: Acme, sender: 'Acme <p@acme.example>', complaint: x, language: en,"
    " own_domains: [acme.example]}\n"
    "forget: {hold: PT0S, answer_within: P1M, extension: P2M, tombstone_keep: P10Y, request_keep: P3Y}\n"
    "quarantine_keep: P7D\n"
    "opt_in_valid: P7D\n"
    "consent_proof: P3Y\n"
    "resend_unknown_confirmations: true\n"
    "sources:\n"
    "  shop: {verification: forget, subject_acts: true, consent_assertions: true, confirm_within: P6M,"
    " assertions: {single: {confirm_within: P1M}, trade: {double_opt_in: true}},"
    " forgets_per_hour: 100, region: DE}\n"
    "  helpdesk: {verification: none, subject_acts: false, forgets_per_hour: 20, region: DE}\n"
    "categories:\n"
    "  lead:\n"
    "    unnamed: drop\n"
    "    fields: {email: {kind: email, because: 'to answer'}}\n"
    "    retention: [{id: lead-24m, keep: P24M, after: captured_at, from: event, because: 'follow-up'}]\n"
    "purposes:\n"
    "  news: {title: News, ground: consent, double_opt_in: true, advertising: true, unused_after: P2Y,"
    " statements: [{version: 3, language: en, text: 'I want news.'}]}\n"
    "  single: {title: Single, ground: consent, double_opt_in: false, advertising: true,"
    " statements: [{version: 1, language: en, text: 'I want news.'}]}\n"
    "  similar: {title: Similar, ground: soft-opt-in, double_opt_in: false, advertising: true,"
    " statements: [{version: 1, language: en, text: 'Similar products.'}]}\n"
    "  trade: {title: Trade, ground: consent, double_opt_in: true, advertising: true, age: 18,"
    " where: [{countries: [FR], kinds: [business, role], ground: soft-opt-in}],"
    " statements: [{version: 1, language: en, text: 'I want offers.'},"
    " {version: 2, language: en, text: 'I want offers for the trade.', asks_anew: true}]}\n"
    "  order-mail: {title: Orders, ground: contract, advertising: false}\n"
    "holders: []\n";

static struct policy *policy;
static const struct policy_purpose *news, *single, *similar, *orders, *trade;

static int read_policy(void **state)
{
    struct buf mistakes;
    struct error err;

    (void)state;
    buf_init(&mistakes, 65536);
    if (policy_read(text_of(yaml), &policy, &mistakes, &err) != DONE) {
        print_error("%.*s\n", TEXT_ARGS(buf_view(&mistakes)));
        return -1;
    }
    buf_free(&mistakes);
    news = policy_purpose(policy, TEXT("news"));
    single = policy_purpose(policy, TEXT("single"));
    similar = policy_purpose(policy, TEXT("similar"));
    orders = policy_purpose(policy, TEXT("order-mail"));
    trade = policy_purpose(policy, TEXT("trade"));
    return news != NULL && single != NULL && similar != NULL && orders != NULL ? 0 : -1;
}

static int drop_policy(void **state)
{
    (void)state;
    policy_release(policy);
    return 0;
}

static struct standing nothing(void)
{
    return (struct standing){.last_used_at = CLOCK_NONE, .mailed_at = CLOCK_NONE, .bounced_at = CLOCK_NONE};
}

static bool asserts(const struct standing *s, const struct policy_purpose *purpose, bool soft, int64_t given_at)
{
    const struct policy_asserted allowed = {.mailed = true};
    const struct assertion assertion = {.soft_conditions = soft, .given_at = given_at};

    return decide_assert(s, purpose, &allowed, &assertion);
}

/* Asked as the ledger's 10th act two days ago, confirmed as the 11th. */
static struct standing confirmed(void)
{
    struct standing s = nothing();

    s.known = s.has_state = true;
    s.state = CONSENT_CONFIRMED;
    s.statement = 3;
    s.position = 11;
    s.at = s.recorded_at = NOW - DAYS(1);
    s.asked_position = 10;
    s.asked_at = NOW - DAYS(2);
    s.source = TEXT("confirmation");
    return s;
}

static struct standing asserted(const char *source, int64_t days_ago)
{
    struct standing s = nothing();

    s.known = s.has_state = true;
    s.state = CONSENT_ASSERTED;
    s.statement = 3;
    s.position = 5;
    s.at = s.recorded_at = NOW - DAYS(days_ago);
    s.asked_position = INT64_MIN;
    s.asked_at = CLOCK_NONE;
    s.source = text_of(source);
    return s;
}

static struct refused refused(int64_t position, int64_t days_ago)
{
    return (struct refused){.any = true, .position = position, .at = NOW - DAYS(days_ago)};
}

static int why(const struct standing *s, const struct policy_purpose *purpose)
{
    struct ground ground;

    decide_ground(s, policy, purpose, NOW, &ground);
    assert_int_equal(ground.allowed, ground.why == WHY_ALLOWED);
    return ground.why;
}

static void test_ground_of_a_confirmed_consent(void **state)
{
    struct standing s = confirmed();
    struct ground ground;

    (void)state;
    decide_ground(&s, policy, news, NOW, &ground);
    assert_true(ground.allowed);
    assert_int_equal(ground.ground, GROUND_CONSENT);
    assert_int_equal(ground.position, 11);
    assert_int_equal(ground.statement, 3);
    assert_true(ground.unsubscribable);
}

static void test_no_ground(void **state)
{
    struct standing none = nothing(), asked = nothing(), s = confirmed();

    (void)state;
    asked.has_state = true;
    asked.state = CONSENT_REQUESTED;
    assert_int_equal(why(&none, news), WHY_NO_CONSENT);
    assert_int_equal(why(&asked, news), WHY_NO_CONSENT);
    assert_int_equal(why(&s, NULL), WHY_UNKNOWN_PURPOSE);
    s.restricted = true;
    assert_int_equal(why(&s, news), WHY_RESTRICTED);
    s.restricted = false;
    s.state = CONSENT_LAPSED;
    assert_int_equal(why(&s, news), WHY_LAPSED);
}

static void test_contract_needs_no_grant_but_stops_for_a_restriction(void **state)
{
    struct standing s = nothing();
    struct ground ground;

    (void)state;
    s.objected = refused(99, 0);
    s.withdrawn = refused(98, 0);
    decide_ground(&s, policy, orders, NOW, &ground);
    assert_true(ground.allowed);
    assert_int_equal(ground.ground, GROUND_CONTRACT);
    assert_false(ground.unsubscribable);
    s.restricted = true;
    assert_int_equal(why(&s, orders), WHY_RESTRICTED);
}

static void test_a_refusal_beats_a_grant_unless_it_was_asked_for_later(void **state)
{
    struct standing s = confirmed();

    (void)state;
    s.withdrawn = refused(12, 0);
    assert_int_equal(why(&s, news), WHY_WITHDRAWN);
    s.withdrawn = refused(9, 3); /* before the request, by both orders: lifted */
    assert_int_equal(why(&s, news), WHY_ALLOWED);
    s.withdrawn = refused(12, 3); /* it came in after the request, though it is said to be older: in doubt it stands */
    assert_int_equal(why(&s, news), WHY_WITHDRAWN);
    s.withdrawn = refused(9, 1); /* it came in before, but happened after the request */
    assert_int_equal(why(&s, news), WHY_WITHDRAWN);
    s.withdrawn = refused(10, 3); /* never the request's own place, but not before it either */
    assert_int_equal(why(&s, news), WHY_WITHDRAWN);
    s.withdrawn.any = false;
    s.objected = refused(9, 3);
    assert_int_equal(why(&s, news), WHY_ALLOWED);
    s.objected = refused(12, 0);
    assert_int_equal(why(&s, news), WHY_OBJECTED);
}

static void test_an_assertion_is_trusted_by_source_and_for_a_time(void **state)
{
    struct standing fresh = asserted("shop", 30), old = asserted("shop", 200), other = asserted("helpdesk", 1),
                    unknown = asserted("nobody", 1);

    (void)state;
    assert_int_equal(why(&fresh, news), WHY_ALLOWED);
    assert_int_equal(why(&old, news), WHY_LAPSED);
    assert_int_equal(why(&other, news), WHY_NO_CONSENT);
    assert_int_equal(why(&unknown, news), WHY_NO_CONSENT);
    fresh.withdrawn = refused(1, 3650); /* no assertion overrides a refusal, whatever its date */
    assert_int_equal(why(&fresh, news), WHY_WITHDRAWN);
}

static void test_a_soft_opt_in_needs_its_conditions_on_record(void **state)
{
    struct standing none = nothing(), fresh = asserted("shop", 30);
    struct ground ground;

    (void)state;
    assert_int_equal(why(&none, similar), WHY_NO_CONSENT);
    fresh.ground = GROUND_SOFT_OPT_IN;
    decide_ground(&fresh, policy, similar, NOW, &ground);
    assert_true(ground.allowed);
    assert_int_equal(ground.ground, GROUND_SOFT_OPT_IN);
    assert_true(ground.unsubscribable);
    fresh.objected = refused(1, 3650);
    assert_int_equal(why(&fresh, similar), WHY_OBJECTED);
}

static void test_a_grant_that_nobody_uses_lapses(void **state)
{
    struct standing s = confirmed();

    (void)state;
    s.at = NOW - DAYS(800);
    assert_int_equal(why(&s, news), WHY_LAPSED);
    assert_true(decide_lapse(&s, policy, news, NOW));
    s.last_used_at = NOW - DAYS(10);
    assert_int_equal(why(&s, news), WHY_ALLOWED);
    assert_false(decide_lapse(&s, policy, news, NOW));
    s.at = NOW - DAYS(3000);
    s.last_used_at = CLOCK_NONE;
    assert_int_equal(why(&s, single), WHY_ALLOWED); /* that purpose names no term */
    struct standing old = asserted("shop", 200), foreign = asserted("helpdesk", 200);
    assert_true(decide_lapse(&old, policy, news, NOW));
    assert_false(decide_lapse(&foreign, policy, news, NOW));
}

/* ---- double opt-in ------------------------------------------------------------------------------------------------------ */

static enum request_plan ask(const struct standing *s, int64_t days_ago)
{
    return decide_request(s, news, 3, NOW - DAYS(days_ago), true, NOW);
}

static void test_a_request_starts_a_mail(void **state)
{
    struct standing none = nothing(), s = confirmed();

    (void)state;
    assert_int_equal(ask(&none, 0), REQUEST_MAIL);
    assert_int_equal(ask(&s, 0), REQUEST_CONFIRMED);
    assert_int_equal(decide_request(&s, news, 4, NOW, true, NOW), REQUEST_MAIL); /* another statement */
    /* an ask proves nothing, even where the purpose needs no second step */
    assert_int_equal(decide_request(&none, single, 1, NOW, true, NOW), REQUEST_NOTE);
    assert_int_equal(decide_request(&none, similar, 1, NOW, true, NOW), REQUEST_NOTE);
    none.restricted = true;
    assert_int_equal(ask(&none, 0), REQUEST_RESTRICTED);
}

static void test_a_request_against_refusals(void **state)
{
    struct standing s = nothing();

    (void)state;
    s.withdrawn = refused(5, 2);
    assert_int_equal(ask(&s, 1), REQUEST_MAIL);    /* asked after it */
    assert_int_equal(ask(&s, 3), REQUEST_REFUSED); /* asked before it, but came in late */
    s.withdrawn.any = false;
    s.objected = refused(5, 2);
    assert_int_equal(ask(&s, 1), REQUEST_MAIL); /* the person's own later act */
    assert_int_equal(ask(&s, 3), REQUEST_REFUSED);
    assert_int_equal(decide_request(&s, news, 3, NOW, false, NOW), REQUEST_REFUSED); /* somebody else's */
}

static void test_an_objection_is_lifted_by_the_button(void **state)
{
    struct standing s = nothing();

    (void)state;
    s.has_state = true;
    s.state = CONSENT_OBJECTED;
    s.objected = refused(5, 2);
    assert_true(decide_objected(&s));
    assert_int_equal(why(&s, news), WHY_OBJECTED);
    s.lifted = refused(6, 1);
    assert_false(decide_objected(&s));
    assert_int_equal(why(&s, news), WHY_NO_CONSENT); /* and nothing is revived */
    assert_false(asserts(&s, news, true, NOW));      /* no assertion overrides what was refused */
    assert_int_equal(decide_request(&s, news, 3, NOW, false, NOW), REQUEST_MAIL);
    s.objected = refused(7, 0); /* objected anew */
    assert_true(decide_objected(&s));
    s.objected = refused(5, 0); /* it came in before, but happened after */
    assert_true(decide_objected(&s));
}

static void test_a_bounce_stops_until_it_is_confirmed_anew(void **state)
{
    struct standing s = confirmed();

    (void)state;
    s.bounced_at = NOW - DAYS(300);
    assert_int_equal(why(&s, news), WHY_BOUNCED);
    assert_int_equal(why(&s, orders), WHY_ALLOWED); /* tried again after a while, since nobody confirms orders */
    s.bounced_at = NOW - DAYS(3);
    assert_int_equal(why(&s, orders), WHY_BOUNCED);
    s.bounced_at = CLOCK_NONE;
    assert_int_equal(why(&s, news), WHY_ALLOWED);
}

static void test_requests_are_bounded(void **state)
{
    struct standing s = nothing();

    (void)state;
    s.mailed_at = NOW - CONFIRMATION_GAP_US + 1;
    s.mailed_position = 10;
    assert_int_equal(ask(&s, 0), REQUEST_NOTE);
    s.mailed_at = NOW - CONFIRMATION_GAP_US;
    assert_int_equal(ask(&s, 0), REQUEST_MAIL);
    s.mailed_at = NOW - 1;
    s.withdrawn = refused(11, 1); /* that link is dead: asked anew, the person gets another */
    assert_int_equal(ask(&s, 0), REQUEST_MAIL);
    s.mailed_a_day = CONFIRMATIONS_A_DAY;
    assert_int_equal(ask(&s, 0), REQUEST_NOTE);
}

static void test_a_request_never_hides_a_grant(void **state)
{
    struct standing s = confirmed(), none = nothing();

    (void)state;
    assert_false(decide_requested_state(&s));
    assert_true(decide_requested_state(&none));
    s.withdrawn = refused(12, 0);
    assert_true(decide_requested_state(&s));
}

static struct confirm_token token(void)
{
    return (struct confirm_token){.found = true,
                                  .asked_position = 20,
                                  .asked_at = NOW - DAYS(1),
                                  .expires_at = NOW + DAYS(6),
                                  .used_at = CLOCK_NONE,
                                  .statement = 3};
}

static void test_confirming(void **state)
{
    struct standing s = nothing();
    struct confirm_token t = token();

    (void)state;
    s.known = true;
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_YES);
    assert_int_equal(decide_confirm(&t, &s, t.expires_at - 1), CONFIRM_YES);
    assert_int_equal(decide_confirm(&t, &s, t.expires_at), CONFIRM_EXPIRED);
    t.used_at = NOW;
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_USED);
    t.found = false;
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_WRONG);
    t = token();
    s.restricted = true;
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_RESTRICTED);
    s.restricted = s.known = false;
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_WRONG);
}

static void test_confirming_against_refusals(void **state)
{
    struct standing s = nothing();
    struct confirm_token t = token();

    (void)state;
    s.known = true;
    s.withdrawn = refused(19, 2); /* before the request: this act lifts it */
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_YES);
    s.withdrawn = refused(21, 0);
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_WITHDRAWN);
    s.withdrawn = refused(21, 2); /* came in after it, though said to be older */
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_WITHDRAWN);
    s.withdrawn.any = false;
    s.objected = refused(21, 0);
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_WITHDRAWN);
}

static void test_confirming_twice(void **state)
{
    struct standing s = confirmed();
    struct confirm_token t = token();

    (void)state;
    s.asked_position = 20;
    t.used_at = NOW;
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_ALREADY);
    t.used_at = CLOCK_NONE; /* an older link, after a newer one was used */
    t.asked_position = 15;
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_ALREADY);
    s.withdrawn = refused(30, 0); /* confirmed, then withdrawn: the link doesn't bring it back */
    t.used_at = NOW;
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_USED);
    t.used_at = CLOCK_NONE;
    assert_int_equal(decide_confirm(&t, &s, NOW), CONFIRM_WITHDRAWN);
}

/* ---- assertions, refusals ----------------------------------------------------------------------------------------------- */

static void test_asserting(void **state)
{
    struct standing none = nothing(), s = confirmed(), before = asserted("shop", 30);

    (void)state;
    assert_true(asserts(&none, news, false, NOW));
    assert_false(asserts(&s, news, false, NOW));
    assert_false(asserts(&before, news, false, before.at)); /* a nightly import says the same again */
    assert_true(asserts(&before, news, false, NOW));
    before.state = CONSENT_LAPSED;
    assert_false(asserts(&before, news, false, before.at - 1));
    assert_true(asserts(&before, news, false, NOW));
    assert_false(asserts(&none, similar, false, NOW)); /* a soft opt-in without its conditions */
    assert_true(asserts(&none, similar, true, NOW));
    none.withdrawn = refused(1, 3650);
    assert_false(asserts(&none, news, false, NOW));
    none.withdrawn.any = false;
    none.restricted = true;
    assert_false(asserts(&none, news, false, NOW));
}

static struct ground ground_of(const struct standing *s, const struct policy_purpose *purpose)
{
    struct ground ground;

    decide_ground(s, policy, purpose, NOW, &ground);
    return ground;
}

static void test_the_ground_is_by_country_and_kind_of_address(void **state)
{
    struct standing shop = nothing(), soft = asserted("shop", 10);

    (void)state;
    shop.age_over = 18;
    assert_int_equal(decide_request(&shop, trade, 2, NOW, true, NOW),
                     REQUEST_MAIL); /* unknown counts as a consumer's */
    shop.whose = ADDRESS_ROLE;
    shop.country = TEXT("FR");
    assert_int_equal(decide_request(&shop, trade, 2, NOW, true, NOW), REQUEST_NOTE); /* no double opt-in there */
    const struct policy_asserted allowed = {.mailed = true};
    struct assertion assertion = {.age_over = 18, .given_at = NOW};
    assert_false(decide_assert(&shop, trade, &allowed, &assertion)); /* a soft opt-in without its conditions */
    assertion.soft_conditions = true;
    assert_true(decide_assert(&shop, trade, &allowed, &assertion));

    soft.statement = 2;
    soft.ground = GROUND_SOFT_OPT_IN;
    soft.age_over = 18;
    soft.whose = ADDRESS_BUSINESS;
    soft.country = TEXT("FR");
    assert_true(ground_of(&soft, trade).allowed);
    assert_int_equal(ground_of(&soft, trade).ground, GROUND_SOFT_OPT_IN);
    soft.whose = ADDRESS_CONSUMER; /* another source knows better */
    assert_int_equal(ground_of(&soft, trade).why, WHY_NO_CONSENT);
    soft.whose = ADDRESS_BUSINESS;
    soft.country = TEXT("DE");
    assert_int_equal(ground_of(&soft, trade).why, WHY_NO_CONSENT);
    soft.ground = GROUND_CONSENT; /* a consent holds everywhere */
    assert_true(ground_of(&soft, trade).allowed);
}

static void test_a_changed_statement_asks_anew_where_the_policy_says_so(void **state)
{
    struct standing s = confirmed();

    (void)state;
    s.age_over = 18;
    s.statement = 2;
    assert_true(ground_of(&s, trade).allowed);
    assert_false(decide_ask_anew(&s, trade));
    s.statement = 1;
    assert_int_equal(ground_of(&s, trade).why, WHY_STATEMENT);
    assert_true(decide_ask_anew(&s, trade));
    s.restricted = true;
    assert_false(decide_ask_anew(&s, trade));
    s.restricted = false;
    s.withdrawn = refused(12, 0); /* who refused isn't asked */
    assert_false(decide_ask_anew(&s, trade));
    s = confirmed();
    s.statement = 2; /* of news, whose third version doesn't ask */
    assert_true(ground_of(&s, news).allowed);
}

static void test_a_purpose_with_an_age(void **state)
{
    const struct policy_asserted allowed = {.mailed = true};
    struct assertion assertion = {.given_at = NOW};
    struct standing s = confirmed(), none = nothing();

    (void)state;
    s.statement = 2;
    assert_int_equal(ground_of(&s, trade).why, WHY_AGE);
    s.age_over = 16;
    assert_int_equal(ground_of(&s, trade).why, WHY_AGE);
    s.age_over = AGE_GUARDIAN;
    assert_true(ground_of(&s, trade).allowed);
    assert_false(decide_assert(&none, trade, &allowed, &assertion));
    assertion.age_over = 18;
    assert_true(decide_assert(&none, trade, &allowed, &assertion));
}

static void test_an_assertion_by_source_and_purpose(void **state)
{
    struct policy_asserted allowed = policy_asserted(policy, TEXT("shop"), TEXT("trade"));
    struct assertion assertion = {.given_at = NOW, .age_over = 18};
    struct standing s = asserted("shop", 60), none = nothing();

    (void)state;
    assert_true(ground_of(&s, news).allowed);
    assert_int_equal(ground_of(&s, single).why, WHY_LAPSED); /* for this one only a month */
    assert_true(decide_lapse(&s, policy, single, NOW));
    assert_false(decide_lapse(&s, policy, news, NOW));
    assert_false(decide_assert(&none, trade, &allowed, &assertion));
    assertion.double_opt_in = true;
    assert_true(decide_assert(&none, trade, &allowed, &assertion));
}

static void test_unsubscribing_again_changes_nothing(void **state)
{
    struct standing none = nothing(), s = confirmed();

    (void)state;
    assert_true(decide_unsubscribe(&s, false));
    assert_true(decide_unsubscribe(&none, false));
    s.withdrawn = refused(12, 0);
    assert_false(decide_unsubscribe(&s, false));
    assert_true(decide_unsubscribe(&s, true)); /* all is more than one */
    none.objected = refused(12, 0);
    assert_false(decide_unsubscribe(&none, true));
    assert_false(decide_unsubscribe(&none, false));
    s = confirmed();
    s.withdrawn = refused(5, 9); /* lifted since: there is something to refuse again */
    assert_true(decide_unsubscribe(&s, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ground_of_a_confirmed_consent),
        cmocka_unit_test(test_no_ground),
        cmocka_unit_test(test_contract_needs_no_grant_but_stops_for_a_restriction),
        cmocka_unit_test(test_a_refusal_beats_a_grant_unless_it_was_asked_for_later),
        cmocka_unit_test(test_an_assertion_is_trusted_by_source_and_for_a_time),
        cmocka_unit_test(test_a_soft_opt_in_needs_its_conditions_on_record),
        cmocka_unit_test(test_a_grant_that_nobody_uses_lapses),
        cmocka_unit_test(test_a_request_starts_a_mail),
        cmocka_unit_test(test_a_request_against_refusals),
        cmocka_unit_test(test_an_objection_is_lifted_by_the_button),
        cmocka_unit_test(test_a_bounce_stops_until_it_is_confirmed_anew),
        cmocka_unit_test(test_requests_are_bounded),
        cmocka_unit_test(test_a_request_never_hides_a_grant),
        cmocka_unit_test(test_confirming),
        cmocka_unit_test(test_confirming_against_refusals),
        cmocka_unit_test(test_confirming_twice),
        cmocka_unit_test(test_asserting),
        cmocka_unit_test(test_the_ground_is_by_country_and_kind_of_address),
        cmocka_unit_test(test_a_changed_statement_asks_anew_where_the_policy_says_so),
        cmocka_unit_test(test_a_purpose_with_an_age),
        cmocka_unit_test(test_an_assertion_by_source_and_purpose),
        cmocka_unit_test(test_unsubscribing_again_changes_nothing),
    };
    return cmocka_run_group_tests(tests, read_policy, drop_policy);
}
