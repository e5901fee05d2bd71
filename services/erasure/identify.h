/* identify: the keyed hash under which an identifier that a holder understands is known to the other services. */
#ifndef LETHE_ERASURE_IDENTIFY_H
#define LETHE_ERASURE_IDENTIFY_H

#include "common/forget/forget.h"
#include "proto/events.h"

/* identify_key: false where the value is no identifier of its kind. region: whose phone numbers these are; NULL: the
 * policy's first source's. */
bool identify_key(struct call *call, const struct holder_identifier *identifier, const char *region,
                  struct forget_key *key);

#endif
