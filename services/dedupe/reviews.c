/* reviews: dedupe's internal HTTP: what a human is asked, and what an operator decided. */
#include <stdio.h>
#include <stdlib.h>

#include "services/dedupe/api.h"
#include "services/dedupe/change.h"
#include "services/dedupe/engine/explain.h"
#include "services/dedupe/handlers.h"

enum { REVIEWS_PAGE = 100 };

/* ---- the queue ----------------------------------------------------------------------------------------------------- */

static struct text why_of(struct call *call, const struct review_row *row)
{
    struct levels levels;
    struct text why;
    struct buf out;

    if (!row->weighed)
        return TEXT_NONE;
    levels_of_pattern(row->levels, &levels);
    buf_init(&out, 1024);
    explain_levels(&levels, row->random, row->household, &out);
    why = text_copy(call->arena, buf_view(&out));
    buf_free(&out);
    return why;
}

static struct text proposed_of(const struct review_row *row)
{
    return row->has_proposed ? text_of(review_verdict_names[row->proposed]) : TEXT_NONE;
}

/* A place in the queue: "1.<review>": its rank, its id. Urgent ones come first, those that nobody could tell last. */
static struct text place_of(struct call *call, const struct review_row *row)
{
    char text[64], id[UUID_TEXT_BYTES];

    uuid_format(&row->review, id);
    snprintf(text, sizeof(text), "%d.%s", row->rank, id);
    return text_copy(call->arena, text_of(text));
}

static bool read_place(struct text text, struct review_row *out)
{
    out->rank = text.n > 2 ? text.p[0] - '0' : -1;
    return out->rank >= REVIEW_URGENT && out->rank <= REVIEW_UNSURE_OF && text.p[1] == '.' &&
           uuid_parse((struct text){.p = text.p + 2, .n = text.n - 2}, &out->review);
}

enum outcome dedupe_get_reviews(struct call *call, const struct http_request *request, struct http_response *response,
                                struct error *err)
{
    struct text after_text = http_query(request, "after");
    struct review_page page = {0};
    struct review_rows rows;
    struct review_row after = {0};

    if (after_text.p != NULL && !read_place(after_text, &after))
        return error_status(err, 400, "after", "after is no place in the queue");
    TRY(store_reviews_page(call, &after, REVIEWS_PAGE, &rows, err));
    page.reviews.items = ARENA_ARRAY(call->arena, rows.n + 1, struct review_item);
    for (size_t i = 0; i < rows.n; i++) {
        struct uuid *ids = ARENA_ARRAY(call->arena, 4, struct uuid);
        ids[0] = rows.items[i].a, ids[1] = rows.items[i].b;
        ids[2] = rows.items[i].person_a, ids[3] = rows.items[i].person_b;
        page.reviews.items[page.reviews.n++] = (struct review_item){.review = rows.items[i].review,
                                                                    .records = {.items = ids, .n = 2},
                                                                    .persons = {.items = ids + 2, .n = 2},
                                                                    .opened_at = rows.items[i].opened_at,
                                                                    .urgent = rows.items[i].rank == REVIEW_URGENT,
                                                                    .unsure = rows.items[i].rank == REVIEW_UNSURE_OF,
                                                                    .proposed = proposed_of(&rows.items[i]),
                                                                    .why = why_of(call, &rows.items[i])};
    }
    if (rows.n == REVIEWS_PAGE)
        page.next = place_of(call, &rows.items[rows.n - 1]);
    event_encode(&review_page_type, &page, &response->body);
    return DONE;
}

/* ---- decisions ------------------------------------------------------------------------------------------------------ */

static void add_pair(struct change *change, const struct uuid *a, const struct uuid *b, bool apart)
{
    int order = uuid_compare(a, b);

    if (order != 0)
        change->pairs[change->pairs_n++] =
            (struct dedupe_pair){.a = order < 0 ? *a : *b, .b = order < 0 ? *b : *a, .apart = apart};
}

static int by_ids(const void *a, const void *b)
{
    const struct dedupe_pair *x = a, *y = b;
    int order = uuid_compare(&x->a, &y->a);

    return order != 0 ? order : uuid_compare(&x->b, &y->b);
}

/* "same": all are one, by the first of them. "different" and "undo": each of the one side with each of the other. */
static void pairs_of(struct call *call, const struct review_decided *in, struct change *change)
{
    size_t n = 0;

    change->pairs =
        ARENA_ARRAY(call->arena, in->records.n * in->others.n + in->records.n + in->others.n + 1, struct dedupe_pair);
    if (in->decision == REVIEW_SAME) {
        for (size_t i = 1; i < in->records.n; i++)
            add_pair(change, &in->records.items[0], &in->records.items[i], false);
        for (size_t i = 0; i < in->others.n; i++)
            add_pair(change, &in->records.items[0], &in->others.items[i], false);
    } else {
        for (size_t i = 0; i < in->records.n; i++)
            for (size_t j = 0; j < in->others.n; j++)
                add_pair(change, &in->records.items[i], &in->others.items[j], true);
    }
    qsort(change->pairs, change->pairs_n, sizeof(*change->pairs), by_ids);
    for (size_t i = 0; i < change->pairs_n; i++)
        if (n == 0 || by_ids(&change->pairs[n - 1], &change->pairs[i]) != 0)
            change->pairs[n++] = change->pairs[i];
    change->pairs_n = n;
}

