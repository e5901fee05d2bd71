/* tasks: what each service and each outside holder of a request still owes, in SQL. */
#include "services/erasure/tasks.h"

#include <string.h>

#include "gen/erasure_sql.h"
#include "services/erasure/service.h"

const char *const service_names[SERVICES] = {"intake",  "consent", "dedupe", "retention",
                                             "erasure", "mailer",  "backup", "admin"};

static struct text copied(struct call *call, const struct pg_rows *rows, int row, int column)
{
    struct text t = pg_get_text(rows, row, column);

    return t.p == NULL ? TEXT_NONE : text_copy(call->arena, t);
}

static struct bytes copied_bytes(struct call *call, const struct pg_rows *rows, int row, int column)
{
    struct bytes b = pg_get_bytes(rows, row, column);
    uint8_t *copy;

    if (b.p == NULL)
        return (struct bytes){0};
    copy = arena_alloc(call->arena, b.n + 1);
    memcpy(copy, b.p, b.n);
    return (struct bytes){.p = copy, .n = b.n};
}

enum outcome holders_share(struct call *call, struct error *err)
{
    return pg_queue(call->pg, &erasure_sql_holders_share, NULL, err);
}

enum outcome tasks_create(struct call *call, const struct uuid *request, const struct tasks_wanted *wanted,
                          struct error *err)
{
    struct pg_params params;
    struct text *names = ARENA_ARRAY(call->arena, SERVICES, struct text);

    for (size_t i = 0; i < SERVICES; i++)
        names[i] = text_of(service_names[i]);
    TRY(holders_share(call, err));
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_texts(&params, names, wanted->services ? SERVICES : 0);
    pg_add_str(&params, wanted->verb);
    if (wanted->systems == NULL)
        pg_add_null(&params);
    else
        pg_add_texts(&params, wanted->systems->items, wanted->systems->n);
    pg_add_str(&params, wanted->identifier);
    return pg_queue(call->pg, &erasure_sql_tasks_create, &params, err);
}

static enum outcome at_request(struct call *call, const struct pg_statement *statement, const struct uuid *request,
                               struct pg_rows *rows, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_time(&params, clock_now_us());
    return pg_exec(call->pg, statement, &params, rows, err);
}

enum outcome tasks_order(struct call *call, const struct uuid *request, bool *outside, struct error *err)
{
    struct pg_rows rows;

    *outside = false;
    TRY(at_request(call, &erasure_sql_tasks_order, request, &rows, err));
    for (int i = 0; i < rows.n; i++)
        if (!text_is(pg_get_text(&rows, i, 0), "service"))
            *outside = true;
    pg_rows_free(&rows);
    return *outside ? disclosures_note(call, request, true, err) : DONE;
}

enum outcome tasks_verify(struct call *call, const struct uuid *request, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    return pg_queue(call->pg, &erasure_sql_tasks_verify, &params, err);
}

