/* dedupe: the partition of records into persons. Pure. */
#include "services/dedupe/dedupe.h"

#include <stdlib.h>
#include <string.h>

#include "services/dedupe/apart.h"

const char *const link_ground_names[LINK_GROUNDS + 1] = {
    [LINK_OPERATOR] = "operator",
    [LINK_JOINED] = "joined",
    [LINK_SOURCE] = "source",
    [LINK_EMAIL] = "email",
    [LINK_PHONE_SURNAME] = "phone-surname",
    [LINK_WEIGHED] = "weighed",
};

bool link_ground_of(int key_kind, enum link_ground *ground)
{
    switch (key_kind) {
    case KEY_SOURCE:
        *ground = LINK_SOURCE;
        return true;
    case KEY_EMAIL:
        *ground = LINK_EMAIL;
        return true;
    case KEY_PHONE_SURNAME:
        *ground = LINK_PHONE_SURNAME;
        return true;
    default: /* a phone alone is a household's, a wide address is for refusals */
        return false;
    }
}

bool hash_listed(const struct hash *sorted, size_t n, const struct hash *hash)
{
    return n > 0 && bsearch(hash, sorted, n, sizeof(*sorted), hash_compare) != NULL;
}

static int by_id(const void *key, const void *item)
{
    return uuid_compare(key, &((const struct dedupe_record *)item)->record);
}

size_t dedupe_find(const struct dedupe_graph *graph, const struct uuid *record)
{
    const struct dedupe_record *found =
        graph->n == 0 ? NULL : bsearch(record, graph->records, graph->n, sizeof(*graph->records), by_id);

    return found == NULL ? SIZE_MAX : (size_t)(found - graph->records);
}

/* ---- what holds which key ----------------------------------------------------------------------------------------- */

/* One record's hold of one key. */
struct hold {
    enum link_ground ground;
    struct hash hash;
    struct uuid fence;
    uint32_t at;
};

