/* records: reading a CSV. */
#include "services/dedupe/command/records.h"

#include <stdlib.h>
#include <string.h>

#include "services/dedupe/command/csv.h"

enum column { RECORD_ID, GIVEN, FAMILY, BIRTH, MAIL, PHONE, STREET, CITY, POSTCODE, COUNTRY, SOURCE, COLUMNS };
static const char *const columns[COLUMNS] = {"record_id", "given_name", "family_name", "date_of_birth",
                                             "email",     "phone",      "street",      "city",
                                             "postcode",  "country",    "source"};

static enum outcome read_header(struct csv *csv, int at[COLUMNS], struct error *err)
{
    TRY(csv_next(csv, err));
    for (int c = 0; c < COLUMNS; c++) {
        at[c] = -1;
        for (size_t f = 0; f < csv->fields_n; f++) {
            struct text name = csv->fields[f];
            if (f == 0 && name.n > 3 && memcmp(name.p, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
                name = (struct text){.p = name.p + 3, .n = name.n - 3};
            if (text_is(name, columns[c]))
                at[c] = (int)f;
        }
    }
    return at[RECORD_ID] < 0 ? error_refuse(err, "", "required", "there is no column record_id") : DONE;
}

static struct text field(const struct csv *csv, const int at[COLUMNS], enum column column)
{
    if (at[column] < 0 || (size_t)at[column] >= csv->fields_n || csv->fields[at[column]].n == 0)
        return TEXT_NONE;
    return csv->fields[at[column]];
}

static struct source_counts *counts_of(struct records *out, struct text source)
{
    for (size_t i = 0; i < out->sources_n; i++)
        if (text_equal(out->sources[i].name, source))
            return &out->sources[i];
    if (out->sources_n == SOURCES_MOST)
        return &out->sources[SOURCES_MOST - 1];
    out->sources[out->sources_n].name = text_copy(out->arena, source);
    return &out->sources[out->sources_n++];
}

static enum outcome add(struct records *out, size_t *room, const struct csv *csv, const int at[COLUMNS],
                        const struct nicknames *nicknames, struct arena *scratch, struct error *err)
{
    const struct person_fields fields = {.given_name = field(csv, at, GIVEN),
                                         .family_name = field(csv, at, FAMILY),
                                         .date_of_birth = field(csv, at, BIRTH),
                                         .email = field(csv, at, MAIL),
                                         .phone = field(csv, at, PHONE),
                                         .street = field(csv, at, STREET),
                                         .city = field(csv, at, CITY),
                                         .postcode = field(csv, at, POSTCODE),
                                         .country = field(csv, at, COUNTRY),
                                         .source = field(csv, at, SOURCE)};
    struct text id = field(csv, at, RECORD_ID);

    if (id.n == 0)
        return error_refuse(err, "", "required", "row %zu has no record_id", csv->line);
    if (out->n == *room) {
        *room = *room == 0 ? 1024 : *room * 2;
        ENSURE((out->profiles = realloc(out->profiles, *room * sizeof(*out->profiles))) != NULL);
        ENSURE((out->ids = realloc(out->ids, *room * sizeof(*out->ids))) != NULL);
    }
    out->ids[out->n] = text_copy(out->arena, id);
    profile_make(&fields, nicknames, out->arena, scratch, &out->profiles[out->n]);
    quality_add(&fields, &out->profiles[out->n++], scratch, counts_of(out, fields.source)->counts);
    return DONE;
}

struct place {
    struct text id;
    uint32_t at;
};

static int by_id(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return text_compare(x->id, y->id);
}

/* In the order of ids, so that the file's order has no say in who is one person. */
static enum outcome sort_records(struct records *out, struct error *err)
{
    struct place *places = malloc((out->n + 1) * sizeof(*places));
    struct profile *profiles = malloc((out->n + 1) * sizeof(*profiles));
    enum outcome outcome = DONE;

    ENSURE(places != NULL && profiles != NULL);
    for (uint32_t i = 0; i < out->n; i++)
        places[i] = (struct place){.id = out->ids[i], .at = i};
    qsort(places, out->n, sizeof(*places), by_id);
    for (size_t i = 0; i < out->n; i++) {
        profiles[i] = out->profiles[places[i].at];
        out->ids[i] = places[i].id;
        if (i > 0 && text_equal(out->ids[i], out->ids[i - 1]))
            outcome = error_refuse(err, "", "unique", "a record_id stands twice");
    }
    free(out->profiles);
    out->profiles = profiles;
    free(places);
    return outcome;
}

enum outcome records_read(const char *path, const struct nicknames *nicknames, struct records *out, struct error *err)
{
    struct arena *scratch = arena_new();
    struct csv csv;
    int at[COLUMNS];
    size_t room = 0;
    enum outcome outcome;

    memset(out, 0, sizeof(*out));
    out->arena = arena_new();
    out->sources = ARENA_ARRAY(out->arena, SOURCES_MOST, struct source_counts);
    outcome = csv_open(&csv, path, err);
    if (outcome == DONE)
        outcome = read_header(&csv, at, err);
    while (outcome == DONE && (outcome = csv_next(&csv, err)) == DONE && csv.fields_n > 0) {
        if (csv.fields_n == 1 && csv.fields[0].n == 0)
            continue;
        outcome = add(out, &room, &csv, at, nicknames, scratch, err);
        arena_reset(scratch, 65536);
    }
    csv_close(&csv);
    arena_free(scratch);
    return outcome == DONE && out->n > 0 ? sort_records(out, err) : outcome;
}

void records_free(struct records *records)
{
    free(records->profiles);
    free(records->ids);
    arena_free(records->arena);
}
