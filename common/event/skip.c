/* skip: values that no field table describes: checked whole and copied without white space, or passed over. */
#include <string.h>

#include "common/event/reader.h"

static uint32_t name_hash(struct text name)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (unsigned char)name.p[i]) * 16777619u;
    return h;
}

enum outcome reader_names_add(struct reader *r, struct reader_names *names, struct text name)
{
    uint32_t hash = name_hash(name);

    for (size_t i = 0; i < names->n; i++)
        if (names->hashes[i] == hash && text_equal(names->names[i], name))
            return reader_refuse(r, "duplicate member", "a member stands twice");
    if (names->n == EVENT_MEMBERS_MOST)
        return reader_refuse(r, "items", "an object has too many members");
    if (names->n == names->room) {
        size_t room = names->room == 0 ? 8 : names->room * 2;
        struct text *texts = ARENA_ARRAY(r->arena, room, struct text);
        uint32_t *hashes = ARENA_ARRAY(r->arena, room, uint32_t);

        if (names->n > 0) {
            memcpy(texts, names->names, names->n * sizeof *texts);
            memcpy(hashes, names->hashes, names->n * sizeof *hashes);
        }
        names->names = texts;
        names->hashes = hashes;
        names->room = room;
    }
    names->names[names->n] = name;
    names->hashes[names->n++] = hash;
    return DONE;
}

static void put(char **out, const char *p, size_t n)
{
    if (out != NULL) {
        memcpy(*out, p, n);
        *out += n;
    }
}

static enum outcome skip_object(struct reader *r, char **out)
{
    struct reader_names names = {0};
    struct text name;
    size_t count = 0;
    bool more;

    TRY(reader_enter(r));
    put(out, "{", 1);
    for (;;) {
        TRY(reader_member(r, &count, &more, &name));
        if (!more)
            break;
        put(out, ",", count > 1);
        put(out, r->name_written.p, r->name_written.n);
        put(out, ":", 1);
        reader_down_member(r, name);
        TRY(reader_names_add(r, &names, name));
        TRY(reader_skip(r, out));
        reader_up(r);
    }
    put(out, "}", 1);
    return DONE;
}

static enum outcome skip_array(struct reader *r, char **out)
{
    size_t count = 0;
    bool more;

    TRY(reader_enter(r));
    put(out, "[", 1);
    for (;;) {
        TRY(reader_item(r, &count, &more));
        if (!more)
            break;
        put(out, ",", count > 1);
        reader_down_item(r, count - 1);
        TRY(reader_skip(r, out));
        reader_up(r);
    }
    put(out, "]", 1);
    return DONE;
}

enum outcome reader_skip(struct reader *r, char **out)
{
    enum reader_kind kind;
    struct reader_number number;
    struct text text;
    const char *start;

    TRY(reader_next(r, &kind));
    start = r->p;
    switch (kind) {
    case READ_OBJECT:
        return skip_object(r, out);
    case READ_ARRAY:
        return skip_array(r, out);
    case READ_STRING:
        TRY(reader_string(r, &text));
        break;
    case READ_NUMBER:
        TRY(reader_number(r, &number));
        break;
    case READ_TRUE:
        TRY(reader_literal(r, "true"));
        break;
    case READ_FALSE:
        TRY(reader_literal(r, "false"));
        break;
    case READ_NULL:
        TRY(reader_literal(r, "null"));
        break;
    default:
        ENSURE(false);
    }
    put(out, start, (size_t)(r->p - start));
    return DONE;
}

/* Behind the closing quote of the string that p stands at. */
static const char *pass_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\' && p + 1 < end)
            p++;
    return p < end ? p + 1 : end;
}

enum outcome reader_pass(struct reader *r, struct text *out)
{
    const char *start;
    size_t open = 0;

    reader_space(r);
    start = r->p;
    while (r->p < r->end) {
        char c = *r->p;

        if (c == '"') {
            r->p = pass_string(r->p, r->end);
            continue;
        }
        if (open == 0 && (c == ',' || c == ']' || c == '}'))
            break;
        if (c == '{' || c == '[')
            open++;
        else if (c == '}' || c == ']')
            open--;
        r->p++;
    }
    if (r->p == r->end)
        return reader_refuse(r, "json", "the JSON ends too early");
    *out = (struct text){.p = start, .n = (size_t)(r->p - start)};
    return DONE;
}

enum outcome event_json_compact(struct text json, struct arena *arena, struct text *out, struct error *err)
{
    char *start = arena_alloc(arena, json.n + 1), *end = start;
    struct reader r;

    reader_init(&r, json, "/data", arena, err);
    TRY(reader_skip(&r, &end));
    TRY(reader_end(&r));
    *out = (struct text){.p = start, .n = (size_t)(end - start)};
    return DONE;
}
