/* uuid: RFC 9562 identifiers, version 7 (time-ordered) for rows, version 4 for what must not tell its time. */
#ifndef LETHE_UUID_H
#define LETHE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text/text.h"

struct uuid {
    uint8_t b[16];
};
#define UUID_TEXT_BYTES 37

/* uuid_v7: from a time and 10 bytes of entropy (or of a keyed hash, where a repeat must find the same id). */
struct uuid uuid_v7(int64_t time_us, const uint8_t entropy[10]);
struct uuid uuid_v7_random(int64_t time_us); /* entropy from the kernel */
struct uuid uuid_v4_random(void);
struct uuid uuid_v8(const uint8_t bytes[16]); /* a name-based id from the first 16 bytes of a hash */
void uuid_format(const struct uuid *id, char out[UUID_TEXT_BYTES]);
struct text uuid_text(struct arena *arena, const struct uuid *id);
bool uuid_parse(struct text text, struct uuid *out); /* 36 characters, hex of either case */
bool uuid_equal(const struct uuid *a, const struct uuid *b);
bool uuid_is_nil(const struct uuid *a);
int uuid_compare(const void *a, const void *b); /* for qsort */

#endif
