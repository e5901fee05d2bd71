/* resync: announces every current record and activity again, in the order of their ids, a page a call. */
#include "gen/intake_sql.h"
#include "services/intake/forget.h"
#include "services/intake/routes.h"

enum { PAGE = 300 };

/* ---- activities ------------------------------------------------------------------------------------------------------------ */

enum outcome activity_parts(struct call *call, const struct uuid *activity, struct activity_part_list *out,
                            struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, activity, 1);
    TRY(pg_exec(call->pg, &intake_sql_parts, &params, &rows, err));
    *out = (struct activity_part_list){.items = ARENA_ARRAY(call->arena, (size_t)rows.n, struct activity_part)};
    for (int i = 0; i < rows.n; i++) {
        struct part part = {.staff = pg_get_bool(&rows, i, 3),
                            .ids = {.source = pg_get_hash(&rows, i, 5),
                                    .email = pg_get_hash(&rows, i, 6),
                                    .email_wide = pg_get_hash(&rows, i, 7),
                                    .role_mailbox = pg_get_bool(&rows, i, 8)}};
        out->items[out->n++] = (struct activity_part){.part = pg_get_uuid(&rows, i, 0),
                                                      .role = pg_get_int4(&rows, i, 2),
                                                      .staff = part.staff,
                                                      .record = pg_get_uuid(&rows, i, 4),
                                                      .keys = part_keys(&part, call->arena)};
    }
    pg_rows_free(&rows);
    return DONE;
}

void activity_dates_of(struct call *call, struct text_list names, struct text_list dates, struct named_date_list *out)
{
    int64_t at;

    *out = (struct named_date_list){.items = ARENA_ARRAY(call->arena, names.n, struct named_date)};
    for (size_t i = 0; i < names.n && i < dates.n; i++)
        if (text_to_int64(dates.items[i], &at))
            out->items[out->n++] = (struct named_date){.name = names.items[i], .at = at};
}

static enum outcome announce_activity(struct call *call, const struct pg_rows *rows, int row, struct error *err)
{
    struct activity_accepted accepted = {
        .activity = pg_get_uuid(rows, row, 0),
        .rev = pg_get_int8(rows, row, 7),
        .system = pg_get_text(rows, row, 3),
        .category = pg_get_text(rows, row, 4),
        .policy_version = pg_get_int8(rows, row, 10),
    };

    activity_dates_of(call, pg_get_texts(rows, row, 8, call->arena), pg_get_texts(rows, row, 9, call->arena),
                      &accepted.dates);
    TRY(activity_parts(call, &accepted.activity, &accepted.parts, err));
    outbox_publish(call->outbox, &activity_accepted_event, &accepted.activity, &accepted);
    return DONE;
}

static enum outcome announce_activities(struct call *call, const struct uuid *ids, size_t n, struct error *err)
{
    enum outcome outcome = DONE;
    struct pg_params params;
    struct pg_rows rows;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_uuids(&params, NULL, 0);
    TRY(pg_exec(call->pg, &intake_sql_forget_activities, &params, &rows, err));
    for (int i = 0; i < rows.n && outcome == DONE; i++)
        outcome = announce_activity(call, &rows, i, err);
    pg_rows_free(&rows);
    return outcome;
}

/* ---- records --------------------------------------------------------------------------------------------------------------- */

struct page {
    struct pg_rows rows;
    struct uuid *ids;
    size_t n;
    bool full;
};

static enum outcome read_page(struct call *call, const struct pg_statement *statement, const struct uuid *after,
                              struct page *page, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, after);
    pg_add_int4(&params, PAGE);
    TRY(pg_exec(call->pg, statement, &params, &page->rows, err));
    page->n = (size_t)page->rows.n;
    page->full = page->n == PAGE;
    page->ids = ARENA_ARRAY(call->arena, page->n, struct uuid);
    for (size_t i = 0; i < page->n; i++)
        page->ids[i] = pg_get_uuid(&page->rows, (int)i, 0);
    return DONE;
}

static enum outcome announce_row(struct call *call, const struct pg_rows *rows, int row,
                                 const uint8_t key[CRYPTO_KEY_BYTES], struct error *err)
{
    struct slot slot = {
        .record = pg_get_uuid(rows, row, 0),
        .new_rev = pg_get_int8(rows, row, 7),
        .created_us = pg_get_time(rows, row, 8),
        .partition = -1,
        .ids = {.source = pg_get_hash(rows, row, 2),
                .email = pg_get_hash(rows, row, 3),
                .email_wide = pg_get_hash(rows, row, 4),
                .phone = pg_get_hash(rows, row, 5),
                .phone_surname = pg_get_hash(rows, row, 6)},
    };
    struct identifiers again;
    struct error why;
    struct text json;

    TRY(vault_unseal(key, &slot.record, pg_get_bytes(rows, row, 1), call->arena, &json, err));
    if (state_decode(call->policy, json, call->arena, &slot.state, &why) != DONE) {
        log_warn(call->log, "resync.skipped", F_UUID("record", &slot.record), F_ERROR(&why));
        return DONE;
    }
    identifiers_of(slot.state.entries, slot.state.n, NULL, ((const struct intake *)call->state)->index_key, call->arena,
                   &again);
    slot.ids.role_mailbox = again.role_mailbox;
    announce_record(call, &slot, pg_get_bool(rows, row, 9));
    return DONE;
}

static enum outcome announce_records(struct call *call, const struct page *page, size_t n, struct error *err)
{
    bool *found = ARENA_ARRAY(call->arena, n, bool);
    uint8_t(*keys)[CRYPTO_KEY_BYTES];

    TRY(vault_keys_find(call->vault, page->ids, n, call->arena, &keys, found, err));
    for (size_t i = 0; i < n; i++)
        if (found[i])
            TRY(announce_row(call, &page->rows, (int)i, keys[i], err));
    return DONE;
}

/* How many of a page lie up to a bound that both pages reach. */
static size_t up_to(const struct page *page, const struct uuid *bound)
{
    size_t n = 0;

    while (n < page->n && (bound == NULL || uuid_compare(&page->ids[n], bound) <= 0))
        n++;
    return n;
}

static const struct uuid *bound_of(const struct page *a, const struct page *b)
{
    const struct uuid *of_a = a->full ? &a->ids[a->n - 1] : NULL, *of_b = b->full ? &b->ids[b->n - 1] : NULL;

    if (of_a == NULL || of_b == NULL)
        return of_a != NULL ? of_a : of_b;
    return uuid_compare(of_a, of_b) < 0 ? of_a : of_b;
}

enum outcome intake_resync(struct call *call, struct uuid *after, bool *again, struct error *err)
{
    struct page records = {0}, activities = {0};
    const struct uuid *bound = NULL;
    enum outcome outcome = read_page(call, &intake_sql_records_page, after, &records, err);

    if (outcome == DONE)
        outcome = read_page(call, &intake_sql_activities_page, after, &activities, err);
    if (outcome == DONE) {
        bound = bound_of(&records, &activities);
        outcome = announce_records(call, &records, up_to(&records, bound), err);
    }
    if (outcome == DONE)
        outcome = announce_activities(call, activities.ids, up_to(&activities, bound), err);
    pg_rows_free(&records.rows);
    pg_rows_free(&activities.rows);
    *again = bound != NULL;
    if (outcome == DONE && bound != NULL)
        *after = *bound;
    return outcome;
}
