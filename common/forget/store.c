/* forget/store: the SQL of common/forget. */
#include "common/forget/store.h"

#include <string.h>

#include "gen/forget_sql.h"

static void add_keys(struct pg_params *params, const struct forget_key *keys, size_t n)
{
    int32_t *kinds = ARENA_ARRAY(params->arena, n, int32_t);
    struct hash *hashes = ARENA_ARRAY(params->arena, n, struct hash);

    for (size_t i = 0; i < n; i++) {
        kinds[i] = (int32_t)keys[i].kind;
        hashes[i] = keys[i].hash;
    }
    pg_add_int4s(params, kinds, n);
    pg_add_hashes(params, hashes, n);
}

static void add_uuids(struct pg_params *params, struct uuid_list list)
{
    pg_add_uuids(params, list.items, list.n);
}

void forget_keys_add(struct pg_params *params, const struct forget_key *keys, size_t n)
{
    uint8_t *kinds = ARENA_ARRAY(params->arena, n + 1, uint8_t);
    struct hash *hashes = ARENA_ARRAY(params->arena, n, struct hash);

    for (size_t i = 0; i < n; i++) {
        kinds[i] = (uint8_t)keys[i].kind;
        hashes[i] = keys[i].hash;
    }
    pg_add_bytes(params, (struct bytes){.p = kinds, .n = n});
    pg_add_hashes(params, hashes, n);
}

enum outcome forget_keys_get(const struct pg_rows *rows, int row, int at, struct arena *arena,
                             const struct forget_key **keys, size_t *n, struct error *err)
{
    struct bytes kinds = pg_get_bytes(rows, row, at);
    struct hash_list hashes = pg_get_hashes(rows, row, at + 1, arena);
    struct forget_key *list = ARENA_ARRAY(arena, hashes.n, struct forget_key);

    if (kinds.n != hashes.n)
        return error_retry(err, "postgres", "a set's keys don't match their kinds");
    for (size_t i = 0; i < hashes.n; i++)
        list[i] = (struct forget_key){.kind = (enum key_kind)kinds.p[i], .hash = hashes.items[i]};
    *keys = list;
    *n = hashes.n;
    return DONE;
}

/* reads columns from `at`: state, verify, expiry, persons, records, activities, parts, key_kinds, key_hashes, rows,
 * attempts */
static enum outcome read_task(const struct pg_rows *rows, int row, int at, struct arena *arena, struct forget_task *out,
                              struct error *err)
{
    TRY(forget_keys_get(rows, row, at + 7, arena, &out->set.keys, &out->set.keys_n, err));
    out->state = (enum task_state)pg_get_int4(rows, row, at);
    out->verify = pg_get_bool(rows, row, at + 1);
    out->set.expiry = pg_get_bool(rows, row, at + 2);
    out->set.persons = pg_get_uuids(rows, row, at + 3, arena);
    out->set.records = pg_get_uuids(rows, row, at + 4, arena);
    out->set.activities = pg_get_uuids(rows, row, at + 5, arena);
    out->set.parts = pg_get_uuids(rows, row, at + 6, arena);
    out->rows = pg_get_int8(rows, row, at + 9);
    out->attempts = (unsigned)pg_get_int4(rows, row, at + 10);
    return DONE;
}

enum outcome forget_store_there(struct call *call, const struct uuid *request, bool *there, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &forget_sql_task_there, &params, &rows, err));
    *there = rows.n > 0;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome forget_store_states(struct call *call, const struct uuid *requests, size_t n, int *states,
                                 struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, requests, n);
    TRY(pg_exec(call->pg, &forget_sql_task_states, &params, &rows, err));
    for (int i = 0; i < rows.n; i++)
        states[pg_get_int4(&rows, i, 0) - 1] = pg_get_int4(&rows, i, 1);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome forget_store_load(struct call *call, const struct uuid *request, struct forget_task *out, bool *busy,
                               struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    enum outcome o = DONE;

    memset(out, 0, sizeof(*out));
    out->set.request = *request;
    *busy = false;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &forget_sql_task_load, &params, &rows, err));
    if (rows.n > 0)
        o = read_task(&rows, 0, 0, call->arena, out, err);
    else
        o = forget_store_there(call, request, busy, err);
    pg_rows_free(&rows);
    return o;
}

