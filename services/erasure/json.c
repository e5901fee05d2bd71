/* json: writing objects member by member. */
#include "services/erasure/json.h"

#include <inttypes.h>

struct json json_object(struct buf *out, bool comma)
{
    buf_str(out, comma ? ",{" : "{");
    return (struct json){.out = out};
}

struct json json_members(struct buf *out, bool comma)
{
    return (struct json){.out = out, .comma = comma};
}

void json_end(struct json *j)
{
    buf_char(j->out, '}');
}

void json_name(struct json *j, const char *name)
{
    if (j->comma)
        buf_char(j->out, ',');
    j->comma = true;
    buf_json_string(j->out, text_of(name));
    buf_char(j->out, ':');
}

void json_text(struct json *j, const char *name, struct text value)
{
    if (value.p == NULL)
        return;
    json_name(j, name);
    buf_json_string(j->out, value);
}

void json_str(struct json *j, const char *name, const char *value)
{
    json_text(j, name, text_of(value));
}

void json_raw(struct json *j, const char *name, struct text value)
{
    if (value.p == NULL)
        return;
    json_name(j, name);
    buf_text(j->out, value);
}

void json_int(struct json *j, const char *name, int64_t value)
{
    if (value == INT64_MIN || value == INT32_MIN)
        return;
    json_name(j, name);
    buf_printf(j->out, "%" PRId64, value);
}

void json_bool(struct json *j, const char *name, bool value)
{
    json_name(j, name);
    buf_str(j->out, value ? "true" : "false");
}

void json_time(struct json *j, const char *name, int64_t us)
{
    char text[CLOCK_TEXT_BYTES];

    if (us == CLOCK_NONE)
        return;
    clock_format(us, text);
    json_text(j, name, text_of(text));
}

void json_uuid(struct json *j, const char *name, const struct uuid *value)
{
    char text[UUID_TEXT_BYTES];

    if (uuid_is_nil(value))
        return;
    uuid_format(value, text);
    json_text(j, name, text_of(text));
}
