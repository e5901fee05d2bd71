/* weigh_store: the SQL of blocking keys and edges. */
#include "gen/dedupe_sql.h"
#include "services/dedupe/weigh.h"

static struct block_rows take_rows(struct call *call, struct pg_rows *rows)
{
    struct block_rows out = {.items = ARENA_ARRAY(call->arena, (size_t)rows->n + 1, struct block_row),
                             .n = (size_t)rows->n};

    for (int i = 0; i < rows->n; i++)
        out.items[i] = (struct block_row){.key = pg_get_int8(rows, i, 0), .record = pg_get_uuid(rows, i, 1)};
    pg_rows_free(rows);
    return out;
}

enum outcome weigh_store_keys(struct call *call, struct uuid_list records, struct block_rows *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, records.items, records.n);
    if (records.n > 0)
        TRY(pg_exec(call->pg, &dedupe_sql_block_keys_of, &params, &rows, err));
    *out = take_rows(call, &rows);
    return DONE;
}

enum outcome weigh_store_holders(struct call *call, const int64_t *keys, size_t n, size_t most, struct block_rows *out,
                                 struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_int8s(&params, keys, n);
    pg_add_int4(&params, (int32_t)most);
    if (n > 0)
        TRY(pg_exec(call->pg, &dedupe_sql_block_holders, &params, &rows, err));
    *out = take_rows(call, &rows);
    return DONE;
}

enum outcome weigh_store_keys_put(struct call *call, struct uuid_list drop, const struct block_row *rows, size_t n,
                                  struct error *err)
{
    int64_t *keys = ARENA_ARRAY(call->arena, n + 1, int64_t);
    struct uuid *records = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, drop.items, drop.n);
    if (drop.n > 0)
        TRY(pg_queue(call->pg, &dedupe_sql_block_keys_drop, &params, err));
    for (size_t i = 0; i < n; i++)
        keys[i] = rows[i].key, records[i] = rows[i].record;
    pg_params_init(&params, call->arena);
    pg_add_int8s(&params, keys, n);
    pg_add_uuids(&params, records, n);
    return n == 0 ? DONE : pg_queue(call->pg, &dedupe_sql_block_keys_put, &params, err);
}

enum outcome weigh_store_edges(struct call *call, struct uuid_list records, struct edge_rows *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, records.items, records.n);
    if (records.n > 0)
        TRY(pg_exec(call->pg, &dedupe_sql_edges_of, &params, &rows, err));
    *out = (struct edge_rows){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct dedupe_edge),
                              .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct dedupe_edge){.a = pg_get_uuid(&rows, i, 0),
                                             .b = pg_get_uuid(&rows, i, 1),
                                             .verdict = (uint8_t)pg_get_int4(&rows, i, 2),
                                             .differ = pg_get_bool(&rows, i, 3),
                                             .random = pg_get_int4(&rows, i, 4),
                                             .household = pg_get_int4(&rows, i, 5),
                                             .levels = (uint32_t)pg_get_int4(&rows, i, 6)};
    pg_rows_free(&rows);
    return DONE;
}

static void add_edges(struct call *call, struct pg_params *params, const struct dedupe_edge *edges, size_t n)
{
    struct uuid *a = ARENA_ARRAY(call->arena, 2 * n + 1, struct uuid), *b = a + n;
    int32_t *verdict = ARENA_ARRAY(call->arena, 4 * n + 1, int32_t), *random = verdict + n, *household = random + n,
            *levels = household + n;
    bool *differ = ARENA_ARRAY(call->arena, n + 1, bool);

    for (size_t i = 0; i < n; i++) {
        a[i] = edges[i].a, b[i] = edges[i].b;
        verdict[i] = edges[i].verdict, random[i] = edges[i].random, household[i] = edges[i].household;
        levels[i] = (int32_t)edges[i].levels;
        differ[i] = edges[i].differ;
    }
    pg_add_uuids(params, a, n);
    pg_add_uuids(params, b, n);
    pg_add_int4s(params, verdict, n);
    pg_add_bools(params, differ, n);
    pg_add_int4s(params, random, n);
    pg_add_int4s(params, household, n);
    pg_add_int4s(params, levels, n);
}

enum outcome weigh_store_edges_put(struct call *call, struct uuid_list drop, const struct dedupe_edge *edges, size_t n,
                                   int64_t weights, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, drop.items, drop.n);
    if (drop.n > 0)
        TRY(pg_queue(call->pg, &dedupe_sql_edges_drop, &params, err));
    pg_params_init(&params, call->arena);
    add_edges(call, &params, edges, n);
    pg_add_int8(&params, weights);
    return n == 0 ? DONE : pg_queue(call->pg, &dedupe_sql_edges_put, &params, err);
}
