/* profile: what the engine compares of a record: its fields, normalised once. Pure but for libraries' tables; holds
 * personal data, so it lives in an arena that is wiped, and never in a table of ours. */
#ifndef LETHE_DEDUPE_ENGINE_PROFILE_H
#define LETHE_DEDUPE_ENGINE_PROFILE_H

#include "common/arena/arena.h"
#include "services/dedupe/engine/words.h"

enum { NAME_WORDS = 3, STREET_WORDS = 6, BLOCK_KEYS = 17 };

/* A record's fields as its source wrote them; any may be absent. */
struct person_fields {
    struct text given_name, family_name, date_of_birth, email, phone, street, city, postcode, country, source;
    const char *region; /* of phones in national form where the country doesn't tell; NULL: none */
};

struct name {
    struct word words[NAME_WORDS];
    uint8_t n;
};

enum suffix { SUFFIX_NONE, SUFFIX_JUNIOR, SUFFIX_SENIOR, SUFFIX_SECOND, SUFFIX_THIRD, SUFFIX_FOURTH };

struct profile {
    struct name given, family;
    const uint16_t *nick_sets; /* of the first given name, sorted */
    uint16_t nick_sets_n;
    uint16_t birth_year; /* 0: no date */
    uint8_t birth_month, birth_day;
    uint8_t suffix; /* enum suffix */
    bool mobile, phone_valid;
    bool mailbox_shared, phone_shared; /* set by whoever sees all who hold it: they can't be one person */
    bool mailbox_of_home;              /* its name is the family's, or nobody's */
    char birth[8];                     /* digits as they came, where there are eight: typing errors show */
    uint8_t birth_n;
    struct word mail_local, mail_domain; /* of the canonical form; absent for role mailboxes */
    uint64_t mail;                       /* 0: none */
    struct word phone;
    struct word street[STREET_WORDS];
    uint8_t street_n;
    struct word house; /* number */
    struct word city, postcode;
    uint32_t source; /* 0: none */
};

struct nicknames; /* the table of nickname sets; immutable */
struct nicknames *nicknames_new(void);
void nicknames_free(struct nicknames *nicknames);
/* nicknames_find: the sets that a word is in, sorted; NULL and 0 where it is in none. */
const uint16_t *nicknames_find(const struct nicknames *nicknames, struct word word, uint16_t *n);

/* profile_make: strings go to `keep`, what is needed meanwhile to `scratch`. Fields that are longer than any such thing
 * is, placeholders ("n/a", "test") and what doesn't parse are absent: they say nothing. */
void profile_make(const struct person_fields *fields, const struct nicknames *nicknames, struct arena *keep,
                  struct arena *scratch, struct profile *out);

uint32_t profile_source(struct text name); /* what profile.source is of a source's name */

enum { BLOCK_KIND = 31, BLOCK_BY_MAIL = 1, BLOCK_BY_PHONE = 2 }; /* a key's lowest five bits say what it is of */
/* profile_keys: the blocking keys, unkeyed 64 bits each, without repeats; returns how many. Whoever stores them keys them
 * first. */
size_t profile_keys(const struct profile *profile, uint64_t out[BLOCK_KEYS]);

#endif
