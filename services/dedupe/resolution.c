/* resolution: who a forget's person is. Pure. */
#include "services/dedupe/resolution.h"

#include <stdlib.h>

static bool in(struct uuid_list list, const struct uuid *id)
{
    for (size_t i = 0; i < list.n; i++)
        if (uuid_equal(&list.items[i], id))
            return true;
    return false;
}

void decide_asked(struct uuid_list named, const struct asked_key *keys, size_t n, struct arena *arena,
                  struct persons_found *out)
{
    struct uuid_list *persons = &out->persons;

    *out = (struct persons_found){.persons = {.items = ARENA_ARRAY(arena, named.n + n + 1, struct uuid)}};
    for (size_t i = 0; i < named.n; i++)
        if (!in(*persons, &named.items[i]))
            persons->items[persons->n++] = named.items[i];
    for (size_t i = 0; i < n; i++) {
        bool told = keys[i].role;
        for (size_t p = 0; p < keys[i].persons.n; p++)
            told = told || in(named, &keys[i].persons.items[p]);
        if (told || keys[i].persons.n == 0)
            continue;
        if (keys[i].persons.n > 1)
            out->doubtful = true;
        else if (!in(*persons, &keys[i].persons.items[0]))
            persons->items[persons->n++] = keys[i].persons.items[0];
    }
    qsort(persons->items, persons->n, sizeof(*persons->items), uuid_compare);
}

static int by_key(const void *a, const void *b)
{
    const struct key *x = a, *y = b;

    return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : hash_compare(&x->hash, &y->hash);
}

void decide_keys(struct key_list keys, struct hash_list elsewhere, struct hash_list roles, struct arena *arena,
                 struct key_list *alone, struct key_list *shared)
{
    struct key *sorted = ARENA_ARRAY(arena, keys.n + 1, struct key);

    *alone = (struct key_list){.items = ARENA_ARRAY(arena, keys.n + 1, struct key)};
    *shared = (struct key_list){.items = ARENA_ARRAY(arena, keys.n + 1, struct key)};
    for (size_t i = 0; i < keys.n; i++)
        sorted[i] = keys.items[i];
    qsort(sorted, keys.n, sizeof(*sorted), by_key);
    for (size_t i = 0; i < keys.n; i++) {
        bool own = sorted[i].kind == KEY_EMAIL || sorted[i].kind == KEY_SOURCE;
        struct key_list *list = shared;
        if (sorted[i].kind == KEY_EMAIL_WIDE || (i > 0 && by_key(&sorted[i - 1], &sorted[i]) == 0))
            continue;
        if (own && !hash_listed(elsewhere.items, elsewhere.n, &sorted[i].hash) &&
            !hash_listed(roles.items, roles.n, &sorted[i].hash))
            list = alone;
        list->items[list->n++] = sorted[i];
    }
}
