/* crypto: keys in locked memory, authenticated encryption, keyed hashes. */
#include <sodium.h>

#include "common/crypto/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

_Static_assert(CRYPTO_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert(CRYPTO_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(CRYPTO_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");

struct crypto_key {
    uint8_t b[CRYPTO_KEY_BYTES];
};

enum outcome crypto_start(struct error *err)
{
    /* libsodium's own generator, seeded from the kernel: a system call for each nonce is too dear on the hot path. */
    randombytes_set_implementation(&randombytes_internal_implementation);
    if (sodium_init() < 0)
        return error_retry(err, "crypto", "libsodium could not be initialised");
#ifndef LETHE_SANITIZED
    const struct rlimit none = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        return error_retry(err, "crypto", "core dumps could not be forbidden (errno %d)", errno);
#endif
    return DONE;
}

/* ---- keys --------------------------------------------------------------------------------------------------------- */

static struct crypto_key *key_alloc(void)
{
    struct crypto_key *key = sodium_malloc(sizeof *key);

    ENSURE(key != NULL);
    return key;
}

struct crypto_key *crypto_key_new(const uint8_t bytes[CRYPTO_KEY_BYTES])
{
    struct crypto_key *key = key_alloc();

    memcpy(key->b, bytes, sizeof key->b);
    return key;
}

struct crypto_key *crypto_key_random(void)
{
    struct crypto_key *key = key_alloc();

    crypto_random(key->b, sizeof key->b);
    return key;
}

void crypto_key_free(struct crypto_key *key)
{
    sodium_free(key);
}

const uint8_t *crypto_key_bytes(const struct crypto_key *key)
{
    return key->b;
}

static enum outcome read_small_file(const char *path, char *out, size_t room, size_t *out_n, struct error *err)
{
    size_t n = 0;
    ssize_t got = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return error_refuse(err, "", "key file", "%s: cannot be opened (errno %d)", path, errno);
    while (n < room && (got = read(fd, out + n, room - n)) > 0)
        n += (size_t)got;
    (void)close(fd);
    if (got < 0)
        return error_refuse(err, "", "key file", "%s: cannot be read", path);
    *out_n = n;
    return DONE;
}

enum outcome crypto_key_load(const char *path, struct crypto_key **out, struct error *err)
{
    enum { DIGITS = 2 * CRYPTO_KEY_BYTES };
    char content[DIGITS + 3];
    struct crypto_key *key;
    size_t n = 0;
    bool good;

    TRY(read_small_file(path, content, sizeof content, &n, err));
    if (n == DIGITS + 1 && content[DIGITS] == '\n')
        n = DIGITS;
    key = key_alloc();
    good = n == DIGITS && text_from_hex((struct text){content, n}, key->b, sizeof key->b);
    sodium_memzero(content, sizeof content);
    if (!good) {
        crypto_key_free(key);
        return error_refuse(err, "", "key file", "%s: is not 64 hex digits", path);
    }
    *out = key;
    return DONE;
}

void crypto_random(void *out, size_t n)
{
    randombytes_buf(out, n);
}

void crypto_wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}

/* ---- sealing ------------------------------------------------------------------------------------------------------ */

void crypto_seal(const uint8_t key[CRYPTO_KEY_BYTES], const void *plain, size_t n, const void *ad, size_t ad_n,
                 uint8_t *out)
{
    unsigned long long written = 0;

    randombytes_buf(out, CRYPTO_NONCE_BYTES);
    ENSURE(crypto_aead_xchacha20poly1305_ietf_encrypt(out + CRYPTO_NONCE_BYTES, &written, plain, n, ad, ad_n, NULL, out,
                                                      key) == 0);
    ENSURE(written == n + CRYPTO_TAG_BYTES);
}

enum outcome crypto_open(const uint8_t key[CRYPTO_KEY_BYTES], const uint8_t *sealed, size_t sealed_n, const void *ad,
                         size_t ad_n, uint8_t *out, struct error *err)
{
    unsigned long long written = 0;

    if (sealed_n < CRYPTO_SEAL_OVERHEAD ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(out, &written, NULL, sealed + CRYPTO_NONCE_BYTES,
                                                   sealed_n - CRYPTO_NONCE_BYTES, ad, ad_n, sealed, key) != 0)
        return error_refuse(err, "", "seal", "a sealed text does not fit its key or its id");
    return DONE;
}

/* ---- hashes ------------------------------------------------------------------------------------------------------- */

struct hash crypto_hash(const struct crypto_key *key, const char *kind, struct text value)
{
    struct hash out;
    uint8_t small[384];
    size_t kind_n = strlen(kind) + 1;

    _Static_assert(sizeof out.b == 16, "BLAKE2b-128");
    if (kind_n + value.n <= sizeof small) {
        memcpy(small, kind, kind_n);
        if (value.n > 0)
            memcpy(small + kind_n, value.p, value.n);
        (void)crypto_generichash(out.b, sizeof out.b, small, kind_n + value.n, key->b, sizeof key->b);
        sodium_memzero(small, kind_n + value.n);
    } else {
        crypto_generichash_state state;
        (void)crypto_generichash_init(&state, key->b, sizeof key->b, sizeof out.b);
        (void)crypto_generichash_update(&state, (const uint8_t *)kind, kind_n);
        (void)crypto_generichash_update(&state, (const uint8_t *)value.p, value.n);
        (void)crypto_generichash_final(&state, out.b, sizeof out.b);
        sodium_memzero(&state, sizeof state);
    }
    return out;
}

void crypto_digest(const void *p, size_t n, uint8_t out[32])
{
    (void)crypto_hash_sha256(out, p, n);
}

bool crypto_equal(const void *a, const void *b, size_t n)
{
    return sodium_memcmp(a, b, n) == 0;
}
