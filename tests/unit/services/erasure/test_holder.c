/* What an outside holder's answer means for its task. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock/clock.h"
#include "services/erasure/holder.h"

#define NOW SECONDS(1000)

static enum outcome decide(enum holder_outcome outcome, int64_t until, const char *rule, const char *why,
                           struct task_change *change)
{
    struct holder_answer answer = {.outcome = outcome, .until_us = until, .rule = text_of(rule), .why = text_of(why)};
    struct error err;

    return decide_answer(&answer, TASK_RUNNING, OUTCOME_NONE, NOW, change, &err);
}

static void done_and_not_held_are_final(void **state)
{
    struct task_change change;

    (void)state;
    assert_int_equal(decide(OUTCOME_DONE, CLOCK_NONE, NULL, NULL, &change), DONE);
    assert_int_equal(change.status, TASK_CLOSED);
    assert_int_equal(decide(OUTCOME_NOT_HELD, CLOCK_NONE, NULL, NULL, &change), DONE);
    assert_int_equal(change.status, TASK_CLOSED);
}

static void a_recycle_bin_is_not_done(void **state)
{
    struct task_change change;

    (void)state;
    assert_int_equal(decide(OUTCOME_REVERSIBLE, CLOCK_NONE, NULL, NULL, &change), REFUSED);
    assert_int_equal(decide(OUTCOME_REVERSIBLE, NOW + HOURS(5), NULL, NULL, &change), DONE);
    assert_int_equal(change.status, TASK_RUNNING);
    assert_int_equal(change.next_us, NOW + HOURS(5));
    assert_int_equal(decide(OUTCOME_REVERSIBLE, NOW - HOURS(5), NULL, NULL, &change), DONE);
    assert_true(change.next_us > NOW);
}

static void what_is_kept_names_its_rule_and_its_end(void **state)
{
    struct task_change change;

    (void)state;
    assert_int_equal(decide(OUTCOME_KEPT, CLOCK_NONE, NULL, NULL, &change), REFUSED);
    assert_int_equal(decide(OUTCOME_KEPT, CLOCK_NONE, "§ 147 AO", NULL, &change), REFUSED);
    assert_int_equal(decide(OUTCOME_KEPT, NOW + HOURS(5), NULL, NULL, &change), REFUSED);
    assert_int_equal(decide(OUTCOME_KEPT, NOW + HOURS(5), "§ 147 AO", NULL, &change), DONE);
    assert_int_equal(change.status, TASK_CLOSED);
    assert_int_equal(change.outcome, OUTCOME_KEPT);
}

static void the_impossible_is_a_human_s(void **state)
{
    struct task_change change;

    (void)state;
    assert_int_equal(decide(OUTCOME_IMPOSSIBLE, CLOCK_NONE, NULL, NULL, &change), REFUSED);
    assert_int_equal(decide(OUTCOME_IMPOSSIBLE, CLOCK_NONE, NULL, "tape in a vault", &change), DONE);
    assert_int_equal(change.status, TASK_HUMAN);
}

static void who_needs_an_identifier_gets_it_if_it_is_one_of_ours(void **state)
{
    struct task_change change;

    (void)state;
    assert_int_equal(decide(OUTCOME_NEED, CLOCK_NONE, NULL, "phone", &change), DONE);
    assert_int_equal(change.status, TASK_RUNNING);
    assert_true(text_is(change.need, "phone"));
    assert_int_equal(decide(OUTCOME_NEED, CLOCK_NONE, NULL, "shoe size", &change), DONE);
    assert_int_equal(change.status, TASK_HUMAN);
}

static void a_closed_task_only_improves(void **state)
{
    struct holder_answer answer = {.outcome = OUTCOME_IMPOSSIBLE, .until_us = CLOCK_NONE, .why = TEXT("x")};
    struct task_change change;
    struct error err;

    (void)state;
    assert_int_equal(decide_answer(&answer, TASK_CLOSED, OUTCOME_DONE, NOW, &change, &err), DONE);
    assert_false(change.changes);
    assert_int_equal(change.outcome, OUTCOME_DONE);
    answer.outcome = OUTCOME_DONE;
    assert_int_equal(decide_answer(&answer, TASK_CLOSED, OUTCOME_KEPT, NOW, &change, &err), DONE);
    assert_true(change.changes);
    assert_int_equal(decide_answer(&answer, TASK_CLOSED, OUTCOME_DONE, NOW, &change, &err), DONE);
    assert_false(change.changes);
}

static void by_hand_takes_two(void **state)
{
    enum manual_step step;
    struct error err;

    (void)state;
    assert_int_equal(decide_manual(false, false, false, &step, &err), DONE);
    assert_int_equal(step, MANUAL_RECORD);
    assert_int_equal(decide_manual(true, true, true, &step, &err), REFUSED);
    assert_int_equal(err.status, 409);
    assert_int_equal(decide_manual(true, false, true, &step, &err), DONE);
    assert_int_equal(step, MANUAL_CONFIRM);
    assert_int_equal(decide_manual(true, false, false, &step, &err), DONE);
    assert_int_equal(step, MANUAL_RECORD);
}

static void a_removal_contradicts_nobody(void **state)
{
    (void)state;
    assert_true(decide_contradicts(TEXT("lethe.contact.recorded"), NOW));
    assert_false(decide_contradicts(TEXT("lethe.contact.removed"), NOW));
    assert_false(decide_contradicts(TEXT("lethe.contact.recorded"), CLOCK_NONE));
}

static void names_become_topics(void **state)
{
    (void)state;
    assert_true(holder_name_ok(TEXT("crm-2.eu_west")));
    assert_false(holder_name_ok(TEXT("")));
    assert_false(holder_name_ok(TEXT("CRM")));
    assert_false(holder_name_ok(TEXT(".crm")));
    assert_false(holder_name_ok(TEXT("a/b")));
    assert_false(holder_name_ok(TEXT("0123456789012345678901234567890123456789012345678901234567890123")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(done_and_not_held_are_final),
        cmocka_unit_test(a_recycle_bin_is_not_done),
        cmocka_unit_test(what_is_kept_names_its_rule_and_its_end),
        cmocka_unit_test(the_impossible_is_a_human_s),
        cmocka_unit_test(who_needs_an_identifier_gets_it_if_it_is_one_of_ours),
        cmocka_unit_test(a_closed_task_only_improves),
        cmocka_unit_test(by_hand_takes_two),
        cmocka_unit_test(a_removal_contradicts_nobody),
        cmocka_unit_test(names_become_topics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
