/* rotation: what is due, and how late it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/vault/rotation.h"

#define NOW INT64_C(1000000000000)

static struct rotation fresh(void)
{
    return (struct rotation){.current = {.epoch = 4},
                             .rotate_us = NOW + 1,
                             .destroy_by_us = NOW + US_PER_DAY,
                             .ending_by_us = CLOCK_NONE,
                             .newest = 4};
}

static void nothing_is_due_before_its_time(void **state)
{
    struct rotation r = fresh();

    (void)state;
    assert_int_equal(rotation_decide(&r, NOW), ROTATION_REST);
    assert_int_equal(rotation_decide(&r, NOW + 1), ROTATION_BEGIN);
    r.wanted = true;
    assert_int_equal(rotation_decide(&r, NOW), ROTATION_BEGIN);
    r.wanted = false;
    r.rotate_us = CLOCK_NONE;
    assert_int_equal(rotation_decide(&r, INT64_MAX), ROTATION_REST);
}

static void one_epoch_ends_at_a_time(void **state)
{
    struct rotation r = fresh();

    (void)state;
    r.ending = (struct rotation_epoch){.epoch = 3};
    r.wanted = true;
    assert_int_equal(rotation_decide(&r, NOW + 2), ROTATION_REWRAP);
    r.destroying = true;
    assert_int_equal(rotation_decide(&r, NOW + 2), ROTATION_DESTROY);
}

static void a_pause_stops_every_step(void **state)
{
    struct rotation r = fresh();

    (void)state;
    r.paused = true;
    assert_int_equal(rotation_decide(&r, NOW + 2), ROTATION_REST);
    r.ending = (struct rotation_epoch){.epoch = 3};
    assert_int_equal(rotation_decide(&r, NOW), ROTATION_REST);
    r.destroying = true;
    assert_int_equal(rotation_decide(&r, NOW), ROTATION_REST);
}

static void whichever_is_later_counts(void **state)
{
    struct rotation r = fresh();

    (void)state;
    assert_int_equal(rotation_late_us(&r, NOW), 0);
    assert_int_equal(rotation_late_us(&r, NOW + US_PER_DAY + 5), 5);
    r.ending = (struct rotation_epoch){.epoch = 3};
    r.ending_by_us = NOW - 7;
    assert_int_equal(rotation_late_us(&r, NOW), 7);
    assert_int_equal(rotation_destroy_by(NOW), NOW + US_PER_DAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_due_before_its_time),
        cmocka_unit_test(one_epoch_ends_at_a_time),
        cmocka_unit_test(a_pause_stops_every_step),
        cmocka_unit_test(whichever_is_later_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
