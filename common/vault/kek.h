/* kek: the keys that wrap keys, kept in memory once read and proven. */
#ifndef LETHE_VAULT_KEK_H
#define LETHE_VAULT_KEK_H

#include "common/crypto/crypto.h"
#include "common/vault/place.h"

enum {
    KEK_EPOCHS_MAX = 16, /* kept in memory: the current one and those that are being retired */
    KEK_PROOF_BYTES = 16 + CRYPTO_SEAL_OVERHEAD,
};

struct kek_ring {
    struct kek_place place;
    struct {
        int32_t epoch;
        struct kek_mark mark;
        struct crypto_key *key;
    } slots[KEK_EPOCHS_MAX];
    size_t n;
};

void kek_ring_init(struct kek_ring *ring, const char *folder, const char *program);
void kek_ring_free(struct kek_ring *ring);
/* kek_get: the KEK of an epoch, read from its place at first use. proof is the keyring's known text under it (p NULL:
 * not checked). One that is missing, can't be read or doesn't open it is waited for: RETRY "kek", in words. */
enum outcome kek_get(struct kek_ring *ring, int32_t epoch, struct bytes proof, const struct crypto_key **out,
                     struct error *err) WARN_UNUSED;
/* kek_find: from memory alone; NULL where it isn't there. */
const struct crypto_key *kek_find(const struct kek_ring *ring, int32_t epoch);
/* kek_keep_from: those of older epochs leave the memory. */
void kek_keep_from(struct kek_ring *ring, int32_t epoch);
/* kek_check: forgets one that is no longer what was read, so that it is read and proven anew before it wraps. */
void kek_check(struct kek_ring *ring, int32_t epoch);
void kek_proof(const struct crypto_key *key, int32_t epoch, uint8_t out[KEK_PROOF_BYTES]);

#endif
