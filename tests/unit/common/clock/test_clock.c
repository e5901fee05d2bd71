/* Tests of common/clock: RFC 3339 (its own examples among them), calendars, durations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/clock/clock.h"

static int64_t at(const char *string)
{
    int64_t us = -1;
    if (!clock_parse(text_of(string), &us))
        fail_msg("not a time: %s", string);
    return us;
}

static void parses(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
        {"2026-11-20T09:00:00Z", "2026-11-20T09:00:00Z"},
        {"2026-11-20t09:00:00z", "2026-11-20T09:00:00Z"},
        {"2026-11-20", "2026-11-20T00:00:00Z"},
        {"1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520000Z"},
        {"1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z"},
        {"1990-12-31T23:59:60Z", "1991-01-01T00:00:00Z"},
        {"1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00Z"},
        {"2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500000Z"},
        {"1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870000Z"},
        {"2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"},
        {"2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"},
        {"2000-02-29T12:00:00Z", "2000-02-29T12:00:00Z"},
        {"2026-11-20T09:00:00.123456789Z", "2026-11-20T09:00:00.123456Z"},
        {"2026-11-20T09:00:00.0000001Z", "2026-11-20T09:00:00Z"},
        {"2026-11-20T09:00:00-00:00", "2026-11-20T09:00:00Z"},
        {"2026-11-20T09:00:00+23:59", "2026-11-19T09:01:00Z"},
        {"1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"},
        {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
        {"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
    };
    char out[CLOCK_TEXT_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        clock_format(at(cases[i].in), out);
        assert_string_equal(out, cases[i].out);
    }
}

static void refuses(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11",
        "2026-13-01",
        "2026-00-10",
        "2026-11-00",
        "2026-11-31",
        "2025-02-29",
        "1900-02-29",
        "2100-02-29",
        "2026-02-30",
        "2026-11-20T",
        "2026-11-20T09:00Z",
        "2026-11-20T09:00:00",
        "2026-11-20 09:00:00Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20T09:60:00Z",
        "2026-11-20T09:00:61Z",
        "2026-11-20T09:00:60Z",
        "2026-11-20T23:59:60Z",
        "2026-11-20T09:00:00.Z",
        "2026-11-20T09:00:00,5Z",
        "2026-11-20T09:00:00+24:00",
        "2026-11-20T09:00:00+01:60",
        "2026-11-20T09:00:00+0100",
        "2026-11-20T09:00:00+01",
        "2026-11-20T09:00:00ZZ",
        "2026-11-20T09:00:00Z ",
        " 2026-11-20T09:00:00Z",
        "26-11-20T09:00:00Z",
        "1899-12-31T23:59:59Z",
        "1900-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
        "-026-11-20T09:00:00Z",
        "2026-1-20T09:00:00Z",
        "2026-11-20T9:00:00Z",
        "+2026-11-20",
        "2026/11/20",
        "20261120",
        "2026-11-20Z",
        "2026-W47-5",
        "2026-11-20T09:00:00.5",
        "yesterday",
    };
    int64_t us;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (clock_parse(text_of(bad[i]), &us))
            fail_msg("taken: %s", bad[i]);
    assert_false(clock_parse(TEXT("2026-11-20\0T09:00:00Z"), &us));
    assert_false(clock_parse(TEXT_NONE, &us));
}

/* Every day of two centuries against the C library. */
static void agrees_with_gmtime(void **state)
{
    char out[CLOCK_TEXT_BYTES], want[40];
    (void)state;
    for (int64_t day = -25567; day < 65000; day++) {
        time_t t = (time_t)(day * 86400 + 45296);
        struct tm tm;
        int64_t us;
        gmtime_r(&t, &tm);
        assert_true(strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
        clock_format((int64_t)t * US_PER_S, out);
        assert_string_equal(out, want);
        assert_true(clock_parse(text_of(want), &us));
        assert_int_equal(us, (int64_t)t * US_PER_S);
    }
}

static void formats_whatever_comes(void **state)
{
    char out[CLOCK_TEXT_BYTES];
    (void)state;
    clock_format(INT64_MAX, out);
    assert_string_equal(out, "9999-12-31T23:59:59.999999Z");
    clock_format(CLOCK_NONE, out);
    assert_string_equal(out, "0000-01-01T00:00:00Z");
    clock_format_date(at("2026-03-01T00:30:00+01:00"), out);
    assert_string_equal(out, "2026-02-28");
}

static void durations(void **state)
{
    static const struct {
        const char *in;
        int32_t months, days;
        int64_t us;
    } good[] = {
        {"P24M", 24, 0, 0},
        {"P1Y6M", 18, 0, 0},
        {"PT0S", 0, 0, 0},
        {"P30D", 0, 30, 0},
        {"P2W", 0, 14, 0},
        {"P1Y2M3W4DT5H6M7S", 14, 25, (5 * 3600 + 6 * 60 + 7) * US_PER_S},
        {"PT1M", 0, 0, 60 * US_PER_S},
        {"P1M", 1, 0, 0},
        {"PT0.25S", 0, 0, 250000},
        {"P0D", 0, 0, 0},
        {"PT36H", 0, 0, HOURS(36)},
        {"P10000Y", 120000, 0, 0},
    };
    static const char *const bad[] = {"",        "P",
                                      "PT",      "P1",
                                      "1D",      "P-1D",
                                      "-P1D",    "+P1D",
                                      "P1S",     "PT1D",
                                      "P1M1Y",   "PT1S1M",
                                      "P1D1D",   "P1DT",
                                      "p1d",     "P1.5D",
                                      "PT1.5H",  "PT.5S",
                                      "PT1.S",   "P1Y ",
                                      " P1Y",    "P99999999999Y",
                                      "P10001Y", "P9999999D",
                                      "P1YT",    "PTT1S",
                                      "P1H",     "P99999999999999999999D"};
    struct duration d;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!duration_parse(text_of(good[i].in), &d))
            fail_msg("not taken: %s", good[i].in);
        assert_int_equal(d.months, good[i].months);
        assert_int_equal(d.days, good[i].days);
        assert_int_equal(d.us, good[i].us);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (duration_parse(text_of(bad[i]), &d))
            fail_msg("taken: %s", bad[i]);
    assert_false(duration_parse(TEXT("P1D\0"), &d));
}

