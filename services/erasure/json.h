/* json: writing objects member by member; absent values are left out. */
#ifndef LETHE_ERASURE_JSON_H
#define LETHE_ERASURE_JSON_H

#include "common/buf/buf.h"
#include "common/clock/clock.h"
#include "common/uuid/uuid.h"

struct json {
    struct buf *out;
    bool comma;
};

/* json_object: opens one (after a comma where it isn't the first of a list); json_end closes it. json_members goes on
 * in one that is open: `comma` where something stands before. */
struct json json_object(struct buf *out, bool comma);
struct json json_members(struct buf *out, bool comma);
void json_end(struct json *j);

void json_name(struct json *j, const char *name);
void json_text(struct json *j, const char *name, struct text value); /* TEXT_NONE: left out */
void json_str(struct json *j, const char *name, const char *value);  /* NULL: left out */
void json_raw(struct json *j, const char *name, struct text value);  /* JSON; TEXT_NONE: left out */
void json_int(struct json *j, const char *name, int64_t value);      /* INT64_MIN, INT32_MIN: left out */
void json_bool(struct json *j, const char *name, bool value);
void json_time(struct json *j, const char *name, int64_t us);               /* CLOCK_NONE: left out */
void json_uuid(struct json *j, const char *name, const struct uuid *value); /* nil: left out */

#endif
