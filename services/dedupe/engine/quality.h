/* quality: what a source's data are worth: counts, no values. Requests are only as safe as the data that find the person.
 * Pure. */
#ifndef LETHE_DEDUPE_ENGINE_QUALITY_H
#define LETHE_DEDUPE_ENGINE_QUALITY_H

#include "services/dedupe/engine/profile.h"

enum quality_count {
    Q_RECORDS,
    Q_EMAIL_MISSING,
    Q_EMAIL_INVALID,
    Q_EMAIL_ROLE, /* info@: nobody's */
    Q_PHONE_MISSING,
    Q_PHONE_INVALID,
    Q_POSTCODE_MISSING,
    Q_POSTCODE_INVALID, /* no digit, or longer than any */
    Q_NAME_MISSING,     /* given or family name, or a placeholder */
    Q_BIRTH_INVALID,
    Q_UNREACHABLE, /* neither a valid email nor a valid phone */
    Q_DUPLICATES,  /* records beyond the first of their person in this source */
    Q_CONFLICTING, /* persons whose records differ in birth date or mobile */
    Q_COUNTS
};
extern const char *const quality_names[Q_COUNTS + 1];

/* quality_add: adds one record to counts[Q_RECORDS .. Q_UNREACHABLE]. */
void quality_add(const struct person_fields *fields, const struct profile *profile, struct arena *scratch,
                 uint64_t counts[Q_COUNTS]);

#endif
