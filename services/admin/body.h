/* body: JSON bodies of the API: read by field tables, written member by member. */
#ifndef LETHE_ADMIN_BODY_H
#define LETHE_ADMIN_BODY_H

#include "common/buf/buf.h"
#include "common/event/event.h"

/* body_read: 400 for what is no JSON, 422 for what breaks the table; the pointer is into the body. */
enum outcome body_read(const struct object_type *type, struct text body, struct arena *arena, void **out,
                       struct error *err) WARN_UNUSED;
/* body_with_operator: any JSON object (an empty body counts as {}), compact, with the operator's id as the member `name`
 * (and "id" where it isn't nil) put before its members. A body that has such a member itself repeats it: refused by
 * whoever reads it. */
enum outcome body_with_operator(struct text body, const char *name, const struct uuid *operator_id,
                                const struct uuid *id, struct arena *arena, struct text *out,
                                struct error *err) WARN_UNUSED;

/* One object being written: absent values are left out. */
struct json {
    struct buf *out;
    bool more; /* a member stands already */
};
struct json json_open(struct buf *out);
void json_close(struct json *json);
void json_text(struct json *json, const char *name, struct text value);
void json_str(struct json *json, const char *name, const char *value);
void json_int(struct json *json, const char *name, int64_t value);
void json_bool(struct json *json, const char *name, bool value);
void json_time(struct json *json, const char *name, int64_t us);
void json_uuid(struct json *json, const char *name, const struct uuid *value);
void json_raw(struct json *json, const char *name, struct text value); /* JSON already */
void json_name(struct json *json, const char *name);                   /* the value follows by other means */
void json_uuids(struct json *json, const char *name, const struct uuid *items, size_t n);

#endif
