/* Tests of common/text: comparison, trimming, UTF-8, numbers, hex. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/arena/arena.h"
#include "common/text/text.h"

static void comparison(void **state)
{
    (void)state;
    assert_true(text_equal(TEXT("ab"), text_of("ab")));
    assert_false(text_equal(TEXT("ab"), TEXT("abc")));
    assert_true(text_equal(TEXT_NONE, TEXT("")));
    assert_null(text_of(NULL).p);
    assert_true(text_is(TEXT("x"), "x"));
    assert_true(text_starts(TEXT("+49"), "+"));
    assert_true(text_starts(TEXT("+49"), ""));
    assert_false(text_starts(TEXT("+"), "+4"));
    assert_true(text_compare(TEXT("a"), TEXT("b")) < 0);
    assert_true(text_compare(TEXT("ab"), TEXT("a")) > 0);
    assert_true(text_compare(TEXT("a\xFF"), TEXT("a")) > 0);
    assert_int_equal(text_compare(TEXT_NONE, TEXT("")), 0);
}

static void trimming(void **state)
{
    (void)state;
    assert_true(text_is(text_trim(TEXT(" \t\r\n\v\fa b \n")), "a b"));
    assert_int_equal(text_trim(TEXT("  \n")).n, 0);
    assert_int_equal(text_trim(TEXT_NONE).n, 0);
}

static void copies(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    struct text copy = text_copy(arena, (struct text){.p = "abcdef", .n = 3});
    assert_string_equal(copy.p, "abc");
    assert_null(text_copy(arena, TEXT_NONE).p);
    assert_non_null(text_copy(arena, TEXT("")).p);
    assert_string_equal(text_cstr(arena, TEXT_NONE), "");
    struct text made = text_format(arena, "%s-%d", "x", 42);
    assert_string_equal(made.p, "x-42");
    assert_int_equal(made.n, 4);
    arena_free(arena);
}

static void utf8(void **state)
{
    static const char *const good[] = {"",
                                       "plain ascii text",
                                       "\xC3\xBC",
                                       "\xE2\x82\xAC",
                                       "\xF0\x9F\x98\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "\xC2\x80",
                                       "\xE0\xA0\x80",
                                       "\xF0\x90\x80\x80",
                                       "12345678\xC3\xBC...45678"};
    static const char *const bad[] = {"\x80",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xC3",
                                      "\xC3(",
                                      "\xE0\x80\x80",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF",
                                      "\xE2\x82",
                                      "\xE2\x28\xA1",
                                      "\xF0\x80\x80\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFF",
                                      "\xFE",
                                      "\xF0\x9F\x98",
                                      "1234567\xFF",
                                      "12345678901234\xC3",
                                      "\xF0\x9F\x98\x28"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(text_utf8_valid(text_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_utf8_valid(text_of(bad[i])));
    assert_true(text_utf8_valid(TEXT("a\0b")));
    assert_true(text_utf8_valid(TEXT_NONE));
}

static void numbers(void **state)
{
    int64_t v = 1;
    (void)state;
    assert_true(text_to_int64(TEXT("0"), &v) && v == 0);
    assert_true(text_to_int64(TEXT("-7"), &v) && v == -7);
    assert_true(text_to_int64(TEXT("9223372036854775807"), &v) && v == INT64_MAX);
    assert_true(text_to_int64(TEXT("-9223372036854775808"), &v) && v == INT64_MIN);
    assert_false(text_to_int64(TEXT("9223372036854775808"), &v));
    assert_false(text_to_int64(TEXT("-9223372036854775809"), &v));
    assert_false(text_to_int64(TEXT("99999999999999999999999"), &v));
    assert_false(text_to_int64(TEXT(""), &v));
    assert_false(text_to_int64(TEXT("-"), &v));
    assert_false(text_to_int64(TEXT("+1"), &v));
    assert_false(text_to_int64(TEXT("1 "), &v));
    assert_false(text_to_int64(TEXT("1\0"), &v));
    assert_false(text_to_int64(TEXT("1e3"), &v));
}

static void hex(void **state)
{
    struct arena *arena = arena_new();
    uint8_t bytes[3] = {0x00, 0xAB, 0xFF}, out[3];
    (void)state;
    struct text digits = text_hex(arena, bytes, 3);
    assert_string_equal(digits.p, "00abff");
    assert_true(text_from_hex(digits, out, 3));
    assert_memory_equal(out, bytes, 3);
    assert_true(text_from_hex(TEXT("00ABff"), out, 3));
    assert_false(text_from_hex(TEXT("00abf"), out, 3));
    assert_false(text_from_hex(TEXT("00abfg"), out, 3));
    assert_false(text_from_hex(TEXT("00abff00"), out, 3));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparison), cmocka_unit_test(trimming), cmocka_unit_test(copies),
        cmocka_unit_test(utf8),       cmocka_unit_test(numbers),  cmocka_unit_test(hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
