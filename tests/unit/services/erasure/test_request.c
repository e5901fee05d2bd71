/* The state machine and the clock of subject requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/erasure/request.h"

static const struct duration MONTH = {.months = 1};
static const struct duration TWO_MONTHS = {.months = 2};

static int64_t at(const char *text)
{
    int64_t us;

    assert_true(clock_parse(text_of(text), &us));
    return us;
}

/* ---- who is believed ---- */

static struct admission admit(struct admission_facts facts)
{
    return decide_admission(&facts);
}

static void an_operator_is_believed(void **state)
{
    struct admission a = admit((struct admission_facts){.by_operator = true, .counted = 1000});

    (void)state;
    assert_int_equal(a.status, STATUS_OPEN);
    assert_false(a.four_eyes);
}

static void upstream_is_believed_where_the_policy_and_the_event_say_so(void **state)
{
    struct admission_facts facts = {.source_trusted = true, .verified = true, .counted = 1, .per_hour = 20};

    (void)state;
    assert_int_equal(admit(facts).status, STATUS_OPEN);
    facts.verified = false;
    assert_int_equal(admit(facts).status, STATUS_VERIFYING);
    facts.verified = true;
    facts.source_trusted = false;
    assert_int_equal(admit(facts).status, STATUS_VERIFYING);
    assert_false(admit(facts).four_eyes);
}

static void past_the_hourly_number_all_wait_for_four_eyes(void **state)
{
    struct admission_facts facts = {.source_trusted = true, .verified = true, .counted = 20, .per_hour = 20};

    (void)state;
    assert_false(admit(facts).four_eyes);
    facts.counted = 21;
    assert_true(admit(facts).four_eyes && admit(facts).cap_exceeded);
    assert_int_equal(admit(facts).status, STATUS_VERIFYING);
    facts.counted = 1;
    facts.per_hour = 0;
    assert_true(admit(facts).four_eyes);
}

static void a_frozen_source_stays_frozen(void **state)
{
    struct admission a = admit((struct admission_facts){
        .source_trusted = true, .verified = true, .frozen = true, .counted = 1, .per_hour = 20});

    (void)state;
    assert_true(a.four_eyes);
    assert_false(a.cap_exceeded); /* it was said once */
    assert_int_equal(a.status, STATUS_VERIFYING);
}

static void in_doubt_is_who_is_nobody_yet(void **state)
{
    (void)state;
    assert_true(decide_doubtful(true, 0, 0));
    assert_false(decide_doubtful(true, 1, 3)); /* a review beside a person that is certain */
    assert_false(decide_doubtful(true, 0, 1));
    assert_false(decide_doubtful(false, 0, 0)); /* nobody of that name is here */
}

/* ---- the clock ---- */

static void a_term_is_a_month_and_ends_on_a_day_that_exists(void **state)
{
    struct request_clock clock = {.received_us = at("2026-01-31T10:00:00Z"), .paused_at = CLOCK_NONE};

    (void)state;
    assert_int_equal(request_due(&clock, MONTH, TWO_MONTHS), at("2026-02-28T10:00:00Z"));
}

static void extensions_and_pauses_push_it(void **state)
{
    struct request_clock clock = {.received_us = at("2026-03-10T00:00:00Z"), .paused_at = CLOCK_NONE};

    (void)state;
    clock.extended = true;
    assert_int_equal(request_due(&clock, MONTH, TWO_MONTHS), at("2026-06-10T00:00:00Z"));
    clock.extended = false;
    clock.paused_us = 5 * US_PER_DAY;
    assert_int_equal(request_due(&clock, MONTH, TWO_MONTHS), at("2026-04-15T00:00:00Z"));
}

static void it_escalates_as_the_end_comes_near(void **state)
{
    static const struct {
        int64_t days;
        int level;
    } rows[] = {{30, 0}, {15, 0}, {14, 1}, {8, 1}, {7, 2}, {4, 2}, {3, 3}, {1, 3}, {0, 4}, {-5, 4}};
    int64_t due = at("2026-06-30T00:00:00Z"), next;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t now = due - rows[i].days * US_PER_DAY;
        assert_int_equal(request_escalation(now, due, false, &next), rows[i].level);
        assert_true(next == CLOCK_NONE ? rows[i].level == ESCALATION_LATE : next > now);
    }
    assert_int_equal(request_escalation(due + US_PER_DAY, due, true, &next), 0);
    assert_int_equal(next, CLOCK_NONE);
}

