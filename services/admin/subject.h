/* subject: what a search asks, and the identifiers' hashes that it means. Pure. */
#ifndef LETHE_ADMIN_SUBJECT_H
#define LETHE_ADMIN_SUBJECT_H

#include "common/event/event.h"
#include "common/normal/normal.h"
#include "proto/events.h"

enum { SUBJECT_KEYS_MOST = 16 };

struct subject_record {
    struct text system, id;
};
struct subject_search { /* exactly one of email, phone, record, person */
    struct text email, phone;
    struct subject_record record;
    bool has_record;
    struct uuid person;
    bool fields;
    struct text reason; /* a code: "request", "support", ... */
};
extern const struct object_type subject_search_type;

/* subject_keys: the hashes of the identifier that the search names; regions: those of national phone numbers. REFUSED
 * where the identifier is none. A person's id has no keys. */
enum outcome subject_keys(const struct subject_search *search, const struct crypto_key *index_key,
                          const char *const *regions, size_t regions_n, struct arena *arena, struct key *out,
                          size_t *out_n, struct error *err) WARN_UNUSED;

/* subject_detail: what the audit row says: "email", "phone+fields", ... */
const char *subject_detail(const struct subject_search *search);

#endif
