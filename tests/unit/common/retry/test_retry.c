/* Tests of common/retry: bounds, growth, the cap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock/clock.h"
#include "common/retry/retry.h"

static void lies_between_half_and_whole(void **state)
{
    static const uint32_t randoms[] = {0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    (void)state;
    for (unsigned attempt = 0; attempt < 80; attempt++)
        for (size_t i = 0; i < sizeof randoms / sizeof *randoms; i++) {
            int64_t whole = attempt < 12 ? SECONDS(1) << attempt : HOURS(1);
            whole = whole < HOURS(1) ? whole : HOURS(1);
            int64_t delay = retry_delay_us(attempt, SECONDS(1), HOURS(1), randoms[i]);
            assert_in_range(delay, whole / 2, whole);
        }
    assert_int_equal(retry_delay_us(0, SECONDS(1), HOURS(1), 0), SECONDS(1) / 2);
    assert_in_range(retry_delay_us(0, SECONDS(1), HOURS(1), UINT32_MAX), SECONDS(1) - 1, SECONDS(1));
}

static void extremes(void **state)
{
    (void)state;
    assert_int_equal(retry_delay_us(5, 0, HOURS(1), 77), 0);
    assert_int_equal(retry_delay_us(5, SECONDS(1), 0, 77), 0);
    assert_in_range(retry_delay_us(UINT32_MAX, 1, INT64_MAX, UINT32_MAX), INT64_MAX / 2, INT64_MAX);
    assert_in_range(retry_delay_us(0, 10 * SECONDS(1), SECONDS(1), UINT32_MAX), SECONDS(1) / 2, SECONDS(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lies_between_half_and_whole),
        cmocka_unit_test(extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
