/* proof: what a certificate proves beside itself: to whom it speaks, whose key signed it, what came before it. */
#ifndef LETHE_VERIFY_PROOF_H
#define LETHE_VERIFY_PROOF_H

#include "services/erasure/verify/check.h"

/* All of these: NULL where it holds, else why not. */

/* proof_secret: the secret of the person's answer. who: NULL, or an address, a number or SYSTEM/ID (white space around it
 * doesn't count) that the certificate must speak of, too. */
const char *proof_secret(const json_t *body, const char *secret, const char *who);
/* proof_signer: keys: what the controller publishes (/v1/keys), as JSON: it names the key, and used it at that time. */
const char *proof_signer(const json_t *body, const unsigned char key[CHECK_KEY_BYTES], const char *keys, size_t n);
/* proof_previous: of the certificate before this one in the chain, whose hash it is. */
const char *proof_previous(const json_t *body, const unsigned char hash[CHECK_HASH_BYTES]);

#endif
