/* certificate: canonical JSON and its signature. Members are written in the order that RFC 8785 asks for. */
#include "services/erasure/certificate.h"

#include "common/vault/rotation.h"
#include "gen/erasure_sql.h"
#include "services/erasure/chain.h"
#include "services/erasure/json.h"
#include "services/erasure/service.h"

enum { CERTIFICATE_MOST = 1 << 20, KEYS_LISTED = 5000 };

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

static void print_holders(const struct pg_rows *tasks, struct buf *out)
{
    buf_str(out, ",\"holders\":[");
    for (int i = 0; i < tasks->n; i++) {
        struct json j = json_object(out, i > 0);
        struct uuid evidence = pg_get_uuid(tasks, i, 7);
        struct uuid recorded_by = pg_get_uuid(tasks, i, 9), confirmed_by = pg_get_uuid(tasks, i, 10);
        json_time(&j, "answered_at", pg_get_time(tasks, i, 5));
        json_uuid(&j, "confirmed_by", &confirmed_by); /* by hand: two persons */
        json_int(&j, "contradictions", pg_get_int4(tasks, i, 8));
        json_uuid(&j, "evidence", &evidence);
        json_text(&j, "evidence_code", pg_get_text(tasks, i, 11));
        json_text(&j, "kind", pg_get_text(tasks, i, 1));
        json_text(&j, "name", pg_get_text(tasks, i, 0));
        json_text(&j, "outcome", pg_get_text(tasks, i, 2));
        json_uuid(&j, "recorded_by", &recorded_by);
        json_int(&j, "rows", pg_get_int8(tasks, i, 6));
        json_text(&j, "rule", pg_get_text(tasks, i, 3));
        json_time(&j, "until", pg_get_time(tasks, i, 4));
        json_end(&j);
    }
    buf_char(out, ']');
}

/* What a rule makes a holder keep: also among the holders; here by itself, since people look for it. */
static void print_exceptions(const struct pg_rows *tasks, struct buf *out)
{
    bool comma = false;

    buf_str(out, ",\"exceptions\":[");
    for (int i = 0; i < tasks->n; i++) {
        struct json j;
        if (!text_is(pg_get_text(tasks, i, 2), "kept"))
            continue;
        j = json_object(out, comma);
        comma = true;
        json_text(&j, "holder", pg_get_text(tasks, i, 0));
        json_text(&j, "rule", pg_get_text(tasks, i, 3));
        json_time(&j, "until", pg_get_time(tasks, i, 4));
        json_end(&j);
    }
    buf_char(out, ']');
}

/* What became of activities, as intake counted it: contents that stay for others lose what is known of the person, and what
 * their texts may still tell in other words is counted as a human's to judge. */
static void print_activities(const struct pg_rows *tasks, struct buf *out)
{
    for (int i = 0; i < tasks->n; i++) {
        struct text counts = pg_get_text(tasks, i, 12);
        if (pg_is_null(tasks, i, 12))
            continue;
        buf_str(out, "\"activities\":");
        buf_text(out, counts);
        buf_char(out, ',');
        return;
    }
}

static enum outcome read_tasks(struct call *call, const struct uuid *request, struct pg_rows *out, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    return pg_exec(call->pg, &erasure_sql_certificate_tasks, &params, out, err);
}

/* Below which offset the logs that held the person's data are gone, as their brokers have acknowledged, and since when. */
static enum outcome print_log(struct call *call, const struct uuid *request, struct buf *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &erasure_sql_certificate_log, &params, &rows, err));
    buf_char(out, '[');
    for (int i = 0; i < rows.n; i++) {
        struct json j = json_object(out, i > 0);
        json_time(&j, "clear_before", pg_get_time(&rows, i, 3));
        json_int(&j, "gone_below", pg_get_int8(&rows, i, 2));
        json_int(&j, "partition", pg_get_int4(&rows, i, 1));
        json_text(&j, "topic", pg_get_text(&rows, i, 0));
        json_end(&j);
    }
    buf_char(out, ']');
    pg_rows_free(&rows);
    return DONE;
}

