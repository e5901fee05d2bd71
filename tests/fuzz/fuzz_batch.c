/* A batch of CloudEvents as POST /v1/events takes it, each event decoded by its type. */
#include <string.h>

#include "common/event/event.h"
#include "proto/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct event_type *find_type(struct text name)
{
    for (size_t i = 0; i < event_types_n; i++)
        if (event_types[i] != NULL && text_is(name, event_types[i]->name))
            return event_types[i];
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *arena = arena_new();
    struct cloud_event_item *items = NULL;
    struct error err = {0};
    size_t items_n = 0;

    if (cloud_events_from_batch((struct text){.p = (const char *)bytes, .n = n}, 100, arena, &items, &items_n, &err) ==
        DONE) {
        ENSURE(items_n <= 100);
        for (size_t i = 0; i < items_n; i++) {
            const struct event_type *type = find_type(items[i].event.meta.type);
            void *event;

            ENSURE(items[i].outcome == DONE || (items[i].outcome == REFUSED && items[i].error.rule[0] != 0));
            if (items[i].outcome == DONE && type != NULL)
                (void)(event_decode(type->data, items[i].event.data, arena, &event, &err) == DONE);
        }
    }
    arena_free(arena);
    return 0;
}