enum outcome forget_store_put(struct call *call, const struct forget_task *task, bool due, struct error *err)
{
    const struct forget_set *set = &task->set;
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &set->request);
    pg_add_int4(&params, (int32_t)task->state);
    pg_add_bool(&params, task->verify);
    pg_add_bool(&params, set->expiry);
    add_uuids(&params, set->persons);
    add_uuids(&params, set->records);
    add_uuids(&params, set->activities);
    add_uuids(&params, set->parts);
    forget_keys_add(&params, set->keys, set->keys_n);
    pg_add_bool(&params, due);
    return pg_queue(call->pg, &forget_sql_task_put, &params, err);
}

enum outcome forget_store_move(struct call *call, const struct forget_task *task, bool due, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &task->set.request);
    pg_add_int4(&params, (int32_t)task->state);
    pg_add_bool(&params, task->verify);
    pg_add_bool(&params, due);
    return pg_queue(call->pg, &forget_sql_task_move, &params, err);
}

enum outcome forget_store_close(struct call *call, const struct uuid *request, enum task_state state, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_int4(&params, (int32_t)state);
    return pg_queue(call->pg, &forget_sql_task_close, &params, err);
}

enum outcome forget_store_result(struct call *call, const struct forget_task *task, bool failed, int64_t delay_us,
                                 struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &task->set.request);
    pg_add_int4(&params, (int32_t)task->state);
    pg_add_bool(&params, task->verify);
    pg_add_int8(&params, task->rows);
    pg_add_bool(&params, failed);
    pg_add_int8(&params, delay_us);
    return pg_queue(call->pg, &forget_sql_task_result, &params, err);
}

enum outcome forget_store_stones(struct call *call, const struct forget_set *set, const struct forget_stone *stone,
                                 struct error *err)
{
    struct pg_params params;

    if (set->keys_n > 0 && !set->expiry) {
        pg_params_init(&params, call->arena);
        add_keys(&params, set->keys, set->keys_n);
        pg_add_uuid(&params, &stone->request);
        pg_add_time(&params, stone->received_us);
        pg_add_uuid(&params, &stone->barrier);
        pg_add_bool(&params, stone->standing);
        pg_add_time(&params, stone->until_us);
        TRY(pg_queue(call->pg, &forget_sql_keys_put, &params, err));
    }
    const struct uuid_list lists[] = {set->persons, set->records, set->activities, set->parts};
    struct uuid *ids =
        ARENA_ARRAY(call->arena, set->persons.n + set->records.n + set->activities.n + set->parts.n, struct uuid);
    size_t n = 0;
    for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++)
        for (size_t i = 0; i < lists[l].n; i++)
            ids[n++] = lists[l].items[i];
    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_uuid(&params, &stone->request);
    pg_add_bool(&params, stone->standing);
    pg_add_time(&params, stone->until_us);
    return pg_queue(call->pg, &forget_sql_ids_put, &params, err);
}

enum outcome forget_store_lift(struct call *call, const struct uuid *request, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_queue(call->pg, &forget_sql_keys_lift, &params, err));
    return pg_queue(call->pg, &forget_sql_ids_lift, &params, err);
}

