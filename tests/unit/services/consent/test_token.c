/* The unsubscribe token: read back, and nothing but what was made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/consent/token.h"

static struct arena *arena;
static uint8_t key[32], other_key[32];

static int begin(void **state)
{
    uint8_t seed[32] = {7};
    struct crypto_key *index_key;
    struct error err;

    (void)state;
    if (crypto_start(&err) != DONE)
        return -1;
    arena = arena_new();
    index_key = crypto_key_new(seed);
    token_key(index_key, key);
    crypto_key_free(index_key);
    memset(other_key, 9, sizeof other_key);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void test_there_and_back(void **state)
{
    const struct uuid address = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    struct text token = token_make(key, &address, TEXT("product-a-news"), arena);
    uint8_t purpose[TOKEN_PURPOSE_BYTES], wanted[TOKEN_PURPOSE_BYTES], other[TOKEN_PURPOSE_BYTES];
    struct uuid read;

    (void)state;
    assert_true(token.n <= 128);
    for (size_t i = 0; i < token.n; i++) /* what a route's path takes */
        assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", token.p[i]));
    assert_true(token_read(key, token, arena, &read, purpose));
    assert_true(uuid_equal(&read, &address));
    token_purpose(key, TEXT("product-a-news"), wanted);
    token_purpose(key, TEXT("product-b-news"), other);
    assert_memory_equal(purpose, wanted, sizeof wanted);
    assert_memory_not_equal(purpose, other, sizeof other);
    assert_null(memmem(token.p, token.n, "news", 4));
}

static void test_a_forged_one_is_none(void **state)
{
    const struct uuid address = {{1}};
    struct text token = token_make(key, &address, TEXT("news"), arena);
    char changed[256];
    uint8_t purpose[TOKEN_PURPOSE_BYTES];
    struct uuid read;

    (void)state;
    for (size_t i = 0; i + 1 < token.n; i++) { /* the last digit holds bits that are none of the token's */
        memcpy(changed, token.p, token.n);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_false(token_read(key, (struct text){.p = changed, .n = token.n}, arena, &read, purpose));
    }
    for (size_t n = 0; n < token.n; n++)
        assert_false(token_read(key, (struct text){.p = token.p, .n = n}, arena, &read, purpose));
    assert_false(token_read(other_key, token, arena, &read, purpose));
    assert_false(token_read(key, TEXT("not a token"), arena, &read, purpose));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_there_and_back),
                                       cmocka_unit_test(test_a_forged_one_is_none)};
    return cmocka_run_group_tests(tests, begin, end);
}
