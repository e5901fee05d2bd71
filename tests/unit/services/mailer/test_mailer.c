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
    assert_int_equal(classify(true, 0, true), SMTP_SENT);
    assert_int_equal(classify(false, 550, false), SMTP_BOUNCED);
    assert_int_equal(classify(false, 451, true), SMTP_LATER);
    assert_int_equal(classify(false, 0, false), SMTP_LATER);
    assert_int_equal(classify(false, 0, true), SMTP_UNKNOWN);
}

static struct mail_step after(enum smtp_result result, int code, enum mail_kind kind, bool resend, int64_t asked)
{
    return decide_result(result, code, kind, resend, 1, asked, now, 7);
}

static void test_results(void **state)
{
    struct mail_step step = after(SMTP_SENT, 0, MAIL_PURPOSE, true, now);

    (void)state;
    assert_int_equal(step.state, MAIL_SENT);
    assert_true(step.next_us == CLOCK_NONE);
    step = after(SMTP_BOUNCED, 550, MAIL_PURPOSE, true, now);
    assert_int_equal(step.state, MAIL_BOUNCED);
    assert_string_equal(step.why, "smtp-550");
    step = after(SMTP_LATER, 451, MAIL_PURPOSE, true, now);
    assert_int_equal(step.state, MAIL_DEFERRED);
    assert_true(step.next_us > now);
}

static void test_gives_up_after_three_days(void **state)
{
    struct mail_step step = after(SMTP_LATER, 451, MAIL_CONFIRMATION, true, now - INT64_C(4) * US_PER_DAY);

    (void)state;
    assert_int_equal(step.state, MAIL_BOUNCED);
    assert_true(step.next_us == CLOCK_NONE);
}

static void test_unknown_is_resent_only_where_the_policy_says_so(void **state)
{
    (void)state;
    assert_int_equal(decide_lost(MAIL_CONFIRMATION, true, now).state, MAIL_DEFERRED);
    assert_int_equal(decide_lost(MAIL_CONFIRMATION, false, now).state, MAIL_UNKNOWN);
    assert_int_equal(decide_lost(MAIL_PURPOSE, true, now).state, MAIL_UNKNOWN);
    assert_int_equal(after(SMTP_UNKNOWN, 0, MAIL_PURPOSE, true, now).state, MAIL_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classify),
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_gives_up_after_three_days),
        cmocka_unit_test(test_unknown_is_resent_only_where_the_policy_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