static enum outcome take_review(struct call *call, struct review_decided *in, struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, 2, struct uuid);
    struct review_row review;
    bool found;

    if (uuid_is_nil(&in->review))
        return DONE;
    TRY(store_review_find(call, &in->review, &review, &found, err));
    if (!found)
        return error_status(err, 404, "no such review", "this review isn't open");
    ids[0] = review.a, ids[1] = review.b;
    in->records = (struct uuid_list){.items = ids, .n = 1};
    in->others = (struct uuid_list){.items = ids + 1, .n = 1};
    return DONE;
}

/* All must be there, and none under a forget: its set is no longer open to decisions. */
static enum outcome check_records(struct call *call, struct uuid_list ids, struct error *err)
{
    struct restriction_rows restrictions;
    struct record_rows rows;

    TRY(store_records(call, BY_ID, ids, &rows, err));
    for (size_t i = 0; i < ids.n; i++) {
        bool there = false;
        for (size_t r = 0; r < rows.n; r++)
            there = there || uuid_equal(&rows.items[r].record, &ids.items[i]);
        if (!there)
            return error_status(err, 404, "no such record", "a record isn't there");
    }
    TRY(store_restrictions(call, ids, &restrictions, err));
    if (restrictions.n > 0)
        return error_status(err, 409, "restricted", "a record is restricted");
    return DONE;
}

/* What is proposed: the decision and its pairs, as one keyed hash: ids of ours, no values. */
static struct hash proposal_of(struct call *call, const struct review_decided *in, const struct change *change)
{
    const struct text pairs = {.p = (const char *)change->pairs, .n = change->pairs_n * sizeof(*change->pairs)};
    static const char *const kinds[] = {
        [REVIEW_SAME] = "review-same", [REVIEW_DIFFERENT] = "review-different", [REVIEW_UNDO] = "review-undo"};

    return crypto_hash(service_index_key(call->service), kinds[in->decision], pairs);
}

/* Where the policy wants two, the first one's decision is a proposal until another says the same. */
static enum outcome ask_another(struct call *call, const struct review_decided *in, const struct change *change,
                                bool *waits, struct error *err)
{
    const struct hash digest = proposal_of(call, in, change);
    struct uuid by;
    bool known;

    *waits = false;
    if (!call->policy->reviews_by_two)
        return DONE;
    TRY(store_proposal(call, &digest, &by, &known, err));
    if (known && uuid_equal(&by, &in->by))
        return error_status(err, 409, "four eyes", "another operator must say so, too");
    *waits = !known;
    return known ? store_proposal_drop(call, &digest, err) : store_proposal_put(call, &digest, in, err);
}

/* Whose these records are now. */
static enum outcome answer_persons(struct call *call, struct uuid_list ids, bool waits, struct http_response *response,
                                   struct error *err)
{
    struct review_outcome answer = {.waits = waits};
    struct record_rows rows;

    TRY(store_records(call, BY_ID, ids, &rows, err));
    answer.persons.items = ARENA_ARRAY(call->arena, rows.n + 1, struct uuid);
    for (size_t i = 0; i < rows.n; i++) {
        bool known = false;
        for (size_t p = 0; p < answer.persons.n; p++)
            known = known || uuid_equal(&answer.persons.items[p], &rows.items[i].person);
        if (!known)
            answer.persons.items[answer.persons.n++] = rows.items[i].person;
    }
    event_encode(&review_outcome_type, &answer, &response->body);
    return DONE;
}

enum outcome dedupe_post_reviews(struct call *call, const struct http_request *request, struct http_response *response,
                                 struct error *err)
{
    struct change change = {.locked = true};
    struct review_decided *in;
    struct uuid_list ids;
    bool waits = false;
    void *body;

    TRY(event_decode(&review_decided_type, request->body, call->arena, &body, err));
    in = body;
    TRY(store_lock_all(call, err));
    TRY(take_review(call, in, err));
    ids = (struct uuid_list){.items = ARENA_ARRAY(call->arena, in->records.n + in->others.n, struct uuid)};
    for (size_t i = 0; i < in->records.n; i++)
        ids.items[ids.n++] = in->records.items[i];
    for (size_t i = 0; i < in->others.n; i++)
        ids.items[ids.n++] = in->others.items[i];
    TRY(check_records(call, ids, err));
    if (in->decision == REVIEW_UNSURE) {
        TRY(store_review_unsure(call, in, err));
        return answer_persons(call, ids, false, response, err);
    }
    pairs_of(call, in, &change);
    change.undo = in->decision == REVIEW_UNDO;
    change.by = in->by;
    change.reason = in->reason;
    TRY(ask_another(call, in, &change, &waits, err));
    if (!waits)
        TRY(change_apply(call, &change, err));
    return answer_persons(call, ids, waits, response, err);
}
