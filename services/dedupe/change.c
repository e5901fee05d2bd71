/* change: one change of who is who: lock and load what it reaches, then decide. */
#include "services/dedupe/change.h"

#include <stdlib.h>
#include <string.h>

#include "common/forget/forget.h"
#include "services/dedupe/sets.h"
#include "services/dedupe/weighing.h"

static int by_record(const void *a, const void *b)
{
    return uuid_compare(&((const struct dedupe_record *)a)->record, &((const struct dedupe_record *)b)->record);
}

/* ---- locks -------------------------------------------------------------------------------------------------------- */

/* Two replicas that hold records with one key, or the same record, share a bucket: neither misses the other's. */
static enum outcome lock_keys(struct call *call, const struct change_work *work, struct error *err)
{
    bool buckets[LOCK_BUCKETS] = {false};

    if (work->change->locked)
        return DONE;
    if (work->change->joined_n > 0) /* a group's other records have keys that aren't known yet */
        return store_lock_all(call, err);
    for (size_t i = 0; i < work->keys.n; i++)
        buckets[work->keys.items[i].b[0]] = true;
    for (size_t i = 0; i < work->ids.n; i++)
        buckets[work->ids.items[i].b[15]] = true;
    for (size_t i = 0; i < work->blocks.n; i++)
        buckets[work->blocks.items[i].key & 0xff] = true;
    for (size_t i = 0; i < work->opened.n; i++)
        for (size_t k = 0; k < work->opened.items[i].keys_n; k++)
            buckets[work->opened.items[i].keys[k] & 0xff] = true;
    return store_lock(call, LOCK_KEYS, buckets, err);
}

/* Components are locked in order, too. What another one moved to meanwhile is only tried: a lock out of order could
 * wait for ever. */
static enum outcome lock_components(struct call *call, const struct uuid_list *components, bool held[LOCK_BUCKETS],
                                    bool first, bool *more, struct error *err)
{
    bool wanted[LOCK_BUCKETS] = {false}, got = true;

    *more = false;
    for (size_t i = 0; i < components->n; i++) {
        uint8_t bucket = components->items[i].b[15];
        wanted[bucket] = !held[bucket];
        *more = *more || wanted[bucket];
        held[bucket] = true;
    }
    if (!*more)
        return DONE;
    if (first)
        return store_lock(call, LOCK_COMPONENTS, wanted, err);
    TRY(store_try(call, LOCK_COMPONENTS, wanted, &got, err));
    return got ? DONE : error_retry(err, "busy", "another process changes the same persons");
}

/* ---- what the change names ---------------------------------------------------------------------------------------- */

static void gather_ids(struct call *call, struct change_work *work)
{
    const struct change *c = work->change;
    struct uuid_list *ids = &work->ids;

    ids->items =
        ARENA_ARRAY(call->arena, c->accepted_n + c->removed.n + c->touched.n + 2 * c->pairs_n + 1, struct uuid);
    for (size_t i = 0; i < c->accepted_n; i++)
        ids->items[ids->n++] = c->accepted[i]->record;
    for (size_t i = 0; i < c->removed.n; i++)
        ids->items[ids->n++] = c->removed.items[i];
    for (size_t i = 0; i < c->touched.n; i++)
        ids->items[ids->n++] = c->touched.items[i];
    for (size_t i = 0; i < c->pairs_n; i++) {
        ids->items[ids->n++] = c->pairs[i].a;
        ids->items[ids->n++] = c->pairs[i].b;
    }
    uuids_sort(ids);
}

static void gather_keys(struct call *call, struct change_work *work, const struct record_rows *was)
{
    const struct change *c = work->change;
    size_t room = 1;

    for (size_t i = 0; i < c->accepted_n; i++)
        room += c->accepted[i]->keys.n;
    for (size_t i = 0; i < was->n; i++)
        room += was->items[i].keys.n + 1;
    for (size_t i = 0; i < c->joined_n; i++)
        room += c->joined[i]->sources.n;
    work->keys.items = ARENA_ARRAY(call->arena, room, struct hash);
    for (size_t i = 0; i < c->accepted_n; i++)
        hashes_add_linking(&work->keys, &c->accepted[i]->keys);
    for (size_t i = 0; i < c->joined_n; i++)
        hashes_add_linking(&work->keys, &c->joined[i]->sources);
    for (size_t i = 0; i < was->n; i++) {
        hashes_add_linking(&work->keys, &was->items[i].keys);
        if (!uuid_is_nil(&was->items[i].root))
            work->keys.items[work->keys.n++] = hash_of_uuid(&was->items[i].root);
    }
    hashes_sort(&work->keys);
}

