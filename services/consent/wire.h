/* wire: the JSON of consent's internal calls. Pure. */
#ifndef LETHE_CONSENT_WIRE_H
#define LETHE_CONSENT_WIRE_H

#include "common/buf/buf.h"
#include "proto/events.h"

enum { DECIDE_ITEMS_MOST = 1000 };

/* POST /internal/v1/decide: {"items": [{"keys": [...], "purpose", "channel", "record"?}]} */
struct decide_item {
    struct key_list keys; /* of the address: email, email-wide */
    struct text purpose, channel;
    struct uuid record;
};
struct decide_items {
    struct decide_item *items;
    size_t n;
};
struct decide_request {
    struct decide_items items;
};
extern const struct object_type decide_request_type;

/* Its answer, item by item: allowed, and ground, position, statement, unsubscribe_url where it is; else why. */
struct decide_answer {
    bool allowed;
    struct text ground, why;
    int64_t position, statement; /* INT64_MIN: absent */
    struct text unsubscribe_url, unsubscribe_mailto;
};
void wire_decide(const struct decide_answer *answers, size_t n, struct buf *out);

/* POST /internal/v1/subject: {"keys": [...], "persons": [...]} */
struct subject_request {
    struct key_list keys;
    struct uuid_list persons;
};
extern const struct object_type subject_request_type;

/* what a consent mail holds (a vault item of kind mail): {"template": "confirmation", ...} */
struct confirmation_mail {
    struct text language, controller, purpose, statement, confirm_url, valid_until;
};
/* wire_mail: the same members under another template's name; those that it has none of are left out. */
void wire_mail(const struct confirmation_mail *mail, const char *template_name, struct buf *out);

/* wire_act: a row of the ledger (wire_act.c). */
struct subject_row;
void wire_act(const struct subject_row *row, struct buf *out);

/* what proves a confirmation (a vault item of kind evidence) */
struct confirmation_evidence {
    int64_t at;
    struct text client, user_agent, purpose, language, statement_digest; /* digest: hex */
    int64_t statement;
    int64_t age_over; /* what the reader said to be; 0: wasn't asked */
    const char *how;  /* "confirm" | "unsubscribe" | "one-click" */
};
void wire_evidence(const struct confirmation_evidence *evidence, struct buf *out);

/* wire_member: ,"name":value with its comma where it isn't the first; absent values are left out. */
void wire_text(struct buf *out, bool *first, const char *name, struct text value);
void wire_int(struct buf *out, bool *first, const char *name, int64_t value);             /* INT64_MIN: absent */
void wire_time(struct buf *out, bool *first, const char *name, int64_t us);               /* CLOCK_NONE: absent */
void wire_uuid(struct buf *out, bool *first, const char *name, const struct uuid *value); /* nil: absent */

#endif
