/* certificate: what a completed forget came to, as canonical JSON (RFC 8785) under an Ed25519 signature. */
#ifndef LETHE_ERASURE_CERTIFICATE_H
#define LETHE_ERASURE_CERTIFICATE_H

#include "services/erasure/commitment.h"

/* certificate_make: the next of the chain. Takes the chain's lock: after everything else. Before saga_close, which forgets
 * whose keys they were. */
enum outcome certificate_make(struct call *call, const struct request *request, const struct commitment *who,
                              struct error *err) WARN_UNUSED;
/* certificate_purge: those that were made before then are over; their hashes stay in the chain. */
enum outcome certificate_purge(struct call *call, int64_t before_us, struct error *err) WARN_UNUSED;
/* certificate_print: {..., "signature": {"alg", "key", "value"}}; *found false where there is none. */
enum outcome certificate_print(struct call *call, const struct uuid *request, struct buf *out, bool *found,
                               struct error *err) WARN_UNUSED;

#endif
