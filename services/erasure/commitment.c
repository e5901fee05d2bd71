/* commitment: "request:ID", "email:ADDRESS", "phone:NUMBER" and "source:SYSTEM/ID", each under the secret. */
#include "services/erasure/commitment.h"

#include "common/normal/normal.h"
#include "gen/erasure_sql.h"
#include "services/erasure/json.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"

enum { COMMITMENTS_MOST = 64 * 1024 };

static void commit(struct call *call, struct buf *out, struct text secret, struct text what)
{
    uint8_t hash[32];

    crypto_commit(secret, what, hash);
    buf_str(out, out->n > 1 ? "," : "");
    buf_json_string(out, crypto_base64(call->arena, hash, sizeof hash));
}

static struct text in_words(struct call *call, const struct holder_identifier *id)
{
    struct text email;

    if (text_is(id->kind, "email") && normal_email(id->value, call->arena, &email))
        return text_format(call->arena, "email:%.*s", TEXT_ARGS(email));
    if (id->system.p != NULL)
        return text_format(call->arena, "%.*s:%.*s/%.*s", TEXT_ARGS(id->kind), TEXT_ARGS(id->system),
                           TEXT_ARGS(id->value));
    return text_format(call->arena, "%.*s:%.*s", TEXT_ARGS(id->kind), TEXT_ARGS(id->value));
}

static enum outcome make(struct call *call, const struct request *r, const struct contact *contact,
                         struct commitment *out)
{
    char id[UUID_TEXT_BYTES];
    struct buf hashes;

    uuid_format(&r->id, id);
    out->secret = crypto_token(call->arena);
    buf_init(&hashes, COMMITMENTS_MOST);
    buf_char(&hashes, '[');
    commit(call, &hashes, out->secret, text_format(call->arena, "request:%s", id));
    for (size_t i = 0; i < contact->identifiers.n; i++)
        commit(call, &hashes, out->secret, in_words(call, &contact->identifiers.items[i]));
    buf_char(&hashes, ']');
    ENSURE(!hashes.failed);
    out->hashes = text_copy(call->arena, buf_view(&hashes));
    buf_free(&hashes);
    return DONE;
}

static enum outcome load(struct call *call, const struct uuid *request, struct commitment *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &erasure_sql_certificate_subject, &params, &rows, err));
    if (rows.n > 0)
        out->hashes = text_copy(call->arena, pg_get_text(&rows, 0, 0));
    pg_rows_free(&rows);
    return DONE;
}

enum outcome commitment_make(struct call *call, const struct request *r, struct commitment *out, struct error *err)
{
    struct contact contact = {0};

    *out = (struct commitment){.secret = TEXT_NONE, .hashes = TEXT_NONE};
    if (!uuid_is_nil(&r->final_mail))
        return load(call, &r->id, out, err);
    if (uuid_is_nil(&r->contact))
        return DONE;
    TRY(secrets_open_contact(call, &r->contact, &contact, err));
    return contact.reply_to.p == NULL ? DONE : make(call, r, &contact, out);
}
