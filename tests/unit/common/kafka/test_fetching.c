/* Tests of common/kafka/fetching: it is told before the queue is empty, and seldom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/kafka/fetching.h"

enum { MOST = 3000, MOST_BYTES = 4000000 };

/* Empties a full queue of n messages; how often it was told, and how many were left the first time. */
static size_t empty(size_t n, size_t bytes, size_t *left)
{
    struct fetching fetching = {.most = MOST, .most_bytes = MOST_BYTES};
    size_t told = 0;

    for (size_t i = 1; i <= n; i++)
        if (fetching_took(&fetching, bytes) && fetching_low(&fetching, n - i) && told++ == 0)
            *left = n - i;
    return told;
}

static void is_told_while_some_are_left(void **state)
{
    size_t left = 0;
    (void)state;
    assert_in_range(empty(MOST, 300, &left), 1, 2);
    assert_in_range(left, 500, MOST / 2);
    assert_in_range(empty((size_t)3 * MOST, 200, &left), 1, 6);
    assert_in_range(left, 1000, MOST / 2);
}

static void large_messages_count_by_their_bytes(void **state)
{
    size_t left = 0;
    (void)state;
    assert_in_range(empty(40, 100000, &left), 1, 2);
    assert_in_range(left, 10, 25);
}

static void a_trickle_is_never_told_about(void **state)
{
    struct fetching fetching = {.most = MOST, .most_bytes = MOST_BYTES};
    size_t told = 0;
    (void)state;
    for (size_t i = 0; i < MOST / 2 - 1; i++)
        told += fetching_took(&fetching, 300) && fetching_low(&fetching, 0);
    assert_int_equal(told, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_told_while_some_are_left),
        cmocka_unit_test(large_messages_count_by_their_bytes),
        cmocka_unit_test(a_trickle_is_never_told_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
