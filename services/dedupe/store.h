/* store: the SQL of dedupe. Rows come out in the call's arena; writes are queued in the call's transaction. */
#ifndef LETHE_DEDUPE_STORE_H
#define LETHE_DEDUPE_STORE_H

#include "common/service/service.h"
#include "services/dedupe/api.h"
#include "services/dedupe/dedupe.h"
#include "services/dedupe/persons.h"

enum { KEY_JOINED = 100 }; /* match_key.kind of a source group's root */
enum lock_class { LOCK_KEYS = 1, LOCK_COMPONENTS = 2, LOCK_BUCKETS = 256 };

struct record_rows {
    struct dedupe_record *items;
    size_t n;
};
struct person_row {
    struct uuid person, into;
    int64_t rev;
    bool restricted, ended;
};
struct person_rows {
    struct person_row *items;
    size_t n;
};
struct source_root {
    struct hash source;
    struct uuid root;
};
struct source_roots {
    struct source_root *items;
    size_t n;
};
struct restriction_row {
    struct uuid record, request;
    bool closed;
};
struct restriction_rows {
    struct restriction_row *items;
    size_t n;
};
/* REVIEW_URGENT: a forget waits for it. */
enum review_rank { REVIEW_URGENT, REVIEW_ASKED, REVIEW_UNSURE_OF };
struct review_row {
    struct uuid review, a, b, person_a, person_b;
    int64_t opened_at;
    int rank;     /* enum review_rank: its place in the queue, before its age */
    bool weighed; /* the engine asks, by what it found */
    bool has_proposed;
    int proposed; /* enum review_verdict */
    int32_t random, household;
    uint32_t levels;
};
struct review_rows {
    struct review_row *items;
    size_t n;
};
struct pair_rows {
    struct dedupe_pair *items;
    size_t n;
};
struct key_holder {
    struct hash hash;
    struct uuid person;
};
struct key_holders {
    struct key_holder *items;
    size_t n;
};
struct forgetting_row {
    struct uuid request;
    struct key_list keys;
    struct uuid_list records, persons;
    bool closed;
};
struct forgetting_rows {
    struct forgetting_row *items;
    size_t n;
};
struct passed_barrier {
    struct uuid barrier;
    struct uuid_list requests;
};
struct passed_barriers {
    struct passed_barrier *items;
    size_t n;
};

/* locks: buckets 0..LOCK_BUCKETS-1, taken in order. store_lock waits; store_try tells. */
enum outcome store_lock(struct call *call, enum lock_class class, const bool buckets[LOCK_BUCKETS],
                        struct error *err) WARN_UNUSED;
/* store_lock_all: all of LOCK_KEYS at once: nobody else changes who is who until this transaction ends. Before anything
 * else is read. */
enum outcome store_lock_all(struct call *call, struct error *err) WARN_UNUSED;
enum outcome store_try(struct call *call, enum lock_class class, const bool buckets[LOCK_BUCKETS], bool *got,
                       struct error *err) WARN_UNUSED;

/* reading */
enum records_by { BY_ID, BY_COMPONENT, BY_PERSON };
enum outcome store_records(struct call *call, enum records_by by, struct uuid_list ids, struct record_rows *out,
                           struct error *err) WARN_UNUSED;
enum outcome store_components(struct call *call, struct uuid_list records, struct hash_list keys, size_t most_of_a_key,
                              struct uuid_list *out, struct error *err) WARN_UNUSED;
enum outcome store_generic(struct call *call, struct hash_list keys, struct hash_list *out,
                           struct error *err) WARN_UNUSED;
/* how many records hold each key, at most `most`: in the order of `keys` as PostgreSQL gives them back */
enum outcome store_key_counts(struct call *call, struct hash_list keys, size_t most, struct hash_list *out,
                              int64_t **counts, struct error *err) WARN_UNUSED;
enum outcome store_roots(struct call *call, struct hash_list sources, struct source_roots *out,
                         struct error *err) WARN_UNUSED;
enum outcome store_pairs(struct call *call, struct uuid_list records, struct pair_rows *out,
                         struct error *err) WARN_UNUSED;
enum outcome store_reviews(struct call *call, struct uuid_list records, struct review_rows *out,
                           struct error *err) WARN_UNUSED;
enum outcome store_reviews_page(struct call *call, const struct review_row *after, int most, struct review_rows *out,
                                struct error *err) WARN_UNUSED;
enum outcome store_review_find(struct call *call, const struct uuid *review, struct review_row *out, bool *found,
                               struct error *err) WARN_UNUSED;
enum outcome store_restrictions(struct call *call, struct uuid_list records, struct restriction_rows *out,
                                struct error *err) WARN_UNUSED;
enum outcome store_ended(struct call *call, struct uuid_list records, struct uuid_list *out,
                         struct error *err) WARN_UNUSED;
enum outcome store_persons(struct call *call, struct uuid_list persons, struct person_rows *out,
                           struct error *err) WARN_UNUSED;
enum outcome store_persons_page(struct call *call, const struct uuid *after, int most, struct person_rows *out,
                                struct error *err) WARN_UNUSED;