enum outcome tasks_silent(struct call *call, const struct uuid *request, bool verifying, struct text_list *names,
                          struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_bool(&params, verifying);
    TRY(pg_exec(call->pg, &erasure_sql_services_silent, &params, &rows, err));
    names->n = (size_t)rows.n;
    names->items = ARENA_ARRAY(call->arena, names->n, struct text);
    for (int i = 0; i < rows.n; i++)
        names->items[i] = copied(call, &rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome tasks_stop(struct call *call, const struct uuid *request, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    return pg_queue(call->pg, &erasure_sql_tasks_stop, &params, err);
}

static void add_answers(struct pg_params *params, const struct service_answers *a)
{
    pg_add_uuids(params, a->requests, a->n);
    pg_add_texts(params, a->services, a->n);
    pg_add_int8s(params, a->rows, a->n);
    pg_add_int8s(params, a->remaining, a->n);
    pg_add_times(params, a->at, a->n);
}

enum outcome tasks_destroyed(struct call *call, const struct service_answers *answers, struct error *err)
{
    struct pg_params params;

    if (answers->n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    add_answers(&params, answers);
    pg_add_texts(&params, answers->counts, answers->n);
    return pg_queue(call->pg, &erasure_sql_results_destroyed, &params, err);
}

enum outcome tasks_verified(struct call *call, const struct service_answers *answers, struct error *err)
{
    struct pg_params params;

    if (answers->n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    add_answers(&params, answers);
    pg_add_int4(&params, (int32_t)STAGE_VERIFYING);
    return pg_queue(call->pg, &erasure_sql_results_verified, &params, err);
}

enum outcome backup_put(struct call *call, const struct backup_answer *answer, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &answer->request);
    pg_add_uuid(&params, &answer->backup);
    pg_add_text(&params, answer->outcome);
    pg_add_time(&params, answer->at);
    pg_add_text(&params, answer->evidence);
    pg_add_uuid(&params, &answer->recorded_by);
    pg_add_uuid(&params, &answer->confirmed_by);
    pg_add_time(&params, answer->until);
    return pg_queue(call->pg, &erasure_sql_backup_put, &params, err);
}

/* ---- one task ------------------------------------------------------------------------------------------------------ */

static void read_task(struct call *call, const struct pg_rows *rows, struct task *out)
{
    *out = (struct task){
        .id = pg_get_uuid(rows, 0, 0),
        .request = pg_get_uuid(rows, 0, 1),
        .name = copied(call, rows, 0, 2),
        .kind = copied(call, rows, 0, 3),
        .holder = pg_get_uuid(rows, 0, 4),
        .verb = copied(call, rows, 0, 5),
        .status = (enum task_status)names_index(task_status_names, pg_get_text(rows, 0, 6)),
        .outcome = (enum holder_outcome)names_index(holder_outcome_names, pg_get_text(rows, 0, 7)),
        .answered_us = pg_get_time(rows, 0, 9),
        .evidence = pg_get_uuid(rows, 0, 10),
        .manual_outcome = (enum holder_outcome)names_index(holder_outcome_names, pg_get_text(rows, 0, 11)),
        .manual_rule = copied(call, rows, 0, 12),
        .manual_until_us = pg_get_time(rows, 0, 13),
        .manual_by = pg_get_uuid(rows, 0, 14),
        .identifiers = pg_get_texts(rows, 0, 16, call->arena),
        .need = copied(call, rows, 0, 17),
    };
}

enum outcome task_load(struct call *call, const struct uuid *instruction, struct text holder, struct task *out,
                       bool *found, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, instruction);
    pg_add_text(&params, holder);
    TRY(pg_exec(call->pg, &erasure_sql_task_load, &params, &rows, err));
    *found = rows.n > 0;
    if (*found)
        read_task(call, &rows, out);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome task_find(struct call *call, const struct uuid *holder, const struct uuid *request, struct uuid *out,
                       struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, holder);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &erasure_sql_task_of, &params, &rows, err));
    *out = rows.n > 0 ? pg_get_uuid(&rows, 0, 0) : (struct uuid){0};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome task_answer(struct call *call, const struct task *task, const struct task_change *change,
                         const struct holder_answer *answer, const struct uuid *evidence, const struct uuid *confirmed,
                         struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &task->id);
    pg_add_str(&params, task_status_names[change->status]);
    pg_add_str(&params, change->outcome == OUTCOME_NONE ? NULL : holder_outcome_names[change->outcome]);
    pg_add_text(&params, answer->rule);
    pg_add_time(&params, answer->until_us);
    pg_add_time(&params, call->now_us);
    pg_add_time(&params, change->next_us);
    pg_add_uuid(&params, evidence);
    pg_add_text(&params, change->need);
    pg_add_uuid(&params, confirmed);
    return pg_exec(call->pg, &erasure_sql_task_answer, &params, NULL, err);
}

enum outcome task_record(struct call *call, const struct task *task, const struct holder_answer *answer,
                         const struct uuid *by, const struct uuid *evidence, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &task->id);
    pg_add_str(&params, holder_outcome_names[answer->outcome]);
    pg_add_text(&params, answer->rule);
    pg_add_time(&params, answer->until_us);
    pg_add_uuid(&params, by);
    pg_add_uuid(&params, evidence);
    return pg_exec(call->pg, &erasure_sql_task_manual, &params, NULL, err);
}

