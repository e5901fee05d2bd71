/* decode: from JSON to a struct, as its field table says. */
#include <string.h>

#include "common/event/value.h"

enum { FIELDS_MOST = 64 }; /* a table's members are counted in one word */

static void *member(void *object, const struct field *field)
{
    return (char *)object + field->offset;
}

void event_init(const struct object_type *type, void *object)
{
    memset(object, 0, type->size);
    for (size_t i = 0; i < type->fields_n; i++) {
        const struct field *field = &type->fields[i];
        void *at = member(object, field);

        if (field->kind == FIELD_INT || field->kind == FIELD_TIME)
            *(int64_t *)at = INT64_MIN;
        else if (field->kind == FIELD_ENUM)
            *(int *)at = -1;
        else if (field->kind == FIELD_OBJECT)
            event_init(field->type, at);
    }
}

/* ---- lists -------------------------------------------------------------------------------------------------------- */

static enum outcome read_object(struct reader *r, const struct object_type *type, void *object);

static size_t item_size(const struct field *field)
{
    switch (field->kind) {
    case FIELD_TEXTS:
        return sizeof(struct text);
    case FIELD_UUIDS:
        return sizeof(struct uuid);
    case FIELD_HASHES:
        return sizeof(struct hash);
    case FIELD_OBJECTS:
        return field->type->size;
    case FIELD_TEXT:
    case FIELD_INT:
    case FIELD_BOOL:
    case FIELD_TIME:
    case FIELD_UUID:
    case FIELD_HASH:
    case FIELD_ENUM:
    case FIELD_VERSION:
    case FIELD_SCALARS:
    case FIELD_JSON:
    case FIELD_OBJECT:
    default:
        error_bug(__FILE__, __LINE__, "a field that is no list");
    }
}

static enum outcome read_item(struct reader *r, const struct field *field, void *item)
{
    enum reader_kind kind;

    if (field->kind == FIELD_TEXTS)
        return value_text(r, 1, EVENT_TEXT_MOST, item);
    if (field->kind == FIELD_UUIDS)
        return value_uuid(r, item);
    if (field->kind == FIELD_HASHES)
        return value_hash(r, item);
    TRY(reader_next(r, &kind));
    return kind == READ_OBJECT ? read_object(r, field->type, item) : value_type_fault(r);
}

/* Every list is {T *items; size_t n;}: the two are written by memcpy, since T isn't known here. */
static enum outcome read_list(struct reader *r, const struct field *field, void *list)
{
    size_t size = item_size(field), most = field_most(field, EVENT_LIST_MOST);
    size_t count = 0, n = 0, room = 0;
    enum reader_kind kind;
    void *items = NULL;
    bool more;

    TRY(reader_next(r, &kind));
    if (kind != READ_ARRAY)
        return value_type_fault(r);
    TRY(reader_enter(r));
    for (;;) {
        TRY(reader_item(r, &count, &more));
        if (!more)
            break;
        if (n == most)
            return reader_refuse(r, "items", "the list is longer than allowed");
        reader_down_item(r, n);
        items = value_list_grow(r->arena, items, n, &room, size);
        TRY(read_item(r, field, (char *)items + n * size));
        n++;
        reader_up(r);
    }
    if (field_bounded(field) && (int64_t)n < field->least)
        return reader_refuse(r, "items", "the list is shorter than required");
    memcpy(list, &items, sizeof items);
    memcpy((char *)list + sizeof items, &n, sizeof n);
    return DONE;
}

/* ---- objects ------------------------------------------------------------------------------------------------------ */

static enum outcome read_value(struct reader *r, const struct field *field, void *object)
{
    void *at = member(object, field);
    enum reader_kind kind;

    switch (field->kind) {
    case FIELD_OBJECT:
        TRY(reader_next(r, &kind));
        if (kind != READ_OBJECT)
            return value_type_fault(r);
        if (field->present_offset != 0)
            *(bool *)(void *)((char *)object + field->present_offset) = true;
        return read_object(r, field->type, at);
    case FIELD_TEXTS:
    case FIELD_UUIDS:
    case FIELD_HASHES:
    case FIELD_OBJECTS:
        return read_list(r, field, at);
    case FIELD_TEXT:
    case FIELD_INT:
    case FIELD_BOOL:
    case FIELD_TIME:
    case FIELD_UUID:
    case FIELD_HASH:
    case FIELD_ENUM:
    case FIELD_VERSION:
    case FIELD_SCALARS:
    case FIELD_JSON:
    default:
        return value_read(r, field, at);
    }
}