static int by_hold(const void *a, const void *b)
{
    const struct hold *x = a, *y = b;
    int order = (x->ground > y->ground) - (x->ground < y->ground);

    if (order == 0)
        order = hash_compare(&x->hash, &y->hash);
    if (order == 0)
        order = uuid_compare(&x->fence, &y->fence);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static struct hold *holds_of(const struct dedupe_graph *graph, struct arena *arena, size_t *out_n)
{
    size_t room = 0, n = 0;
    struct hold *holds;

    for (size_t i = 0; i < graph->n; i++)
        room += graph->records[i].keys.n + 1;
    holds = ARENA_ARRAY(arena, room + 1, struct hold);
    for (size_t i = 0; i < graph->n; i++) {
        const struct dedupe_record *r = &graph->records[i];
        struct hold hold = {.fence = r->fence, .at = (uint32_t)i};
        for (size_t k = 0; k < r->keys.n; k++) {
            if (!link_ground_of(r->keys.items[k].kind, &hold.ground))
                continue;
            hold.hash = r->keys.items[k].hash;
            holds[n++] = hold;
        }
        if (!uuid_is_nil(&r->root)) {
            hold.ground = LINK_JOINED;
            memcpy(hold.hash.b, r->root.b, sizeof(hold.hash.b));
            holds[n++] = hold;
        }
    }
    qsort(holds, n, sizeof(*holds), by_hold);
    *out_n = n;
    return holds;
}

static bool may_be_generic(enum link_ground ground)
{
    return ground == LINK_EMAIL || ground == LINK_PHONE_SURNAME;
}

/* The end of the run of one key that begins at `from`, whatever the fence. */
static size_t key_end(const struct hold *holds, size_t n, size_t from)
{
    size_t end = from + 1;

    while (end < n && holds[end].ground == holds[from].ground && hash_equal(&holds[end].hash, &holds[from].hash))
        end++;
    return end;
}

void decide_generic(const struct dedupe_graph *graph, struct arena *arena, struct hash_list *out)
{
    size_t n, end;
    struct hold *holds = holds_of(graph, arena, &n);

    out->items = ARENA_ARRAY(arena, n / GENERIC_RECORDS + 1, struct hash);
    out->n = 0;
    for (size_t i = 0; i < n; i = end) {
        end = key_end(holds, n, i);
        if (may_be_generic(holds[i].ground) && end - i > GENERIC_RECORDS)
            out->items[out->n++] = holds[i].hash;
    }
    qsort(out->items, out->n, sizeof(*out->items), hash_compare);
}

/* ---- links -------------------------------------------------------------------------------------------------------- */

/* Whoever shares a key within one fence: places of the graph, in order. */
static void groups_of_holds(const struct dedupe_graph *graph, struct hold *holds, size_t n, struct link_groups *out,
                            struct arena *arena)
{
    size_t end, until;

    for (size_t i = 0; i < n; i = end) {
        end = key_end(holds, n, i);
        if (may_be_generic(holds[i].ground) &&
            (end - i > GENERIC_RECORDS || hash_listed(graph->generic, graph->generic_n, &holds[i].hash)))
            continue;
        for (size_t from = i; from < end; from = until) {
            struct link_group *group = &out->items[out->n];
            until = from + 1;
            while (until < end && uuid_equal(&holds[until].fence, &holds[from].fence))
                until++;
            if (until - from < 2)
                continue;
            *group =
                (struct link_group){.ground = holds[i].ground, .members = ARENA_ARRAY(arena, until - from, uint32_t)};
            for (size_t h = from; h < until; h++)
                if (group->n == 0 || group->members[group->n - 1] != holds[h].at)
                    group->members[group->n++] = holds[h].at;
            out->n++;
        }
    }
}

static void groups_of_pairs(const struct dedupe_graph *graph, struct link_groups *out, struct link_pairs *apart,
                            struct arena *arena)
{
    for (size_t i = 0; i < graph->pairs_n; i++) {
        size_t a = dedupe_find(graph, &graph->pairs[i].a), b = dedupe_find(graph, &graph->pairs[i].b);
        if (a == SIZE_MAX || b == SIZE_MAX || a == b)
            continue;
        if (graph->pairs[i].apart) {
            apart->items[apart->n++] =
                (struct link_pair){.a = (uint32_t)(a < b ? a : b), .b = (uint32_t)(a < b ? b : a)};
        } else if (uuid_equal(&graph->records[a].fence, &graph->records[b].fence)) {
            struct link_group *group = &out->items[out->n++];
            *group = (struct link_group){.ground = LINK_OPERATOR, .n = 2, .members = ARENA_ARRAY(arena, 2, uint32_t)};
            group->members[0] = (uint32_t)(a < b ? a : b);
            group->members[1] = (uint32_t)(a < b ? b : a);
        }
    }
}

/* What the engine links, keeps apart and asks. A forget's closed set has links within it alone, and no questions. */
static void groups_of_edges(const struct dedupe_graph *graph, struct link_groups *out, struct link_pairs *differ,
                            struct link_pairs *asks, struct arena *arena)
{
    for (size_t i = 0; i < graph->edges_n; i++) {
        const struct dedupe_edge *edge = &graph->edges[i];
        size_t a = dedupe_find(graph, &edge->a), b = dedupe_find(graph, &edge->b);
        struct link_pair pair = {.a = (uint32_t)(a < b ? a : b), .b = (uint32_t)(a < b ? b : a)};
        if (a == SIZE_MAX || b == SIZE_MAX || a == b)
            continue;
        if (edge->differ)
            differ->items[differ->n++] = pair;
        if (!uuid_equal(&graph->records[a].fence, &graph->records[b].fence))
            continue;
        if (edge->verdict == EDGE_LINK && !edge->differ) {
            struct link_group *group = &out->items[out->n++];
            *group = (struct link_group){.ground = LINK_WEIGHED, .n = 2, .members = ARENA_ARRAY(arena, 2, uint32_t)};
            group->members[0] = pair.a;
            group->members[1] = pair.b;
        }
        if (edge->verdict != EDGE_APART && uuid_is_nil(&graph->records[a].fence))
            asks->items[asks->n++] = pair;
    }
}

/* Every place gets the first place of its tree. */
static uint32_t *first_places(struct forest *forest, size_t n, struct arena *arena)
{
    uint32_t *first = ARENA_ARRAY(arena, n + 1, uint32_t), *out = ARENA_ARRAY(arena, n + 1, uint32_t);

    memset(first, 0xff, n * sizeof(*first));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t root = forest_find(forest, i);
        if (first[root] == UINT32_MAX)
            first[root] = i;
        out[i] = first[root];
    }
    return out;
}

