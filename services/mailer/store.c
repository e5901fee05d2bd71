/* store: the statements of services/mailer/sql. */
#include "services/mailer/store.h"

#include "gen/mailer_sql.h"

static void read_mail(struct call *call, const struct pg_rows *rows, int row, struct mail *out)
{
    struct arena *arena = call->arena;

    *out = (struct mail){
        .mail = pg_get_uuid(rows, row, 0),
        .kind = (enum mail_kind)pg_get_int4(rows, row, 1),
        .campaign = pg_get_uuid(rows, row, 2),
        .request = pg_get_uuid(rows, row, 3),
        .record = pg_get_uuid(rows, row, 4),
        .address = pg_get_uuid(rows, row, 5),
        .content = pg_get_uuid(rows, row, 6),
        .email = pg_get_hash(rows, row, 7),
        .wide = pg_get_hash(rows, row, 8),
        .purpose = text_copy(arena, pg_get_text(rows, row, 9)),
        .ground = text_copy(arena, pg_get_text(rows, row, 10)),
        .position = pg_get_int8(rows, row, 11),
        .template_name = text_copy(arena, pg_get_text(rows, row, 12)),
        .language = text_copy(arena, pg_get_text(rows, row, 13)),
        .attempts = pg_get_int4(rows, row, 14),
        .rev = pg_get_int8(rows, row, 15),
        .asked_us = pg_get_time(rows, row, 16),
        .acted_us = pg_get_time(rows, row, 17),
        .unknowns = pg_get_int4(rows, row, 18),
        .paced = pg_get_bool(rows, row, 19),
    };
}

static struct mail_list read_mails(struct call *call, struct pg_rows *rows)
{
    struct mail_list list = {.items = ARENA_ARRAY(call->arena, (size_t)rows->n + 1, struct mail), .n = (size_t)rows->n};

    for (int i = 0; i < rows->n; i++)
        read_mail(call, rows, i, &list.items[i]);
    pg_rows_free(rows);
    return list;
}

static void add_number(struct pg_params *params, int64_t n)
{
    if (n == INT64_MIN)
        pg_add_null(params);
    else
        pg_add_int8(params, n);
}

enum outcome store_add(struct call *call, const struct mail *mail, enum mail_state state, const char *why,
                       int64_t due_us, int64_t *rev, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &mail->mail);
    pg_add_int4(&params, (int32_t)mail->kind);
    pg_add_int4(&params, (int32_t)state);
    pg_add_str(&params, why);
    pg_add_uuid(&params, &mail->campaign);
    pg_add_uuid(&params, &mail->request);
    pg_add_uuid(&params, &mail->record);
    pg_add_uuid(&params, &mail->address);
    pg_add_uuid(&params, &mail->content);
    pg_add_hash(&params, &mail->email);
    pg_add_hash(&params, &mail->wide);
    pg_add_text(&params, mail->purpose);
    pg_add_text(&params, mail->ground);
    add_number(&params, mail->position);
    pg_add_text(&params, mail->template_name);
    pg_add_text(&params, mail->language);
    pg_add_time(&params, due_us);
    pg_add_time(&params, mail->asked_us);
    pg_add_time(&params, mail->acted_us);
    TRY(pg_exec(call->pg, &mailer_sql_mail_add, &params, &rows, err));
    *rev = rows.n == 0 ? 0 : pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_claim(struct call *call, size_t most, struct mail_list *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_time(&params, clock_now_us());
    pg_add_int4(&params, (int32_t)most);
    TRY(pg_exec(call->pg, &mailer_sql_mail_claim, &params, &rows, err));
    *out = read_mails(call, &rows);
    return DONE;
}

enum outcome store_intents(struct call *call, struct mail *const *mails, size_t n, const char *sender,
                           struct error *err)
{
    struct pg_params params;
    struct uuid *ids = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    int32_t *attempts = ARENA_ARRAY(call->arena, n + 1, int32_t);

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++) {
        ids[i] = mails[i]->mail;
        attempts[i] = ++mails[i]->attempts;
    }
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_int4s(&params, attempts, n);
    pg_add_str(&params, sender);
    pg_add_time(&params, call->now_us);
    return pg_queue(call->pg, &mailer_sql_mail_intents, &params, err);
}

/* One array a column. */
struct result_columns {
    struct uuid *mails;
    int32_t *states, *attempts;
    struct text *whys, *grounds, *results;
    int64_t *nexts, *positions;
};

