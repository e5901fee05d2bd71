/* secrets: what a request keeps in the vault: who asked and how to answer, the identifiers that outside holders know,
 * letters, evidence. Each item is listed in `secret`, so that it is destroyed in its time. */
#ifndef LETHE_ERASURE_SECRETS_H
#define LETHE_ERASURE_SECRETS_H

#include "proto/events.h"
#include "services/erasure/store.h"

/* {"reply_to", "language", "note", "details", "verified_by", "identifiers": [...]}; intake writes the same for upstream. */
struct contact {
    struct text reply_to, language, note, verified_by;
    struct text details; /* JSON */
    struct holder_identifier_list identifiers;
};
bool contact_is_empty(const struct contact *contact);

/* secrets_put: one sealed item, owned by `owner`; *id is made where it is nil. what: contact, identifiers, note,
 * evidence, hmac (kind request); reply-to (kind address: {"email"}), letter (kind mail). */
enum outcome secrets_put(struct call *call, const struct uuid *owner, const char *what, struct text plain,
                         int64_t until_us, struct uuid *id, struct error *err) WARN_UNUSED;
enum outcome secrets_put_contact(struct call *call, const struct uuid *request, const struct contact *contact,
                                 struct uuid *id, struct error *err) WARN_UNUSED;
/* secrets_put_note: what of it stays on record for a while after the request is closed. */
enum outcome secrets_put_note(struct call *call, const struct uuid *request, const struct contact *contact,
                              int64_t until_us, struct uuid *id, struct error *err) WARN_UNUSED;
/* secrets_open_contact: all absent where the item is nil or gone. */
enum outcome secrets_open_contact(struct call *call, const struct uuid *id, struct contact *out,
                                  struct error *err) WARN_UNUSED;
enum outcome secrets_put_identifiers(struct call *call, const struct uuid *request,
                                     struct holder_identifier_list identifiers, struct uuid *id,
                                     struct error *err) WARN_UNUSED;
struct holder_identifier_list secrets_read_identifiers(struct call *call, struct text plain);
struct text secrets_write_identifiers(struct call *call, struct holder_identifier_list identifiers);

/* secrets_read_address: the email in a vault item: a record, {"email"}, or the bare address. */
bool secrets_read_address(struct call *call, struct text plain, struct text *out);

/* secrets_destroy: their rows now, their keys once the transaction has committed (the job `doomed-keys`). */
enum outcome secrets_destroy(struct call *call, struct uuid_list ids, struct error *err) WARN_UNUSED;
/* secrets_destroy_of: all of an owner's, or those of one kind. */
enum outcome secrets_destroy_of(struct call *call, const struct uuid *owner, const char *what,
                                struct error *err) WARN_UNUSED;

/* secrets_collect: the identifiers that the set's records hold, from the vault, and those that the request itself gave,
 * without repeats and without those that others share. systems: those of the records, without repeats. */
struct collecting {
    const struct forget_set *set;
    struct uuid contact;    /* nil: the request gave none */
    struct key_list shared; /* others have them, too: told to nobody as this person's */
    bool sources_only;      /* the records end, not the person: nothing but the ids of these very records */
};
struct collected {
    struct holder_identifier_list identifiers;
    struct text_list systems;
    struct text_list record_systems, record_categories; /* each pair that occurs, at the same places */
};
enum outcome secrets_collect(struct call *call, const struct collecting *wanted, struct collected *out,
                             struct error *err) WARN_UNUSED;

#endif
