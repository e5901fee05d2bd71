/* How long a copy is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/error/error.h"
#include "services/backup/rotation.h"

static int64_t at(const char *text)
{
    int64_t us;

    ENSURE(clock_parse(text_of(text), &us));
    return us;
}

static void test_the_first_of_a_month_and_of_a_week_stay_longer(void **state)
{
    struct rotation_copy copies[8];
    const struct {
        const char *at;
        enum rotation should;
    } days[] = {
        {"2026-11-25T03:00:00Z", ROTATION_MONTHLY}, /* a Wednesday: nothing is there */
        {"2026-11-26T03:00:00Z", ROTATION_DAILY},   /* the month's counts for its week */
        {"2026-11-29T23:59:59Z", ROTATION_DAILY},   /* Sunday */
        {"2026-11-30T00:00:00Z", ROTATION_WEEKLY},  /* Monday */
        {"2026-11-30T12:00:00Z", ROTATION_DAILY},   {"2026-12-01T03:00:00Z", ROTATION_MONTHLY},
        {"2026-12-07T03:00:00Z", ROTATION_WEEKLY},  {"2027-12-01T03:00:00Z", ROTATION_MONTHLY}, /* a year later */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        enum rotation rotation = rotation_decide(copies, i, at(days[i].at));
        assert_int_equal(rotation, days[i].should);
        copies[i] = (struct rotation_copy){.rotation = rotation, .taken_us = at(days[i].at)};
    }
}

static void test_each_ends_as_its_kind_does(void **state)
{
    const struct rotation_keep keep = {{{.days = 7}, {.days = 35}, {.months = 12}}};

    (void)state;
    assert_true(rotation_expires(&keep, ROTATION_DAILY, at("2026-11-25T03:00:00Z")) == at("2026-12-02T03:00:00Z"));
    assert_true(rotation_expires(&keep, ROTATION_WEEKLY, at("2026-11-25T03:00:00Z")) == at("2026-12-30T03:00:00Z"));
    assert_true(rotation_expires(&keep, ROTATION_MONTHLY, at("2026-11-25T03:00:00Z")) == at("2027-11-25T03:00:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_of_a_month_and_of_a_week_stay_longer),
        cmocka_unit_test(test_each_ends_as_its_kind_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
