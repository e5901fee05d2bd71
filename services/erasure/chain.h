/* chain: each certificate names the hash of the one before, whoever it was for; the hashes outlive them. And which public
 * keys signed them. */
#ifndef LETHE_ERASURE_CHAIN_H
#define LETHE_ERASURE_CHAIN_H

#include "services/erasure/store.h"

enum { CHAIN_HASH_BYTES = 32, SIGNER_ID_BYTES = 16 };

struct chain_link {
    int64_t seq;                        /* of the certificate in the making: 1, 2, ... */
    uint8_t previous[CHAIN_HASH_BYTES]; /* of the one before; not where seq is 1 */
};

/* chain_next: takes the chain until the transaction's end: the last lock of all, after requests and holders. */
enum outcome chain_next(struct call *call, struct chain_link *out, struct error *err) WARN_UNUSED;
enum outcome chain_add(struct call *call, const struct chain_link *link, struct text body,
                       struct error *err) WARN_UNUSED;
/* chain_print: [{"seq", "hash", "at"}, ...] behind `after`. */
enum outcome chain_print(struct call *call, int64_t after, struct buf *out, struct error *err) WARN_UNUSED;

/* signer_use: this key signs now. signer_id: how a certificate names it: 32 hex digits of its SHA-256. */
enum outcome signer_use(struct call *call, struct error *err) WARN_UNUSED;
void signer_id(const uint8_t key[CRYPTO_PUBLIC_BYTES], char out[2 * SIGNER_ID_BYTES + 1]);
/* signers_print: [{"id", "key", "since", "until"}, ...]; until is absent for the one that signs now. */
enum outcome signers_print(struct call *call, struct buf *out, struct error *err) WARN_UNUSED;

#endif
