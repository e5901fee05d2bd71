/* pack: a record's keys as one column: 17 bytes each, its kind and its hash. Pure. */
#ifndef LETHE_DEDUPE_PACK_H
#define LETHE_DEDUPE_PACK_H

#include "services/dedupe/dedupe.h"

struct bytes keys_pack(struct key_list keys, struct arena *arena);
struct key_list keys_unpack(struct bytes packed, struct arena *arena); /* a rest under 17 bytes is dropped */

#endif
