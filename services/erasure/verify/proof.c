/* proof: commitments, published keys, and the chain. */
#include "services/erasure/verify/proof.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHO_MOST = 1024, COMMITMENT_BYTES = 32 };

static const char *member(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value != NULL ? value : "";
}

static bool is_base64_of(const char *text, const unsigned char *bytes)
{
    char own[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL)];
    (void)sodium_bin2base64(own, sizeof own, bytes, 32, sodium_base64_VARIANT_ORIGINAL);
    return strcmp(own, text) == 0;
}

/* ---- to whom it speaks --------------------------------------------------------------------------------------------------- */

static bool committed(const json_t *hashes, size_t from, const char *secret, const char *kind, const char *value)
{
    unsigned char hash[COMMITMENT_BYTES];
    char what[WHO_MOST + 64];
    int n = snprintf(what, sizeof what, "%s:%s", kind, value);
    if (n < 0 || (size_t)n >= sizeof what ||
        crypto_generichash(hash, sizeof hash, (const unsigned char *)what, (unsigned long long)n,
                           (const unsigned char *)secret, strlen(secret)) != 0)
        return false;
    for (size_t i = from; i < json_array_size(hashes); i++)
        if (is_base64_of(json_string_value(json_array_get(hashes, i)), hash))
            return true;
    return false;
}

/* Addresses are committed to in lower case; ids as their system writes them. */
static bool speaks_of(const json_t *hashes, const char *secret, const char *who)
{
    char plain[WHO_MOST], lower[WHO_MOST];
    size_t n;
    while (isspace((unsigned char)*who))
        who++;
    n = strlen(who);
    while (n > 0 && isspace((unsigned char)who[n - 1]))
        n--;
    if (n == 0 || n >= sizeof plain)
        return false;
    memcpy(plain, who, n);
    plain[n] = '\0';
    for (size_t i = 0; i <= n; i++)
        lower[i] = (char)tolower((unsigned char)plain[i]);
    return committed(hashes, 1, secret, "email", lower) || committed(hashes, 1, secret, "phone", plain) ||
           committed(hashes, 1, secret, "source", plain);
}

const char *proof_secret(const json_t *body, const char *secret, const char *who)
{
    const json_t *hashes = json_object_get(body, "subject");
    size_t n = strlen(secret);
    for (size_t i = 0; i < json_array_size(hashes); i++)
        if (!json_is_string(json_array_get(hashes, i)))
            return "its commitments can't be read";
    if (json_array_size(hashes) == 0)
        return "it commits to nobody: no letter with a secret was written";
    if (n < crypto_generichash_KEYBYTES_MIN || n > crypto_generichash_KEYBYTES_MAX ||
        !committed(hashes, 0, secret, "request", member(body, "request")))
        return "this is not the secret of the person that it speaks of";
    return who == NULL || speaks_of(hashes, secret, who) ? NULL : "it speaks of somebody else, or names them otherwise";
}

/* ---- whose key ------------------------------------------------------------------------------------------------------------ */

/* To the second: RFC 3339 in UTC sorts as text. */
static bool before(const char *a, const char *b)
{
    return strncmp(a, b, 19) < 0;
}

static const char *at_its_time(const json_t *entry, const char *at)
{
    const char *since = member(entry, "since"), *until = member(entry, "until");
    if (before(at, since))
        return "the controller says that the key came into use later";
    /* published to the minute */
    if (until[0] != '\0' && strncmp(at, until, 16) > 0)
        return "the controller says that the key was out of use by then";
    return NULL;
}

const char *proof_signer(const json_t *body, const unsigned char key[CHECK_KEY_BYTES], const char *keys, size_t n)
{
    json_t *page = json_loadb(keys, n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *list = json_object_get(page, "signing_keys");
    const char *why = "none of the controller's published keys signed it";
    if (strcmp(member(page, "controller"), member(body, "controller")) != 0)
        why = "these are another controller's keys";
    else
        for (size_t i = 0; i < json_array_size(list); i++)
            if (is_base64_of(member(json_array_get(list, i), "key"), key))
                why = at_its_time(json_array_get(list, i), member(body, "completed_at"));
    json_decref(page);
    return why;
}

/* ---- what came before ------------------------------------------------------------------------------------------------------ */

const char *proof_previous(const json_t *body, const unsigned char hash[CHECK_HASH_BYTES])
{
    const char *previous = member(json_object_get(body, "chain"), "previous");
    return is_base64_of(previous, hash) ? NULL : "another certificate came before it";
}
