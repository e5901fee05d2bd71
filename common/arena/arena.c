/* arena: a list of blocks that are filled from the front; zeroed when they come and wiped when they go. */
#include "common/arena/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/error/error.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
enum { GAP = 16 }; /* poisoned behind each piece, so that a write past its end is caught */
#define HIDE(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define SHOW(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
enum { GAP = 0 };
#define HIDE(p, n) ((void)(p), (void)(n))
#define SHOW(p, n) ((void)(p), (void)(n))
#endif

enum { ALIGN = alignof(max_align_t), FIRST_BYTES = 4096, LARGEST_STEP_BYTES = 1 << 20 };

struct block {
    struct block *next;
    size_t room, n; /* invariant: what lies behind n is zero */
    alignas(max_align_t) unsigned char p[];
};

struct arena {
    struct block *blocks; /* the newest first; only it is filled further */
    size_t used, step;
};

static struct block *block_new(size_t room)
{
    struct block *block = calloc(1, sizeof *block + room);
    ENSURE(block != NULL);
    block->room = room;
    HIDE(block->p, room);
    return block;
}

static void block_wipe(struct block *block)
{
    SHOW(block->p, block->room);
    explicit_bzero(block->p, block->n);
    block->n = 0;
}

static void block_free(struct block *block)
{
    block_wipe(block);
    free(block);
}

struct arena *arena_new(void)
{
    struct arena *arena = calloc(1, sizeof *arena);
    ENSURE(arena != NULL);
    arena->step = FIRST_BYTES;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    for (struct block *block = arena->blocks, *next; block != NULL; block = next) {
        next = block->next;
        block_free(block);
    }
    free(arena);
}

static struct block *arena_grow(struct arena *arena, size_t bytes)
{
    struct block *newest = arena->blocks;

    /* A large piece gets a block of its own behind the newest, whose rest would be lost otherwise. */
    if (newest != NULL && bytes > arena->step / 4 && newest->room - newest->n > newest->room / 4) {
        struct block *own = block_new(bytes);
        own->next = newest->next;
        newest->next = own;
        return own;
    }
    if (arena->step < LARGEST_STEP_BYTES)
        arena->step *= 2;
    struct block *block = block_new(bytes > arena->step ? bytes : arena->step);
    block->next = newest;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    ENSURE(bytes <= SIZE_MAX / 4);
    size_t whole = (bytes + GAP + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (whole == 0)
        whole = ALIGN;
    struct block *block = arena->blocks;
    if (block == NULL || block->room - block->n < whole)
        block = arena_grow(arena, whole);
    void *piece = block->p + block->n;
    block->n += whole;
    arena->used += whole;
    SHOW(piece, bytes);
    return piece;
}

void *arena_array(struct arena *arena, size_t n, size_t bytes)
{
    size_t whole = 0;
    bool too_much = __builtin_mul_overflow(n, bytes, &whole);
    ENSURE(!too_much);
    return arena_alloc(arena, whole);
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}

/* What one batch took the next will take: it gets one block of that size, so that nothing is mapped and unmapped again
 * batch after batch. */
void arena_reset(struct arena *arena, size_t keep_bytes)
{
    size_t want = (arena->used + FIRST_BYTES - 1) & ~(size_t)(FIRST_BYTES - 1);
    struct block *first = arena->blocks;

    if (want > keep_bytes)
        want = keep_bytes & ~(size_t)(FIRST_BYTES - 1);
    arena->used = 0;
    if (first != NULL && first->next == NULL && first->room >= want && first->room <= keep_bytes) {
        block_wipe(first);
        HIDE(first->p, first->room);
        return;
    }
    for (struct block *block = first, *next; block != NULL; block = next) {
        next = block->next;
        block_free(block);
    }
    arena->blocks = want > 0 ? block_new(want) : NULL;
    arena->step = FIRST_BYTES;
}
