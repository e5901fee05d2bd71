/* policy: the controller's own words (YAML), checked whole, every mistake named with its line. Immutable once read;
 * shared between threads by reference count. */
#ifndef LETHE_POLICY_H
#define LETHE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf/buf.h"
#include "common/clock/clock.h"
#include "common/error/error.h"
#include "common/text/text.h"

enum policy_act { ACT_SUBJECT, ACT_STAFF, ACT_IMPORT, ACT_THIRD_PARTY, ACT_KINDS };
extern const char *const policy_act_names[ACT_KINDS + 1]; /* subject staff import third-party */

enum policy_unnamed { UNNAMED_DROP, UNNAMED_REFUSE };

/* What a field holds decides how it is checked and indexed. */
enum policy_field_kind {
    PF_TEXT,
    PF_EMAIL,
    PF_PHONE,
    PF_SURNAME,
    PF_COUNTRY,
    PF_LANGUAGE,
    PF_DATE,
    PF_NUMBER,
    PF_BOOL
};

struct policy_field {
    const char *name, *because;
    enum policy_field_kind kind;
    int64_t most;         /* bytes; default 256 */
    bool keep_on_invalid; /* store what doesn't normalise, without an index (default true) */
};

enum policy_from { FROM_EVENT, FROM_END_OF_YEAR };

/* One retention rule: keep `keep` after `after` (an event's date field: "captured_at", "occurred_at", "closed_at",
 * "warranty_until", "invoice_date", any date field of the category, or "last_use"); the longest of the rules that speak
 * of a thing wins. A role that some rule names is ruled by the rules that name it, the content and all other roles by
 * those without roles (a person merely copied goes before the mail does). */
struct policy_rule {
    const char *id, *because, *after;
    struct duration keep;
    enum policy_from from;
    const char *const *roles;  /* activities: only these roles' parts; NULL: content and all parts */
    const char *const *fields; /* records: only these fields; NULL: all */
};

/* Whose address it is: the law treats a consumer's otherwise than a business's or a role's mailbox (info@). Unknown counts as
 * a consumer's. In the order of protection: of two words the lower holds. */
enum address_kind { ADDRESS_CONSUMER, ADDRESS_BUSINESS, ADDRESS_ROLE, ADDRESS_KINDS };
extern const char *const address_kind_names[ADDRESS_KINDS + 1]; /* consumer business role */

struct policy_category {
    const char *name;
    bool activity; /* order, case, enquiry, email */
    const struct policy_field *fields;
    size_t fields_n;
    enum policy_unnamed unnamed;
    enum address_kind addresses; /* whose the addresses of its records are; default: consumers' */
    const struct policy_rule *rules;
    size_t rules_n;
    /* activities: where one of these roles is forgotten and the content stays for others, its free texts (fields of kind
     * text) go with them; of all others what is known goes, and a human judges the rest. NULL: none. */
    const char *const *erase_texts_of;
};

/* What a source's assertions for one purpose allow. */
struct policy_assertion {
    const char *purpose;
    bool mailed;                    /* may they be mailed at all */
    bool double_opt_in;             /* only those that were confirmed by a link there */
    struct duration confirm_within; /* until when, unless confirmed here; the source's own where it is left out */
};
struct policy_source {
    const char *system;
    enum { TRUST_NONE, TRUST_FORGET } verification; /* forget.requested counts as verified */
    bool subject_acts;                              /* its `act: subject` may lift a tombstone */
    bool consent_assertions;                        /* its consent.recorded may be mailed (until confirm_within) */
    struct duration confirm_within;
    const struct policy_assertion *assertions; /* purposes where it is otherwise */
    size_t assertions_n;
    int64_t forgets_per_hour; /* 0: none allowed without four eyes */
    const char *region;       /* of national phone numbers, "DE" */
    bool duplicates;          /* the system is known to hold duplicates */
};

enum policy_ground { GROUND_CONSENT, GROUND_SOFT_OPT_IN, GROUND_CONTRACT, GROUND_DUTY };
extern const char *const policy_ground_names[]; /* consent soft-opt-in contract duty */

