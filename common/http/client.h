/* http/client: blocking JSON calls between services and to webhooks, over libcurl with kept-alive connections. A client
 * belongs to one thread. */
#ifndef LETHE_HTTP_CLIENT_H
#define LETHE_HTTP_CLIENT_H

#include "common/http/http.h"

struct http_client;

struct http_call {
    enum http_method method;
    const char *url;
    const char *bearer;       /* or NULL */
    const char *content_type; /* NULL: application/json */
    struct text body;
    const struct header *headers; /* further ones */
    size_t headers_n;
    int64_t timeout_ms;  /* of the whole call */
    size_t answer_limit; /* bytes; past it the call is REFUSED */
};
struct http_answer {
    int status;
    struct text body; /* in the arena */
    struct text content_type;
    struct header *headers; /* names in lower case */
    size_t headers_n;
};

struct http_client *http_client_new(const struct log *log);
void http_client_free(struct http_client *client);

/* http_client_call: DONE whenever an HTTP answer came, whatever its status; RETRY where none did. No redirects are
 * followed, no proxies used, TLS verified. */
enum outcome http_client_call(struct http_client *client, const struct http_call *call, struct arena *arena,
                              struct http_answer *answer, struct error *err) WARN_UNUSED;

#endif
