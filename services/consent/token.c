/* token: version, address, purpose, MAC; base64url. */
#include "services/consent/token.h"

#include <string.h>

enum { VERSION_AT = 0, ADDRESS_AT = 1, PURPOSE_AT = 17, MAC_AT = 25, MAC_BYTES = 16, TOKEN_BYTES = 41 };
enum { TOKEN_VERSION = 1 };

void token_key(const struct crypto_key *index_key, uint8_t out[32])
{
    static const char domain[] = "lethe consent unsubscribe token v1";

    crypto_mac(crypto_key_bytes(index_key), CRYPTO_KEY_BYTES, domain, sizeof domain, out);
}

void token_purpose(const uint8_t key[32], struct text purpose, uint8_t out[TOKEN_PURPOSE_BYTES])
{
    uint8_t mac[32], tagged[1 + 1024];
    size_t n = purpose.n < sizeof tagged - 1 ? purpose.n : sizeof tagged - 1;

    tagged[0] = 'p'; /* no token begins with it */
    if (n > 0)
        memcpy(tagged + 1, purpose.p, n);
    crypto_mac(key, 32, tagged, n + 1, mac);
    memcpy(out, mac, TOKEN_PURPOSE_BYTES);
}

struct text token_make(const uint8_t key[32], const struct uuid *address, struct text purpose, struct arena *arena)
{
    uint8_t token[TOKEN_BYTES], mac[32];

    token[VERSION_AT] = TOKEN_VERSION;
    memcpy(token + ADDRESS_AT, address->b, sizeof address->b);
    token_purpose(key, purpose, token + PURPOSE_AT);
    crypto_mac(key, 32, token, MAC_AT, mac);
    memcpy(token + MAC_AT, mac, MAC_BYTES);
    return crypto_base64url(arena, token, sizeof token);
}

bool token_read(const uint8_t key[32], struct text token, struct arena *arena, struct uuid *address,
                uint8_t purpose[TOKEN_PURPOSE_BYTES])
{
    struct bytes raw;
    uint8_t mac[32];

    if (token.n > 128 || !crypto_unbase64(arena, token, &raw) || raw.n != TOKEN_BYTES ||
        raw.p[VERSION_AT] != TOKEN_VERSION)
        return false;
    crypto_mac(key, 32, raw.p, MAC_AT, mac);
    if (!crypto_equal(mac, raw.p + MAC_AT, MAC_BYTES))
        return false;
    memcpy(address->b, raw.p + ADDRESS_AT, sizeof address->b);
    memcpy(purpose, raw.p + PURPOSE_AT, TOKEN_PURPOSE_BYTES);
    return true;
}
