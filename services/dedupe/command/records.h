/* records: a CSV's records as profiles, in the order of their ids. */
#ifndef LETHE_DEDUPE_COMMAND_RECORDS_H
#define LETHE_DEDUPE_COMMAND_RECORDS_H

#include "common/error/error.h"
#include "services/dedupe/engine/quality.h"

struct records {
    struct profile *profiles;
    struct text *ids;
    size_t n;
    struct arena *arena;           /* what all point into */
    struct source_counts *sources; /* by first appearance */
    size_t sources_n;
};
enum { SOURCES_MOST = 64 }; /* further ones are counted under the last */
struct source_counts {
    struct text name;
    uint64_t counts[Q_COUNTS];
};

/* records_read: columns record_id, given_name, family_name, date_of_birth, email, phone, street, city, postcode, country,
 * source in any order; others are ignored. REFUSED without record_id, or where one id stands twice. */
enum outcome records_read(const char *path, const struct nicknames *nicknames, struct records *out,
                          struct error *err) WARN_UNUSED;
void records_free(struct records *records);

#endif
