/* change_keys: what a change does to groups of joined sources and to generic keys. */
#include <stdlib.h>

#include "services/dedupe/change.h"
#include "services/dedupe/sets.h"

/* ---- groups of joined sources --------------------------------------------------------------------------------------- */

static int by_source(const void *a, const void *b)
{
    return hash_compare(&((const struct source_root *)a)->source, &((const struct source_root *)b)->source);
}

static void reroot(struct source_roots *roots, const struct uuid *from, const struct uuid *to)
{
    for (size_t i = 0; i < roots->n; i++)
        if (uuid_equal(&roots->items[i].root, from))
            roots->items[i].root = *to;
}

static struct source_root *root_of(struct source_roots *roots, const struct hash *source)
{
    for (size_t i = 0; i < roots->n; i++)
        if (hash_equal(&roots->items[i].source, source))
            return &roots->items[i];
    return NULL;
}

/* One joined event makes one group of all groups that its sources are in; the smallest root stays. */
static void join_sources(struct source_roots *roots, const struct record_joined *joined)
{
    struct uuid root = joined->id;

    for (size_t i = 0; i < joined->sources.n; i++) {
        const struct source_root *known = root_of(roots, &joined->sources.items[i].hash);
        if (known != NULL && uuid_compare(&known->root, &root) < 0)
            root = known->root;
    }
    for (size_t i = 0; i < joined->sources.n; i++) {
        struct source_root *known = root_of(roots, &joined->sources.items[i].hash);
        if (known == NULL) {
            roots->items[roots->n++] = (struct source_root){.source = joined->sources.items[i].hash, .root = root};
        } else if (!uuid_equal(&known->root, &root)) {
            struct uuid from = known->root;
            reroot(roots, &from, &root);
        }
    }
}

enum outcome change_load_roots(struct call *call, struct change_work *work, struct error *err)
{
    const struct change *c = work->change;
    struct source_roots stored, *roots = &work->roots;
    struct hash_list keys;
    size_t added = 0;

    TRY(store_roots(call, work->keys, &stored, err));
    for (size_t i = 0; i < c->joined_n; i++)
        added += c->joined[i]->sources.n;
    roots->items = ARENA_ARRAY(call->arena, stored.n + added + 1, struct source_root);
    keys.items = ARENA_ARRAY(call->arena, work->keys.n + 2 * stored.n + added + 1, struct hash);
    keys.n = 0;
    for (size_t i = 0; i < work->keys.n; i++)
        keys.items[keys.n++] = work->keys.items[i];
    for (size_t i = 0; i < stored.n; i++) {
        roots->items[roots->n++] = stored.items[i];
        keys.items[keys.n++] = hash_of_uuid(&stored.items[i].root); /* reaches the group's records */
    }
    for (size_t i = 0; i < c->joined_n; i++)
        join_sources(roots, c->joined[i]);
    if (roots->n > 0)
        qsort(roots->items, roots->n, sizeof(*roots->items), by_source);
    hashes_sort(&keys);
    work->keys = keys;
    return DONE;
}

void change_set_roots(struct change_work *work)
{
    const struct source_roots *roots = &work->roots;

    for (size_t i = 0; i < work->now.n && roots->n > 0; i++) {
        struct dedupe_record *r = &work->now.records[i];
        for (size_t k = 0; k < r->keys.n; k++) {
            const struct source_root key = {.source = r->keys.items[k].hash};
            const struct source_root *found = r->keys.items[k].kind == KEY_SOURCE
                                                  ? bsearch(&key, roots->items, roots->n, sizeof(key), by_source)
                                                  : NULL;
            if (found != NULL)
                r->root = found->root;
        }
    }
}

/* ---- generic keys -------------------------------------------------------------------------------------------------- */

static bool holds_key(const struct key_list *keys, const struct hash *hash)
{
    enum link_ground ground;

    for (size_t i = 0; i < keys->n; i++)
        if (hash_equal(&keys->items[i].hash, hash) && link_ground_of(keys->items[i].kind, &ground))
            return true;
    return false;
}

/* How many holders a key gains by this change (loses where negative). */
static int64_t key_gain(const struct change_work *work, const struct record_rows *was, const struct hash *hash)
{
    const struct change *c = work->change;
    int64_t gain = 0;

    for (size_t i = 0; i < was->n; i++) {
        bool after = true, removed = false;
        if (!holds_key(&was->items[i].keys, hash))
            continue;
        for (size_t r = 0; r < c->removed.n; r++)
            removed = removed || uuid_equal(&c->removed.items[r], &was->items[i].record);
        for (size_t a = 0; a < c->accepted_n; a++)
            if (uuid_equal(&c->accepted[a]->record, &was->items[i].record))
                after = holds_key(&c->accepted[a]->keys, hash);
        gain -= removed || !after;
    }
    return gain;
}

/* A generic key that this change takes from records may be none any more: then those it would join are looked at. */
enum outcome change_load_generic(struct call *call, struct change_work *work, const struct record_rows *was,
                                 struct error *err)
{
    struct hash_list listed, shrinking, counted, no_longer = {0};
    int64_t *counts;

    TRY(store_generic(call, work->keys, &listed, err));
    hashes_sort(&listed);
    shrinking.items = ARENA_ARRAY(call->arena, listed.n + 1, struct hash);
    shrinking.n = 0;
    for (size_t i = 0; i < listed.n && was->n > 0; i++)
        if (key_gain(work, was, &listed.items[i]) < 0)
            shrinking.items[shrinking.n++] = listed.items[i];
    TRY(store_key_counts(call, shrinking, GENERIC_RECORDS + was->n + 1, &counted, &counts, err));
    no_longer.items = ARENA_ARRAY(call->arena, counted.n + 1, struct hash);
    for (size_t i = 0; i < counted.n; i++)
        if (counts[i] + key_gain(work, was, &counted.items[i]) <= GENERIC_RECORDS)
            no_longer.items[no_longer.n++] = counted.items[i];
    hashes_sort(&no_longer);
    work->no_longer = no_longer;
    work->generic = hashes_without(call->arena, listed, no_longer);
    return DONE;
}
