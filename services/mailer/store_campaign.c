/* store_campaign: campaigns, what the internal routes print, and how long all of it is kept. */
#include "gen/mailer_sql.h"
#include "services/mailer/store.h"

/* ---- campaigns ---------------------------------------------------------------------------------------------------------- */

enum outcome store_campaign_add(struct call *call, const struct campaign_requested *in, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &in->campaign);
    pg_add_text(&params, in->purpose);
    pg_add_uuid(&params, &in->content);
    pg_add_uuid(&params, &in->by);
    pg_add_uuids(&params, in->records.items, in->records.n);
    pg_add_time(&params, in->at);
    return pg_queue(call->pg, &mailer_sql_campaign_add, &params, err);
}

enum outcome store_campaign_next(struct call *call, int page, struct campaign *out, bool *found, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_int4(&params, page);
    TRY(pg_exec(call->pg, &mailer_sql_campaign_next, &params, &rows, err));
    *found = rows.n > 0;
    if (*found)
        *out = (struct campaign){.campaign = pg_get_uuid(&rows, 0, 0),
                                 .purpose = text_copy(call->arena, pg_get_text(&rows, 0, 1)),
                                 .content = pg_get_uuid(&rows, 0, 2),
                                 .by = pg_get_uuid(&rows, 0, 3),
                                 .at = pg_get_time(&rows, 0, 4),
                                 .page = pg_get_uuids(&rows, 0, 6, call->arena)};
    pg_rows_free(&rows);
    return DONE;
}

static void add_columns(struct pg_params *params, const struct laid_mail *mails, size_t n)
{
    struct arena *arena = params->arena;
    struct uuid *ids = ARENA_ARRAY(arena, n + 1, struct uuid), *records = ARENA_ARRAY(arena, n + 1, struct uuid);
    struct hash *emails = ARENA_ARRAY(arena, n + 1, struct hash), *wides = ARENA_ARRAY(arena, n + 1, struct hash);
    struct text *whys = ARENA_ARRAY(arena, n + 1, struct text), *grounds = ARENA_ARRAY(arena, n + 1, struct text);
    int64_t *positions = ARENA_ARRAY(arena, n + 1, int64_t);

    for (size_t i = 0; i < n; i++) {
        const struct mail *mail = mails[i].mail;
        ids[i] = mail->mail;
        records[i] = mail->record;
        emails[i] = mail->email;
        wides[i] = mail->wide;
        whys[i] = text_of(mails[i].why);
        grounds[i] = mail->ground;
        positions[i] = mail->position == INT64_MIN ? -1 : mail->position;
    }
    pg_add_uuids(params, ids, n);
    pg_add_uuids(params, records, n);
    pg_add_hashes(params, emails, n);
    pg_add_hashes(params, wides, n);
    pg_add_texts(params, whys, n);
    pg_add_texts(params, grounds, n);
    pg_add_int8s(params, positions, n);
}

enum outcome store_lay_out(struct call *call, const struct campaign *campaign, struct laid_mail *mails, size_t n,
                           struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &campaign->campaign);
    pg_add_uuid(&params, &campaign->content);
    pg_add_text(&params, campaign->purpose);
    pg_add_time(&params, campaign->at);
    pg_add_int4(&params, MAIL_PURPOSE);
    pg_add_int4(&params, MAIL_REFUSED);
    pg_add_int4(&params, MAIL_QUEUED);
    pg_add_time(&params, call->now_us);
    add_columns(&params, mails, n);
    TRY(pg_exec(call->pg, &mailer_sql_mail_lay_out, &params, &rows, err));
    for (int row = 0, at = 0; row < rows.n; row++) { /* they come as they were given, without those that were there */
        struct uuid mail = pg_get_uuid(&rows, row, 0);
        while ((size_t)at < n && !uuid_equal(&mails[at].mail->mail, &mail))
            at++;
        ENSURE((size_t)at < n);
        mails[at].rev = pg_get_int8(&rows, row, 1);
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_campaign_laid_out(struct call *call, const struct uuid *campaign, struct uuid_list page,
                                     struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, campaign);
    pg_add_uuids(&params, page.items, page.n);
    return pg_queue(call->pg, &mailer_sql_campaign_laid_out, &params, err);
}

