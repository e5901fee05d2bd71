/* forget: carries one forget for every service: tombstones, the grace wait, delete, second look, answer. A service
 * names its deletes; the runtime wires the topics `forget` and the job that carries tasks on.
 *
 * The road within one service:
 *   lethe.forget.opened   tombstones on the keys, the persons and the records named (state restricted), on_restrict
 *   lethe.forget.destroy  tombstones on all ids of the now closed set; a task is stored
 *   job "forget"          marks the next transaction's number when it first sees the task; once none below it runs,
 *                         every writer that could not see the tombstones has ended: `prepare` (keys), `erase` and
 *                         `count` in one transaction; then the answer
 *                         lethe.forget.result {phase destroy, rows, remaining}; rows left over: again, with backoff
 *   lethe.forget.verify   `count` once more; the answer with phase verify
 *   lethe.forget.cancelled / completed   restrictions lifted / the task closed (tombstones stay as the policy says) */
#ifndef LETHE_FORGET_H
#define LETHE_FORGET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/normal/normal.h"
#include "common/service/service.h"

/* What is to be forgotten: the closed set. */
struct forget_set {
    struct uuid request;
    bool expiry; /* retention's: only these ids, no tombstone on keys */
    struct uuid_list persons, records, activities, parts;
    const struct forget_key *keys; /* identifiers that are the person's alone */
    size_t keys_n;
};
struct forget_key {
    enum key_kind kind;
    struct hash hash;
};

struct named_count_list; /* proto/events.h */
struct forget_table {
    /* restrict: what must stop at once (cancel queued mail, close reviews); in the transaction of opened. May be NULL. */
    enum outcome (*restrict_now)(struct call *call, const struct forget_set *set, struct error *err);
    /* lift: undo of restrict after a cancel. May be NULL. */
    enum outcome (*lift)(struct call *call, const struct forget_set *set, struct error *err);
    /* prepare: before erase; may commit on its own elsewhere (destroy keys), which stands even where this transaction
     * fails. May be NULL. Repeatable. */
    enum outcome (*prepare)(struct call *call, const struct forget_set *set, struct error *err);
    /* erase: deletes every row about the set; *rows counts them. Repeatable. */
    enum outcome (*erase)(struct call *call, const struct forget_set *set, int64_t *rows, struct error *err);
    /* count: the second look: rows, index entries and keys about the set that are still there. */
    enum outcome (*count)(struct call *call, const struct forget_set *set, int64_t *remaining, struct error *err);
    /* tell: what the certificate counts besides rows, with the answer to destroy; durable, since an attempt may be one of
     * several. May be NULL. */
    enum outcome (*tell)(struct call *call, const struct forget_set *set, struct named_count_list *out,
                         struct error *err);
    /* what remains may be a human's to answer for, and is no row of the person's: the restore's gate needn't wait for it */
    bool waits_for_humans;
};

/* ---- what every writer asks ------------------------------------------------------------------------------------- */
/* forget_check_ids: which of n ids (records, persons, activities, parts) are destroyed here, so that a late event about
 * them is dropped. Ids that are merely restricted don't stand: their events go on being taken, since a cancel must find
 * them. Called after the transaction's first write (the runtime's fence is that), before rows are written. */
enum outcome forget_check_ids(struct call *call, const struct uuid *ids, size_t n, bool *stands,
                              struct error *err) WARN_UNUSED;

/* forget_check_keys: the newest tombstone of each key, restricted or standing. */
struct forget_tombstone {
    bool stands;
    bool restricted; /* not destroyed yet: the request may still be cancelled */
    struct uuid request;
    int64_t received_us; /* when the request came in */
    struct uuid barrier; /* nil until known */
};
enum outcome forget_check_keys(struct call *call, const struct forget_key *keys, size_t n, struct forget_tombstone *out,
                               struct error *err) WARN_UNUSED;
/* The same in two steps, for whoever goes on meanwhile: what is asked stands in *rows after the next flush. */
enum outcome forget_ask_keys(struct call *call, const struct forget_key *keys, size_t n, struct pg_rows *rows,
                             struct error *err) WARN_UNUSED;
void forget_read_keys(const struct pg_rows *rows, size_t n, struct forget_tombstone *out); /* out: zeroed, n of them */
/* forget_yield: the person's own new act: tombstones on these keys end (intake decides when). */
enum outcome forget_yield(struct call *call, const struct forget_key *keys, size_t n, struct error *err) WARN_UNUSED;

/* forget_retry: what held up this request here is gone: its next attempt is due once the transaction has committed. */
enum outcome forget_retry(struct call *call, const struct uuid *request, struct error *err) WARN_UNUSED;

/* ---- what the ledger says, done again (common/service alone calls these) ----------------------------------------------- */
/* A line of the ledger that is an order of a forget's road. */
struct forget_line {
    const struct event_type *type;
    const void *data;
    struct uuid request;
    int state; /* how far this schema is with the request: enum task_state */
};
/* forget_line_read: *ours false where the line is about something else. */
enum outcome forget_line_read(struct text type, struct text data, struct arena *arena, struct forget_line *out,
                              bool *ours, struct error *err) WARN_UNUSED;
/* forget_lines_look: fills the states of n lines. */
enum outcome forget_lines_look(struct call *call, struct forget_line **lines, size_t n, struct error *err) WARN_UNUSED;
/* forget_line_apply: does the order where this schema hasn't heard of it. Ends (cancelled) and destroys come in a first
 * round, what was opened and what is completed in a second, when the first round's tasks are done. */
enum outcome forget_line_apply(struct call *call, const struct forget_line *line, bool second, bool *applied,
                               struct error *err) WARN_UNUSED;
bool forget_line_deletes(const struct forget_line *line); /* its task's end is to be waited for */

/* ---- a set's keys in a row: a bytea of kinds and beside it an array of hashes -------------------------------------------- */
void forget_keys_add(struct pg_params *params, const struct forget_key *keys, size_t n);
/* forget_keys_get: reads columns `at` and the next; RETRY where they don't match: no row of ours */
enum outcome forget_keys_get(const struct pg_rows *rows, int row, int at, struct arena *arena,
                             const struct forget_key **keys, size_t *n, struct error *err) WARN_UNUSED;

/* ---- what the runtime wires (common/service alone calls these) -------------------------------------------------------- */
extern const struct topic_handler forget_topics[];
extern const size_t forget_topics_n;
extern const struct periodic_job forget_job;

#endif
