/* kek: proving and keeping the keys that wrap keys. */
#include "common/vault/kek.h"

#include <string.h>

static const char proof_text[16] = "lethe kek proof";

void kek_ring_init(struct kek_ring *ring, const char *folder, const char *program)
{
    memset(ring, 0, sizeof *ring);
    kek_place_init(&ring->place, folder, program);
}

static void drop(struct kek_ring *ring, size_t at)
{
    crypto_key_free(ring->slots[at].key);
    ring->n--;
    memmove(&ring->slots[at], &ring->slots[at + 1], sizeof ring->slots[0] * (ring->n - at));
}

void kek_ring_free(struct kek_ring *ring)
{
    while (ring->n > 0)
        drop(ring, ring->n - 1);
    memset(ring, 0, sizeof *ring);
}

void kek_proof(const struct crypto_key *key, int32_t epoch, uint8_t out[KEK_PROOF_BYTES])
{
    crypto_seal(crypto_key_bytes(key), proof_text, sizeof proof_text, &epoch, sizeof epoch, out);
}

static bool proves(const struct crypto_key *key, int32_t epoch, struct bytes proof)
{
    uint8_t out[sizeof proof_text];
    struct error ignored;

    return proof.n == KEK_PROOF_BYTES &&
           crypto_open(crypto_key_bytes(key), proof.p, proof.n, &epoch, sizeof epoch, out, &ignored) == DONE;
}

const struct crypto_key *kek_find(const struct kek_ring *ring, int32_t epoch)
{
    for (size_t i = 0; i < ring->n; i++)
        if (ring->slots[i].epoch == epoch)
            return ring->slots[i].key;
    return NULL;
}

void kek_keep_from(struct kek_ring *ring, int32_t epoch)
{
    for (size_t i = ring->n; i-- > 0;)
        if (ring->slots[i].epoch < epoch)
            drop(ring, i);
}

void kek_check(struct kek_ring *ring, int32_t epoch)
{
    for (size_t i = ring->n; i-- > 0;)
        if (ring->slots[i].epoch == epoch && !ring->place.type->unchanged(&ring->place, epoch, &ring->slots[i].mark))
            drop(ring, i);
}

enum outcome kek_get(struct kek_ring *ring, int32_t epoch, struct bytes proof, const struct crypto_key **out,
                     struct error *err)
{
    struct crypto_key *key = NULL;
    struct kek_mark mark;

    if ((*out = kek_find(ring, epoch)) != NULL)
        return DONE;
    if (ring->place.type == NULL || ring->place.where[0] == '\0')
        return error_retry(err, "kek", "no place of the KEKs is configured, or its path is too long");
    TRY(ring->place.type->load(&ring->place, epoch, &key, &mark, err));
    if (proof.p != NULL && !proves(key, epoch, proof)) {
        crypto_key_free(key);
        return error_retry(err, "kek", "%s: its KEK of epoch %d is not the one that wrapped the keys of that epoch",
                           ring->place.where, (int)epoch);
    }
    if (ring->n == KEK_EPOCHS_MAX)
        drop(ring, 0);
    ring->slots[ring->n].epoch = epoch;
    ring->slots[ring->n].mark = mark;
    ring->slots[ring->n++].key = key;
    *out = key;
    return DONE;
}
