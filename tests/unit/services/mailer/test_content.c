/* Letters: every one in every language renders; values are escaped; what is missing is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/mailer/content.h"

static struct arena *arena;

static struct content *decode(const char *json)
{
    struct content *content = NULL;
    struct error err;

    assert_int_equal(content_decode(text_of(json), arena, &content, &err), DONE);
    return content;
}

static bool holds(struct text text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static const char full[] =
    "{\"template\":\"%s\",\"language\":\"%s\",\"controller\":\"Acme <&> Co\",\"complaint\":\"the "
    "authority\",\"purpose\":"
    "\"News\",\"statement\":\"I want news\",\"confirm_url\":\"https://example.com/confirm/abc\",\"valid_until\":"
    "\"2026-12-01\",\"request\":\"r-1\",\"received_at\":\"2026-11-01T10:00:00Z\",\"due_at\":\"2026-12-01T10:00:00Z\","
    "\"outstanding\":[{\"holder\":\"crm\"}],\"kept\":[{\"holder\":\"books\",\"rule\":\"HGB\",\"until\":"
    "\"2030-01-01T00:00:00Z\"}],\"unknown\":1}";

static void test_all_letters_render(void **state)
{
    static const char *const names[] = {"confirmation",    "forget-done",      "forget-partly",
                                        "request-refused", "request-extended", "request-not-identified"};
    static const char *const languages[] = {"en", "de", "fr", "xx"};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < 4; k++) {
            struct letter letter;
            struct error err;
            char json[2048];
            snprintf(json, sizeof(json), full, names[i], languages[k]);
            assert_int_equal(letter_render(decode(json), arena, &letter, &err), DONE);
            assert_true(letter.subject.n > 0);
            assert_false(holds(letter.text, "{"));
            assert_false(holds(letter.html, "<&>"));
            assert_true(holds(letter.html, "Acme &lt;&amp;&gt; Co"));
        }
    }
}

static void test_conditional_paragraphs(void **state)
{
    struct letter letter;
    struct error err;
    char json[2048];

    (void)state;
    snprintf(json, sizeof(json), full, "forget-done", "en");
    assert_int_equal(letter_render(decode(json), arena, &letter, &err), DONE);
    assert_true(holds(letter.text, "books (HGB, 2030-01-01)"));
    assert_int_equal(letter_render(decode("{\"template\":\"forget-done\",\"controller\":\"A\",\"complaint\":\"B\","
                                          "\"request\":\"r\",\"received_at\":\"2026-11-01T10:00:00Z\"}"),
                                   arena, &letter, &err),
                     DONE);
    assert_false(holds(letter.text, "keep"));
}

static void test_missing_field_is_named(void **state)
{
    struct letter letter;
    struct error err;

    (void)state;
    assert_int_equal(letter_render(decode("{\"template\":\"confirmation\"}"), arena, &letter, &err), REFUSED);
    assert_string_equal(err.rule, "content");
    assert_int_equal(letter_render(decode("{\"template\":\"no such\"}"), arena, &letter, &err), REFUSED);
}

static void test_addresses(void **state)
{
    struct text out;
    struct error err;

    (void)state;
    assert_int_equal(content_address(TEXT("{\"fields\":{\"email\":\"a@example.com\"}}"), arena, &out, &err), DONE);
    assert_true(text_is(out, "a@example.com"));
    assert_int_equal(content_address(TEXT("{\"email\":\"b@example.com\"}"), arena, &out, &err), DONE);
    assert_int_equal(content_address(TEXT("{\"fields\":{}}"), arena, &out, &err), REFUSED);
}

static void test_campaign_footer(void **state)
{
    struct letter letter;
    struct error err;
    struct content *content = decode("{\"subject\":\"S\",\"text\":\"Hello <you>\\n\\nBye\"}");

    (void)state;
    assert_int_equal(
        campaign_render(content, TEXT("News"), TEXT("de"), TEXT("https://example.com/u/1"), arena, &letter, &err),
        DONE);
    assert_true(holds(letter.text, "https://example.com/u/1"));
    assert_true(holds(letter.html, "Hello &lt;you&gt;"));
    assert_true(holds(letter.html, "href=\"https://example.com/u/1\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_letters_render),     cmocka_unit_test(test_conditional_paragraphs),
        cmocka_unit_test(test_missing_field_is_named), cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_campaign_footer),
    };
    int failed;

    arena = arena_new();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
