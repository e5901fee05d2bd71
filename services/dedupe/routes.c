/* routes: dedupe's internal HTTP: who is that, and what an operator decided. */
#include <stdlib.h>

#include "services/dedupe/api.h"
#include "services/dedupe/change.h"
#include "services/dedupe/engine/explain.h"
#include "services/dedupe/forgetting.h"
#include "services/dedupe/handlers.h"

enum { PERSONS_MOST = 256, REVIEWS_PAGE = 100 };

static int by_person_then_id(const void *a, const void *b)
{
    const struct dedupe_record *x = a, *y = b;
    int order = uuid_compare(&x->person, &y->person);

    return order != 0 ? order : uuid_compare(&x->record, &y->record);
}

/* Rows sorted by person: the run that begins at `from`. */
static void describe_run(struct call *call, struct record_rows *rows, size_t from, size_t *end,
                         struct person_linked *out)
{
    const struct dedupe_graph graph = {.records = rows->items, .n = rows->n};
    struct person_plan plan = {.members = ARENA_ARRAY(call->arena, rows->n - from + 1, uint32_t)};

    *out = (struct person_linked){.person = rows->items[from].person};
    for (*end = from; *end < rows->n && uuid_equal(&rows->items[*end].person, &out->person); (*end)++)
        plan.members[plan.members_n++] = (uint32_t)*end;
    person_describe(&graph, &plan, call->arena, out);
}

static const struct person_row *row_of(const struct person_rows *rows, const struct uuid *person)
{
    for (size_t i = 0; i < rows->n; i++)
        if (uuid_equal(&rows->items[i].person, person))
            return &rows->items[i];
    return NULL;
}

/* ---- resolve -------------------------------------------------------------------------------------------------------- */

/* All persons that hold one of these keys or records, or are called so. */
static enum outcome persons_asked(struct call *call, const struct resolve_asked *asked, struct uuid_list *out,
                                  struct error *err)
{
    struct hash_list hashes = {.items = ARENA_ARRAY(call->arena, asked->keys.n + 1, struct hash), .n = asked->keys.n};
    struct key_holders holders = {0};
    struct record_rows records;
    struct uuid_list heirs;

    for (size_t i = 0; i < asked->keys.n; i++)
        hashes.items[i] = asked->keys.items[i].hash;
    if (hashes.n > 0)
        TRY(store_key_holders(call, hashes, PERSONS_MOST, &holders, err));
    TRY(store_records(call, BY_ID, asked->records, &records, err));
    TRY(store_heirs(call, asked->persons, &heirs, err));
    *out = (struct uuid_list){.items = ARENA_ARRAY(call->arena, holders.n + records.n + heirs.n + 1, struct uuid)};
    for (size_t i = 0; i < holders.n; i++)
        out->items[out->n++] = holders.items[i].person;
    for (size_t i = 0; i < records.n; i++)
        out->items[out->n++] = records.items[i].person;
    for (size_t i = 0; i < heirs.n; i++)
        out->items[out->n++] = heirs.items[i];
    return DONE;
}

enum outcome dedupe_post_resolve(struct call *call, const struct http_request *request, struct http_response *response,
                                 struct error *err)
{
    struct resolve_answer answer = {0};
    struct resolve_asked *asked;
    struct uuid_list persons;
    struct record_rows records;
    struct person_rows rows;
    void *body;

    TRY(event_decode(&resolve_asked_type, request->body, call->arena, &body, err));
    asked = body;
    TRY(persons_asked(call, asked, &persons, err));
    TRY(store_persons(call, persons, &rows, err));
    TRY(store_records(call, BY_PERSON, persons, &records, err));
    if (records.n > 0)
        qsort(records.items, records.n, sizeof(*records.items), by_person_then_id);
    answer.persons.items = ARENA_ARRAY(call->arena, records.n + 1, struct resolve_person);
    for (size_t i = 0, end; i < records.n; i = end) {
        struct person_linked person;
        const struct person_row *row;
        describe_run(call, &records, i, &end, &person);
        row = row_of(&rows, &person.person);
        answer.persons.items[answer.persons.n++] = (struct resolve_person){.person = person.person,
                                                                           .rev = row == NULL ? 0 : row->rev,
                                                                           .restricted = row != NULL && row->restricted,
                                                                           .records = person.records,
                                                                           .keys = person.keys};
    }
    event_encode(&resolve_answer_type, &answer, &response->body);
    return DONE;
}

/* ---- reviews -------------------------------------------------------------------------------------------------------- */

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

enum outcome dedupe_get_reviews(struct call *call, const struct http_request *request, struct http_response *response,
                                struct error *err)
{
    struct text after_text = http_query(request, "after");
    struct review_page page = {0};
    struct review_rows rows;
    struct uuid after = {.b = {0}};

    if (after_text.p != NULL && !uuid_parse(after_text, &after))
        return error_status(err, 400, "after", "after is no id");
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
                                                                    .urgent = rows.items[i].urgent,
                                                                    .why = why_of(call, &rows.items[i])};
    }
    if (rows.n == REVIEWS_PAGE)
        page.next = rows.items[rows.n - 1].review;
    event_encode(&review_page_type, &page, &response->body);
    return DONE;
}

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

enum outcome dedupe_post_reviews(struct call *call, const struct http_request *request, struct http_response *response,
                                 struct error *err)
{
    struct change change = {.locked = true};
    struct review_outcome answer = {0};
    struct review_decided *in;
    struct record_rows rows;
    struct uuid_list ids;
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
    pairs_of(call, in, &change);
    change.undo = in->decision == REVIEW_UNDO;
    change.by = in->by;
    change.reason = in->reason;
    TRY(change_apply(call, &change, err));
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

/* ---- resync --------------------------------------------------------------------------------------------------------- */

enum outcome dedupe_resync(struct call *call, struct uuid *after, bool *again, struct error *err)
{
    struct person_rows page;
    struct record_rows records;
    struct uuid_list ids;

    TRY(store_persons_page(call, after, PERSONS_MOST, &page, err));
    *again = page.n == PERSONS_MOST;
    ids = (struct uuid_list){.items = ARENA_ARRAY(call->arena, page.n + 1, struct uuid)};
    for (size_t i = 0; i < page.n; i++) {
        const struct person_row *row = &page.items[i];
        const struct person_merged merged = {.person = row->person, .rev = row->rev, .into = row->into};
        *after = row->person;
        if (row->ended)
            outbox_publish(call->outbox, &person_merged_event, &row->person, &merged);
        else
            ids.items[ids.n++] = row->person;
    }
    TRY(store_records(call, BY_PERSON, ids, &records, err));
    if (records.n > 0)
        qsort(records.items, records.n, sizeof(*records.items), by_person_then_id);
    for (size_t i = 0, end; i < records.n; i = end) {
        const struct person_row *row;
        struct person_linked person;
        describe_run(call, &records, i, &end, &person);
        row = row_of(&page, &person.person);
        if (row == NULL)
            continue;
        person.rev = row->rev;
        person.restricted = row->restricted;
        outbox_publish(call->outbox, &person_linked_event, &person.person, &person);
    }
    return DONE;
}
