/* handlers: records, activities and persons, a batch at a time. */
#include "services/retention/handlers.h"

#include <stdlib.h>

#include "proto/contact.h"
#include "services/retention/store.h"

static bool listed(struct uuid_list sorted, const struct uuid *id)
{
    return sorted.n > 0 && bsearch(id, sorted.items, sorted.n, sizeof(*id), uuid_compare) != NULL;
}

/* Which of these ids have ended or are forgotten, those that end in this batch (`removed`, sorted here) included. */
static enum outcome dead_ids(struct call *call, struct uuid_list ids, struct uuid_list *removed, bool *dead,
                             struct error *err)
{
    struct uuid_list ended;

    if (removed->n > 0)
        qsort(removed->items, removed->n, sizeof(*removed->items), uuid_compare);
    if (ids.n == 0)
        return DONE;
    TRY(forget_check_ids(call, ids.items, ids.n, dead, err));
    TRY(store_ended(call, ids, &ended, err));
    if (ended.n > 0)
        qsort(ended.items, ended.n, sizeof(*ended.items), uuid_compare);
    for (size_t i = 0; i < ids.n; i++)
        dead[i] = dead[i] || listed(ended, &ids.items[i]) || listed(*removed, &ids.items[i]);
    return DONE;
}

static bool readable(const struct batch_item *item)
{
    return item->outcome == DONE && item->type != NULL;
}

/* ---- records ---------------------------------------------------------------------------------------------------------- */

static int by_newest_record(const void *a, const void *b)
{
    const struct record_clock *x = a, *y = b;
    int order = uuid_compare(&x->record, &y->record);

    return order != 0 ? order : (x->rev < y->rev) - (x->rev > y->rev);
}

/* A capture later than its arrival is a wrong clock's: it must not keep the record longer. */
static struct record_clock clock_of_record(const struct call *call, const struct record_accepted *in)
{
    int64_t captured = in->captured_at;
    struct record_clock clock = {.record = in->record, .rev = in->rev, .category = in->category};

    if (captured == CLOCK_NONE || (in->created_at != CLOCK_NONE && captured > in->created_at))
        captured = in->created_at != CLOCK_NONE ? in->created_at : call->now_us;
    clock.dates = (struct retained_dates){.base = captured, .last_use = captured, .dates = in->dates};
    decide_due(policy_category(call->policy, in->category), RETAINED_RECORD, NULL, &clock.dates, &clock.due);
    return clock;
}

enum outcome retention_on_records(struct call *call, struct batch_item *items, size_t n, struct error *err)
{
    struct record_clock *clocks = ARENA_ARRAY(call->arena, n + 1, struct record_clock);
    struct uuid_list removed = {.items = ARENA_ARRAY(call->arena, n + 1, struct uuid)};
    struct uuid_list ids = {.items = ARENA_ARRAY(call->arena, n + 1, struct uuid)};
    bool *dead = ARENA_ARRAY(call->arena, n + 1, bool);
    size_t clocks_n = 0, kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (!readable(&items[i]))
            continue;
        if (items[i].type == &record_accepted_event)
            clocks[clocks_n++] = clock_of_record(call, items[i].event);
        else if (items[i].type == &record_removed_event)
            removed.items[removed.n++] = ((const struct record_removed *)items[i].event)->record;
    }
    qsort(clocks, clocks_n, sizeof(*clocks), by_newest_record);
    for (size_t i = 0; i < clocks_n; i++)
        ids.items[ids.n++] = clocks[i].record;
    TRY(dead_ids(call, ids, &removed, dead, err));
    for (size_t i = 0; i < clocks_n; i++)
        if (!dead[i] && (kept == 0 || !uuid_equal(&clocks[kept - 1].record, &clocks[i].record)))
            clocks[kept++] = clocks[i];
    TRY(store_records_put(call, clocks, kept, err));
    TRY(store_records_drop(call, removed, err));
    return store_ended_put(call, removed, err);
}

/* ---- activities ------------------------------------------------------------------------------------------------------- */

/* One activity as it came: its clock, and the event for its parts. */
struct arrival {
    struct activity_clock clock;
    const struct activity_accepted *in;
};

static int by_newest_activity(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;
    int order = uuid_compare(&x->clock.activity, &y->clock.activity);

    return order != 0 ? order : (x->clock.rev < y->clock.rev) - (x->clock.rev > y->clock.rev);
}

static struct arrival arrive(const struct call *call, const struct batch_item *item)
{
    const struct activity_accepted *in = item->event;
    struct arrival a = {.clock = {.activity = in->activity, .rev = in->rev, .category = in->category}, .in = in};
    int64_t occurred = item->meta->timestamp_us > 0 ? item->meta->timestamp_us : call->now_us;

