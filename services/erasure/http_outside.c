/* http_outside: what outside holders call: results, the instructions they may have missed, late joiners. Every call is
 * signed with the key that the holder registered. */
#include <string.h>

#include "gen/erasure_sql.h"
#include "proto/table.h"
#include "services/erasure/chain.h"
#include "services/erasure/identify.h"
#include "services/erasure/instruction.h"
#include "services/erasure/json.h"
#include "services/erasure/outside.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"
#include "services/erasure/signing.h"

enum { INSTRUCTIONS_AT_ONCE = 100, JOIN_MOST = 1000 };
#define SIGNED_WITHIN_US MINUTES(5)

static enum outcome known_holder(struct call *call, const struct http_request *request, struct text signed_text,
                                 struct holder *holder, struct error *err)
{
    bool found, holds;

    TRY(holder_load(call, &(struct uuid){0}, request->params[0], holder, &found, err));
    if (!found)
        return error_status(err, 401, "signature", "the signature fits no registered holder");
    TRY(holder_signed(call, holder, http_header(request, "lethe-signature"), signed_text, &holds, err));
    if (!holds)
        return error_status(err, 401, "signature", "the signature fits no registered holder");
    return DONE;
}

enum outcome post_outside_result(struct call *call, const struct http_request *request, struct http_response *response,
                                 struct error *err)
{
    struct holder holder;
    void *result;

    TRY(known_holder(call, request, request->body, &holder, err));
    TRY(event_decode(holder_result_event.data, request->body, call->arena, &result, err));
    TRY(outside_answer(call, holder.name, result, &(struct uuid){0}, err));
    buf_str(&response->body, "{\"accepted\":true}");
    return DONE;
}

/* A GET has no body: "GET <path>?after=<seq>", a newline, and the header Lethe-Time are what is signed. */
static enum outcome signed_get(struct call *call, const struct http_request *request, struct text after,
                               struct text *signed_text, struct error *err)
{
    struct text at = http_header(request, "lethe-time");
    int64_t at_us;

    if (at.p == NULL || !clock_parse(at, &at_us) || at_us < call->now_us - SIGNED_WITHIN_US ||
        at_us > call->now_us + SIGNED_WITHIN_US)
        return error_status(err, 401, "time", "the header Lethe-Time is missing or more than 5 minutes off");
    *signed_text = text_format(call->arena, "GET %.*s?after=%.*s\n%.*s", TEXT_ARGS(request->path), TEXT_ARGS(after),
                               TEXT_ARGS(at));
    return DONE;
}

static void print_instruction(struct call *call, const struct delivery *d, struct text plain, struct buf *out,
                              bool comma)
{
    struct text json = instruction_write(call, d, secrets_read_identifiers(call, plain));
    struct json j = json_object(out, comma);

    json_int(&j, "seq", d->seq);
    json_uuid(&j, "instruction", &d->id);
    json_text(&j, "verb", d->verb);
    if (json.p != NULL && d->sealing_key.p != NULL)
        json_raw(&j, "data", instruction_box(call, d, json));
    else
        json_raw(&j, "data", json);
    json_end(&j);
}

enum outcome get_instructions(struct call *call, const struct http_request *request, struct http_response *response,
                              struct error *err)
{
    struct text after = http_query(request, "after"), signed_text = TEXT_NONE;
    struct delivery *due;
    struct holder holder;
    struct opened opened;
    int64_t seq = 0;
    size_t n;

    if (after.p == NULL)
        after = TEXT("0");
    if (!text_to_int64(after, &seq) || seq < 0)
        return error_status(err, 400, "range", "after is a number that an instruction carried");
    TRY(signed_get(call, request, after, &signed_text, err));
    TRY(known_holder(call, request, signed_text, &holder, err));
    TRY(deliveries_after(call, &holder.id, seq, INSTRUCTIONS_AT_ONCE, &due, &n, err));
    TRY(instructions_open(call, due, n, &opened, err));
    buf_str(&response->body, "{\"instructions\":[");
    for (size_t i = 0; i < n; i++)
        print_instruction(call, &due[i], opened.plain[i], &response->body, i > 0);
    buf_char(&response->body, ']');
    struct json j = json_members(&response->body, true);
    json_int(&j, "after", n > 0 ? due[n - 1].seq : seq);
    json_end(&j);
    http_respond_header(response, "Lethe-Signature",
                        signing_header(call->arena, erasure(call)->signing, TEXT_NONE, buf_view(&response->body)));
    return DONE;
}

/* ---- late joiners ------------------------------------------------------------------------------------------------------ */

struct join_body {
    struct text box;
};
static const struct field join_body_type_fields[] = {MUST(join_body, box, TEXT, 1, 700000)};
CLOSED(join_body, join_body_type, NULL);

static enum outcome open_join(struct call *call, struct text body, struct holder_identifier_list *out,
                              struct error *err)
{
    struct bytes box;
    struct text plain;
    uint8_t *opened;
    void *read;

    TRY(event_decode(&join_body_type, body, call->arena, &read, err));
    if (!crypto_unbase64(call->arena, ((const struct join_body *)read)->box, &box) || box.n < CRYPTO_BOX_OVERHEAD)
        return error_refuse(err, "/box", "base64", "this is no sealed box");
    opened = arena_alloc(call->arena, box.n);
    TRY(crypto_box_open(erasure(call)->sealing, box.p, box.n, opened, err));
    plain = (struct text){.p = (const char *)opened, .n = box.n - CRYPTO_BOX_OVERHEAD};
    *out = secrets_read_identifiers(call, plain);
    if (out->n == 0 || out->n > JOIN_MOST)
        return error_refuse(err, "/box", "identifiers", "the box holds 1 to %d identifiers", JOIN_MOST);
    return DONE;
}

