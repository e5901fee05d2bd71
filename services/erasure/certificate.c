/* certificate: canonical JSON and its signature. Members are written in the order that RFC 8785 asks for. */
#include "services/erasure/certificate.h"

#include "gen/erasure_sql.h"
#include "services/erasure/json.h"
#include "services/erasure/service.h"

enum { CERTIFICATE_MOST = 1 << 20 };

static enum outcome print_backups(struct call *call, const struct uuid *request, struct buf *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &erasure_sql_certificate_backups, &params, &rows, err));
    buf_str(out, "\"backups\":[");
    for (int i = 0; i < rows.n; i++) {
        struct json j = json_object(out, i > 0);
        struct uuid backup = pg_get_uuid(&rows, i, 0);
        struct uuid recorded_by = pg_get_uuid(&rows, i, 4), confirmed_by = pg_get_uuid(&rows, i, 5);
        json_time(&j, "at", pg_get_time(&rows, i, 2));
        json_uuid(&j, "backup", &backup);
        json_uuid(&j, "confirmed_by", &confirmed_by); /* by hand: two persons */
        json_text(&j, "evidence", pg_get_text(&rows, i, 3));
        json_text(&j, "outcome", pg_get_text(&rows, i, 1));
        json_uuid(&j, "recorded_by", &recorded_by);
        json_time(&j, "until", pg_get_time(&rows, i, 6)); /* its blind indexes can be linked until then */
        json_end(&j);
    }
    buf_char(out, ']');
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome print_holders(struct call *call, const struct uuid *request, struct buf *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &erasure_sql_certificate_tasks, &params, &rows, err));
    buf_str(out, "\"holders\":[");
    for (int i = 0; i < rows.n; i++) {
        struct json j = json_object(out, i > 0);
        struct uuid evidence = pg_get_uuid(&rows, i, 7);
        struct uuid recorded_by = pg_get_uuid(&rows, i, 9), confirmed_by = pg_get_uuid(&rows, i, 10);
        json_time(&j, "answered_at", pg_get_time(&rows, i, 5));
        json_uuid(&j, "confirmed_by", &confirmed_by); /* by hand: two persons */
        json_int(&j, "contradictions", pg_get_int4(&rows, i, 8));
        json_uuid(&j, "evidence", &evidence);
        json_text(&j, "kind", pg_get_text(&rows, i, 1));
        json_text(&j, "name", pg_get_text(&rows, i, 0));
        json_text(&j, "outcome", pg_get_text(&rows, i, 2));
        json_uuid(&j, "recorded_by", &recorded_by);
        json_int(&j, "rows", pg_get_int8(&rows, i, 6));
        json_text(&j, "rule", pg_get_text(&rows, i, 3));
        json_time(&j, "until", pg_get_time(&rows, i, 4));
        json_end(&j);
    }
    buf_char(out, ']');
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome print_body(struct call *call, const struct request *r, struct buf *out, struct error *err)
{
    struct json j;

    buf_char(out, '{');
    TRY(print_backups(call, &r->id, out, err));
    j = json_members(out, true);
    json_time(&j, "completed_at", r->completed_us);
    json_str(&j, "controller", call->policy->controller);
    json_str(&j, "decision", request_decision_names[r->decision]);
    json_time(&j, "destroyed_at", r->destroy_us);
    buf_char(out, ',');
    TRY(print_holders(call, &r->id, out, err));
    j = json_members(out, true);
    json_str(&j, "kind", request_kind_names[r->kind]);
    json_time(&j, "received_at", r->received_us);
    json_uuid(&j, "request", &r->id);
    json_str(&j, "type", "lethe.certificate");
    json_time(&j, "verified_at", r->verify_us);
    json_int(&j, "version", 1);
    buf_char(out, '}');
    return DONE;
}

enum outcome certificate_make(struct call *call, const struct request *r, struct error *err)
{
    const struct erasure_state *state = erasure(call);
    uint8_t signature[CRYPTO_SIGNATURE_BYTES];
    struct pg_params params;
    struct buf out;
    enum outcome o;

    buf_init(&out, CERTIFICATE_MOST);
    o = print_body(call, r, &out, err);
    if (o == DONE) {
        ENSURE(!out.failed);
        crypto_sign(state->signing, out.p, out.n, signature);
        pg_params_init(&params, call->arena);
        pg_add_uuid(&params, &r->id);
        pg_add_text(&params, text_copy(call->arena, buf_view(&out)));
        pg_add_bytes(&params, (struct bytes){.p = signature, .n = sizeof(signature)});
        pg_add_bytes(&params, (struct bytes){.p = state->signing_public, .n = CRYPTO_PUBLIC_BYTES});
        pg_add_time(&params, call->now_us);
        o = pg_exec(call->pg, &erasure_sql_certificate_put, &params, NULL, err);
    }
    buf_free(&out);
    return o;
}

enum outcome certificate_print(struct call *call, const struct uuid *request, struct buf *out, bool *found,
                               struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    struct json j;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &erasure_sql_certificate_get, &params, &rows, err));
    *found = rows.n > 0;
    if (*found) {
        struct text body = pg_get_text(&rows, 0, 0);
        struct bytes signature = pg_get_bytes(&rows, 0, 1), signer = pg_get_bytes(&rows, 0, 2);
        buf_add(out, body.p, body.n - 1);
        buf_str(out, ",\"signature\":");
        j = json_object(out, false);
        json_str(&j, "alg", "Ed25519");
        json_text(&j, "key", crypto_base64(call->arena, signer.p, signer.n));
        json_text(&j, "value", crypto_base64(call->arena, signature.p, signature.n));
        json_end(&j);
        buf_char(out, '}');
    }
    pg_rows_free(&rows);
    return DONE;
}
