/* crypto/sign: Ed25519 signatures, HMAC-SHA-256 and sealed boxes: what outside holders and certificates rely on. */
#include <sodium.h>

#include "common/crypto/crypto.h"

_Static_assert(CRYPTO_SIGNATURE_BYTES == crypto_sign_BYTES, "signature");
_Static_assert(CRYPTO_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key");
_Static_assert(CRYPTO_PUBLIC_BYTES == crypto_box_PUBLICKEYBYTES, "X25519 public key");
_Static_assert(CRYPTO_BOX_OVERHEAD == crypto_box_SEALBYTES, "sealed box");

void crypto_sign_public(const struct crypto_key *seed, uint8_t out[CRYPTO_PUBLIC_BYTES])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];

    (void)crypto_sign_seed_keypair(out, secret, crypto_key_bytes(seed));
    sodium_memzero(secret, sizeof secret);
}

void crypto_sign(const struct crypto_key *seed, const void *p, size_t n, uint8_t out[CRYPTO_SIGNATURE_BYTES])
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];

    (void)crypto_sign_seed_keypair(public_key, secret, crypto_key_bytes(seed));
    (void)crypto_sign_detached(out, NULL, p, n, secret);
    sodium_memzero(secret, sizeof secret);
}

bool crypto_verify(const uint8_t public_key[CRYPTO_PUBLIC_BYTES], const void *p, size_t n,
                   const uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
    return crypto_sign_verify_detached(signature, p, n, public_key) == 0;
}

void crypto_mac(const void *key, size_t key_n, const void *p, size_t n, uint8_t out[32])
{
    crypto_auth_hmacsha256_state state;

    (void)crypto_auth_hmacsha256_init(&state, key, key_n);
    (void)crypto_auth_hmacsha256_update(&state, p, n);
    (void)crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

void crypto_box_public(const struct crypto_key *seed, uint8_t out[CRYPTO_PUBLIC_BYTES])
{
    uint8_t secret[crypto_box_SECRETKEYBYTES];

    (void)crypto_box_seed_keypair(out, secret, crypto_key_bytes(seed));
    sodium_memzero(secret, sizeof secret);
}

void crypto_box(const uint8_t public_key[CRYPTO_PUBLIC_BYTES], const void *p, size_t n, uint8_t *out)
{
    ENSURE(crypto_box_seal(out, p, n, public_key) == 0);
}

enum outcome crypto_box_open(const struct crypto_key *seed, const uint8_t *box, size_t box_n, uint8_t *out,
                             struct error *err)
{
    uint8_t public_key[crypto_box_PUBLICKEYBYTES], secret[crypto_box_SECRETKEYBYTES];
    int failed;

    (void)crypto_box_seed_keypair(public_key, secret, crypto_key_bytes(seed));
    failed = box_n < CRYPTO_BOX_OVERHEAD || crypto_box_seal_open(out, box, box_n, public_key, secret) != 0;
    sodium_memzero(secret, sizeof secret);
    return failed ? error_refuse(err, "", "seal", "a sealed box does not fit the key") : DONE;
}
