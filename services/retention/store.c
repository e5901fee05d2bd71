/* store: what retention writes as events come in, and how it forgets. */
#include "services/retention/store.h"

#include "gen/retention_sql.h"

static void add_uuids(struct pg_params *params, struct uuid_list list)
{
    pg_add_uuids(params, list.items, list.n);
}

static enum outcome queue_uuids(struct call *call, const struct pg_statement *statement, struct uuid_list ids,
                                struct error *err)
{
    struct pg_params params;

    if (ids.n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    add_uuids(&params, ids);
    return pg_queue(call->pg, statement, &params, err);
}

static struct uuid_list take_uuids(struct call *call, struct pg_rows *rows)
{
    struct uuid_list list = {.items = ARENA_ARRAY(call->arena, (size_t)rows->n + 1, struct uuid), .n = (size_t)rows->n};

    for (int i = 0; i < rows->n; i++)
        list.items[i] = pg_get_uuid(rows, i, 0);
    pg_rows_free(rows);
    return list;
}

enum outcome store_ended(struct call *call, struct uuid_list ids, struct uuid_list *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    add_uuids(&params, ids);
    TRY(pg_exec(call->pg, &retention_sql_ended_of, &params, &rows, err));
    *out = take_uuids(call, &rows);
    return DONE;
}

enum outcome store_ended_put(struct call *call, struct uuid_list ids, struct error *err)
{
    return queue_uuids(call, &retention_sql_ended_put, ids, err);
}

/* ---- records -------------------------------------------------------------------------------------------------------- */

enum outcome store_records_put(struct call *call, const struct record_clock *clocks, size_t n, struct error *err)
{
    struct arena *arena = call->arena;
    struct uuid *ids = ARENA_ARRAY(arena, n + 1, struct uuid);
    int64_t *revs = ARENA_ARRAY(arena, n + 1, int64_t), *captured = ARENA_ARRAY(arena, n + 1, int64_t),
            *computed = ARENA_ARRAY(arena, n + 1, int64_t), *due = ARENA_ARRAY(arena, n + 1, int64_t);
    struct text *categories = ARENA_ARRAY(arena, n + 1, struct text), *rules = ARENA_ARRAY(arena, n + 1, struct text);
    struct bytes *dates = ARENA_ARRAY(arena, n + 1, struct bytes);
    bool *by_last_use = ARENA_ARRAY(arena, n + 1, bool);
    struct pg_params params;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++) {
        const struct record_clock *c = &clocks[i];
        ids[i] = c->record, revs[i] = c->rev, categories[i] = c->category, captured[i] = c->dates.base;
        dates[i] = dates_pack(c->dates.dates, arena);
        computed[i] = c->due.by_last_use ? 0 : call->policy_version;
        by_last_use[i] = c->due.by_last_use, due[i] = c->due.at, rules[i] = text_of(c->due.rule);
    }
    pg_params_init(&params, arena);
    pg_add_uuids(&params, ids, n);
    pg_add_int8s(&params, revs, n);
    pg_add_texts(&params, categories, n);
    pg_add_times(&params, captured, n);
    pg_add_bytes_array(&params, dates, n);
    pg_add_int8s(&params, computed, n);
    pg_add_bools(&params, by_last_use, n);
    pg_add_times(&params, due, n);
    pg_add_texts(&params, rules, n);
    return pg_queue(call->pg, &retention_sql_records_put, &params, err);
}

enum outcome store_records_drop(struct call *call, struct uuid_list records, struct error *err)
{
    return queue_uuids(call, &retention_sql_records_drop, records, err);
}

/* ---- activities and their parts --------------------------------------------------------------------------------------- */

