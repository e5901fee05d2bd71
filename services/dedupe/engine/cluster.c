/* cluster: links, the strongest first, where nothing speaks against them; what is left is asked. */
#include "services/dedupe/engine/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "common/error/error.h"
#include "services/dedupe/engine/model.h"

enum {
    PERSON_MOST = 1000,
    NEAR = 600,
    SURE = 800
}; /* two candidates within six bits of one another: neither is taken */

static int by_worth(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;

    if (x->verdict != y->verdict)
        return x->verdict > y->verdict ? -1 : 1;
    if (x->bits != y->bits)
        return x->bits > y->bits ? -1 : 1;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

struct forest {
    uint32_t *parent, *next, *last, *size; /* members of a tree hang on a chain from its root */
};

static uint32_t root_of(struct forest *f, uint32_t at)
{
    while (f->parent[at] != at) {
        f->parent[at] = f->parent[f->parent[at]];
        at = f->parent[at];
    }
    return at;
}

static void join(struct forest *f, uint32_t a, uint32_t b)
{
    ENSURE(a != UINT32_MAX && b != UINT32_MAX);
    if (f->size[a] < f->size[b]) {
        uint32_t swap = a;
        a = b;
        b = swap;
    }
    f->parent[b] = a;
    f->next[f->last[a]] = b;
    f->last[a] = f->last[b];
    f->size[a] += f->size[b];
}

static void forest_make(struct forest *f, size_t n)
{
    ENSURE((f->parent = malloc((4 * n + 4) * sizeof(uint32_t))) != NULL);
    f->next = f->parent + n + 1;
    f->last = f->next + n + 1;
    f->size = f->last + n + 1;
    for (uint32_t i = 0; i < n; i++) {
        f->parent[i] = f->last[i] = i;
        f->next[i] = UINT32_MAX;
        f->size[i] = 1;
    }
}

/* ---- who fits two that can't be one ----------------------------------------------------------------------------------- */

/* Edges by record, so that each sees its candidates. */
struct adjacency {
    uint32_t *from, *edges;
};

static void adjacency_make(struct adjacency *out, const struct edge *edges, size_t n, size_t records)
{
    ENSURE((out->from = calloc(records + 2, sizeof(uint32_t))) != NULL);
    ENSURE((out->edges = malloc((2 * n + 1) * sizeof(uint32_t))) != NULL);
    for (size_t i = 0; i < n; i++) {
        out->from[edges[i].a + 2]++;
        out->from[edges[i].b + 2]++;
    }
    for (size_t r = 2; r < records + 2; r++)
        out->from[r] += out->from[r - 1];
    for (uint32_t i = 0; i < n; i++) {
        out->edges[out->from[edges[i].a + 1]++] = i;
        out->edges[out->from[edges[i].b + 1]++] = i;
    }
}

static uint32_t other_end(const struct edge *edge, uint32_t record)
{
    return edge->a == record ? edge->b : edge->a;
}

/* Exactly one person may qualify: a link is doubtful where another that is nearly as good leads to somebody who can't be
 * the same. */
static void find_doubtful(const struct edge *edges, const struct adjacency *near, size_t records,
                          cluster_conflict *conflict, const void *context, bool *doubtful)
{
    for (uint32_t r = 0; r < records; r++) {
        for (uint32_t i = near->from[r]; i < near->from[r + 1]; i++) {
            const struct edge *x = &edges[near->edges[i]];
            for (uint32_t j = i + 1; j < near->from[r + 1] && j < i + PERSON_MOST; j++) {
                const struct edge *y = &edges[near->edges[j]];
                if ((x->verdict != LINK && y->verdict != LINK) || !conflict(context, other_end(x, r), other_end(y, r)))
                    continue;
                if (x->verdict == LINK && x->bits - y->bits < NEAR)
                    doubtful[near->edges[i]] = true;
                if (y->verdict == LINK && y->bits - x->bits < NEAR)
                    doubtful[near->edges[j]] = true;
            }
        }
    }
}

/* ---- joining ---------------------------------------------------------------------------------------------------------- */

static bool trees_conflict(const struct forest *f, uint32_t a, uint32_t b, cluster_conflict *conflict,
                           const void *context)
{
    if (f->size[a] + f->size[b] > PERSON_MOST)
        return true;
    for (uint32_t x = a; x != UINT32_MAX; x = f->next[x])
        for (uint32_t y = b; y != UINT32_MAX; y = f->next[y])
            if (conflict(context, x, y))
                return true;
    return false;
}

/* What is asked: the strongest of each two persons, and no more of them than it takes to settle who is one. */
static void gather_asks(struct edge *edges, size_t n, struct forest *persons, size_t records, struct clusters *out)
{
    struct forest asked;

    forest_make(&asked, records);
    ENSURE((out->asks = malloc((n + 1) * sizeof(*out->asks))) != NULL);
    for (size_t i = 0; i < n; i++) {
        uint32_t a = root_of(persons, edges[i].a), b = root_of(persons, edges[i].b), x, y;
        if (a == b || edges[i].verdict == APART)
            continue;
        x = root_of(&asked, a);
        y = root_of(&asked, b);
        if (x == y && (edges[i].verdict != LINK || edges[i].bits < SURE))
            continue;
        if (x != y)
            join(&asked, x, y);
        out->asks[out->asks_n++] = edges[i];
    }
    free(asked.parent);
}

void cluster_records(struct edge *edges, size_t edges_n, size_t records, cluster_conflict *conflict,
                     const void *context, struct clusters *out)
{
    struct adjacency near;
    struct forest persons;
    bool *doubtful;
    uint32_t *first;

    memset(out, 0, sizeof(*out));
    if (edges_n > 0)
        qsort(edges, edges_n, sizeof(*edges), by_worth);
    ENSURE((doubtful = calloc(edges_n + 1, sizeof(*doubtful))) != NULL);
    ENSURE((out->of = malloc((records + 1) * sizeof(*out->of))) != NULL);
    ENSURE((first = malloc((records + 1) * sizeof(*first))) != NULL);
    adjacency_make(&near, edges, edges_n, records);
    find_doubtful(edges, &near, records, conflict, context, doubtful);
    forest_make(&persons, records);
    for (size_t i = 0; i < edges_n && edges[i].verdict == LINK; i++) {
        uint32_t a = root_of(&persons, edges[i].a), b = root_of(&persons, edges[i].b);
        if (a != b && !doubtful[i] && !trees_conflict(&persons, a, b, conflict, context))
            join(&persons, a, b);
    }
    gather_asks(edges, edges_n, &persons, records, out);
    memset(first, 0xff, (records + 1) * sizeof(*first));
    for (uint32_t r = 0; r < records; r++) {
        uint32_t root = root_of(&persons, r);
        if (first[root] == UINT32_MAX)
            first[root] = r;
        out->of[r] = first[root];
    }
    free(first);
    free(doubtful);
    free(near.from);
    free(near.edges);
    free(persons.parent);
}

void clusters_free(struct clusters *clusters)
{
    free(clusters->of);
    free(clusters->asks);
    memset(clusters, 0, sizeof(*clusters));
}
