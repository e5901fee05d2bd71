/* kek: the keys that wrap keys: files <epoch>.kek in one folder, kept in memory once read. */
#ifndef LETHE_VAULT_KEK_H
#define LETHE_VAULT_KEK_H

#include "common/crypto/crypto.h"

enum {
    KEK_EPOCHS_MAX = 16, /* kept in memory: the current one and those that are being retired */
    KEK_PROOF_BYTES = 16 + CRYPTO_SEAL_OVERHEAD,
};

struct kek_ring {
    char *dir;
    struct {
        int32_t epoch;
        struct crypto_key *key;
    } slots[KEK_EPOCHS_MAX];
    size_t n;
};

void kek_ring_init(struct kek_ring *ring, const char *dir);
void kek_ring_free(struct kek_ring *ring);
/* kek_get: the KEK of an epoch, read from its file at first use. proof is the keyring's known text under it (p NULL:
 * not checked). A file that is missing, can't be read or doesn't open it is waited for: RETRY "kek", in words. */
enum outcome kek_get(struct kek_ring *ring, int32_t epoch, struct bytes proof, const struct crypto_key **out,
                     struct error *err) WARN_UNUSED;
/* kek_make: writes a new file where there is none (mode 0600, synced); an existing one stays. */
enum outcome kek_make(const char *dir, int32_t epoch, struct error *err) WARN_UNUSED;
void kek_proof(const struct crypto_key *key, int32_t epoch, uint8_t out[KEK_PROOF_BYTES]);

#endif
