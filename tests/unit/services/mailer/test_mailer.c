/* What becomes of a mail after an attempt, and after a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/mailer/mailer.h"

static const int64_t now = INT64_C(1800000000) * US_PER_S;

static void test_classify(void **state)
{
    (void)state;
    assert_int_equal(classify(true, 0, SMTP_PHASE_RCPT, true), SMTP_SENT);
    assert_int_equal(classify(false, 550, SMTP_PHASE_RCPT, false), SMTP_BOUNCED);
    assert_int_equal(classify(false, 554, SMTP_PHASE_RCPT, true), SMTP_BOUNCED);
    assert_int_equal(classify(false, 451, SMTP_PHASE_RCPT, true), SMTP_LATER);
    assert_int_equal(classify(false, 0, SMTP_PHASE_BEFORE, false), SMTP_LATER);
    assert_int_equal(classify(false, 0, SMTP_PHASE_RCPT, true), SMTP_UNKNOWN);
}

/* A login or a sender that the relay refuses says nothing about whom the mail goes to. */
static void test_what_the_relay_has_against_us_is_no_bounce(void **state)
{
    (void)state;
    assert_int_equal(classify(false, 535, SMTP_PHASE_BEFORE, false), SMTP_LATER);
    assert_int_equal(classify(false, 550, SMTP_PHASE_BEFORE, false), SMTP_LATER);
    assert_int_equal(classify(false, 554, SMTP_PHASE_BEFORE, false), SMTP_LATER);
}

static struct mail_tried tried(enum mail_kind kind, bool resend)
{
    return (struct mail_tried){
        .kind = kind, .attempts = 1, .asked_us = now, .resend_unknown = resend, .now_us = now, .random = 7};
}

static struct mail_step after(enum smtp_result result, int code, enum mail_kind kind, bool resend)
{
    struct mail_tried one = tried(kind, resend);

    return decide_result(result, code, &one);
}

static void test_results(void **state)
{
    struct mail_step step = after(SMTP_SENT, 0, MAIL_PURPOSE, true);

    (void)state;
    assert_int_equal(step.state, MAIL_SENT);
    assert_true(step.next_us == CLOCK_NONE);
    step = after(SMTP_BOUNCED, 550, MAIL_PURPOSE, true);
    assert_int_equal(step.state, MAIL_BOUNCED);
    assert_string_equal(step.why, "smtp-550");
    step = after(SMTP_LATER, 451, MAIL_PURPOSE, true);
    assert_int_equal(step.state, MAIL_DEFERRED);
    assert_true(step.next_us > now);
    step = after(SMTP_LATER, 535, MAIL_PURPOSE, true);
    assert_int_equal(step.state, MAIL_DEFERRED);
    assert_string_equal(step.why, "relay-refuses");
}

static void test_gives_up_after_three_days(void **state)
{
    struct mail_tried one = tried(MAIL_CONFIRMATION, true);

    (void)state;
    one.asked_us = now - INT64_C(4) * US_PER_DAY;
    struct mail_step step = decide_result(SMTP_LATER, 451, &one);
    assert_int_equal(step.state, MAIL_BOUNCED);
    assert_string_equal(step.why, "not-taken");
    assert_true(step.next_us == CLOCK_NONE);
}

static void test_unknown_is_resent_only_where_the_policy_says_so(void **state)
{
    struct mail_tried one = tried(MAIL_CONFIRMATION, false), two = tried(MAIL_PURPOSE, true);

    (void)state;
    assert_int_equal(decide_lost(&one).state, MAIL_UNKNOWN);
    assert_int_equal(decide_lost(&two).state, MAIL_UNKNOWN);
    assert_int_equal(after(SMTP_UNKNOWN, 0, MAIL_PURPOSE, true).state, MAIL_UNKNOWN);
}

static void test_unknown_is_resent_once_and_not_at_once(void **state)
{
    struct mail_tried one = tried(MAIL_CONFIRMATION, true);
    struct mail_step step = decide_lost(&one);

    (void)state;
    assert_int_equal(step.state, MAIL_DEFERRED);
    assert_true(step.next_us >= now + 10 * US_PER_S);
    one.unknowns = 1;
    assert_int_equal(decide_lost(&one).state, MAIL_UNKNOWN);
    assert_int_equal(decide_result(SMTP_UNKNOWN, 0, &one).state, MAIL_UNKNOWN);
}

static void test_gate(void **state)
{
    const struct mail_stone open = {.stands = true, .restricted = true, .received_us = now};
    const struct mail_stone standing = {.stands = true, .received_us = now};

    (void)state;
    assert_int_equal(decide_gate(MAIL_PURPOSE, CLOCK_NONE, false, NULL, 0), GATE_OPEN);
    assert_int_equal(decide_gate(MAIL_PURPOSE, CLOCK_NONE, true, NULL, 0), GATE_GONE);
    assert_int_equal(decide_gate(MAIL_PURPOSE, CLOCK_NONE, false, &open, 1), GATE_RESTRICTED);
    assert_int_equal(decide_gate(MAIL_CONFIRMATION, now + 1, false, &open, 1), GATE_RESTRICTED);
    assert_int_equal(decide_gate(MAIL_ANSWER, CLOCK_NONE, true, &open, 1), GATE_OPEN);
    /* whoever came back may be written to: by consent's word, or by their own act of later */
    assert_int_equal(decide_gate(MAIL_PURPOSE, CLOCK_NONE, false, &standing, 1), GATE_OPEN);
    assert_int_equal(decide_gate(MAIL_CONFIRMATION, now + 1, false, &standing, 1), GATE_OPEN);
    assert_int_equal(decide_gate(MAIL_CONFIRMATION, now, false, &standing, 1), GATE_GONE);
    assert_int_equal(decide_gate(MAIL_CONFIRMATION, CLOCK_NONE, false, &standing, 1), GATE_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classify),
        cmocka_unit_test(test_what_the_relay_has_against_us_is_no_bounce),
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_gives_up_after_three_days),
        cmocka_unit_test(test_unknown_is_resent_only_where_the_policy_says_so),
        cmocka_unit_test(test_unknown_is_resent_once_and_not_at_once),
        cmocka_unit_test(test_gate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
