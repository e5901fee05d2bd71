/* decide: tombstones yield to the person's own new act and to nothing else; versions decide what is late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/policy/policy.h"
#include "services/intake/decide.h"

static const struct stone forgotten = {.stands = true, .barrier_seen = true, .received_us = 1000};
static const struct act own_act = {.kind = ACT_SUBJECT, .captured_at = 1001, .trusted = true};

static enum verdict verdict(struct stone stone, struct act act)
{
    struct uuid request;

    return decide_stones(&stone, 1, &act, &request);
}

static void no_tombstone_refuses_nothing(void **state)
{
    struct stone none = {.received_us = 1000};

    (void)state;
    assert_int_equal(verdict(none, (struct act){.kind = ACT_IMPORT}), VERDICT_TAKE);
}

static void a_tombstone_yields_to_the_persons_own_new_act_alone(void **state)
{
    struct stone stone = forgotten;
    struct act act = own_act;

    (void)state;
    assert_int_equal(verdict(forgotten, own_act), VERDICT_YIELD);
    act.kind = ACT_STAFF;
    assert_int_equal(verdict(forgotten, act), VERDICT_FORGOTTEN);
    act.kind = ACT_IMPORT;
    assert_int_equal(verdict(forgotten, act), VERDICT_FORGOTTEN);
    act.kind = ACT_THIRD_PARTY;
    assert_int_equal(verdict(forgotten, act), VERDICT_FORGOTTEN);
    act = own_act, act.trusted = false;
    assert_int_equal(verdict(forgotten, act), VERDICT_FORGOTTEN);
    act = own_act, act.captured_at = 1000; /* not after the request came in */
    assert_int_equal(verdict(forgotten, act), VERDICT_FORGOTTEN);
    act = own_act, act.captured_at = CLOCK_NONE;
    assert_int_equal(verdict(forgotten, act), VERDICT_FORGOTTEN);
    stone.barrier_seen = false; /* it was in flight before the request */
    assert_int_equal(verdict(stone, own_act), VERDICT_FORGOTTEN);
    stone = forgotten, stone.restricted = true; /* may still be cancelled */
    assert_int_equal(verdict(stone, own_act), VERDICT_RESTRICTED);
}

static void the_strictest_of_several_tombstones_counts(void **state)
{
    struct stone stones[3] = {forgotten, forgotten, forgotten};
    struct uuid request = {0};

    (void)state;
    stones[0].request.b[0] = 1;
    stones[1].request.b[0] = 2;
    stones[1].restricted = true;
    stones[2].request.b[0] = 3;
    assert_int_equal(decide_stones(stones, 3, &own_act, &request), VERDICT_RESTRICTED);
    assert_int_equal(request.b[0], 2);
    stones[2].barrier_seen = false;
    assert_int_equal(decide_stones(stones, 3, &own_act, &request), VERDICT_FORGOTTEN);
    assert_int_equal(request.b[0], 3);
}

static void a_system_counts_in_one_way(void **state)
{
    struct error err;

    (void)state;
    assert_int_equal(decide_kind(VERSION_NONE, VERSION_TIME, "/x", &err), DONE);
    assert_int_equal(decide_kind(VERSION_NUMBER, VERSION_NUMBER, "/x", &err), DONE);
    assert_int_equal(decide_kind(VERSION_NUMBER, VERSION_NONE, "/x", &err), DONE);
    assert_int_equal(decide_kind(VERSION_NUMBER, VERSION_TIME, "/x", &err), REFUSED);
    assert_string_equal(err.rule, "version kind");
    assert_string_equal(err.pointer, "/x");
}

static void what_ended_begins_anew_above_its_version(void **state)
{
    struct version ended = {VERSION_NUMBER, 7}, never = {VERSION_NONE, 0};
    struct version same = {VERSION_NUMBER, 7}, next = {VERSION_NUMBER, 8};

    (void)state;
    assert_false(decide_anew(&ended, &same));
    assert_true(decide_anew(&ended, &next));
    assert_true(decide_anew(&never, &same));
}

static void a_removal_ends_what_is_not_newer(void **state)
{
    struct version row = {VERSION_NUMBER, 7}, older = {VERSION_NUMBER, 6}, same = {VERSION_NUMBER, 7}, none = {0};

    (void)state;
    assert_true(decide_removes(&row, &same));
    assert_true(decide_removes(&row, &none));
    assert_false(decide_removes(&row, &older));
    assert_int_equal(decide_end_version(&row, &none).value, 7);
    assert_int_equal(decide_end_version(&(struct version){VERSION_NUMBER, 3}, &same).value, 7);
}

static void a_removal_without_a_version_adds_nothing_to_an_end(void **state)
{
    struct version ended = {VERSION_NUMBER, 7}, higher = {VERSION_NUMBER, 8}, none = {0};

    (void)state;
    assert_true(decide_ends(&ended, &higher));
    assert_false(decide_ends(&ended, &ended));
    assert_false(decide_ends(&ended, &none));
}

static void a_request_never_came_in_later_than_its_event(void **state)
{
    (void)state;
    assert_int_equal(decide_received(1000, 2000), 1000);
    assert_int_equal(decide_received(3000, 2000), 2000);
    assert_int_equal(decide_received(CLOCK_NONE, 2000), 2000);
}

static void revisions_rise_and_jump_with_the_incarnation(void **state)
{
    (void)state;
    assert_int_equal(decide_rev(-1, INT64_C(1) << 40), INT64_C(1) << 40);
    assert_int_equal(decide_rev((INT64_C(1) << 40) + 5, INT64_C(1) << 40), (INT64_C(1) << 40) + 6);
    assert_int_equal(decide_rev((INT64_C(1) << 40) + 5, INT64_C(2) << 40), INT64_C(2) << 40);
}

static void a_source_is_named_by_its_last_part(void **state)
{
    (void)state;
    assert_true(text_is(decide_source_name(TEXT("shop")), "shop"));
    assert_true(text_is(decide_source_name(TEXT("urn:acme:shop")), "shop"));
    assert_true(text_is(decide_source_name(TEXT("https://acme.example/apps/shop")), "shop"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_tombstone_refuses_nothing),
        cmocka_unit_test(a_tombstone_yields_to_the_persons_own_new_act_alone),
        cmocka_unit_test(the_strictest_of_several_tombstones_counts),
        cmocka_unit_test(a_system_counts_in_one_way),
        cmocka_unit_test(what_ended_begins_anew_above_its_version),
        cmocka_unit_test(a_removal_ends_what_is_not_newer),
        cmocka_unit_test(a_removal_without_a_version_adds_nothing_to_an_end),
        cmocka_unit_test(a_request_never_came_in_later_than_its_event),
        cmocka_unit_test(revisions_rise_and_jump_with_the_incarnation),
        cmocka_unit_test(a_source_is_named_by_its_last_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
