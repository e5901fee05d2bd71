/* store: the SQL of retention. */
#ifndef LETHE_RETENTION_STORE_H
#define LETHE_RETENTION_STORE_H

#include "common/forget/forget.h"
#include "services/retention/retention.h"

struct record_clock {
    struct uuid record;
    int64_t rev;
    struct text category;
    struct retained_dates dates;
    struct due due;
};
struct record_clocks {
    struct record_clock *items;
    size_t n;
};
struct activity_clock {
    struct uuid activity;
    int64_t rev;
    struct text category;
    struct retained_dates dates;
    struct due due;
};
struct activity_clocks {
    struct activity_clock *items;
    size_t n;
};
struct part_clock {
    struct uuid part, activity, record;
    int role;
    bool used;
    struct key_list keys;
    struct due due;
};
struct part_clocks {
    struct part_clock *items;
    size_t n;
};
struct due_items {
    struct due_item *items;
    size_t n;
};
struct rehearsed {
    struct text kind, category, rule;
    int64_t n;
};
struct rehearsed_list {
    struct rehearsed *items;
    size_t n;
};

enum outcome store_ended(struct call *call, struct uuid_list ids, struct uuid_list *out, struct error *err) WARN_UNUSED;
enum outcome store_ended_put(struct call *call, struct uuid_list ids, struct error *err) WARN_UNUSED;

/* computed 0 where the last use must be looked up first */
enum outcome store_records_put(struct call *call, const struct record_clock *clocks, size_t n,
                               struct error *err) WARN_UNUSED;
enum outcome store_records_drop(struct call *call, struct uuid_list records, struct error *err) WARN_UNUSED;
/* *applied: the activities whose revision was new */
enum outcome store_activities_put(struct call *call, const struct activity_clock *clocks, size_t n,
                                  struct uuid_list *applied, struct error *err) WARN_UNUSED;
enum outcome store_activities_drop(struct call *call, struct uuid_list activities, struct error *err) WARN_UNUSED;
/* parts of `activities`, as their newest revisions have them */
enum outcome store_parts_put(struct call *call, struct uuid_list activities, const struct part_clock *parts, size_t n,
                             struct error *err) WARN_UNUSED;

/* the last use of whoever is concerned is looked up again */
enum outcome store_touch_activities(struct call *call, struct uuid_list activities, struct error *err) WARN_UNUSED;
enum outcome store_touch_records(struct call *call, struct uuid_list records, struct error *err) WARN_UNUSED;
enum outcome store_touch_persons(struct call *call, struct uuid_list persons, struct error *err) WARN_UNUSED;

struct person_row {
    struct uuid person;
    int64_t rev;
    bool ended;
};
enum outcome store_persons_put(struct call *call, const struct person_row *persons, size_t n, struct uuid_list *applied,
                               struct error *err) WARN_UNUSED;
enum outcome store_members_clear(struct call *call, struct uuid_list persons, struct error *err) WARN_UNUSED;
enum outcome store_members_put(struct call *call, const struct uuid *records, const struct uuid *persons, size_t n,
                               struct error *err) WARN_UNUSED;
enum outcome store_person_keys_put(struct call *call, const struct hash *keys, const struct uuid *persons, size_t n,
                                   struct error *err) WARN_UNUSED;

/* clocks that aren't computed by the call's policy version: a page, locked */
enum outcome store_records_stale(struct call *call, int most, struct record_clocks *out, struct error *err) WARN_UNUSED;
enum outcome store_records_computed(struct call *call, const struct record_clock *clocks, size_t n,
                                    struct error *err) WARN_UNUSED;
enum outcome store_activities_stale(struct call *call, int most, struct activity_clocks *out,
                                    struct error *err) WARN_UNUSED;
enum outcome store_parts(struct call *call, struct uuid_list activities, struct part_clocks *out,
                         struct error *err) WARN_UNUSED;
enum outcome store_activities_computed(struct call *call, const struct activity_clock *clocks, size_t n,
                                       struct error *err) WARN_UNUSED;
enum outcome store_parts_computed(struct call *call, const struct part_clock *parts, size_t n,
                                  struct error *err) WARN_UNUSED;

/* store_look_again: due clocks that hang on the last use and were computed before they were due are to be computed anew. */
enum outcome store_look_again(struct call *call, int most, size_t *n, struct error *err) WARN_UNUSED;
enum outcome store_due(struct call *call, int most, struct due_items *out, struct error *err) WARN_UNUSED;
enum outcome store_announced(struct call *call, const struct due_item *items, const struct uuid *expiries, size_t n,
                             struct error *err) WARN_UNUSED;

/* *stale: clocks that wait to be computed: they aren't in *out, since nothing expires by them before */
enum outcome store_rehearse(struct call *call, int64_t at, struct rehearsed_list *out, int64_t *stale,
                            struct error *err) WARN_UNUSED;
/* all that has a clock, by kind and category */
enum outcome store_held(struct call *call, struct rehearsed_list *out, struct error *err) WARN_UNUSED;
enum outcome store_sweep(struct call *call, struct error *err) WARN_UNUSED;
enum outcome store_erase(struct call *call, const struct forget_set *set, int64_t *rows, struct error *err) WARN_UNUSED;
enum outcome store_count(struct call *call, const struct forget_set *set, int64_t *remaining,
                         struct error *err) WARN_UNUSED;

#endif