static void sums(void **state)
{
    static const struct {
        const char *from, *duration, *to;
    } cases[] = {
        {"2026-01-31T10:00:00Z", "P1M", "2026-02-28T10:00:00Z"},
        {"2024-01-31T10:00:00Z", "P1M", "2024-02-29T10:00:00Z"},
        {"2024-02-29T10:00:00Z", "P12M", "2025-02-28T10:00:00Z"},
        {"2024-02-29T10:00:00Z", "P4Y", "2028-02-29T10:00:00Z"},
        {"2026-11-20T09:00:00.5Z", "P24M", "2028-11-20T09:00:00.500000Z"},
        {"2026-12-31T23:59:59Z", "PT1S", "2027-01-01T00:00:00Z"},
        {"2026-10-31T00:00:00Z", "P1M1D", "2026-12-01T00:00:00Z"},
        {"2026-03-15T00:00:00Z", "P2W", "2026-03-29T00:00:00Z"},
        {"1969-12-31T23:00:00Z", "PT2H", "1970-01-01T01:00:00Z"},
        {"1965-03-31T00:00:00Z", "P11M", "1966-02-28T00:00:00Z"},
        {"2026-11-20T09:00:00Z", "PT0S", "2026-11-20T09:00:00Z"},
    };
    char out[CLOCK_TEXT_BYTES];
    struct duration d;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(duration_parse(text_of(cases[i].duration), &d));
        clock_format(duration_add(at(cases[i].from), d), out);
        assert_string_equal(out, cases[i].to);
    }
    assert_int_equal(duration_add(CLOCK_NONE, d), CLOCK_NONE);
    /* the longest duration on the latest time: no overflow (UBSan looks on) */
    assert_true(duration_parse(TEXT("P10000YT1S"), &d));
    assert_true(duration_add(at("9999-12-31T23:59:59Z"), d) > at("9999-12-31"));
}

static void years_end(void **state)
{
    (void)state;
    assert_int_equal(clock_end_of_year(at("2026-01-01")), at("2027-01-01"));
    assert_int_equal(clock_end_of_year(at("2026-12-31T23:59:59.999999Z")), at("2027-01-01"));
    assert_int_equal(clock_end_of_year(at("1969-06-01")), 0);
}

static void clocks_run(void **state)
{
    int64_t wall = clock_now_us(), steady = clock_monotonic_us();
    (void)state;
    assert_true(wall > at("2025-01-01"));
    assert_true(clock_monotonic_us() >= steady);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),    cmocka_unit_test(refuses),    cmocka_unit_test(agrees_with_gmtime),
        cmocka_unit_test(durations), cmocka_unit_test(sums),       cmocka_unit_test(formats_whatever_comes),
        cmocka_unit_test(years_end), cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
