/* signing: the header Lethe-Signature: "ed25519=<base64>", for webhooks with a shared secret also "hmac-sha256=<base64>",
 * over the body's bytes. */
#ifndef LETHE_ERASURE_SIGNING_H
#define LETHE_ERASURE_SIGNING_H

#include "common/crypto/crypto.h"

/* signing_header: hmac TEXT_NONE: none is shared. */
struct text signing_header(struct arena *arena, const struct crypto_key *key, struct text hmac, struct text body);

/* signing_holds: does one of the signatures in the header fit what is registered? Ed25519 decides where a key is
 * registered; else the shared secret. Nothing registered: false. */
bool signing_holds(struct arena *arena, struct text header, struct text body, struct bytes key, struct text hmac);

#endif
