/* pack: a record's keys as one column. Pure. */
#include "services/dedupe/pack.h"

#include <string.h>

enum { PACKED_KEY = 1 + sizeof(struct hash) };

struct bytes keys_pack(struct key_list keys, struct arena *arena)
{
    uint8_t *out = ARENA_ARRAY(arena, keys.n * PACKED_KEY + 1, uint8_t);

    for (size_t i = 0; i < keys.n; i++) {
        out[i * PACKED_KEY] = (uint8_t)keys.items[i].kind;
        memcpy(out + i * PACKED_KEY + 1, keys.items[i].hash.b, sizeof(struct hash));
    }
    return (struct bytes){.p = out, .n = keys.n * PACKED_KEY};
}

struct key_list keys_unpack(struct bytes packed, struct arena *arena)
{
    struct key_list keys = {.n = packed.n / PACKED_KEY};

    keys.items = ARENA_ARRAY(arena, keys.n + 1, struct key);
    for (size_t i = 0; i < keys.n; i++) {
        keys.items[i].kind = packed.p[i * PACKED_KEY];
        memcpy(keys.items[i].hash.b, packed.p + i * PACKED_KEY + 1, sizeof(struct hash));
    }
    return keys;
}
