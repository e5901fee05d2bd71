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

static bool can_be_own(const struct key *key, struct key_list held)
{
    if (key->kind != KEY_PHONE)
        return key->kind == KEY_EMAIL || key->kind == KEY_SOURCE;
    for (size_t i = 0; i < held.n; i++)
        if (by_key(&held.items[i], key) == 0)
            return true;
    return false;
}

void decide_keys(struct key_list asked, struct key_list held, struct hash_list elsewhere, struct hash_list roles,
                 struct arena *arena, struct key_list *alone, struct key_list *shared)
{
    size_t n = 0, most = asked.n + held.n;
    struct key *sorted = ARENA_ARRAY(arena, most + 1, struct key);

    *alone = (struct key_list){.items = ARENA_ARRAY(arena, most + 1, struct key)};
    *shared = (struct key_list){.items = ARENA_ARRAY(arena, most + 1, struct key)};
    for (size_t i = 0; i < most; i++) {
        const struct key *key = i < asked.n ? &asked.items[i] : &held.items[i - asked.n];
        if (key->kind != KEY_EMAIL_WIDE)
            sorted[n++] = *key;
    }
    qsort(sorted, n, sizeof(*sorted), by_key);
    for (size_t i = 0; i < n; i++) {
        struct key_list *list = shared;
        if (i > 0 && by_key(&sorted[i - 1], &sorted[i]) == 0)
            continue;
        if (can_be_own(&sorted[i], held) && !hash_listed(elsewhere.items, elsewhere.n, &sorted[i].hash) &&
            !hash_listed(roles.items, roles.n, &sorted[i].hash))
            list = alone;
        list->items[list->n++] = sorted[i];
    }
}
