/* events: what the services tell each other. No personal data: ids of ours, keyed hashes, names of the policy. Each
 * event carries the whole state its consumers need and a revision; the highest revision wins, whatever came last. */
#ifndef LETHE_PROTO_EVENTS_H
#define LETHE_PROTO_EVENTS_H

#include "common/event/event.h"
#include "common/normal/normal.h"

/* an identifier as all services know it: JSON {"kind": "email", "hash": "32 hex digits"} */
struct key {
    int kind; /* enum key_kind */
    struct hash hash;
};
struct key_list {
    struct key *items;
    size_t n;
};
/* a date field that a retention rule names: JSON {"name": "warranty_until", "at": "..."} */
struct named_date {
    struct text name;
    int64_t at;
};
struct named_date_list {
    struct named_date *items;
    size_t n;
};

/* ---- topic record (intake), partition = that of contacts.in ------------------------------------------------------ */
struct record_accepted { /* lethe.record.accepted */
    struct uuid record;
    int64_t rev;
    struct text system, category;
    struct key_list keys;   /* email, email-wide, phone, phone-surname, source; a role mailbox's email is left out */
    struct hash role_email; /* KEY_EMAIL hash where the mailbox is a role's: reaches refusals, links nobody */
    struct text language, country;
    int act;
    int64_t captured_at, created_at;
    struct named_date_list dates;
    int64_t policy_version;
    bool restricted;
};
enum record_end { END_DELETED, END_MERGED, END_DEACTIVATED, END_ERASED, END_EXPIRED, END_FORGOTTEN };
extern const char *const record_end_names[];
struct record_removed { /* lethe.record.removed: the source's record ended here */
    struct uuid record;
    int64_t rev;
    int reason; /* enum record_end */
};
struct record_joined { /* lethe.record.joined: a source says these are one: a must-link */
    struct uuid id;
    struct key_list sources; /* KEY_SOURCE hashes, survivor first */
};
/* lethe.barrier: on contacts.in, record and person; a barrier has passed a stage when it was seen on all partitions */
struct barrier {
    struct uuid barrier;
    int64_t partition, partitions;
    struct uuid_list requests; /* whom it serves: one barrier for all forgets that intake opened in one transaction */
};

/* ---- topic activity (intake) -------------------------------------------------------------------------------------- */
struct activity_part {
    struct uuid part;
    int role; /* enum part_role */
    bool staff;
    struct uuid record; /* nil where the person is known by an address alone */
    struct key_list keys;
};
struct activity_part_list {
    struct activity_part *items;
    size_t n;
};
struct activity_accepted { /* lethe.activity.accepted */
    struct uuid activity;
    int64_t rev;
    struct text system, category;
    struct activity_part_list parts;
    struct named_date_list dates;
    int64_t policy_version;
};
struct activity_removed { /* lethe.activity.removed */
    struct uuid activity;
    int64_t rev;
    int reason; /* enum record_end */
};

/* ---- topic contacts.refused (intake) ------------------------------------------------------------------------------ */
struct contact_refused {                         /* lethe.contact.refused */
    struct hash event_id, event_source, subject; /* keyed hashes */
    struct text event_type;
    struct text pointer, rule;
    struct uuid quarantine; /* nil where nothing was kept */
    struct text system;     /* the source, where it could be read */
    struct uuid request;    /* rule "forgotten" or "restricted": whose tombstone */
    int64_t sent_at;        /* when the broker, or our HTTP door, had the event: by the broker's clock */
    int64_t at;
};