/* Components with a decision that keeps apart, or too large ones, need more than a union. */
static bool *hard_components(struct forest *components, const struct link_pairs *apart, size_t n, struct arena *arena)
{
    bool *hard = ARENA_ARRAY(arena, n + 1, bool);

    for (size_t i = 0; i < apart->n; i++)
        if (forest_find(components, apart->items[i].a) == forest_find(components, apart->items[i].b))
            hard[forest_find(components, apart->items[i].a)] = true;
    for (uint32_t i = 0; i < n; i++)
        if (components->size[forest_find(components, i)] > PERSON_RECORDS)
            hard[forest_find(components, i)] = true;
    return hard;
}

/* Links and what speaks against them, as places of the graph. */
struct evidence {
    struct link_groups groups, hard;
    struct link_pairs apart, apart_too, asks;
};

static void gather_evidence(const struct dedupe_graph *graph, struct arena *arena, struct evidence *out)
{
    size_t holds_n;
    struct hold *holds = holds_of(graph, arena, &holds_n);
    size_t room = holds_n + graph->pairs_n + graph->edges_n + 1;

    out->groups = (struct link_groups){.items = ARENA_ARRAY(arena, room, struct link_group)};
    out->hard = (struct link_groups){.items = ARENA_ARRAY(arena, room, struct link_group)};
    out->apart = (struct link_pairs){.items = ARENA_ARRAY(arena, graph->pairs_n + 1, struct link_pair)};
    out->apart_too =
        (struct link_pairs){.items = ARENA_ARRAY(arena, graph->pairs_n + graph->edges_n + 1, struct link_pair)};
    out->asks = (struct link_pairs){.items = ARENA_ARRAY(arena, graph->edges_n + 1, struct link_pair)};
    groups_of_pairs(graph, &out->groups, &out->apart, arena);
    groups_of_holds(graph, holds, holds_n, &out->groups, arena);
    for (size_t i = 0; i < out->apart.n; i++)
        out->apart_too.items[out->apart_too.n++] = out->apart.items[i];
    groups_of_edges(graph, &out->groups, &out->apart_too, &out->asks, arena);
}

void decide_partition(const struct dedupe_graph *graph, struct arena *arena, struct dedupe_partition *out)
{
    struct forest components, persons;
    struct evidence evidence;
    const bool *hard;

    gather_evidence(graph, arena, &evidence);
    forest_init(&components, graph->n, arena);
    forest_init(&persons, graph->n, arena);
    for (size_t i = 0; i < evidence.groups.n; i++)
        for (size_t m = 1; m < evidence.groups.items[i].n; m++)
            forest_join(&components, evidence.groups.items[i].members[0], evidence.groups.items[i].members[m]);
    hard = hard_components(&components, &evidence.apart_too, graph->n, arena);
    for (size_t i = 0; i < evidence.groups.n; i++) {
        const struct link_group *group = &evidence.groups.items[i];
        if (hard[forest_find(&components, group->members[0])]) {
            evidence.hard.items[evidence.hard.n++] = *group;
            continue;
        }
        for (size_t m = 1; m < group->n; m++)
            forest_join(&persons, group->members[0], group->members[m]);
    }
    apart_partition(&persons, graph->n, &evidence.hard, &evidence.apart, &evidence.apart_too, arena, out);
    apart_ask(&persons, &evidence.asks, &evidence.apart, arena, out);
    out->component = first_places(&components, graph->n, arena);
    out->cluster = first_places(&persons, graph->n, arena);
}
