/* apart: linking where somebody decided that two are not one person. Pure; dedupe.c's harder half. */
#ifndef LETHE_DEDUPE_APART_H
#define LETHE_DEDUPE_APART_H

#include "services/dedupe/dedupe.h"

/* Union-find over places of a graph. */
struct forest {
    uint32_t *parent, *size;
};
void forest_init(struct forest *forest, size_t n, struct arena *arena);
uint32_t forest_find(struct forest *forest, uint32_t at);
void forest_join(struct forest *forest, uint32_t a, uint32_t b);

/* Places that share one ground. */
struct link_group {
    enum link_ground ground;
    uint32_t *members; /* ascending */
    size_t n;
};
struct link_groups {
    struct link_group *items;
    size_t n;
};
struct link_pair {
    uint32_t a, b; /* a < b */
};
struct link_pairs {
    struct link_pair *items;
    size_t n;
};

/* apart_partition: joins in `persons` (n places) what the groups link and `apart` allows, as decide_partition says; the
 * conflicts go to out. apart_too: apart, and those whose names or birth dates differ: what a source or an operator says
 * is heard all the same, other grounds aren't. */
void apart_partition(struct forest *persons, size_t n, const struct link_groups *groups, const struct link_pairs *apart,
                     const struct link_pairs *apart_too, struct arena *arena, struct dedupe_partition *out);
/* apart_ask: the asks become conflicts of out, too, unless an operator or an earlier one settles them. */
void apart_ask(struct forest *persons, const struct link_pairs *asks, const struct link_pairs *apart,
               struct arena *arena, struct dedupe_partition *out);

#endif
