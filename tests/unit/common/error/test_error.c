/* Tests of common/error: outcomes, bounds, and cuts that keep UTF-8 whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/error/error.h"
#include "common/text/text.h"

static void outcomes(void **state)
{
    struct error err = {.status = 7};
    (void)state;
    assert_int_equal(error_refuse(&err, "/data/version", "required", "a version is missing"), REFUSED);
    assert_string_equal(err.pointer, "/data/version");
    assert_string_equal(err.rule, "required");
    assert_string_equal(err.text, "a version is missing");
    assert_int_equal(err.status, 0);
    assert_int_equal(error_retry(&err, "postgres", "no answer after %d ms", 100), RETRY);
    assert_string_equal(err.pointer, "");
    assert_string_equal(err.text, "no answer after 100 ms");
    assert_int_equal(error_uncertain(&err, "postgres", "commit"), UNCERTAIN);
    assert_int_equal(error_status(&err, 409, "not completed", "the request runs"), REFUSED);
    assert_int_equal(err.status, 409);
    error_clear(&err);
    assert_string_equal(err.rule, "");
}

static void long_reasons_are_cut_between_characters(void **state)
{
    struct error err;
    char pointer[400] = "/";
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        memset(pointer, 'x', shift + 1);
        for (size_t i = shift + 1; i + 4 < sizeof pointer; i += 4)
            memcpy(pointer + i, "\xF0\x9F\x98\x80", 5);
        error_refuse(&err, pointer, pointer, "%s", pointer);
        assert_true(text_utf8_valid(text_of(err.pointer)));
        assert_true(text_utf8_valid(text_of(err.rule)));
        assert_true(text_utf8_valid(text_of(err.text)));
        assert_in_range(strlen(err.pointer), sizeof err.pointer - 5, sizeof err.pointer - 1);
        assert_in_range(strlen(err.text), sizeof err.text - 5, sizeof err.text - 1);
    }
}

static void whole_reasons_stay(void **state)
{
    struct error err;
    char exact[sizeof err.rule];
    (void)state;
    memset(exact, 'r', sizeof exact - 1);
    exact[sizeof exact - 1] = '\0';
    memcpy(exact + sizeof exact - 3, "\xC3\xBC", 2);
    error_refuse(&err, "", exact, "x");
    assert_string_equal(err.rule, exact);
    error_refuse(&err, NULL, "r", "x");
    assert_string_equal(err.pointer, "");
}

static enum outcome tried(enum outcome first, int *reached)
{
    TRY(first);
    *reached = 1;
    return DONE;
}

static void try_returns_early(void **state)
{
    int reached = 0;
    (void)state;
    assert_int_equal(tried(RETRY, &reached), RETRY);
    assert_int_equal(reached, 0);
    assert_int_equal(tried(DONE, &reached), DONE);
    assert_int_equal(reached, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes),
        cmocka_unit_test(long_reasons_are_cut_between_characters),
        cmocka_unit_test(whole_reasons_stay),
        cmocka_unit_test(try_returns_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
