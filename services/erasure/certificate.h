/* certificate: what a completed forget came to, as canonical JSON (RFC 8785) under an Ed25519 signature. */
#ifndef LETHE_ERASURE_CERTIFICATE_H
#define LETHE_ERASURE_CERTIFICATE_H

#include "services/erasure/store.h"

enum outcome certificate_make(struct call *call, const struct request *request, struct error *err) WARN_UNUSED;
/* certificate_print: {..., "signature": {"alg", "key", "value"}}; *found false where there is none. */
enum outcome certificate_print(struct call *call, const struct uuid *request, struct buf *out, bool *found,
                               struct error *err) WARN_UNUSED;

#endif
