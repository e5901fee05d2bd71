/* http/internal: what the files of this module share: reading a request's parts without libmicrohttpd. */
#ifndef LETHE_HTTP_INTERNAL_H
#define LETHE_HTTP_INTERNAL_H

#include "common/http/http.h"

enum {
    HTTP_URI_MOST = 4096,    /* bytes of a request's target */
    HTTP_HEADERS_MOST = 100, /* header lines */
    HTTP_QUERY_MOST = 32,    /* parameters of a query */
    HTTP_ANSWER_MOST = 16 * 1024 * 1024,
};

/* http_unescape: %XX (and '+' as a space in forms) into the arena. False for a broken escape. */
bool http_unescape(struct text in, bool plus, struct arena *arena, struct text *out);
/* http_clean: UTF-8 without U+0000. */
bool http_clean(struct text in);

/* http_request_target: path and query of a raw target into the request. False: the answer is a 400. */
bool http_request_target(struct http_request *request, struct text target, struct arena *arena);
/* http_request_headers: takes over raw header lines: lower-case names, content type, boundary, request id. */
void http_request_headers(struct http_request *request, struct header *headers, size_t n, struct arena *arena);

const char *http_status_title(int status);

#endif