enum outcome store_activities_put(struct call *call, const struct activity_clock *clocks, size_t n,
                                  struct uuid_list *applied, struct error *err)
{
    struct arena *arena = call->arena;
    struct uuid *ids = ARENA_ARRAY(arena, n + 1, struct uuid);
    int64_t *revs = ARENA_ARRAY(arena, n + 1, int64_t), *occurred = ARENA_ARRAY(arena, n + 1, int64_t),
            *computed = ARENA_ARRAY(arena, n + 1, int64_t), *due = ARENA_ARRAY(arena, n + 1, int64_t);
    struct text *categories = ARENA_ARRAY(arena, n + 1, struct text), *rules = ARENA_ARRAY(arena, n + 1, struct text);
    struct bytes *dates = ARENA_ARRAY(arena, n + 1, struct bytes);
    struct pg_params params;
    struct pg_rows rows;

    for (size_t i = 0; i < n; i++) {
        const struct activity_clock *c = &clocks[i];
        ids[i] = c->activity, revs[i] = c->rev, categories[i] = c->category, occurred[i] = c->dates.base;
        dates[i] = dates_pack(c->dates.dates, arena);
        computed[i] = call->policy_version, due[i] = c->due.at, rules[i] = text_of(c->due.rule);
    }
    pg_params_init(&params, arena);
    pg_add_uuids(&params, ids, n);
    pg_add_int8s(&params, revs, n);
    pg_add_texts(&params, categories, n);
    pg_add_times(&params, occurred, n);
    pg_add_bytes_array(&params, dates, n);
    pg_add_int8s(&params, computed, n);
    pg_add_times(&params, due, n);
    pg_add_texts(&params, rules, n);
    TRY(pg_exec(call->pg, &retention_sql_activities_put, &params, &rows, err));
    *applied = take_uuids(call, &rows);
    return DONE;
}

enum outcome store_activities_drop(struct call *call, struct uuid_list activities, struct error *err)
{
    return queue_uuids(call, &retention_sql_activities_drop, activities, err);
}

static enum outcome put_part_keys(struct call *call, const struct part_clock *parts, size_t n, struct error *err)
{
    size_t room = 1, keys_n = 0;
    struct pg_params params;
    struct hash *hashes;
    struct uuid *ids;

    for (size_t i = 0; i < n; i++)
        room += parts[i].keys.n;
    hashes = ARENA_ARRAY(call->arena, room, struct hash);
    ids = ARENA_ARRAY(call->arena, room, struct uuid);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < parts[i].keys.n; k++)
            if (parts[i].keys.items[k].kind == KEY_EMAIL || parts[i].keys.items[k].kind == KEY_SOURCE)
                hashes[keys_n] = parts[i].keys.items[k].hash, ids[keys_n++] = parts[i].part;
    if (keys_n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, hashes, keys_n);
    pg_add_uuids(&params, ids, keys_n);
    return pg_queue(call->pg, &retention_sql_part_keys_put, &params, err);
}

enum outcome store_parts_put(struct call *call, struct uuid_list activities, const struct part_clock *parts, size_t n,
                             struct error *err)
{
    struct arena *arena = call->arena;
    struct uuid *ids = ARENA_ARRAY(arena, 3 * n + 1, struct uuid), *of = ids + n, *records = ids + 2 * n;
    int32_t *roles = ARENA_ARRAY(arena, n + 1, int32_t);
    bool *used = ARENA_ARRAY(arena, n + 1, bool);
    int64_t *due = ARENA_ARRAY(arena, n + 1, int64_t);
    struct text *rules = ARENA_ARRAY(arena, n + 1, struct text);
    struct pg_params params;

    for (size_t i = 0; i < n; i++) {
        ids[i] = parts[i].part, of[i] = parts[i].activity, records[i] = parts[i].record;
        roles[i] = parts[i].role, used[i] = parts[i].used;
        due[i] = parts[i].due.at, rules[i] = text_of(parts[i].due.rule);
    }
    pg_params_init(&params, arena);
    add_uuids(&params, activities);
    pg_add_uuids(&params, ids, n);
    TRY(pg_queue(call->pg, &retention_sql_parts_clear, &params, err));
    if (n == 0)
        return DONE;
    pg_params_init(&params, arena);
    pg_add_uuids(&params, ids, n);
    pg_add_uuids(&params, of, n);
    pg_add_int4s(&params, roles, n);
    pg_add_bools(&params, used, n);
    pg_add_uuids(&params, records, n);
    pg_add_times(&params, due, n);
    pg_add_texts(&params, rules, n);
    TRY(pg_queue(call->pg, &retention_sql_parts_put, &params, err));
    return put_part_keys(call, parts, n, err);
}

