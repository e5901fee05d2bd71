/* RFC 8785: order, escapes, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/erasure/verify/canonical.h"

static void becomes(const char *json, const char *wanted)
{
    const char *why;
    size_t n;
    json_t *value = canonical_read(json, strlen(json), &why);
    assert_non_null(value);
    char *out = canonical_write(value, &n, &why);
    assert_non_null(out);
    assert_int_equal(n, strlen(wanted));
    assert_memory_equal(out, wanted, n);
    free(out);
    json_decref(value);
}

static void refused(const char *json)
{
    const char *why;
    size_t n;
    json_t *value = canonical_read(json, strlen(json), &why);
    char *out = value != NULL ? canonical_write(value, &n, &why) : NULL;
    if (out != NULL)
        fail_msg("taken: %s", json);
    assert_non_null(why);
    json_decref(value);
}

static void test_forms(void **state)
{
    (void)state;
    becomes("{}", "{}");
    becomes(" { \"b\" : [ 1 , true , null , \"x\" ] , \"a\" : { } } ", "{\"a\":{},\"b\":[1,true,null,\"x\"]}");
    becomes("{\"n\":[0,-1,9007199254740991]}", "{\"n\":[0,-1,9007199254740991]}");
    /* RFC 8785, 3.2.2.2: two-letter escapes where JSON has them, lower case hex, everything else as it is */
    becomes("{\"s\":\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\\u007f\"}",
            "{\"s\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\x7f\"}");
    /* RFC 8785, 3.2.3: by UTF-16 code units */
    becomes("{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}",
            "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"ö\":7,\"€\":1,\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}");
}

static void test_order(void **state)
{
    (void)state;
    assert_true(canonical_before("a", "ab"));
    assert_false(canonical_before("ab", "a"));
    assert_false(canonical_before("a", "a"));
    assert_true(canonical_before("\xf0\x9f\x98\x80", "\xee\x80\x80"));     /* U+1F600 before U+E000 */
    assert_true(canonical_before("\xed\x9f\xbf", "\xf0\x90\x80\x80"));     /* U+D7FF before U+10000 */
    assert_true(canonical_before("\xf0\x90\x80\x80", "\xf0\x90\x80\x81")); /* U+10000 before U+10001 */
}

static void test_what_is_refused(void **state)
{
    static const char *const broken[] = {
        "",
        "[]",
        "1",
        "{",
        "{} {}",
        "{\"a\":1,\"a\":1}",
        "{\"a\":{\"b\":1,\"c\":2,\"b\":1}}",
        "{\"a\":1.0}",
        "{\"a\":1e3}",
        "{\"a\":0.5}",
        "{\"a\":9007199254740992}",
        "{\"a\":-9007199254740992}",
        "{\"a\":99999999999999999999}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\xc0\xaf\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":1}//",
        "{\"a\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        refused(broken[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms), cmocka_unit_test(test_order),
                                       cmocka_unit_test(test_what_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
