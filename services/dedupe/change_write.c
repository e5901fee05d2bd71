/* change_write: what was decided becomes rows and events. */
#include <stdlib.h>
#include <string.h>

#include "services/dedupe/change.h"

static bool listed(struct uuid_list list, const struct uuid *id)
{
    for (size_t i = 0; i < list.n; i++)
        if (uuid_equal(&list.items[i], id))
            return true;
    return false;
}

/* ---- match keys ----------------------------------------------------------------------------------------------------- */

struct key_rows {
    struct key_row *items;
    size_t n;
};

/* What links, and phones, which link nobody: a forget asks who else holds them. */
static void found_rows(const struct dedupe_record *r, struct key_rows *out)
{
    enum link_ground ground;
    struct key_row row = {.record = r->record};

    ENSURE(r->keys.n <= RECORD_KEYS);
    for (size_t i = 0; i < r->keys.n; i++) {
        if (r->keys.items[i].kind != KEY_PHONE && !link_ground_of(r->keys.items[i].kind, &ground))
            continue;
        row.hash = r->keys.items[i].hash;
        row.kind = r->keys.items[i].kind;
        out->items[out->n++] = row;
    }
    if (!uuid_is_nil(&r->root)) {
        memcpy(row.hash.b, r->root.b, sizeof(row.hash.b));
        row.kind = KEY_JOINED;
        out->items[out->n++] = row;
    }
}

static bool has_row(const struct key_row *rows, size_t n, const struct hash *hash)
{
    for (size_t i = 0; i < n; i++)
        if (hash_equal(&rows[i].hash, hash))
            return true;
    return false;
}

static void difference(const struct key_rows *from, const struct key_rows *what, struct key_rows *out)
{
    for (size_t i = 0; i < from->n; i++)
        if (!has_row(what->items, what->n, &from->items[i].hash))
            out->items[out->n++] = from->items[i];
}

static int by_key_row(const void *a, const void *b)
{
    const struct key_row *x = a, *y = b;
    int order = hash_compare(&x->hash, &y->hash);

    return order != 0 ? order : uuid_compare(&x->record, &y->record);
}

static enum outcome write_keys(struct call *call, struct change_work *work, struct error *err)
{
    struct key_rows put = {0}, drop = {0};
    size_t room = 1;

    for (size_t i = 0; i < work->now.n; i++)
        room += work->now.records[i].keys.n + 1;
    put.items = ARENA_ARRAY(call->arena, room, struct key_row);
    for (size_t i = 0; i < work->was.n; i++)
        room += work->was.items[i].keys.n + 1;
    drop.items = ARENA_ARRAY(call->arena, room, struct key_row);
    for (size_t i = 0; i < work->now.n; i++) {
        const struct dedupe_record *r = &work->now.records[i], *was = change_stored(work, &r->record);
        struct key_row now_rows[RECORD_KEYS + 1], was_rows[RECORD_KEYS + 1];
        struct key_rows new = {.items = now_rows}, old = {.items = was_rows};
        if (was != NULL && !r->written && uuid_equal(&was->root, &r->root))
            continue;
        found_rows(r, &new);
        if (was != NULL)
            found_rows(was, &old);
        difference(&new, &old, &put);
        difference(&old, &new, &drop);
    }
    for (size_t i = 0; i < work->gone.n; i++)
        found_rows(change_stored(work, &work->gone.items[i]), &drop);
    if (put.n > 0)
        qsort(put.items, put.n, sizeof(*put.items), by_key_row);
    TRY(store_keys_drop(call, drop.items, drop.n, err));
    return store_keys_put(call, put.items, put.n, err);
}

static enum outcome write_generic(struct call *call, struct change_work *work, struct error *err)
{
    struct hash_list found, put, drop;

