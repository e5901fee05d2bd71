/* crypto: known answers of the RFCs and drafts, and that a changed bit is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/crypto/crypto.h"

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t n = strlen(hex) / 2;

    assert_true(text_from_hex((struct text){hex, 2 * n}, out, n));
    return n;
}

static void assert_hex(const uint8_t *p, const char *hex)
{
    uint8_t want[256];

    assert_memory_equal(p, want, from_hex(hex, want));
}

static struct crypto_key *key_of(const char *hex)
{
    uint8_t b[CRYPTO_KEY_BYTES];

    assert_int_equal(from_hex(hex, b), sizeof b);
    return crypto_key_new(b);
}

/* RFC 8032, 7.1, tests 1 and 2 */
static void signatures_are_those_of_rfc_8032(void **state)
{
    static const struct {
        const char *seed, *public_key, *message, *signature;
    } cases[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bb"
         "e24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb430"
         "2aeeb00d291612bb0c00"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct crypto_key *seed = key_of(cases[i].seed);
        uint8_t message[8], public_key[CRYPTO_PUBLIC_BYTES], signature[CRYPTO_SIGNATURE_BYTES];
        size_t n = from_hex(cases[i].message, message);

        crypto_sign_public(seed, public_key);
        assert_hex(public_key, cases[i].public_key);
        crypto_sign(seed, message, n, signature);
        assert_hex(signature, cases[i].signature);
        assert_true(crypto_verify(public_key, message, n, signature));
        signature[0] ^= 1;
        assert_false(crypto_verify(public_key, message, n, signature));
        crypto_key_free(seed);
    }
}

