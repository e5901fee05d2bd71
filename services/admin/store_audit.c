/* store_audit: the audit chain as rows. */
#include <string.h>

#include "gen/admin_sql.h"
#include "services/admin/store.h"

enum outcome store_audit_add(struct call *call, struct audit_row *row, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};
    uint8_t previous[AUDIT_HASH_BYTES], hash[AUDIT_HASH_BYTES];
    TRY(pg_exec(call->pg, &admin_sql_audit_head, NULL, &rows, err));
    struct bytes head = rows.n == 1 ? pg_get_bytes(&rows, 0, 1) : (struct bytes){0};
    ENSURE(head.n == AUDIT_HASH_BYTES);
    row->seq = pg_get_int8(&rows, 0, 0) + 1;
    row->at_us = clock_now_us();
    memcpy(previous, head.p, sizeof previous);
    pg_rows_free(&rows);
    audit_hash(previous, row, hash);
    pg_params_init(&params, call->arena);
    pg_add_int8(&params, row->seq);
    pg_add_time(&params, row->at_us);
    pg_add_uuid(&params, &row->operator_id);
    pg_add_text(&params, row->action);
    pg_add_uuid(&params, &row->object);
    pg_add_text(&params, row->detail);
    pg_add_text(&params, row->outcome);
    pg_add_bytes(&params, (struct bytes){.p = hash, .n = sizeof hash});
    TRY(pg_queue(call->pg, &admin_sql_audit_add, &params, err));
    pg_params_init(&params, call->arena);
    pg_add_int8(&params, row->seq);
    pg_add_bytes(&params, (struct bytes){.p = hash, .n = sizeof hash});
    return pg_queue(call->pg, &admin_sql_audit_advance, &params, err);
}

enum outcome store_audit_page(struct call *call, int64_t after, const struct uuid *who, const struct uuid *object,
                              int32_t most, struct audit_rows *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};
    pg_params_init(&params, call->arena);
    pg_add_int8(&params, after);
    pg_add_uuid(&params, who);
    pg_add_uuid(&params, object);
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &admin_sql_audit_page, &params, &rows, err));
    out->n = (size_t)rows.n;
    out->items = ARENA_ARRAY(call->arena, out->n + 1, struct audit_row);
    out->hashes = arena_array(call->arena, out->n + 1, AUDIT_HASH_BYTES);
    for (int i = 0; i < rows.n; i++) {
        out->items[i] = (struct audit_row){.seq = pg_get_int8(&rows, i, 0),
                                           .at_us = pg_get_time(&rows, i, 1),
                                           .operator_id = pg_get_uuid(&rows, i, 2),
                                           .action = text_copy(call->arena, pg_get_text(&rows, i, 3)),
                                           .object = pg_get_uuid(&rows, i, 4),
                                           .detail = text_copy(call->arena, pg_get_text(&rows, i, 5)),
                                           .outcome = text_copy(call->arena, pg_get_text(&rows, i, 6))};
        struct bytes hash = pg_get_bytes(&rows, i, 7);
        if (hash.n == AUDIT_HASH_BYTES)
            memcpy(out->hashes[i], hash.p, AUDIT_HASH_BYTES);
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_audit_hash(struct call *call, int64_t seq, uint8_t out[AUDIT_HASH_BYTES], bool *found,
                              struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};
    memset(out, 0, AUDIT_HASH_BYTES);
    *found = seq == 0;
    if (seq == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_int8(&params, seq);
    TRY(pg_exec(call->pg, &admin_sql_audit_last, &params, &rows, err));
    struct bytes hash = rows.n == 1 ? pg_get_bytes(&rows, 0, 1) : (struct bytes){0};
    if (hash.n == AUDIT_HASH_BYTES) {
        memcpy(out, hash.p, AUDIT_HASH_BYTES);
        *found = true;
    }
    pg_rows_free(&rows);
    return DONE;
}