static void reminders_grow_up_to_ten_minutes(void **state)
{
    int64_t last = 0;

    (void)state;
    assert_int_equal(request_reminder(0, false), SECONDS(10));
    assert_int_equal(request_reminder(0, true), SECONDS(30));
    for (int tries = 0; tries < 1000; tries++) {
        assert_true(request_reminder(tries, false) >= last);
        last = request_reminder(tries, false);
    }
    assert_int_equal(last, MINUTES(10));
}

/* ---- the road ---- */

static struct request_facts forget_at(enum request_stage stage, enum request_status status)
{
    return (struct request_facts){.kind = KIND_FORGET,
                                  .status = status,
                                  .stage = stage,
                                  .now_us = 100,
                                  .hold_until_us = 50,
                                  .services = 8,
                                  .outside = 2};
}

static void nothing_is_destroyed_before_the_set_is_closed_and_the_hold_is_over(void **state)
{
    struct request_facts f = forget_at(STAGE_TAKEN, STATUS_VERIFYING);

    (void)state;
    assert_int_equal(decide_step(&f), STEP_WAIT);
    f = forget_at(STAGE_OPENED, STATUS_OPEN);
    assert_int_equal(decide_step(&f), STEP_WAIT);
    f = forget_at(STAGE_RESOLVED, STATUS_RESTRICTED);
    f.hold_until_us = 101;
    assert_int_equal(decide_step(&f), STEP_HOLD);
    f.hold_until_us = 100;
    assert_int_equal(decide_step(&f), STEP_DESTROY);
    f.status = STATUS_CANCELLED;
    assert_int_equal(decide_step(&f), STEP_WAIT);
    f.status = STATUS_VERIFYING; /* restricted, but whoever asked isn't known */
    assert_int_equal(decide_step(&f), STEP_WAIT);
}

static void four_eyes_hold_it_up(void **state)
{
    struct request_facts f = forget_at(STAGE_RESOLVED, STATUS_RESTRICTED);

    (void)state;
    f.four_eyes = true;
    assert_int_equal(decide_step(&f), STEP_WAIT);
    f.approved = true;
    assert_int_equal(decide_step(&f), STEP_DESTROY);
}

static void it_completes_only_when_everybody_answered_and_a_second_look_found_nothing(void **state)
{
    struct request_facts f = forget_at(STAGE_DESTROYING, STATUS_RUNNING);

    (void)state;
    f.services_closed = 7;
    f.outside_closed = 2;
    assert_int_equal(decide_step(&f), STEP_WAIT);
    f.services_closed = 8;
    f.outside_closed = 1;
    assert_int_equal(decide_step(&f), STEP_WAIT);
    f.outside_closed = 2;
    assert_int_equal(decide_step(&f), STEP_VERIFY);
    f.stage = STAGE_VERIFYING;
    f.services_verified = 7;
    assert_int_equal(decide_step(&f), STEP_WAIT);
    f.services_verified = 8;
    assert_int_equal(decide_step(&f), STEP_COMPLETE);
    f.outside_closed = 1; /* contradicted meanwhile */
    assert_int_equal(decide_step(&f), STEP_WAIT);
    f.outside_closed = 2;
    f.stage = STAGE_CLOSED;
    assert_int_equal(decide_step(&f), STEP_WAIT);
}

static void what_is_kept_makes_it_partly(void **state)
{
    struct request_facts f = forget_at(STAGE_VERIFYING, STATUS_RUNNING);

    (void)state;
    assert_int_equal(decide_decision(&f), DECISION_GRANTED);
    f.outside_kept = 1;
    assert_int_equal(decide_decision(&f), DECISION_PARTLY);
}

/* ---- what operators may do ---- */

static bool may(struct request_standing standing, enum request_action action)
{
    struct error err;

    return decide_action(&standing, action, &err) == DONE;
}

