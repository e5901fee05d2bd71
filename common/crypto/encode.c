/* crypto/encode: base64 of RFC 4648 and random tokens. */
#include <sodium.h>

#include "common/crypto/crypto.h"

#include <string.h>

static struct text encode(struct arena *arena, const void *p, size_t n, int variant)
{
    size_t room = sodium_base64_encoded_len(n, variant);
    char *out = arena_alloc(arena, room);

    (void)sodium_bin2base64(out, room, p, n, variant);
    return (struct text){out, strlen(out)};
}

struct text crypto_base64(struct arena *arena, const void *p, size_t n)
{
    return encode(arena, p, n, sodium_base64_VARIANT_ORIGINAL);
}

struct text crypto_base64url(struct arena *arena, const void *p, size_t n)
{
    return encode(arena, p, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool crypto_unbase64(struct arena *arena, struct text in, struct bytes *out)
{
    bool url = in.n > 0 && (memchr(in.p, '-', in.n) != NULL || memchr(in.p, '_', in.n) != NULL);
    bool padded = in.n > 0 && in.p[in.n - 1] == '=';
    size_t room = in.n / 4 * 3 + 3, n = 0;
    uint8_t *p = arena_alloc(arena, room);
    int variant = url ? (padded ? sodium_base64_VARIANT_URLSAFE : sodium_base64_VARIANT_URLSAFE_NO_PADDING)
                      : (padded ? sodium_base64_VARIANT_ORIGINAL : sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    const char *end = NULL;

    if (in.n > 0 && (sodium_base642bin(p, room, in.p, in.n, NULL, &n, &end, variant) != 0 || end != in.p + in.n))
        return false;
    *out = (struct bytes){p, n};
    return true;
}

struct text crypto_token(struct arena *arena)
{
    uint8_t random[32];
    struct text out;

    crypto_random(random, sizeof random);
    out = crypto_base64url(arena, random, sizeof random);
    crypto_wipe(random, sizeof random);
    return out;
}

void crypto_token_hash(struct text token, uint8_t out[32])
{
    (void)crypto_generichash(out, 32, (const uint8_t *)token.p, token.n, NULL, 0);
}

void crypto_commit(struct text secret, struct text what, uint8_t out[32])
{
    ENSURE(secret.n >= crypto_generichash_KEYBYTES_MIN && secret.n <= crypto_generichash_KEYBYTES_MAX);
    (void)crypto_generichash(out, 32, (const uint8_t *)what.p, what.n, (const uint8_t *)secret.p, secret.n);
}
