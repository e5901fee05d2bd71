/* A source's version: an integer, a decimal string or a time; what is accepted orders and encodes. */
#include "common/event/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct versioned {
    struct version version;
};
static const struct field versioned_fields[] = {
    {.name = "v", .kind = FIELD_VERSION, .required = true, .offset = offsetof(struct versioned, version)},
};
static const struct object_type versioned_type = {
    .fields = versioned_fields, .fields_n = 1, .size = sizeof(struct versioned)};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *arena = arena_new();
    struct error err = {0};
    struct buf json, again;
    void *first, *second;

    buf_init(&json, EVENT_BYTES_MOST);
    buf_init(&again, EVENT_BYTES_MOST);
    buf_str(&json, "{\"v\":");
    buf_add(&json, bytes, n);
    buf_char(&json, '}');
    if (event_decode(&versioned_type, buf_view(&json), arena, &first, &err) == DONE) {
        const struct version *a = &((const struct versioned *)first)->version, *b;

        ENSURE(a->kind == VERSION_NUMBER ? a->value >= 0 : a->kind == VERSION_TIME);
        event_encode(&versioned_type, first, &again);
        ENSURE(event_decode(&versioned_type, buf_view(&again), arena, &second, &err) == DONE);
        b = &((const struct versioned *)second)->version;
        ENSURE(a->kind == b->kind && a->value == b->value);
    }
    buf_free(&json);
    buf_free(&again);
    arena_free(arena);
    return 0;
}
