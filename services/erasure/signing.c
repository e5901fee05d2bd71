/* signing: the header Lethe-Signature. */
#include "services/erasure/signing.h"

#include <string.h>

struct text signing_header(struct arena *arena, const struct crypto_key *key, struct text hmac, struct text body)
{
    uint8_t signature[CRYPTO_SIGNATURE_BYTES], mac[32];
    struct text own, shared;

    crypto_sign(key, body.p, body.n, signature);
    own = crypto_base64(arena, signature, sizeof(signature));
    if (hmac.p == NULL)
        return text_format(arena, "ed25519=%.*s", TEXT_ARGS(own));
    crypto_mac(hmac.p, hmac.n, body.p, body.n, mac);
    shared = crypto_base64(arena, mac, sizeof(mac));
    return text_format(arena, "ed25519=%.*s, hmac-sha256=%.*s", TEXT_ARGS(own), TEXT_ARGS(shared));
}

/* The value of "name=" in a comma-separated list. */
static struct text part_of(struct text header, const char *name)
{
    size_t length = strlen(name);

    while (header.n > 0) {
        const char *comma = memchr(header.p, ',', header.n);
        size_t n = comma == NULL ? header.n : (size_t)(comma - header.p);
        struct text part = text_trim((struct text){.p = header.p, .n = n});
        if (part.n > length && memcmp(part.p, name, length) == 0)
            return (struct text){.p = part.p + length, .n = part.n - length};
        n += comma != NULL;
        header.p += n;
        header.n -= n;
    }
    return TEXT_NONE;
}

bool signing_holds(struct arena *arena, struct text header, struct text body, struct bytes key, struct text hmac)
{
    struct bytes given;
    uint8_t mac[32];

    if (header.p == NULL)
        return false;
    if (key.p != NULL && key.n == CRYPTO_PUBLIC_BYTES)
        return crypto_unbase64(arena, part_of(header, "ed25519="), &given) && given.n == CRYPTO_SIGNATURE_BYTES &&
               crypto_verify(key.p, body.p, body.n, given.p);
    if (hmac.p == NULL || !crypto_unbase64(arena, part_of(header, "hmac-sha256="), &given) || given.n != sizeof(mac))
        return false;
    crypto_mac(hmac.p, hmac.n, body.p, body.n, mac);
    return crypto_equal(mac, given.p, sizeof(mac));
}