    decide_generic(&work->now, call->arena, &found);
    put.items = ARENA_ARRAY(call->arena, found.n + 1, struct hash);
    drop.items = ARENA_ARRAY(call->arena, work->no_longer.n + 1, struct hash);
    put.n = drop.n = 0;
    for (size_t i = 0; i < found.n; i++)
        if (!hash_listed(work->generic.items, work->generic.n, &found.items[i]))
            put.items[put.n++] = found.items[i];
    for (size_t i = 0; i < work->no_longer.n; i++)
        if (!hash_listed(found.items, found.n, &work->no_longer.items[i]))
            drop.items[drop.n++] = work->no_longer.items[i];
    if (put.n > 0)
        log_warn(call->log, "dedupe.generic", F_INT("keys", put.n), F_INT("more_than", GENERIC_RECORDS));
    TRY(store_generic_drop(call, drop, err));
    return store_generic_put(call, put, err);
}

/* ---- restrictions --------------------------------------------------------------------------------------------------- */

/* That a request restricts one of a person's records. */
struct mark {
    uint32_t cluster;
    struct uuid request;
};

static int by_mark(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;

    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    return uuid_compare(&x->request, &y->request);
}

static struct mark *marks_of(struct call *call, const struct change_work *work, size_t *out_n)
{
    const struct restriction_rows *known = &work->restrictions;
    struct mark *marks = ARENA_ARRAY(call->arena, known->n + 1, struct mark);
    size_t n = 0, kept = 0;

    for (size_t i = 0; i < known->n; i++) {
        size_t at = dedupe_find(&work->now, &known->items[i].record);
        if (at != SIZE_MAX)
            marks[n++] = (struct mark){.cluster = work->partition.cluster[at], .request = known->items[i].request};
    }
    qsort(marks, n, sizeof(*marks), by_mark);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || by_mark(&marks[kept - 1], &marks[i]) != 0)
            marks[kept++] = marks[i];
    *out_n = kept;
    return marks;
}

/* Whoever is one person with a restricted record is restricted, too. */
static enum outcome write_restrictions(struct call *call, struct change_work *work, bool *restricted, struct error *err)
{
    struct restriction_row *rows;
    size_t marks_n, room = 0, n = 0;
    const struct mark *marks = marks_of(call, work, &marks_n);

    for (size_t p = 0; p < work->plan.n && marks_n > 0; p++)
        for (size_t k = 0; k < marks_n; k++)
            if (marks[k].cluster == work->plan.items[p].members[0])
                room += work->plan.items[p].members_n;
    rows = ARENA_ARRAY(call->arena, room + 1, struct restriction_row);
    for (size_t p = 0; p < work->plan.n && marks_n > 0; p++) {
        const struct person_plan *plan = &work->plan.items[p];
        for (size_t k = 0; k < marks_n; k++) {
            if (marks[k].cluster != plan->members[0])
                continue;
            restricted[p] = true;
            for (size_t m = 0; m < plan->members_n; m++)
                rows[n++] = (struct restriction_row){.record = work->now.records[plan->members[m]].record,
                                                     .request = marks[k].request};
        }
    }
    return store_restrict(call, rows, n, err);
}

/* ---- reviews -------------------------------------------------------------------------------------------------------- */

