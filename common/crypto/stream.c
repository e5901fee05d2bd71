/* crypto/stream: libsodium's secretstream. */
#include <sodium.h>

#include "common/crypto/stream.h"

#include <stdlib.h>

_Static_assert(CRYPTO_STREAM_HEADER_BYTES == crypto_secretstream_xchacha20poly1305_HEADERBYTES, "header");
_Static_assert(CRYPTO_STREAM_OVERHEAD == crypto_secretstream_xchacha20poly1305_ABYTES, "overhead");

struct crypto_stream {
    crypto_secretstream_xchacha20poly1305_state state;
};

static struct crypto_stream *stream_new(void)
{
    struct crypto_stream *stream = sodium_malloc(sizeof(*stream));

    ENSURE(stream != NULL);
    return stream;
}

struct crypto_stream *crypto_stream_seal_new(const struct crypto_key *key, uint8_t header[CRYPTO_STREAM_HEADER_BYTES])
{
    struct crypto_stream *stream = stream_new();

    (void)crypto_secretstream_xchacha20poly1305_init_push(&stream->state, header, crypto_key_bytes(key));
    return stream;
}

struct crypto_stream *crypto_stream_open_new(const struct crypto_key *key,
                                             const uint8_t header[CRYPTO_STREAM_HEADER_BYTES])
{
    struct crypto_stream *stream = stream_new();

    ENSURE(crypto_secretstream_xchacha20poly1305_init_pull(&stream->state, header, crypto_key_bytes(key)) == 0);
    return stream;
}

void crypto_stream_free(struct crypto_stream *stream)
{
    sodium_free(stream);
}

void crypto_stream_seal(struct crypto_stream *stream, const void *plain, size_t n, bool last, uint8_t *out)
{
    uint8_t tag = last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0;

    (void)crypto_secretstream_xchacha20poly1305_push(&stream->state, out, NULL, plain, n, NULL, 0, tag);
}

enum outcome crypto_stream_open(struct crypto_stream *stream, const uint8_t *sealed, size_t sealed_n, uint8_t *out,
                                bool *last, struct error *err)
{
    uint8_t tag = 0;

    if (sealed_n < CRYPTO_STREAM_OVERHEAD ||
        crypto_secretstream_xchacha20poly1305_pull(&stream->state, out, NULL, &tag, sealed, sealed_n, NULL, 0) != 0)
        return error_refuse(err, "", "seal", "this chunk doesn't open: another key, or it was changed");
    *last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return DONE;
}

/* ---- digests ------------------------------------------------------------------------------------------------------------ */

struct crypto_digester {
    crypto_hash_sha256_state state;
};

struct crypto_digester *crypto_digester_new(void)
{
    struct crypto_digester *digester = calloc(1, sizeof(*digester));

    ENSURE(digester != NULL);
    crypto_hash_sha256_init(&digester->state);
    return digester;
}

void crypto_digester_add(struct crypto_digester *digester, const void *p, size_t n)
{
    crypto_hash_sha256_update(&digester->state, p, n);
}

void crypto_digester_end(struct crypto_digester *digester, uint8_t out[32])
{
    crypto_hash_sha256_final(&digester->state, out);
    free(digester);
}
