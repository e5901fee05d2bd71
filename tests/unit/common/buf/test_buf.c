/* Tests of common/buf: growth, the sticky limit, escapes for JSON and HTML, wire numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf/buf.h"

static void grows(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 1 << 20);
    for (int i = 0; i < 5000; i++)
        buf_printf(&buf, "%04d,", i);
    assert_false(buf.failed);
    assert_int_equal(buf.n, 25000);
    assert_memory_equal(buf.p, "0000,0001,", 10);
    assert_memory_equal(buf.p + 24995, "4999,", 5);
    buf_reset(&buf);
    assert_int_equal(buf_view(&buf).n, 0);
    assert_non_null(buf_view(&buf).p);
    buf_str(&buf, "again");
    assert_true(text_is(buf_view(&buf), "again"));
    buf_free(&buf);
    buf_free(&buf);
}

static void limit_is_sticky(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 10);
    buf_str(&buf, "0123456789");
    assert_false(buf.failed);
    buf_char(&buf, 'x');
    assert_true(buf.failed);
    assert_int_equal(buf.n, 10);
    buf_reset(&buf);
    buf_printf(&buf, "%s", "01234567890");
    assert_true(buf.failed);
    buf_str(&buf, "a");
    assert_true(buf.failed);
    buf_reset(&buf);
    buf_hex(&buf, (const uint8_t *)"abcde", 5);
    assert_false(buf.failed);
    assert_true(text_is(buf_view(&buf), "6162636465"));
    buf_hex(&buf, (const uint8_t *)"a", 1);
    assert_true(buf.failed);
    buf_free(&buf);
}

static void zeroed_buf_is_safe(void **state)
{
    struct buf buf = {0};
    (void)state;
    buf_str(&buf, "");
    assert_false(buf.failed);
    buf_str(&buf, "x");
    assert_true(buf.failed);
    buf_free(&buf);
}

static void json(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 1000);
    buf_json_string(&buf, TEXT("a\"b\\c\n\t\r\b\f\x01\x1F\x7F \xC3\xBC\0z"));
    assert_true(text_is(buf_view(&buf), "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\\u001f\\u007f \xC3\xBC\\u0000z\""));
    buf_reset(&buf);
    buf_json_string(&buf, TEXT_NONE);
    assert_true(text_is(buf_view(&buf), "\"\""));
    buf_free(&buf);
}

static void html(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 1000);
    buf_html(&buf, TEXT("<a href=\"x\" id='y'>R&D \xC3\xBC\n\0</a>"));
    assert_true(
        text_equal(buf_view(&buf), TEXT("&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;R&amp;D \xC3\xBC\n\0&lt;/a&gt;")));
    buf_reset(&buf);
    buf_html(&buf, TEXT_NONE);
    buf_html(&buf, TEXT("plain \xFF\x7F"));
    assert_true(text_equal(buf_view(&buf), TEXT("plain \xFF\x7F")));
    buf_free(&buf);
    buf_init(&buf, 8);
    buf_html(&buf, TEXT("ab\"\""));
    assert_true(buf.failed);
    buf_free(&buf);
}

static void wire(void **state)
{
    struct buf buf;
    static const uint8_t want[] = {1, 2, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8};
    (void)state;
    buf_init(&buf, 1000);
    buf_u16(&buf, 0x0102);
    buf_u32(&buf, 0x01020304);
    buf_u64(&buf, UINT64_C(0x0102030405060708));
    assert_int_equal(buf.n, sizeof want);
    assert_memory_equal(buf.p, want, sizeof want);
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(limit_is_sticky),
        cmocka_unit_test(zeroed_buf_is_safe),
        cmocka_unit_test(json),
        cmocka_unit_test(html),
        cmocka_unit_test(wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
