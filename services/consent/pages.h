/* pages: what people see behind the links in their mails: plain HTML without scripts, in their language. Pure. */
#ifndef LETHE_CONSENT_PAGES_H
#define LETHE_CONSENT_PAGES_H

#include "common/arena/arena.h"
#include "common/buf/buf.h"
#include "common/text/text.h"

enum page {
    PAGE_CONFIRM,     /* statement and button */
    PAGE_CONFIRM_AGE, /* the same, for a purpose with an age: the box wasn't ticked */
    PAGE_CONFIRMED,
    PAGE_ALREADY,
    PAGE_USED,
    PAGE_EXPIRED,
    PAGE_WITHDRAWN,
    PAGE_WRONG,
    PAGE_BLOCKED,
    PAGE_UNSUBSCRIBE, /* two buttons */
    PAGE_UNSUBSCRIBED,
    PAGE_UNSUBSCRIBED_ALL,
    PAGE_OBJECTED, /* a button that takes it back */
    PAGE_LIFTED,
    PAGE_PREFERENCES, /* each purpose with its statement and a box */
    PAGE_SAVED,       /* the same, after they were saved */
    PAGE_DATA,        /* "My data": an address is asked for */
    PAGE_DATA_ASKED,  /* the same answer for every address */
    PAGE_DATA_MANY,
    PAGE_DATA_PROOF, /* a second fact is asked for */
    PAGE_DATA_YOURS,
    PAGE_DATA_FORGOTTEN,
    PAGE_SAVED_ASKED, /* and a mail goes out for what was newly chosen */
    PAGES
};

/* What the controller's policy makes pages look like. */
struct page_theme {
    const char
        *colour; /* of buttons, "#rrggbb"; NULL: ours. What stands on it is black or white, whichever reads better */
    const char *logo; /* a data: URL; NULL: none */
};

enum choice_state { CHOICE_OFF, CHOICE_ON, CHOICE_WAITING, CHOICE_FIXED /* off, and nobody can turn it on here */ };
struct page_choice {
    struct text name, title, statement, statement_language;
    enum choice_state state;
};

struct page_values;
/* What a page holds beside its title and text. */
typedef void page_body(const void *of, const struct page_values *values, struct buf *out);

struct page_values {
    struct page_theme theme;
    page_body *body;        /* or NULL */
    const void *of;         /* what it is about */
    struct text sender;     /* whom people may write to */
    struct text language;   /* of the catalogue; see page_language */
    struct text controller; /* as people read it */
    struct text purpose;    /* the title; TEXT_NONE: "" */
    struct text statement;  /* PAGE_CONFIRM */
    struct text statement_language;
    const struct page_choice *choices; /* PAGE_PREFERENCES */
    size_t choices_n;
    bool objected;           /* PAGE_PREFERENCES: to all direct marketing */
    struct text preferences; /* a path to one's choices, linked to at the end; TEXT_NONE: none */
    int64_t age;             /* PAGE_CONFIRM: a box says that the reader is so old; 0: none */
};

/* page_language: the first of the wanted that there is a catalogue for: `first`, then what an Accept-Language header
 * names, then `last`, then English. */
struct text page_language(struct text first, struct text accept_language, struct text last);
/* page_element: a message of the catalogue (CONSENT_MSG_...), its values escaped, between what opens and what closes it. */
void page_element(struct buf *out, const char *open, int message, const struct page_values *values, const char *close);
/* page_render: a whole document. Every value is escaped. */
void page_render(enum page page, const struct page_values *values, struct buf *out);
/* page_language_known: is there a catalogue for it? */
bool page_language_known(struct text language);
/* page_policy: the Content-Security-Policy that the pages hold to: nothing but their own style, their own form and the
 * controller's logo. */
struct text page_policy(const struct page_theme *theme, struct arena *arena);

#endif