/* ---- what the change reaches ---------------------------------------------------------------------------------------- */

/* Loads the components whole, under their locks. */
static enum outcome load_components(struct call *call, struct change_work *work, struct error *err)
{
    struct hash_list keys = hashes_without(call->arena, work->keys, work->generic);
    bool held[LOCK_BUCKETS] = {false}, more = true;
    struct uuid_list components = {0},
                     ids = {.items = ARENA_ARRAY(call->arena, work->ids.n + work->reached.n + 1, struct uuid)};

    for (size_t i = 0; i < work->ids.n; i++)
        ids.items[ids.n++] = work->ids.items[i];
    for (size_t i = 0; i < work->reached.n; i++)
        ids.items[ids.n++] = work->reached.items[i];
    for (int round = 0; more; round++) {
        if (round > 4)
            return error_retry(err, "busy", "persons keep changing elsewhere");
        TRY(store_components(call, ids, keys, GENERIC_RECORDS + 1 + work->ids.n, &components, err));
        TRY(lock_components(call, &components, held, round == 0, &more, err));
    }
    TRY(store_records(call, BY_COMPONENT, components, &work->was, err));
    if (work->was.n > 0)
        qsort(work->was.items, work->was.n, sizeof(*work->was.items), by_record);
    return DONE;
}

const struct dedupe_record *change_stored(const struct change_work *work, const struct uuid *record)
{
    const struct dedupe_graph was = {.records = work->was.items, .n = work->was.n};
    size_t at = dedupe_find(&was, record);

    return at == SIZE_MAX ? NULL : &work->was.items[at];
}

static bool same_keys(const struct key_list *a, const struct key_list *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->items[i].kind != b->items[i].kind || !hash_equal(&a->items[i].hash, &b->items[i].hash))
            return false;
    return true;
}

static struct dedupe_record admit(const struct record_accepted *in, const struct dedupe_record *was)
{
    struct dedupe_record r = {.record = in->record,
                              .rev = in->rev,
                              .created_at = in->created_at,
                              .system = in->system,
                              .language = in->language,
                              .country = in->country,
                              .keys = in->keys,
                              .role_email = in->role_email,
                              .touched = true,
                              .written = true};
    if (was != NULL) {
        r.person = was->person;
        r.component = was->component;
        r.root = was->root;
        r.touched = !same_keys(&in->keys, &was->keys) || !text_equal(in->language, was->language) ||
                    !text_equal(in->country, was->country);
    }
    return r;
}

/* The graph as it will be: stored records without the removed, and the accepted ones. */
static void build_graph(struct call *call, struct change_work *work)
{
    const struct change *c = work->change;
    struct dedupe_graph *now = &work->now;
    struct uuid_list removed = {.items = ARENA_ARRAY(call->arena, c->removed.n + 1, struct uuid), .n = c->removed.n};
    struct uuid_list accepted = {.items = ARENA_ARRAY(call->arena, c->accepted_n + 1, struct uuid)};

    for (size_t i = 0; i < c->removed.n; i++)
        removed.items[i] = c->removed.items[i];
    uuids_sort(&removed);
    now->records = ARENA_ARRAY(call->arena, work->was.n + c->accepted_n + 1, struct dedupe_record);
    work->left.items = ARENA_ARRAY(call->arena, removed.n + 1, struct uuid);
    work->gone.items = ARENA_ARRAY(call->arena, removed.n + 1, struct uuid);
    for (size_t i = 0; i < c->accepted_n; i++) {
        now->records[now->n++] = admit(c->accepted[i], change_stored(work, &c->accepted[i]->record));
        accepted.items[accepted.n++] = c->accepted[i]->record;
    }
    uuids_sort(&accepted);
    for (size_t i = 0; i < work->was.n; i++) {
        const struct dedupe_record *r = &work->was.items[i];
        if (uuid_listed(removed, &r->record)) {
            work->left.items[work->left.n++] = r->person;
            work->gone.items[work->gone.n++] = r->record;
        } else if (!uuid_listed(accepted, &r->record)) {
            now->records[now->n++] = *r;
        }
    }
    qsort(now->records, now->n, sizeof(*now->records), by_record);
}

static struct uuid_list ids_of_graph(struct call *call, const struct dedupe_graph *graph)
{
    struct uuid_list ids = {.items = ARENA_ARRAY(call->arena, graph->n + 1, struct uuid), .n = graph->n};

