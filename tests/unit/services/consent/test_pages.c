/* The pages: every one in every language, escaped, without scripts, under a policy that names their own style.
 * link: pages_data.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/crypto/crypto.h"
#include "proto/events.h"
#include "services/consent/pages.h"
#include "services/consent/pages_data.h"

static struct arena *arena;

static int begin(void **state)
{
    struct error err;

    (void)state;
    arena = arena_new();
    return crypto_start(&err) == DONE ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static bool holds(struct text text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static struct text render(enum page page, const char *language)
{
    static const struct page_choice choices[] = {
        {{"news", sizeof "news" - 1},
         {"News<script>", sizeof "News<script>" - 1},
         {"I want <news>", sizeof "I want <news>" - 1},
         {"en", sizeof "en" - 1},
         CHOICE_ON},
        {{"offers", sizeof "offers" - 1},
         {"Offers", sizeof "Offers" - 1},
         {"I want offers", sizeof "I want offers" - 1},
         {"en", sizeof "en" - 1},
         CHOICE_OFF},
        {{"asked", sizeof "asked" - 1},
         {"Asked", sizeof "Asked" - 1},
         {"I asked", sizeof "I asked" - 1},
         {"en", sizeof "en" - 1},
         CHOICE_WAITING},
        {{"fixed", sizeof "fixed" - 1},
         {"Fixed", sizeof "Fixed" - 1},
         {"", sizeof "" - 1},
         {"", sizeof "" - 1},
         CHOICE_FIXED},
    };
    struct page_values values = {.choices = choices,
                                 .choices_n = 4,
                                 .age = 16,
                                 .language = text_of(language),
                                 .controller = TEXT("Acme <b>&\"'"),
                                 .purpose = TEXT("News<script>"),
                                 .statement = TEXT("I want </blockquote><img src=x>"),
                                 .statement_language = text_of(language)};
    struct buf out;

    buf_init(&out, 1 << 20);
    page_render(page, &values, &out);
    assert_false(out.failed);
    struct text copy = text_copy(arena, buf_view(&out));
    buf_free(&out);
    return copy;
}

static void test_every_page_in_every_language(void **state)
{
    static const char *const languages[] = {"en", "de", "fr"};

    (void)state;
    for (int page = 0; page < PAGES; page++)
        for (size_t i = 0; i < 3; i++) {
            struct text html = render((enum page)page, languages[i]);

            assert_true(text_starts(html, "<!doctype html>\n<html lang=\""));
            assert_true(holds(html, text_format(arena, "<html lang=\"%s\">", languages[i]).p));
            assert_true(text_utf8_valid(html));
            assert_false(holds(html, "<script"));
            assert_false(holds(html, "<img"));
            assert_false(holds(html, "<b>"));
            assert_true(holds(html, "Acme &lt;b&gt;&amp;&quot;&#39;"));
            assert_false(holds(html, "{"
                                     "purpose}"));
            assert_false(holds(html, "style=")); /* the policy lets no style attribute in */
            assert_true(holds(html, "width=device-width"));
            assert_int_equal(holds(html, "<form method=\"post\">"),
                             page == PAGE_CONFIRM || page == PAGE_CONFIRM_AGE || page == PAGE_UNSUBSCRIBE ||
                                 page == PAGE_OBJECTED || page == PAGE_PREFERENCES || page == PAGE_SAVED ||
                                 page == PAGE_SAVED_ASKED);
        }
}

static void test_what_a_form_holds(void **state)
{
    struct text confirm = render(PAGE_CONFIRM, "en"), leave = render(PAGE_UNSUBSCRIBE, "en");

    (void)state;
    assert_true(holds(confirm, "I want &lt;/blockquote&gt;&lt;img src=x&gt;</blockquote>"));
    assert_true(holds(confirm, "Yes, I agree"));
    assert_true(holds(leave, "name=\"scope\" value=\"purpose\""));
    assert_true(holds(leave, "name=\"scope\" value=\"all\""));
}

static void test_choices(void **state)
{
    struct text html = render(PAGE_PREFERENCES, "en"), saved = render(PAGE_SAVED, "de");

    (void)state;
    assert_true(holds(html, "name=\"shown-news\" value=\"on\">"));
    assert_true(holds(html, "name=\"wanted-news\" value=\"yes\" checked>"));
    assert_true(holds(html, "name=\"wanted-offers\" value=\"yes\">"));
    assert_true(holds(html, "name=\"shown-asked\" value=\"off\">"));
    assert_false(holds(html, "wanted-fixed"));
    assert_true(holds(html, "I want &lt;news&gt;</blockquote>"));
    assert_false(holds(html, "role=\"status\""));
    assert_true(holds(saved, "role=\"status\""));
    assert_true(holds(saved, "<a href=\"?lang=fr\" lang=\"fr\" hreflang=\"fr\">Français</a>"));
}