/* ---- keys, and until when copies can be read ------------------------------------------------------------------------- */

struct facts {
    const struct request *request;
    const struct commitment *who;
    struct chain_link link;
    struct pg_rows tasks;
    struct rotation_dark dark;
    struct uuid_list keys; /* of the person's records: destroyed */
    int64_t standing;      /* of those, as the keyring itself counts at the end */
    int64_t gone_us;       /* the last backup that holds the person in clear; CLOCK_NONE: none does */
    bool open_end;         /* of one that isn't known */
};

/* One that runs again has forgotten whose keys they were: its first certificate names them. */
static enum outcome list_again(struct call *call, const struct uuid *request, struct uuid_list *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &erasure_sql_certificate_keys, &params, &rows, err));
    if (rows.n > 0)
        *out = pg_get_uuids(&rows, 0, 0, call->arena);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome list_keys(struct call *call, const struct uuid *request, struct uuid_list *out, struct error *err)
{
    struct forget_set set;
    const struct uuid_list *parts[] = {&set.records, &set.activities, &set.parts};

    TRY(set_load(call, request, &set, err));
    *out = (struct uuid_list){
        .items = ARENA_ARRAY(call->arena, set.records.n + set.activities.n + set.parts.n, struct uuid)};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (size_t k = 0; k < parts[i]->n; k++)
            out->items[out->n++] = parts[i]->items[k];
    return out->n > 0 ? DONE : list_again(call, request, out, err);
}

static enum outcome ask_backups(struct call *call, struct facts *f, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &f->request->id);
    TRY(pg_exec(call->pg, &erasure_sql_backups_until, &params, &rows, err));
    f->gone_us = pg_get_time(&rows, 0, 0);
    f->open_end = pg_get_bool(&rows, 0, 1);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome gather(struct call *call, struct facts *f, struct error *err)
{
    TRY(list_keys(call, &f->request->id, &f->keys, err));
    TRY(vault_keys_count(call->vault, f->keys.items, f->keys.n, &f->standing, err));
    if (f->standing > 0) /* intake has counted none, twice */
        log_error(call->log, "certificate.keys_stand", F_UUID("request", &f->request->id), F_INT("keys", f->standing));
    TRY(rotation_dark_by(call->vault, f->request->completed_us, &f->dark, err));
    TRY(ask_backups(call, f, err));
    TRY(signer_use(call, err));
    TRY(chain_next(call, &f->link, err));
    return read_tasks(call, &f->request->id, &f->tasks, err); /* last: who gets them frees them */
}

static void print_keys(const struct facts *f, struct buf *out)
{
    struct json j = json_object(out, false);

    json_time(&j, "dark_by", f->dark.late ? CLOCK_NONE : f->dark.by_us);
    json_name(&j, "destroyed");
    buf_char(out, '[');
    for (size_t i = 0; i < f->keys.n && i < KEYS_LISTED; i++) {
        char id[UUID_TEXT_BYTES];
        uuid_format(&f->keys.items[i], id);
        buf_printf(out, "%s\"%s\"", i > 0 ? "," : "", id);
    }
    buf_char(out, ']');
    json_int(&j, "epoch", f->dark.epoch);
    json_int(&j, "n", (int64_t)f->keys.n);
    json_int(&j, "standing", f->standing);
    json_end(&j);
}

static void print_chain(struct call *call, const struct facts *f, struct buf *out)
{
    struct json j = json_object(out, false);

    if (f->link.seq > 1)
        json_text(&j, "previous", crypto_base64(call->arena, f->link.previous, sizeof f->link.previous));
    json_int(&j, "seq", f->link.seq);
    json_end(&j);
}