/* Members mostly come in the table's order, so the search begins behind the last one found. */
static size_t find_field(const struct object_type *type, struct text name, size_t expected)
{
    for (size_t i = 0; i < type->fields_n; i++) {
        size_t at = expected + i < type->fields_n ? expected + i : expected + i - type->fields_n;

        if (text_is(name, type->fields[at].name))
            return at;
    }
    return type->fields_n;
}

static enum outcome read_member(struct reader *r, const struct object_type *type, size_t at, uint64_t *seen,
                                void *object)
{
    const struct field *field = &type->fields[at];
    enum reader_kind kind;

    if ((*seen & UINT64_C(1) << at) != 0)
        return reader_refuse(r, "duplicate member", "a member stands twice");
    *seen |= UINT64_C(1) << at;
    if (!field->nullable)
        return read_value(r, field, object);
    TRY(reader_next(r, &kind));
    if (kind != READ_NULL)
        return read_value(r, field, object);
    if (field->required)
        return reader_refuse(r, "required", "a required member is null");
    return reader_literal(r, "null");
}

static enum outcome read_unknown(struct reader *r, const struct object_type *type, struct reader_names *names,
                                 struct text name)
{
    if (!type->open)
        return reader_refuse(r, "unknown field", "the event's type has no such member");
    TRY(reader_names_add(r, names, name));
    return reader_skip(r, NULL);
}

/* The object's rule: it is handed an empty pointer, and the object's own is put in front of what it answers. */
static enum outcome check_object(struct reader *r, const struct object_type *type, const void *object)
{
    char below[sizeof r->err->pointer], rule[sizeof r->err->rule], why[sizeof r->err->text];
    struct error found = {0};
    size_t n;

    if (type->check == NULL || type->check(object, "", &found) == DONE)
        return DONE;
    memcpy(below, found.pointer, sizeof below);
    memcpy(rule, found.rule, sizeof rule);
    memcpy(why, found.text, sizeof why);
    (void)reader_refuse(r, rule, why);
    n = strlen(r->err->pointer);
    if (n + strlen(below) < sizeof r->err->pointer)
        memcpy(r->err->pointer + n, below, strlen(below) + 1);
    return REFUSED;
}

static enum outcome check_required(struct reader *r, const struct object_type *type, uint64_t seen)
{
    for (size_t i = 0; i < type->fields_n; i++)
        if (type->fields[i].required && (seen & UINT64_C(1) << i) == 0) {
            reader_down_member(r, text_of(type->fields[i].name));
            return reader_refuse(r, "required", "a required member is missing");
        }
    return DONE;
}

/* The caller has seen the opening brace. */
static enum outcome read_object(struct reader *r, const struct object_type *type, void *object)
{
    struct reader_names unknown = {0};
    struct text name;
    size_t count = 0, expected = 0;
    uint64_t seen = 0;
    bool more;

    ENSURE(type->fields_n <= FIELDS_MOST);
    event_init(type, object);
    TRY(reader_enter(r));
    for (;;) {
        size_t at;

        TRY(reader_member(r, &count, &more, &name));
        if (!more)
            break;
        reader_down_member(r, name);
        at = find_field(type, name, expected);
        if (at < type->fields_n) {
            TRY(read_member(r, type, at, &seen, object));
            expected = at + 1;
        } else {
            TRY(read_unknown(r, type, &unknown, name));
        }
        reader_up(r);
    }
    TRY(check_required(r, type, seen));
    return check_object(r, type, object);
}

enum outcome event_decode(const struct object_type *type, struct text json, struct arena *arena, void **out,
                          struct error *err)
{
    enum reader_kind kind;
    struct reader r;
    void *object;

    if (json.p == NULL || json.n == 0)
        return error_refuse(err, "/data", "required", "the event has no data");
    /* one copy, so that every text lives as long as the struct */
    reader_init(&r, text_copy(arena, json), "/data", arena, err);
    TRY(reader_next(&r, &kind));
    if (kind != READ_OBJECT)
        return value_type_fault(&r);
    object = arena_alloc(arena, type->size);
    TRY(read_object(&r, type, object));
    TRY(reader_end(&r));
    *out = object;
    return DONE;
}
