/* check: Ed25519 over the certificate's members but `signature`, as RFC 8785 writes them. */
#include "services/erasure/verify/check.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "services/erasure/verify/canonical.h"

struct signature {
    unsigned char key[CHECK_KEY_BYTES], value[crypto_sign_BYTES];
};

/* Exactly `wanted` bytes in the one way that base64 has for them: else two texts would stand for one signature. */
static bool read_base64(const char *p, size_t n, unsigned char *out, size_t wanted)
{
    size_t found = 0;
    const char *end = NULL;
    return sodium_base642bin(out, wanted, p, n, NULL, &found, &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           found == wanted && end == p + n;
}

static bool member_is(const json_t *object, const char *name, const char *wanted)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value != NULL && strcmp(value, wanted) == 0;
}

static bool member_base64(const json_t *object, const char *name, unsigned char *out, size_t wanted)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) && read_base64(json_string_value(value), json_string_length(value), out, wanted);
}

static const char *read_signature(const json_t *json, struct signature *out)
{
    if (!json_is_object(json))
        return "it holds no signature";
    if (json_object_size(json) != 3 || !member_is(json, "alg", "Ed25519"))
        return "its signature is of a kind that is not known here";
    if (!member_base64(json, "key", out->key, sizeof out->key) ||
        !member_base64(json, "value", out->value, sizeof out->value))
        return "its signature can't be read";
    return NULL;
}

/* The signature is taken out: what is left is what was signed. */
static const char *take_apart(json_t *certificate, struct signature *signature)
{
    if (!member_is(certificate, "type", "lethe.certificate") ||
        json_integer_value(json_object_get(certificate, "version")) != 1)
        return "it is no certificate of a kind that is known here";
    const char *why = read_signature(json_object_get(certificate, "signature"), signature);
    if (why == NULL)
        (void)json_object_del(certificate, "signature");
    return why;
}

enum check_result check_certificate(const char *p, size_t n, const unsigned char *known_key, struct checked *out)
{
    struct signature signature;
    size_t signed_n = 0;
    *out = (struct checked){0};
    out->body = canonical_read(p, n, &out->why);
    if (out->body == NULL)
        return CHECK_UNREADABLE;
    out->why = take_apart(out->body, &signature);
    if (out->why != NULL)
        return CHECK_UNREADABLE;
    memcpy(out->key, signature.key, sizeof out->key);
    char *bytes = canonical_write(out->body, &signed_n, &out->why);
    if (bytes == NULL)
        return CHECK_UNREADABLE;
    bool holds =
        crypto_sign_verify_detached(signature.value, (const unsigned char *)bytes, signed_n, signature.key) == 0;
    (void)crypto_hash_sha256(out->hash, (const unsigned char *)bytes, signed_n);
    free(bytes);
    if (known_key != NULL && sodium_memcmp(known_key, signature.key, sizeof signature.key) != 0)
        out->why = "another key than the one you know signed it";
    else if (!holds)
        out->why = "it was changed after it was signed, or never was signed with this key";
    return out->why == NULL ? CHECK_GOOD : CHECK_BAD;
}

/* ---- keys --------------------------------------------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool check_read_key(const char *p, size_t n, unsigned char out[CHECK_KEY_BYTES])
{
    size_t found = 0;
    const char *end = NULL;
    if (n == CHECK_KEY_BYTES) {
        memcpy(out, p, n);
        return true;
    }
    while (n > 0 && is_space(p[n - 1]))
        n--;
    while (n > 0 && is_space(*p)) {
        p++;
        n--;
    }
    if (n == (size_t)2 * CHECK_KEY_BYTES)
        return sodium_hex2bin(out, CHECK_KEY_BYTES, p, n, NULL, &found, &end) == 0 && found == CHECK_KEY_BYTES &&
               end == p + n;
    return read_base64(p, n, out, CHECK_KEY_BYTES);
}
