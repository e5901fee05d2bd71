/* What is known to be gone from a log, by where it begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/erasure/logmark.h"

static struct logmark unseen(void)
{
    return (struct logmark){.clear_before_us = CLOCK_NONE, .mark_us = CLOCK_NONE};
}

static void a_time_is_told_once_the_log_begins_behind_its_end(void **state)
{
    struct logmark m = unseen();

    (void)state;
    logmark_look(&m, 0, 10, 1000);
    assert_true(m.clear_before_us == CLOCK_NONE);
    logmark_look(&m, 9, 15, 2000); /* one is still there */
    assert_true(m.clear_before_us == CLOCK_NONE);
    assert_int_equal(m.gone_below, 9);
    logmark_look(&m, 10, 20, 3000);
    assert_int_equal(m.clear_before_us, 1000);
    assert_int_equal(m.gone_below, 10);
    logmark_look(&m, 19, 30, 4000);
    assert_int_equal(m.clear_before_us, 1000);
    logmark_look(&m, 25, 30, 5000);
    assert_int_equal(m.clear_before_us, 3000);
}

static void an_empty_log_is_clear_now(void **state)
{
    struct logmark m = unseen();

    (void)state;
    logmark_look(&m, 0, 0, 1000);
    assert_int_equal(m.clear_before_us, 1000);
    logmark_look(&m, 0, 3, 2000);
    assert_int_equal(m.clear_before_us, 1000);
    logmark_look(&m, 3, 3, 3000);
    assert_int_equal(m.clear_before_us, 3000);
}

static void another_log_makes_nothing_known(void **state)
{
    struct logmark m = unseen();

    (void)state;
    logmark_look(&m, 100, 100, 1000);
    logmark_look(&m, 100, 120, 2000);
    logmark_look(&m, 0, 5, 3000); /* the broker has lost all */
    assert_true(m.clear_before_us == CLOCK_NONE);
    assert_int_equal(m.gone_below, 0);
    logmark_look(&m, 5, 6, 4000);
    assert_int_equal(m.clear_before_us, 3000);
    m = unseen();
    logmark_look(&m, 100, 100, 1000); /* without a mark, by where it began */
    logmark_look(&m, 0, 50, 2000);
    assert_true(m.clear_before_us == CLOCK_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_told_once_the_log_begins_behind_its_end),
        cmocka_unit_test(an_empty_log_is_clear_now),
        cmocka_unit_test(another_log_makes_nothing_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
