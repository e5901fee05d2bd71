/* store: the statements of services/backup/sql. */
#include "services/backup/service.h"

#include "gen/backup_sql.h"
#include "proto/events.h"

enum { PAGE = 200 };

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
    if (b->kek_epoch == INT64_MIN)
        pg_add_null(&params);
    else
        pg_add_int8(&params, b->kek_epoch);
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

static void member(struct buf *out, const char *name, struct text value)
{
    if (value.p == NULL)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_json_string(out, value);
}

static void member_time(struct buf *out, const char *name, int64_t us)
{
    char at[CLOCK_TEXT_BYTES];

    if (us == CLOCK_NONE)
        return;
    clock_format(us, at);
    member(out, name, text_of(at));
}

static void print_row(const struct pg_rows *rows, int row, struct buf *out)
{
    struct uuid id = pg_get_uuid(rows, row, 0);
    char text[UUID_TEXT_BYTES];

    uuid_format(&id, text);
    buf_printf(out, "{\"id\":\"%s\"", text);
    member(out, "name", pg_get_text(rows, row, 1));
    member(out, "holder", pg_get_text(rows, row, 2));
    member(out, "kind", pg_get_text(rows, row, 3));
    member(out, "contents", pg_get_text(rows, row, 4));
    member(out, "system", pg_get_text(rows, row, 5));
    member_time(out, "taken_at", pg_get_time(rows, row, 6));
    member_time(out, "expires_at", pg_get_time(rows, row, 7));
    member(out, "place", pg_get_text(rows, row, 8));
    buf_printf(out, ",\"keyring\":%s", pg_get_bool(rows, row, 9) ? "true" : "false");
    if (!pg_is_null(rows, row, 10))
        buf_printf(out, ",\"kek_epoch\":%lld", (long long)pg_get_int8(rows, row, 10));
    member_time(out, "gone_at", pg_get_time(rows, row, 11));
    buf_printf(out, ",\"manifest\":%lld}", (long long)pg_get_int8(rows, row, 12));
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

enum outcome store_has_manifest(struct call *call, const struct uuid *id, bool *found, bool *has, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    TRY(pg_exec(call->pg, &backup_sql_backup_exists, &params, &rows, err));
    *found = rows.n > 0;
    *has = *found && text_is(pg_get_text(&rows, 0, 0), backup_contents_names[CONTENTS_MANIFEST]);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_manifest_add(struct call *call, const struct uuid *id, const struct hash_list *keys,
                                struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    pg_add_hashes(&params, keys->items, keys->n);
    return pg_queue(call->pg, &backup_sql_manifest_add, &params, err);
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
    *rows_n = rows.n;
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

enum outcome store_answer(struct call *call, const struct uuid *request, const struct uuid *backup,
                          const struct backup_verdict *verdict, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_uuid(&params, backup);
    pg_add_str(&params, verdict->outcome);
    pg_add_time(&params, verdict->at);
    pg_add_str(&params, verdict->why);
    return pg_queue(call->pg, &backup_sql_answer_add, &params, err);
}

enum outcome store_publish_answers(struct call *call, const struct uuid *request, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &backup_sql_answer_list, &params, &rows, err));
    for (int i = 0; i < rows.n; i++) {
        struct backup_answer answer = {.request = *request,
                                       .backup = pg_get_uuid(&rows, i, 0),
                                       .outcome = pg_get_text(&rows, i, 1),
                                       .at = pg_get_time(&rows, i, 2),
                                       .why = pg_get_text(&rows, i, 3)};
        outbox_publish(call->outbox, &backup_answer_event, request, &answer);
    }
    pg_rows_free(&rows);
    return DONE;
}
