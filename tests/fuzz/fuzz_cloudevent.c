/* The envelope: binary headers (lines "name:value") where the first byte is K or H, else structured mode. */
#include <string.h>

#include "common/event/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { HEADERS_MOST = 24 };

static size_t headers_of(struct text lines, struct header *headers)
{
    size_t n = 0;

    while (lines.n > 0 && n < HEADERS_MOST) {
        const char *end = memchr(lines.p, '\n', lines.n);
        size_t line = end == NULL ? lines.n : (size_t)(end - lines.p);
        const char *colon = memchr(lines.p, ':', line);

        if (colon != NULL) {
            size_t name = (size_t)(colon - lines.p);

            headers[n].name = (struct text){.p = lines.p, .n = name};
            headers[n].value = (struct text){.p = colon + 1, .n = line - name - 1};
            n++;
        }
        lines.p += line + (end != NULL);
        lines.n -= line + (end != NULL);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct text input = {.p = (const char *)bytes, .n = n};
    struct arena *arena = arena_new();
    struct header headers[HEADERS_MOST];
    struct cloud_event event;
    struct error err = {0};
    enum outcome outcome;

    if (n > 0 && (bytes[0] == 'K' || bytes[0] == 'H')) {
        size_t count = headers_of((struct text){.p = input.p + 1, .n = n - 1}, headers);
        outcome =
            cloud_event_from_headers(headers, count, bytes[0] == 'K' ? "ce_" : "ce-", TEXT("{}"), arena, &event, &err);
    } else {
        outcome = cloud_event_from_json(input, arena, &event, &err);
    }
    if (outcome == DONE) {
        ENSURE(event.meta.id.n > 0 && event.meta.source.n > 0 && event.meta.type.n > 0);
        ENSURE(text_utf8_valid(event.meta.id) && event.meta.id.n <= 1024);
    } else {
        ENSURE(outcome == REFUSED && err.rule[0] != 0);
    }
    arena_free(arena);
    return 0;
}
