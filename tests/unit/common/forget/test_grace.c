/* The grace wait: who may have missed the tombstones is waited for, once for each order, and nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/forget/grace.h"

static struct grace_task task(uint8_t request, int64_t order)
{
    struct grace_task t = {.order = order, .destroys = true};

    t.request.b[0] = request;
    return t;
}

static void nobody_running_is_waited_for_by_nobody(void **state)
{
    struct grace grace = {0};
    struct grace_task one = task(1, 100);
    int64_t until;

    (void)state;
    assert_int_equal(grace_look(&grace, &one, 1, 120, 120, &until), 0);
    assert_true(one.ready);
    assert_int_equal(grace.n, 0);
}

static void the_mark_of_the_first_look_counts(void **state)
{
    struct grace grace = {0};
    struct grace_task one = task(1, 100);
    int64_t until;

    (void)state;
    assert_int_equal(grace_look(&grace, &one, 1, 90, 120, &until), 1);
    assert_false(one.ready);
    assert_int_equal(until, 120);
    /* later writers push the next number on, not the mark */
    assert_int_equal(grace_look(&grace, &one, 1, 119, 500, &until), 1);
    assert_int_equal(until, 120);
    assert_int_equal(grace_look(&grace, &one, 1, 120, 900, &until), 0);
    assert_true(one.ready);
    assert_int_equal(grace.n, 0);
}

static void ordered_anew_waits_anew(void **state)
{
    struct grace grace = {0};
    struct grace_task one = task(1, 100);
    int64_t until;

    (void)state;
    assert_int_equal(grace_look(&grace, &one, 1, 90, 120, &until), 1);
    one = task(1, 150);
    assert_int_equal(grace_look(&grace, &one, 1, 140, 200, &until), 1);
    assert_int_equal(until, 200);
}

static void each_waits_for_its_own(void **state)
{
    struct grace grace = {0};
    struct grace_task two[] = {task(1, 100), task(2, 200)};
    int64_t until;

    (void)state;
    assert_int_equal(grace_look(&grace, two, 1, 90, 120, &until), 1);
    assert_int_equal(grace_look(&grace, two, 2, 119, 220, &until), 2);
    assert_int_equal(until, 120);
    assert_int_equal(grace_look(&grace, two, 2, 125, 300, &until), 1);
    assert_true(two[0].ready);
    assert_false(two[1].ready);
    assert_int_equal(until, 220);
}

static void a_second_look_waits_for_nobody(void **state)
{
    struct grace grace = {0};
    struct grace_task one = task(1, 100);
    int64_t until;

    (void)state;
    one.destroys = false;
    assert_int_equal(grace_look(&grace, &one, 1, 90, 120, &until), 0);
    assert_true(one.ready);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_running_is_waited_for_by_nobody),
        cmocka_unit_test(the_mark_of_the_first_look_counts),
        cmocka_unit_test(ordered_anew_waits_anew),
        cmocka_unit_test(each_waits_for_its_own),
        cmocka_unit_test(a_second_look_waits_for_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
