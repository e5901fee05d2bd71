/* store: the one place of consent that talks SQL. Every function works in the call's transaction. */
#ifndef LETHE_CONSENT_STORE_H
#define LETHE_CONSENT_STORE_H

#include "common/forget/forget.h"
#include "common/service/service.h"
#include "services/consent/consent.h"

/* ---- addresses and what stands about them --------------------------------------------------------------------------- */
/* What a decision is asked about. Absent keys are none of the address's. */
struct standing_query {
    struct hash email, wide;
    struct uuid record;
    struct text channel, purpose; /* purpose "": all direct marketing */
};
/* store_standing: n answers, in order; restricted tells dedupe's word alone (tombstones: restricted.h). Confirmation
 * mails aren't counted (store_mailed). */
enum outcome store_standing(struct call *call, const struct standing_query *queries, size_t n, struct standing *out,
                            struct error *err) WARN_UNUSED;
/* store_mailed: fills what is known of the links mailed. */
enum outcome store_mailed(struct call *call, const struct standing_query *query, struct standing *standing,
                          struct error *err) WARN_UNUSED;

struct address {
    struct uuid id;
    struct hash email, wide;
    int whose;           /* enum address_kind; -1: unknown. The more protected of two words stays */
    struct text country; /* TEXT_NONE: unknown */
    struct uuid vault;   /* what to open; nil: unknown */
    bool item;           /* vault is an item of its own, not a record */
};
/* address_keys: its own and, where there is one, the wide one; in the arena. */
struct key_list address_keys(struct arena *arena, const struct hash *email, const struct hash *wide);
/* store_address_put: finds or makes the row by its keys, locks it; fills id. *made tells. */
enum outcome store_address_put(struct call *call, struct address *address, bool *made, struct error *err) WARN_UNUSED;
/* store_address: by id; *found tells. lock: for the rest of the transaction. */
enum outcome store_address(struct call *call, const struct uuid *id, bool lock, struct address *out, bool *found,
                           struct error *err) WARN_UNUSED;
/* store_address_attach: remembers what opens it (nothing where vault is nil), and when to look whether that is needed. */
enum outcome store_address_attach(struct call *call, const struct address *address, struct error *err) WARN_UNUSED;
enum outcome store_addresses_lock(struct call *call, const struct uuid *ids, size_t n, struct error *err) WARN_UNUSED;
enum outcome store_address_drop(struct call *call, const struct uuid *id, struct error *err) WARN_UNUSED;
/* store_bounce: on: a mail to this key bounced; off (by id): it was confirmed anew. */
enum outcome store_bounced(struct call *call, const struct hash *email, int64_t at_us, struct error *err) WARN_UNUSED;
enum outcome store_unbounce(struct call *call, const struct uuid *address, struct error *err) WARN_UNUSED;
/* store_purposes: the purposes that an address has a state for, and its language. */
struct address_purpose {
    struct text purpose, language;
};
enum outcome store_purposes(struct call *call, const struct uuid *address, struct text channel,
                            struct address_purpose **out, size_t *n, struct error *err) WARN_UNUSED;

/* ---- the ledger and the state ----------------------------------------------------------------------------------------- */
struct ledger_row {
    struct uuid address, record, person; /* nil: none */
    struct hash subject;
    struct text channel, purpose;
    int64_t statement; /* INT64_MIN: none */
    struct text language;
    int act;      /* enum consent_state */
    int given_by; /* enum given_by; -1: unknown */
    int64_t at;
    int64_t age_over; /* 0: nothing is known */
    struct text source;
    struct uuid evidence;
    struct bytes statement_digest;
    struct uuid act_id; /* nil: no event's */
};
/* store_ledger_add: never later than now; *position is its place. */
enum outcome store_ledger_add(struct call *call, const struct ledger_row *row, int64_t *position,
                              struct error *err) WARN_UNUSED;
