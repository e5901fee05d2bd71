/* bulk_blocks: which records share a key. */
#include <stdlib.h>
#include <string.h>

#include "common/error/error.h"
#include "services/dedupe/engine/bulk.h"

enum { RADIX = 2048 };

static int by_entry(const void *a, const void *b)
{
    const struct block_entry *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->record > y->record) - (x->record < y->record);
}

/* Three passes of eleven bits bring equal keys together but for few, which a short sort puts right. */
static void sort_entries(struct block_entry *entries, size_t n)
{
    struct block_entry *from = entries, *to = calloc(n + 1, sizeof(*to)), *swap, *spare = to;
    size_t end;

    ENSURE(to != NULL);
    for (int shift = 31; shift < 64; shift += 11) {
        size_t counts[RADIX] = {0}, at = 0;
        for (size_t i = 0; i < n; i++)
            counts[from[i].key >> shift & (RADIX - 1)]++;
        for (size_t d = 0; d < RADIX; d++) {
            size_t count = counts[d];
            counts[d] = at;
            at += count;
        }
        for (size_t i = 0; i < n; i++)
            to[counts[from[i].key >> shift & (RADIX - 1)]++] = from[i];
        swap = from;
        from = to;
        to = swap;
    }
    memcpy(entries, from, n * sizeof(*entries));
    free(spare);
    for (size_t i = 0; i < n; i = end) {
        for (end = i + 1; end < n && entries[end].key >> 31 == entries[i].key >> 31;)
            end++;
        if (end - i > 1)
            qsort(entries + i, end - i, sizeof(*entries), by_entry);
    }
}

size_t bulk_block_end(const struct bulk *bulk, size_t from)
{
    size_t end = from + 1;

    while (end < bulk->entries_n && bulk->entries[end].key == bulk->entries[from].key)
        end++;
    return end;
}

/* A key's records; and each record's keys that are worth a look: shared by some, and not by too many. */
void bulk_make_blocks(struct bulk *bulk)
{
    uint64_t keys[BLOCK_KEYS];
    uint32_t *from;
    size_t kept = 0, end;

    ENSURE((bulk->entries = calloc(bulk->n * BLOCK_KEYS + 1, sizeof(*bulk->entries))) != NULL);
    for (uint32_t r = 0; r < bulk->n; r++) {
        size_t n = profile_keys(&bulk->profiles[r], keys);
        for (size_t k = 0; k < n; k++)
            bulk->entries[bulk->entries_n++] = (struct block_entry){.key = keys[k], .record = r};
    }
    sort_entries(bulk->entries, bulk->entries_n);
    ENSURE((from = bulk->keys_from = calloc(bulk->n + 2, sizeof(*from))) != NULL);
    for (size_t i = 0; i < bulk->entries_n; i = end) {
        uint64_t kind = bulk->entries[i].key & BLOCK_KIND;
        end = bulk_block_end(bulk, i);
        for (size_t e = i; e < end; e++) {
            struct profile *p = &bulk->profiles[bulk->entries[e].record];
            if (end - i > GENERIC_HOLDERS && kind == BLOCK_BY_MAIL) /* a switchboard's, a sales team's: nobody's */
                p->mail = 0;
            if (end - i > GENERIC_HOLDERS && kind == BLOCK_BY_PHONE)
                p->phone = (struct word){0};
        }
        if (end - i < 2 || end - i > GENERIC_HOLDERS)
            continue;
        for (size_t e = i; e < end; e++) {
            bulk->entries[kept++] = bulk->entries[e];
            from[bulk->entries[e].record + 2]++;
        }
    }
    bulk->entries_n = kept;
    for (size_t r = 2; r < bulk->n + 2; r++)
        from[r] += from[r - 1];
    ENSURE((bulk->keys = malloc((kept + 1) * sizeof(*bulk->keys))) != NULL);
    for (size_t e = 0; e < kept; e++) /* entries are in the order of keys, so each record's keys come out sorted */
        bulk->keys[from[bulk->entries[e].record + 1]++] = bulk->entries[e].key;
}
