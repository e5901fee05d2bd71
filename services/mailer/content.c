/* content: decoding what a mail says, and rendering letters. */
#include "services/mailer/content.h"

#include <string.h>

#include "common/buf/buf.h"
#include "gen/mailer_letters.h"
#include "gen/mailer_messages.h"
#include "proto/table.h"

enum { CONTENT_WORDS = 512 * 1024, LETTER_BYTES = 1024 * 1024 };

/* ---- decoding ------------------------------------------------------------------------------------------------------- */

static const struct field holder_type_fields[] = {
    MUST(content_holder, holder, TEXT, 1, 256),
    MAY(content_holder, rule, TEXT, 0, 1024),
    MAY(content_holder, until, TIME, 0, 0),
};
OPEN(content_holder, holder_type, NULL);

static const struct field content_type_fields[] = {
    {.name = "template",
     .kind = FIELD_TEXT,
     .nullable = true,
     .offset = offsetof(struct content, template_name),
     .most = 64},
    MAY(content, language, TEXT, 0, 16),
    MAY(content, controller, TEXT, 0, 256),
    MAY(content, complaint, TEXT, 0, 1024),
    MAY(content, purpose, TEXT, 0, 1024),
    MAY(content, statement, TEXT, 0, 16384),
    MAY(content, confirm_url, TEXT, 0, 2048),
    MAY(content, valid_until, TEXT, 0, 64),
    MAY(content, request, TEXT, 0, 64),
    MAY(content, kind, TEXT, 0, 64),
    MAY(content, article, TEXT, 0, 256),
    MAY(content, reason, TEXT, 0, 8192),
    MAY(content, secret, TEXT, 0, 128),
    MAY(content, received_at, TIME, 0, 0),
    MAY(content, completed_at, TIME, 0, 0),
    MAY(content, due_at, TIME, 0, 0),
    MAY_OBJECTS(content, outstanding, holder_type, 0, 1000),
    MAY_OBJECTS(content, kept, holder_type, 0, 1000),
    MAY(content, subject, TEXT, 0, 998),
    MAY(content, text, TEXT, 0, CONTENT_WORDS),
    MAY(content, html, TEXT, 0, CONTENT_WORDS),
};
OPEN(content, content_type, NULL);

enum outcome content_decode(struct text json, struct arena *arena, struct content **out, struct error *err)
{
    void *decoded = NULL;

    TRY(event_decode(&content_type, json, arena, &decoded, err));
    *out = decoded;
    return DONE;
}

struct fields_with_email {
    struct text email;
};
struct addressed {
    struct text email, address, reply_to;
    bool has_fields;
    struct fields_with_email fields;
};
static const struct field fields_type_fields[] = {MAY(fields_with_email, email, TEXT, 0, 1024)};
OPEN(fields_with_email, fields_type, NULL);
static const struct field addressed_type_fields[] = {
    MAY(addressed, email, TEXT, 0, 1024),
    MAY(addressed, address, TEXT, 0, 1024),
    MAY(addressed, reply_to, TEXT, 0, 1024),
    MAY_OBJECT(addressed, fields, fields_type),
};
OPEN(addressed, addressed_type, NULL);

enum outcome content_address(struct text json, struct arena *arena, struct text *out, struct error *err)
{
    const struct addressed *addressed;
    void *decoded = NULL;

    TRY(event_decode(&addressed_type, json, arena, &decoded, err));
    addressed = decoded;
    *out = addressed->email.p != NULL      ? addressed->email
           : addressed->address.p != NULL  ? addressed->address
           : addressed->reply_to.p != NULL ? addressed->reply_to
                                           : addressed->fields.email;
    if (out->p == NULL || out->n == 0)
        return error_refuse(err, "", "no address", "there is no email address to write to");
    return DONE;
}

/* ---- fields of a letter ------------------------------------------------------------------------------------------------ */

static struct text date(struct arena *arena, int64_t us)
{
    char text[CLOCK_TEXT_BYTES];

    if (us == CLOCK_NONE)
        return TEXT_NONE;
    clock_format_date(us, text);
    return text_copy(arena, text_of(text));
}

static struct text holders(struct arena *arena, const struct content_holders *list)
{
    struct text out = TEXT_NONE;

    for (size_t i = 0; i < list->n; i++) {
        const struct content_holder *h = &list->items[i];
        struct text until = date(arena, h->until);
        out = text_format(arena, "%.*s%s%.*s%s%.*s%s%.*s%s", TEXT_ARGS(out), i == 0 ? "" : "; ", TEXT_ARGS(h->holder),
                          h->rule.n > 0 ? " (" : "", TEXT_ARGS(h->rule), until.n > 0 ? ", " : "", TEXT_ARGS(until),
                          h->rule.n > 0 ? ")" : "");
    }
    return out;
}

