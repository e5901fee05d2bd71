/* arena: memory that lives as long as one batch, one request or one job run, and goes at once. */
#ifndef LETHE_ARENA_H
#define LETHE_ARENA_H

#include <stddef.h>

struct arena;

/* arena_new: an empty arena. Never NULL: running out of memory aborts (the design is crash-safe). Inputs are bounded
 * before anything is allocated for them, so an arena's size is bounded by its user's limits. */
struct arena *arena_new(void);
void arena_free(struct arena *arena); /* wipes what it held; NULL does nothing */

/* arena_alloc: zeroed memory, aligned for any type. arena_array: n items of a size, overflow-checked. */
void *arena_alloc(struct arena *arena, size_t bytes) __attribute__((malloc, alloc_size(2), returns_nonnull));
void *arena_array(struct arena *arena, size_t n, size_t bytes)
    __attribute__((malloc, alloc_size(2, 3), returns_nonnull));
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, n, type) ((type *)arena_array((arena), (n), sizeof(type)))

/* arena_used: bytes handed out since the last reset; the runtime closes a batch by it. */
size_t arena_used(const struct arena *arena);

/* arena_reset: forgets all of it, wipes it (it may have held personal data), keeps at most keep_bytes for reuse. */
void arena_reset(struct arena *arena, size_t keep_bytes);

#endif
