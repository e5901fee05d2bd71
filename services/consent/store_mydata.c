/* store_mydata: who asked for a link to their data, the links, and whom an address belongs to. */
#include "services/consent/store.h"

#include <string.h>

#include "gen/consent_sql.h"

static struct text copied(struct arena *arena, struct text t)
{
    return t.p == NULL ? TEXT_NONE : text_copy(arena, t);
}

enum outcome store_data_ask(struct call *call, const struct data_ask *ask, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &ask->id);
    pg_add_hash(&params, &ask->email);
    pg_add_hash(&params, &ask->wide);
    pg_add_bool(&params, ask->shared);
    pg_add_hash(&params, &ask->requester);
    pg_add_text(&params, ask->language);
    pg_add_time(&params, call->now_us);
    return pg_queue(call->pg, &consent_sql_data_ask_put, &params, err);
}

enum outcome store_data_asked(struct call *call, const struct hash *requester, int64_t *an_hour, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_hash(&params, requester);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &consent_sql_data_ask_count, &params, &rows, err));
    *an_hour = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_data_due(struct call *call, int most, struct data_ask **out, size_t *n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_time(&params, call->now_us);
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &consent_sql_data_asks_due, &params, &rows, err));
    *n = (size_t)rows.n;
    *out = ARENA_ARRAY(call->arena, *n + 1, struct data_ask);
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = (struct data_ask){.id = pg_get_uuid(&rows, i, 0),
                                      .email = pg_get_hash(&rows, i, 1),
                                      .wide = pg_get_hash(&rows, i, 2),
                                      .shared = pg_get_bool(&rows, i, 3),
                                      .language = copied(call->arena, pg_get_text(&rows, i, 4)),
                                      .at = pg_get_time(&rows, i, 5),
                                      .mailed_an_hour = pg_get_int8(&rows, i, 6)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_data_answered(struct call *call, const struct uuid *ids, size_t n, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_time(&params, call->now_us);
    return pg_queue(call->pg, &consent_sql_data_asks_answered, &params, err);
}

enum outcome store_data_expire(struct call *call, struct uuid_list *contents, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_time(&params, call->now_us);
    return store_exec_uuids(call, &consent_sql_data_expire, &params, contents, err);
}

enum outcome store_data_candidates(struct call *call, const struct hash *email, struct uuid_list *out,
                                   struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_hash(&params, email);
    return store_exec_uuids(call, &consent_sql_data_candidates, &params, out, err);
}

enum outcome store_data_persons(struct call *call, const struct hash *email, struct data_person **out, size_t *n,
                                struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_hash(&params, email);
    TRY(pg_exec(call->pg, &consent_sql_data_persons, &params, &rows, err));
    *n = (size_t)rows.n;
    *out = ARENA_ARRAY(call->arena, *n + 1, struct data_person);
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = (struct data_person){.person = pg_get_uuid(&rows, i, 0), .record = pg_get_uuid(&rows, i, 1)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_data_link_put(struct call *call, const struct data_link *link, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_bytes(&params, (struct bytes){.p = link->hash, .n = sizeof link->hash});
    pg_add_hash(&params, &link->email);
    pg_add_hash(&params, &link->wide);
    pg_add_bool(&params, link->shared);
    pg_add_uuid(&params, &link->vault);
    pg_add_uuid(&params, &link->content);
    pg_add_text(&params, link->language);
    pg_add_time(&params, call->now_us);
    pg_add_time(&params, link->expires_at);
    return pg_queue(call->pg, &consent_sql_data_token_put, &params, err);
}

enum outcome store_data_link(struct call *call, struct text token, bool lock, struct data_link *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    *out = (struct data_link){.found = false};
    crypto_token_hash(token, out->hash);
    pg_params_init(&params, call->arena);
    pg_add_bytes(&params, (struct bytes){.p = out->hash, .n = sizeof out->hash});
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, lock ? &consent_sql_data_token_lock : &consent_sql_data_token_load, &params, &rows, err));
    out->found = rows.n > 0;
    if (out->found) {
        out->email = pg_get_hash(&rows, 0, 0);
        out->wide = pg_get_hash(&rows, 0, 1);
        out->shared = pg_get_bool(&rows, 0, 2);
        out->vault = pg_get_uuid(&rows, 0, 3);
        out->language = copied(call->arena, pg_get_text(&rows, 0, 4));
        out->person = pg_get_uuid(&rows, 0, 5);
        out->tries = pg_get_int4(&rows, 0, 6);
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_data_tried(struct call *call, const uint8_t hash[32], const struct uuid *person, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_bytes(&params, (struct bytes){.p = hash, .n = 32});
    pg_add_uuid(&params, person);
    return pg_queue(call->pg, &consent_sql_data_token_tried, &params, err);
}
