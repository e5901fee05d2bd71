/* pages: catalogue, escaping and layout. */
#include "services/consent/pages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/crypto.h"
#include "gen/consent_messages.h"

enum { LANGUAGES = sizeof consent_catalogue / sizeof *consent_catalogue };

static const char STYLE[] =
    ":root{color-scheme:light dark}"
    "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:0 auto;padding:1.5rem}"
    "h1{font-size:1.5rem;line-height:1.25}"
    "blockquote{margin:1rem 0;padding:.75rem 1rem;border-left:.25rem solid #767676}"
    "button{font:inherit;font-weight:600;display:block;width:100%;min-height:3rem;margin:1rem 0;padding:.5rem 1rem;"
    "border:2px solid var(--c);border-radius:.5rem;background:var(--c);color:var(--on);cursor:pointer}"
    "button.second{background:transparent;color:inherit;border-color:currentColor}"
    "button:focus-visible{outline:3px solid #f2a900;outline-offset:2px}"
    "label.box{display:flex;gap:.75rem;align-items:flex-start;min-height:2rem}"
    "input[type=checkbox]{width:1.5rem;height:1.5rem;flex:none;margin:.1rem 0 0}"
    "input:focus-visible{outline:3px solid #f2a900;outline-offset:2px}"
    "a{color:inherit;text-decoration:underline}"
    "a:focus-visible{outline:3px solid #f2a900;outline-offset:2px}"
    "header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;justify-content:space-between;align-items:center}"
    "header img{max-width:100%;max-height:4rem}"
    "nav a,nav span{display:inline-block;padding:.35rem .5rem}"
    "nav span{font-weight:600}"
    "fieldset{border:1px solid #767676;border-radius:.5rem;margin:1rem 0;padding:.5rem 1rem;min-width:0}"
    "legend{font-weight:600;padding:0 .25rem}"
    "fieldset blockquote{margin:.5rem 0}"
    "table{border-collapse:collapse;width:100%}"
    "dt{font-weight:600}"
    "dd{margin:0 0 .5rem;overflow-wrap:anywhere}"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .5rem .35rem 0;border-bottom:1px solid #767676}"
    "input[type=email],input[type=text]{font:inherit;width:100%;box-sizing:border-box;min-height:3rem;padding:.5rem;"
    "border:1px solid #767676;border-radius:.5rem}"
    "footer{margin-top:2rem;font-size:.9rem}";

enum { STYLE_MOST = 4096 };