/* What stands on a button can be read whatever the controller's colour is. */
static void test_the_controllers_look(void **state)
{
    static const struct {
        const char *colour, *style;
    } cases[] = {{"#0b57d0", ":root{--c:#0b57d0;--on:#fff}"},
                 {"#ffd500", ":root{--c:#ffd500;--on:#000}"},
                 {"#000000", ":root{--c:#000000;--on:#fff}"},
                 {"#777777", ":root{--c:#777777;--on:#000}"}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct page_values values = {.language = TEXT("en"),
                                     .controller = TEXT("Acme"),
                                     .theme = {.colour = cases[i].colour, .logo = "data:image/png;base64,AAAA"}};
        struct buf out;

        buf_init(&out, 1 << 20);
        page_render(PAGE_WRONG, &values, &out);
        assert_true(holds(buf_view(&out), cases[i].style));
        assert_true(holds(buf_view(&out), "<img src=\"data:image/png;base64,AAAA\" alt=\"Acme\">"));
        buf_free(&out);
        assert_true(holds(page_policy(&values.theme, arena), "img-src data:;"));
    }
}

static struct text render_data(enum page page, page_body *body, const struct data_view *view)
{
    struct page_values values = {.language = TEXT("en"), .controller = TEXT("Acme"), .body = body, .of = view};
    struct buf out;

    buf_init(&out, 1 << 20);
    page_render(page, &values, &out);
    struct text copy = text_copy(arena, buf_view(&out));
    buf_free(&out);
    return copy;
}

static void test_my_data(void **state)
{
    struct scalar fields[] = {{.name = TEXT("family_name"), .value = TEXT("<b>O'Hara</b>")}};
    const struct data_act acts[] = {{.at = "2026-11-25", .act = CONSENT_CONFIRMED, .purpose = TEXT("News<i>")},
                                    {.at = "2026-11-26", .act = CONSENT_OBJECTED, .purpose = TEXT("")}};
    const struct data_record records[] = {
        {.category = TEXT("lead"), .system = TEXT("crm<"), .fields = {.items = fields, .n = 1}}};
    struct data_view view = {.acts = acts, .acts_n = 2, .records = records, .records_n = 1, .token = TEXT("abc")};

    (void)state;
    struct text html = render_data(PAGE_DATA_YOURS, page_data_yours, &view);
    assert_true(holds(html, "<td>2026-11-25</td><td>confirmed</td><td>News&lt;i&gt;</td>"));
    assert_true(holds(html, "<td>objected</td><td>All advertising</td>"));
    assert_true(holds(html, "<dt>family_name</dt><dd>&lt;b&gt;O&#39;Hara&lt;/b&gt;</dd>"));
    assert_true(holds(html, "<h3>lead, crm&lt;</h3>"));
    assert_true(holds(html, "<a href=\"abc/download\">"));
    assert_false(holds(html, "role=\"alert\""));
    view.missed = true;
    assert_true(holds(render_data(PAGE_DATA_YOURS, page_data_yours, &view), "aria-describedby=\"missed\""));
    assert_true(holds(render_data(PAGE_DATA, page_data_ask, &view), "type=\"email\" name=\"email\""));
    assert_true(holds(render_data(PAGE_DATA_PROOF, page_data_proof, &view), "name=\"fact\""));
    assert_true(holds(render_data(PAGE_DATA_YOURS, page_data_yours, &(struct data_view){.token = TEXT("t")}),
                      "<p>Nothing.</p>"));
}

static void test_language(void **state)
{
    (void)state;
    assert_true(text_is(page_language(TEXT("de"), TEXT("fr"), TEXT("en")), "de"));
    assert_true(text_is(page_language(TEXT("de-AT"), TEXT("fr"), TEXT("en")), "de"));
    assert_true(text_is(page_language(TEXT_NONE, TEXT("es, fr-CH;q=0.9, en;q=0.8"), TEXT("de")), "fr"));
    assert_true(text_is(page_language(TEXT("xx"), TEXT("es"), TEXT("de")), "de"));
    assert_true(text_is(page_language(TEXT_NONE, TEXT_NONE, TEXT("xx")), "en"));
    assert_true(text_is(page_language(TEXT_NONE, TEXT(",,;,den"), TEXT_NONE), "en"));
}

static void test_the_policy_names_the_style(void **state)
{
    struct text html = render(PAGE_WRONG, "en"), policy = page_policy(&(struct page_theme){0}, arena);
    const char *from = memmem(html.p, html.n, "<style>", 7), *to = memmem(html.p, html.n, "</style>", 8);
    uint8_t digest[32];

    (void)state;
    assert_non_null(from);
    assert_non_null(to);
    crypto_digest(from + 7, (size_t)(to - from - 7), digest);
    struct text hash = crypto_base64(arena, digest, sizeof digest);
    assert_true(holds(policy, text_format(arena, "style-src 'sha256-%.*s'", TEXT_ARGS(hash)).p));
    assert_true(text_starts(policy, "default-src 'none'"));
    assert_true(holds(policy, "form-action 'self'"));
    assert_true(holds(policy, "frame-ancestors 'none'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_page_in_every_language),
        cmocka_unit_test(test_what_a_form_holds),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_the_controllers_look),
        cmocka_unit_test(test_my_data),
        cmocka_unit_test(test_language),
        cmocka_unit_test(test_the_policy_names_the_style),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
