/* records: a CSV's records as profiles, in the order of their ids. */
#ifndef LETHE_DEDUPE_COMMAND_RECORDS_H
#define LETHE_DEDUPE_COMMAND_RECORDS_H

#include "common/error/error.h"
#include "services/dedupe/engine/profile.h"

struct records {
    struct profile *profiles;
    struct text *ids;
    size_t n;
    struct arena *arena; /* what both point into */
};

/* records_read: columns record_id, given_name, family_name, date_of_birth, email, phone, street, city, postcode, country,
 * source in any order; others are ignored. REFUSED without record_id, or where one id stands twice. */
enum outcome records_read(const char *path, const struct nicknames *nicknames, struct records *out,
                          struct error *err) WARN_UNUSED;
void records_free(struct records *records);

#endif