static int by_places(const void *a, const void *b)
{
    const struct dedupe_conflict *x = a, *y = b;

    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

/* Is it still to be asked? If one of the two isn't in the graph, that is another change's to say. sorted: the conflicts. */
static bool still_asked(const struct change_work *work, const struct dedupe_conflict *sorted,
                        const struct review_row *review)
{
    size_t a = dedupe_find(&work->now, &review->a), b = dedupe_find(&work->now, &review->b);
    const struct dedupe_conflict key = {.a = (uint32_t)a, .b = (uint32_t)b};

    if (a == SIZE_MAX || b == SIZE_MAX)
        return true;
    return work->partition.conflicts_n > 0 &&
           bsearch(&key, sorted, work->partition.conflicts_n, sizeof(key), by_places) != NULL;
}

static enum outcome write_reviews(struct call *call, struct change_work *work, struct error *err)
{
    struct uuid_list ids = {.items = ARENA_ARRAY(call->arena, work->now.n + 1, struct uuid), .n = work->now.n};
    struct review_row *put = ARENA_ARRAY(call->arena, work->partition.conflicts_n + 1, struct review_row);
    struct review_rows open;
    struct uuid_list settled;
    bool apart = false;

    for (size_t i = 0; i < work->now.pairs_n; i++)
        apart = apart || work->now.pairs[i].apart;
    if (!apart && !work->change->undo && work->now.edges_n + work->reached.n == 0)
        return DONE; /* there are questions where somebody is kept apart or the engine has found something, nowhere else */
    for (size_t i = 0; i < ids.n; i++)
        ids.items[i] = work->now.records[i].record;
    TRY(store_reviews(call, ids, &open, err));
    if (work->partition.conflicts_n > 0)
        qsort(work->partition.conflicts, work->partition.conflicts_n, sizeof(*work->partition.conflicts), by_places);
    settled = (struct uuid_list){.items = ARENA_ARRAY(call->arena, open.n + 1, struct uuid)};
    for (size_t i = 0; i < open.n; i++)
        if (!still_asked(work, work->partition.conflicts, &open.items[i]))
            settled.items[settled.n++] = open.items[i].review;
    for (size_t i = 0; i < work->partition.conflicts_n; i++)
        put[i] = (struct review_row){.review = call_uuid(call),
                                     .a = work->now.records[work->partition.conflicts[i].a].record,
                                     .b = work->now.records[work->partition.conflicts[i].b].record};
    TRY(store_reviews_drop(call, settled, err));
    return store_reviews_put(call, put, work->partition.conflicts_n, err);
}

/* ---- records -------------------------------------------------------------------------------------------------------- */

static enum outcome write_records(struct call *call, struct change_work *work, struct error *err)
{
    struct dedupe_record **put = ARENA_ARRAY(call->arena, work->now.n + 1, struct dedupe_record *);
    struct dedupe_record **move = ARENA_ARRAY(call->arena, work->now.n + 1, struct dedupe_record *);
    size_t put_n = 0, move_n = 0;

    for (size_t i = 0; i < work->now.n; i++) {
        struct dedupe_record *r = &work->now.records[i];
        const struct dedupe_record *was = change_stored(work, &r->record);
        if (r->written)
            put[put_n++] = r;
        else if (was == NULL || !uuid_equal(&was->person, &r->person) || !uuid_equal(&was->component, &r->component) ||
                 !uuid_equal(&was->root, &r->root))
            move[move_n++] = r;
    }
    TRY(store_records_drop(call, work->gone, err));
    if (!work->change->erases)
        TRY(store_ended_put(call, work->change->removed, err));
    TRY(store_records_put(call, put, put_n, err));
    return store_records_move(call, move, move_n, err);
}

/* ---- persons -------------------------------------------------------------------------------------------------------- */

static int by_person(const void *a, const void *b)
{
    return uuid_compare(&((const struct person_row *)a)->person, &((const struct person_row *)b)->person);
}

static const struct person_row *person_find(const struct person_rows *rows, const struct uuid *person)
{
    const struct person_row key = {.person = *person};

    return rows->n == 0 ? NULL : bsearch(&key, rows->items, rows->n, sizeof(key), by_person);
}

static enum outcome load_persons(struct call *call, const struct change_work *work, struct person_rows *out,
                                 struct error *err)
{
    struct uuid_list ids = {.items = ARENA_ARRAY(call->arena, work->was.n + 1, struct uuid)};

    for (size_t i = 0; i < work->was.n; i++)
        ids.items[ids.n++] = work->was.items[i].person;
    TRY(store_persons(call, ids, out, err));
    if (out->n > 0)
        qsort(out->items, out->n, sizeof(*out->items), by_person);
    return DONE;
}

struct ending {
    struct person_row *items;
    size_t n;
};

static void end_person(struct call *call, struct ending *ending, const struct person_rows *were,
                       const struct uuid *person, const struct uuid *into, int64_t incarnation, bool silent)
{
    const struct person_row *was = person_find(were, person);
    struct person_row row = {.person = *person, .rev = revision_next(was == NULL ? 0 : was->rev, incarnation)};

    if (into != NULL)
        row.into = *into;
    ending->items[ending->n++] = row;
    if (!silent) {
        const struct person_merged merged = {.person = row.person, .rev = row.rev, .into = row.into};
        outbox_publish(call->outbox, &person_merged_event, &row.person, &merged);
    }
}

static void tell_splits(struct call *call, const struct person_plan *plan, int64_t rev)
{
    for (size_t i = 0; i < plan->origins_n; i++) {
        const struct person_split split = {
            .person = plan->person, .rev = rev, .from = plan->origins[i].from, .records = plan->origins[i].records};
        outbox_publish(call->outbox, &person_split_event, &plan->person, &split);
    }
}

/* Gives ids and components to the plan's records. */
static void assign(struct call *call, struct change_work *work)
{
    for (size_t p = 0; p < work->plan.n; p++) {
        struct person_plan *plan = &work->plan.items[p];
        if (uuid_is_nil(&plan->person))
            plan->person = call_uuid(call);
        for (size_t m = 0; m < plan->members_n; m++) {
            struct dedupe_record *r = &work->now.records[plan->members[m]];
            r->person = plan->person;
            r->component = work->now.records[work->partition.component[plan->members[m]]].record;
        }
    }
}

static enum outcome write_persons(struct call *call, struct change_work *work, const bool *restricted,
                                  struct error *err)
{
    struct person_row *put = ARENA_ARRAY(call->arena, work->plan.n + 1, struct person_row);
    struct ending ending = {.items = ARENA_ARRAY(call->arena, work->was.n + work->plan.ended.n + 1, struct person_row)};
    struct person_rows were;
    int64_t incarnation;
    size_t put_n = 0;

    TRY(load_persons(call, work, &were, err));
    TRY(store_incarnation(call, &incarnation, err));
    for (size_t p = 0; p < work->plan.n; p++) {
        const struct person_plan *plan = &work->plan.items[p];
        const struct person_row *was = person_find(&were, &plan->person);
        struct person_linked linked = {.person = plan->person, .restricted = restricted[p]};
        if (!plan->changed && was != NULL && was->restricted == restricted[p])
            continue;
        linked.rev = revision_next(was == NULL ? 0 : was->rev, incarnation) + (plan->origins_n > 0);
        put[put_n++] = (struct person_row){.person = plan->person, .rev = linked.rev, .restricted = restricted[p]};
        for (size_t m = 0; m < plan->merged.n; m++)
            end_person(call, &ending, &were, &plan->merged.items[m], &plan->person, incarnation, false);
        tell_splits(call, plan, linked.rev - 1);
        person_describe(&work->now, plan, call->arena, &linked);
        outbox_publish(call->outbox, &person_linked_event, &plan->person, &linked);
    }
    for (size_t i = 0; i < work->plan.ended.n; i++)
        end_person(call, &ending, &were, &work->plan.ended.items[i], NULL, incarnation,
                   listed(work->change->silent, &work->plan.ended.items[i]));
    TRY(store_persons_put(call, put, put_n, err));
    return store_persons_end(call, ending.items, ending.n, err);
}

enum outcome change_write(struct call *call, struct change_work *work, struct error *err)
{
    const struct change *c = work->change;
    bool *restricted = ARENA_ARRAY(call->arena, work->plan.n + 1, bool);

    assign(call, work);
    if (c->undo)
        TRY(store_pairs_drop(call, c->pairs, c->pairs_n, err));
    else
        TRY(store_pairs_put(call, c->pairs, c->pairs_n, &c->by, c->reason, err));
    if (c->joined_n > 0)
        TRY(store_roots_put(call, work->roots, err));
    TRY(write_keys(call, work, err));
    TRY(write_generic(call, work, err));
    TRY(write_records(call, work, err));
    TRY(write_restrictions(call, work, restricted, err));
    TRY(write_reviews(call, work, err));
    return write_persons(call, work, restricted, err);
}
