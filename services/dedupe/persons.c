/* persons: from a partition to persons with lasting ids. Pure. */
#include "services/dedupe/persons.h"

#include <stdlib.h>
#include <string.h>

int64_t revision_next(int64_t rev, int64_t incarnation)
{
    int64_t floor = (int64_t)((uint64_t)incarnation << 40);

    return rev + 1 > floor ? rev + 1 : floor;
}

/* ---- members ------------------------------------------------------------------------------------------------------ */

struct seat {
    uint32_t cluster, at;
};

static int by_seat(const void *a, const void *b)
{
    const struct seat *x = a, *y = b;

    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* One plan a cluster, and for each record the place of its plan. */
static uint32_t *seat_members(const struct dedupe_graph *graph, const struct dedupe_partition *partition,
                              struct arena *arena, struct persons_plan *out)
{
    struct seat *seats = ARENA_ARRAY(arena, graph->n + 1, struct seat);
    uint32_t *members = ARENA_ARRAY(arena, graph->n + 1, uint32_t),
             *plan_of = ARENA_ARRAY(arena, graph->n + 1, uint32_t);

    for (uint32_t i = 0; i < graph->n; i++)
        seats[i] = (struct seat){.cluster = partition->cluster[i], .at = i};
    qsort(seats, graph->n, sizeof(*seats), by_seat);
    out->items = ARENA_ARRAY(arena, graph->n + 1, struct person_plan);
    for (size_t i = 0; i < graph->n; i++) {
        const struct dedupe_record *r = &graph->records[seats[i].at];
        if (i == 0 || seats[i].cluster != seats[i - 1].cluster)
            out->items[out->n++] = (struct person_plan){.members = members + i};
        members[i] = seats[i].at;
        plan_of[seats[i].at] = (uint32_t)out->n - 1;
        out->items[out->n - 1].members_n++;
        out->items[out->n - 1].changed = out->items[out->n - 1].changed || r->touched || uuid_is_nil(&r->person);
    }
    return plan_of;
}

/* ---- claims ------------------------------------------------------------------------------------------------------- */

/* A record's claim to its old person's id. */
struct claim {
    struct uuid person;
    int64_t created_at;
    uint32_t at, plan;
};

static int by_claim(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = uuid_compare(&x->person, &y->person);

    if (order == 0)
        order = (x->created_at > y->created_at) - (x->created_at < y->created_at);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static int by_plan(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;

    if (x->plan != y->plan)
        return x->plan < y->plan ? -1 : 1;
    return by_claim(a, b);
}

static void push(struct uuid_list *list, const struct uuid *id, size_t room, struct arena *arena)
{
    if (list->items == NULL)
        list->items = ARENA_ARRAY(arena, room, struct uuid);
    ENSURE(list->n < room);
    list->items[list->n++] = *id;
}

/* Claims come sorted by person and seniority: the first of each has it. Persons come in the order of their ids, so the
 * first that a plan gets is its oldest. */
static void settle_person(const struct claim *claims, size_t n, size_t persons_n, struct persons_plan *out,
                          struct arena *arena)
{
    struct person_plan *heir = &out->items[claims[0].plan];

    if (uuid_is_nil(&heir->person)) {
        heir->person = claims[0].person;
    } else {
        push(&heir->merged, &claims[0].person, persons_n, arena);
        heir->changed = true;
    }
    for (size_t i = 1; i < n; i++)
        heir->changed = heir->changed || claims[i].plan != claims[0].plan;
}

static size_t run_end(const struct claim *claims, size_t n, size_t from, bool plans_too)
{
    size_t end = from + 1;

    while (end < n && uuid_equal(&claims[end].person, &claims[from].person) &&
           (!plans_too || claims[end].plan == claims[from].plan))
        end++;
    return end;
}

/* Records whose old person's id another plan has: they came out of that person. */
static void note_origins(const struct dedupe_graph *graph, struct claim *claims, size_t n, const uint32_t *heirs,
                         struct persons_plan *out, struct arena *arena)
{
    size_t end;

    qsort(claims, n, sizeof(*claims), by_plan);
    for (size_t i = 0; i < n; i = end) {
        struct person_plan *plan = &out->items[claims[i].plan];
        struct person_origin *origin;
        end = run_end(claims, n, i, true);
        if (heirs[claims[i].at] == claims[i].plan)
            continue;
        if (plan->origins == NULL)
            plan->origins = ARENA_ARRAY(arena, plan->members_n, struct person_origin);
        origin = &plan->origins[plan->origins_n++];
        origin->from = claims[i].person;
        for (size_t c = i; c < end; c++)
            push(&origin->records, &graph->records[claims[c].at].record, end - i, arena);
        plan->changed = true;
    }
}

static void note_left(struct uuid_list left, const struct claim *claims, size_t n, struct persons_plan *out,
                      struct arena *arena)
{
    struct uuid *sorted = ARENA_ARRAY(arena, left.n + 1, struct uuid);

    for (size_t i = 0; i < left.n; i++)
        sorted[i] = left.items[i];
    qsort(sorted, left.n, sizeof(*sorted), uuid_compare);
    for (size_t i = 0, c = 0; i < left.n; i++) {
        if (i > 0 && uuid_equal(&sorted[i], &sorted[i - 1]))
            continue;
        while (c < n && uuid_compare(&claims[c].person, &sorted[i]) < 0)
            c++;
        if (c < n && uuid_equal(&claims[c].person, &sorted[i]))
            out->items[claims[c].plan].changed = true; /* it lost a record */
        else
            push(&out->ended, &sorted[i], left.n, arena);
    }
}

void decide_persons(const struct dedupe_graph *graph, const struct dedupe_partition *partition, struct uuid_list left,
                    struct arena *arena, struct persons_plan *out)
{
    struct claim *claims = ARENA_ARRAY(arena, graph->n + 1, struct claim);
    uint32_t *heirs = ARENA_ARRAY(arena, graph->n + 1, uint32_t);
    size_t n = 0, end;
    const uint32_t *plan_of;

    *out = (struct persons_plan){0};
    plan_of = seat_members(graph, partition, arena, out);
    for (uint32_t i = 0; i < graph->n; i++) {
        const struct dedupe_record *r = &graph->records[i];
        if (!uuid_is_nil(&r->person))
            claims[n++] = (struct claim){.person = r->person, .created_at = r->created_at, .at = i, .plan = plan_of[i]};
    }
    qsort(claims, n, sizeof(*claims), by_claim);
    for (size_t i = 0; i < n; i = end) {
        end = run_end(claims, n, i, false);
        settle_person(claims + i, end - i, n, out, arena);
        for (size_t c = i; c < end; c++)
            heirs[claims[c].at] = claims[i].plan;
    }
    note_left(left, claims, n, out, arena);
    note_origins(graph, claims, n, heirs, out, arena);
}

/* ---- what is told ------------------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const struct key *x = a, *y = b;

    return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : hash_compare(&x->hash, &y->hash);
}

void person_describe(const struct dedupe_graph *graph, const struct person_plan *plan, struct arena *arena,
                     struct person_linked *out)
{
    int64_t language_at = CLOCK_NONE, country_at = CLOCK_NONE;
    size_t room = 0, n = 0;

    for (size_t i = 0; i < plan->members_n; i++)
        room += graph->records[plan->members[i]].keys.n;
    out->records = (struct uuid_list){.items = ARENA_ARRAY(arena, plan->members_n + 1, struct uuid)};
    out->keys = (struct key_list){.items = ARENA_ARRAY(arena, room + 1, struct key)};
    for (size_t i = 0; i < plan->members_n; i++) {
        const struct dedupe_record *r = &graph->records[plan->members[i]];
        out->records.items[out->records.n++] = r->record;
        for (size_t k = 0; k < r->keys.n; k++)
            if (r->keys.items[k].kind != KEY_PHONE_SURNAME)
                out->keys.items[n++] = r->keys.items[k];
        if (r->language.p != NULL && r->created_at >= language_at) {
            out->language = r->language;
            language_at = r->created_at;
        }
        if (r->country.p != NULL && r->created_at >= country_at) {
            out->country = r->country;
            country_at = r->created_at;
        }
    }
    qsort(out->keys.items, n, sizeof(*out->keys.items), by_key);
    for (size_t k = 0; k < n; k++)
        if (out->keys.n == 0 || by_key(&out->keys.items[out->keys.n - 1], &out->keys.items[k]) != 0)
            out->keys.items[out->keys.n++] = out->keys.items[k];
}
