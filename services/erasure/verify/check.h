/* check: does a certificate's signature hold? Reads nothing but what it is given. */
#ifndef LETHE_VERIFY_CHECK_H
#define LETHE_VERIFY_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { CHECK_KEY_BYTES = 32, CHECK_HASH_BYTES = 32 };
enum check_result {
    CHECK_GOOD = 0,
    CHECK_BAD = 1,        /* a certificate that was changed, or that another key signed */
    CHECK_UNREADABLE = 2, /* no certificate */
};

struct checked {
    json_t *body; /* the signed part: the caller releases it; NULL where unreadable */
    unsigned char key[CHECK_KEY_BYTES];
    unsigned char hash[CHECK_HASH_BYTES]; /* SHA-256 of what was signed: its place in the chain */
    const char *why;                      /* in words, where it isn't good */
};

/* check_certificate: known_key: the controller's, known from elsewhere; NULL: the one in the certificate. */
enum check_result check_certificate(const char *p, size_t n, const unsigned char *known_key, struct checked *out);

/* check_read_key: a public key as base64, 64 hex digits or 32 bytes. */
bool check_read_key(const char *p, size_t n, unsigned char out[CHECK_KEY_BYTES]);

#endif
