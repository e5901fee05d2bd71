/* report_print: the access report as JSON and as a page to read. */
#include "proto/table.h"
#include "services/erasure/json.h"
#include "services/erasure/report.h"

void report_json(const struct report *report, struct buf *out)
{
    struct json j = json_object(out, false);

    json_uuid(&j, "request", &report->request);
    json_text(&j, "controller", report->controller);
    json_text(&j, "complaint", report->complaint);
    json_time(&j, "generated_at", report->generated_us);
    json_int(&j, "persons", (int64_t)report->persons);
    json_raw(&j, "data", report->records);
    json_raw(&j, "consents", report->consents);
    json_raw(&j, "mails", report->mails);
    json_raw(&j, "holders", report->holders);
    json_end(&j);
}

/* ---- what the page shows of intake's answer ---------------------------------------------------------------------------- */

struct shown_record {
    struct text system, category, act;
    int64_t captured_at;
    struct scalar_list fields;
    struct text provenance;
};
struct shown_records {
    struct shown_record *items;
    size_t n;
};
struct shown_activity {
    struct text category, role;
};
struct shown_activities {
    struct shown_activity *items;
    size_t n;
};
struct shown {
    struct shown_records records;
    struct shown_activities activities;
};
static const struct field shown_record_type_fields[] = {
    MAY(shown_record, system, TEXT, 0, 1024),   MAY(shown_record, category, TEXT, 0, 1024),
    MAY(shown_record, act, TEXT, 0, 64),        MAY(shown_record, captured_at, TIME, 0, 0),
    MAY(shown_record, fields, SCALARS, 0, 256), MAY(shown_record, provenance, JSON, 0, 65536),
};
OPEN(shown_record, shown_record_type, NULL);
static const struct field shown_activity_type_fields[] = {
    MAY(shown_activity, category, TEXT, 0, 1024),
    MAY(shown_activity, role, TEXT, 0, 64),
};
OPEN(shown_activity, shown_activity_type, NULL);
static const struct field shown_type_fields[] = {
    MAY_OBJECTS(shown, records, shown_record_type, 0, 10000),
    MAY_OBJECTS(shown, activities, shown_activity_type, 0, 10000),
};
OPEN(shown, shown_type, NULL);

enum outcome report_categories(struct text records, struct arena *arena, struct text_list *systems,
                               struct text_list *categories, struct error *err)
{
    const struct shown_records *list;
    void *read;

    TRY(event_decode(&shown_type, records, arena, &read, err));
    list = &((const struct shown *)read)->records;
    *systems = (struct text_list){.items = ARENA_ARRAY(arena, list->n, struct text)};
    *categories = (struct text_list){.items = ARENA_ARRAY(arena, list->n, struct text)};
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i].system.p == NULL || list->items[i].category.p == NULL)
            continue;
        systems->items[systems->n++] = list->items[i].system;
        categories->items[categories->n++] = list->items[i].category;
    }
    return DONE;
}

static void row(struct buf *out, struct text name, struct text value)
{
    if (value.p == NULL)
        return;
    buf_str(out, "<tr><th>");
    buf_html(out, name);
    buf_str(out, "</th><td>");
    buf_html(out, value);
    buf_str(out, "</td></tr>\n");
}

static void print_record(struct buf *out, const struct shown_record *record)
{
    char at[CLOCK_TEXT_BYTES];

    buf_str(out, "<table><caption>");
    buf_html(out, record->category);
    buf_str(out, " (");
    buf_html(out, record->system);
    buf_str(out, ")</caption>\n");
    for (size_t i = 0; i < record->fields.n; i++)
        row(out, record->fields.items[i].name, record->fields.items[i].value);
    row(out, TEXT("whose act"), record->act);
    if (record->captured_at != CLOCK_NONE) {
        clock_format(record->captured_at, at);
        row(out, TEXT("when"), text_of(at));
    }
    row(out, TEXT("where it comes from"), record->provenance);
    buf_str(out, "</table>\n");
}

static void section(struct buf *out, const char *title, struct text json)
{
    buf_printf(out, "<h2>%s</h2>\n<pre>", title);
    buf_html(out, json);
    buf_str(out, "</pre>\n");
}

enum outcome report_html(const struct report *report, struct arena *arena, struct buf *out, struct error *err)
{
    const struct shown *shown;
    void *read;

    TRY(event_decode(&shown_type, report->records, arena, &read, err));
    shown = read;
    buf_str(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Your data</title>\n<style>"
                 "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
                 "table{border-collapse:collapse;margin:1em 0;width:100%}caption{text-align:left;font-weight:bold}"
                 "th{width:12em}th,td{border:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}"
                 "pre{white-space:pre-wrap;overflow-wrap:anywhere}</style></head><body>\n<h1>What ");
    buf_html(out, report->controller);
    buf_str(out, " holds about you</h1>\n");
    for (size_t i = 0; i < shown->records.n; i++)
        print_record(out, &shown->records.items[i]);
    buf_str(out, "<h2>Orders, cases, enquiries and emails</h2>\n<ul>\n");
    for (size_t i = 0; i < shown->activities.n; i++) {
        buf_str(out, "<li>");
        buf_html(out, shown->activities.items[i].category);
        buf_str(out, " (as ");
        buf_html(out, shown->activities.items[i].role);
        buf_str(out, ")</li>\n");
    }
    buf_str(out, "</ul>\n");
    section(out, "Consents and refusals", report->consents);
    section(out, "Mails", report->mails);
    section(out, "Who else has data about you", report->holders);
    buf_str(out, "<p>You may complain to: ");
    buf_html(out, report->complaint);
    buf_str(out, "</p>\n</body></html>\n");
    return DONE;
}
