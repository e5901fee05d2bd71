/* cluster: who is one person, from what pairs are worth. The result depends on the set of edges alone: ties are broken by
 * the records' order, which is their ids'. Pure. */
#ifndef LETHE_DEDUPE_ENGINE_CLUSTER_H
#define LETHE_DEDUPE_ENGINE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edge {
    uint32_t a, b;   /* a < b */
    int32_t bits;    /* hundredths */
    uint8_t verdict; /* enum verdict */
};

/* cluster_conflict: can two records never be one person, whatever links them through others? */
typedef bool cluster_conflict(const void *context, uint32_t a, uint32_t b);

struct clusters {
    uint32_t *of;      /* of each record: the first record of its person */
    struct edge *asks; /* what a human must say, at most once for two persons */
    size_t asks_n;
};

/* cluster_records: edges are sorted in place. of and asks are malloc'd: clusters_free. */
void cluster_records(struct edge *edges, size_t edges_n, size_t records, cluster_conflict *conflict,
                     const void *context, struct clusters *out);
void clusters_free(struct clusters *clusters);

#endif
