/* forgetting: a forget in dedupe: restrict at once, close the set once the barrier has passed, delete. */
#include "services/dedupe/forgetting.h"

#include <stdlib.h>

#include "services/dedupe/change.h"
#include "services/dedupe/resolution.h"

enum { HOLDERS_LOOKED_AT = 256 };

static struct hash_list hashes_of(struct arena *arena, struct key_list keys)
{
    struct hash_list out = {.items = ARENA_ARRAY(arena, keys.n + 1, struct hash)};

    for (size_t i = 0; i < keys.n; i++)
        out.items[out.n++] = keys.items[i].hash;
    return out;
}

static struct uuid_list ids_of(struct arena *arena, const struct record_rows *rows)
{
    struct uuid_list out = {.items = ARENA_ARRAY(arena, rows->n + 1, struct uuid)};

    for (size_t i = 0; i < rows->n; i++)
        out.items[out.n++] = rows->items[i].record;
    return out;
}

static enum outcome role_keys(struct call *call, struct key_list keys, struct hash_list *out, struct error *err)
{
    TRY(store_role_keys(call, hashes_of(call->arena, keys), out, err));
    if (out->n > 0)
        qsort(out->items, out->n, sizeof(*out->items), hash_compare);
    return DONE;
}

/* ---- whom the identifiers mean -------------------------------------------------------------------------------------- */

static enum outcome ask_keys(struct call *call, struct key_list keys, struct asked_key **out, struct error *err)
{
    struct asked_key *asked = ARENA_ARRAY(call->arena, keys.n + 1, struct asked_key);
    struct key_holders holders;
    struct hash_list roles;

    *out = asked;
    if (keys.n == 0)
        return DONE;
    TRY(role_keys(call, keys, &roles, err));
    TRY(store_key_holders(call, hashes_of(call->arena, keys), HOLDERS_LOOKED_AT, &holders, err));
    for (size_t i = 0; i < keys.n; i++) {
        asked[i].key = keys.items[i];
        asked[i].role = hash_listed(roles.items, roles.n, &keys.items[i].hash);
        asked[i].persons.items = ARENA_ARRAY(call->arena, holders.n + 1, struct uuid);
        for (size_t h = 0; h < holders.n; h++)
            if (hash_equal(&holders.items[h].hash, &keys.items[i].hash))
                asked[i].persons.items[asked[i].persons.n++] = holders.items[h].person;
    }
    return DONE;
}

enum outcome forgetting_find(struct call *call, struct key_list keys, struct uuid_list records,
                             struct uuid_list persons, struct found *out, struct error *err)
{
    struct record_rows of_records;
    struct uuid_list named, heirs;
    struct persons_found found;
    struct asked_key *asked;

    TRY(ask_keys(call, keys, &asked, err));
    TRY(store_records(call, BY_ID, records, &of_records, err));
    TRY(store_heirs(call, persons, &heirs, err));
    named = (struct uuid_list){.items = ARENA_ARRAY(call->arena, heirs.n + of_records.n + 1, struct uuid)};
    for (size_t i = 0; i < heirs.n; i++)
        named.items[named.n++] = heirs.items[i];
    for (size_t i = 0; i < of_records.n; i++)
        named.items[named.n++] = of_records.items[i].person;
    decide_asked(named, asked, keys.n, call->arena, &found);
    out->persons = found.persons;
    out->doubtful = found.doubtful;
    return store_records(call, BY_PERSON, out->persons, &out->records, err);
}

/* ---- closing the set ------------------------------------------------------------------------------------------------ */

/* Keys of the records and of their role mailboxes. */
static struct key_list held_keys(struct arena *arena, const struct record_rows *rows)
{
    struct key_list out;
    size_t room = rows->n + 1;

    for (size_t i = 0; i < rows->n; i++)
        room += rows->items[i].keys.n;
    out = (struct key_list){.items = ARENA_ARRAY(arena, room, struct key)};
    for (size_t i = 0; i < rows->n; i++) {
        for (size_t k = 0; k < rows->items[i].keys.n; k++)
            out.items[out.n++] = rows->items[i].keys.items[k];
        if (!hash_is_none(&rows->items[i].role_email))
            out.items[out.n++] = (struct key){.kind = KEY_EMAIL, .hash = rows->items[i].role_email};
    }
    return out;
}

static struct key_list both(struct arena *arena, struct key_list a, struct key_list b)
{
    struct key_list out = {.items = ARENA_ARRAY(arena, a.n + b.n + 1, struct key)};

    for (size_t i = 0; i < a.n; i++)
        out.items[out.n++] = a.items[i];
    for (size_t i = 0; i < b.n; i++)
        out.items[out.n++] = b.items[i];
    return out;
}

static void add_missing(struct uuid_list *list, struct uuid_list more, struct arena *arena)
{
    struct uuid *items = ARENA_ARRAY(arena, list->n + more.n + 1, struct uuid);
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        items[n++] = list->items[i];
    for (size_t i = 0; i < more.n; i++)
        items[n++] = more.items[i];
    qsort(items, n, sizeof(*items), uuid_compare);
    *list = (struct uuid_list){.items = items};
    for (size_t i = 0; i < n; i++)
        if (list->n == 0 || !uuid_equal(&items[list->n - 1], &items[i]))
            items[list->n++] = items[i];
}

