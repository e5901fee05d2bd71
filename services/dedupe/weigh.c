/* weigh: which pairs are looked at, and what is kept of them. */
#include "services/dedupe/weigh.h"

#include <stdlib.h>
#include <string.h>

#include "services/dedupe/sets.h"
#include "services/dedupe/store.h"
#include "services/dedupe/weighing.h"

static int by_key(const void *a, const void *b)
{
    const struct block_row *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return uuid_compare(&x->record, &y->record);
}

static void sort_rows(struct block_rows *rows)
{
    if (rows->n > 0)
        qsort(rows->items, rows->n, sizeof(*rows->items), by_key);
}

static size_t run_end(const struct block_rows *rows, size_t from)
{
    size_t end = from + 1;

    while (end < rows->n && rows->items[end].key == rows->items[from].key)
        end++;
    return end;
}

static size_t holders_of(const struct block_rows *rows, int64_t key)
{
    size_t low = 0, high = rows->n, from;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (rows->items[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    for (from = low; low < rows->n && rows->items[low].key == key;)
        low++;
    return low - from;
}

static int by_record(const void *key, const void *item)
{
    return uuid_compare(key, &((const struct weighed_record *)item)->record);
}

static const struct weighed_record *find(const struct weighed_records *records, const struct uuid *record)
{
    return records->n == 0 ? NULL : bsearch(record, records->items, records->n, sizeof(*records->items), by_record);
}

/* ---- keys ------------------------------------------------------------------------------------------------------------- */

static struct block_rows rows_of(struct call *call, const struct weighed_records *records)
{
    struct block_rows out = {.items = ARENA_ARRAY(call->arena, records->n * BLOCK_KEYS + 1, struct block_row)};

    for (size_t i = 0; i < records->n; i++)
        for (size_t k = 0; k < records->items[i].keys_n; k++)
            out.items[out.n++] =
                (struct block_row){.key = records->items[i].keys[k], .record = records->items[i].record};
    sort_rows(&out);
    return out;
}

/* The different keys of two sorted lists. */
static size_t keys_of(struct call *call, const struct block_rows *a, const struct block_rows *b, int64_t **out)
{
    size_t i = 0, j = 0, n = 0;

    *out = ARENA_ARRAY(call->arena, a->n + b->n + 1, int64_t);
    while (i < a->n || j < b->n) {
        int64_t key =
            j == b->n || (i < a->n && a->items[i].key <= b->items[j].key) ? a->items[i++].key : b->items[j++].key;
        if (n == 0 || (*out)[n - 1] != key)
            (*out)[n++] = key;
    }
    return n;
}

/* Whoever holds a key that more than 64 hold now and not before, or before and not now. */
static struct uuid_list holders_crossed(struct call *call, const struct block_rows *was, const struct block_rows *now,
                                        const struct block_rows *holders)
{
    struct uuid_list out = {.items = ARENA_ARRAY(call->arena, holders->n + 1, struct uuid)};

    for (size_t i = 0, end; i < holders->n; i = end) {
        int64_t key = holders->items[i].key;
        size_t after, before;
        end = run_end(holders, i);
        after = end - i;
        before = after + holders_of(was, key) - holders_of(now, key);
        if ((before > GENERIC_RECORDS) == (after > GENERIC_RECORDS))
            continue;
        for (size_t h = i; h < end; h++)
            out.items[out.n++] = holders->items[h].record;
    }
    if (out.n > 0)
        uuids_sort(&out);
    return out;
}

/* ---- pairs ------------------------------------------------------------------------------------------------------------ */

struct pair {
    struct uuid a, b;
};

static int by_pair(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = uuid_compare(&x->a, &y->a);

    return order != 0 ? order : uuid_compare(&x->b, &y->b);
}

struct pairs {
    struct pair *items;
    size_t n;
};

/* Pairs that share a key that isn't generic, with one of `dirty` at least. */
static struct pairs pairs_of(struct call *call, const struct block_rows *holders, struct uuid_list dirty)
{
    struct pairs out = {0};
    size_t room = 1, n = 0;

    for (size_t i = 0, end; i < holders->n; i = end) {
        size_t changed = 0;
        end = run_end(holders, i);
        for (size_t h = i; h < end && end - i <= GENERIC_RECORDS; h++)
            changed += uuid_listed(dirty, &holders->items[h].record);
        room += changed * (end - i);
    }
    out.items = ARENA_ARRAY(call->arena, room, struct pair);
    for (size_t i = 0, end; i < holders->n; i = end) {
        end = run_end(holders, i);
        for (size_t x = i; x < end && end - i <= GENERIC_RECORDS; x++) {
            bool x_dirty = uuid_listed(dirty, &holders->items[x].record);
            for (size_t y = x + 1; y < end; y++)
                if (x_dirty || uuid_listed(dirty, &holders->items[y].record))
                    out.items[out.n++] = (struct pair){.a = holders->items[x].record, .b = holders->items[y].record};
        }
    }
    if (out.n > 0)
        qsort(out.items, out.n, sizeof(*out.items), by_pair);
    for (size_t i = 0; i < out.n; i++)
        if (n == 0 || by_pair(&out.items[n - 1], &out.items[i]) != 0)
            out.items[n++] = out.items[i];
    out.n = n;
    return out;
}

/* What is worth keeping: links, questions, and that two who have something in common are two. */
static bool weigh_pair(struct call *call, const struct weighing *weighing, const struct weighed_record *a,
                       const struct weighed_record *b, struct dedupe_edge *out)
{
    const struct weigher *weigher = call->state;
    struct score score;
    enum verdict verdict;

    model_score(&weighing->model, &a->profile, &b->profile, &score);
    verdict = decide_pair(&score, &weigher->thresholds);
    if (verdict == LINK && a->single && b->single && a->profile.source == b->profile.source)
        verdict = REVIEW; /* two ids of one system are two people, unless it is known to hold duplicates */
    *out = (struct dedupe_edge){.a = a->record,
                                .b = b->record,
                                .verdict = verdict == LINK     ? EDGE_LINK
                                           : verdict == REVIEW ? EDGE_REVIEW
                                                               : EDGE_APART,
                                .differ = score_incompatible(&score, &weigher->thresholds),
                                .random = score.random,
                                .household = score.household,
                                .levels = levels_pattern(&score.levels)};
    return verdict != APART ||
           (out->differ && (score.random > 0 || score.levels.of[F_MAIL] == M_OWN || score.levels.of[F_MAIL] == M_HOME ||
                            score.levels.of[F_PHONE] == P_OWN || score.levels.of[F_PHONE] == P_HOME));
}

static enum outcome open_others(struct call *call, const struct pairs *pairs, const struct weighed_records *opened,
                                struct weighed_records *out, struct error *err)
{
    struct uuid_list ids = {.items = ARENA_ARRAY(call->arena, 2 * pairs->n + 1, struct uuid)};

    for (size_t i = 0; i < pairs->n; i++) {
        if (find(opened, &pairs->items[i].a) == NULL)
            ids.items[ids.n++] = pairs->items[i].a;
        if (find(opened, &pairs->items[i].b) == NULL)
            ids.items[ids.n++] = pairs->items[i].b;
    }
    if (ids.n > 0)
        uuids_sort(&ids);
    return weigh_open(call, ids, out, err);
}

/* closed: pairs of which one side doesn't open. */
static enum outcome weigh_pairs(struct call *call, const struct weighing *weighing, const struct pairs *pairs,
                                const struct weighed_records *opened, struct edge_rows *out, struct pairs *closed,
                                struct error *err)
{
    struct weighed_records others;

    TRY(open_others(call, pairs, opened, &others, err));
    out->items = ARENA_ARRAY(call->arena, pairs->n + 1, struct dedupe_edge);
    closed->items = ARENA_ARRAY(call->arena, pairs->n + 1, struct pair);
    out->n = closed->n = 0;
    for (size_t i = 0; i < pairs->n; i++) {
        const struct weighed_record *a = find(opened, &pairs->items[i].a), *b = find(opened, &pairs->items[i].b);
        a = a == NULL ? find(&others, &pairs->items[i].a) : a;
        b = b == NULL ? find(&others, &pairs->items[i].b) : b;
        if (a == NULL || b == NULL)
            closed->items[closed->n++] = pairs->items[i];
        else if (weigh_pair(call, weighing, a, b, &out->items[out->n]))
            out->n++;
    }
    return DONE;
}

/* Who is restricted doesn't open: what was found of them before holds, or a new version would slip out of a forget. */
static void keep_closed(struct call *call, const struct pairs *closed, const struct edge_rows *were,
                        struct edge_rows *edges)
{
    struct dedupe_edge *items = ARENA_ARRAY(call->arena, edges->n + were->n + 1, struct dedupe_edge);

    for (size_t i = 0; i < edges->n; i++)
        items[i] = edges->items[i];
    edges->items = items;
    for (size_t i = 0; i < were->n && closed->n > 0; i++) {
        const struct pair key = {.a = were->items[i].a, .b = were->items[i].b};
        if (bsearch(&key, closed->items, closed->n, sizeof(key), by_pair) != NULL)
            edges->items[edges->n++] = were->items[i];
    }
}

/* ---- keeping ------------------------------------------------------------------------------------------------------------ */

static struct uuid_list ids_of(struct call *call, const struct weighed_records *records, struct uuid_list more)
{
    struct uuid_list out = {.items = ARENA_ARRAY(call->arena, records->n + more.n + 1, struct uuid)};

    for (size_t i = 0; i < records->n; i++)
        out.items[out.n++] = records->items[i].record;
    for (size_t i = 0; i < more.n; i++)
        out.items[out.n++] = more.items[i];
    if (out.n > 0)
        uuids_sort(&out);
    return out;
}

static void reach(struct uuid_list *out, const struct edge_rows *edges)
{
    for (size_t i = 0; i < edges->n; i++) {
        out->items[out->n++] = edges->items[i].a;
        out->items[out->n++] = edges->items[i].b;
    }
}

/* Who holds a key of theirs, by key. */
static enum outcome holders_of_records(struct call *call, struct uuid_list records, struct block_rows *out,
                                       struct error *err)
{
    struct block_rows keys, none = {0};
    int64_t *wanted;
    size_t wanted_n;

    TRY(weigh_store_keys(call, records, &keys, err));
    sort_rows(&keys);
    wanted_n = keys_of(call, &keys, &none, &wanted);
    TRY(weigh_store_holders(call, wanted, wanted_n, GENERIC_RECORDS + 1, out, err));
    sort_rows(out);
    return DONE;
}

/* The edges of `dirty` anew, of whom `holders` are the neighbours; of those in it that don't open, nothing changes. */
static enum outcome keep_edges(struct call *call, const struct weighing *weighing, const struct weighed_records *opened,
                               const struct block_rows *holders, struct uuid_list dropped, struct uuid_list *reached,
                               struct error *err)
{
    struct uuid_list dirty = ids_of(call, opened, (struct uuid_list){0});
    struct edge_rows were, edges;
    struct pairs pairs, closed;

    pairs = pairs_of(call, holders, dirty);
    TRY(weigh_pairs(call, weighing, &pairs, opened, &edges, &closed, err));
    TRY(weigh_store_edges(call, dropped, &were, err));
    keep_closed(call, &closed, &were, &edges);
    reached->items = ARENA_ARRAY(call->arena, 2 * (were.n + edges.n) + 1, struct uuid);
    reached->n = 0;
    reach(reached, &were);
    reach(reached, &edges);
    if (reached->n > 0)
        uuids_sort(reached);
    return were.n + edges.n == 0 ? DONE
                                 : weigh_store_edges_put(call, dropped, edges.items, edges.n, weighing->version, err);
}

/* Their edges are made anew, so nobody may bring or take a neighbour of theirs meanwhile. Only tried: a lock out of order
 * could wait for ever. */
static enum outcome lock_crossed(struct call *call, struct uuid_list crossed, struct error *err)
{
    bool buckets[LOCK_BUCKETS] = {false}, got;
    struct block_rows keys;

    if (crossed.n == 0)
        return DONE;
    TRY(weigh_store_keys(call, crossed, &keys, err));
    for (size_t i = 0; i < keys.n; i++)
        buckets[keys.items[i].key & 0xff] = true;
    TRY(store_try(call, LOCK_KEYS, buckets, &got, err));
    return got ? DONE
               : error_retry(err, "busy",
                             "another process changes holders of a key that becomes generic or ceases to be");
}

/* The holders of a key that becomes generic or ceases to be are opened, too, and their neighbours looked up. */
static enum outcome add_crossed(struct call *call, const struct weighed_records *opened, struct uuid_list crossed,
                                struct weighed_records *all, struct block_rows *holders, struct error *err)
{
    struct weighed_records more;

    *all = *opened;
    if (crossed.n == 0)
        return DONE;
    TRY(lock_crossed(call, crossed, err));
    TRY(weigh_open(call, crossed, &more, err));
    all->items = ARENA_ARRAY(call->arena, opened->n + more.n + 1, struct weighed_record);
    for (size_t i = 0; i < opened->n; i++)
        all->items[i] = opened->items[i];
    for (size_t i = 0; i < more.n; i++)
        if (find(opened, &more.items[i].record) == NULL)
            all->items[all->n++] = more.items[i];
    if (all->n > 0)
        qsort(all->items, all->n, sizeof(*all->items), by_record);
    return holders_of_records(call, ids_of(call, all, (struct uuid_list){0}), holders, err);
}

enum outcome weigh_keep(struct call *call, const struct weighing *weighing, const struct weighed_records *opened,
                        struct uuid_list removed, struct uuid_list *reached, struct error *err)
{
    struct uuid_list named = ids_of(call, opened, removed), known = {0};
    struct block_rows was, now = rows_of(call, opened), holders;
    struct weighed_records all;
    int64_t *keys;
    size_t keys_n;

    *reached = (struct uuid_list){0};
    if (named.n == 0)
        return DONE;
    TRY(weigh_store_keys(call, named, &was, err));
    sort_rows(&was);
    if (was.n > 0)
        known = named;
    TRY(weigh_store_keys_put(call, known, now.items, now.n, err));
    keys_n = keys_of(call, &was, &now, &keys);
    TRY(weigh_store_holders(call, keys, keys_n, GENERIC_RECORDS + named.n + 1, &holders, err));
    sort_rows(&holders);
    TRY(add_crossed(call, opened, holders_crossed(call, &was, &now, &holders), &all, &holders, err));
    return keep_edges(call, weighing, &all, &holders, ids_of(call, &all, removed), reached, err);
}
