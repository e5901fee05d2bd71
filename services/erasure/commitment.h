/* commitment: whom a certificate speaks of, told only to who has the person's answer: keyed hashes under a random secret
 * that stands in that letter and nowhere else. */
#ifndef LETHE_ERASURE_COMMITMENT_H
#define LETHE_ERASURE_COMMITMENT_H

#include "services/erasure/store.h"

struct commitment {
    struct text secret; /* TEXT_NONE: no letter is to tell one */
    struct text
        hashes; /* JSON: base64 of each, the request's first, then the identifiers'; TEXT_NONE: there are none */
};

/* commitment_make: a fresh secret where the person's last letter is still to be written; else what an earlier
 * certificate of this request committed to. Before saga_close, which destroys the address. */
enum outcome commitment_make(struct call *call, const struct request *request, struct commitment *out,
                             struct error *err) WARN_UNUSED;

#endif
