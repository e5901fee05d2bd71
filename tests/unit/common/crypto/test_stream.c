/* Streams: order, end, key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/crypto/stream.h"

enum { N = 3, SIZE = 100 };

struct sealed {
    struct crypto_key *key;
    uint8_t header[CRYPTO_STREAM_HEADER_BYTES], chunks[N][SIZE + CRYPTO_STREAM_OVERHEAD];
};

static struct sealed seal(void)
{
    struct sealed s = {.key = crypto_key_random()};
    struct crypto_stream *stream = crypto_stream_seal_new(s.key, s.header);
    uint8_t plain[SIZE];

    for (int i = 0; i < N; i++) {
        memset(plain, 'a' + i, SIZE);
        crypto_stream_seal(stream, plain, SIZE, i == N - 1, s.chunks[i]);
    }
    crypto_stream_free(stream);
    return s;
}

static void test_what_was_sealed_opens_in_its_order(void **state)
{
    struct sealed s = seal();
    struct crypto_stream *stream = crypto_stream_open_new(s.key, s.header);
    uint8_t plain[SIZE];
    struct error err;
    bool last;

    (void)state;
    for (int i = 0; i < N; i++) {
        assert_int_equal(crypto_stream_open(stream, s.chunks[i], sizeof(s.chunks[i]), plain, &last, &err), DONE);
        assert_int_equal(last, i == N - 1);
        assert_int_equal(plain[SIZE - 1], 'a' + i);
    }
    crypto_stream_free(stream);
    crypto_key_free(s.key);
}

static enum outcome open_first(const struct crypto_key *key, const struct sealed *s, int which, size_t n)
{
    struct crypto_stream *stream = crypto_stream_open_new(key, s->header);
    uint8_t plain[SIZE];
    struct error err;
    bool last;
    enum outcome outcome = crypto_stream_open(stream, s->chunks[which], n, plain, &last, &err);

    crypto_stream_free(stream);
    return outcome;
}

static void test_another_order_key_or_byte_is_refused(void **state)
{
    struct crypto_key *other = crypto_key_random();
    struct sealed s = seal();

    (void)state;
    assert_int_equal(open_first(s.key, &s, 0, sizeof(s.chunks[0])), DONE);
    assert_int_equal(open_first(s.key, &s, 1, sizeof(s.chunks[1])), REFUSED);
    assert_int_equal(open_first(other, &s, 0, sizeof(s.chunks[0])), REFUSED);
    assert_int_equal(open_first(s.key, &s, 0, 5), REFUSED);
    s.chunks[0][50] ^= 1;
    assert_int_equal(open_first(s.key, &s, 0, sizeof(s.chunks[0])), REFUSED);
    crypto_key_free(other);
    crypto_key_free(s.key);
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
        cmocka_unit_test(test_what_was_sealed_opens_in_its_order),
        cmocka_unit_test(test_another_order_key_or_byte_is_refused),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
