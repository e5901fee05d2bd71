/* apart: linking where somebody decided that two are not one person. Pure. */
#include "services/dedupe/apart.h"

#include <stdlib.h>

void forest_init(struct forest *forest, size_t n, struct arena *arena)
{
    forest->parent = ARENA_ARRAY(arena, n + 1, uint32_t);
    forest->size = ARENA_ARRAY(arena, n + 1, uint32_t);
    for (uint32_t i = 0; i < n; i++) {
        forest->parent[i] = i;
        forest->size[i] = 1;
    }
}

uint32_t forest_find(struct forest *forest, uint32_t at)
{
    while (forest->parent[at] != at) {
        forest->parent[at] = forest->parent[forest->parent[at]];
        at = forest->parent[at];
    }
    return at;
}

void forest_join(struct forest *forest, uint32_t a, uint32_t b)
{
    a = forest_find(forest, a);
    b = forest_find(forest, b);
    if (a == b)
        return;
    if (forest->size[a] < forest->size[b]) {
        uint32_t swap = a;
        a = b;
        b = swap;
    }
    forest->parent[b] = a;
    forest->size[a] += forest->size[b];
}

/* ---- sets of pairs ------------------------------------------------------------------------------------------------ */

static int by_pair(const void *a, const void *b)
{
    const struct link_pair *x = a, *y = b;

    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

static void sort_unique(struct link_pairs *pairs)
{
    size_t n = 0;

    qsort(pairs->items, pairs->n, sizeof(*pairs->items), by_pair);
    for (size_t i = 0; i < pairs->n; i++)
        if (n == 0 || by_pair(&pairs->items[n - 1], &pairs->items[i]) != 0)
            pairs->items[n++] = pairs->items[i];
    pairs->n = n;
}

static bool has_pair(const struct link_pairs *pairs, uint32_t a, uint32_t b)
{
    const struct link_pair key = {.a = a, .b = b};

    return pairs->n > 0 && bsearch(&key, pairs->items, pairs->n, sizeof(key), by_pair) != NULL;
}

/* The pairs as seen between the present trees, both ways. */
static void between_trees(struct forest *forest, const struct link_pairs *pairs, struct arena *arena,
                          struct link_pairs *out)
{
    out->items = ARENA_ARRAY(arena, 2 * pairs->n + 1, struct link_pair);
    out->n = 0;
    for (size_t i = 0; i < pairs->n; i++) {
        uint32_t a = forest_find(forest, pairs->items[i].a), b = forest_find(forest, pairs->items[i].b);
        if (a == b)
            continue;
        out->items[out->n++] = (struct link_pair){.a = a, .b = b};
        out->items[out->n++] = (struct link_pair){.a = b, .b = a};
    }
    sort_unique(out);
}

/* Every two of a group; of a large one (a source joined hundreds) each with its next alone. */
static void pairs_of_ground(const struct link_groups *groups, enum link_ground ground, struct arena *arena,
                            struct link_pairs *out)
{
    size_t room = 0;

    for (size_t i = 0; i < groups->n; i++)
        if (groups->items[i].ground == ground)
            room += groups->items[i].n > GENERIC_RECORDS ? groups->items[i].n
                                                         : groups->items[i].n * (groups->items[i].n - 1) / 2;
    out->items = ARENA_ARRAY(arena, room + 1, struct link_pair);
    out->n = 0;
    for (size_t i = 0; i < groups->n; i++) {
        const struct link_group *group = &groups->items[i];
        if (group->ground != ground)
            continue;
        for (size_t a = 0; a < group->n; a++) {
            size_t until = group->n > GENERIC_RECORDS && a + 2 < group->n ? a + 2 : group->n;
            for (size_t b = a + 1; b < until; b++)
                out->items[out->n++] = (struct link_pair){.a = group->members[a], .b = group->members[b]};
        }
    }
    sort_unique(out);
}

/* ---- one ground --------------------------------------------------------------------------------------------------- */

/* A tree is doubtful where two of those that it fits are kept apart. */
static bool *doubtful_trees(const struct link_pairs *links, const struct link_pairs *apart, size_t n,
                            struct arena *arena)
{
    bool *doubtful = ARENA_ARRAY(arena, n + 1, bool);
    size_t end;

    for (size_t i = 0; i < links->n; i = end) {
        uint32_t tree = links->items[i].a;
        for (end = i; end < links->n && links->items[end].a == tree;)
            end++;
        for (size_t x = i; x < end && !doubtful[tree]; x++) {
            if (has_pair(apart, tree, links->items[x].b))
                continue;
            for (size_t y = x + 1; y < end && !doubtful[tree]; y++)
                doubtful[tree] =
                    !has_pair(apart, tree, links->items[y].b) && has_pair(apart, links->items[x].b, links->items[y].b);
        }
    }
    return doubtful;
}

static bool kept_apart(struct forest *persons, const struct link_pairs *apart, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < apart->n; i++) {
        uint32_t x = forest_find(persons, apart->items[i].a), y = forest_find(persons, apart->items[i].b);
        if ((x == a && y == b) || (x == b && y == a))
            return true;
    }
    return false;
}

