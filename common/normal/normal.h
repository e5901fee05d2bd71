/* normal: the one spelling of an identifier, so that its blind index finds it. Pure but for libraries' tables. */
#ifndef LETHE_NORMAL_H
#define LETHE_NORMAL_H

#include <stdbool.h>

#include "common/arena/arena.h"
#include "common/crypto/crypto.h"
#include "common/text/text.h"

/* The kinds of blind indexes; their names stand in events. */
enum key_kind {
    KEY_EMAIL,         /* "email": the delivery form */
    KEY_EMAIL_WIDE,    /* "email-wide": the canonical form (provider's dots and +tags gone): refusals reach it */
    KEY_PHONE,         /* "phone": E.164 */
    KEY_PHONE_SURNAME, /* "phone-surname": E.164 and the folded surname */
    KEY_SOURCE,        /* "source": system and id of a source's record */
    KEY_KINDS
};
extern const char *const key_kind_names[KEY_KINDS + 1]; /* NULL-terminated, for field tables */

/* Each gives false where the input is no such thing. Results are in the arena. */
bool normal_email(struct text in, struct arena *arena, struct text *out);         /* lower case, IDN as A-labels, NFC */
bool normal_email_wide(struct text email, struct arena *arena, struct text *out); /* of a normalised one */
bool normal_email_is_role(struct text email); /* info@, sales@, office@, ...: identifies nobody */
struct text normal_email_domain(struct text email);
/* E.164; region ("DE") is that of numbers in national form, NULL where none is known. What comes as E.164 already needs
 * to be plausible (its country, beginning and length exist), all else to be valid. */
bool normal_phone(struct text in, const char *region, struct arena *arena, struct text *out);
bool normal_name(struct text in, struct arena *arena, struct text *out); /* NFKD, folded, letters and digits only */
/* Words in lower-case ASCII, one space between them, transliterated from whatever script; at most 1,024 bytes. What has
 * no Latin form (emoji) goes. For comparing, never for an index that must find exactly one spelling. */
bool normal_words(struct text in, struct arena *arena, struct text *out);
/* Is an E.164 number a mobile's, and so one person's rather than a home's? Not known (the Americas) is no. */
bool normal_phone_is_mobile(struct text e164);

struct hash normal_key_email(const struct crypto_key *index_key, struct text email);
struct hash normal_key_email_wide(const struct crypto_key *index_key, struct text wide);
struct hash normal_key_phone(const struct crypto_key *index_key, struct text e164);
struct hash normal_key_phone_surname(const struct crypto_key *index_key, struct text e164, struct text surname);
struct hash normal_key_source(const struct crypto_key *index_key, struct text system, struct text id);

#endif
