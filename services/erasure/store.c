/* store: requests in SQL. */
#include "services/erasure/store.h"

#include <string.h>

#include "gen/erasure_sql.h"
#include "proto/events.h"

enum outcome request_lock(struct call *call, const struct uuid *ids, size_t n, struct error *err)
{
    struct pg_params params;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    return pg_exec(call->pg, &erasure_sql_request_lock, &params, NULL, err);
}

static struct text copied(const struct call *call, const struct pg_rows *rows, int column)
{
    struct text t = pg_get_text(rows, 0, column);

    return t.p == NULL ? TEXT_NONE : text_copy(call->arena, t);
}

static void read_request(const struct call *call, const struct pg_rows *rows, struct request *out)
{
    *out = (struct request){
        .id = pg_get_uuid(rows, 0, 0),
        .rev = pg_get_int8(rows, 0, 1),
        .kind = (enum request_kind)names_index(request_kind_names, pg_get_text(rows, 0, 2)),
        .status = (enum request_status)names_index(request_status_names, pg_get_text(rows, 0, 3)),
        .stage = (enum request_stage)pg_get_int4(rows, 0, 4),
        .decision = (enum request_decision)names_index(request_decision_names, pg_get_text(rows, 0, 5)),
        .article = copied(call, rows, 6),
        .source = copied(call, rows, 7),
        .four_eyes = pg_get_bool(rows, 0, 8),
        .approved = pg_get_bool(rows, 0, 9),
        .created_by = pg_get_uuid(rows, 0, 10),
        .verified_by = pg_get_uuid(rows, 0, 11),
        .received_us = pg_get_time(rows, 0, 12),
        .opened_us = pg_get_time(rows, 0, 13),
        .hold_until_us = pg_get_time(rows, 0, 14),
        .due_us = pg_get_time(rows, 0, 15),
        .extended_us = pg_get_time(rows, 0, 16),
        .paused_at_us = pg_get_time(rows, 0, 17),
        .paused_us = pg_get_int8(rows, 0, 18),
        .escalation = pg_get_int4(rows, 0, 19),
        .completed_us = pg_get_time(rows, 0, 20),
        .answered_us = pg_get_time(rows, 0, 21),
        .barrier = pg_get_uuid(rows, 0, 22),
        .contact = pg_get_uuid(rows, 0, 23),
        .identifiers = pg_get_uuid(rows, 0, 24),
        .language = copied(call, rows, 25),
        .purpose = copied(call, rows, 26),
        .early_mail = pg_get_uuid(rows, 0, 27),
        .final_mail = pg_get_uuid(rows, 0, 28),
        .tries = pg_get_int4(rows, 0, 29),
        .contradicted = pg_get_bool(rows, 0, 30),
        .destroy_us = pg_get_time(rows, 0, 31),
        .verify_us = pg_get_time(rows, 0, 32),
        .review = pg_get_bool(rows, 0, 33),
        .verified = pg_get_bool(rows, 0, 34),
        .services = pg_get_int8(rows, 0, 35),
        .services_closed = pg_get_int8(rows, 0, 36),
        .services_verified = pg_get_int8(rows, 0, 37),
        .outside = pg_get_int8(rows, 0, 38),
        .outside_closed = pg_get_int8(rows, 0, 39),
        .outside_kept = pg_get_int8(rows, 0, 40),
        .next_us = CLOCK_NONE,
    };
}

