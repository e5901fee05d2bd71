/* value: one value of a field: texts, numbers, times, ids, scalars and free JSON. */
#include <string.h>

#include "common/event/value.h"

static const int64_t int64_least = INT64_MIN + 1; /* INT64_MIN is the absent one */

bool field_bounded(const struct field *field)
{
    return field->least != 0 || field->most != 0;
}

size_t field_most(const struct field *field, size_t most)
{
    return field_bounded(field) ? (size_t)field->most : most;
}

void *value_list_grow(struct arena *arena, void *items, size_t n, size_t *room, size_t size)
{
    void *bigger;

    if (n < *room)
        return items;
    *room = *room == 0 ? 4 : *room * 4;
    bigger = arena_array(arena, *room, size);
    if (n > 0)
        memcpy(bigger, items, n * size);
    return bigger;
}

enum outcome value_type_fault(struct reader *r)
{
    return reader_refuse(r, "type", "the value is of another type than its field");
}

enum outcome value_text(struct reader *r, size_t least, size_t most, struct text *out)
{
    enum reader_kind kind;

    TRY(reader_next(r, &kind));
    if (kind != READ_STRING)
        return value_type_fault(r);
    TRY(reader_string(r, out));
    if (out->n < least)
        return reader_refuse(r, "too short", "the text is shorter than its field allows");
    return out->n > most ? reader_refuse(r, "too long", "the text is longer than its field allows") : DONE;
}

static enum outcome read_int(struct reader *r, const struct field *field, int64_t *out)
{
    struct reader_number number;
    enum reader_kind kind;

    TRY(reader_next(r, &kind));
    if (kind != READ_NUMBER)
        return value_type_fault(r);
    TRY(reader_number(r, &number));
    if (!number.whole)
        return value_type_fault(r);
    *out = number.value;
    if (number.value < int64_least ||
        (field_bounded(field) && (number.value < field->least || number.value > field->most)))
        return reader_refuse(r, "range", "the number is outside its field's range");
    return DONE;
}

static enum outcome read_bool(struct reader *r, bool *out)
{
    enum reader_kind kind;

    TRY(reader_next(r, &kind));
    if (kind != READ_TRUE && kind != READ_FALSE)
        return value_type_fault(r);
    *out = kind == READ_TRUE;
    return reader_literal(r, *out ? "true" : "false");
}

static enum outcome read_time(struct reader *r, int64_t *out)
{
    struct text text = TEXT_NONE;

    TRY(value_text(r, 0, SIZE_MAX, &text));
    return clock_parse(text, out) ? DONE : reader_refuse(r, "format", "this is no RFC 3339 time that exists");
}

enum outcome value_uuid(struct reader *r, struct uuid *out)
{
    struct text text = TEXT_NONE;

    TRY(value_text(r, 0, SIZE_MAX, &text));
    if (!uuid_parse(text, out) || uuid_is_nil(out))
        return reader_refuse(r, "format", "this is no UUID");
    return DONE;
}

enum outcome value_hash(struct reader *r, struct hash *out)
{
    struct text text = TEXT_NONE;

    TRY(value_text(r, 0, SIZE_MAX, &text));
    if (!text_from_hex(text, out->b, sizeof out->b) || hash_is_none(out))
        return reader_refuse(r, "format", "this is no hash of 32 hex digits");
    return DONE;
}

static enum outcome read_enum(struct reader *r, const struct field *field, int *out)
{
    struct text text = TEXT_NONE;

    TRY(value_text(r, 0, SIZE_MAX, &text));
    for (int i = 0; field->names[i] != NULL; i++)
        if (text_is(text, field->names[i])) {
            *out = i;
            return DONE;
        }
    return reader_refuse(r, "enum", "the value is none of those that the field knows");
}

static bool all_digits(struct text text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n > 0;
}

static enum outcome read_version(struct reader *r, struct version *out)
{
    static const struct field natural = {.least = 0, .most = INT64_MAX};
    enum reader_kind kind;
    struct text text = TEXT_NONE;

    TRY(reader_next(r, &kind));
    out->kind = VERSION_NUMBER;
    if (kind == READ_NUMBER)
        return read_int(r, &natural, &out->value);
    TRY(value_text(r, 0, SIZE_MAX, &text));
    if (all_digits(text))
        return text_to_int64(text, &out->value) ? DONE : reader_refuse(r, "range", "the version is past 64 bits");
    out->kind = VERSION_TIME;
    return clock_parse(text, &out->value)
               ? DONE
               : reader_refuse(r, "format", "a version is an integer, a decimal string or an RFC 3339 time");
}

