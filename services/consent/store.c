/* store: addresses, the ledger, states and tokens. */
#include "services/consent/store.h"

#include "gen/consent_sql.h"

static int at_int4(const struct pg_rows *rows, int row, int column, int absent)
{
    return pg_is_null(rows, row, column) ? absent : (int)pg_get_int4(rows, row, column);
}

static void add_int8(struct pg_params *params, int64_t v)
{
    if (v == INT64_MIN)
        pg_add_null(params);
    else
        pg_add_int8(params, v);
}

static void add_small(struct pg_params *params, int v)
{
    if (v < 0)
        pg_add_null(params);
    else
        pg_add_int4(params, v);
}

static struct text copied(struct arena *arena, struct text t)
{
    return t.p == NULL ? TEXT_NONE : text_copy(arena, t);
}

/* ---- standing --------------------------------------------------------------------------------------------------------- */

static struct refused refused_at(const struct pg_rows *rows, int row, int column)
{
    if (pg_is_null(rows, row, column))
        return (struct refused){.any = false};
    return (struct refused){
        .any = true, .position = pg_get_int8(rows, row, column), .at = pg_get_time(rows, row, column + 1)};
}

static void standing_at(struct arena *arena, const struct pg_rows *rows, int row, struct standing *out)
{
    *out = (struct standing){
        .known = !pg_is_null(rows, row, 1),
        .address = pg_get_uuid(rows, row, 1),
        .person = pg_get_uuid(rows, row, 2),
        .restricted = pg_get_bool(rows, row, 3),
        .has_state = !pg_is_null(rows, row, 4),
        .state = at_int4(rows, row, 4, -1),
        .rev = pg_get_int8(rows, row, 5),
        .statement = pg_get_int8(rows, row, 6),
        .language = copied(arena, pg_get_text(rows, row, 7)),
        .position = pg_get_int8(rows, row, 8),
        .at = pg_get_time(rows, row, 9),
        .asked_position = pg_get_int8(rows, row, 10),
        .asked_at = pg_get_time(rows, row, 11),
        .recorded_at = pg_get_time(rows, row, 12),
        .last_used_at = pg_get_time(rows, row, 13),
        .source = copied(arena, pg_get_text(rows, row, 14)),
        .withdrawn = refused_at(rows, row, 15),
        .objected = refused_at(rows, row, 17),
        .lifted = refused_at(rows, row, 19),
        .bounced_at = pg_get_time(rows, row, 21),
        .whose = at_int4(rows, row, 22, ADDRESS_CONSUMER),
        .country = copied(arena, pg_get_text(rows, row, 23)),
        .ground = at_int4(rows, row, 24, GROUND_CONSENT),
        .age_over = at_int4(rows, row, 25, 0),
        .mailed_at = CLOCK_NONE,
    };
}

enum outcome store_standing(struct call *call, const struct standing_query *queries, size_t n, struct standing *out,
                            struct error *err)
{
    struct arena *arena = call->arena;
    struct hash *emails = ARENA_ARRAY(arena, n, struct hash), *wides = ARENA_ARRAY(arena, n, struct hash);
    struct uuid *records = ARENA_ARRAY(arena, n, struct uuid);
    struct text *channels = ARENA_ARRAY(arena, n, struct text), *purposes = ARENA_ARRAY(arena, n, struct text);
    struct pg_params params;
    struct pg_rows rows = {0};

    for (size_t i = 0; i < n; i++) {
        emails[i] = queries[i].email;
        wides[i] = queries[i].wide;
        records[i] = queries[i].record;
        channels[i] = queries[i].channel;
        purposes[i] = queries[i].purpose;
    }
    pg_params_init(&params, arena);
    pg_add_hashes(&params, emails, n);
    pg_add_hashes(&params, wides, n);
    pg_add_uuids(&params, records, n);
    pg_add_texts(&params, channels, n);
    pg_add_texts(&params, purposes, n);
    TRY(pg_exec(call->pg, &consent_sql_standing_load, &params, &rows, err));
    ENSURE(rows.n >= 0 && (size_t)rows.n == n);
    for (int i = 0; i < rows.n; i++)
        standing_at(arena, &rows, i, &out[i]);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_mailed(struct call *call, const struct standing_query *query, struct standing *standing,
                          struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &standing->address);
    pg_add_text(&params, query->channel);
    pg_add_text(&params, query->purpose);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &consent_sql_mailed_load, &params, &rows, err));
    standing->mailed_at = pg_get_time(&rows, 0, 0);
    standing->mailed_position = pg_get_int8(&rows, 0, 1);
    standing->mailed_a_day = pg_get_int8(&rows, 0, 2);
    pg_rows_free(&rows);
    return DONE;
}

/* ---- addresses -------------------------------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Only a code: nothing else of what a source wrote there stays. */
static bool is_country(struct text text)
{
    return text.n == 2 && is_letter(text.p[0]) && is_letter(text.p[1]);
}