enum outcome request_load(struct call *call, const struct uuid *id, struct request *out, bool *found, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    *found = false;
    TRY(request_lock(call, id, 1, err));
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    TRY(pg_exec(call->pg, &erasure_sql_request_load, &params, &rows, err));
    *found = rows.n > 0;
    if (*found)
        read_request(call, &rows, out);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome request_exists(struct call *call, const struct uuid *id, bool *found, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    TRY(pg_exec(call->pg, &erasure_sql_request_exists, &params, &rows, err));
    *found = rows.n > 0;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome request_insert(struct call *call, const struct request *r, const struct request_new *made,
                            struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &r->id);
    pg_add_int8(&params, r->rev);
    pg_add_text(&params, made->controller);
    pg_add_str(&params, request_kind_names[r->kind]);
    pg_add_str(&params, request_status_names[r->status]);
    pg_add_int4(&params, (int32_t)r->stage);
    pg_add_text(&params, r->source);
    pg_add_text(&params, made->relation);
    pg_add_text(&params, made->verify_method);
    pg_add_text(&params, made->verify_level);
    pg_add_uuid(&params, &r->verified_by);
    pg_add_time(&params, made->verified_us);
    pg_add_bool(&params, r->four_eyes);
    pg_add_uuid(&params, &r->created_by);
    pg_add_int4(&params, made->priority);
    pg_add_time(&params, r->received_us);
    pg_add_time(&params, call->now_us);
    pg_add_time(&params, r->opened_us);
    pg_add_time(&params, r->hold_until_us);
    pg_add_time(&params, r->due_us);
    pg_add_uuid(&params, &r->contact);
    pg_add_text(&params, r->language);
    pg_add_text(&params, r->purpose);
    pg_add_text(&params, made->rule);
    pg_add_uuid(&params, &r->identifiers);
    pg_add_time(&params, made->resolved_us);
    pg_add_time(&params, r->destroy_us);
    pg_add_time(&params, r->next_us);
    return pg_queue(call->pg, &erasure_sql_request_insert, &params, err);
}

void request_announce(struct call *call, const struct request *r)
{
    struct request_changed changed = {
        .request = r->id,
        .rev = r->rev,
        .kind = text_of(request_kind_names[r->kind]),
        .status = text_of(request_status_names[r->status]),
        .decision = r->decision == DECISION_NONE ? TEXT_NONE : text_of(request_decision_names[r->decision]),
        .received_at = r->received_us,
        .due_at = r->due_us,
        .completed_at = r->completed_us,
    };

    outbox_publish(call->outbox, &request_changed_event, &r->id, &changed);
}

enum outcome request_save(struct call *call, struct request *r, struct error *err)
{
    struct pg_params params;

    r->rev++;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &r->id);
    pg_add_int8(&params, r->rev);
    pg_add_str(&params, request_status_names[r->status]);
    pg_add_int4(&params, (int32_t)r->stage);
    pg_add_str(&params, r->decision == DECISION_NONE ? NULL : request_decision_names[r->decision]);
    pg_add_text(&params, r->article);
    pg_add_bool(&params, r->four_eyes);
    pg_add_uuid(&params, &r->approved_by);
    pg_add_uuid(&params, &r->verified_by);
    pg_add_time(&params, r->opened_us);
    pg_add_time(&params, r->hold_until_us);
    pg_add_time(&params, r->due_us);
    pg_add_time(&params, r->extended_us);
    pg_add_time(&params, r->paused_at_us);
    pg_add_int8(&params, r->paused_us);
    pg_add_int4(&params, r->escalation);
    pg_add_time(&params, r->completed_us);
    pg_add_time(&params, r->answered_us);
    pg_add_uuid(&params, &r->barrier);
    pg_add_uuid(&params, &r->contact);
    pg_add_uuid(&params, &r->identifiers);
    pg_add_uuid(&params, &r->early_mail);
    pg_add_uuid(&params, &r->final_mail);
    pg_add_int4(&params, r->tries);
    pg_add_bool(&params, r->contradicted);
    pg_add_time(&params, r->destroy_us);
    pg_add_time(&params, r->verify_us);
    pg_add_time(&params, r->next_us);
    pg_add_time(&params, call->now_us);
    pg_add_bool(&params, r->review);
    TRY(pg_queue(call->pg, &erasure_sql_request_save, &params, err));
    request_announce(call, r);
    return DONE;
}

static enum outcome at_two(struct call *call, const struct pg_statement *statement, const struct uuid *a,
                           const struct uuid *b, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, a);
    pg_add_uuid(&params, b);
    return pg_queue(call->pg, statement, &params, err);
}

enum outcome request_restate(struct call *call, const struct uuid *from, const struct uuid *to, struct error *err)
{
    TRY(at_two(call, &erasure_sql_request_restate, from, to, err));
    TRY(at_two(call, &erasure_sql_request_succeed, from, to, err));
    return at_two(call, &erasure_sql_secrets_move, from, to, err);
}

enum outcome store_ids(struct call *call, const struct pg_statement *statement, const struct pg_params *params,
                       struct uuid_list *out, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, statement, params, &rows, err));
    out->n = (size_t)rows.n;
    out->items = ARENA_ARRAY(call->arena, out->n, struct uuid);
    for (int i = 0; i < rows.n; i++)
        out->items[i] = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_ids_due(struct call *call, const struct pg_statement *statement, int most, struct uuid_list *out,
                           struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_time(&params, clock_now_us());
    pg_add_int4(&params, most);
    return store_ids(call, statement, &params, out, err);
}

enum outcome requests_due(struct call *call, int most, struct uuid_list *out, struct error *err)
{
    return store_ids_due(call, &erasure_sql_requests_due, most, out, err);
}

enum outcome requests_over(struct call *call, const struct uuid *ids, size_t n, struct uuid_list *out,
                           struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    return store_ids(call, &erasure_sql_requests_over, &params, out, err);
}

enum outcome requests_ready(struct call *call, const struct uuid *ids, size_t n, struct uuid_list *out,
                            struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_int4(&params, (int32_t)STAGE_VERIFYING);
    return store_ids(call, &erasure_sql_requests_ready, &params, out, err);
}

/* ---- sweeping ------------------------------------------------------------------------------------------------------- */

enum outcome store_sweep(struct call *call, int64_t requests_before_us, int64_t internal_before_us, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_time(&params, requests_before_us);
    TRY(pg_exec(call->pg, &erasure_sql_requests_purge, &params, NULL, err));
    pg_params_init(&params, call->arena);
    pg_add_time(&params, internal_before_us);
    return pg_exec(call->pg, &erasure_sql_requests_purge_internal, &params, NULL, err);
}
