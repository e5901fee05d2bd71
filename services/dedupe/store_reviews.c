/* store_reviews: the SQL of questions, and of decisions that wait for a second operator. */
#include "gen/dedupe_sql.h"
#include "services/dedupe/store.h"

static const struct pg_params *uuids_of(struct call *call, struct uuid_list ids, struct pg_params *out)
{
    pg_params_init(out, call->arena);
    pg_add_uuids(out, ids.items, ids.n);
    return out;
}

enum outcome store_reviews(struct call *call, struct uuid_list records, struct review_rows *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &dedupe_sql_reviews_of, uuids_of(call, records, &params), &rows, err));
    *out = (struct review_rows){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct review_row),
                                .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct review_row){
            .review = pg_get_uuid(&rows, i, 0), .a = pg_get_uuid(&rows, i, 1), .b = pg_get_uuid(&rows, i, 2)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_reviews_page(struct call *call, const struct review_row *after, int most, struct review_rows *out,
                                struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_int4(&params, after->rank);
    pg_add_uuid(&params, &after->review);
    pg_add_int4(&params, most);
    TRY(pg_exec(call->pg, &dedupe_sql_reviews_page, &params, &rows, err));
    *out = (struct review_rows){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct review_row),
                                .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = (struct review_row){.review = pg_get_uuid(&rows, i, 0),
                                            .a = pg_get_uuid(&rows, i, 1),
                                            .b = pg_get_uuid(&rows, i, 2),
                                            .opened_at = pg_get_time(&rows, i, 3),
                                            .person_a = pg_get_uuid(&rows, i, 4),
                                            .person_b = pg_get_uuid(&rows, i, 5),
                                            .weighed = !pg_is_null(&rows, i, 6),
                                            .random = pg_get_int4(&rows, i, 6),
                                            .household = pg_get_int4(&rows, i, 7),
                                            .levels = (uint32_t)pg_get_int4(&rows, i, 8),
                                            .rank = pg_get_int4(&rows, i, 9),
                                            .has_proposed = !pg_is_null(&rows, i, 10),
                                            .proposed = pg_get_int4(&rows, i, 10)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_review_find(struct call *call, const struct uuid *review, struct review_row *out, bool *found,
                               struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, review);
    TRY(pg_exec(call->pg, &dedupe_sql_review_find, &params, &rows, err));
    *found = rows.n > 0;
    if (*found)
        *out = (struct review_row){.review = *review, .a = pg_get_uuid(&rows, 0, 0), .b = pg_get_uuid(&rows, 0, 1)};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_reviews_put(struct call *call, const struct review_row *reviews, size_t n, struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, 3 * n + 1, struct uuid), *a = ids + n, *b = ids + 2 * n;
    struct pg_params params;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++)
        ids[i] = reviews[i].review, a[i] = reviews[i].a, b[i] = reviews[i].b;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_uuids(&params, a, n);
    pg_add_uuids(&params, b, n);
    return pg_queue(call->pg, &dedupe_sql_reviews_put, &params, err);
}

enum outcome store_reviews_drop(struct call *call, struct uuid_list reviews, struct error *err)
{
    struct pg_params params;

    return reviews.n == 0 ? DONE : pg_queue(call->pg, &dedupe_sql_reviews_drop, uuids_of(call, reviews, &params), err);
}

enum outcome store_review_unsure(struct call *call, const struct review_decided *in, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &in->review);
    pg_add_uuid(&params, &in->by);
    pg_add_text(&params, in->reason);
    return pg_queue(call->pg, &dedupe_sql_review_unsure, &params, err);
}

/* ---- proposals ---------------------------------------------------------------------------------------------------- */

enum outcome store_proposal(struct call *call, const struct hash *digest, struct uuid *by, bool *known,
                            struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_hash(&params, digest);
    TRY(pg_exec(call->pg, &dedupe_sql_proposal_of, &params, &rows, err));
    *known = rows.n > 0;
    *by = *known ? pg_get_uuid(&rows, 0, 0) : (struct uuid){.b = {0}};
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_proposal_put(struct call *call, const struct hash *digest, const struct review_decided *in,
                                struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_hash(&params, digest);
    pg_add_uuid(&params, &in->review);
    pg_add_int4(&params, in->decision);
    pg_add_uuid(&params, &in->by);
    pg_add_text(&params, in->reason);
    return pg_queue(call->pg, &dedupe_sql_proposal_put, &params, err);
}

enum outcome store_proposal_drop(struct call *call, const struct hash *digest, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_hash(&params, digest);
    return pg_queue(call->pg, &dedupe_sql_proposal_drop, &params, err);
}
