/* routes: dedupe's internal HTTP: who is that; and everybody announced again. */
#include <stdlib.h>

#include "services/dedupe/api.h"
#include "services/dedupe/change.h"
#include "services/dedupe/forgetting.h"
#include "services/dedupe/handlers.h"

enum { PERSONS_MOST = 256 };

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