enum outcome task_contradict(struct call *call, const struct uuid *request, struct text system, int64_t sent_us,
                             bool askable, int64_t *n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    pg_add_text(&params, system);
    pg_add_time(&params, call->now_us);
    pg_add_bool(&params, askable);
    pg_add_time(&params, sent_us);
    TRY(pg_exec(call->pg, &erasure_sql_task_contradict, &params, &rows, err));
    *n = rows.n;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome task_renew(struct call *call, const struct uuid *task, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, task);
    pg_add_time(&params, clock_now_us());
    return pg_exec(call->pg, &erasure_sql_task_renew, &params, NULL, err);
}

enum outcome task_over(struct call *call, struct uuid *task, struct uuid *request, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    *task = *request = (struct uuid){0};
    pg_params_init(&params, call->arena);
    pg_add_time(&params, clock_now_us());
    TRY(pg_exec(call->pg, &erasure_sql_task_over, &params, &rows, err));
    if (rows.n > 0) {
        *task = pg_get_uuid(&rows, 0, 0);
        *request = pg_get_uuid(&rows, 0, 1);
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome tasks_accepted(struct call *call, const struct uuid *ids, size_t n, struct error *err)
{
    struct pg_params params;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_time(&params, clock_now_us());
    return pg_queue(call->pg, &erasure_sql_task_accepted, &params, err);
}

enum outcome tasks_failed(struct call *call, struct uuid_list failed, struct uuid_list untried, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, failed.items, failed.n);
    pg_add_time(&params, clock_now_us());
    pg_add_uuids(&params, untried.items, untried.n);
    return pg_queue(call->pg, &erasure_sql_task_failed, &params, err);
}

enum outcome tasks_to_human(struct call *call, const struct uuid *ids, size_t n, struct error *err)
{
    struct pg_params params;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    return pg_queue(call->pg, &erasure_sql_task_no_identifiers, &params, err);
}

/* ---- deliveries ---------------------------------------------------------------------------------------------------- */

static struct delivery read_delivery(struct call *call, const struct pg_rows *rows, int row)
{
    return (struct delivery){
        .id = pg_get_uuid(rows, row, 0),
        .request = pg_get_uuid(rows, row, 1),
        .seq = pg_get_int8(rows, row, 2),
        .verb = copied(call, rows, row, 3),
        .need = copied(call, rows, row, 4),
        .due_us = pg_get_time(rows, row, 5),
        .controller = copied(call, rows, row, 6),
        .purpose = copied(call, rows, row, 7),
        .identifiers = pg_get_uuid(rows, row, 8),
        .holder = pg_get_uuid(rows, row, 9),
        .name = copied(call, rows, row, 10),
        .understood = pg_get_texts(rows, row, 11, call->arena),
        .url = copied(call, rows, row, 12),
        .topic = copied(call, rows, row, 13),
        .sealing_key = copied_bytes(call, rows, row, 14),
        .signing_key = copied_bytes(call, rows, row, 15),
        .hmac = pg_get_uuid(rows, row, 16),
        .system = copied(call, rows, row, 17),
        .attempts = pg_get_int4(rows, row, 18),
    };
}

static enum outcome read_deliveries(struct call *call, const struct pg_statement *statement,
                                    const struct pg_params *params, struct delivery **out, size_t *n, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, statement, params, &rows, err));
    *n = (size_t)rows.n;
    *out = ARENA_ARRAY(call->arena, *n, struct delivery);
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = read_delivery(call, &rows, i);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome deliveries_claim(struct call *call, const char *kind, bool failing, int each, int holders,
                              int64_t longer_us, struct delivery **out, size_t *n, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_str(&params, kind);
    pg_add_bool(&params, failing);
    pg_add_time(&params, clock_now_us());
    pg_add_int4(&params, each);
    pg_add_int4(&params, holders);
    pg_add_int8(&params, longer_us);
    return read_deliveries(call, &erasure_sql_deliver_claim, &params, out, n, err);
}

enum outcome deliveries_after(struct call *call, const struct uuid *holder, int64_t after, int most,
                              struct delivery **out, size_t *n, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, holder);
    pg_add_int8(&params, after);
    pg_add_int4(&params, most);
    return read_deliveries(call, &erasure_sql_instructions_after, &params, out, n, err);
}