    for (size_t i = 0; i < in->dates.n; i++)
        if (text_is(in->dates.items[i].name, "occurred_at") && in->dates.items[i].at != CLOCK_NONE)
            occurred = in->dates.items[i].at;
    a.clock.dates = (struct retained_dates){.base = occurred, .last_use = occurred, .dates = in->dates};
    decide_due(policy_category(call->policy, in->category), RETAINED_ACTIVITY, NULL, &a.clock.dates, &a.clock.due);
    return a;
}

static struct part_clock clock_of_part(const struct call *call, const struct arrival *a, const struct activity_part *in)
{
    struct part_clock clock = {.part = in->part,
                               .activity = a->clock.activity,
                               .record = in->record,
                               .role = in->staff ? ROLE_STAFF : in->role,
                               .used = decide_used(in->role, in->staff),
                               .keys = in->keys};

    decide_due(policy_category(call->policy, a->clock.category), RETAINED_PART, part_role_names[clock.role],
               &a->clock.dates, &clock.due);
    return clock;
}

/* The parts of those activities whose revision was new, without forgotten ones. */
static enum outcome put_parts(struct call *call, const struct arrival *arrivals, size_t n, struct uuid_list applied,
                              struct error *err)
{
    struct part_clock *parts;
    struct uuid_list ids, records;
    bool *gone, *record_gone;
    size_t room = 1, parts_n = 0, kept = 0;

    if (applied.n > 0)
        qsort(applied.items, applied.n, sizeof(*applied.items), uuid_compare);
    for (size_t i = 0; i < n; i++)
        room += arrivals[i].in->parts.n;
    parts = ARENA_ARRAY(call->arena, room, struct part_clock);
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < arrivals[i].in->parts.n && listed(applied, &arrivals[i].clock.activity); p++)
            parts[parts_n++] = clock_of_part(call, &arrivals[i], &arrivals[i].in->parts.items[p]);
    ids = (struct uuid_list){.items = ARENA_ARRAY(call->arena, room, struct uuid), .n = parts_n};
    records = (struct uuid_list){.items = ARENA_ARRAY(call->arena, room, struct uuid), .n = parts_n};
    for (size_t i = 0; i < parts_n; i++)
        ids.items[i] = parts[i].part, records.items[i] = parts[i].record;
    gone = ARENA_ARRAY(call->arena, room, bool);
    record_gone = ARENA_ARRAY(call->arena, room, bool);
    TRY(forget_check_ids(call, ids.items, ids.n, gone, err));
    TRY(forget_check_ids(call, records.items, records.n, record_gone, err));
    for (size_t i = 0; i < parts_n; i++) {
        if (gone[i])
            continue;
        if (record_gone[i]) /* the part's address may live on with somebody else: its clock does, the reference not */
            parts[i].record = (struct uuid){.b = {0}};
        parts[kept++] = parts[i];
    }
    return store_parts_put(call, applied, parts, kept, err);
}

enum outcome retention_on_activities(struct call *call, struct batch_item *items, size_t n, struct error *err)
{
    struct arrival *arrivals = ARENA_ARRAY(call->arena, n + 1, struct arrival);
    struct activity_clock *clocks = ARENA_ARRAY(call->arena, n + 1, struct activity_clock);
    struct uuid_list removed = {.items = ARENA_ARRAY(call->arena, n + 1, struct uuid)}, applied;
    struct uuid_list ids = {.items = ARENA_ARRAY(call->arena, n + 1, struct uuid)};
    bool *dead = ARENA_ARRAY(call->arena, n + 1, bool);
    size_t arrivals_n = 0, kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (!readable(&items[i]))
            continue;
        if (items[i].type == &activity_accepted_event)
            arrivals[arrivals_n++] = arrive(call, &items[i]);
        else if (items[i].type == &activity_removed_event)
            removed.items[removed.n++] = ((const struct activity_removed *)items[i].event)->activity;
    }
    qsort(arrivals, arrivals_n, sizeof(*arrivals), by_newest_activity);
    for (size_t i = 0; i < arrivals_n; i++)
        ids.items[ids.n++] = arrivals[i].clock.activity;
    TRY(dead_ids(call, ids, &removed, dead, err));
    for (size_t i = 0; i < arrivals_n; i++)
        if (!dead[i] && (kept == 0 || !uuid_equal(&arrivals[kept - 1].clock.activity, &arrivals[i].clock.activity)))
            arrivals[kept++] = arrivals[i];
    for (size_t i = 0; i < kept; i++)
        clocks[i] = arrivals[i].clock;
    TRY(store_touch_activities(call, removed, err));
    TRY(store_activities_drop(call, removed, err));
    TRY(store_ended_put(call, removed, err));
    if (kept == 0)
        return DONE;
    TRY(store_activities_put(call, clocks, kept, &applied, err));
    TRY(store_touch_activities(call, applied, err)); /* whoever took part before this revision */
    TRY(put_parts(call, arrivals, kept, applied, err));
    return store_touch_activities(call, applied, err);
}