enum outcome store_heirs(struct call *call, struct uuid_list persons, struct uuid_list *out,
                         struct error *err) WARN_UNUSED;
enum outcome store_incarnation(struct call *call, int64_t *out, struct error *err) WARN_UNUSED;
enum outcome store_key_holders(struct call *call, struct hash_list keys, size_t most, struct key_holders *out,
                               struct error *err) WARN_UNUSED;
enum outcome store_held_elsewhere(struct call *call, struct hash_list keys, struct uuid_list persons,
                                  struct hash_list *out, struct error *err) WARN_UNUSED;
enum outcome store_role_keys(struct call *call, struct hash_list keys, struct hash_list *out,
                             struct error *err) WARN_UNUSED;

/* writing */
enum outcome store_records_put(struct call *call, struct dedupe_record *const *records, size_t n,
                               struct error *err) WARN_UNUSED;
enum outcome store_records_move(struct call *call, struct dedupe_record *const *records, size_t n,
                                struct error *err) WARN_UNUSED;
enum outcome store_records_drop(struct call *call, struct uuid_list records, struct error *err) WARN_UNUSED;
enum outcome store_ended_put(struct call *call, struct uuid_list records, struct error *err) WARN_UNUSED;
struct key_row {
    struct hash hash;
    struct uuid record;
    int32_t kind;
};
enum outcome store_keys_put(struct call *call, const struct key_row *keys, size_t n, struct error *err) WARN_UNUSED;
enum outcome store_keys_drop(struct call *call, const struct key_row *keys, size_t n, struct error *err) WARN_UNUSED;
enum outcome store_generic_put(struct call *call, struct hash_list keys, struct error *err) WARN_UNUSED;
enum outcome store_generic_drop(struct call *call, struct hash_list keys, struct error *err) WARN_UNUSED;
enum outcome store_roots_put(struct call *call, struct source_roots roots, struct error *err) WARN_UNUSED;
enum outcome store_persons_put(struct call *call, const struct person_row *persons, size_t n,
                               struct error *err) WARN_UNUSED;
enum outcome store_persons_end(struct call *call, const struct person_row *persons, size_t n,
                               struct error *err) WARN_UNUSED;
enum outcome store_pairs_put(struct call *call, const struct dedupe_pair *pairs, size_t n, const struct uuid *by,
                             struct text reason, struct error *err) WARN_UNUSED;
enum outcome store_pairs_drop(struct call *call, const struct dedupe_pair *pairs, size_t n,
                              struct error *err) WARN_UNUSED;
enum outcome store_reviews_put(struct call *call, const struct review_row *reviews, size_t n,
                               struct error *err) WARN_UNUSED;
enum outcome store_reviews_drop(struct call *call, struct uuid_list reviews, struct error *err) WARN_UNUSED;
enum outcome store_review_unsure(struct call *call, const struct review_decided *in, struct error *err) WARN_UNUSED;
/* proposals: decisions of one operator where the policy wants two, by a digest of decision and pairs; swept after 30 days */
enum outcome store_proposal(struct call *call, const struct hash *digest, struct uuid *by, bool *known,
                            struct error *err) WARN_UNUSED;
enum outcome store_proposal_put(struct call *call, const struct hash *digest, const struct review_decided *in,
                                struct error *err) WARN_UNUSED;
enum outcome store_proposal_drop(struct call *call, const struct hash *digest, struct error *err) WARN_UNUSED;
enum outcome store_restrict(struct call *call, const struct restriction_row *rows, size_t n,
                            struct error *err) WARN_UNUSED;

/* forgets under way and their barriers */
enum outcome store_forgetting_put(struct call *call, const struct forgetting_row *row, struct error *err) WARN_UNUSED;
enum outcome store_forgetting(struct call *call, struct uuid_list requests, struct forgetting_rows *out,
                              struct error *err) WARN_UNUSED;
enum outcome store_forgetting_close(struct call *call, const struct uuid *request, struct error *err) WARN_UNUSED;
/* lifts the request's restrictions and forgets it; *freed: the records it held */
enum outcome store_forgetting_lift(struct call *call, const struct uuid *request, struct uuid_list *freed,
                                   struct error *err) WARN_UNUSED;
/* store_barriers_seen: counts them; *passed: those that have now passed every partition. Their rows stay locked. */
enum outcome store_barriers_seen(struct call *call, const struct barrier *const *barriers, size_t n,
                                 struct passed_barriers *passed, struct error *err) WARN_UNUSED;
enum outcome store_barriers_passed(struct call *call, struct uuid_list requests, struct passed_barriers *out,
                                   struct error *err) WARN_UNUSED;
/* store_erase: persons, source groups, notes, the request's own rows; adds to *rows */
enum outcome store_erase(struct call *call, struct uuid_list persons, struct uuid_list records,
                         struct hash_list sources, const struct uuid *request, int64_t *rows,
                         struct error *err) WARN_UNUSED;
enum outcome store_count(struct call *call, struct uuid_list persons, struct uuid_list records, struct hash_list keys,
                         const struct uuid *request, int64_t *remaining, struct error *err) WARN_UNUSED;
enum outcome store_sweep(struct call *call, struct error *err) WARN_UNUSED;

#endif
