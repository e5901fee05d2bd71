/* Which relay takes the next mail, and when a mail may leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock/clock.h"
#include "services/mailer/pace.h"

static const int64_t now = INT64_C(1800000000) * US_PER_S;
static const bool all_free[RELAYS_MOST] = {true, true, true};

static void test_weights(void **state)
{
    struct relays relays = {.n = 3, .items = {{.weight = 3}, {.weight = 1}, {.weight = 1}}};
    struct pace *pace = pace_new(&relays);
    int taken[3] = {0}, in_a_row = 0;

    (void)state;
    for (int i = 0, before = -1; i < 500; i++) {
        int relay = pace_relay(pace, all_free, now);
        assert_in_range(relay, 0, 2);
        taken[relay]++;
        in_a_row = relay == before ? in_a_row + 1 : 1;
        assert_true(in_a_row <= 3);
        before = relay;
    }
    assert_int_equal(taken[0], 300);
    assert_int_equal(taken[1], 100);
    assert_int_equal(taken[2], 100);
    pace_free(pace);
}

static void test_a_relays_rate(void **state)
{
    struct relays relays = {.n = 1, .items = {{.weight = 1, .per_second = 10}}};
    struct pace *pace = pace_new(&relays);
    int taken = 0;

    (void)state;
    assert_int_equal(pace_allowance(pace, 100, now), 10);
    for (int64_t ms = 0; ms <= 2000; ms++)
        while (pace_relay(pace, all_free, now + ms * US_PER_MS) == 0)
            taken++;
    assert_in_range(taken, 29, 30); /* a second's worth at once, then ten a second */
    assert_int_equal(pace_allowance(pace, 100, now + SECONDS(2)), 0);
    assert_int_equal(pace_allowance(pace, 100, now + SECONDS(60)),
                     10); /* and not sixty seconds' worth after a minute */
    pace_free(pace);
}

static void test_a_relay_that_is_down_gets_nothing(void **state)
{
    struct relays relays = {.n = 2, .items = {{.weight = 9}, {.weight = 1}}};
    struct pace *pace = pace_new(&relays);

    (void)state;
    pace_down(pace, 0, now);
    for (int i = 0; i < 20; i++)
        assert_int_equal(pace_relay(pace, all_free, now + 1), 1);
    pace_down(pace, 1, now);
    assert_int_equal(pace_relay(pace, all_free, now + 1), -1);
    assert_int_equal(pace_allowance(pace, 100, now + 1), 0);
    assert_int_equal(pace_allowance(pace, 100, now + SECONDS(2)), 2);  /* tried again soon, with a mail each */
    assert_int_equal(pace_relay(pace, all_free, now + SECONDS(2)), 0); /* one mail tries it, no other beside it */
    assert_int_equal(pace_relay(pace, all_free, now + SECONDS(2)), 1);
    assert_int_equal(pace_relay(pace, all_free, now + SECONDS(2)), -1);
    for (int i = 0; i < 40; i++)
        pace_down(pace, 0, now + SECONDS(100 * (i + 1)));
    assert_true(pace_relay(pace, (const bool[RELAYS_MOST]){true}, now + SECONDS(4000 + 61)) ==
                0); /* a minute at most */
    pace_up(pace, 0);
    assert_int_equal(pace_relay(pace, (const bool[RELAYS_MOST]){true}, now + 1), 0);
    pace_free(pace);
}

static void test_a_domains_slots(void **state)
{
    struct relay_domain domains[] = {{.domain = TEXT("slow.example"), .per_second = 2, .connections = 1}};
    struct relays relays = {.n = 1, .items = {{.weight = 1}}, .domains = domains, .domains_n = 1};
    struct pace *pace = pace_new(&relays);
    int slow = pace_domain(pace, TEXT("a@slow.example"));

    (void)state;
    assert_int_equal(slow, 0);
    assert_int_equal(pace_domain(pace, TEXT("a@veryslow.example")), -1);
    assert_int_equal(pace_slot(pace, -1, now), now);
    for (int i = 0; i < 5; i++)
        assert_int_equal(pace_slot(pace, slow, now), now + i * US_PER_S / 2);
    assert_int_equal(pace_slot(pace, slow, now + SECONDS(100)), now + SECONDS(100));
    assert_true(pace_enter(pace, slow));
    assert_false(pace_enter(pace, slow));
    assert_true(pace_enter(pace, -1));
    pace_leave(pace, slow);
    assert_true(pace_enter(pace, slow));
    pace_free(pace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_a_relays_rate),
        cmocka_unit_test(test_a_relay_that_is_down_gets_nothing),
        cmocka_unit_test(test_a_domains_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
