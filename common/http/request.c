/* http/request: a request's target, query, headers and forms, decoded and bounded. */
#include "common/http/internal.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool equal_nocase(struct text a, const char *b)
{
    if (a.n != strlen(b))
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b[i]))
            return false;
    return true;
}

static struct text lowered(struct arena *arena, struct text in)
{
    char *p = arena_alloc(arena, in.n + 1);
    for (size_t i = 0; i < in.n; i++)
        p[i] = lower(in.p[i]);
    return (struct text){.p = p, .n = in.n};
}

bool http_unescape(struct text in, bool plus, struct arena *arena, struct text *out)
{
    char *p = arena_alloc(arena, in.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (c == '+' && plus)
            c = ' ';
        if (c == '%') {
            if (in.n - i < 3)
                return false;
            int high = hex_digit(in.p[i + 1]), low = hex_digit(in.p[i + 2]);
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        p[n++] = c;
    }
    *out = (struct text){.p = p, .n = n};
    return true;
}

bool http_clean(struct text in)
{
    return (in.n == 0 || memchr(in.p, 0, in.n) == NULL) && text_utf8_valid(in);
}

/* The next piece of *rest up to a separator. */
static struct text cut(struct text *rest, char separator)
{
    const char *end = rest->n > 0 ? memchr(rest->p, separator, rest->n) : NULL;
    struct text piece = {.p = rest->p, .n = end != NULL ? (size_t)(end - rest->p) : rest->n};
    size_t used = end != NULL ? piece.n + 1 : piece.n;
    *rest = (struct text){.p = rest->p + used, .n = rest->n - used};
    return piece;
}

static bool read_pair(struct text pair, struct arena *arena, struct header *out)
{
    struct text name = cut(&pair, '=');
    return http_unescape(name, true, arena, &out->name) && http_unescape(pair, true, arena, &out->value);
}

static bool read_query(struct http_request *request, struct text query, struct arena *arena)
{
    struct header *items = ARENA_ARRAY(arena, HTTP_QUERY_MOST, struct header);
    size_t n = 0;
    while (query.n > 0) {
        struct text pair = cut(&query, '&');
        if (pair.n == 0)
            continue;
        if (n == HTTP_QUERY_MOST || !read_pair(pair, arena, &items[n]) || !http_clean(items[n].name) ||
            !http_clean(items[n].value))
            return false;
        n++;
    }
    request->query = items;
    request->query_n = n;
    return true;
}

bool http_request_target(struct http_request *request, struct text target, struct arena *arena)
{
    if (target.n == 0 || target.n > HTTP_URI_MOST || target.p[0] != '/')
        return false;
    struct text path = cut(&target, '?');
    for (size_t i = 0; i + 2 < path.n; i++)
        if (path.p[i] == '%' && path.p[i + 1] == '2' && lower(path.p[i + 2]) == 'f')
            return false;
    if (!http_unescape(path, false, arena, &request->path) || !http_clean(request->path))
        return false;
    for (size_t i = 0; i < request->path.n; i++)
        if ((unsigned char)request->path.p[i] < 0x20 || request->path.p[i] == 0x7f)
            return false;
    return read_query(request, target, arena);
}

/* The caller's where it is a UUID, else ours: it stands in our log, where nothing of a client's own choice shall. */
static struct uuid request_id_of(struct text given)
{
    struct uuid id;

    return given.p != NULL && uuid_parse(given, &id) ? id : uuid_v7_random(clock_now_us());
}

/* A parameter of a header value: `form-data; name="x"`, `multipart/form-data; boundary=x`. */
static struct text parameter(struct text value, const char *name)
{
    (void)cut(&value, ';');
    while (value.n > 0) {
        const char *p = value.p;
        size_t end = 0;
        bool quoted = false;
        while (end < value.n && (quoted || p[end] != ';')) {
            if (p[end] == '"')
                quoted = !quoted;
            end++;
        }
        struct text piece = {.p = p, .n = end};
        size_t used = end < value.n ? end + 1 : end;
        value = (struct text){.p = p + used, .n = value.n - used};
        struct text key = text_trim(cut(&piece, '='));
        if (!equal_nocase(key, name))
            continue;
        struct text found = text_trim(piece);
        if (found.n >= 2 && found.p[0] == '"' && found.p[found.n - 1] == '"')
            found = (struct text){.p = found.p + 1, .n = found.n - 2};
        return found;
    }
    return TEXT_NONE;
}

void http_request_headers(struct http_request *request, struct header *headers, size_t n, struct arena *arena)
{
    for (size_t i = 0; i < n; i++) {
        headers[i].name = lowered(arena, headers[i].name);
        headers[i].value = text_trim(headers[i].value);
    }
    request->headers = headers;
    request->headers_n = n;
    struct text type = http_header(request, "content-type");
    if (type.p != NULL) {
        request->boundary = parameter(type, "boundary");
        struct text rest = type;
        request->content_type = lowered(arena, text_trim(cut(&rest, ';')));
    }
    struct uuid id = request_id_of(http_header(request, "x-request-id"));
    uuid_format(&id, request->request_id);
}

static struct text find(const struct header *items, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (text_is(items[i].name, name))
            return items[i].value;
    return TEXT_NONE;
}

struct text http_header(const struct http_request *request, const char *name)
{
    return find(request->headers, request->headers_n, name);
}

struct text http_query(const struct http_request *request, const char *name)
{
    return find(request->query, request->query_n, name);
}

/* ---- forms --------------------------------------------------------------------------------------------------- */

static struct text form_urlencoded(struct text body, const char *name, struct arena *arena)
{
    while (body.n > 0) {
        struct text pair = cut(&body, '&');
        struct header item;
        if (pair.n == 0 || !read_pair(pair, arena, &item) || !text_is(item.name, name))
            continue;
        return item.value;
    }
    return TEXT_NONE;
}

static const char *search(struct text in, struct text what)
{
    return in.n >= what.n ? memmem(in.p, in.n, what.p, what.n) : NULL;
}

/* The name of a part, from its header lines. */
static struct text part_name(struct text head)
{
    while (head.n > 0) {
        struct text line = cut(&head, '\n');
        struct text key = cut(&line, ':');
        if (equal_nocase(text_trim(key), "content-disposition"))
            return parameter(text_trim(line), "name");
    }
    return TEXT_NONE;
}

static struct text after(struct text in, const char *p)
{
    return (struct text){.p = p, .n = in.n - (size_t)(p - in.p)};
}

static struct text form_multipart(const struct http_request *request, const char *name, struct arena *arena)
{
    if (request->boundary.n == 0 || request->boundary.n > 70)
        return TEXT_NONE;
    struct text opening = text_format(arena, "--%.*s", TEXT_ARGS(request->boundary));
    struct text closing = text_format(arena, "\r\n--%.*s", TEXT_ARGS(request->boundary));
    const char *start = search(request->body, opening);
    if (start == NULL)
        return TEXT_NONE;
    struct text rest = after(request->body, start + opening.n);
    while (text_starts(rest, "\r\n")) {
        rest = after(rest, rest.p + 2);
        const char *gap = search(rest, TEXT("\r\n\r\n"));
        if (gap == NULL)
            return TEXT_NONE;
        struct text head = {.p = rest.p, .n = (size_t)(gap - rest.p)};
        rest = after(rest, gap + 4);
        const char *end = search(rest, closing);
        if (end == NULL)
            return TEXT_NONE;
        if (text_is(part_name(head), name))
            return (struct text){.p = rest.p, .n = (size_t)(end - rest.p)};
        rest = after(rest, end + closing.n);
    }
    return TEXT_NONE;
}

struct text http_form(const struct http_request *request, const char *name, struct arena *arena)
{
    struct text found = TEXT_NONE;
    if (text_is(request->content_type, "application/x-www-form-urlencoded"))
        found = form_urlencoded(request->body, name, arena);
    else if (text_is(request->content_type, "multipart/form-data"))
        found = form_multipart(request, name, arena);
    return found.p != NULL && http_clean(found) ? found : TEXT_NONE;
}

/* ---- Accept -------------------------------------------------------------------------------------------------- */

/* A weight in thousandths (RFC 9110, 12.4.2); 1 where there is none. */
static int weight(struct text item)
{
    struct text q = parameter(item, "q");
    if (q.n == 0)
        return 1000;
    int value = q.p[0] == '1' ? 1000 : 0;
    int scale = 100;
    for (size_t i = 2; q.p[0] == '0' && i < q.n && i < 5; i++, scale /= 10)
        if (q.p[i] >= '0' && q.p[i] <= '9')
            value += (q.p[i] - '0') * scale;
    return value;
}

bool http_accepts(const struct http_request *request, const char *type)
{
    struct text rest = http_header(request, "accept");
    int wanted = 0, json = 0;
    while (rest.p != NULL && rest.n > 0) {
        struct text item = text_trim(cut(&rest, ','));
        struct text range = item;
        struct text name = text_trim(cut(&range, ';'));
        if (equal_nocase(name, type) && wanted == 0)
            wanted = weight(item) - (json > 0 ? 1 : 0); /* of two alike the first named wins */
        else if (equal_nocase(name, "application/json") && json == 0)
            json = weight(item);
    }
    return wanted > 0 && wanted >= json;
}