/* ---- topic consent.in (intake) ------------------------------------------------------------------------------------ */
struct consent_asked { /* lethe.consent.asked: start a double opt-in */
    struct uuid act;
    struct uuid address;  /* a vault id to open for the address: a record, or an item of kind address */
    struct key_list keys; /* email, email-wide */
    struct uuid record;   /* nil where there is none */
    struct text channel, purpose, language;
    int64_t statement, at;
    struct text source;   /* system or event source's policy name */
    struct uuid evidence; /* provenance in the vault */
    int whose;            /* enum address_kind of common/policy; -1: unknown */
    struct text country;
    int64_t age_over; /* the person is known to be so old; INT64_MIN: nothing is known */
    bool own;         /* the person's own act, said by a source that is trusted with it */
};
struct consent_asserted { /* lethe.consent.asserted: given elsewhere */
    struct uuid act, address;
    struct key_list keys;
    struct uuid record;
    struct text channel, purpose, language, source;
    int64_t statement, given_at;
    int given_by;
    bool double_opt_in;
    int whose; /* as above */
    struct text country;
    int64_t age_over;
    bool soft_opt_in; /* its evidence names the sale, that the products are similar, and that an opt-out was offered */
    struct uuid evidence;
};
enum refusal_kind { REFUSAL_WITHDRAWN, REFUSAL_OBJECTED };
extern const char *const refusal_kind_names[];
struct consent_refused { /* lethe.consent.refused */
    struct uuid act;
    int kind;             /* enum refusal_kind */
    struct key_list keys; /* the address's, or the record's source */
    struct uuid record;
    struct uuid vault;            /* what to open for whose refusal it is: the record, or an item of kind address */
    struct text channel, purpose; /* purpose absent: all */
    int64_t at;
    struct text source;
};

/* ---- topic person (dedupe) ---------------------------------------------------------------------------------------- */
struct person_linked { /* lethe.person.linked: the whole of one person */
    struct uuid person;
    int64_t rev;
    struct uuid_list records;
    struct key_list keys; /* of all its records, without repeats: email, email-wide, source, phone */
    struct text language, country;
    bool restricted;
};
struct person_merged { /* lethe.person.merged: this person has no records any more */
    struct uuid person;
    int64_t rev;
    struct uuid into; /* nil: it ended (its records were removed) */
};
struct person_split { /* lethe.person.split: person came out of from; both keep from's refusals */
    struct uuid person;
    int64_t rev;
    struct uuid from;
    struct uuid_list records;
};
/* person_split is followed by person_linked of both; lethe.barrier also runs here */

/* ---- topic consent (consent) -------------------------------------------------------------------------------------- */
enum consent_state {
    CONSENT_REQUESTED,
    CONSENT_CONFIRMED,
    CONSENT_ASSERTED,
    CONSENT_WITHDRAWN,
    CONSENT_OBJECTED,
    CONSENT_LIFTED,
    CONSENT_LAPSED
};
extern const char *const consent_state_names[];
struct consent_changed {          /* lethe.consent.changed: the state of one address and purpose */
    struct uuid address;          /* consent's id of the address */
    struct uuid vault;            /* what to open for the address itself; nil: known by a refusal alone */
    int64_t rev;                  /* of (address, channel, purpose) */
    struct key_list keys;         /* the address's email and email-wide */
    struct uuid person;           /* nil where unknown */
    struct text channel, purpose; /* purpose absent: all direct marketing */
    int state;
    int64_t statement, at, position; /* the ledger's */
};

/* ---- topic mail.in (consent, erasure, mailer itself, outside) ------------------------------------------------------ */
enum mail_kind { MAIL_CONFIRMATION, MAIL_ANSWER, MAIL_PURPOSE };
extern const char *const mail_kind_names[];
struct mail_requested {          /* lethe.mail.requested */
    struct uuid mail;            /* at most one mail leaves for it */
    int kind;                    /* enum mail_kind */
    struct uuid address;         /* vault id whose email it goes to */
    struct uuid content;         /* vault item of kind mail: {"template", "language", fields...}; nil: the campaign's */
    struct uuid campaign;        /* nil */
    struct key_list keys;        /* of the address */
    struct uuid record, request; /* nil where there is none */
    struct text purpose;         /* MAIL_PURPOSE */
    struct text ground;          /* names of policy_ground_names, or "request" for answers */
    int64_t position;            /* ledger position it was allowed by; absent for answers */
    struct text template_name, language;
    int64_t at;
    int64_t acted_at; /* of a confirmation: when the person asked for it; CLOCK_NONE where absent */
};
struct campaign_requested { /* lethe.campaign.requested: mails for a purpose to a list of records */
    struct uuid campaign;
    struct text purpose;
    struct uuid content; /* vault item of kind mail: {"subject", "text", "html"} */
    struct uuid_list records;
    struct uuid by; /* operator */
    int64_t at;
};