static void print_barrier(const struct request *r, struct buf *out)
{
    struct json j = json_object(out, false);

    json_uuid(&j, "id", &r->barrier);
    json_time(&j, "ordered_at", r->opened_us);
    json_time(&j, "passed_before", r->destroy_us);
    json_end(&j);
}

/* The day after which no copy can bring the person back; left out where one has no known end. */
static void print_day(const struct facts *f, struct json *j)
{
    int64_t until = f->gone_us != CLOCK_NONE && f->gone_us > f->dark.by_us ? f->gone_us : f->dark.by_us;
    char day[CLOCK_TEXT_BYTES];

    if (f->open_end || f->dark.late || until == CLOCK_NONE)
        return;
    clock_format_date(until, day);
    json_str(j, "no_copy_after", day);
}

/* ---- the whole -------------------------------------------------------------------------------------------------------- */

static enum outcome print_body(struct call *call, const struct facts *f, struct buf *out, struct error *err)
{
    const struct request *r = f->request;
    char signer[2 * SIGNER_ID_BYTES + 1];
    struct json j;

    buf_char(out, '{');
    print_activities(&f->tasks, out);
    TRY(print_backups(call, &r->id, out, err));
    j = json_members(out, true);
    json_name(&j, "barrier");
    print_barrier(r, out);
    json_name(&j, "chain");
    print_chain(call, f, out);
    json_time(&j, "completed_at", r->completed_us);
    json_str(&j, "controller", call->policy->controller);
    json_str(&j, "decision", request_decision_names[r->decision]);
    json_time(&j, "destroyed_at", r->destroy_us);
    print_exceptions(&f->tasks, out);
    print_holders(&f->tasks, out);
    j = json_members(out, true);
    json_name(&j, "keys");
    print_keys(f, out);
    json_str(&j, "kind", request_kind_names[r->kind]);
    json_name(&j, "log");
    TRY(print_log(call, &r->id, out, err));
    print_day(f, &j);
    json_time(&j, "received_at", r->received_us);
    json_uuid(&j, "request", &r->id);
    signer_id(erasure(call)->signing_public, signer);
    json_str(&j, "signer", signer);
    json_raw(&j, "subject", f->who->hashes);
    json_str(&j, "type", "lethe.certificate");
    json_time(&j, "verified_at", r->verify_us);
    json_int(&j, "version", 1);
    buf_char(out, '}');
    return DONE;
}

static enum outcome store(struct call *call, const struct facts *f, struct text body, struct error *err)
{
    const struct erasure_state *state = erasure(call);
    uint8_t signature[CRYPTO_SIGNATURE_BYTES];
    struct pg_params params;

    crypto_sign(state->signing, body.p, body.n, signature);
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &f->request->id);
    pg_add_text(&params, body);
    pg_add_bytes(&params, (struct bytes){.p = signature, .n = sizeof(signature)});
    pg_add_bytes(&params, (struct bytes){.p = state->signing_public, .n = CRYPTO_PUBLIC_BYTES});
    pg_add_text(&params, f->who->hashes);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &erasure_sql_certificate_put, &params, NULL, err));
    return chain_add(call, &f->link, body, err);
}

enum outcome certificate_make(struct call *call, const struct request *r, const struct commitment *who,
                              struct error *err)
{
    struct facts facts = {.request = r, .who = who};
    struct buf out;
    enum outcome o;

    TRY(gather(call, &facts, err));
    buf_init(&out, CERTIFICATE_MOST);
    o = print_body(call, &facts, &out, err);
    pg_rows_free(&facts.tasks);
    if (o == DONE) {
        ENSURE(!out.failed);
        o = store(call, &facts, text_copy(call->arena, buf_view(&out)), err);
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

enum outcome certificate_purge(struct call *call, int64_t before_us, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_time(&params, before_us);
    return pg_exec(call->pg, &erasure_sql_certificate_purge, &params, NULL, err);
}
