/* sets: sorted lists of hashes and ids. Pure. */
#include "services/dedupe/sets.h"

#include <stdlib.h>
#include <string.h>

void hashes_sort(struct hash_list *list)
{
    size_t n = 0;

    qsort(list->items, list->n, sizeof(*list->items), hash_compare);
    for (size_t i = 0; i < list->n; i++)
        if (n == 0 || !hash_equal(&list->items[n - 1], &list->items[i]))
            list->items[n++] = list->items[i];
    list->n = n;
}

void uuids_sort(struct uuid_list *list)
{
    size_t n = 0;

    qsort(list->items, list->n, sizeof(*list->items), uuid_compare);
    for (size_t i = 0; i < list->n; i++)
        if (n == 0 || !uuid_equal(&list->items[n - 1], &list->items[i]))
            list->items[n++] = list->items[i];
    list->n = n;
}

bool uuid_listed(struct uuid_list sorted, const struct uuid *id)
{
    return sorted.n > 0 && bsearch(id, sorted.items, sorted.n, sizeof(*id), uuid_compare) != NULL;
}

struct hash hash_of_uuid(const struct uuid *id)
{
    struct hash hash;

    memcpy(hash.b, id->b, sizeof(hash.b));
    return hash;
}

struct hash_list hashes_without(struct arena *arena, struct hash_list from, struct hash_list what)
{
    struct hash_list out = {.items = ARENA_ARRAY(arena, from.n + 1, struct hash)};

    for (size_t i = 0; i < from.n; i++)
        if (!hash_listed(what.items, what.n, &from.items[i]))
            out.items[out.n++] = from.items[i];
    return out;
}

void hashes_add_linking(struct hash_list *out, const struct key_list *keys)
{
    enum link_ground ground;

    for (size_t i = 0; i < keys->n; i++)
        if (link_ground_of(keys->items[i].kind, &ground))
            out->items[out->n++] = keys->items[i].hash;
}