/* store_exec_uuids: for the store's own files: the first column of what a statement returns. */
enum outcome store_exec_uuids(struct call *call, const struct pg_statement *statement, const struct pg_params *params,
                              struct uuid_list *out, struct error *err) WARN_UNUSED;
/* store_ledger_verify: folds the next chains (of an address each) after *after, which is advanced; *n: how many there were,
 * *broken: how many don't come to their seals. */
enum outcome store_ledger_verify(struct call *call, int most, struct hash *after, int64_t *n, int64_t *broken,
                                 struct error *err) WARN_UNUSED;
/* store_act_known: is this event's act on the ledger? */
enum outcome store_act_known(struct call *call, const struct uuid *act, bool *known, struct error *err) WARN_UNUSED;

struct state_row {
    struct uuid address;
    struct text channel, purpose;
    int state;
    int64_t statement;
    int ground;       /* of a grant: enum policy_ground */
    int64_t age_over; /* 0: nothing is known */
    struct text language;
    int64_t position, at, asked_position, asked_at; /* the last two INT64_MIN and CLOCK_NONE unless confirmed */
    struct text source;
};
/* What consent.changed tells; made by every statement that changes states. */
struct changed_list {
    struct consent_changed *items;
    size_t n;
};
enum outcome store_state_put(struct call *call, const struct state_row *row, struct changed_list *out,
                             struct error *err) WARN_UNUSED;
enum outcome store_used(struct call *call, const struct hash *email, struct text purpose, int64_t at_us,
                        struct error *err) WARN_UNUSED;
enum outcome store_resync_page(struct call *call, struct uuid *after, bool *again, struct changed_list *out,
                               struct error *err) WARN_UNUSED;

/* ---- tokens ----------------------------------------------------------------------------------------------------------- */
struct token_row {
    uint8_t hash[32];
    struct confirm_token token;
    struct uuid content;
};
enum outcome store_token_put(struct call *call, const struct token_row *row, struct error *err) WARN_UNUSED;
enum outcome store_token(struct call *call, const uint8_t hash[32], struct confirm_token *out,
                         struct error *err) WARN_UNUSED;
enum outcome store_token_used(struct call *call, const uint8_t hash[32], struct error *err) WARN_UNUSED;

/* ---- refusals and persons (store_person.c) ---------------------------------------------------------------------------- */
struct refusal_row {
    const struct hash *keys;
    size_t keys_n;
    struct uuid record;
    struct text channel, purpose;
    int kind; /* enum refusal_kind */
    int64_t position, at;
    struct text source;
};
/* store_refusal_lock: locks every address that the refusal reaches and names a person, before the ledger's row. */
enum outcome store_refusal_lock(struct call *call, const struct refusal_row *row, struct uuid *person,
                                struct error *err) WARN_UNUSED;
/* store_refusal_put: projects it on keys, record and persons, and ends the grants that it reaches. */
enum outcome store_refusal_put(struct call *call, const struct refusal_row *row, struct changed_list *out,
                               struct error *err) WARN_UNUSED;
/* store_person_put: *newer false: a later revision is here already, nothing was done. */
enum outcome store_person_put(struct call *call, const struct uuid *person, int64_t rev, bool ended, bool restricted,
                              bool *newer, struct error *err) WARN_UNUSED;
/* store_person_members: its keys and records, whole; refusals that lie on them become the person's, and end the grants
 * that they reach. */
enum outcome store_person_members(struct call *call, const struct uuid *person, const struct hash *keys, size_t keys_n,
                                  const struct uuid *records, size_t records_n, struct changed_list *out,
                                  struct error *err) WARN_UNUSED;
/* store_person_settle: ends the grants that the person's refusals reach. */
enum outcome store_person_settle(struct call *call, const struct uuid *person, struct changed_list *out,
                                 struct error *err) WARN_UNUSED;
/* store_heir_put: `heir` refuses what `person` does from now on (a merge), or what it did until now (a split). */
enum outcome store_heir_put(struct call *call, const struct uuid *person, const struct uuid *heir, bool split,
                            struct error *err) WARN_UNUSED;
