/* report: the access report as JSON and as a page to read. Pure but for its route. */
#ifndef LETHE_ERASURE_REPORT_H
#define LETHE_ERASURE_REPORT_H

#include "common/arena/arena.h"
#include "common/buf/buf.h"
#include "common/error/error.h"
#include "common/event/event.h"
#include "common/uuid/uuid.h"

struct report {
    struct uuid request;
    int64_t generated_us;
    size_t persons;
    struct text controller, complaint;
    struct text records;  /* intake's answer: {"records": [...], "activities": [...]} */
    struct text consents; /* consent's */
    struct text mails;    /* mailer's */
    struct text holders;  /* a list */
};
void report_json(const struct report *report, struct buf *out);
/* report_categories: the systems and, at the same places, the categories of the records in intake's answer. */
enum outcome report_categories(struct text records, struct arena *arena, struct text_list *systems,
                               struct text_list *categories, struct error *err) WARN_UNUSED;
/* report_html: everything escaped; REFUSED where an answer can't be read. */
enum outcome report_html(const struct report *report, struct arena *arena, struct buf *out,
                         struct error *err) WARN_UNUSED;

#endif
