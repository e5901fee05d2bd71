/* chain: the hashes of all certificates, and the keys of all signers. */
#include "services/erasure/chain.h"

#include <stdio.h>
#include <string.h>

#include "gen/erasure_sql.h"
#include "services/erasure/json.h"
#include "services/erasure/service.h"

enum outcome chain_next(struct call *call, struct chain_link *out, struct error *err)
{
    enum outcome outcome = DONE;
    struct pg_rows rows;

    *out = (struct chain_link){.seq = 1};
    TRY(pg_exec(call->pg, &erasure_sql_chain_lock, NULL, &rows, err));
    pg_rows_free(&rows);
    TRY(pg_exec(call->pg, &erasure_sql_chain_head, NULL, &rows, err));
    if (rows.n > 0) {
        struct bytes hash = pg_get_bytes(&rows, 0, 1);
        ENSURE(hash.n == sizeof out->previous);
        memcpy(out->previous, hash.p, hash.n);
        out->seq = pg_get_int8(&rows, 0, 0) + 1;
    }
    pg_rows_free(&rows);
    return outcome;
}

enum outcome chain_add(struct call *call, const struct chain_link *link, struct text body, struct error *err)
{
    uint8_t hash[CHAIN_HASH_BYTES];
    struct pg_params params;

    crypto_digest(body.p, body.n, hash);
    pg_params_init(&params, call->arena);
    pg_add_int8(&params, link->seq);
    pg_add_bytes(&params, (struct bytes){hash, sizeof hash});
    pg_add_time(&params, call->now_us);
    return pg_exec(call->pg, &erasure_sql_chain_add, &params, NULL, err);
}

enum outcome chain_print(struct call *call, int64_t after, struct buf *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_int8(&params, after);
    TRY(pg_exec(call->pg, &erasure_sql_chain_page, &params, &rows, err));
    buf_char(out, '[');
    for (int i = 0; i < rows.n; i++) {
        struct json j = json_object(out, i > 0);
        struct bytes hash = pg_get_bytes(&rows, i, 1);
        json_int(&j, "seq", pg_get_int8(&rows, i, 0));
        json_text(&j, "hash", crypto_base64(call->arena, hash.p, hash.n));
        json_time(&j, "at", pg_get_time(&rows, i, 2));
        json_end(&j);
    }
    buf_char(out, ']');
    pg_rows_free(&rows);
    return DONE;
}

/* ---- signers ---------------------------------------------------------------------------------------------------------- */

enum outcome signer_use(struct call *call, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_bytes(&params, (struct bytes){erasure(call)->signing_public, CRYPTO_PUBLIC_BYTES});
    pg_add_time(&params, call->now_us);
    return pg_exec(call->pg, &erasure_sql_signer_use, &params, NULL, err);
}

void signer_id(const uint8_t key[CRYPTO_PUBLIC_BYTES], char out[2 * SIGNER_ID_BYTES + 1])
{
    uint8_t digest[32];

    crypto_digest(key, CRYPTO_PUBLIC_BYTES, digest);
    text_put_hex(digest, SIGNER_ID_BYTES, out);
}

enum outcome signers_print(struct call *call, struct buf *out, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &erasure_sql_signers, NULL, &rows, err));
    buf_char(out, '[');
    for (int i = 0; i < rows.n; i++) {
        struct json j = json_object(out, i > 0);
        struct bytes key = pg_get_bytes(&rows, i, 0);
        char id[2 * SIGNER_ID_BYTES + 1];
        bool now = crypto_equal(key.p, erasure(call)->signing_public, CRYPTO_PUBLIC_BYTES);
        signer_id(key.p, id);
        json_str(&j, "id", id);
        json_text(&j, "key", crypto_base64(call->arena, key.p, key.n));
        json_time(&j, "since", pg_get_time(&rows, i, 1));
        /* a use is noted once a minute: what was signed after the note is its own, too */
        json_time(&j, "until", now ? CLOCK_NONE : pg_get_time(&rows, i, 2) + MINUTES(1));
        json_end(&j);
    }
    buf_char(out, ']');
    pg_rows_free(&rows);
    return DONE;
}
