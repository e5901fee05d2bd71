/* reader: reads RFC 8259 JSON from memory, one value after the other and without a tree, under event's limits. Only
 * event's own files include it. Texts are views into the input; those with escapes are copies in the arena. */
#ifndef LETHE_EVENT_READER_H
#define LETHE_EVENT_READER_H

#include "common/event/event.h"

enum reader_kind { READ_OBJECT, READ_ARRAY, READ_STRING, READ_NUMBER, READ_TRUE, READ_FALSE, READ_NULL };

/* One step of the way from the outermost value to where the reader is. */
struct reader_step {
    struct text name; /* a member's; TEXT_NONE: an array's item */
    size_t index;
};
enum { READER_STEPS_MOST = EVENT_DEPTH_MOST + 4 };

struct reader {
    const char *p, *end;
    struct arena *arena;
    struct error *err;
    const char *base; /* what pointers begin with: "/data" or "" */
    struct reader_step steps[READER_STEPS_MOST];
    size_t steps_n;
    unsigned depth, depth_most;
    struct text name_written; /* the last member's name with its quotes, as written */
};

void reader_init(struct reader *r, struct text json, const char *base, struct arena *arena, struct error *err);

/* The way down to a member or item and up again; who refuses leaves it as it is. */
void reader_down_member(struct reader *r, struct text name);
void reader_down_item(struct reader *r, size_t index);
void reader_up(struct reader *r);

/* reader_refuse: the refusal of what the reader is at; `why` is a whole sentence. */
enum outcome reader_refuse(struct reader *r, const char *rule, const char *why);

void reader_space(struct reader *r); /* over white space */

/* reader_next: what kind of value comes next; it is not yet read. */
enum outcome reader_next(struct reader *r, enum reader_kind *kind) WARN_UNUSED;
enum outcome reader_string(struct reader *r, struct text *out) WARN_UNUSED;

/* A number within int64. whole: it is an integer (7, 7.0 and 7e0 are, as JSON Schema has it) and stands in value. */
struct reader_number {
    struct text written;
    bool whole;
    int64_t value;
};
enum outcome reader_number(struct reader *r, struct reader_number *out) WARN_UNUSED;
enum outcome reader_literal(struct reader *r, const char *literal) WARN_UNUSED; /* "true", "false", "null" */

/* reader_enter reads '{' or '['. Then reader_member or reader_item before each member or item, until *more is false:
 * then the closing bracket has been read. *count starts at 0 and counts. */
enum outcome reader_enter(struct reader *r) WARN_UNUSED;
enum outcome reader_member(struct reader *r, size_t *count, bool *more, struct text *name) WARN_UNUSED;
enum outcome reader_item(struct reader *r, size_t *count, bool *more) WARN_UNUSED;

/* The names that an object without a table has had; repeats and more than EVENT_MEMBERS_MOST are refused. */
struct reader_names {
    struct text *names;
    uint32_t *hashes;
    size_t n, room;
};
enum outcome reader_names_add(struct reader *r, struct reader_names *names, struct text name) WARN_UNUSED;

/* reader_skip: checks any value to its end. Where out isn't NULL, the value without white space goes to *out, which
 * moves on; it needs as much room as the value has bytes. */
enum outcome reader_skip(struct reader *r, char **out) WARN_UNUSED;

/* reader_pass: finds the end of a value by its brackets and quotes alone, so that one broken item of a batch costs
 * only itself. */
enum outcome reader_pass(struct reader *r, struct text *out) WARN_UNUSED;

enum outcome reader_end(struct reader *r) WARN_UNUSED; /* only white space is left */

#endif
