/* A certificate holds as it was signed, in whatever layout, and in no other way. link: canonical.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "services/erasure/verify/check.h"

static const char body[] = "{\"backups\":[{\"at\":\"2026-12-20T00:00:00Z\",\"backup\":\"0198f3a0-7c11-7a00-8000-"
                           "000000000017\",\"outcome\":\"gone\"}],"
                           "\"completed_at\":\"2026-11-20T09:00:00Z\",\"controller\":\"ac\\u000bmé "
                           "\\\"x\\\"\",\"holders\":[{\"contradictions\":0,"
                           "\"kind\":\"service\",\"name\":\"intake\",\"outcome\":\"done\",\"rows\":12}],\"type\":"
                           "\"lethe.certificate\",\"version\":1}";

static char certificate[2048];
static size_t certificate_n;
static unsigned char public_key[crypto_sign_PUBLICKEYBYTES], other_key[crypto_sign_PUBLICKEYBYTES];

static int sign_one(void **state)
{
    static const unsigned char seed[crypto_sign_SEEDBYTES] = {7}, other[crypto_sign_SEEDBYTES] = {8};
    unsigned char secret[crypto_sign_SECRETKEYBYTES], signature[crypto_sign_BYTES];
    char key[64], value[128];
    (void)state;
    if (sodium_init() < 0)
        return -1;
    crypto_sign_seed_keypair(other_key, secret, other);
    crypto_sign_seed_keypair(public_key, secret, seed);
    crypto_sign_detached(signature, NULL, (const unsigned char *)body, sizeof body - 1, secret);
    sodium_bin2base64(key, sizeof key, public_key, sizeof public_key, sodium_base64_VARIANT_ORIGINAL);
    sodium_bin2base64(value, sizeof value, signature, sizeof signature, sodium_base64_VARIANT_ORIGINAL);
    int n = snprintf(certificate, sizeof certificate,
                     "%.*s,\"signature\":{\"alg\":\"Ed25519\",\"key\":\"%s\",\"value\":\"%s\"}}", (int)sizeof body - 2,
                     body, key, value);
    certificate_n = (size_t)n;
    return n > 0 && certificate_n < sizeof certificate ? 0 : -1;
}

static enum check_result check(const char *p, size_t n, const unsigned char *known)
{
    struct checked checked;
    enum check_result result = check_certificate(p, n, known, &checked);
    assert_true((result == CHECK_GOOD) == (checked.why == NULL));
    json_decref(checked.body);
    return result;
}

static void test_it_holds(void **state)
{
    (void)state;
    assert_int_equal(check(certificate, certificate_n, NULL), CHECK_GOOD);
    assert_int_equal(check(certificate, certificate_n, public_key), CHECK_GOOD);
    assert_int_equal(check(certificate, certificate_n, other_key), CHECK_BAD);
    json_t *json = json_loadb(certificate, certificate_n, 0, NULL);
    char *laid_out = json_dumps(json, JSON_INDENT(4) | JSON_ENSURE_ASCII);
    assert_int_equal(check(laid_out, strlen(laid_out), public_key), CHECK_GOOD);
    free(laid_out);
    json_decref(json);
}

/* Every byte, every other value that it could have. The escape \u000b in upper case means the same: that one may stand. */
static void test_any_changed_byte_is_found(void **state)
{
    char copy[sizeof certificate];
    size_t taken = 0;
    (void)state;
    memcpy(copy, certificate, certificate_n);
    for (size_t i = 0; i < certificate_n; i++) {
        for (int value = 0; value < 256; value++) {
            copy[i] = (char)value;
            if (copy[i] != certificate[i] && check(copy, certificate_n, NULL) == CHECK_GOOD) {
                assert_int_equal(value, 'B');
                taken++;
            }
        }
        copy[i] = certificate[i];
    }
    assert_int_equal(taken, 1);
}

#define CERTIFICATE "{\"type\":\"lethe.certificate\",\"version\":1"
static void test_what_is_no_certificate(void **state)
{
    static const char *const broken[] = {
        "",
        "{}",
        "[]",
        CERTIFICATE "}",
        "{\"type\":\"lethe.certificate\",\"version\":2,\"signature\":{}}",
        CERTIFICATE ",\"signature\":{\"alg\":\"none\",\"key\":\"\",\"value\":\"\"}}",
        CERTIFICATE ",\"signature\":{\"alg\":\"Ed25519\",\"key\":\"\",\"value\":\"\"}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_int_equal(check(broken[i], strlen(broken[i]), NULL), CHECK_UNREADABLE);
    for (size_t n = 0; n < certificate_n; n++)
        assert_int_not_equal(check(certificate, n, NULL), CHECK_GOOD);
}

static void test_keys(void **state)
{
    unsigned char read[CHECK_KEY_BYTES];
    char text[128] = "";
    (void)state;
    assert_true(check_read_key((const char *)public_key, sizeof public_key, read));
    assert_memory_equal(read, public_key, sizeof read);
    sodium_bin2base64(text, sizeof text - 1, public_key, sizeof public_key, sodium_base64_VARIANT_ORIGINAL);
    text[strlen(text)] = '\n';
    assert_true(check_read_key(text, strlen(text), read));
    assert_memory_equal(read, public_key, sizeof read);
    sodium_bin2hex(text, sizeof text, public_key, sizeof public_key);
    assert_true(check_read_key(text, strlen(text), read));
    assert_memory_equal(read, public_key, sizeof read);
    text[10] = 'x';
    assert_false(check_read_key(text, strlen(text), read));
    assert_false(check_read_key("", 0, read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_it_holds),
                                       cmocka_unit_test(test_any_changed_byte_is_found),
                                       cmocka_unit_test(test_what_is_no_certificate), cmocka_unit_test(test_keys)};
    return cmocka_run_group_tests(tests, sign_one, NULL);
}