enum outcome store_address_put(struct call *call, struct address *address, bool *made, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};
    struct uuid fresh = call_uuid(call);

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &fresh);
    pg_add_hash(&params, &address->email);
    pg_add_hash(&params, &address->wide);
    pg_add_time(&params, call->now_us);
    add_small(&params, address->whose);
    if (is_country(address->country))
        pg_add_text(&params, address->country);
    else
        pg_add_null(&params);
    TRY(pg_exec(call->pg, &consent_sql_address_put, &params, &rows, err));
    address->id = pg_get_uuid(&rows, 0, 0);
    *made = pg_get_bool(&rows, 0, 1);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_address_attach(struct call *call, const struct address *address, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &address->id);
    pg_add_uuid(&params, &address->vault);
    pg_add_bool(&params, address->item);
    pg_add_time(&params, duration_add(call->now_us, call->policy->opt_in_valid));
    return pg_queue(call->pg, &consent_sql_address_attach, &params, err);
}

enum outcome store_addresses_lock(struct call *call, const struct uuid *ids, size_t n, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    return pg_exec(call->pg, &consent_sql_addresses_lock, &params, NULL, err);
}

enum outcome store_address(struct call *call, const struct uuid *id, bool lock, struct address *out, bool *found,
                           struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    *out = (struct address){.id = *id};
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    TRY(pg_exec(call->pg, lock ? &consent_sql_address_lock : &consent_sql_address_load, &params, &rows, err));
    *found = rows.n > 0;
    if (*found) {
        out->email = pg_get_hash(&rows, 0, 0);
        out->wide = pg_get_hash(&rows, 0, 1);
        out->vault = pg_get_uuid(&rows, 0, 2);
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_address_drop(struct call *call, const struct uuid *id, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, id, 1);
    return pg_exec(call->pg, &consent_sql_address_drop, &params, NULL, err);
}

enum outcome store_bounced(struct call *call, const struct hash *email, int64_t at_us, struct error *err)
{
    const struct uuid id = call_uuid(call);
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_hash(&params, email);
    pg_add_time(&params, at_us);
    pg_add_uuid(&params, &id);
    pg_add_time(&params, at_us + BOUNCE_HOLDS_US);
    return pg_queue(call->pg, &consent_sql_address_bounced, &params, err);
}

enum outcome store_unbounce(struct call *call, const struct uuid *address, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, address);
    return pg_queue(call->pg, &consent_sql_address_unbounce, &params, err);
}

enum outcome store_purposes(struct call *call, const struct uuid *address, struct text channel,
                            struct address_purpose **out, size_t *n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, address);
    pg_add_text(&params, channel);
    TRY(pg_exec(call->pg, &consent_sql_address_purposes, &params, &rows, err));
    *n = (size_t)rows.n;
    *out = ARENA_ARRAY(call->arena, *n + 1, struct address_purpose);
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = (struct address_purpose){.purpose = copied(call->arena, pg_get_text(&rows, i, 0)),
                                             .language = copied(call->arena, pg_get_text(&rows, i, 1))};
    pg_rows_free(&rows);
    return DONE;
}

/* ---- ledger and state --------------------------------------------------------------------------------------------------- */

