/* crypto: what Lethe needs of libsodium, by its purpose. Keys live in sodium_malloc'd memory of their owner. */
#ifndef LETHE_CRYPTO_H
#define LETHE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena/arena.h"
#include "common/error/error.h"
#include "common/event/event.h"

/* libsodium exports functions of these names; ours get others at link time. A file that includes <sodium.h>, too, does
 * so before this header. */
#define crypto_hash lethe_crypto_hash
#define crypto_sign lethe_crypto_sign
#define crypto_box lethe_crypto_box
#define crypto_box_open lethe_crypto_box_open

enum {
    CRYPTO_KEY_BYTES = 32,
    CRYPTO_NONCE_BYTES = 24,
    CRYPTO_TAG_BYTES = 16,
    CRYPTO_SEAL_OVERHEAD = CRYPTO_NONCE_BYTES + CRYPTO_TAG_BYTES,
    CRYPTO_WRAPPED_BYTES = CRYPTO_KEY_BYTES + CRYPTO_SEAL_OVERHEAD,
    CRYPTO_SIGNATURE_BYTES = 64,
    CRYPTO_PUBLIC_BYTES = 32,
    CRYPTO_BOX_OVERHEAD = 48,
};

/* crypto_start: sodium_init; and, outside sanitizers, PR_SET_DUMPABLE 0 and RLIMIT_CORE 0. Once, before any key. */
enum outcome crypto_start(struct error *err) WARN_UNUSED;

struct crypto_key; /* 32 bytes, locked in memory, wiped when freed */
struct crypto_key *crypto_key_new(const uint8_t bytes[CRYPTO_KEY_BYTES]);
struct crypto_key *crypto_key_random(void);
void crypto_key_free(struct crypto_key *key);
const uint8_t *crypto_key_bytes(const struct crypto_key *key);
/* crypto_key_load: a file of 64 hex digits (a newline may follow). REFUSED names the path and what is wrong. */
enum outcome crypto_key_load(const char *path, struct crypto_key **out, struct error *err) WARN_UNUSED;

void crypto_random(void *out, size_t n);
void crypto_wipe(void *p, size_t n);

/* crypto_seal: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), nonce || ciphertext || tag into out, which has
 * n + CRYPTO_SEAL_OVERHEAD bytes; ad is bound. crypto_open: REFUSED "seal" where key or ad don't fit. */
void crypto_seal(const uint8_t key[CRYPTO_KEY_BYTES], const void *plain, size_t n, const void *ad, size_t ad_n,
                 uint8_t *out);
enum outcome crypto_open(const uint8_t key[CRYPTO_KEY_BYTES], const uint8_t *sealed, size_t sealed_n, const void *ad,
                         size_t ad_n, uint8_t *out, struct error *err) WARN_UNUSED; /* out: sealed_n - OVERHEAD */

/* crypto_hash: keyed BLAKE2b-128 of kind, 0x00, value: a blind index. Kinds are domain-separated. */
struct hash crypto_hash(const struct crypto_key *key, const char *kind, struct text value);
/* crypto_digest: plain SHA-256 of bytes that are no personal data (documents, statements). */
void crypto_digest(const void *p, size_t n, uint8_t out[32]);
bool crypto_equal(const void *a, const void *b, size_t n); /* constant time */

/* Signatures: Ed25519 (RFC 8032) from a 32-byte seed. */
void crypto_sign_public(const struct crypto_key *seed, uint8_t out[CRYPTO_PUBLIC_BYTES]);
void crypto_sign(const struct crypto_key *seed, const void *p, size_t n, uint8_t out[CRYPTO_SIGNATURE_BYTES]);
bool crypto_verify(const uint8_t public_key[CRYPTO_PUBLIC_BYTES], const void *p, size_t n,
                   const uint8_t signature[CRYPTO_SIGNATURE_BYTES]);
/* crypto_mac: HMAC-SHA-256 (RFC 2104), for webhooks. */
void crypto_mac(const void *key, size_t key_n, const void *p, size_t n, uint8_t out[32]);

/* Sealed boxes (libsodium crypto_box_seal): to a public X25519 key. */
void crypto_box_public(const struct crypto_key *seed, uint8_t out[CRYPTO_PUBLIC_BYTES]);
void crypto_box(const uint8_t public_key[CRYPTO_PUBLIC_BYTES], const void *p, size_t n, uint8_t *out); /* n + 48 */
enum outcome crypto_box_open(const struct crypto_key *seed, const uint8_t *box, size_t box_n, uint8_t *out,
                             struct error *err) WARN_UNUSED; /* out: box_n - 48 */

struct text crypto_base64(struct arena *arena, const void *p, size_t n);    /* RFC 4648, padded */
struct text crypto_base64url(struct arena *arena, const void *p, size_t n); /* without padding */
/* crypto_unbase64: either alphabet, padded or not. False for anything else. */
bool crypto_unbase64(struct arena *arena, struct text in, struct bytes *out);

/* Passwords and tokens of high entropy: crypto_token makes 32 random bytes as base64url; store crypto_token_hash. */
struct text crypto_token(struct arena *arena);
void crypto_token_hash(struct text token, uint8_t out[32]); /* BLAKE2b-256 */
/* crypto_commit: BLAKE2b-256 of what is committed to, keyed with the secret's text (a token of crypto_token): whoever has
 * both can check it, whoever lacks one learns nothing. */
void crypto_commit(struct text secret, struct text what, uint8_t out[32]);

#endif