    for (size_t i = 0; i < graph->n; i++)
        ids.items[i] = graph->records[i].record;
    return ids;
}

/* Stored decisions, those of this change above them. */
static enum outcome load_pairs(struct call *call, struct change_work *work, struct uuid_list ids, struct error *err)
{
    const struct change *c = work->change;
    struct pair_rows stored;
    struct dedupe_pair *pairs;
    size_t n = 0;

    TRY(store_pairs(call, ids, &stored, err));
    pairs = ARENA_ARRAY(call->arena, stored.n + c->pairs_n + 1, struct dedupe_pair);
    for (size_t i = 0; i < stored.n; i++) {
        bool replaced = false;
        for (size_t p = 0; p < c->pairs_n && !replaced; p++)
            replaced = uuid_equal(&c->pairs[p].a, &stored.items[i].a) && uuid_equal(&c->pairs[p].b, &stored.items[i].b);
        if (!replaced)
            pairs[n++] = stored.items[i];
    }
    for (size_t p = 0; p < c->pairs_n && !c->undo; p++)
        pairs[n++] = c->pairs[p];
    work->now.pairs = pairs;
    work->now.pairs_n = n;
    return DONE;
}

static enum outcome load_restrictions(struct call *call, struct change_work *work, struct uuid_list ids,
                                      struct error *err)
{
    const struct change *c = work->change;
    struct restriction_rows stored, *out = &work->restrictions;

    TRY(store_restrictions(call, ids, &stored, err));
    out->items = ARENA_ARRAY(call->arena, stored.n + c->touched.n + 1, struct restriction_row);
    for (size_t i = 0; i < stored.n; i++) {
        struct restriction_row row = stored.items[i];
        row.closed = row.closed || (c->closes && uuid_equal(&row.request, &c->restricts));
        out->items[out->n++] = row;
    }
    for (size_t i = 0; i < c->touched.n && !uuid_is_nil(&c->restricts); i++)
        out->items[out->n++] =
            (struct restriction_row){.record = c->touched.items[i], .request = c->restricts, .closed = c->closes};
    for (size_t i = 0; i < out->n; i++) {
        size_t at = dedupe_find(&work->now, &out->items[i].record);
        struct uuid *fence = at == SIZE_MAX ? NULL : &work->now.records[at].fence;
        if (fence != NULL && out->items[i].closed &&
            (uuid_is_nil(fence) || uuid_compare(&out->items[i].request, fence) < 0))
            *fence = out->items[i].request;
    }
    return DONE;
}

/* Keys of the neighbours that are generic, beside those that the change itself names. */
static enum outcome load_neighbours_generic(struct call *call, struct change_work *work, struct error *err)
{
    struct hash_list keys = {0}, unknown, listed, all;
    size_t room = 1;

    for (size_t i = 0; i < work->now.n; i++)
        room += work->now.records[i].keys.n;
    keys.items = ARENA_ARRAY(call->arena, room, struct hash);
    for (size_t i = 0; i < work->now.n; i++)
        hashes_add_linking(&keys, &work->now.records[i].keys);
    hashes_sort(&keys);
    unknown = hashes_without(call->arena, keys, work->keys);
    TRY(store_generic(call, unknown, &listed, err));
    all.items = ARENA_ARRAY(call->arena, listed.n + work->generic.n + 1, struct hash);
    all.n = 0;
    for (size_t i = 0; i < listed.n; i++)
        all.items[all.n++] = listed.items[i];
    for (size_t i = 0; i < work->generic.n; i++)
        all.items[all.n++] = work->generic.items[i];
    hashes_sort(&all);
    work->generic = all;
    work->now.generic = all.items;
    work->now.generic_n = all.n;
    return DONE;
}

/* What is forgotten, ended or older than what is there, is not accepted. */
static enum outcome drop_stale(struct call *call, struct change *change, const struct record_rows *named,
                               struct error *err)
{
    const struct record_accepted **kept =
        ARENA_ARRAY(call->arena, change->accepted_n + 1, const struct record_accepted *);
    struct uuid_list ids = {.items = ARENA_ARRAY(call->arena, change->accepted_n + 1, struct uuid)}, ended;
    bool *forgotten = ARENA_ARRAY(call->arena, change->accepted_n + 1, bool);
    const struct dedupe_graph stored = {.records = named->items, .n = named->n};
    size_t n = 0;

