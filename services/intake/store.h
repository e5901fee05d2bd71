/* store: the one place of intake that talks SQL. Every function works in the call's transaction. */
#ifndef LETHE_INTAKE_STORE_H
#define LETHE_INTAKE_STORE_H

#include "services/intake/batch.h"

/* ---- what a batch must know ------------------------------------------------------------------------------------------- */
/* store_ask: begins to look up what the admitted events [from, to) name: stones and rows. Nothing is waited for. */
enum outcome store_ask(struct batch *batch, size_t from, size_t to, struct error *err) WARN_UNUSED;
/* store_lookup: fills the batch's slots (rows, ends, restrictions, keys of existing records, states that a patch needs),
 * its stones, activities and the systems' kinds, once everything has been asked: one round trip where all is new. */
enum outcome store_lookup(struct batch *batch, struct error *err) WARN_UNUSED;
void store_forget_asked(struct batch *batch); /* frees the answers, read or not */

/* ---- what a batch writes ------------------------------------------------------------------------------------------------ */
/* One statement's arrays; see vault.records_put_v1. */
enum outcome store_records_put(struct batch *batch, const struct slot *const *slots, const struct bytes *sealed,
                               size_t n, struct error *err) WARN_UNUSED;
enum outcome store_records_delete(struct call *call, const struct uuid *ids, size_t n, struct error *err) WARN_UNUSED;
enum outcome store_kinds_put(struct batch *batch, struct error *err) WARN_UNUSED;
enum outcome store_ends_put(struct call *call, const struct end *ends, size_t n, struct error *err) WARN_UNUSED;
enum outcome store_ends_drop(struct call *call, const struct hash *keys, size_t n, struct error *err) WARN_UNUSED;
enum outcome store_doom(struct call *call, const struct uuid *ids, size_t n, struct error *err) WARN_UNUSED;
enum outcome store_barriers_put(struct call *call, const struct seen_barrier *barriers, size_t n,
                                struct error *err) WARN_UNUSED;
enum outcome store_rolled_put(struct call *call, const int64_t *next, size_t n, struct error *err) WARN_UNUSED;
enum outcome store_activity_put(struct batch *batch, const struct slot *slot, struct error *err) WARN_UNUSED;
enum outcome store_parts_drop(struct call *call, const struct uuid *ids, size_t n, struct error *err) WARN_UNUSED;

struct quarantine_row {
    struct uuid id;
    struct hash event_id, event_source;
    struct text event_type, pointer, rule, system;
    struct uuid request;
    struct hash_list keys;
    int64_t expires_us;
};
enum outcome store_quarantine_put(struct call *call, const struct quarantine_row *row, struct error *err) WARN_UNUSED;

/* store_ids: any statement that takes one array of ids and returns nothing. */
struct pg_statement;

#endif
