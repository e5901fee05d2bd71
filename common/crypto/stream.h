/* crypto/stream: what is too large for one seal, in chunks whose order, number and end are bound (libsodium's secretstream,
 * XChaCha20-Poly1305): backups. */
#ifndef LETHE_CRYPTO_STREAM_H
#define LETHE_CRYPTO_STREAM_H

#include "common/crypto/crypto.h"

enum { CRYPTO_STREAM_HEADER_BYTES = 24, CRYPTO_STREAM_OVERHEAD = 17 };

struct crypto_stream;
/* crypto_stream_seal_new: the header goes before the chunks. */
struct crypto_stream *crypto_stream_seal_new(const struct crypto_key *key, uint8_t header[CRYPTO_STREAM_HEADER_BYTES]);
/* crypto_stream_open_new: any header; a wrong key shows at the first chunk. */
struct crypto_stream *crypto_stream_open_new(const struct crypto_key *key,
                                             const uint8_t header[CRYPTO_STREAM_HEADER_BYTES]);
void crypto_stream_free(struct crypto_stream *stream); /* wipes; NULL is fine */

/* crypto_stream_seal: out has n + CRYPTO_STREAM_OVERHEAD bytes. last: nothing follows, and readers know it. */
void crypto_stream_seal(struct crypto_stream *stream, const void *plain, size_t n, bool last, uint8_t *out);
/* crypto_stream_open: REFUSED "seal" where the chunk isn't the next of this stream under this key. */
enum outcome crypto_stream_open(struct crypto_stream *stream, const uint8_t *sealed, size_t sealed_n, uint8_t *out,
                                bool *last, struct error *err) WARN_UNUSED;

/* crypto_digest of what comes piece by piece: SHA-256. crypto_digester_end frees it. */
struct crypto_digester;
struct crypto_digester *crypto_digester_new(void);
void crypto_digester_add(struct crypto_digester *digester, const void *p, size_t n);
void crypto_digester_end(struct crypto_digester *digester, uint8_t out[32]);

#endif
