/* store: the statements of services/backup/sql. */
#include "services/backup/service.h"

#include "gen/backup_sql.h"
#include "proto/events.h"

enum { PAGE = 200 };

static void add_number(struct pg_params *params, int64_t n)
{
    if (n == INT64_MIN)
        pg_add_null(params);
    else
        pg_add_int8(params, n);
}

enum outcome store_put(struct call *call, const struct backup *b, bool *fresh, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &b->id);
    pg_add_text(&params, b->name);
    pg_add_text(&params, b->holder);
    pg_add_str(&params, backup_kind_names[b->kind]);
    pg_add_str(&params, backup_contents_names[b->contents]);
    pg_add_text(&params, b->system);
    pg_add_time(&params, b->taken_us);
    pg_add_time(&params, b->expires_us);
    pg_add_text(&params, b->place);
    pg_add_bool(&params, b->keyring);
    add_number(&params, b->kek_epoch);
    add_number(&params, b->ledger);
    TRY(pg_exec(call->pg, &backup_sql_backup_put, &params, &rows, err));
    *fresh = rows.n > 0;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_change(struct call *call, const struct uuid *id, int64_t expires_us, bool gone, bool *found,
                          struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    pg_add_time(&params, expires_us);
    pg_add_bool(&params, gone);
    TRY(pg_exec(call->pg, &backup_sql_backup_change, &params, &rows, err));
    *found = rows.n > 0;
    pg_rows_free(&rows);
    return DONE;
}

static void print_row(const struct pg_rows *rows, int row, struct buf *out)
{
    buf_char(out, '{');
    print_id(out, "id", pg_get_uuid(rows, row, 0));
    print_text(out, "name", pg_get_text(rows, row, 1));
    print_text(out, "holder", pg_get_text(rows, row, 2));
    print_text(out, "kind", pg_get_text(rows, row, 3));
    print_text(out, "contents", pg_get_text(rows, row, 4));
    print_text(out, "system", pg_get_text(rows, row, 5));
    print_time(out, "taken_at", pg_get_time(rows, row, 6));
    print_time(out, "expires_at", pg_get_time(rows, row, 7));
    print_text(out, "place", pg_get_text(rows, row, 8));
    buf_printf(out, ",\"keyring\":%s", pg_get_bool(rows, row, 9) ? "true" : "false");
    if (!pg_is_null(rows, row, 10))
        buf_printf(out, ",\"kek_epoch\":%lld", (long long)pg_get_int8(rows, row, 10));
    if (!pg_is_null(rows, row, 15))
        buf_printf(out, ",\"ledger\":%lld", (long long)pg_get_int8(rows, row, 15));
    print_time(out, "gone_at", pg_get_time(rows, row, 11));
    buf_printf(out, ",\"manifest\":%lld,\"complete\":%s,\"by_phone\":%s}", (long long)pg_get_int8(rows, row, 12),
               pg_get_bool(rows, row, 13) ? "true" : "false", pg_get_bool(rows, row, 14) ? "true" : "false");
}

enum outcome store_print(struct call *call, const struct uuid *after, struct buf *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, after);
    pg_add_int4(&params, PAGE);
    TRY(pg_exec(call->pg, &backup_sql_backup_list, &params, &rows, err));
    buf_str(out, "{\"backups\":[");
    for (int i = 0; i < rows.n; i++) {
        if (i > 0)
            buf_char(out, ',');
        print_row(&rows, i, out);
    }
    buf_printf(out, "],\"more\":%s}", rows.n == PAGE ? "true" : "false");
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_expire(struct call *call, int64_t *n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &backup_sql_backup_expire, &params, &rows, err));
    *n = rows.n;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_manifest_mark(struct call *call, const struct uuid *id, bool complete, bool by_phone, bool *found,
                                 bool *has, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    pg_add_bool(&params, complete);
    pg_add_bool(&params, by_phone);
    TRY(pg_exec(call->pg, &backup_sql_manifest_mark, &params, &rows, err));
    *found = rows.n > 0;
    *has = *found && text_is(pg_get_text(&rows, 0, 0), backup_contents_names[CONTENTS_MANIFEST]);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_manifest_add(struct call *call, const struct uuid *id, const struct hash_list *keys,
                                int64_t *forgotten, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    pg_add_hashes(&params, keys->items, keys->n);
    TRY(pg_exec(call->pg, &backup_sql_manifest_add, &params, &rows, err));
    *forgotten = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

static int index_of(const char *const *names, struct text name)
{
    int i = 0;

    while (names[i] != NULL && !text_is(name, names[i]))
        i++;
    ENSURE(names[i] != NULL); /* the table's CHECK allows no other */
    return i;
}

enum outcome store_may_hold(struct call *call, int64_t at_us, const struct hash_list *keys, struct backup_list *out,
                            struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_time(&params, at_us);
    pg_add_hashes(&params, keys->items, keys->n);
    TRY(pg_exec(call->pg, &backup_sql_may_hold, &params, &rows, err));
    *out =
        (struct backup_list){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct backup), .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct backup){
            .id = pg_get_uuid(&rows, i, 0),
            .kind = (enum backup_kind)index_of(backup_kind_names, pg_get_text(&rows, i, 1)),
            .contents = (enum backup_contents)index_of(backup_contents_names, pg_get_text(&rows, i, 2)),
            .keyring = pg_get_bool(&rows, i, 3),
            .taken_us = pg_get_time(&rows, i, 4),
            .expires_us = pg_get_time(&rows, i, 5),
        };
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_manifest_erase(struct call *call, const struct hash_list *keys, int64_t *rows_n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys->items, keys->n);
    TRY(pg_exec(call->pg, &backup_sql_manifest_erase, &params, &rows, err));
    *rows_n = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_manifest_count(struct call *call, const struct hash_list *keys, int64_t *rows_n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys->items, keys->n);
    TRY(pg_exec(call->pg, &backup_sql_manifest_count, &params, &rows, err));
    *rows_n = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}