static void fill_columns(struct arena *arena, const struct mail_result *results, size_t n, struct result_columns *out)
{
    *out = (struct result_columns){.mails = ARENA_ARRAY(arena, n + 1, struct uuid),
                                   .states = ARENA_ARRAY(arena, n + 1, int32_t),
                                   .attempts = ARENA_ARRAY(arena, n + 1, int32_t),
                                   .whys = ARENA_ARRAY(arena, n + 1, struct text),
                                   .grounds = ARENA_ARRAY(arena, n + 1, struct text),
                                   .results = ARENA_ARRAY(arena, n + 1, struct text),
                                   .nexts = ARENA_ARRAY(arena, n + 1, int64_t),
                                   .positions = ARENA_ARRAY(arena, n + 1, int64_t)};
    for (size_t i = 0; i < n; i++) {
        const struct mail_result *r = &results[i];
        out->mails[i] = r->mail->mail;
        out->states[i] = (int32_t)r->step.state;
        out->attempts[i] = r->mail->attempts;
        out->whys[i] = text_of(r->step.why);
        out->grounds[i] = r->ground;
        out->results[i] = text_of(r->result);
        out->nexts[i] = r->step.next_us == CLOCK_NONE ? 0 : r->step.next_us;
        out->positions[i] = r->position == INT64_MIN ? -1 : r->position;
    }
}

/* What came back, in the database's order; rev 0: a forget has erased it meanwhile. */
static void read_revisions(struct pg_rows *rows, struct mail_result *results, size_t n)
{
    for (int row = 0; row < rows->n; row++) {
        struct uuid mail = pg_get_uuid(rows, row, 0);
        for (size_t i = 0; i < n; i++)
            if (uuid_equal(&results[i].mail->mail, &mail)) {
                results[i].rev = pg_get_int8(rows, row, 1);
                break;
            }
    }
    pg_rows_free(rows);
}

enum outcome store_results(struct call *call, struct mail_result *results, size_t n, struct error *err)
{
    struct result_columns columns;
    struct pg_params params;
    struct pg_rows rows;

    if (n == 0)
        return DONE;
    fill_columns(call->arena, results, n, &columns);
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, columns.mails, n);
    pg_add_int4s(&params, columns.states, n);
    pg_add_texts(&params, columns.whys, n);
    pg_add_times(&params, columns.nexts, n);
    pg_add_int8s(&params, columns.positions, n);
    pg_add_texts(&params, columns.grounds, n);
    pg_add_int4s(&params, columns.attempts, n);
    pg_add_texts(&params, columns.results, n);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &mailer_sql_mail_results, &params, &rows, err));
    read_revisions(&rows, results, n);
    return DONE;
}

enum outcome store_lost(struct call *call, const char *shard, int64_t epoch, int64_t before_us, struct mail_list *out,
                        struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_str(&params, shard);
    pg_add_int8(&params, epoch);
    pg_add_time(&params, before_us);
    TRY(pg_exec(call->pg, &mailer_sql_mail_lost, &params, &rows, err));
    *out = read_mails(call, &rows);
    return DONE;
}

enum outcome store_stop(struct call *call, const struct mail_filter *filter, enum mail_state state, const char *why,
                        struct mail_list *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_int4(&params, (int32_t)state);
    pg_add_str(&params, why);
    pg_add_hashes(&params, filter->keys, filter->keys_n);
    pg_add_uuids(&params, filter->records.items, filter->records.n);
    pg_add_text(&params, filter->purpose);
    pg_add_bool(&params, filter->advertising);
    TRY(pg_exec(call->pg, &mailer_sql_mail_stop, &params, &rows, err));
    *out = read_mails(call, &rows);
    return DONE;
}

/* ---- the forget road -------------------------------------------------------------------------------------------------- */

static void filter_params(struct pg_params *params, struct call *call, const struct mail_filter *filter,
                          const struct uuid *request)
{
    pg_params_init(params, call->arena);
    pg_add_hashes(params, filter->keys, filter->keys_n);
    pg_add_uuids(params, filter->records.items, filter->records.n);
    pg_add_uuid(params, request);
}

enum outcome store_contents(struct call *call, const struct mail_filter *filter, const struct uuid *request,
                            struct uuid_list *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    filter_params(&params, call, filter, request);
    TRY(pg_exec(call->pg, &mailer_sql_mail_contents, &params, &rows, err));
    *out = (struct uuid_list){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct uuid), .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome forget_campaigns(struct call *call, const struct mail_filter *filter, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, filter->records.items, filter->records.n);
    return pg_exec(call->pg, &mailer_sql_campaign_forget, &params, NULL, err);
}

enum outcome store_erase(struct call *call, const struct mail_filter *filter, const struct uuid *request,
                         int64_t *rows_n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    filter_params(&params, call, filter, request);
    TRY(pg_exec(call->pg, &mailer_sql_mail_erase, &params, &rows, err));
    *rows_n = rows.n;
    pg_rows_free(&rows);
    return forget_campaigns(call, filter, err);
}

enum outcome store_remaining(struct call *call, const struct mail_filter *filter, const struct uuid *request,
                             int64_t *rows_n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    filter_params(&params, call, filter, request);
    TRY(pg_exec(call->pg, &mailer_sql_mail_remaining, &params, &rows, err));
    *rows_n = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, filter->records.items, filter->records.n);
    TRY(pg_exec(call->pg, &mailer_sql_campaign_remaining, &params, &rows, err));
    *rows_n += pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_restored(struct call *call, struct error *err)
{
    return pg_exec(call->pg, &mailer_sql_mails_restored, NULL, NULL, err);
}
