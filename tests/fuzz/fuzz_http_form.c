/* Forms as browsers post them: urlencoded, or multipart (first line: the boundary) where the first byte is M; and the
 * matching of paths where it is P. */
#include <string.h>

#include "common/http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void ask(const struct http_request *request, struct arena *arena)
{
    static const char *const names[] = {"purpose", "token", "List-Unsubscribe", "a", ""};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ENSURE(http_form(request, names[i], arena).n <= request->body.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct text rest = {.p = (const char *)bytes + (n > 0), .n = n > 0 ? n - 1 : 0};
    struct http_request request = {.method = HTTP_POST, .path = TEXT("/confirm/x")};
    struct arena *arena = arena_new();
    const char *end = rest.n > 0 ? memchr(rest.p, '\n', rest.n) : NULL;

    if (n > 0 && bytes[0] == 'M' && end != NULL) {
        request.content_type = TEXT("multipart/form-data");
        request.boundary = (struct text){.p = rest.p, .n = (size_t)(end - rest.p)};
        request.body = (struct text){.p = end + 1, .n = rest.n - request.boundary.n - 1};
        ask(&request, arena);
    } else if (n > 0 && bytes[0] == 'P') {
        struct text params[HTTP_PATH_PARAMS] = {0};
        (void)http_route_match("/internal/v1/requests/{id}/cancel", rest, params);
        (void)http_route_match("/confirm/{token}", rest, params);
    } else {
        request.content_type = TEXT("application/x-www-form-urlencoded");
        request.body = rest;
        ask(&request, arena);
    }
    arena_free(arena);
    return 0;
}
