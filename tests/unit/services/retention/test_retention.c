/* Tests of services/retention/retention: when what is due. */
#include "services/retention/retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/contact.h"

static int64_t at(const char *text)
{
    int64_t us;

    assert_true(clock_parse(text_of(text), &us));
    return us;
}

static void assert_due(const struct due *due, const char *when, const char *rule)
{
    assert_int_equal(due->at, at(when));
    assert_string_equal(due->rule, rule);
}

static const struct policy_rule lead_rules[] = {
    {.id = "lead-24m", .after = "captured_at", .keep = {.months = 24}},
};
static const struct policy_category lead = {.name = "lead", .rules = lead_rules, .rules_n = 1};

static const struct policy_rule customer_rules[] = {
    {.id = "customer-3y", .after = "last_use", .keep = {.months = 36}, .from = FROM_END_OF_YEAR},
};
static const struct policy_category customer = {.name = "customer", .rules = customer_rules, .rules_n = 1};

static const struct policy_rule order_rules[] = {
    {.id = "warranty", .after = "warranty_until", .keep = {.months = 6}},
    {.id = "invoice-8y", .after = "invoice_date", .keep = {.months = 96}, .from = FROM_END_OF_YEAR},
    {.id = "order-3y", .after = "occurred_at", .keep = {.months = 36}, .from = FROM_END_OF_YEAR},
};
static const struct policy_category order = {.name = "order", .activity = true, .rules = order_rules, .rules_n = 3};

static const char *const copied[] = {"cc", "mentioned", NULL};
static const struct policy_rule email_rules[] = {
    {.id = "email-2y", .after = "occurred_at", .keep = {.months = 24}, .from = FROM_END_OF_YEAR},
    {.id = "email-cc-6m", .after = "occurred_at", .keep = {.months = 6}, .roles = copied},
};
static const struct policy_category email = {.name = "email", .activity = true, .rules = email_rules, .rules_n = 2};

static void test_from_event(void **state)
{
    struct retained_dates dates = {.base = at("2026-01-31T10:00:00Z"), .last_use = at("2030-01-01T00:00:00Z")};
    struct due due;

    (void)state;
    decide_due(&lead, RETAINED_RECORD, NULL, &dates, &due);
    assert_due(&due, "2028-01-31T10:00:00Z", "lead-24m");
    assert_false(due.by_last_use); /* whatever came later: the offer was made then */
}

static void test_last_use_end_of_year(void **state)
{
    struct retained_dates dates = {.base = at("2020-05-01T00:00:00Z"), .last_use = at("2024-02-03T04:05:06Z")};
    struct due due;

    (void)state;
    decide_due(&customer, RETAINED_RECORD, NULL, &dates, &due);
    assert_due(&due, "2028-01-01T00:00:00Z", "customer-3y");
    assert_true(due.by_last_use);
}

static void test_longest_wins_and_absent_dates(void **state)
{
    struct named_date given[] = {{.name = TEXT("warranty_until"), .at = at("2040-06-30T00:00:00Z")},
                                 {.name = TEXT("invoice_date"), .at = at("2026-10-05T00:00:00Z")}};
    struct retained_dates dates = {.base = at("2026-10-02T00:00:00Z"), .last_use = at("2026-10-02T00:00:00Z")};
    struct due due;

    (void)state;
    decide_due(&order, RETAINED_ACTIVITY, NULL, &dates, &due); /* no dates: all count from occurred_at */
    assert_due(&due, "2035-01-01T00:00:00Z", "invoice-8y");
    dates.dates = (struct named_date_list){.items = given, .n = 2};
    decide_due(&order, RETAINED_ACTIVITY, NULL, &dates, &due);
    assert_due(&due, "2040-12-30T00:00:00Z", "warranty");
    decide_due(&order, RETAINED_PART, "customer", &dates, &due);
    assert_due(&due, "2040-12-30T00:00:00Z", "warranty");
}

static void test_roles(void **state)
{
    struct retained_dates dates = {.base = at("2026-03-01T00:00:00Z"), .last_use = at("2026-03-01T00:00:00Z")};
    struct due due;

    (void)state;
    decide_due(&email, RETAINED_ACTIVITY, NULL, &dates, &due);
    assert_due(&due, "2029-01-01T00:00:00Z", "email-2y");
    decide_due(&email, RETAINED_PART, "from", &dates, &due);
    assert_due(&due, "2029-01-01T00:00:00Z", "email-2y");
    decide_due(&email, RETAINED_PART, "cc", &dates, &due); /* its own rule, though a longer general one stands */
    assert_due(&due, "2026-09-01T00:00:00Z", "email-cc-6m");
}

