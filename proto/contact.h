/* contact: the events that upstream systems publish (topic contacts.in, POST /v1/events). They hold personal data: they
 * live in a batch's arena alone and go no further than intake. The words are SEMANTICS.md's and CONTRACT.md's. */
#ifndef LETHE_PROTO_CONTACT_H
#define LETHE_PROTO_CONTACT_H

#include "common/event/event.h"

struct record_ref {
    struct text system; /* 1..64 of [a-z0-9._-] */
    struct text id;     /* 1..256 bytes; counts as personal data */
};
struct record_version {
    struct text system, id;
    struct version version; /* required */
};
struct record_ref_list {
    struct record_ref *items;
    size_t n;
};

enum change_kind { CHANGE_FULL, CHANGE_PATCH };
extern const char *const change_kind_names[];
enum removed_reason { REMOVED_DELETED, REMOVED_MERGED, REMOVED_DEACTIVATED, REMOVED_ERASED };
extern const char *const removed_reason_names[];
enum part_role { ROLE_CUSTOMER, ROLE_FROM, ROLE_TO, ROLE_CC, ROLE_MENTIONED, ROLE_STAFF };
extern const char *const part_role_names[];
enum given_by { GIVEN_BY_SUBJECT, GIVEN_BY_GUARDIAN };
extern const char *const given_by_names[];

struct notice {
    int64_t version;
    int64_t given_at;
};
/* where, when, how, whose act: required with every record */
struct provenance {
    struct text channel;     /* how: "web-form", "phone", "trade-fair", ... 1..64 */
    struct text location;    /* where: a URL, a place; 1..1024 */
    int64_t captured_at;     /* when */
    struct text captured_by; /* 0..256 */
    int act;                 /* enum policy_act; required */
    bool has_notice;
    struct notice notice;
};
struct consent_ask {
    struct text purpose;
    int64_t statement; /* version */
    struct text language;
};
struct consent_ask_list {
    struct consent_ask *items;
    size_t n;
};

struct contact_recorded {
    struct record_version record;
    int change; /* enum change_kind; absent (-1): full */
    struct text category;
    struct provenance provenance;
    struct scalar_list fields;
    struct consent_ask_list consents;
};
struct contact_merged {
    struct text system, survivor; /* ids of one system */
    struct text_list losers;
    struct version version;
};
struct contact_removed {
    struct record_version record; /* version optional here */
    int reason;
};
struct activity_person {
    int role;
    bool has_record;
    struct record_ref record; /* or */
    struct text email;
    struct text name;
};
struct activity_person_list {
    struct activity_person *items;
    size_t n;
};
struct activity_recorded {
    struct record_version activity;
    struct text category;
    struct activity_person_list persons; /* 1..500 */
    int64_t occurred_at, closed_at, warranty_until, invoice_date;
    bool has_provenance;
    struct provenance provenance; /* optional on activities: occurred_at and the source stand in for it */
    struct scalar_list fields;
};

/* the three conditions of a soft opt-in: Art. 13(2) of Directive 2002/58/EC */
struct soft_opt_in {
    struct text sale;     /* which one: an order's number */
    bool similar;         /* own products, similar to what was sold */
    bool opt_out_offered; /* then, and in each mail */
};
/* How old the person is known to be, never a birth date. */
struct age_assurance {
    int64_t over;
    struct text how;
};
/* consent.requested and consent.recorded */
struct consent_act {
    struct text address, channel; /* channel: "email" */
    struct text purpose;
    int64_t statement;
    struct text language;
    struct provenance provenance;
    int whose;           /* whose address: enum address_kind of common/policy; -1: unknown, a consumer's */
    struct text country; /* the law that applies, ISO 3166 */
    bool has_age;
    struct age_assurance age;
    /* recorded alone: */
    int64_t given_at;
    int given_by;
    struct text how;
    bool double_opt_in;
    struct text evidence; /* JSON, at most 16 KiB */
    bool has_soft_opt_in;
    struct soft_opt_in soft_opt_in;
};
/* consent.withdrawn and consent.objected: of one purpose, or of all */
struct consent_refusal {
    struct text address; /* or */
    bool has_record;
    struct record_ref record;
    struct text purpose; /* absent or "all": all */
    int64_t at;
    struct text how;
};
struct verification {
    struct text method, level, by;
    int64_t at;
};
struct requester {
    struct text relation; /* self | guardian | agent | lawyer */
    struct text reply_to; /* an address, personal data */
};
struct forget_asked {
    struct text address; /* or */
    bool has_record;
    struct record_ref record;
    bool has_requester;
    struct requester requester;
    bool has_verification;
    struct verification verification;
    int64_t received_at;
};

extern const struct event_type contact_recorded_event;  /* lethe.contact.recorded */
extern const struct event_type contact_merged_event;    /* lethe.contact.merged */
extern const struct event_type contact_removed_event;   /* lethe.contact.removed */
extern const struct event_type activity_recorded_event; /* lethe.activity.recorded */
extern const struct event_type consent_requested_event; /* lethe.consent.requested: consent_act */
extern const struct event_type consent_recorded_event;  /* lethe.consent.recorded: consent_act */
extern const struct event_type consent_withdrawn_event; /* lethe.consent.withdrawn: consent_refusal */
extern const struct event_type consent_objected_event;  /* lethe.consent.objected: consent_refusal */
extern const struct event_type forget_requested_event;  /* lethe.forget.requested: forget_asked */
/* the barrier also runs through contacts.in: barrier_event in proto/events.h */

#endif