enum outcome forget_store_look(struct call *call, struct forget_look *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    *out = (struct forget_look){0};
    pg_params_init(&params, call->arena);
    pg_add_int4(&params, GRACE_FRESH);
    pg_add_int4(&params, GRACE_ALONE);
    TRY(pg_exec(call->pg, &forget_sql_tasks_look, &params, &rows, err));
    ENSURE(rows.n <= GRACE_MOST);
    for (int i = 0; i < rows.n; i++) {
        out->tasks[out->n++] = (struct grace_task){
            .request = pg_get_uuid(&rows, i, 0),
            .order = pg_get_int8(&rows, i, 1),
            .destroys = pg_get_int4(&rows, i, 2) == TASK_DESTROYING,
            .alone = pg_get_bool(&rows, i, 3),
        };
        out->oldest = pg_get_int8(&rows, i, 4);
        out->next = pg_get_int8(&rows, i, 5);
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome forget_store_oldest(struct call *call, int64_t *oldest, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &forget_sql_oldest, NULL, &rows, err));
    *oldest = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome forget_store_take(struct call *call, const struct grace_task *tasks, size_t n, struct forget_task **out,
                               size_t *taken, struct error *err)
{
    struct uuid *requests = ARENA_ARRAY(call->arena, n, struct uuid);
    int64_t *orders = ARENA_ARRAY(call->arena, n, int64_t);
    struct pg_params params;
    struct pg_rows rows;
    enum outcome o = DONE;
    size_t wanted = 0;

    *taken = 0;
    for (size_t i = 0; i < n; i++) {
        if (!tasks[i].ready || tasks[i].alone)
            continue;
        requests[wanted] = tasks[i].request;
        orders[wanted++] = tasks[i].order;
    }
    if (wanted == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, requests, wanted);
    pg_add_int8s(&params, orders, wanted);
    TRY(pg_exec(call->pg, &forget_sql_tasks_take, &params, &rows, err));
    *taken = (size_t)rows.n;
    *out = ARENA_ARRAY(call->arena, *taken, struct forget_task);
    for (int i = 0; i < rows.n && o == DONE; i++) {
        (*out)[i].set.request = pg_get_uuid(&rows, i, 0);
        o = read_task(&rows, i, 1, call->arena, &(*out)[i], err);
    }
    pg_rows_free(&rows);
    return o;
}

enum outcome forget_store_claim(struct call *call, const struct grace_task *task, bool *got, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &task->request);
    pg_add_int8(&params, task->order);
    TRY(pg_exec(call->pg, &forget_sql_task_claim, &params, &rows, err));
    *got = rows.n > 0;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome forget_store_sweep(struct call *call, struct error *err)
{
    const int32_t ended[] = {TASK_DESTROYED, TASK_VERIFIED, TASK_CANCELLED, TASK_COMPLETED};
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_int4s(&params, ended, sizeof(ended) / sizeof(ended[0]));
    TRY(pg_exec(call->pg, &forget_sql_sweep_tasks, &params, NULL, err));
    TRY(pg_exec(call->pg, &forget_sql_sweep_keys, NULL, NULL, err));
    return pg_exec(call->pg, &forget_sql_sweep_ids, NULL, NULL, err);
}

enum outcome forget_retry(struct call *call, const struct uuid *request, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    call_wake(call, forget_job.name);
    return pg_queue(call->pg, &forget_sql_task_retry, &params, err);
}

/* ---- what every writer asks ------------------------------------------------------------------------------------- */

enum outcome forget_check_ids(struct call *call, const struct uuid *ids, size_t n, bool *stands, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    memset(stands, 0, n * sizeof(*stands));
    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    TRY(pg_exec(call->pg, &forget_sql_ids_check, &params, &rows, err));
    for (int i = 0; i < rows.n; i++) {
        int32_t at = pg_get_int4(&rows, i, 0);
        ENSURE(at >= 1 && (size_t)at <= n);
        stands[at - 1] = true;
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome forget_ask_keys(struct call *call, const struct forget_key *keys, size_t n, struct pg_rows *rows,
                             struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    add_keys(&params, keys, n);
    return pg_queue_rows(call->pg, &forget_sql_keys_check, &params, rows, err);
}

void forget_read_keys(const struct pg_rows *rows, size_t n, struct forget_tombstone *out)
{
    for (int i = 0; i < rows->n; i++) {
        int32_t at = pg_get_int4(rows, i, 0);
        ENSURE(at >= 1 && (size_t)at <= n);
        out[at - 1] = (struct forget_tombstone){
            .stands = true,
            .restricted = !pg_get_bool(rows, i, 1),
            .request = pg_get_uuid(rows, i, 2),
            .received_us = pg_get_time(rows, i, 3),
            .barrier = pg_get_uuid(rows, i, 4),
        };
    }
}

enum outcome forget_check_keys(struct call *call, const struct forget_key *keys, size_t n, struct forget_tombstone *out,
                               struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    memset(out, 0, n * sizeof(*out));
    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    add_keys(&params, keys, n);
    TRY(pg_exec(call->pg, &forget_sql_keys_check, &params, &rows, err));
    forget_read_keys(&rows, n, out);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome forget_yield(struct call *call, const struct forget_key *keys, size_t n, struct error *err)
{
    struct pg_params params;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    add_keys(&params, keys, n);
    return pg_queue(call->pg, &forget_sql_keys_yield, &params, err);
}