static struct text value_of(const struct content *content, struct text name, struct arena *arena)
{
    const struct {
        const char *name;
        struct text value;
    } texts[] = {
        {"controller", content->controller},   {"complaint", content->complaint},
        {"purpose", content->purpose},         {"statement", content->statement},
        {"confirm_url", content->confirm_url}, {"valid_until", content->valid_until},
        {"request", content->request},         {"kind", content->kind},
        {"article", content->article},         {"reason", content->reason},
        {"secret", content->secret},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (text_is(name, texts[i].name))
            return texts[i].value;
    if (text_is(name, "received_at"))
        return date(arena, content->received_at);
    if (text_is(name, "completed_at"))
        return date(arena, content->completed_at);
    if (text_is(name, "due_at"))
        return date(arena, content->due_at);
    if (text_is(name, "outstanding"))
        return holders(arena, &content->outstanding);
    if (text_is(name, "kept"))
        return holders(arena, &content->kept);
    return TEXT_NONE;
}

/* ---- rendering ----------------------------------------------------------------------------------------------------------- */

/* A line's end stays one. */
static void html_lines(struct buf *out, struct text text)
{
    const char *end;

    while ((end = text.n > 0 ? memchr(text.p, '\n', text.n) : NULL) != NULL) {
        size_t n = (size_t)(end - text.p);
        buf_html(out, (struct text){.p = text.p, .n = n});
        buf_str(out, "<br>\n");
        text = (struct text){.p = end + 1, .n = text.n - n - 1};
    }
    buf_html(out, text);
}

/* One paragraph with its fields filled in. */
static enum outcome fill(const struct content *content, struct text source, struct arena *arena, struct buf *out,
                         struct error *err)
{
    size_t at = 0;

    while (at < source.n) {
        const char *close = NULL;
        if (source.p[at] == '{')
            close = memchr(source.p + at, '}', source.n - at);
        if (close == NULL) {
            buf_char(out, source.p[at++]);
            continue;
        }
        struct text name = {.p = source.p + at + 1, .n = (size_t)(close - source.p) - at - 1};
        struct text value = value_of(content, name, arena);
        if (value.p == NULL)
            return error_refuse(err, "", "content", "the letter needs the field %.*s", TEXT_ARGS(name));
        buf_text(out, value);
        at = (size_t)(close - source.p) + 1;
    }
    return DONE;
}

static bool is_link(struct text text)
{
    return (text_starts(text, "https://") || text_starts(text, "http://")) && memchr(text.p, ' ', text.n) == NULL;
}

static void html_paragraph(struct buf *out, struct text text)
{
    buf_str(out, "<p>");
    if (is_link(text)) {
        buf_str(out, "<a href=\"");
        buf_html(out, text);
        buf_str(out, "\">");
        buf_html(out, text);
        buf_str(out, "</a>");
    } else {
        html_lines(out, text);
    }
    buf_str(out, "</p>\n");
}

static void html_begin(struct buf *out, struct text language, struct text title)
{
    buf_str(out, "<!DOCTYPE html>\n<html lang=\"");
    buf_html(out, language);
    buf_str(out, "\">\n<head><meta charset=\"utf-8\"><title>");
    buf_html(out, title);
    buf_str(out, "</title></head>\n<body>\n");
}

/* The next paragraph; false at the end. */
static bool next_paragraph(struct text *rest, struct text *out)
{
    const char *gap;

    while (rest->n > 0 && rest->p[0] == '\n') {
        rest->p++;
        rest->n--;
    }
    if (rest->n == 0)
        return false;
    gap = memmem(rest->p, rest->n, "\n\n", 2);
    out->p = rest->p;
    out->n = gap == NULL ? rest->n : (size_t)(gap - rest->p);
    rest->p += out->n;
    rest->n -= out->n;
    while (out->n > 0 && out->p[out->n - 1] == '\n')
        out->n--;
    return true;
}

/* "?field rest": stands only where the field does. */
static bool stands(const struct content *content, struct text *paragraph, struct arena *arena)
{
    const char *space;
    struct text name;

    if (paragraph->p[0] != '?')
        return true;
    space = memchr(paragraph->p, ' ', paragraph->n);
    ENSURE(space != NULL);
    name = (struct text){.p = paragraph->p + 1, .n = (size_t)(space - paragraph->p) - 1};
    paragraph->n -= (size_t)(space + 1 - paragraph->p);
    paragraph->p = space + 1;
    return value_of(content, name, arena).n > 0;
}

static const char *find_letter(struct text name, struct text language)
{
    const char *english = NULL;

    for (size_t i = 0; i < sizeof(mailer_letters) / sizeof(mailer_letters[0]); i++) {
        if (!text_is(name, mailer_letters[i].name))
            continue;
        if (text_is(language, mailer_letters[i].language))
            return mailer_letters[i].text;
        if (strcmp(mailer_letters[i].language, "en") == 0)
            english = mailer_letters[i].text;
    }
    return english;
}

static enum outcome render_body(const struct content *content, struct text rest, struct arena *arena, struct buf *text,
                                struct buf *html, struct error *err)
{
    struct text paragraph;