/* store_heirs_copy: on to all heirs, however far; they are listed. */
enum outcome store_heirs_copy(struct call *call, const struct uuid *person, struct uuid_list *heirs,
                              struct error *err) WARN_UNUSED;

/* ---- ends (store_end.c) ------------------------------------------------------------------------------------------------ */
struct expired_token {
    uint8_t hash[32];
    struct uuid address, content;
    struct text channel, purpose, language;
    bool used, over; /* over: the opt-in was never confirmed and no other link is open */
    int64_t statement;
    struct hash email;
};
/* store_expired_tokens: their addresses are locked, what is told was read under the lock. */
enum outcome store_expired_tokens(struct call *call, int most, struct expired_token **out, size_t *n,
                                  struct error *err) WARN_UNUSED;
enum outcome store_tokens_drop(struct call *call, const struct bytes *hashes, size_t n, struct error *err) WARN_UNUSED;
/* store_idle: which of these addresses never had more than an unconfirmed request. store_bare: which were never granted
 * anything. */
enum outcome store_idle(struct call *call, const struct uuid *addresses, size_t n, struct uuid_list *out,
                        struct error *err) WARN_UNUSED;
enum outcome store_bare(struct call *call, const struct uuid *addresses, size_t n, struct uuid_list *out,
                        struct error *err) WARN_UNUSED;
/* store_idle_due: addresses to look at, locked; store_idle_kept: something justifies what is kept. */
enum outcome store_idle_due(struct call *call, int most, struct uuid_list *out, struct error *err) WARN_UNUSED;
enum outcome store_idle_kept(struct call *call, const struct uuid_list *addresses, struct error *err) WARN_UNUSED;
/* store_address_strip: keeps the keyed hash and the refusals, nothing that can be opened. */
enum outcome store_address_strip(struct call *call, const struct uuid_list *addresses, struct error *err) WARN_UNUSED;

/* store_doom: what lies in the vault and is nobody's any more; nil ids, and what a row still names, are left out.
 * store_doomed: what is to be destroyed, keys first; store_doomed_drop: it is. */
struct doomed {
    const struct uuid *vaults;
    size_t n;
    struct hash email; /* whose: absent, nil where unknown */
    struct uuid record;
};
enum outcome store_doom(struct call *call, const struct doomed *doomed, struct error *err) WARN_UNUSED;
enum outcome store_doomed(struct call *call, int most, struct uuid_list *out, struct error *err) WARN_UNUSED;
enum outcome store_doomed_drop(struct call *call, const struct uuid_list *vaults, struct error *err) WARN_UNUSED;
/* store_address_vaults: what lies in the vault for these addresses alone (never a record). */
enum outcome store_address_vaults(struct call *call, const struct uuid_list *addresses, struct uuid_list *out,
                                  struct error *err) WARN_UNUSED;
enum outcome store_address_erase(struct call *call, const struct uuid_list *addresses, struct error *err) WARN_UNUSED;

/* store_granted_before: grants of an older version whose holder hasn't been asked for the newer one; a page after *after,
 * which is advanced; their addresses are locked. */
struct granted {
    struct address address;
    struct text channel, language;
};
enum outcome store_granted_before(struct call *call, struct text purpose, int64_t version, struct uuid *after, int most,
                                  struct granted **out, size_t *n, struct error *err) WARN_UNUSED;

struct lapsing {
    struct uuid address;
    struct hash email;
    struct text channel, purpose;
};
/* store_unused: grants of a purpose that were not used for so long; store_unconfirmed: a source's assertions for a purpose. */
enum outcome store_unused(struct call *call, struct text purpose, struct duration after, int most, struct lapsing **out,
                          size_t *n, struct error *err) WARN_UNUSED;
enum outcome store_unconfirmed(struct call *call, struct text source, struct text purpose, struct duration after,
                               int most, struct lapsing **out, size_t *n, struct error *err) WARN_UNUSED;

