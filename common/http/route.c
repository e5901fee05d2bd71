/* http/route: does a path fit a route's pattern? */
#include "common/http/http.h"

#include <string.h>

enum { PARAM_BYTES_MOST = 128 };

static bool param_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '~' || c == '-';
}

static size_t param_length(const char *p, const char *end)
{
    size_t n = 0;
    while (p + n < end && param_char(p[n]))
        n++;
    return n;
}

bool http_route_match(const char *pattern, struct text path, struct text params[HTTP_PATH_PARAMS])
{
    const char *p = path.p, *end = path.p == NULL ? NULL : path.p + path.n;
    size_t found = 0;
    for (size_t i = 0; i < HTTP_PATH_PARAMS; i++)
        params[i] = TEXT_NONE;
    while (*pattern != '\0') {
        if (*pattern != '{') {
            if (p == end || *p != *pattern)
                return false;
            p++;
            pattern++;
            continue;
        }
        const char *close = strchr(pattern, '}');
        ENSURE(close != NULL && found < HTTP_PATH_PARAMS);
        size_t n = param_length(p, end);
        if (n == 0 || n > PARAM_BYTES_MOST)
            return false;
        params[found++] = (struct text){.p = p, .n = n};
        p += n;
        pattern = close + 1;
    }
    return p == end;
}
