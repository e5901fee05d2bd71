/* store_answers: what was answered for each forget, by rule or by humans. */
#include "services/backup/service.h"

#include "gen/backup_sql.h"
#include "proto/events.h"

enum { PAGE = 200 };

enum outcome store_asked(struct call *call, const struct uuid *request, int64_t *at_us, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &backup_sql_asked, &params, &rows, err));
    *at_us = pg_get_time(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_answer(struct call *call, const struct uuid *request, const struct uuid *backup,
                          const struct backup_verdict *verdict, bool *added, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_uuid(&params, backup);
    pg_add_str(&params, verdict->outcome);
    pg_add_time(&params, verdict->at);
    pg_add_str(&params, verdict->why);
    TRY(pg_exec(call->pg, &backup_sql_answer_add, &params, &rows, err));
    *added = rows.n > 0;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_answers_open(struct call *call, const struct uuid *request, int64_t *n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &backup_sql_answer_count, &params, &rows, err));
    *n = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_publish_answers(struct call *call, const struct uuid *request, const struct uuid *backup,
                                   struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_uuid(&params, backup);
    TRY(pg_exec(call->pg, &backup_sql_answer_list, &params, &rows, err));
    for (int i = 0; i < rows.n; i++) {
        struct backup_answer answer = {.request = *request,
                                       .backup = pg_get_uuid(&rows, i, 0),
                                       .outcome = pg_get_text(&rows, i, 1),
                                       .at = pg_get_time(&rows, i, 2),
                                       .until = pg_get_time(&rows, i, 7),
                                       .why = pg_get_text(&rows, i, 3)};
        if (!pg_is_null(&rows, i, 6)) { /* what only one person has said is no answer yet */
            answer.evidence = pg_get_text(&rows, i, 4);
            answer.recorded_by = pg_get_uuid(&rows, i, 5);
            answer.confirmed_by = pg_get_uuid(&rows, i, 6);
        }
        outbox_publish(call->outbox, &backup_answer_event, request, &answer);
    }
    pg_rows_free(&rows);
    return DONE;
}

/* ---- by humans -------------------------------------------------------------------------------------------------------- */

static int human_outcome_of(struct text name)
{
    for (int i = 0; human_outcome_names[i] != NULL; i++)
        if (text_is(name, human_outcome_names[i]))
            return i;
    return -1;
}

enum outcome store_human_load(struct call *call, const struct uuid *request, const struct uuid *backup,
                              struct human_answer *out, bool *found, bool *open, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    *out = (struct human_answer){.outcome = -1, .at = CLOCK_NONE};
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_uuid(&params, backup);
    TRY(pg_exec(call->pg, &backup_sql_answer_load, &params, &rows, err));
    *found = rows.n > 0;
    *open = *found && text_is(pg_get_text(&rows, 0, 0), "human");
    if (*open && !pg_is_null(&rows, 0, 1))
        *out = (struct human_answer){.outcome = human_outcome_of(pg_get_text(&rows, 0, 1)),
                                     .at = pg_get_time(&rows, 0, 2),
                                     .evidence = text_copy(call->arena, pg_get_text(&rows, 0, 3)),
                                     .by = pg_get_uuid(&rows, 0, 4)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_human_record(struct call *call, const struct uuid *request, const struct uuid *backup,
                                const struct human_answer *answer, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_uuid(&params, backup);
    pg_add_str(&params, human_outcome_names[answer->outcome]);
    pg_add_time(&params, answer->at);
    pg_add_text(&params, answer->evidence);
    pg_add_uuid(&params, &answer->by);
    return pg_queue(call->pg, &backup_sql_answer_record, &params, err);
}

enum outcome store_human_confirm(struct call *call, const struct uuid *request, const struct uuid *backup,
                                 const struct uuid *by, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_uuid(&params, backup);
    pg_add_uuid(&params, by);
    pg_add_str(&params, "two persons answered for it, with evidence");
    return pg_queue(call->pg, &backup_sql_answer_confirm, &params, err);
}

static void print_open(const struct pg_rows *rows, int row, struct buf *out)
{
    buf_char(out, '{');
    print_id(out, "request", pg_get_uuid(rows, row, 0));
    buf_char(out, ',');
    print_id(out, "backup", pg_get_uuid(rows, row, 1));
    print_text(out, "name", pg_get_text(rows, row, 2));
    print_text(out, "holder", pg_get_text(rows, row, 3));
    print_time(out, "asked_at", pg_get_time(rows, row, 4));
    print_text(out, "recorded", pg_get_text(rows, row, 5));
    print_time(out, "at", pg_get_time(rows, row, 6));
    print_text(out, "evidence", pg_get_text(rows, row, 7));
    if (!pg_is_null(rows, row, 8)) {
        buf_char(out, ',');
        print_id(out, "recorded_by", pg_get_uuid(rows, row, 8));
    }
    buf_char(out, '}');
}

enum outcome store_print_open(struct call *call, const struct uuid *request, const struct uuid *backup, struct buf *out,
                              struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_uuid(&params, backup);
    pg_add_int4(&params, PAGE);
    TRY(pg_exec(call->pg, &backup_sql_answers_open, &params, &rows, err));
    buf_str(out, "{\"answers\":[");
    for (int i = 0; i < rows.n; i++) {
        if (i > 0)
            buf_char(out, ',');
        print_open(&rows, i, out);
    }
    buf_printf(out, "],\"more\":%s}", rows.n == PAGE ? "true" : "false");
    pg_rows_free(&rows);
    return DONE;
}
