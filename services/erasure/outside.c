/* outside: what outside holders answer. */
#include "services/erasure/outside.h"

#include <string.h>

#include "gen/erasure_sql.h"
#include "services/erasure/json.h"
#include "services/erasure/saga.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"
#include "services/erasure/signing.h"

static struct text copied(struct call *call, const struct pg_rows *rows, int column)
{
    struct text t = pg_get_text(rows, 0, column);

    return t.p == NULL ? TEXT_NONE : text_copy(call->arena, t);
}

static struct bytes key_of(struct call *call, const struct pg_rows *rows, int column)
{
    struct bytes b = pg_get_bytes(rows, 0, column);
    uint8_t *copy = arena_alloc(call->arena, CRYPTO_PUBLIC_BYTES);

    if (b.p == NULL || b.n != CRYPTO_PUBLIC_BYTES)
        return (struct bytes){0};
    memcpy(copy, b.p, b.n);
    return (struct bytes){.p = copy, .n = b.n};
}

enum outcome holder_load(struct call *call, const struct uuid *id, struct text name, struct holder *out, bool *found,
                         struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    pg_add_text(&params, name);
    TRY(pg_exec(call->pg, &erasure_sql_holder_load, &params, &rows, err));
    *found = rows.n > 0;
    if (*found)
        *out = (struct holder){
            .id = pg_get_uuid(&rows, 0, 0),
            .name = copied(call, &rows, 1),
            .kind = copied(call, &rows, 2),
            .state = copied(call, &rows, 3),
            .system = copied(call, &rows, 4),
            .url = copied(call, &rows, 5),
            .topic = copied(call, &rows, 6),
            .identifiers = pg_get_texts(&rows, 0, 7, call->arena),
            .sealing_key = key_of(call, &rows, 8),
            .signing_key = key_of(call, &rows, 9),
            .hmac = pg_get_uuid(&rows, 0, 10),
        };
    pg_rows_free(&rows);
    return DONE;
}

enum outcome holder_signed(struct call *call, const struct holder *holder, struct text header, struct text body,
                           bool *holds, struct error *err)
{
    struct text hmac = TEXT_NONE;

    if (holder->signing_key.p == NULL && !uuid_is_nil(&holder->hmac))
        TRY(vault_open(call->vault, call->pg, &holder->hmac, 1, "request", &(struct uuid){0}, call->arena, &hmac, err));
    *holds = signing_holds(call->arena, header, body, holder->signing_key, hmac);
    if (!*holds) {
        metric_add(erasure(call)->forged, 1);
        log_warn(call->log, "holder.signature", F_TEXT("holder", holder->name));
    }
    return DONE;
}

enum outcome outside_evidence(struct call *call, const struct uuid *request, const struct holder_result *result,
                              struct uuid *id, struct error *err)
{
    struct buf out;
    struct json j;
    struct text plain;

    if ((result->evidence.p == NULL || result->evidence.n == 0) && (result->why.p == NULL || result->why.n == 0))
        return DONE;
    buf_init(&out, 65536);
    j = json_object(&out, false);
    json_text(&j, "evidence", result->evidence);
    json_text(&j, "why", result->why);
    json_end(&j);
    ENSURE(!out.failed);
    plain = text_copy(call->arena, buf_view(&out));
    buf_free(&out);
    return secrets_put(call, request, "evidence", plain, duration_add(call->now_us, call->policy->request_keep), id,
                       err);
}

/* What it asks for was told already, or isn't known: then a human sees to it. */
static bool need_is_vain(const struct task *task, struct text need)
{
    if (text_equal(task->need, need) && need.p != NULL)
        return true;
    for (size_t i = 0; i < task->identifiers.n; i++)
        if (text_equal(task->identifiers.items[i], need))
            return true;
    return false;
}

enum outcome outside_answer(struct call *call, struct text holder, const struct holder_result *result,
                            const struct uuid *confirmed_by, struct error *err)
{
    struct task_change change;
    struct uuid evidence = {0};
    struct request r;
    struct task task;
    bool found;
    struct holder_answer answer = {
        .outcome = (enum holder_outcome)names_index(holder_outcome_names, result->outcome),
        .until_us = result->until,
        .rule = result->rule,
        .why = result->why,
    };

    TRY(task_load(call, &result->instruction, holder, &task, &found, err));
    if (!found)
        return error_status(err, 404, "instruction", "no such instruction of this holder");
    TRY(request_load(call, &task.request, &r, &found, err));
    TRY(task_load(call, &result->instruction, holder, &task, &found, err)); /* as it stands under the lock */
    if (!found || task.status == TASK_WAITING)
        return error_status(err, 409, "instruction", "this instruction hasn't been given yet");
    TRY(decide_answer(&answer, task.status, task.outcome, call->now_us, &change, err));
    if (!change.changes)
        return DONE;
    if (answer.outcome == OUTCOME_NEED && change.status == TASK_RUNNING) {
        if (need_is_vain(&task, change.need) || uuid_is_nil(&r.identifiers))
            change.status = TASK_HUMAN;
        else
            change.next_us = call->now_us;
    }
    TRY(outside_evidence(call, &r.id, result, &evidence, err));
    TRY(task_answer(call, &task, &change, &answer, &evidence, confirmed_by, err));
    if (answer.outcome == OUTCOME_NEED && change.status == TASK_RUNNING)
        TRY(task_renew(call, &task.id, err));
    if (change.status == TASK_HUMAN)
        log_warn(call->log, "holder.needs_human", F_UUID("request", &r.id), F_TEXT("holder", task.name),
                 F_STR("outcome", holder_outcome_names[change.outcome]));
    if (change.next_us != CLOCK_NONE)
        call_wake(call, "deliver");
    return saga_advance(call, &r.id, err);
}