    if (change->accepted_n == 0)
        return DONE;
    for (size_t i = 0; i < change->accepted_n; i++)
        ids.items[ids.n++] = change->accepted[i]->record;
    TRY(forget_check_ids(call, ids.items, ids.n, forgotten, err));
    TRY(store_ended(call, ids, &ended, err));
    uuids_sort(&ended);
    for (size_t i = 0; i < change->accepted_n; i++) {
        size_t at = dedupe_find(&stored, &ids.items[i]);
        if (!forgotten[i] && !uuid_listed(ended, &ids.items[i]) &&
            (at == SIZE_MAX || named->items[at].rev < change->accepted[i]->rev))
            kept[n++] = change->accepted[i];
    }
    change->accepted = kept;
    change->accepted_n = n;
    return DONE;
}

/* Has nothing but this happened: records that this change doesn't bring have ended? Then what is locked is enough. */
static bool merely_ended(const struct change_work *work, const struct record_rows *before,
                         const struct record_rows *now)
{
    const struct change *c = work->change;
    size_t at = 0;

    for (size_t i = 0; i < before->n; i++) {
        const struct dedupe_record *was = &before->items[i];
        if (at < now->n && uuid_equal(&now->items[at].record, &was->record)) {
            if (now->items[at++].rev != was->rev)
                return false;
            continue;
        }
        for (size_t k = 0; k < c->accepted_n; k++)
            if (uuid_equal(&c->accepted[k]->record, &was->record))
                return false;
    }
    return at == now->n;
}

/* What was read before the locks, read again under them: where another one was quicker, the batch begins anew, since what
 * is stale and which keys are to be locked follow from the rows. */
static enum outcome check_unmoved(struct call *call, const struct change_work *work, struct record_rows *named,
                                  struct error *err)
{
    struct record_rows now;

    if (work->change->locked)
        return DONE;
    TRY(store_records(call, BY_ID, work->ids, &now, err));
    if (now.n > 0)
        qsort(now.items, now.n, sizeof(*now.items), by_record);
    if (!merely_ended(work, named, &now))
        return error_retry(err, "moved", "somebody else has changed a record of this batch");
    *named = now;
    return DONE;
}

/* The fields of records that come or whose restriction has changed, and the keys that they had. */
static enum outcome open_records(struct call *call, struct change_work *work, struct error *err)
{
    const struct change *c = work->change;
    struct uuid_list ids = {.items = ARENA_ARRAY(call->arena, c->accepted_n + c->touched.n + 1, struct uuid)};

    for (size_t i = 0; i < c->accepted_n; i++)
        ids.items[ids.n++] = c->accepted[i]->record;
    for (size_t i = 0; i < c->touched.n && uuid_is_nil(&c->restricts); i++) /* a restriction waits for no vault */
        ids.items[ids.n++] = c->touched.items[i];
    if (ids.n > 0)
        uuids_sort(&ids);
    TRY(weigh_open(call, ids, &work->opened, err));
    return weigh_store_keys(call, work->ids, &work->blocks, err);
}

enum outcome change_apply(struct call *call, const struct change *asked, struct error *err)
{
    struct change change = *asked;
    struct change_work work = {.change = &change};
    struct record_rows named;
    struct weighing weighing;
    struct edge_rows edges;
    struct uuid_list ids;

    gather_ids(call, &work);
    TRY(store_records(call, BY_ID, work.ids, &named, err));
    if (named.n > 0)
        qsort(named.items, named.n, sizeof(*named.items), by_record);
    TRY(drop_stale(call, &change, &named, err));
    TRY(open_records(call, &work, err));
    gather_keys(call, &work, &named);
    TRY(lock_keys(call, &work, err));
    TRY(check_unmoved(call, &work, &named, err));
    TRY(weighing_now(call, &weighing, err));
    TRY(change_load_roots(call, &work, err));
    TRY(change_load_generic(call, &work, &named, err));
    TRY(weigh_keep(call, &weighing, &work.opened, change.removed, &work.reached, err));
    TRY(load_components(call, &work, err));
    build_graph(call, &work);
    change_set_roots(&work);
    ids = ids_of_graph(call, &work.now);
    TRY(load_pairs(call, &work, ids, err));
    TRY(weigh_store_edges(call, ids, &edges, err));
    work.now.edges = edges.items;
    work.now.edges_n = edges.n;
    TRY(load_restrictions(call, &work, ids, err));
    TRY(load_neighbours_generic(call, &work, err));
    decide_partition(&work.now, call->arena, &work.partition);
    decide_persons(&work.now, &work.partition, work.left, call->arena, &work.plan);
    return change_write(call, &work, err);
}