static void test_no_rule(void **state)
{
    struct retained_dates dates = {.base = 0};
    const struct policy_category none = {.name = "none"};
    struct due due;

    (void)state;
    decide_due(NULL, RETAINED_RECORD, NULL, &dates, &due);
    assert_int_equal(due.at, CLOCK_NONE);
    assert_null(due.rule);
    decide_due(&none, RETAINED_PART, "cc", &dates, &due);
    assert_int_equal(due.at, CLOCK_NONE);
}

static void test_used(void **state)
{
    (void)state;
    assert_true(decide_used(ROLE_CUSTOMER, false));
    assert_true(decide_used(ROLE_FROM, false));
    assert_true(decide_used(ROLE_TO, false));
    assert_false(decide_used(ROLE_CC, false));
    assert_false(decide_used(ROLE_MENTIONED, false));
    assert_false(decide_used(ROLE_FROM, true));
}

static void test_pack(void **state)
{
    struct arena *arena = *state;
    struct named_date given[] = {{.name = TEXT("closed_at"), .at = -5}, {.name = TEXT("x"), .at = INT64_MAX}};
    struct bytes packed = dates_pack((struct named_date_list){.items = given, .n = 2}, arena);
    struct named_date_list out = dates_unpack(packed, arena);

    assert_int_equal(out.n, 2);
    assert_true(text_is(out.items[0].name, "closed_at") && out.items[0].at == -5);
    assert_true(text_is(out.items[1].name, "x") && out.items[1].at == INT64_MAX);
    for (size_t cut = 0; cut < packed.n; cut++) /* a broken row is read no further than it goes */
        assert_in_range(dates_unpack((struct bytes){.p = packed.p, .n = cut}, arena).n, 0, 1);
    assert_int_equal(dates_unpack((struct bytes){.p = packed.p, .n = 0}, arena).n, 0);
}

static struct due_item item(int kind, unsigned n, const char *rule, unsigned expiry)
{
    struct due_item out = {.kind = kind, .rule = text_of(rule)};

    out.id.b[15] = (uint8_t)n;
    out.expiry.b[15] = (uint8_t)expiry;
    return out;
}

static void test_expiries(void **state)
{
    struct arena *arena = *state;
    struct due_item items[] = {
        item(RETAINED_PART, 1, "b", 0),     item(RETAINED_RECORD, 2, "a", 0), item(RETAINED_ACTIVITY, 3, "b", 0),
        item(RETAINED_RECORD, 4, "a", 9),   item(RETAINED_RECORD, 5, "a", 0), item(RETAINED_RECORD, 6, "b", 0),
        item(RETAINED_ACTIVITY, 7, "b", 0),
    };
    struct expiries out;

    decide_expiries(items, 7, 77, arena, &out);
    assert_int_equal(out.n, 3);
    assert_true(text_is(out.items[0].rule, "a") && uuid_is_nil(&out.items[0].expiry));
    assert_int_equal(out.items[0].records.n, 2);
    assert_int_equal(out.items[0].records.items[1].b[15], 5);
    assert_int_equal(out.items[1].records.n, 1);
    assert_int_equal(out.items[1].activities.n, 2);
    assert_int_equal(out.items[1].parts.n, 1);
    assert_int_equal(out.items[2].expiry.b[15], 9); /* announced as one before: as one again */
    assert_int_equal(out.items[2].records.n, 1);
    for (size_t i = 0; i < 7; i++)
        assert_true(text_equal(out.items[out.of[i]].rule, items[i].rule));
}

static int setup(void **state)
{
    *state = arena_new();
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_event),
        cmocka_unit_test(test_last_use_end_of_year),
        cmocka_unit_test(test_longest_wins_and_absent_dates),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_no_rule),
        cmocka_unit_test(test_used),
        cmocka_unit_test_setup_teardown(test_pack, setup, teardown),
        cmocka_unit_test_setup_teardown(test_expiries, setup, teardown),
    };

    return cmocka_run_group_tests_name("services/retention/retention", tests, NULL, NULL);
}