    while (next_paragraph(&rest, &paragraph)) {
        struct buf filled;
        enum outcome outcome;
        if (!stands(content, &paragraph, arena))
            continue;
        buf_init(&filled, LETTER_BYTES);
        outcome = fill(content, paragraph, arena, &filled, err);
        buf_text(text, buf_view(&filled));
        buf_str(text, "\n\n");
        html_paragraph(html, buf_view(&filled));
        buf_free(&filled);
        TRY(outcome);
    }
    return DONE;
}

static size_t line_length(struct text source)
{
    const char *end = memchr(source.p, '\n', source.n);

    return end != NULL ? (size_t)(end - source.p) : source.n;
}

static enum outcome render(const struct content *content, struct text source, struct arena *arena, struct letter *out,
                           struct buf *text, struct buf *html, struct error *err)
{
    struct text line, rest;
    struct buf subject;
    size_t first = line_length(source);
    enum outcome outcome;

    ENSURE(first < source.n && text_starts(source, "Subject: "));
    line = (struct text){.p = source.p + 9, .n = first - 9};
    rest = (struct text){.p = source.p + first, .n = source.n - first};
    buf_init(&subject, 4096);
    if ((outcome = fill(content, line, arena, &subject, err)) != DONE)
        goto cleanup;
    out->subject = text_copy(arena, buf_view(&subject));
    html_begin(html, content->language, out->subject);
    if ((outcome = render_body(content, rest, arena, text, html, err)) != DONE)
        goto cleanup;
    buf_str(html, "</body>\n</html>\n");
cleanup:
    buf_free(&subject);
    return outcome;
}

/* Both buffers into the letter. */
static enum outcome finish(struct arena *arena, struct letter *out, struct buf *text, struct buf *html,
                           enum outcome outcome, struct error *err)
{
    if (outcome == DONE && (text->failed || html->failed))
        outcome = error_refuse(err, "", "too long", "the letter is too long");
    if (outcome == DONE) {
        out->text = text_copy(arena, buf_view(text));
        out->html = text_copy(arena, buf_view(html));
    }
    buf_free(text);
    buf_free(html);
    return outcome;
}

enum outcome letter_render(const struct content *content, struct arena *arena, struct letter *out, struct error *err)
{
    const char *source = find_letter(content->template_name, content->language);
    struct buf text, html;

    if (source == NULL)
        return error_refuse(err, "/template", "unknown", "there is no letter of this name");
    buf_init(&text, LETTER_BYTES);
    buf_init(&html, (size_t)LETTER_BYTES * 2);
    return finish(arena, out, &text, &html, render(content, text_of(source), arena, out, &text, &html, err), err);
}

static const char *message(struct text language, enum mailer_message which)
{
    const char *english = NULL;

    for (size_t i = 0; i < sizeof(mailer_catalogue) / sizeof(mailer_catalogue[0]); i++) {
        if (text_is(language, mailer_catalogue[i].language))
            return mailer_catalogue[i].text[which];
        if (strcmp(mailer_catalogue[i].language, "en") == 0)
            english = mailer_catalogue[i].text[which];
    }
    ENSURE(english != NULL);
    return english;
}

enum outcome campaign_render(const struct content *content, struct text purpose_title, struct text language,
                             struct text unsubscribe_url, struct arena *arena, struct letter *out, struct error *err)
{
    struct content footer_fields = {.purpose = purpose_title};
    struct buf text, html, footer;
    struct text rest = content->text, paragraph;
    enum outcome outcome;

    if (content->subject.n == 0 || content->text.n == 0)
        return error_refuse(err, "/text", "required", "a mail needs a subject and a text");
    out->subject = content->subject;
    buf_init(&text, LETTER_BYTES);
    buf_init(&html, (size_t)LETTER_BYTES * 2);
    buf_init(&footer, 4096);
    buf_text(&text, content->text);
    if (content->html.n > 0) {
        buf_text(&html, content->html);
    } else {
        html_begin(&html, language, content->subject);
        while (next_paragraph(&rest, &paragraph))
            html_paragraph(&html, paragraph);
    }
    outcome = fill(&footer_fields, text_of(message(language, MAILER_MSG_FOOTER)), arena, &footer, err);
    if (outcome == DONE && unsubscribe_url.n > 0) {
        buf_printf(&text, "\n\n-- \n%.*s\n%.*s\n", (int)footer.n, footer.p, TEXT_ARGS(unsubscribe_url));
        buf_str(&html, "<hr>\n<p>");
        html_lines(&html, buf_view(&footer));
        buf_str(&html, " <a href=\"");
        buf_html(&html, unsubscribe_url);
        buf_str(&html, "\">");
        buf_html(&html, text_of(message(language, MAILER_MSG_FOOTER_LINK)));
        buf_str(&html, "</a></p>\n");
    }
    if (content->html.n == 0)
        buf_str(&html, "</body>\n</html>\n");
    buf_free(&footer);
    return finish(arena, out, &text, &html, outcome, err);
}