/* sRGB to relative luminance, WCAG 2.2. */
static double luminance(const char *colour)
{
    static const double weights[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;

    for (int i = 0; i < 3; i++) {
        char digits[3] = {colour[1 + 2 * i], colour[2 + 2 * i], '\0'};
        double c = (double)strtoul(digits, NULL, 16) / 255;
        sum += weights[i] * (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
}

/* The style with the controller's colour. One of black and white always has a contrast of 4.5 to it. */
static void add_style(const struct page_theme *theme, struct buf *out)
{
    const char *colour = theme->colour != NULL ? theme->colour : "#0b57d0";
    double l = luminance(colour);
    bool white = 1.05 / (l + 0.05) >= (l + 0.05) / 0.05;

    buf_str(out, STYLE);
    buf_printf(out, ":root{--c:%s;--on:%s}", colour, white ? "#fff" : "#000");
}

/* What each page says. */
static const struct {
    int title, text; /* enum consent_message */
} layout[PAGES] = {
    [PAGE_CONFIRM] = {CONSENT_MSG_CONFIRM_TITLE, CONSENT_MSG_CONFIRM_INTRO},
    [PAGE_CONFIRM_AGE] = {CONSENT_MSG_CONFIRM_TITLE, CONSENT_MSG_CONFIRM_INTRO},
    [PAGE_CONFIRMED] = {CONSENT_MSG_CONFIRMED_TITLE, CONSENT_MSG_CONFIRMED_TEXT},
    [PAGE_ALREADY] = {CONSENT_MSG_ALREADY_TITLE, CONSENT_MSG_ALREADY_TEXT},
    [PAGE_USED] = {CONSENT_MSG_USED_TITLE, CONSENT_MSG_USED_TEXT},
    [PAGE_EXPIRED] = {CONSENT_MSG_EXPIRED_TITLE, CONSENT_MSG_EXPIRED_TEXT},
    [PAGE_WITHDRAWN] = {CONSENT_MSG_WITHDRAWN_TITLE, CONSENT_MSG_WITHDRAWN_TEXT},
    [PAGE_WRONG] = {CONSENT_MSG_WRONG_TITLE, CONSENT_MSG_WRONG_TEXT},
    [PAGE_BLOCKED] = {CONSENT_MSG_BLOCKED_TITLE, CONSENT_MSG_BLOCKED_TEXT},
    [PAGE_UNSUBSCRIBE] = {CONSENT_MSG_UNSUBSCRIBE_TITLE, CONSENT_MSG_UNSUBSCRIBE_TEXT},
    [PAGE_UNSUBSCRIBED] = {CONSENT_MSG_UNSUBSCRIBED_TITLE, CONSENT_MSG_UNSUBSCRIBED_TEXT},
    [PAGE_UNSUBSCRIBED_ALL] = {CONSENT_MSG_UNSUBSCRIBED_TITLE, CONSENT_MSG_UNSUBSCRIBED_ALL_TEXT},
    [PAGE_OBJECTED] = {CONSENT_MSG_OBJECTED_TITLE, CONSENT_MSG_OBJECTED_TEXT},
    [PAGE_LIFTED] = {CONSENT_MSG_LIFTED_TITLE, CONSENT_MSG_LIFTED_TEXT},
    [PAGE_PREFERENCES] = {CONSENT_MSG_PREFERENCES_TITLE, CONSENT_MSG_PREFERENCES_TEXT},
    [PAGE_SAVED] = {CONSENT_MSG_PREFERENCES_TITLE, CONSENT_MSG_PREFERENCES_TEXT},
    [PAGE_DATA] = {CONSENT_MSG_DATA_TITLE, CONSENT_MSG_DATA_TEXT},
    [PAGE_DATA_ASKED] = {CONSENT_MSG_DATA_ASKED_TITLE, CONSENT_MSG_DATA_ASKED_TEXT},
    [PAGE_DATA_MANY] = {CONSENT_MSG_DATA_MANY_TITLE, CONSENT_MSG_DATA_MANY_TEXT},
    [PAGE_DATA_PROOF] = {CONSENT_MSG_DATA_PROOF_TITLE, CONSENT_MSG_DATA_PROOF_TEXT},
    [PAGE_DATA_YOURS] = {CONSENT_MSG_DATA_YOURS_TITLE, CONSENT_MSG_DATA_YOURS_TEXT},
    [PAGE_DATA_FORGOTTEN] = {CONSENT_MSG_DATA_FORGOTTEN_TITLE, CONSENT_MSG_DATA_FORGOTTEN_TEXT},
    [PAGE_SAVED_ASKED] = {CONSENT_MSG_PREFERENCES_TITLE, CONSENT_MSG_PREFERENCES_TEXT},
};

static int language_find(struct text wanted)
{
    for (int i = 0; i < LANGUAGES; i++)
        if (wanted.n >= 2 && strncmp(wanted.p, consent_catalogue[i].language, 2) == 0 &&
            (wanted.n == 2 || wanted.p[2] == '-'))
            return i;
    return -1;
}

struct text page_language(struct text first, struct text accept_language, struct text last)
{
    int found = language_find(first);

    for (size_t at = 0; found < 0 && at < accept_language.n;) {
        const char *from = accept_language.p + at;
        const char *comma = memchr(from, ',', accept_language.n - at);
        size_t n = comma != NULL ? (size_t)(comma - from) : accept_language.n - at;
        const char *weight = memchr(from, ';', n);

        found = language_find(text_trim((struct text){.p = from, .n = weight != NULL ? (size_t)(weight - from) : n}));
        at += n + 1;
    }
    if (found < 0)
        found = language_find(last);
    return found < 0 ? TEXT("en") : text_of(consent_catalogue[found].language);
}

bool page_language_known(struct text language)
{
    return language_find(language) >= 0;
}

static void add_message(struct buf *out, enum consent_message message, const struct page_values *v)
{
    int language = language_find(v->language);
    const char *p = consent_catalogue[language < 0 ? 0 : language].text[message];

    while (*p != '\0') {
        const char *brace = strchr(p, '{');
        size_t n = brace != NULL ? (size_t)(brace - p) : strlen(p);

        buf_html(out, (struct text){.p = p, .n = n});
        p += n;
        if (*p == '\0')
            break;
        const char *end = strchr(p, '}');
        ENSURE(end != NULL);
        struct text name = {.p = p + 1, .n = (size_t)(end - p - 1)};
        if (text_is(name, "controller"))
            buf_html(out, v->controller);
        else if (text_is(name, "purpose"))
            buf_html(out, v->purpose);
        else if (text_is(name, "sender"))
            buf_html(out, v->sender);
        else if (text_is(name, "age"))
            buf_printf(out, "%lld", (long long)v->age);
        else
            error_bug(__FILE__, __LINE__, "a message names an unknown value");
        p = end + 1;
    }
}

void page_element(struct buf *out, const char *open, int message, const struct page_values *v, const char *close)
{
    buf_str(out, open);
    add_message(out, (enum consent_message)message, v);
    buf_str(out, close);
}

/* A box beside the button: an assurance of age, the person's own word. Without it nothing is confirmed. */
static void add_age(struct buf *out, const struct page_values *v, bool missed)
{
    if (v->age == 0)
        return;
    if (missed)
        page_element(out, "<p id=\"age-missed\" role=\"alert\"><strong>", CONSENT_MSG_AGE_MISSED, v, "</strong></p>");
    buf_str(out, "<p><label class=\"box\"><input type=\"checkbox\" name=\"age\" value=\"yes\" required");
    buf_str(out, missed ? " aria-invalid=\"true\" aria-describedby=\"age-missed\"> " : "> ");
    page_element(out, "<span>", CONSENT_MSG_AGE_BOX, v, "</span></label></p>");
}

static void add_statement(struct buf *out, struct text statement, struct text language)
{
    buf_str(out, "<blockquote lang=\"");
    buf_html(out, language);
    buf_str(out, "\">");
    buf_html(out, statement);
    buf_str(out, "</blockquote>\n");
}

static void add_confirm(struct buf *out, const struct page_values *v, bool missed)
{
    add_statement(out, v->statement, v->statement_language);
    buf_str(out, "<form method=\"post\">");
    add_age(out, v, missed);
    page_element(out, "<button type=\"submit\">", CONSENT_MSG_CONFIRM_BUTTON, v, "</button></form>\n");
    page_element(out, "<p>", CONSENT_MSG_CONFIRM_IGNORE, v, "</p>\n");
}

static void add_unsubscribe(struct buf *out, const struct page_values *v)
{
    buf_str(out, "<form method=\"post\">");
    if (v->purpose.n > 0)
        page_element(out, "<button type=\"submit\" name=\"scope\" value=\"purpose\">", CONSENT_MSG_UNSUBSCRIBE_BUTTON,
                     v, "</button>");
    page_element(out, "<button type=\"submit\" class=\"second\" name=\"scope\" value=\"all\">",
                 CONSENT_MSG_UNSUBSCRIBE_ALL_BUTTON, v, "</button></form>\n");
}

static void add_lift(struct buf *out, const struct page_values *v)
{
    page_element(out, "<form method=\"post\"><button type=\"submit\" name=\"scope\" value=\"lift\">",
                 CONSENT_MSG_LIFT_BUTTON, v, "</button></form>\n");
}

static void add_choice(struct buf *out, const struct page_values *v, const struct page_choice *choice)
{
    buf_str(out, "<fieldset><legend>");
    buf_html(out, choice->title);
    buf_str(out, "</legend>\n");
    if (choice->statement.n > 0)
        add_statement(out, choice->statement, choice->statement_language);
    if (choice->state == CHOICE_WAITING)
        page_element(out, "<p>", CONSENT_MSG_CHOICE_WAITING, v, "</p>");
    if (choice->state == CHOICE_FIXED) {
        page_element(out, "<p>", CONSENT_MSG_CHOICE_FIXED, v, "</p></fieldset>\n");
        return;
    }
    /* what was shown is told beside what is ticked: a purpose that the page didn't show isn't refused by it */
    buf_str(out, "<input type=\"hidden\" name=\"shown-");
    buf_html(out, choice->name);
    buf_str(out, choice->state == CHOICE_ON ? "\" value=\"on\">" : "\" value=\"off\">");
    buf_str(out, "<p><label class=\"box\"><input type=\"checkbox\" name=\"wanted-");
    buf_html(out, choice->name);
    buf_str(out, choice->state == CHOICE_ON ? "\" value=\"yes\" checked> <span>" : "\" value=\"yes\"> <span>");
    page_element(out, "", CONSENT_MSG_CHOICE_LABEL, v, "</span></label></p></fieldset>\n");
}

static void add_preferences(struct buf *out, const struct page_values *v, enum page page)
{
    if (page == PAGE_SAVED)
        page_element(out, "<p role=\"status\"><strong>", CONSENT_MSG_SAVED_TEXT, v, "</strong></p>\n");
    if (page == PAGE_SAVED_ASKED)
        page_element(out, "<p role=\"status\"><strong>", CONSENT_MSG_SAVED_ASKED_TEXT, v, "</strong></p>\n");
    if (v->objected)
        page_element(out, "<p>", CONSENT_MSG_OBJECTED_TEXT, v, "</p>\n");
    buf_str(out, "<form method=\"post\">\n");
    for (size_t i = 0; i < v->choices_n; i++)
        add_choice(out, v, &v->choices[i]);
    page_element(out, "<button type=\"submit\" name=\"do\" value=\"save\">", CONSENT_MSG_SAVE_BUTTON, v, "</button>\n");
    if (v->objected)
        page_element(out, "<button type=\"submit\" class=\"second\" name=\"do\" value=\"lift\">",
                     CONSENT_MSG_LIFT_BUTTON, v, "</button>");
    else
        page_element(out, "<button type=\"submit\" class=\"second\" name=\"do\" value=\"all\">",
                     CONSENT_MSG_UNSUBSCRIBE_ALL_BUTTON, v, "</button>");
    buf_str(out, "</form>\n");
}

/* The logo, and the same page in the other languages. */
static void add_header(struct buf *out, const struct page_values *v)
{
    int own = language_find(v->language);

    buf_str(out, "<header>");
    if (v->theme.logo != NULL) {
        buf_str(out, "<img src=\"");
        buf_html(out, text_of(v->theme.logo));
        buf_str(out, "\" alt=\"");
        buf_html(out, v->controller);
        buf_str(out, "\">");
    }
    page_element(out, "<nav aria-label=\"", CONSENT_MSG_LANGUAGES, v, "\">");
    for (int i = 0; i < LANGUAGES; i++) {
        const char *language = consent_catalogue[i].language;

        if (i == own)
            buf_printf(out, "<span lang=\"%s\" aria-current=\"true\">", language);
        else
            buf_printf(out, "<a href=\"?lang=%s\" lang=\"%s\" hreflang=\"%s\">", language, language, language);
        buf_html(out, text_of(consent_catalogue[i].text[CONSENT_MSG_LANGUAGE_NAME]));
        buf_str(out, i == own ? "</span>" : "</a>");
    }
    buf_str(out, "</nav></header>\n");
}

static void add_forms(struct buf *out, const struct page_values *v, enum page page)
{
    if (page == PAGE_CONFIRM || page == PAGE_CONFIRM_AGE)
        add_confirm(out, v, page == PAGE_CONFIRM_AGE);
    if (page == PAGE_UNSUBSCRIBE)
        add_unsubscribe(out, v);
    if (page == PAGE_OBJECTED)
        add_lift(out, v);
    if (page == PAGE_PREFERENCES || page == PAGE_SAVED || page == PAGE_SAVED_ASKED)
        add_preferences(out, v, page);
    if (v->body != NULL)
        v->body(v->of, v, out);
    if (v->preferences.n > 0) {
        buf_str(out, "<p><a href=\"");
        buf_html(out, v->preferences);
        page_element(out, "\">", CONSENT_MSG_PREFERENCES_LINK, v, "</a></p>\n");
    }
}

void page_render(enum page page, const struct page_values *v, struct buf *out)
{
    buf_str(out, "<!doctype html>\n<html lang=\"");
    buf_html(out, v->language);
    buf_str(out, "\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"robots\" content=\"noindex, nofollow\">\n");
    page_element(out, "<title>", layout[page].title, v, "</title>\n<style>");
    add_style(&v->theme, out);
    buf_str(out, "</style>\n</head>\n<body>\n");
    add_header(out, v);
    page_element(out, "<main>\n<h1>", layout[page].title, v, "</h1>\n");
    page_element(out, "<p>", layout[page].text, v, "</p>\n");
    add_forms(out, v, page);
    buf_str(out, "</main>\n<footer>");
    buf_html(out, v->controller);
    buf_str(out, "</footer>\n</body>\n</html>\n");
}

struct text page_policy(const struct page_theme *theme, struct arena *arena)
{
    uint8_t digest[32];
    struct buf style;

    buf_init(&style, STYLE_MOST);
    add_style(theme, &style);
    ENSURE(!style.failed);
    crypto_digest(buf_view(&style).p, buf_view(&style).n, digest);
    buf_free(&style);
    struct text hash = crypto_base64(arena, digest, sizeof digest);
    return text_format(arena,
                       "default-src 'none'; style-src 'sha256-%.*s'; %sform-action 'self'; frame-ancestors 'none'; "
                       "base-uri 'none'",
                       TEXT_ARGS(hash), theme->logo != NULL ? "img-src data:; " : "");
}