enum outcome store_ledger_add(struct call *call, const struct ledger_row *row, int64_t *position, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &row->address);
    pg_add_hash(&params, &row->subject);
    pg_add_uuid(&params, &row->record);
    pg_add_uuid(&params, &row->person);
    pg_add_text(&params, row->channel);
    pg_add_text(&params, row->purpose);
    add_int8(&params, row->statement);
    pg_add_text(&params, row->language);
    add_small(&params, row->act);
    add_small(&params, row->given_by);
    pg_add_time(&params, row->at < call->now_us ? row->at : call->now_us);
    pg_add_time(&params, call->now_us);
    pg_add_text(&params, row->source);
    pg_add_uuid(&params, &row->evidence);
    pg_add_bytes(&params, row->statement_digest);
    pg_add_int8(&params, call->policy_version);
    pg_add_str(&params, call->policy->controller);
    pg_add_uuid(&params, &row->act_id);
    add_small(&params, row->age_over > 0 ? (int)row->age_over : -1);
    TRY(pg_exec(call->pg, &consent_sql_ledger_add, &params, &rows, err));
    *position = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_act_known(struct call *call, const struct uuid *act, bool *known, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, act);
    TRY(pg_exec(call->pg, &consent_sql_act_known, &params, &rows, err));
    *known = pg_get_bool(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

struct key_list address_keys(struct arena *arena, const struct hash *email, const struct hash *wide)
{
    struct key_list keys = {.items = ARENA_ARRAY(arena, 2, struct key)};

    keys.items[keys.n++] = (struct key){.kind = KEY_EMAIL, .hash = *email};
    if (!hash_is_none(wide))
        keys.items[keys.n++] = (struct key){.kind = KEY_EMAIL_WIDE, .hash = *wide};
    return keys;
}

void store_changed(struct arena *arena, const struct pg_rows *rows, struct changed_list *out)
{
    out->n = (size_t)rows->n;
    out->items = ARENA_ARRAY(arena, out->n + 1, struct consent_changed);
    for (int i = 0; i < rows->n; i++) {
        struct consent_changed *c = &out->items[i];
        const struct hash email = pg_get_hash(rows, i, 2), wide = pg_get_hash(rows, i, 3);

        event_init(consent_changed_event.data, c);
        c->address = pg_get_uuid(rows, i, 0);
        c->rev = pg_get_int8(rows, i, 1);
        c->keys = address_keys(arena, &email, &wide);
        c->person = pg_get_uuid(rows, i, 4);
        c->channel = copied(arena, pg_get_text(rows, i, 5));
        c->purpose = copied(arena, pg_get_text(rows, i, 6));
        if (c->purpose.n == 0)
            c->purpose = TEXT_NONE;
        c->state = pg_get_int4(rows, i, 7);
        c->statement = pg_get_int8(rows, i, 8);
        c->at = pg_get_time(rows, i, 9);
        c->position = pg_get_int8(rows, i, 10);
        c->vault = pg_get_uuid(rows, i, 11);
    }
}

enum outcome store_state_put(struct call *call, const struct state_row *row, struct changed_list *out,
                             struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &row->address);
    pg_add_text(&params, row->channel);
    pg_add_text(&params, row->purpose);
    add_small(&params, row->state);
    add_int8(&params, row->statement);
    pg_add_text(&params, row->language);
    pg_add_int8(&params, row->position);
    pg_add_time(&params, row->at < call->now_us ? row->at : call->now_us);
    add_int8(&params, row->asked_position);
    pg_add_time(&params, row->asked_at);
    pg_add_time(&params, call->now_us);
    pg_add_text(&params, row->source);
    add_small(&params, row->state == CONSENT_CONFIRMED || row->state == CONSENT_ASSERTED ? row->ground : -1);
    add_small(&params, row->age_over > 0 ? (int)row->age_over : -1);
    TRY(pg_exec(call->pg, &consent_sql_state_put, &params, &rows, err));
    store_changed(call->arena, &rows, out);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_used(struct call *call, const struct hash *email, struct text purpose, int64_t at_us,
                        struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_hash(&params, email);
    pg_add_str(&params, "email");
    pg_add_text(&params, purpose);
    pg_add_time(&params, at_us);
    return pg_queue(call->pg, &consent_sql_mail_used, &params, err);
}

enum { RESYNC_PAGE = 200 };

enum outcome store_resync_page(struct call *call, struct uuid *after, bool *again, struct changed_list *out,
                               struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};
    struct uuid from = *after;

    pg_params_init(&params, call->arena);
    pg_add_bytes(&params, (struct bytes){.p = from.b, .n = sizeof from.b});
    pg_add_int4(&params, RESYNC_PAGE);
    TRY(pg_exec(call->pg, &consent_sql_resync_page, &params, &rows, err));
    store_changed(call->arena, &rows, out);
    pg_rows_free(&rows);
    TRY(pg_exec(call->pg, &consent_sql_resync_next, &params, &rows, err));
    *again = pg_get_int8(&rows, 0, 1) == RESYNC_PAGE;
    if (!pg_is_null(&rows, 0, 0))
        *after = pg_get_uuid(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

/* ---- tokens ------------------------------------------------------------------------------------------------------------- */

enum outcome store_token_put(struct call *call, const struct token_row *row, struct error *err)
{
    const struct confirm_token *t = &row->token;
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_bytes(&params, (struct bytes){.p = row->hash, .n = sizeof row->hash});
    pg_add_uuid(&params, &t->address);
    pg_add_text(&params, t->channel);
    pg_add_text(&params, t->purpose);
    pg_add_int8(&params, t->statement);
    pg_add_text(&params, t->language);
    pg_add_int8(&params, t->asked_position);
    pg_add_time(&params, t->asked_at);
    pg_add_uuid(&params, &row->content);
    pg_add_time(&params, call->now_us);
    pg_add_time(&params, t->expires_at);
    return pg_queue(call->pg, &consent_sql_token_put, &params, err);
}

enum outcome store_token(struct call *call, const uint8_t hash[32], struct confirm_token *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};

    *out = (struct confirm_token){.found = false, .used_at = CLOCK_NONE};
    pg_params_init(&params, call->arena);
    pg_add_bytes(&params, (struct bytes){.p = hash, .n = 32});
    TRY(pg_exec(call->pg, &consent_sql_token_load, &params, &rows, err));
    if (rows.n > 0)
        *out = (struct confirm_token){
            .found = true,
            .address = pg_get_uuid(&rows, 0, 0),
            .channel = copied(call->arena, pg_get_text(&rows, 0, 1)),
            .purpose = copied(call->arena, pg_get_text(&rows, 0, 2)),
            .language = copied(call->arena, pg_get_text(&rows, 0, 3)),
            .statement = pg_get_int8(&rows, 0, 4),
            .asked_position = pg_get_int8(&rows, 0, 5),
            .asked_at = pg_get_time(&rows, 0, 6),
            .expires_at = pg_get_time(&rows, 0, 7),
            .used_at = pg_get_time(&rows, 0, 8),
        };
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_token_used(struct call *call, const uint8_t hash[32], struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_bytes(&params, (struct bytes){.p = hash, .n = 32});
    pg_add_time(&params, call->now_us);
    return pg_queue(call->pg, &consent_sql_token_used, &params, err);
}
