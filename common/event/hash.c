/* hash: comparing keyed hashes. */
#include <string.h>

#include "common/event/event.h"

bool hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool hash_is_none(const struct hash *a)
{
    static const struct hash none;

    return hash_equal(a, &none);
}

int hash_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}