/* ---- topic mail (mailer) ------------------------------------------------------------------------------------------ */
enum mail_state {
    MAIL_QUEUED,
    MAIL_SENDING,
    MAIL_SENT,
    MAIL_DEFERRED,
    MAIL_BOUNCED,
    MAIL_REFUSED,
    MAIL_UNKNOWN,
    MAIL_CANCELLED
};
extern const char *const mail_state_names[];
struct mail_changed { /* lethe.mail.changed */
    struct uuid mail;
    int64_t rev;
    int kind, state;
    struct uuid campaign, request, record;
    struct key_list keys;
    struct text purpose, ground, why; /* why: a code: "no-consent", "withdrawn", "restricted", "smtp-550", ... */
    int64_t position, at;
};

/* ---- topic retention (retention) ---------------------------------------------------------------------------------- */
struct retention_expired { /* lethe.retention.expired: due now; erasure tells holders, then carries it as an expiry */
    struct uuid expiry;
    struct uuid_list records, activities, parts;
    struct text rule;
    int64_t at;
};

/* ---- topic requests.in (intake): forgets asked for upstream -------------------------------------------------------- */
struct forget_wanted {   /* lethe.forget.wanted */
    struct uuid request; /* derived from the event's, so that a repeat is one request */
    struct key_list keys;
    struct uuid record; /* nil where the source's record isn't known */
    struct text source; /* the policy's name of the source */
    bool verified;      /* the event carried a verification */
    struct text relation;
    struct uuid contact; /* vault item of kind request: {"reply_to": ..., "identifiers": [...]} */
    int64_t received_at;
};

/* ---- topic forget (erasure); key = request ------------------------------------------------------------------------- */
struct forget_opened { /* lethe.forget.opened: restricted and tombstones at once */
    struct uuid request;
    struct text controller;
    struct key_list keys;
    struct uuid_list records, persons; /* what the request names */
    int64_t received_at;
    int64_t tombstones_until; /* by the policy's tombstone_keep: the same in all services */
    bool barrier;             /* intake runs one */
};
struct forget_destroy { /* lethe.forget.destroy: the closed set */
    struct uuid request;
    bool expiry;
    struct key_list keys; /* the person's alone */
    struct uuid_list persons, records, activities, parts;
    int64_t received_at;
    int64_t tombstones_until; /* as above */
    struct uuid barrier;
    struct text_list only; /* a reminder: the services that were silent; none: all eight */
};
struct forget_step { /* lethe.forget.verify, lethe.forget.cancelled, lethe.forget.completed */
    struct uuid request;
    int64_t at;
    struct text_list only; /* as above */
};

/* ---- topic forgets.ledger (erasure), compacted; key = number -------------------------------------------------------- */
struct ledger_line {    /* lethe.ledger.line: a copy of a line of the ledger outside the databases (common/ledger) */
    int64_t number, at; /* at: microseconds */
    struct uuid id;
    struct text type, data; /* data: JSON, as the line has it */
    struct text hash;       /* 64 hex digits: the chain up to this line */
};

