/* http: libmicrohttpd behind routes, limits, problem documents (RFC 9457) and request ids. A small pool of threads;
 * each request is answered by its route's handler through the server's dispatch function. */
#ifndef LETHE_HTTP_H
#define LETHE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena/arena.h"
#include "common/buf/buf.h"
#include "common/error/error.h"
#include "common/event/event.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"

enum http_method { HTTP_GET, HTTP_POST, HTTP_PATCH, HTTP_DELETE };
enum http_auth {
    HTTP_OPEN,     /* anybody */
    HTTP_INTERNAL, /* Authorization: Bearer <the stack's internal token>, compared in constant time */
    HTTP_OWN,      /* the handler checks (admin's operators, public tokens) */
};

enum { HTTP_PATH_PARAMS = 4 };

struct http_request {
    enum http_method method;
    bool head;                            /* a HEAD, dispatched as GET; the body is not sent */
    struct text path;                     /* without the query */
    struct text params[HTTP_PATH_PARAMS]; /* what {…} in the route's path matched */
    struct text body;
    struct text content_type;     /* lower case, without parameters */
    struct text boundary;         /* multipart's */
    const struct header *headers; /* names in lower case */
    size_t headers_n;
    const struct header *query; /* decoded */
    size_t query_n;
    char request_id[UUID_TEXT_BYTES];
    struct text client; /* the peer's address: personal data, never logged */
};

struct http_response {
    int status;               /* 200 unless set */
    const char *content_type; /* application/json unless set */
    struct buf body;          /* limit 16 MiB */
    struct header headers[12];
    size_t headers_n;
    struct arena *arena; /* the answer's own, outlives the handler: header values are copied there; NULL: borrowed */
};

struct text http_header(const struct http_request *request, const char *name); /* lower case; TEXT_NONE */
struct text http_query(const struct http_request *request, const char *name);
/* http_form: a field of an application/x-www-form-urlencoded or multipart/form-data body, decoded into the arena; the
 * first of that name. TEXT_NONE where there is none, or where it isn't UTF-8 without U+0000. */
struct text http_form(const struct http_request *request, const char *name, struct arena *arena);
bool http_accepts(const struct http_request *request, const char *type); /* Accept names it before JSON */
void http_respond_header(struct http_response *response, const char *name, struct text value);
/* http_problem: application/problem+json {type, title, status, detail, pointer, rule, request_id}. */
void http_problem(struct http_response *response, const struct http_request *request, int status,
                  const struct error *err);

/* ---- server ------------------------------------------------------------------------------------------------------ */
struct http_server;

/* Called on a pool thread once a whole request has come in. worker: 0..threads-1, so that a thread finds its own
 * connection; threads for a path of http_config.quick. Fills response. */
typedef void http_dispatch(void *context, unsigned worker, const struct http_request *request, struct arena *arena,
                           struct http_response *response);

struct http_config {
    const char *address; /* host:port */
    unsigned threads;
    unsigned connections; /* at most; further ones get 503 and are closed */
    unsigned connections_per_client;
    size_t body_bytes;  /* of all bodies held at once (0: 32 MiB); past it 503 and the connection is closed */
    unsigned timeout_s; /* of an idle client; and for a whole request to come in, or an answer to be taken */
    const char *server_name;
    const char *const *quick; /* NULL-terminated paths answered at once, beside the pool (health, metrics): their
                                 dispatch must not block; or NULL */
};
/* The largest body that a path takes is asked before the body is read; 413 past it. Unknown paths: the default. */
typedef size_t http_body_limit(void *context, enum http_method method, struct text path);

enum outcome http_server_start(const struct http_config *config, http_dispatch *dispatch, http_body_limit *limit,
                               void *context, const struct log *log, struct metrics *metrics, struct http_server **out,
                               struct error *err) WARN_UNUSED;
void http_server_stop(struct http_server *server);           /* refuses new ones, lets running ones end, then frees */
uint16_t http_server_port(const struct http_server *server); /* the one bound, where the address asked for port 0 */

/* http_route_match: does path fit pattern ("/v1/requests/{id}/cancel")? Fills params (values checked to be at most 128
 * bytes of [A-Za-z0-9._~-]). */
bool http_route_match(const char *pattern, struct text path, struct text params[HTTP_PATH_PARAMS]);

/* http_events: the CloudEvents of a request in any of the three modes; at most `most`. 415 for other content types; a
 * single event (binary, structured) that is at fault refuses the call, those of a batch carry their own outcome. */
enum outcome http_events(const struct http_request *request, size_t most, struct arena *arena,
                         struct cloud_event_item **out, size_t *out_n, struct error *err) WARN_UNUSED;

#endif
