/* content: what a mail says (a vault item) and whom it goes to, decoded; and a letter rendered from it. Pure. */
#ifndef LETHE_MAILER_CONTENT_H
#define LETHE_MAILER_CONTENT_H

#include "common/arena/arena.h"
#include "common/error/error.h"
#include "common/event/event.h"

/* A holder that keeps something, or hasn't answered. */
struct content_holder {
    struct text holder, rule;
    int64_t until;
};
struct content_holders {
    struct content_holder *items;
    size_t n;
};

/* The members of a vault item of kind mail, or of a letter of erasure. */
struct content {
    struct text template_name, language; /* "template" */
    struct text controller, complaint, purpose, statement, confirm_url, valid_until, request, kind, article, reason,
        secret;
    int64_t received_at, completed_at, due_at;
    struct content_holders outstanding, kept;
    struct text subject, text, html; /* a campaign's own words */
};
enum outcome content_decode(struct text json, struct arena *arena, struct content **out, struct error *err) WARN_UNUSED;

/* The email address in a vault plain text: a record's fields.email, or email, address, reply_to of an item. REFUSED "no
 * address" where there is none. */
enum outcome content_address(struct text json, struct arena *arena, struct text *out, struct error *err) WARN_UNUSED;

/* A letter as a mail's parts: subject, plain text, HTML (everything escaped). */
struct letter {
    struct text subject, text, html;
};
/* letter_render: the letter of that name and language (else English), its fields filled in. Paragraphs that begin with
 * "?field " stand only where the field does. REFUSED "content" where a field that it needs is missing. */
enum outcome letter_render(const struct content *content, struct arena *arena, struct letter *out,
                           struct error *err) WARN_UNUSED;
/* campaign_render: a campaign's own words and the footer that ends them: why this mail, and the way out. */
enum outcome campaign_render(const struct content *content, struct text purpose_title, struct text language,
                             struct text unsubscribe_url, struct arena *arena, struct letter *out,
                             struct error *err) WARN_UNUSED;

#endif