/* draft-irtf-cfrg-xchacha-03, A.3.1 */
static void sealing_is_that_of_the_xchacha_draft(void **state)
{
    static const char plain[] = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
                                "future, sunscreen would be it.";
    static const char sealed_hex[] =
        "404142434445464748494a4b4c4d4e4f5051525354555657"
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c2"
        "16cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c6"
        "8b13b52e"
        "c0875924c1c7987947deafd8780acf49";
    struct crypto_key *key = key_of("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    uint8_t ad[12], sealed[256], out[256];
    size_t n = from_hex(sealed_hex, sealed);
    struct error err;

    (void)state;
    assert_int_equal(from_hex("50515253c0c1c2c3c4c5c6c7", ad), sizeof ad);
    assert_int_equal(n, sizeof plain - 1 + CRYPTO_SEAL_OVERHEAD);
    assert_int_equal(crypto_open(crypto_key_bytes(key), sealed, n, ad, sizeof ad, out, &err), DONE);
    assert_memory_equal(out, plain, sizeof plain - 1);

    crypto_seal(crypto_key_bytes(key), plain, sizeof plain - 1, ad, sizeof ad, sealed);
    assert_int_equal(crypto_open(crypto_key_bytes(key), sealed, n, ad, sizeof ad, out, &err), DONE);
    assert_memory_equal(out, plain, sizeof plain - 1);
    crypto_key_free(key);
}

static void a_changed_bit_is_refused(void **state)
{
    struct crypto_key *key = crypto_key_random();
    uint8_t sealed[64], out[64], ad[16] = {7};
    size_t n = 11 + CRYPTO_SEAL_OVERHEAD;
    struct error err;

    (void)state;
    crypto_seal(crypto_key_bytes(key), "hello world", 11, ad, sizeof ad, sealed);
    for (size_t bit = 0; bit < n * 8; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(crypto_open(crypto_key_bytes(key), sealed, n, ad, sizeof ad, out, &err), REFUSED);
        sealed[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    ad[3] ^= 1;
    assert_int_equal(crypto_open(crypto_key_bytes(key), sealed, n, ad, sizeof ad, out, &err), REFUSED);
    assert_string_equal(err.rule, "seal");
    assert_int_equal(crypto_open(crypto_key_bytes(key), sealed, 39, ad, sizeof ad, out, &err), REFUSED);
    crypto_key_free(key);
}

static void every_seal_has_a_nonce_of_its_own(void **state)
{
    struct crypto_key *key = crypto_key_random();
    uint8_t a[41], b[41];

    (void)state;
    crypto_seal(crypto_key_bytes(key), "x", 1, NULL, 0, a);
    crypto_seal(crypto_key_bytes(key), "x", 1, NULL, 0, b);
    assert_memory_not_equal(a, b, CRYPTO_NONCE_BYTES);
    crypto_key_free(key);
}

/* The values are Python's hashlib.blake2b(kind + NUL + value, key=..., digest_size=16). */
static void hashes_are_keyed_blake2b_apart_by_kind(void **state)
{
    struct crypto_key *key = key_of("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    char large[500];
    struct hash a, b;

    (void)state;
    a = crypto_hash(key, "email", TEXT("ada@example.org"));
    assert_hex(a.b, "b125be379b3969a3afc7538d029e1bff");
    memset(large, 'x', sizeof large);
    b = crypto_hash(key, "source", (struct text){large, sizeof large});
    assert_hex(b.b, "0c7e0abf1bbb854d94b0c7fb253ca87d");
    b = crypto_hash(key, "phone", TEXT("ada@example.org"));
    assert_memory_not_equal(a.b, b.b, sizeof a.b);
    crypto_key_free(key);
}

/* FIPS 180-2 and RFC 4231, cases 1 and 2 */
static void digest_and_mac_are_the_standards(void **state)
{
    uint8_t key[20], out[32];

    (void)state;
    crypto_digest("abc", 3, out);
    assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    memset(key, 0x0b, sizeof key);
    crypto_mac(key, sizeof key, "Hi There", 8, out);
    assert_hex(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    crypto_mac("Jefe", 4, "what do ya want for nothing?", 28, out);
    assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_true(crypto_equal(out, out, sizeof out));
    assert_false(crypto_equal(out, key, sizeof key));
}

static void sealed_boxes_open_with_their_key_alone(void **state)
{
    struct crypto_key *mine = crypto_key_random(), *other = crypto_key_random();
    uint8_t public_key[CRYPTO_PUBLIC_BYTES], box[5 + CRYPTO_BOX_OVERHEAD], out[5];
    struct error err;

    (void)state;
    crypto_box_public(mine, public_key);
    crypto_box(public_key, "hello", 5, box);
    assert_int_equal(crypto_box_open(mine, box, sizeof box, out, &err), DONE);
    assert_memory_equal(out, "hello", 5);
    assert_int_equal(crypto_box_open(other, box, sizeof box, out, &err), REFUSED);
    assert_int_equal(crypto_box_open(mine, box, CRYPTO_BOX_OVERHEAD - 1, out, &err), REFUSED);
    box[40] ^= 1;
    assert_int_equal(crypto_box_open(mine, box, sizeof box, out, &err), REFUSED);
    crypto_key_free(mine);
    crypto_key_free(other);
}

/* RFC 4648, 10 */
static void base64_is_that_of_rfc_4648(void **state)
{
    static const char *const coded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    static const char *const bad[] = {"Zg=", "Z", "Zm9v ", "Zh==", "+/_-", "Zg==Zg=="};
    struct arena *arena = arena_new();
    struct bytes out;

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        struct text t = crypto_base64(arena, "foobar", i);
        assert_true(text_is(t, coded[i]));
        assert_true(crypto_unbase64(arena, t, &out));
        assert_int_equal(out.n, i);
        assert_memory_equal(out.p, "foobar", i);
        t = crypto_base64url(arena, "foobar", i);
        assert_true(t.n == 0 || t.p[t.n - 1] != '=');
        assert_true(crypto_unbase64(arena, t, &out));
        assert_int_equal(out.n, i);
    }
    assert_true(text_is(crypto_base64url(arena, "\xfb\xff", 2), "-_8"));
    assert_true(crypto_unbase64(arena, TEXT("+/8="), &out) && out.n == 2);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(crypto_unbase64(arena, text_of(bad[i]), &out));
    arena_free(arena);
}

static void tokens_differ_and_hash_alike(void **state)
{
    struct arena *arena = arena_new();
    struct text a = crypto_token(arena), b = crypto_token(arena);
    uint8_t first[32], second[32];

    (void)state;
    assert_int_equal(a.n, 43);
    assert_false(text_equal(a, b));
    crypto_token_hash(a, first);
    crypto_token_hash(a, second);
    assert_memory_equal(first, second, sizeof first);
    crypto_token_hash(b, second);
    assert_memory_not_equal(first, second, sizeof first);
    arena_free(arena);
}

static void load(const char *content, enum outcome want)
{
    char path[] = "/tmp/lethe-key-XXXXXX";
    struct crypto_key *key = NULL;
    struct error err;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    (void)close(fd);
    assert_int_equal(crypto_key_load(path, &key, &err), want);
    if (want == DONE)
        assert_hex(crypto_key_bytes(key), "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    else
        assert_non_null(strstr(err.text, path));
    crypto_key_free(key);
    (void)unlink(path);
}

static void key_files_are_64_hex_digits(void **state)
{
    struct crypto_key *key = NULL;
    struct error err;

    (void)state;
    load("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", DONE);
    load("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", DONE);
    load("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\n", REFUSED);
    load("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1", REFUSED);
    load("x00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", REFUSED);
    load("", REFUSED);
    assert_int_equal(crypto_key_load("/nonexistent/key", &key, &err), REFUSED);
}

static int start(void **state)
{
    struct error err;

    (void)state;
    return crypto_start(&err) == DONE ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_those_of_rfc_8032),
        cmocka_unit_test(sealing_is_that_of_the_xchacha_draft),
        cmocka_unit_test(a_changed_bit_is_refused),
        cmocka_unit_test(every_seal_has_a_nonce_of_its_own),
        cmocka_unit_test(hashes_are_keyed_blake2b_apart_by_kind),
        cmocka_unit_test(digest_and_mac_are_the_standards),
        cmocka_unit_test(sealed_boxes_open_with_their_key_alone),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(tokens_differ_and_hash_alike),
        cmocka_unit_test(key_files_are_64_hex_digits),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