static void it_is_cancelled_while_the_hold_runs_and_not_after(void **state)
{
    struct request_standing s = {.kind = KIND_FORGET, .status = STATUS_RESTRICTED, .stage = STAGE_RESOLVED};
    struct error err;

    (void)state;
    assert_true(may(s, ACTION_CANCEL));
    s.status = STATUS_RUNNING;
    s.stage = STAGE_DESTROYING;
    assert_int_equal(decide_action(&s, ACTION_CANCEL, &err), REFUSED);
    assert_int_equal(err.status, 409);
    assert_false(may(s, ACTION_REJECT));
    s.status = STATUS_CANCELLED;
    s.stage = STAGE_RESOLVED;
    assert_false(may(s, ACTION_CANCEL));
}

static void approval_needs_another_operator(void **state)
{
    struct request_standing s = {
        .kind = KIND_FORGET, .status = STATUS_VERIFYING, .four_eyes = true, .same_operator = true};

    (void)state;
    assert_false(may(s, ACTION_APPROVE));
    s.same_operator = false;
    assert_true(may(s, ACTION_APPROVE));
    s.approved = true;
    assert_false(may(s, ACTION_APPROVE));
}

static void the_clock_pauses_once_and_the_term_extends_once(void **state)
{
    struct request_standing s = {.kind = KIND_ACCESS, .status = STATUS_OPEN};

    (void)state;
    assert_true(may(s, ACTION_PAUSE));
    assert_false(may(s, ACTION_RESUME));
    assert_true(may(s, ACTION_EXTEND));
    s.paused = s.extended = true;
    assert_false(may(s, ACTION_PAUSE));
    assert_true(may(s, ACTION_RESUME));
    assert_false(may(s, ACTION_EXTEND));
}

static void a_person_is_named_only_where_that_is_in_doubt(void **state)
{
    struct request_standing s = {.kind = KIND_FORGET, .status = STATUS_OPEN, .stage = STAGE_OPENED};

    (void)state;
    assert_false(may(s, ACTION_SUBJECT));
    s.doubtful = true;
    assert_true(may(s, ACTION_SUBJECT));
    assert_true(may(s, ACTION_REJECT));
}

static void a_person_is_answered_once_and_after_the_end_too(void **state)
{
    struct request_standing s = {.kind = KIND_FORGET, .status = STATUS_COMPLETED, .stage = STAGE_CLOSED};

    (void)state;
    assert_true(may(s, ACTION_ANSWERED));
    s.answered = true;
    assert_false(may(s, ACTION_ANSWERED));
    s.answered = false;
    s.kind = KIND_EXPIRY;
    assert_false(may(s, ACTION_ANSWERED));
}

static void no_human_completes_a_forget(void **state)
{
    struct request_standing s = {.kind = KIND_FORGET, .status = STATUS_RUNNING, .stage = STAGE_DESTROYING};

    (void)state;
    assert_false(may(s, ACTION_COMPLETE));
    s.kind = KIND_RECTIFY;
    s.status = STATUS_OPEN;
    s.stage = STAGE_TAKEN;
    assert_true(may(s, ACTION_COMPLETE));
    s.status = STATUS_VERIFYING;
    assert_false(may(s, ACTION_COMPLETE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operator_is_believed),
        cmocka_unit_test(upstream_is_believed_where_the_policy_and_the_event_say_so),
        cmocka_unit_test(past_the_hourly_number_all_wait_for_four_eyes),
        cmocka_unit_test(a_frozen_source_stays_frozen),
        cmocka_unit_test(in_doubt_is_who_is_nobody_yet),
        cmocka_unit_test(a_term_is_a_month_and_ends_on_a_day_that_exists),
        cmocka_unit_test(extensions_and_pauses_push_it),
        cmocka_unit_test(it_escalates_as_the_end_comes_near),
        cmocka_unit_test(reminders_grow_up_to_ten_minutes),
        cmocka_unit_test(nothing_is_destroyed_before_the_set_is_closed_and_the_hold_is_over),
        cmocka_unit_test(four_eyes_hold_it_up),
        cmocka_unit_test(it_completes_only_when_everybody_answered_and_a_second_look_found_nothing),
        cmocka_unit_test(what_is_kept_makes_it_partly),
        cmocka_unit_test(it_is_cancelled_while_the_hold_runs_and_not_after),
        cmocka_unit_test(approval_needs_another_operator),
        cmocka_unit_test(the_clock_pauses_once_and_the_term_extends_once),
        cmocka_unit_test(a_person_is_named_only_where_that_is_in_doubt),
        cmocka_unit_test(a_person_is_answered_once_and_after_the_end_too),
        cmocka_unit_test(no_human_completes_a_forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
