/* subject: what a search asks, and the identifiers' hashes that it means. Pure. */
#ifndef LETHE_ADMIN_SUBJECT_H
#define LETHE_ADMIN_SUBJECT_H

#include "common/event/event.h"
#include "common/normal/normal.h"
#include "common/policy/policy.h"
#include "proto/events.h"

enum { SUBJECT_KEYS_MOST = 16, SUBJECT_REGIONS_MOST = 16 };

/* subject_regions: those of the policy's sources, whose national phone numbers may be meant. */
size_t subject_regions(const struct policy *policy, const char *out[SUBJECT_REGIONS_MOST]);

struct subject_record {
    struct text system, id;
};
struct subject_search { /* exactly one of email, phone, record, person */
    struct text email, phone;
    struct subject_record record;
    bool has_record;
    struct uuid person;
    bool fields;
    struct text reason; /* a code of [a-z-]: "request", "support", ... */
};
extern const struct object_type subject_search_type;

/* subject_keys: the hashes of the identifier that the search names; regions: those of national phone numbers. REFUSED
 * where the identifier is none. A person's id has no keys. */
enum outcome subject_keys(const struct subject_search *search, const struct crypto_key *index_key,
                          const char *const *regions, size_t regions_n, struct arena *arena, struct key *out,
                          size_t *out_n, struct error *err) WARN_UNUSED;

/* One line of a backup's manifest: exactly one of email, phone, source. */
struct manifest_line {
    struct text email, phone;
    struct subject_record source;
    bool has_source;
};
extern const struct object_type manifest_line_type;

/* manifest_keys: the hashes of a line, added to out[*n], which has room for SUBJECT_KEYS_MOST more. */
enum outcome manifest_keys(const struct manifest_line *line, const struct crypto_key *index_key,
                           const char *const *regions, size_t regions_n, struct arena *arena, struct key *out,
                           size_t *n, struct error *err) WARN_UNUSED;

/* subject_detail: what the audit row says: "email", "phone+fields", "email/support" with its reason. */
const char *subject_detail(const struct subject_search *search, struct arena *arena);

#endif