/* ---- persons ---------------------------------------------------------------------------------------------------------- */

struct told {
    struct person_row row;
    const struct person_linked *linked; /* NULL: it ended */
};

static int by_newest_person(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    int order = uuid_compare(&x->row.person, &y->row.person);

    return order != 0 ? order : (x->row.rev < y->row.rev) - (x->row.rev > y->row.rev);
}

static enum outcome put_members(struct call *call, const struct told *told, size_t n, struct uuid_list applied,
                                struct error *err)
{
    struct uuid *records, *of, *key_of;
    struct hash *keys;
    size_t records_room = 1, keys_room = 1, records_n = 0, keys_n = 0;

    for (size_t i = 0; i < n; i++)
        if (told[i].linked != NULL)
            records_room += told[i].linked->records.n, keys_room += told[i].linked->keys.n;
    records = ARENA_ARRAY(call->arena, 2 * records_room, struct uuid), of = records + records_room;
    keys = ARENA_ARRAY(call->arena, keys_room, struct hash), key_of = ARENA_ARRAY(call->arena, keys_room, struct uuid);
    for (size_t i = 0; i < n; i++) {
        const struct person_linked *in = told[i].linked;
        if (in == NULL || !listed(applied, &in->person))
            continue;
        for (size_t r = 0; r < in->records.n; r++)
            records[records_n] = in->records.items[r], of[records_n++] = in->person;
        for (size_t k = 0; k < in->keys.n; k++)
            if (in->keys.items[k].kind == KEY_EMAIL || in->keys.items[k].kind == KEY_SOURCE)
                keys[keys_n] = in->keys.items[k].hash, key_of[keys_n++] = in->person;
    }
    TRY(store_members_put(call, records, of, records_n, err));
    TRY(store_person_keys_put(call, keys, key_of, keys_n, err));
    return store_touch_records(call, (struct uuid_list){.items = records, .n = records_n}, err);
}

static size_t gather_told(struct batch_item *items, size_t n, struct told *told)
{
    size_t told_n = 0;

    for (size_t i = 0; i < n; i++) {
        if (!readable(&items[i]))
            continue;
        if (items[i].type == &person_linked_event) {
            const struct person_linked *in = items[i].event;
            told[told_n++] = (struct told){.row = {.person = in->person, .rev = in->rev}, .linked = in};
        } else if (items[i].type == &person_merged_event) {
            const struct person_merged *in = items[i].event;
            told[told_n++] = (struct told){.row = {.person = in->person, .rev = in->rev, .ended = true}};
        } /* a split is followed by the linked of both */
    }
    return told_n;
}

enum outcome retention_on_persons(struct call *call, struct batch_item *items, size_t n, struct error *err)
{
    struct told *told = ARENA_ARRAY(call->arena, n + 1, struct told);
    struct person_row *rows = ARENA_ARRAY(call->arena, n + 1, struct person_row);
    struct uuid_list ids = {.items = ARENA_ARRAY(call->arena, n + 1, struct uuid)}, applied;
    bool *gone = ARENA_ARRAY(call->arena, n + 1, bool);
    size_t told_n = gather_told(items, n, told), kept = 0;

    qsort(told, told_n, sizeof(*told), by_newest_person);
    for (size_t i = 0; i < told_n; i++)
        ids.items[ids.n++] = told[i].row.person;
    TRY(forget_check_ids(call, ids.items, ids.n, gone, err));
    for (size_t i = 0; i < told_n; i++)
        if (!gone[i] && (kept == 0 || !uuid_equal(&told[kept - 1].row.person, &told[i].row.person)))
            told[kept++] = told[i];
    if (kept == 0)
        return DONE;
    for (size_t i = 0; i < kept; i++)
        rows[i] = told[i].row;
    TRY(store_persons_put(call, rows, kept, &applied, err));
    if (applied.n > 0)
        qsort(applied.items, applied.n, sizeof(*applied.items), uuid_compare);
    TRY(store_touch_persons(call, applied, err)); /* whoever was a member before */
    TRY(store_members_clear(call, applied, err));
    return put_members(call, told, kept, applied, err);
}

/* ---- forgetting ------------------------------------------------------------------------------------------------------- */

static enum outcome erase(struct call *call, const struct forget_set *set, int64_t *rows, struct error *err)
{
    return store_erase(call, set, rows, err);
}

static enum outcome count(struct call *call, const struct forget_set *set, int64_t *remaining, struct error *err)
{
    return store_count(call, set, remaining, err);
}

const struct forget_table retention_forget = {.erase = erase, .count = count};