static enum outcome resolve(struct call *call, const struct forgetting_row *asked, const struct uuid *barrier,
                            struct error *err)
{
    struct forget_resolved resolved = {.request = asked->request, .barrier = *barrier};
    struct change change = {.restricts = asked->request, .closes = true, .locked = true};
    struct hash_list elsewhere, roles;
    struct review_rows reviews;
    struct key_list held, keys;
    struct found found;

    TRY(forgetting_find(call, asked->keys, asked->records, asked->persons, &found, err));
    change.touched = ids_of(call->arena, &found.records);
    TRY(store_forgetting_close(call, &asked->request, err));
    if (change.touched.n > 0)
        TRY(change_apply(call, &change, err));
    held = held_keys(call->arena, &found.records);
    keys = both(call->arena, asked->keys, held);
    TRY(store_held_elsewhere(call, hashes_of(call->arena, keys), found.persons, &elsewhere, err));
    if (elsewhere.n > 0)
        qsort(elsewhere.items, elsewhere.n, sizeof(*elsewhere.items), hash_compare);
    TRY(role_keys(call, keys, &roles, err));
    decide_keys(asked->keys, held, elsewhere, roles, call->arena, &resolved.keys, &resolved.shared);
    TRY(store_reviews(call, change.touched, &reviews, err));
    resolved.review = found.doubtful || reviews.n > 0;
    resolved.persons = found.persons;
    resolved.records = change.touched;
    add_missing(&resolved.persons, asked->persons, call->arena); /* merged ones, too: others may know them by that id */
    add_missing(&resolved.records, asked->records, call->arena);
    outbox_publish(call->outbox, &forget_resolved_event, &asked->request, &resolved);
    return DONE;
}

enum outcome forgetting_passed(struct call *call, const struct passed_barriers *passed, struct error *err)
{
    struct forgetting_rows known;

    for (size_t b = 0; b < passed->n; b++) {
        TRY(store_forgetting(call, passed->items[b].requests, &known, err));
        for (size_t i = 0; i < known.n; i++)
            if (!known.items[i].closed)
                TRY(resolve(call, &known.items[i], &passed->items[b].barrier, err));
    }
    return DONE;
}

/* ---- what the runtime calls ----------------------------------------------------------------------------------------- */

static struct key_list keys_of_set(struct arena *arena, const struct forget_set *set)
{
    struct key_list keys = {.items = ARENA_ARRAY(arena, set->keys_n + 1, struct key), .n = set->keys_n};

    for (size_t i = 0; i < set->keys_n; i++)
        keys.items[i] = (struct key){.kind = (int)set->keys[i].kind, .hash = set->keys[i].hash};
    return keys;
}

static enum outcome restrict_now(struct call *call, const struct forget_set *set, struct error *err)
{
    struct forgetting_row asked = {.request = set->request,
                                   .keys = keys_of_set(call->arena, set),
                                   .records = set->records,
                                   .persons = set->persons};
    struct change change = {.restricts = set->request, .locked = true};
    struct uuid request = set->request;
    struct passed_barriers passed;
    struct found found;

    TRY(store_lock_all(call, err));
    TRY(store_forgetting_put(call, &asked, err));
    TRY(forgetting_find(call, asked.keys, asked.records, asked.persons, &found, err));
    change.touched = ids_of(call->arena, &found.records);
    if (change.touched.n > 0)
        TRY(change_apply(call, &change, err));
    TRY(store_barriers_passed(call, (struct uuid_list){.items = &request, .n = 1}, &passed, err));
    return forgetting_passed(call, &passed, err);
}

static enum outcome lift(struct call *call, const struct forget_set *set, struct error *err)
{
    struct change change = {.locked = true};

    TRY(store_lock_all(call, err));
    TRY(store_forgetting_lift(call, &set->request, &change.touched, err));
    return change.touched.n > 0 ? change_apply(call, &change, err) : DONE;
}

static enum outcome erase(struct call *call, const struct forget_set *set, int64_t *rows, struct error *err)
{
    struct change change = {.locked = true, .erases = true, .silent = set->persons};
    struct key_list keys = keys_of_set(call->arena, set);
    struct hash_list sources = {.items = ARENA_ARRAY(call->arena, keys.n + 1, struct hash)};
    struct record_rows named, of_persons;

    TRY(store_lock_all(call, err));
    TRY(store_records(call, BY_ID, set->records, &named, err));
    TRY(store_records(call, BY_PERSON, set->persons, &of_persons, err));
    change.removed = ids_of(call->arena, &named);
    add_missing(&change.removed, ids_of(call->arena, &of_persons), call->arena);
    if (change.removed.n > 0)
        TRY(change_apply(call, &change, err));
    *rows += (int64_t)change.removed.n;
    for (size_t i = 0; i < keys.n; i++)
        if (keys.items[i].kind == KEY_SOURCE)
            sources.items[sources.n++] = keys.items[i].hash;
    return store_erase(call, set->persons, set->records, sources, &set->request, rows, err);
}

static enum outcome count(struct call *call, const struct forget_set *set, int64_t *remaining, struct error *err)
{
    return store_count(call, set->persons, set->records, hashes_of(call->arena, keys_of_set(call->arena, set)),
                       &set->request, remaining, err);
}

const struct forget_table dedupe_forget = {.restrict_now = restrict_now, .lift = lift, .erase = erase, .count = count};
