/* The states of one forget within a service: whatever comes twice, late or out of turn undoes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock/clock.h"
#include "common/forget/task.h"

struct row {
    enum task_state from;
    enum task_order order;
    enum task_state to;
    bool changes;
};

static void orders_move_a_task(void **state)
{
    static const struct row rows[] = {
        {TASK_NONE, ORDER_OPENED, TASK_OPENED, true},
        {TASK_OPENED, ORDER_DESTROY, TASK_DESTROYING, true},
        {TASK_DESTROYED, ORDER_VERIFY, TASK_VERIFYING, true},
        {TASK_VERIFIED, ORDER_COMPLETED, TASK_COMPLETED, true},
        {TASK_OPENED, ORDER_CANCELLED, TASK_CANCELLED, true},
        /* out of turn */
        {TASK_NONE, ORDER_DESTROY, TASK_DESTROYING, true},
        {TASK_NONE, ORDER_CANCELLED, TASK_CANCELLED, true},
        {TASK_NONE, ORDER_VERIFY, TASK_NONE, false},
        {TASK_NONE, ORDER_COMPLETED, TASK_NONE, false},
        {TASK_OPENED, ORDER_VERIFY, TASK_OPENED, false},
        {TASK_OPENED, ORDER_COMPLETED, TASK_OPENED, false},
        {TASK_DESTROYING, ORDER_COMPLETED, TASK_DESTROYING, false},
        /* late */
        {TASK_DESTROYING, ORDER_OPENED, TASK_DESTROYING, false},
        {TASK_DESTROYED, ORDER_OPENED, TASK_DESTROYED, false},
        {TASK_CANCELLED, ORDER_OPENED, TASK_CANCELLED, false},
        {TASK_COMPLETED, ORDER_OPENED, TASK_COMPLETED, false},
        {TASK_DESTROYING, ORDER_CANCELLED, TASK_DESTROYING, false},
        {TASK_DESTROYED, ORDER_CANCELLED, TASK_DESTROYED, false},
        {TASK_COMPLETED, ORDER_CANCELLED, TASK_COMPLETED, false},
        /* again: an answer was lost */
        {TASK_OPENED, ORDER_OPENED, TASK_OPENED, false},
        {TASK_DESTROYING, ORDER_DESTROY, TASK_DESTROYING, false},
        {TASK_DESTROYED, ORDER_DESTROY, TASK_DESTROYING, true},
        {TASK_VERIFIED, ORDER_DESTROY, TASK_DESTROYING, true},
        {TASK_COMPLETED, ORDER_DESTROY, TASK_DESTROYING, true},
        {TASK_VERIFYING, ORDER_VERIFY, TASK_VERIFYING, false},
        {TASK_VERIFIED, ORDER_VERIFY, TASK_VERIFYING, true},
        /* cancelled is final */
        {TASK_CANCELLED, ORDER_DESTROY, TASK_CANCELLED, false},
        {TASK_CANCELLED, ORDER_COMPLETED, TASK_CANCELLED, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct task_plan plan = task_decide_order(rows[i].from, false, rows[i].order);
        if (plan.next != rows[i].to || plan.changes != rows[i].changes)
            fail_msg("row %zu: went to %d, changes %d", i, (int)plan.next, plan.changes);
    }
}

static void nothing_but_open_is_lifted(void **state)
{
    (void)state;
    for (int from = TASK_NONE; from < TASK_STATES; from++) {
        struct task_plan plan = task_decide_order((enum task_state)from, false, ORDER_CANCELLED);
        assert_int_equal(plan.lifts, from == TASK_OPENED);
    }
}

static void only_destroy_takes_a_set_and_only_opened_restricts(void **state)
{
    (void)state;
    for (int from = TASK_NONE; from < TASK_STATES; from++) {
        for (int order = ORDER_OPENED; order <= ORDER_COMPLETED; order++) {
            struct task_plan plan = task_decide_order((enum task_state)from, false, (enum task_order)order);
            assert_true(!plan.takes_set || order == ORDER_DESTROY);
            assert_true(!plan.restricts || (order == ORDER_OPENED && from == TASK_NONE));
            assert_true(plan.changes || (int)plan.next == from);
        }
    }
}

static void a_second_look_asked_for_early_follows(void **state)
{
    struct task_plan plan = task_decide_order(TASK_DESTROYING, false, ORDER_VERIFY);
    struct task_result result;

    (void)state;
    assert_true(plan.changes && plan.verify);
    assert_int_equal(plan.next, TASK_DESTROYING);
    result = task_decide_attempt(TASK_DESTROYING, true, 0, 0, 1);
    assert_int_equal(result.next, TASK_VERIFYING);
    assert_true(result.due);
    assert_false(result.answers_verify);
}

static void what_is_left_is_tried_again_later_and_later(void **state)
{
    int64_t least = 0;

    (void)state;
    for (unsigned attempts = 0; attempts < 100; attempts++) {
        struct task_result result = task_decide_attempt(TASK_DESTROYING, false, 3, attempts, UINT32_MAX);
        assert_int_equal(result.next, TASK_DESTROYING);
        assert_true(result.again);
        assert_true(result.delay_us >= least || result.delay_us >= SECONDS(30));
        assert_true(result.delay_us <= MINUTES(1));
        least = result.delay_us / 2;
    }
}

static void a_second_look_that_finds_something_deletes_and_looks_again(void **state)
{
    struct task_result result = task_decide_attempt(TASK_VERIFYING, false, 1, 0, 7);

    (void)state;
    assert_int_equal(result.next, TASK_DESTROYING);
    assert_true(result.verify);
    assert_true(result.answers_verify);
    result = task_decide_attempt(result.next, result.verify, 0, 1, 7);
    assert_int_equal(result.next, TASK_VERIFYING);
    result = task_decide_attempt(result.next, result.verify, 0, 0, 7);
    assert_int_equal(result.next, TASK_VERIFIED);
    assert_false(result.again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_move_a_task),
        cmocka_unit_test(nothing_but_open_is_lifted),
        cmocka_unit_test(only_destroy_takes_a_set_and_only_opened_restricts),
        cmocka_unit_test(a_second_look_asked_for_early_follows),
        cmocka_unit_test(what_is_left_is_tried_again_later_and_later),
        cmocka_unit_test(a_second_look_that_finds_something_deletes_and_looks_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
