/* http/response: header lines and problem documents (RFC 9457) of an answer. */
#include "common/http/internal.h"

#include <string.h>

static const struct {
    int status;
    const char *title;
} titles[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {303, "See Other"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

const char *http_status_title(int status)
{
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}

void http_respond_header(struct http_response *response, const char *name, struct text value)
{
    ENSURE(response->headers_n < sizeof response->headers / sizeof response->headers[0]);
    struct text kept = response->arena != NULL ? text_copy(response->arena, value) : value;
    response->headers[response->headers_n++] = (struct header){.name = text_of(name), .value = kept};
}

/* A member whose text may have been cut within a character: the rest of that goes, too. */
static void member(struct buf *out, const char *name, const char *value)
{
    struct text text = text_of(value);
    for (int i = 0; i < 3 && text.n > 0 && !text_utf8_valid(text); i++)
        text.n--;
    if (!text_utf8_valid(text))
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_json_string(out, text);
}

void http_problem(struct http_response *response, const struct http_request *request, int status,
                  const struct error *err)
{
    buf_reset(&response->body);
    response->status = status;
    response->content_type = "application/problem+json";
    struct buf *out = &response->body;
    buf_str(out, "{\"type\":\"about:blank\"");
    member(out, "title", http_status_title(status));
    buf_printf(out, ",\"status\":%d", status);
    if (err != NULL && err->text[0] != '\0')
        member(out, "detail", err->text);
    if (err != NULL && err->pointer[0] != '\0')
        member(out, "pointer", err->pointer);
    if (err != NULL && err->rule[0] != '\0')
        member(out, "rule", err->rule);
    if (request != NULL)
        member(out, "request_id", request->request_id);
    buf_str(out, "}\n");
}
