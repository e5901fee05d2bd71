/* token: the unsubscribe link's token (RFC 8058): opaque, hard to forge, and nobody keeps it: an address' id, a digest
 * of the purpose's name and a MAC over both. Pure. */
#ifndef LETHE_CONSENT_TOKEN_H
#define LETHE_CONSENT_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena/arena.h"
#include "common/crypto/crypto.h"
#include "common/text/text.h"
#include "common/uuid/uuid.h"

enum { TOKEN_PURPOSE_BYTES = 8 };

/* token_key: the MAC's key, from the index key, under a domain of its own. */
void token_key(const struct crypto_key *index_key, uint8_t out[32]);
/* token_purpose: what stands for a purpose's name; keyed, so that a link tells nobody what was subscribed. */
void token_purpose(const uint8_t key[32], struct text purpose, uint8_t out[TOKEN_PURPOSE_BYTES]);

struct text token_make(const uint8_t key[32], const struct uuid *address, struct text purpose, struct arena *arena);
/* token_read: false unless it is one of ours. */
bool token_read(const uint8_t key[32], struct text token, struct arena *arena, struct uuid *address,
                uint8_t purpose[TOKEN_PURPOSE_BYTES]);

#endif