/* ---- whose last use ------------------------------------------------------------------------------------------------- */

enum outcome store_touch_activities(struct call *call, struct uuid_list activities, struct error *err)
{
    return queue_uuids(call, &retention_sql_touch_activities, activities, err);
}

enum outcome store_touch_records(struct call *call, struct uuid_list records, struct error *err)
{
    return queue_uuids(call, &retention_sql_touch_records, records, err);
}

enum outcome store_touch_persons(struct call *call, struct uuid_list persons, struct error *err)
{
    return queue_uuids(call, &retention_sql_touch_persons, persons, err);
}

enum outcome store_persons_put(struct call *call, const struct person_row *persons, size_t n, struct uuid_list *applied,
                               struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    int64_t *revs = ARENA_ARRAY(call->arena, n + 1, int64_t);
    bool *ended = ARENA_ARRAY(call->arena, n + 1, bool);
    struct pg_params params;
    struct pg_rows rows;

    for (size_t i = 0; i < n; i++)
        ids[i] = persons[i].person, revs[i] = persons[i].rev, ended[i] = persons[i].ended;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_int8s(&params, revs, n);
    pg_add_bools(&params, ended, n);
    TRY(pg_exec(call->pg, &retention_sql_persons_put, &params, &rows, err));
    *applied = take_uuids(call, &rows);
    return DONE;
}

enum outcome store_members_clear(struct call *call, struct uuid_list persons, struct error *err)
{
    return queue_uuids(call, &retention_sql_members_clear, persons, err);
}

enum outcome store_members_put(struct call *call, const struct uuid *records, const struct uuid *persons, size_t n,
                               struct error *err)
{
    struct pg_params params;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, records, n);
    pg_add_uuids(&params, persons, n);
    return pg_queue(call->pg, &retention_sql_members_put, &params, err);
}

enum outcome store_person_keys_put(struct call *call, const struct hash *keys, const struct uuid *persons, size_t n,
                                   struct error *err)
{
    struct pg_params params;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys, n);
    pg_add_uuids(&params, persons, n);
    return pg_queue(call->pg, &retention_sql_person_keys_put, &params, err);
}

/* ---- forgetting ------------------------------------------------------------------------------------------------------- */

/* Keys count for a forget alone: an expiry takes ids. */
static enum outcome ask_set(struct call *call, const struct pg_statement *statement, const struct forget_set *set,
                            int64_t *out, struct error *err)
{
    struct hash *keys = ARENA_ARRAY(call->arena, set->keys_n + 1, struct hash);
    struct pg_params params;
    struct pg_rows rows;
    size_t n = 0;

    for (size_t i = 0; i < set->keys_n && !set->expiry; i++)
        if (set->keys[i].kind == KEY_EMAIL || set->keys[i].kind == KEY_SOURCE)
            keys[n++] = set->keys[i].hash;
    pg_params_init(&params, call->arena);
    add_uuids(&params, set->persons);
    add_uuids(&params, set->records);
    add_uuids(&params, set->activities);
    add_uuids(&params, set->parts);
    pg_add_hashes(&params, keys, n);
    pg_add_bool(&params, !set->expiry);
    TRY(pg_exec(call->pg, statement, &params, &rows, err));
    *out = rows.n > 0 ? pg_get_int8(&rows, 0, 0) : 0;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_erase(struct call *call, const struct forget_set *set, int64_t *rows, struct error *err)
{
    return ask_set(call, &retention_sql_forget_erase, set, rows, err);
}

enum outcome store_count(struct call *call, const struct forget_set *set, int64_t *remaining, struct error *err)
{
    return ask_set(call, &retention_sql_forget_count, set, remaining, err);
}

enum outcome store_sweep(struct call *call, struct error *err)
{
    return pg_exec(call->pg, &retention_sql_sweep, NULL, NULL, err);
}
