/* What a tombstone means for an act and for a question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/consent/gate.h"

enum { RECEIVED = 1000 };

static struct forget_tombstone stone(bool restricted)
{
    return (struct forget_tombstone){.stands = true, .restricted = restricted, .received_us = RECEIVED};
}

static void test_acts(void **state)
{
    struct forget_tombstone open = stone(true), gone = stone(false), none = {.stands = false};
    struct gate_query before = {.at_us = RECEIVED}, later = {.at_us = RECEIVED + 1};

    (void)state;
    assert_true(gate_decide(&later, &open, 1, false).restricted);
    assert_false(gate_decide(&later, &open, 1, false).gone);
    assert_true(gate_decide(&before, &gone, 1, false).gone);
    assert_true(gate_decide(&later, &gone, 1, false).returned);
    assert_false(gate_decide(&later, &gone, 1, false).gone);
    struct gate gate = gate_decide(&later, &none, 1, false);
    assert_false(gate.gone || gate.restricted || gate.returned);
}

static void test_a_forgotten_record_is_gone_whatever_its_date(void **state)
{
    struct forget_tombstone gone = stone(false);
    struct gate_query later = {.at_us = RECEIVED + 1};

    (void)state;
    assert_true(gate_decide(&later, &gone, 1, true).gone);
    assert_false(gate_decide(&later, &gone, 1, true).returned);
}

static void test_questions(void **state)
{
    struct forget_tombstone gone = stone(false);
    struct gate_query address = {.at_us = CLOCK_NONE}, record = {.at_us = CLOCK_NONE, .record = {{1}}};

    (void)state;
    assert_true(gate_decide(&address, &gone, 1, false).gone);
    assert_false(gate_decide(&record, &gone, 1, false).gone); /* a record that came after the forget */
    assert_true(gate_decide(&record, &gone, 1, true).gone);
}

static void test_one_of_two_keys_is_enough(void **state)
{
    struct forget_tombstone stones[2] = {{.stands = false}, stone(false)};
    struct gate_query before = {.at_us = RECEIVED - 1};

    (void)state;
    assert_true(gate_decide(&before, stones, 2, false).gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acts),
        cmocka_unit_test(test_a_forgotten_record_is_gone_whatever_its_date),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_one_of_two_keys_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
