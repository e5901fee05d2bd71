/* take: a request comes in: whom it names, whether its asker is believed, its clock, its tasks. One transaction. */
#ifndef LETHE_ERASURE_TAKE_H
#define LETHE_ERASURE_TAKE_H

#include "services/erasure/secrets.h"

struct taking {
    struct uuid id; /* nil: a fresh one */
    enum request_kind kind;
    struct forget_set named; /* keys, records, persons that the request names */
    struct contact contact;  /* to be sealed */
    struct uuid sealed;      /* or: sealed already, upstream's */
    struct text relation, verify_method, verify_level, source, language;
    struct uuid operator_id; /* nil: upstream */
    bool by_operator, verified;
    int64_t received_us, verified_us; /* CLOCK_NONE: now */
    int priority;
};
/* take_request: inserts it, and opens a forget whose asker is believed. A repeat of an id changes nothing and gives
 * what stands. */
enum outcome take_request(struct call *call, const struct taking *taking, struct request *out,
                          struct error *err) WARN_UNUSED;
/* take_restated: it was in doubt who is meant; an operator has said. The services know the doubtful request by what it
 * named, and its barrier is spent: it is cancelled, and a request of its own, with its clock and its secrets, is opened
 * for the subject. The caller saves `out`. */
enum outcome take_restated(struct call *call, struct request *doubtful, const struct forget_set *subject,
                           struct request *out, struct error *err) WARN_UNUSED;

#endif