/* doubts: a side fits two that are kept apart. broken: the link would join two that are kept apart, through others. */
struct refused {
    struct link_pairs doubts, broken;
};

static void join_ground(struct forest *persons, size_t n, const struct link_pairs *pairs, enum link_ground ground,
                        const struct link_pairs *apart, struct arena *arena, struct refused *refused)
{
    struct link_pairs links, apart_now;
    uint32_t *was = ARENA_ARRAY(arena, n + 1, uint32_t);
    const bool *doubtful;

    between_trees(persons, pairs, arena, &links);
    between_trees(persons, apart, arena, &apart_now);
    doubtful = doubtful_trees(&links, &apart_now, n, arena);
    for (uint32_t i = 0; i < n; i++)
        was[i] = forest_find(persons, i);
    for (size_t i = 0; i < pairs->n; i++) {
        uint32_t a = forest_find(persons, pairs->items[i].a), b = forest_find(persons, pairs->items[i].b);
        uint32_t was_a = was[pairs->items[i].a], was_b = was[pairs->items[i].b];
        if (a == b || persons->size[a] + persons->size[b] > PERSON_RECORDS || has_pair(&apart_now, was_a, was_b))
            continue;
        if (ground != LINK_OPERATOR && (doubtful[was_a] || doubtful[was_b]))
            refused->doubts.items[refused->doubts.n++] = pairs->items[i];
        else if (kept_apart(persons, apart, a, b))
            refused->broken.items[refused->broken.n++] = pairs->items[i];
        else
            forest_join(persons, a, b);
    }
}

/* ---- all grounds -------------------------------------------------------------------------------------------------- */

struct told {
    struct link_pair persons, records;
};

static int by_told(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    int order = by_pair(&x->persons, &y->persons);

    return order != 0 ? order : by_pair(&x->records, &y->records);
}

static void tell(struct told *told, size_t *n, struct forest *persons, const struct link_pair *records)
{
    uint32_t a = forest_find(persons, records->a), b = forest_find(persons, records->b);

    if (a != b)
        told[(*n)++] = (struct told){.persons = {.a = a < b ? a : b, .b = a < b ? b : a}, .records = *records};
}

/* Once per pair of persons. A doubt is settled where somebody has decided about these two since. */
static void tell_conflicts(struct forest *persons, const struct refused *refused, const struct link_pairs *apart,
                           struct arena *arena, struct dedupe_partition *out)
{
    struct told *told = ARENA_ARRAY(arena, refused->doubts.n + refused->broken.n + 1, struct told);
    struct link_pairs settled;
    size_t n = 0;

    between_trees(persons, apart, arena, &settled);
    for (size_t i = 0; i < refused->doubts.n; i++) {
        const struct link_pair *doubt = &refused->doubts.items[i];
        if (!has_pair(&settled, forest_find(persons, doubt->a), forest_find(persons, doubt->b)))
            tell(told, &n, persons, doubt);
    }
    for (size_t i = 0; i < refused->broken.n; i++)
        tell(told, &n, persons, &refused->broken.items[i]);
    qsort(told, n, sizeof(*told), by_told);
    out->conflicts = ARENA_ARRAY(arena, n + 1, struct dedupe_conflict);
    out->conflicts_n = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || by_pair(&told[i - 1].persons, &told[i].persons) != 0)
            out->conflicts[out->conflicts_n++] =
                (struct dedupe_conflict){.a = told[i].records.a, .b = told[i].records.b};
}

void apart_ask(struct forest *persons, const struct link_pairs *asks, const struct link_pairs *apart,
               struct arena *arena, struct dedupe_partition *out)
{
    struct refused all = {.doubts.items = ARENA_ARRAY(arena, asks->n + 1, struct link_pair),
                          .broken.items = ARENA_ARRAY(arena, out->conflicts_n + 1, struct link_pair)};

    for (size_t i = 0; i < asks->n; i++)
        all.doubts.items[all.doubts.n++] = asks->items[i];
    for (size_t i = 0; i < out->conflicts_n; i++)
        all.broken.items[all.broken.n++] = (struct link_pair){.a = out->conflicts[i].a, .b = out->conflicts[i].b};
    if (all.doubts.n > 0)
        tell_conflicts(persons, &all, apart, arena, out);
}

void apart_partition(struct forest *persons, size_t n, const struct link_groups *groups, const struct link_pairs *apart,
                     const struct link_pairs *apart_too, struct arena *arena, struct dedupe_partition *out)
{
    struct link_pairs pairs[LINK_GROUNDS];
    struct refused refused = {0};
    size_t room = 0;

    for (int g = 0; g < LINK_GROUNDS; g++) {
        pairs_of_ground(groups, (enum link_ground)g, arena, &pairs[g]);
        room += pairs[g].n;
    }
    refused.doubts.items = ARENA_ARRAY(arena, room + 1, struct link_pair);
    refused.broken.items = ARENA_ARRAY(arena, room + 1, struct link_pair);
    for (int g = 0; g < LINK_GROUNDS; g++)
        if (pairs[g].n > 0)
            join_ground(persons, n, &pairs[g], (enum link_ground)g, g <= LINK_SOURCE ? apart : apart_too, arena,
                        &refused);
    tell_conflicts(persons, &refused, apart, arena, out);
}
