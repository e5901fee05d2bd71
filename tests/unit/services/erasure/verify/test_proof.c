/* proof: secrets, published keys, the chain.  link: check.c canonical.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "services/erasure/verify/proof.h"

#define SECRET "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEYS(members) "{\"controller\":\"acme\",\"signing_keys\":[" members "]}"

static const char *commitment(const char *what)
{
    static char text[2][64];
    static int turn;
    unsigned char hash[32];

    turn = 1 - turn;
    assert_int_equal(crypto_generichash(hash, sizeof hash, (const unsigned char *)what, strlen(what),
                                        (const unsigned char *)SECRET, strlen(SECRET)),
                     0);
    (void)sodium_bin2base64(text[turn], sizeof text[turn], hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    return text[turn];
}

static json_t *body_of(const char *first, const char *second)
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:[s, s]}", "controller", "acme", "request", "r-1", "completed_at",
                             "2026-11-25T10:00:30.5Z", "subject", first, second);
    assert_non_null(body);
    return body;
}

static void a_secret_opens_its_own_certificate(void **state)
{
    json_t *body = body_of(commitment("request:r-1"), commitment("email:ada@example.com"));
    (void)state;
    assert_null(proof_secret(body, SECRET, NULL));
    assert_null(proof_secret(body, SECRET, "  Ada@Example.COM \n"));
    assert_non_null(proof_secret(body, SECRET, "eve@example.com"));
    assert_non_null(proof_secret(body, SECRET, " \n"));
    assert_non_null(proof_secret(body, SECRET "b", NULL));
    assert_non_null(proof_secret(body, "short", NULL));
    assert_non_null(proof_secret(body, "", NULL));
    json_decref(body);
    body = body_of(commitment("request:another"), commitment("email:ada@example.com"));
    assert_non_null(proof_secret(body, SECRET, "ada@example.com"));
    json_decref(body);
}

static void a_certificate_without_commitments_says_so(void **state)
{
    json_t *body = json_pack("{s:s}", "request", "r-1"),
           *odd = json_pack("{s:s, s:[i]}", "request", "r-1", "subject", 1);
    (void)state;
    assert_non_null(strstr(proof_secret(body, SECRET, NULL), "commits to nobody"));
    assert_non_null(strstr(proof_secret(odd, SECRET, NULL), "can't be read"));
    json_decref(body);
    json_decref(odd);
}

static const char *signer(const char *members_format)
{
    static const unsigned char key[CHECK_KEY_BYTES] = {1, 2, 3};
    char base64[64], page[512];
    json_t *body = body_of("x", "y");
    (void)sodium_bin2base64(base64, sizeof base64, key, sizeof key, sodium_base64_VARIANT_ORIGINAL);
    int n = snprintf(page, sizeof page, "{\"controller\":\"acme\",\"signing_keys\":[{\"key\":\"%s\",%s}]}", base64,
                     members_format);
    assert_true(n > 0 && (size_t)n < sizeof page);
    const char *why = proof_signer(body, key, page, (size_t)n);
    json_decref(body);
    return why;
}

static void a_key_counts_while_it_was_in_use(void **state)
{
    static const unsigned char other[CHECK_KEY_BYTES] = {9};
    static const char none[] = KEYS(""), foreign[] = "{\"controller\":\"else\",\"signing_keys\":[]}";
    json_t *body = body_of("x", "y");
    (void)state;
    assert_null(signer("\"since\":\"2026-11-25T10:00:30Z\""));
    assert_null(signer("\"since\":\"2026-11-01T00:00:00Z\",\"until\":\"2026-11-25T10:00:00Z\""));
    assert_non_null(signer("\"since\":\"2026-11-25T10:00:31Z\""));
    assert_non_null(signer("\"since\":\"2026-11-01T00:00:00Z\",\"until\":\"2026-11-25T09:59:59Z\""));
    assert_non_null(strstr(proof_signer(body, other, none, sizeof none - 1), "none of"));
    assert_non_null(strstr(proof_signer(body, other, foreign, sizeof foreign - 1), "another controller"));
    assert_non_null(proof_signer(body, other, "no json", 7));
    json_decref(body);
}

static void the_chain_is_by_hash(void **state)
{
    unsigned char hash[CHECK_HASH_BYTES] = {7};
    char base64[64];
    (void)state;
    (void)sodium_bin2base64(base64, sizeof base64, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    json_t *body = json_pack("{s:{s:s}}", "chain", "previous", base64),
           *first = json_pack("{s:{s:i}}", "chain", "seq", 1);
    assert_null(proof_previous(body, hash));
    assert_non_null(proof_previous(first, hash));
    hash[31] = 1;
    assert_non_null(proof_previous(body, hash));
    json_decref(body);
    json_decref(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_opens_its_own_certificate),
        cmocka_unit_test(a_certificate_without_commitments_says_so),
        cmocka_unit_test(a_key_counts_while_it_was_in_use),
        cmocka_unit_test(the_chain_is_by_hash),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