/* ---- topic forget.result (all services) ---------------------------------------------------------------------------- */
struct forget_resolved { /* lethe.forget.resolved (dedupe): the barrier has passed: who the person is */
    struct uuid request, barrier;
    struct uuid_list persons, records;
    struct key_list keys;   /* theirs alone: may carry tombstones */
    struct key_list shared; /* theirs and others' (switchboards): no tombstone */
    bool review;            /* a doubtful match touches it (an issue of its own) */
};
enum forget_phase { PHASE_DESTROY, PHASE_VERIFY };
extern const char *const forget_phase_names[];
struct named_count {
    struct text name;
    int64_t n;
};
struct named_count_list {
    struct named_count *items;
    size_t n;
};
struct forget_result { /* lethe.forget.result */
    struct uuid request;
    struct text service;
    int phase;
    int64_t rows, remaining, at;
    struct named_count_list counts; /* "records", "keys", "parts", "contents kept", ... */
};
struct backup_answer { /* lethe.backup.answered (backup): one a backup that may hold the person */
    struct uuid request, backup;
    struct text outcome; /* dark | gone | not-held | human (nobody has answered yet: the request stays open) */
    int64_t at;          /* dark since, gone on, looked at on, a human asked on */
    int64_t until;       /* a copy's own end: until then the blind indexes in it can be linked; CLOCK_NONE: not known */
    struct text why;
    struct text evidence;                  /* a human's answer: where its proof lies, a code */
    struct uuid recorded_by, confirmed_by; /* a human's answer: two operators */
};

/* ---- holders: topic of the holder's own, and holder.result ---------------------------------------------------------- */
struct holder_identifier {
    struct text kind;   /* email | phone | source */
    struct text system; /* source */
    struct text value;
};
struct holder_identifier_list {
    struct holder_identifier *items;
    size_t n;
};
struct holder_instruction { /* lethe.holder.instruction; sealed over Kafka: data is {"box": base64} */
    struct uuid instruction, request;
    int64_t seq;
    struct text controller, verb; /* forget | consent | verify */
    struct holder_identifier_list identifiers;
    struct text_list fields;
    struct text purpose; /* consent */
    int64_t due_at;
};
struct holder_result { /* lethe.holder.result */
    struct uuid instruction;
    struct text outcome; /* done | reversible | not-held | kept | impossible | need */
    int64_t until;
    struct text rule, why, evidence; /* evidence is sealed at once */
};
struct sealed_box { /* what travels to a Kafka holder */
    struct uuid instruction;
    struct text box; /* base64 of a libsodium sealed box */
};
/* A holder's answer over Kafka: {"holder": name, "body": base64 of the JSON of holder_result, "signature": base64 of
 * Ed25519 over those bytes}. Over HTTP: POST {erasure}/v1/holders/{name}/results with the JSON as the body and the
 * header Lethe-Signature: ed25519=<base64>; webhooks may also answer in the body of their 200 with that header. */
struct signed_result {
    struct text holder, body, signature;
};

/* ---- topic admin (admin, erasure, dedupe): what operators see and decide -------------------------------------------- */
struct request_changed { /* lethe.request.changed (erasure): status for consoles and metrics */
    struct uuid request;
    int64_t rev;
    struct text kind, status, decision;
    int64_t received_at, due_at, completed_at;
};

/* ---- topic dead (all services): a message that was set aside; where it stood and why, never a value ------------------ */
struct dead_letter { /* lethe.dead.letter */
    struct text service;
    struct text topic;
    int64_t partition, offset;
    struct text type;    /* a name of ours, or "unknown" */
    struct text pointer; /* absent where there is none */
    struct text rule;
};

extern const struct event_type record_accepted_event, record_removed_event, record_joined_event, barrier_event;
extern const struct event_type activity_accepted_event, activity_removed_event;
extern const struct event_type contact_refused_event;
extern const struct event_type consent_asked_event, consent_asserted_event, consent_refused_event;
extern const struct event_type person_linked_event, person_merged_event, person_split_event;
extern const struct event_type consent_changed_event;
extern const struct event_type mail_requested_event, campaign_requested_event, mail_changed_event;
extern const struct event_type retention_expired_event;
extern const struct event_type forget_wanted_event;
extern const struct event_type forget_opened_event, forget_destroy_event, forget_verify_event, forget_cancelled_event,
    forget_completed_event;
extern const struct event_type ledger_line_event;
extern const struct event_type forget_resolved_event, forget_result_event, backup_answer_event;
extern const struct event_type holder_instruction_event, holder_result_event, sealed_box_event, signed_result_event;
extern const struct event_type request_changed_event;
extern const struct event_type dead_letter_event;

/* every type there is, for contract tests and --describe */
extern const struct event_type *const event_types[];
extern const size_t event_types_n;

#endif
