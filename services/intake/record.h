/* record: one contact record as intake keeps it: what the policy lets in, in which order changes count, and the text that
 * is sealed. Pure: values in, values out. */
#ifndef LETHE_INTAKE_RECORD_H
#define LETHE_INTAKE_RECORD_H

#include "common/policy/policy.h"
#include "proto/contact.h"
#include "proto/events.h"

#define VERSION_ABSENT INT64_MIN

/* One field: its value (SCALAR_NULL: cleared), the version that set it, and where that came from. */
struct entry {
    const struct policy_field *field;
    struct scalar value;
    int64_t version;
    size_t from; /* index into provenance */
};

/* One event about a record, after the policy. */
struct change {
    const struct policy_category *category;
    bool patch;
    int64_t version;
    struct entry *entries;
    size_t n;
    size_t dropped; /* fields that the policy doesn't name */
    const struct provenance *provenance;
};

/* change_admit: what the policy keeps of an event. Refuses unknown sources and categories, fields where the category
 * says so, values of the wrong kind, too long ones, and the controller's own people ("own staff"). */
enum outcome change_admit(const struct policy *policy, const struct contact_recorded *in, struct arena *arena,
                          struct change *out, struct error *err) WARN_UNUSED;

/* fields_admit: the same for any category's fields (activities); clears: null means cleared, else it is left out.
 * Entries carry the version. */
enum outcome fields_admit(const struct policy_category *category, const struct scalar_list *fields, bool clears,
                          int64_t version, struct arena *arena, struct change *out, struct error *err) WARN_UNUSED;

/* A record's whole state. Order counts by version, field by field: whatever arrives in whatever order, each field ends
 * with the newest word about it (a full change says something about every field). */
struct record_state {
    struct text system, id; /* the source's */
    const struct policy_category *category;
    int64_t version; /* the newest seen */
    int64_t full;    /* the newest full one, or VERSION_ABSENT */
    struct entry *entries;
    size_t n;
    struct provenance *provenance; /* [0] is of the newest full change, or of the first patch */
    size_t provenance_n;
    int act; /* of the newest change */
    int64_t captured_at;
};

/* state_begin: a record that begins with this change. state_apply: false where it changes nothing (it is not newer than
 * what it speaks of). */
void state_begin(struct record_state *state, struct text system, struct text id, const struct change *change,
                 struct arena *arena);
bool state_apply(struct record_state *state, const struct change *change, struct arena *arena);
/* state_needs_old: must the sealed state be opened to apply a change on a row with these versions? A full change newer
 * than everything replaces all of it. state_is_old: it can change nothing. */
bool state_needs_old(int64_t row_version, int64_t row_full, const struct change *change);
bool state_is_old(int64_t row_full, const struct change *change);

/* state_encode: the text that is sealed (common/vault/vault.h). state_decode: reads it; fields that the policy names no
 * more are left out. REFUSED where the category is gone from the policy ("not in policy") or the text isn't ours. */
void state_encode(const struct record_state *state, struct buf *out);
enum outcome state_decode(const struct policy *policy, struct text json, struct arena *arena, struct record_state *out,
                          struct error *err) WARN_UNUSED;

/* state_print_*: members of that text, each with a comma before it: what a report shows. */
void state_print_fields(const struct record_state *state, struct buf *out);
void state_print_provenance(const struct record_state *state, struct buf *out);

/* ---- identifiers --------------------------------------------------------------------------------------------------- */
struct identifiers {
    struct hash source, email, email_wide, phone, phone_surname;
    bool role_mailbox; /* the email is one: it links nobody */
};
/* identifiers_of: the blind indexes of a set of fields; source is the caller's to fill. */
void identifiers_of(const struct entry *entries, size_t n, const char *region, const struct crypto_key *index_key,
                    struct arena *arena, struct identifiers *out);
/* email_identifiers: of one address; false where it is none. */
bool email_identifiers(struct text address, const struct crypto_key *index_key, struct arena *arena,
                       struct identifiers *out, struct text *normal);
/* identifiers_keys: as events carry them; a role mailbox's email is left out. At most KEY_KINDS items. */
struct key_list identifiers_keys(const struct identifiers *ids, struct arena *arena);

/* ---- what an event says of a record besides its identifiers ----------------------------------------------------------- */
/* state_language, state_country: absent where not stored or no such code. state_dates: fields that a retention rule of
 * the category begins at. */
struct text state_language(const struct record_state *state);
struct text state_country(const struct record_state *state);
struct named_date_list state_dates(const struct record_state *state, struct arena *arena);

#endif