struct policy_statement {
    int64_t version;
    bool asks_anew; /* what was agreed to in an older version doesn't license mails any more: it is asked for anew */
    const char *language, *text;
};
/* Where the ground is another: the first that fits holds. */
struct policy_where {
    const char *const *countries; /* NULL: any, or none known */
    const char *const *kinds;     /* names of address_kind_names; NULL: any */
    enum policy_ground ground;    /* consent or soft-opt-in */
    bool double_opt_in;
};
struct policy_purpose {
    const char *name, *title;
    enum policy_ground ground;
    bool double_opt_in, advertising;
    const struct policy_where *where;
    size_t where_n;
    int64_t age;                  /* only for people known to be so old, or by their guardian's act; 0: for all */
    struct duration unused_after; /* consent lapses; all zero: never */
    const struct policy_statement *statements;
    size_t statements_n;
};

struct policy_holder { /* registered at start if not there yet */
    const char *name, *kind, *system, *address;
    const char *const *identifiers;
};

struct policy {
    const char *controller;      /* short name, [a-z0-9-]+ */
    const char *controller_name; /* as people read it */
    const char *complaint;       /* where to complain: authority's name and address */
    const char *sender;          /* From: of mails, "Name <address>" */
    const char *logo;            /* of public pages: a data: URL of an image; NULL: none */
    const char *colour;          /* of their buttons, "#rrggbb"; NULL: ours */
    const char *const *own_domains;
    const struct policy_source *sources;
    size_t sources_n;
    const struct policy_category *categories;
    size_t categories_n;
    const struct policy_purpose *purposes;
    size_t purposes_n;
    const struct policy_holder *holders;
    size_t holders_n;
    struct duration forget_hold, answer_within, answer_extension, tombstone_keep, quarantine_keep, opt_in_valid,
        consent_proof, request_keep, certificate_keep;
    struct duration key_epoch;         /* how long a KEK wraps new keys */
    bool resend_unknown_confirmations; /* a mail whose outcome a crash left unknown: confirmations again */
    bool reviews_by_two;               /* who is whom takes two operators */
    const char *default_language;
    uint8_t digest[32];               /* SHA-256 of the file */
    const char *text;                 /* the file itself, for the policy row */
    struct policy_internal *internal; /* NULL in a policy that a test made by hand */
};

/* policy_read: from YAML text. REFUSED puts every mistake, a line each ("line 12: /categories/lead/fields/email/kind:
 * unknown kind"), into mistakes. */
enum outcome policy_read(struct text yaml, struct policy **out, struct buf *mistakes, struct error *err) WARN_UNUSED;
enum outcome policy_read_file(const char *path, struct policy **out, struct buf *mistakes,
                              struct error *err) WARN_UNUSED;
struct policy *policy_hold(const struct policy *policy); /* another reference */
void policy_release(const struct policy *policy);        /* NULL does nothing */

/* Lookups; NULL where the policy doesn't name it. Names are compared bytewise. Hot path: policy_read sorts sources,
 * categories, fields and purposes by name (more than 8 are searched by halves). */
const struct policy_category *policy_category(const struct policy *policy, struct text name);
const struct policy_field *policy_field(const struct policy_category *category, struct text name);
const struct policy_source *policy_source(const struct policy *policy, struct text system);
const struct policy_purpose *policy_purpose(const struct policy *policy, struct text name);
/* the statement of a version in a language ("de-AT", then "de"), else in the default language; version 0: the newest */
const struct policy_statement *policy_statement(const struct policy *policy, const struct policy_purpose *purpose,
                                                int64_t version, struct text language);
/* policy_terms: on what ground addresses of this country (TEXT_NONE: unknown) and kind are mailed for the purpose. */
struct policy_terms {
    enum policy_ground ground;
    bool double_opt_in;
};
struct policy_terms policy_terms(const struct policy_purpose *purpose, struct text country, int kind);
/* policy_asks_anew: has the statement changed since this version so that it must be asked for anew? */
bool policy_asks_anew(const struct policy_purpose *purpose, int64_t version);
/* policy_asserted: what this source's assertions for a purpose allow: nothing (mailed false) where it isn't trusted. */
struct policy_asserted {
    bool mailed, double_opt_in;
    struct duration confirm_within; /* all zero: for good */
};
struct policy_asserted policy_asserted(const struct policy *policy, struct text system, struct text purpose);
bool policy_own_domain(const struct policy *policy, struct text email_domain);
/* policy_digest_hex: 64 digits and a NUL */
void policy_digest_hex(const struct policy *policy, char out[65]);

#endif
