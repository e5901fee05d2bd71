/* change: one change of who is who within one transaction: lock, load what it reaches, decide, write, tell. Everything
 * that alters records, keys, edges or restrictions goes through here. */
#ifndef LETHE_DEDUPE_CHANGE_H
#define LETHE_DEDUPE_CHANGE_H

#include "common/service/service.h"
#include "services/dedupe/store.h"
#include "services/dedupe/weigh.h"

struct change {
    const struct record_accepted **accepted; /* older revisions than what is there change nothing */
    size_t accepted_n;
    struct uuid_list removed;
    struct uuid_list touched; /* looked at again: their restrictions have changed */
    const struct record_joined **joined;
    size_t joined_n;
    struct dedupe_pair *pairs; /* decisions by `by`, reason `reason`; or, where `undo`, decisions that end */
    size_t pairs_n;
    bool undo;
    struct uuid by;
    struct text reason;
    struct uuid restricts;   /* this request restricts `touched` and whom they are one with; nil: none does */
    bool closes;             /* and its set is closed now */
    bool locked;             /* store_lock_all was called in this transaction */
    bool erases;             /* removed are forgotten: no note of them stays */
    struct uuid_list silent; /* persons that are forgotten: nobody is told of them */
};

enum outcome change_apply(struct call *call, const struct change *change, struct error *err) WARN_UNUSED;

/* ---- between change.c, change_keys.c and change_write.c --------------------------------------------------------- */
struct change_work {
    const struct change *change;
    struct uuid_list ids;       /* of all records that the change names */
    struct hash_list keys;      /* linking keys of theirs, old and new, sorted */
    struct hash_list generic;   /* sorted: what PostgreSQL lists and still holds */
    struct hash_list no_longer; /* generic ones that aren't any more */
    struct source_roots roots;  /* sorted by source: groups that the change touches, as they are afterwards */
    struct weighed_records opened;
    struct block_rows blocks; /* keys of the opened records as they were, for the locks */
    struct uuid_list reached; /* by edges that this change makes or ends */
    struct record_rows was;   /* as stored, sorted by id */
    struct dedupe_graph now;  /* as it will be */
    struct restriction_rows restrictions;
    struct uuid_list left; /* persons of removed records */
    struct uuid_list gone; /* removed records that were there */
    struct dedupe_partition partition;
    struct persons_plan plan;
};
enum outcome change_load_roots(struct call *call, struct change_work *work, struct error *err) WARN_UNUSED;
void change_set_roots(struct change_work *work); /* gives the graph's records the roots as they are afterwards */
/* named: the stored records that the change names */
enum outcome change_load_generic(struct call *call, struct change_work *work, const struct record_rows *named,
                                 struct error *err) WARN_UNUSED;
/* a record as it was stored; NULL where it wasn't */
const struct dedupe_record *change_stored(const struct change_work *work, const struct uuid *record);
enum outcome change_write(struct call *call, struct change_work *work, struct error *err) WARN_UNUSED;

#endif
