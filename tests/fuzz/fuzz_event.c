/* The codec: what it accepts encodes and decodes to itself; and on any JSON it agrees with jansson. */
#include <string.h>

#include <jansson.h>

#include "common/event/event.h"
#include "proto/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void try_type(const struct event_type *type, struct text json, struct arena *arena)
{
    struct error err = {0};
    struct buf first, second;
    void *event = NULL;

    if (event_decode(type->data, json, arena, &event, &err) != DONE) {
        ENSURE(err.rule[0] != 0 && strncmp(err.pointer, "/data", 5) == 0);
        return;
    }
    buf_init(&first, (size_t)8 * EVENT_BYTES_MOST);
    buf_init(&second, (size_t)8 * EVENT_BYTES_MOST);
    event_encode(type->data, event, &first);
    ENSURE(event_decode(type->data, buf_view(&first), arena, &event, &err) == DONE);
    event_encode(type->data, event, &second);
    ENSURE(!first.failed && text_equal(buf_view(&first), buf_view(&second)));
    buf_free(&first);
    buf_free(&second);
}

/* Depth, members and range are bounds of ours alone; jansson takes a NUL byte behind the value for its end. */
static bool bound_of_ours(const char *rule)
{
    return strcmp(rule, "depth") == 0 || strcmp(rule, "items") == 0 || strcmp(rule, "range") == 0;
}

static void try_any(struct text json, struct arena *arena)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    json_t *theirs = json_loadb(json.p, json.n, flags, NULL), *ours;
    struct error err = {0};
    struct text compact;

    if (event_json_compact(json, arena, &compact, &err) == DONE) {
        ENSURE(theirs != NULL && compact.n <= json.n);
        ours = json_loadb(compact.p, compact.n, flags, NULL);
        ENSURE(ours != NULL && json_equal(ours, theirs));
        json_decref(ours);
    } else {
        ENSURE(theirs == NULL || bound_of_ours(err.rule) || memchr(json.p, 0, json.n) != NULL);
    }
    json_decref(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *arena;
    struct text json;
    size_t which;

    if (n == 0)
        return 0;
    arena = arena_new();
    which = bytes[0] % (event_types_n + 1);
    json = (struct text){.p = (const char *)bytes + 1, .n = n - 1};
    if (which < event_types_n)
        try_type(event_types[which], json, arena);
    else
        try_any(json, arena);
    arena_free(arena);
    return 0;
}
