/* body: reading and writing JSON without keeping it. */
#include "services/admin/body.h"

#include <string.h>

/* Events speak of /data; here the body is the data. */
static enum outcome own_words(enum outcome outcome, struct error *err)
{
    if (outcome != REFUSED)
        return outcome;
    if (strncmp(err->pointer, "/data", 5) == 0)
        memmove(err->pointer, err->pointer + 5, strlen(err->pointer + 5) + 1);
    if (err->status == 0)
        err->status = strcmp(err->rule, "json") == 0 || strcmp(err->rule, "utf-8") == 0 ? 400 : 422;
    return outcome;
}

enum outcome body_read(const struct object_type *type, struct text body, struct arena *arena, void **out,
                       struct error *err)
{
    return own_words(event_decode(type, body, arena, out, err), err);
}

enum outcome body_with_operator(struct text body, const char *name, const struct uuid *operator_id,
                                const struct uuid *id, struct arena *arena, struct text *out, struct error *err)
{
    struct text compact = TEXT("{}");
    if (text_trim(body).n > 0)
        TRY(own_words(event_json_compact(body, arena, &compact, err), err));
    if (!text_starts(compact, "{"))
        return error_status(err, 400, "json", "the body must be a JSON object");
    char own[UUID_TEXT_BYTES], given[UUID_TEXT_BYTES];
    uuid_format(operator_id, own);
    uuid_format(id, given);
    bool has_id = !uuid_is_nil(id);
    *out = text_format(arena, "{\"%s\":\"%s\"%s%s%s%s%.*s", name, own, has_id ? ",\"id\":\"" : "", has_id ? given : "",
                       has_id ? "\"" : "", compact.n > 2 ? "," : "", (int)(compact.n - 1), compact.p + 1);
    return DONE;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

struct json json_open(struct buf *out)
{
    buf_char(out, '{');
    return (struct json){.out = out};
}

void json_close(struct json *json)
{
    buf_char(json->out, '}');
}

void json_name(struct json *json, const char *name)
{
    buf_printf(json->out, "%s\"%s\":", json->more ? "," : "", name);
    json->more = true;
}

void json_text(struct json *json, const char *name, struct text value)
{
    if (value.p == NULL)
        return;
    json_name(json, name);
    buf_json_string(json->out, value);
}

void json_str(struct json *json, const char *name, const char *value)
{
    json_text(json, name, text_of(value));
}

void json_int(struct json *json, const char *name, int64_t value)
{
    if (value == INT64_MIN)
        return;
    json_name(json, name);
    buf_printf(json->out, "%lld", (long long)value);
}

void json_bool(struct json *json, const char *name, bool value)
{
    json_name(json, name);
    buf_str(json->out, value ? "true" : "false");
}

void json_time(struct json *json, const char *name, int64_t us)
{
    char text[CLOCK_TEXT_BYTES];
    if (us == CLOCK_NONE)
        return;
    clock_format(us, text);
    json_str(json, name, text);
}

static void add_uuid(struct buf *out, const struct uuid *value)
{
    char text[UUID_TEXT_BYTES];
    uuid_format(value, text);
    buf_printf(out, "\"%s\"", text);
}

void json_uuid(struct json *json, const char *name, const struct uuid *value)
{
    if (uuid_is_nil(value))
        return;
    json_name(json, name);
    add_uuid(json->out, value);
}

void json_raw(struct json *json, const char *name, struct text value)
{
    if (value.p == NULL)
        return;
    json_name(json, name);
    buf_text(json->out, value);
}

void json_uuids(struct json *json, const char *name, const struct uuid *items, size_t n)
{
    json_name(json, name);
    buf_char(json->out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_char(json->out, ',');
        add_uuid(json->out, &items[i]);
    }
    buf_char(json->out, ']');
}
