/* bulk: all records at once, in memory: blocks, training, scores, persons. What the service does one record at a time,
 * by the same functions. No I/O; two threads. */
#ifndef LETHE_DEDUPE_ENGINE_BULK_H
#define LETHE_DEDUPE_ENGINE_BULK_H

#include "services/dedupe/engine/cluster.h"
#include "services/dedupe/engine/model.h"
#include "services/dedupe/engine/train.h"

enum { GENERIC_HOLDERS = 64, BULK_THREADS = 2 };

struct block_entry {
    uint64_t key;
    uint32_t record;
};

struct bulk {
    struct profile *profiles; /* in the order of the records' ids */
    size_t n;
    struct model model;
    struct terms terms;
    struct thresholds thresholds;
    uint64_t *keys; /* of all records, sorted for each, without generic ones */
    uint32_t *keys_from;
    struct block_entry *entries;
    size_t entries_n;
    struct edge *edges;
    size_t edges_n;
    uint32_t *single_sources; /* sorted: sources that hold nobody twice */
    size_t single_sources_n;
    uint64_t pairs; /* compared */
};

/* In this order. profiles and n are given. bulk_learn goes on where `state` stands (a zeroed one: at the beginning) with
 * bulk->model as it was then; bulk_decide gives persons and asks. bulk_free frees what they made, profiles not. */
void bulk_prepare(struct bulk *bulk, const struct nicknames *nicknames);
void bulk_learn(struct bulk *bulk, struct training *state, train_told *told, void *context);
void bulk_decide(struct bulk *bulk, struct clusters *out);
void bulk_free(struct bulk *bulk);

/* between bulk.c and bulk_blocks.c: entries in runs of one key each, of 2 to GENERIC_HOLDERS records; keys by record.
 * What more hold is nobody's: such a mailbox or phone says nothing of its holders any more. */
void bulk_make_blocks(struct bulk *bulk);
size_t bulk_block_end(const struct bulk *bulk, size_t from);

#endif
