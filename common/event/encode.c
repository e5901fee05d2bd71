/* encode: from a struct to compact JSON, as its field table says. What breaks the table is a bug and asserts. */
#include <inttypes.h>
#include <string.h>

#include "common/event/value.h"

struct items {
    const char *p;
    size_t n;
};

static struct items items_of(const void *list)
{
    struct items items;

    memcpy(&items.p, list, sizeof items.p);
    memcpy(&items.n, (const char *)list + sizeof items.p, sizeof items.n);
    return items;
}

static void put_object(struct buf *out, const struct object_type *type, const void *object);

static void put_text(struct buf *out, struct text text, size_t least, size_t most)
{
    ENSURE(text.p != NULL && text.n >= least && text.n <= most && text_utf8_valid(text));
    ENSURE(text.n == 0 || memchr(text.p, 0, text.n) == NULL);
    buf_json_string(out, text);
}

static void put_int(struct buf *out, int64_t value)
{
    char digits[24], *p = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--p = '-';
    buf_add(out, p, (size_t)(digits + sizeof digits - p));
}

static void put_quoted(struct buf *out, const char *string)
{
    buf_char(out, '"');
    buf_str(out, string);
    buf_char(out, '"');
}

static void put_time(struct buf *out, int64_t us)
{
    char text[CLOCK_TEXT_BYTES];

    clock_format(us, text);
    put_quoted(out, text);
}

static void put_uuid(struct buf *out, const struct uuid *id)
{
    char text[UUID_TEXT_BYTES];

    ENSURE(!uuid_is_nil(id));
    uuid_format(id, text);
    put_quoted(out, text);
}

static void put_hash(struct buf *out, const struct hash *hash)
{
    ENSURE(!hash_is_none(hash));
    buf_char(out, '"');
    buf_hex(out, hash->b, sizeof hash->b);
    buf_char(out, '"');
}

static void put_enum(struct buf *out, const struct field *field, int value)
{
    ENSURE(value >= 0);
    for (int i = 0; i <= value; i++)
        ENSURE(field->names[i] != NULL);
    put_quoted(out, field->names[value]);
}

static void put_version(struct buf *out, const struct version *version)
{
    ENSURE(version->kind != VERSION_NONE);
    if (version->kind == VERSION_TIME)
        put_time(out, version->value);
    else
        put_int(out, version->value);
}

static void put_scalars(struct buf *out, const struct scalar_list *list)
{
    buf_char(out, '{');
    for (size_t i = 0; i < list->n; i++) {
        const struct scalar *scalar = &list->items[i];

        if (i > 0)
            buf_char(out, ',');
        put_text(out, scalar->name, 1, EVENT_SCALAR_NAME_MOST);
        buf_char(out, ':');
        if (scalar->kind == SCALAR_TEXT)
            put_text(out, scalar->value, 0, EVENT_SCALAR_TEXT_MOST);
        else if (scalar->kind == SCALAR_NULL)
            buf_str(out, "null");
        else
            buf_text(out, scalar->value);
    }
    buf_char(out, '}');
}

static void put_list(struct buf *out, const struct field *field, const void *list)
{
    struct items items = items_of(list);

    ENSURE(items.n <= field_most(field, EVENT_LIST_MOST));
    ENSURE(!field_bounded(field) || (int64_t)items.n >= field->least);
    buf_char(out, '[');
    for (size_t i = 0; i < items.n; i++) {
        if (i > 0)
            buf_char(out, ',');
        if (field->kind == FIELD_TEXTS)
            put_text(out, ((const struct text *)(const void *)items.p)[i], 1, EVENT_TEXT_MOST);
        else if (field->kind == FIELD_UUIDS)
            put_uuid(out, &((const struct uuid *)(const void *)items.p)[i]);
        else if (field->kind == FIELD_HASHES)
            put_hash(out, &((const struct hash *)(const void *)items.p)[i]);
        else
            put_object(out, field->type, items.p + i * field->type->size);
    }
    buf_char(out, ']');
}

/* An optional member that is absent; a required one never is, except that a bool and a list need no more than be
 * there. */
static bool absent(const struct field *field, const void *object, const void *at)
{
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_JSON:
        return ((const struct text *)at)->p == NULL;
    case FIELD_INT:
    case FIELD_TIME:
        return *(const int64_t *)at == INT64_MIN;
    case FIELD_BOOL:
        return !*(const bool *)at;
    case FIELD_UUID:
        return uuid_is_nil(at);
    case FIELD_HASH:
        return hash_is_none(at);
    case FIELD_ENUM:
        return *(const int *)at == -1;
    case FIELD_VERSION:
        return ((const struct version *)at)->kind == VERSION_NONE;
    case FIELD_SCALARS:
    case FIELD_TEXTS:
    case FIELD_UUIDS:
    case FIELD_HASHES:
    case FIELD_OBJECTS:
        return items_of(at).n == 0;
    case FIELD_OBJECT:
        return field->present_offset != 0 &&
               !*(const bool *)(const void *)((const char *)object + field->present_offset);
    default:
        error_bug(__FILE__, __LINE__, "a field of no known kind");
    }
}

static void put_value(struct buf *out, const struct field *field, const void *at)
{
    switch (field->kind) {
    case FIELD_TEXT:
        put_text(out, *(const struct text *)at, (size_t)field->least, field_most(field, EVENT_TEXT_MOST));
        return;
    case FIELD_JSON:
        ENSURE(((const struct text *)at)->n <= field_most(field, EVENT_BYTES_MOST));
        buf_text(out, *(const struct text *)at);
        return;
    case FIELD_INT:
        ENSURE(!field_bounded(field) || (*(const int64_t *)at >= field->least && *(const int64_t *)at <= field->most));
        put_int(out, *(const int64_t *)at);
        return;
    case FIELD_TIME:
        put_time(out, *(const int64_t *)at);
        return;
    case FIELD_BOOL:
        buf_str(out, *(const bool *)at ? "true" : "false");
        return;
    case FIELD_UUID:
        put_uuid(out, at);
        return;
    case FIELD_HASH:
        put_hash(out, at);
        return;
    case FIELD_ENUM:
        put_enum(out, field, *(const int *)at);
        return;
    case FIELD_VERSION:
        put_version(out, at);
        return;
    case FIELD_SCALARS:
        put_scalars(out, at);
        return;
    case FIELD_OBJECT:
        put_object(out, field->type, at);
        return;
    case FIELD_TEXTS:
    case FIELD_UUIDS:
    case FIELD_HASHES:
    case FIELD_OBJECTS:
        put_list(out, field, at);
        return;
    default:
        error_bug(__FILE__, __LINE__, "a field of no known kind");
    }
}

static void put_object(struct buf *out, const struct object_type *type, const void *object)
{
    bool first = true;
    struct error err;

    ENSURE(type->check == NULL || type->check(object, "", &err) == DONE);
    buf_char(out, '{');
    for (size_t i = 0; i < type->fields_n; i++) {
        const struct field *field = &type->fields[i];
        const void *at = (const char *)object + field->offset;

        if (!field->required && absent(field, object, at))
            continue;
        if (!first)
            buf_char(out, ',');
        first = false;
        put_quoted(out, field->name);
        buf_char(out, ':');
        if (field->kind == FIELD_INT || field->kind == FIELD_TIME)
            ENSURE(!absent(field, object, at));
        put_value(out, field, at);
    }
    buf_char(out, '}');
}

void event_encode(const struct object_type *type, const void *object, struct buf *out)
{
    put_object(out, type, object);
}