/* The addresses that are gone with a forgotten set, and what lies in the vault about it. */
enum outcome store_forget_addresses(struct call *call, const struct forget_set *set, struct uuid_list *out,
                                    struct error *err) WARN_UNUSED;
enum outcome store_forget_vaults(struct call *call, const struct forget_set *set, const struct uuid_list *addresses,
                                 struct uuid_list *out, struct error *err) WARN_UNUSED;
enum outcome store_forget_erase(struct call *call, const struct forget_set *set, const struct uuid_list *addresses,
                                int64_t *rows, struct error *err) WARN_UNUSED;
enum outcome store_forget_count(struct call *call, const struct forget_set *set, const struct uuid_list *addresses,
                                int64_t *remaining, struct error *err) WARN_UNUSED;

/* ---- my data (store_mydata.c) ------------------------------------------------------------------------------------------ */
struct data_ask {
    struct uuid id;
    struct hash email, wide, requester;
    bool shared; /* a role's mailbox */
    struct text language;
    int64_t at;
    int64_t mailed_an_hour; /* links to this address within an hour */
};
enum outcome store_data_ask(struct call *call, const struct data_ask *ask, struct error *err) WARN_UNUSED;
enum outcome store_data_asked(struct call *call, const struct hash *requester, int64_t *an_hour,
                              struct error *err) WARN_UNUSED;
/* store_data_due: asks that wait for their answer, locked. */
enum outcome store_data_due(struct call *call, int most, struct data_ask **out, size_t *n,
                            struct error *err) WARN_UNUSED;
enum outcome store_data_answered(struct call *call, const struct uuid *ids, size_t n, struct error *err) WARN_UNUSED;
/* store_data_expire: drops what is a day old; *contents: of mails, given up. */
enum outcome store_data_expire(struct call *call, struct uuid_list *contents, struct error *err) WARN_UNUSED;
/* store_data_candidates: what may open an address; which of it does, only a look tells. */
enum outcome store_data_candidates(struct call *call, const struct hash *email, struct uuid_list *out,
                                   struct error *err) WARN_UNUSED;
/* store_data_persons: who is known to have the address, and a record each; sorted by person. */
struct data_person {
    struct uuid person, record; /* record: nil where there is none */
};
enum outcome store_data_persons(struct call *call, const struct hash *email, struct data_person **out, size_t *n,
                                struct error *err) WARN_UNUSED;
struct data_link {
    bool found; /* and its time isn't over */
    uint8_t hash[32];
    struct hash email, wide;
    bool shared;
    struct uuid vault, content, person;
    struct text language;
    int64_t tries, expires_at;
};
enum outcome store_data_link_put(struct call *call, const struct data_link *link, struct error *err) WARN_UNUSED;
enum outcome store_data_link(struct call *call, struct text token, bool lock, struct data_link *out,
                             struct error *err) WARN_UNUSED;
/* store_data_tried: one try more; person: nil where it was wrong. */
enum outcome store_data_tried(struct call *call, const uint8_t hash[32], const struct uuid *person,
                              struct error *err) WARN_UNUSED;

/* ---- the subject's rows (store_end.c) ------------------------------------------------------------------------------------ */
struct subject_row {
    int64_t position, statement, at, recorded_at;
    struct uuid address, evidence, record, person;
    struct text channel, purpose, language, source;
    int act, given_by;
    int state; /* of the address and purpose now; -1: none */
};
enum { SUBJECT_ROWS_MOST = 5000 };
enum outcome store_subject(struct call *call, const struct hash *keys, size_t keys_n, const struct uuid *persons,
                           size_t persons_n, struct subject_row **out, size_t *n, struct error *err) WARN_UNUSED;

/* store_changed: rows (address, rev, email, wide, person, channel, purpose, state, statement, at, position), copied. */
void store_changed(struct arena *arena, const struct pg_rows *rows, struct changed_list *out);

#endif