/* ---- scalars and free JSON ---------------------------------------------------------------------------------------- */

static bool scalar_name_fits(struct text name)
{
    if (name.n == 0 || name.n > EVENT_SCALAR_NAME_MOST)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

static enum outcome read_scalar(struct reader *r, struct scalar *out)
{
    struct reader_number number;
    enum reader_kind kind;

    TRY(reader_next(r, &kind));
    switch (kind) {
    case READ_NULL:
        out->kind = SCALAR_NULL;
        return reader_literal(r, "null");
    case READ_TRUE:
    case READ_FALSE:
        out->kind = SCALAR_BOOL;
        out->value = kind == READ_TRUE ? TEXT("true") : TEXT("false");
        return reader_literal(r, out->value.p);
    case READ_NUMBER:
        out->kind = SCALAR_NUMBER;
        TRY(reader_number(r, &number));
        out->value = number.written;
        return DONE;
    case READ_STRING:
        out->kind = SCALAR_TEXT;
        return value_text(r, 0, EVENT_SCALAR_TEXT_MOST, &out->value);
    case READ_OBJECT:
    case READ_ARRAY:
    default:
        return value_type_fault(r);
    }
}

static enum outcome read_scalars(struct reader *r, const struct field *field, struct scalar_list *out)
{
    struct text name;
    size_t count = 0, room = 12, most = field_most(field, EVENT_SCALARS_MOST);
    bool more;

    out->items = ARENA_ARRAY(r->arena, room, struct scalar);
    TRY(reader_enter(r));
    for (;;) {
        struct scalar *scalar;

        TRY(reader_member(r, &count, &more, &name));
        if (!more)
            break;
        reader_down_member(r, name);
        if (!scalar_name_fits(name))
            return reader_refuse(r, "format", "a field's name is 1 to 64 of a-z, 0-9 and _");
        for (size_t i = 0; i < out->n; i++)
            if (text_equal(out->items[i].name, name))
                return reader_refuse(r, "duplicate member", "a member stands twice");
        if (out->n == most)
            return reader_refuse(r, "items", "there are more fields than allowed");
        out->items = value_list_grow(r->arena, out->items, out->n, &room, sizeof *out->items);
        scalar = &out->items[out->n++];
        scalar->name = name;
        TRY(read_scalar(r, scalar));
        reader_up(r);
    }
    if (field_bounded(field) && (int64_t)out->n < field->least)
        return reader_refuse(r, "items", "there are fewer fields than required");
    return DONE;
}

static enum outcome read_json(struct reader *r, const struct field *field, struct text *out)
{
    struct reader before = *r;
    char *start, *end;

    TRY(reader_skip(r, NULL));
    end = start = arena_alloc(r->arena, (size_t)(r->p - before.p) + 1);
    *r = before;
    TRY(reader_skip(r, &end));
    *out = (struct text){.p = start, .n = (size_t)(end - start)};
    if (out->n > field_most(field, EVENT_BYTES_MOST))
        return reader_refuse(r, "too long", "the value is longer than its field allows");
    return DONE;
}

enum outcome value_read(struct reader *r, const struct field *field, void *at)
{
    enum reader_kind kind;

    switch (field->kind) {
    case FIELD_TEXT:
        return value_text(r, (size_t)field->least, field_most(field, EVENT_TEXT_MOST), at);
    case FIELD_INT:
        return read_int(r, field, at);
    case FIELD_BOOL:
        return read_bool(r, at);
    case FIELD_TIME:
        return read_time(r, at);
    case FIELD_UUID:
        return value_uuid(r, at);
    case FIELD_HASH:
        return value_hash(r, at);
    case FIELD_ENUM:
        return read_enum(r, field, at);
    case FIELD_VERSION:
        return read_version(r, at);
    case FIELD_JSON:
        return read_json(r, field, at);
    case FIELD_SCALARS:
        TRY(reader_next(r, &kind));
        return kind == READ_OBJECT ? read_scalars(r, field, at) : value_type_fault(r);
    case FIELD_OBJECT:
    case FIELD_TEXTS:
    case FIELD_UUIDS:
    case FIELD_HASHES:
    case FIELD_OBJECTS:
    default:
        error_bug(__FILE__, __LINE__, "a field of another kind");
    }
}
