/* weigh: what records have in common, by the engine: opens their fields in the vault, keeps blocking keys and edges. What
 * it opens lives in the call's arena, which is wiped; what it stores is keyed hashes, levels and bits. */
#ifndef LETHE_DEDUPE_WEIGH_H
#define LETHE_DEDUPE_WEIGH_H

#include "common/service/service.h"
#include "services/dedupe/dedupe.h"
#include "services/dedupe/engine/model.h"

/* The service's state: immutable, but for what weighing.c keeps of the weights in force. */
struct weigher {
    struct nicknames *nicknames;
    struct model shipped;
    struct thresholds thresholds;
    int64_t rate; /* records a second that are decided anew */
    struct metric *version, *to_decide;
    struct weights_cache *cache;
};
struct weigher *weigher_new(struct service *service);
void weigher_free(struct weigher *weigher);

/* A record whose fields could be opened. */
struct weighed_record {
    struct uuid record;
    struct profile profile;
    bool single; /* its system holds nobody twice, as the policy says */
    int64_t keys[BLOCK_KEYS];
    size_t keys_n;
};
struct weighed_records {
    struct weighed_record *items; /* sorted by record */
    size_t n;
};

/* weigh_open: ids sorted, without repeats. Restricted or ended records don't open and are left out: what is known of them
 * stays as it is. */
enum outcome weigh_open(struct call *call, struct uuid_list ids, struct weighed_records *out,
                        struct error *err) WARN_UNUSED;

/* weigh_keep: the opened records' keys and edges are written anew, the removed ones' dropped, and so are the edges of
 * whoever holds a key that becomes generic by it or ceases to be. Under the locks of the keys, old and new. reached: records
 * that an edge leads or led to. */
struct weighing;
enum outcome weigh_keep(struct call *call, const struct weighing *weighing, const struct weighed_records *opened,
                        struct uuid_list removed, struct uuid_list *reached, struct error *err) WARN_UNUSED;

/* ---- between weigh.c and weigh_store.c ---------------------------------------------------------------------------- */
struct block_row {
    int64_t key;
    struct uuid record;
};
struct block_rows {
    struct block_row *items;
    size_t n;
};
struct edge_rows {
    struct dedupe_edge *items;
    size_t n;
};
enum outcome weigh_store_keys(struct call *call, struct uuid_list records, struct block_rows *out,
                              struct error *err) WARN_UNUSED;
enum outcome weigh_store_holders(struct call *call, const int64_t *keys, size_t n, size_t most, struct block_rows *out,
                                 struct error *err) WARN_UNUSED;
enum outcome weigh_store_keys_put(struct call *call, struct uuid_list drop, const struct block_row *rows, size_t n,
                                  struct error *err) WARN_UNUSED;
enum outcome weigh_store_edges(struct call *call, struct uuid_list records, struct edge_rows *out,
                               struct error *err) WARN_UNUSED;
enum outcome weigh_store_edges_put(struct call *call, struct uuid_list drop, const struct dedupe_edge *edges, size_t n,
                                   int64_t weights, struct error *err) WARN_UNUSED;

#endif