/* Counts of one column's values: {"sent": 3, ...}; the rows come with (state, why, count). */
static void print_counts(const struct pg_rows *rows, bool by_why, struct buf *out)
{
    const char *comma = "";

    buf_char(out, '{');
    for (int i = 0; i < rows->n; i++) {
        struct text name = by_why ? pg_get_text(rows, i, 1) : text_of(mail_state_names[pg_get_int4(rows, i, 0)]);
        int64_t n = 0;
        bool first = true;
        for (int k = 0; k < rows->n; k++) {
            struct text other = by_why ? pg_get_text(rows, k, 1) : text_of(mail_state_names[pg_get_int4(rows, k, 0)]);
            if (name.p == NULL || other.p == NULL || !text_equal(name, other))
                continue;
            first = first && k >= i;
            n += pg_get_int8(rows, k, 2);
        }
        if (name.p == NULL || !first)
            continue;
        buf_str(out, comma);
        buf_json_string(out, name);
        buf_printf(out, ":%lld", (long long)n);
        comma = ",";
    }
    buf_char(out, '}');
}

enum outcome store_campaign_print(struct call *call, const struct uuid *campaign, struct buf *out, bool *found,
                                  struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    char id[UUID_TEXT_BYTES];

    uuid_format(campaign, id);
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, campaign);
    TRY(pg_exec(call->pg, &mailer_sql_campaign_load, &params, &rows, err));
    *found = rows.n > 0;
    if (!*found) {
        pg_rows_free(&rows);
        return DONE;
    }
    buf_printf(out, "{\"id\":\"%s\",\"purpose\":", id);
    buf_json_string(out, pg_get_text(&rows, 0, 0));
    buf_printf(out, ",\"records\":%d,\"laid_out\":%d,\"states\":", pg_get_int4(&rows, 0, 2), pg_get_int4(&rows, 0, 3));
    pg_rows_free(&rows);
    TRY(pg_exec(call->pg, &mailer_sql_campaign_numbers, &params, &rows, err));
    print_counts(&rows, false, out);
    buf_str(out, ",\"why\":");
    print_counts(&rows, true, out);
    buf_char(out, '}');
    pg_rows_free(&rows);
    return DONE;
}

static void member_text(struct buf *out, const char *name, struct text value)
{
    if (value.p == NULL)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_json_string(out, value);
}

static void print_subject_row(const struct pg_rows *rows, int row, struct buf *out)
{
    static const char *const kinds[] = {"confirmation", "answer", "purpose"};
    struct uuid mail = pg_get_uuid(rows, row, 0), campaign = pg_get_uuid(rows, row, 4);
    char id[UUID_TEXT_BYTES], at[CLOCK_TEXT_BYTES];

    uuid_format(&mail, id);
    buf_printf(out, "{\"mail\":\"%s\",\"kind\":\"%s\",\"state\":\"%s\"", id, kinds[pg_get_int4(rows, row, 1)],
               mail_state_names[pg_get_int4(rows, row, 2)]);
    member_text(out, "why", pg_get_text(rows, row, 3));
    if (!uuid_is_nil(&campaign)) {
        uuid_format(&campaign, id);
        member_text(out, "campaign", text_of(id));
    }
    member_text(out, "purpose", pg_get_text(rows, row, 5));
    member_text(out, "ground", pg_get_text(rows, row, 6));
    if (!pg_is_null(rows, row, 7))
        buf_printf(out, ",\"position\":%lld", (long long)pg_get_int8(rows, row, 7));
    clock_format(pg_get_time(rows, row, 8), at);
    member_text(out, "asked_at", text_of(at));
    clock_format(pg_get_time(rows, row, 9), at);
    member_text(out, "changed_at", text_of(at));
    buf_char(out, '}');
}

enum outcome store_subject_print(struct call *call, const struct hash *keys, size_t n, struct buf *out,
                                 struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys, n);
    TRY(pg_exec(call->pg, &mailer_sql_mail_of_subject, &params, &rows, err));
    buf_str(out, "{\"mails\":[");
    for (int i = 0; i < rows.n; i++) {
        if (i > 0)
            buf_char(out, ',');
        print_subject_row(&rows, i, out);
    }
    buf_str(out, "]}");
    pg_rows_free(&rows);
    return DONE;
}

/* ---- what is kept no longer --------------------------------------------------------------------------------------------- */

enum outcome store_mails_expire(struct call *call, bool answers, int64_t ended_us, int most, size_t *n,
                                struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_bool(&params, answers);
    pg_add_time(&params, ended_us);
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &mailer_sql_mails_expire, &params, &rows, err));
    *n = (size_t)rows.n;
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_campaigns_expire(struct call *call, int64_t asked_us, int most, struct uuid_list *contents,
                                    struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_time(&params, asked_us);
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &mailer_sql_campaigns_expire, &params, &rows, err));
    *contents = (struct uuid_list){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct uuid)};
    for (int i = 0; i < rows.n; i++)
        contents->items[contents->n++] = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}