static enum outcome note_join(struct call *call, const struct uuid *join, const struct uuid *holder, size_t asked,
                              size_t covered, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, join);
    pg_add_uuid(&params, holder);
    pg_add_int4(&params, (int32_t)asked);
    pg_add_int4(&params, (int32_t)covered);
    pg_add_time(&params, call->now_us);
    return pg_exec(call->pg, &erasure_sql_join_insert, &params, NULL, err);
}

/* Their identifiers are held in memory alone; what is kept is how many a tombstone covers. */
enum outcome post_join(struct call *call, const struct http_request *request, struct http_response *response,
                       struct error *err)
{
    struct uuid join = call_uuid(call);
    struct holder_identifier_list asked = {0};
    struct forget_tombstone *stones;
    struct forget_key *keys;
    struct holder holder;
    size_t *places, n = 0, covered = 0;

    TRY(known_holder(call, request, request->body, &holder, err));
    TRY(open_join(call, request->body, &asked, err));
    keys = ARENA_ARRAY(call->arena, asked.n, struct forget_key);
    stones = ARENA_ARRAY(call->arena, asked.n, struct forget_tombstone);
    places = ARENA_ARRAY(call->arena, asked.n, size_t);
    for (size_t i = 0; i < asked.n; i++)
        if (identify_key(call, &asked.items[i], NULL, &keys[n]))
            places[n++] = i;
    TRY(forget_check_keys(call, keys, n, stones, err));
    struct json j = json_object(&response->body, false);
    json_uuid(&j, "join", &join);
    json_name(&j, "covered");
    buf_char(&response->body, '[');
    for (size_t i = 0; i < n; i++) {
        if (!stones[i].stands || stones[i].restricted)
            continue;
        buf_printf(&response->body, covered++ > 0 ? ",%zu" : "%zu", places[i]);
    }
    buf_char(&response->body, ']');
    json_end(&j);
    return note_join(call, &join, &holder.id, asked.n, covered, err);
}

enum outcome post_join_ack(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err)
{
    struct holder holder;
    struct pg_params params;
    struct pg_rows rows;
    struct uuid join;

    TRY(known_holder(call, request, request->body, &holder, err));
    if (!uuid_parse(request->params[1], &join))
        return error_status(err, 404, "not found", "there is no such join");
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &join);
    pg_add_uuid(&params, &holder.id);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &erasure_sql_join_ack, &params, &rows, err));
    bool found = rows.n > 0;
    pg_rows_free(&rows);
    if (!found)
        return error_status(err, 404, "not found", "there is no such join");
    buf_str(&response->body, "{\"acknowledged\":true}");
    return DONE;
}

/* Our public keys: what instructions and certificates are, and were, signed with, what joiners seal to. */
enum outcome get_keys(struct call *call, const struct http_request *request, struct http_response *response,
                      struct error *err)
{
    const struct erasure_state *state = erasure(call);
    struct json j = json_object(&response->body, false);

    (void)request;
    json_str(&j, "controller", call->policy->controller);
    json_text(&j, "signing_key", crypto_base64(call->arena, state->signing_public, CRYPTO_PUBLIC_BYTES));
    json_text(&j, "sealing_key", crypto_base64(call->arena, state->sealing_public, CRYPTO_PUBLIC_BYTES));
    json_name(&j, "signing_keys");
    TRY(signer_use(call, err));
    TRY(signers_print(call, &response->body, err));
    json_end(&j);
    return DONE;
}

/* The hashes of all certificates, in their order: whoever keeps them sees whether one was taken away. */
enum outcome get_chain(struct call *call, const struct http_request *request, struct http_response *response,
                       struct error *err)
{
    struct text text = http_query(request, "after");
    int64_t after = 0;

    if (text.p != NULL && !text_to_int64(text, &after))
        return error_status(err, 400, "after", "after is no number");
    buf_str(&response->body, "{\"chain\":");
    TRY(chain_print(call, after, &response->body, err));
    buf_char(&response->body, '}');
    return DONE;
}

/* ---- holder.result ----------------------------------------------------------------------------------------------------- */

enum outcome on_holder_result(struct call *call, const void *event, struct error *err)
{
    const struct signed_result *in = event;
    struct holder holder;
    struct bytes body;
    struct text json, header;
    bool found, holds;
    void *result;

    if (!crypto_unbase64(call->arena, in->body, &body))
        return error_refuse(err, "/data/body", "base64", "the body is no base64");
    json = (struct text){.p = (const char *)body.p, .n = body.n};
    TRY(holder_load(call, &(struct uuid){0}, in->holder, &holder, &found, err));
    if (!found)
        return error_refuse(err, "/data/holder", "unknown", "no such holder");
    header = text_format(call->arena, "ed25519=%.*s", TEXT_ARGS(in->signature));
    TRY(holder_signed(call, &holder, header, json, &holds, err));
    if (!holds)
        return error_refuse(err, "/data/signature", "signature", "the signature doesn't fit the holder's key");
    TRY(event_decode(holder_result_event.data, json, call->arena, &result, err));
    return outside_answer(call, holder.name, result, &(struct uuid){0}, err);
}
