/* http/exchange: one request from its first line to its last byte sent: limits before anything is kept, then a worker,
 * then the answer. */
#include "common/http/server.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* A body that nobody wants is read and thrown away up to here, so that its sender hears the answer instead of a reset;
 * past it the connection ends. */
enum { DRAIN_MOST = 32 * 1024 * 1024 };

/* What bodies take of memory, all of them together, is bounded: many slow clients are no more than one. */
static void hold(struct exchange *x, size_t bytes)
{
    struct http_server *server = x->server;

    atomic_fetch_add(&server->body_bytes, bytes - x->held); /* wraps where it shrinks */
    x->held = bytes;
    if (server->held != NULL)
        metric_set(server->held, (int64_t)atomic_load(&server->body_bytes));
}

static void drop_body(struct exchange *x)
{
    buf_free(&x->body);
    hold(x, 0);
}

void *exchange_begin(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    struct http_server *server = cls;
    struct exchange *x = calloc(1, sizeof *x);
    ENSURE(x != NULL);
    x->server = server;
    x->mhd = mhd;
    x->connection = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    x->arena = arena_new();
    x->start_us = clock_monotonic_us();
    size_t n = strnlen(uri, HTTP_URI_MOST + 1);
    x->target = text_copy(x->arena, (struct text){.p = uri, .n = n});
    buf_init(&x->response.body, HTTP_ANSWER_MOST);
    buf_init(&x->body, 0);
    x->response.arena = x->arena;
    x->response.status = 200;
    x->response.content_type = "application/json";
    connection_phase(server, x->connection, PHASE_RECEIVING);
    pthread_mutex_lock(&server->lock);
    server->exchanges++;
    pthread_mutex_unlock(&server->lock);
    return x;
}

void exchange_end(void *cls, struct MHD_Connection *mhd, void **own, enum MHD_RequestTerminationCode code)
{
    (void)mhd;
    (void)code;
    struct http_server *server = cls;
    struct exchange *x = *own;
    if (x == NULL)
        return;
    *own = NULL;
    connection_phase(server, x->connection, PHASE_IDLE);
    drop_body(x);
    buf_free(&x->response.body);
    arena_free(x->arena);
    free(x);
    pthread_mutex_lock(&server->lock);
    server->exchanges--;
    pthread_cond_broadcast(&server->calm);
    pthread_mutex_unlock(&server->lock);
}

/* ---- the answer -------------------------------------------------------------------------------------------------- */

static void count_answer(struct exchange *x)
{
    struct http_server *server = x->server;
    int class = x->response.status / 100;
    if (class >= 1 && class <= 5 && server->by_class[class] != NULL)
        metric_add(server->by_class[class], 1);
    if (server->seconds != NULL)
        metric_observe_us(server->seconds, clock_monotonic_us() - x->start_us);
}

static bool has_header(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->headers_n; i++)
        if (strcasecmp(response->headers[i].name.p, name) == 0)
            return true;
    return false;
}

static void add_header(struct MHD_Response *out, const char *name, const char *value)
{
    /* A value with a line break is refused by the library: the answer goes without that line, never with two. */
    (void)MHD_add_response_header(out, name, value);
}

static void add_headers(struct exchange *x, struct MHD_Response *out)
{
    const struct http_response *response = &x->response;
    if (response->content_type != NULL && response->status != 204)
        add_header(out, "Content-Type", response->content_type);
    add_header(out, "X-Request-Id", x->request.request_id);
    add_header(out, "X-Content-Type-Options", "nosniff");
    if (!has_header(response, "Cache-Control"))
        add_header(out, "Cache-Control", "no-store");
    if (x->server->name != NULL)
        add_header(out, "Server", x->server->name);
    for (size_t i = 0; i < response->headers_n; i++)
        add_header(out, text_cstr(x->arena, response->headers[i].name),
                   text_cstr(x->arena, response->headers[i].value));
    pthread_mutex_lock(&x->server->lock);
    bool stopping = x->server->stopping;
    pthread_mutex_unlock(&x->server->lock);
    if (stopping)
        add_header(out, "Connection", "close");
}

static enum MHD_Result send_answer(struct exchange *x)
{
    struct http_response *response = &x->response;
    if (response->body.failed) {
        response->headers_n = 0;
        struct error err = {.rule = "too large", .text = "the answer is larger than 16 MiB"};
        buf_reset(&response->body);
        http_problem(response, &x->request, 500, &err);
    }
    struct text body = response->status == 204 ? TEXT_NONE : buf_view(&response->body);
    /* The library only reads it: PERSISTENT, since the exchange outlives the sending. */
    void *bytes = NULL;
    memcpy(&bytes, &body.p, sizeof bytes);
    struct MHD_Response *out = MHD_create_response_from_buffer(body.n, bytes, MHD_RESPMEM_PERSISTENT);
    if (out == NULL)
        return MHD_NO;
    add_headers(x, out);
    connection_phase(x->server, x->connection, PHASE_SENDING);
    enum MHD_Result queued = MHD_queue_response(x->mhd, (unsigned)response->status, out);
    MHD_destroy_response(out);
    count_answer(x);
    return queued;
}

/* ---- the head ---------------------------------------------------------------------------------------------------- */

static void refuse(struct exchange *x, int status, const char *rule, const char *text)
{
    struct error err = {.status = status};
    (void)error_status(&err, status, rule, "%s", text);
    http_problem(&x->response, &x->request, status, &err);
    if (status == 503)
        http_respond_header(&x->response, "Retry-After", TEXT("1"));
    x->refused = true;
}

struct taker {
    struct exchange *x;
    struct header *headers;
    size_t n;
    bool too_many;
};

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_n, const char *value,
                                   size_t value_n)
{
    (void)kind;
    struct taker *taker = cls;
    if (taker->n == HTTP_HEADERS_MOST) {
        taker->too_many = true;
        return MHD_NO;
    }
    taker->headers[taker->n++] = (struct header){
        .name = text_copy(taker->x->arena, (struct text){.p = key, .n = key_n}),
        .value = value == NULL ? TEXT("") : text_copy(taker->x->arena, (struct text){.p = value, .n = value_n}),
    };
    return MHD_YES;
}

static void take_client(struct exchange *x)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char name[INET6_ADDRSTRLEN] = "";
    const struct sockaddr *address = info != NULL ? info->client_addr : NULL;
    if (address != NULL && address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        (void)inet_ntop(AF_INET, &in.sin_addr, name, sizeof name);
    } else if (address != NULL && address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        (void)inet_ntop(AF_INET6, &in.sin6_addr, name, sizeof name);
    }
    x->request.client = text_copy(x->arena, text_of(name));
}

static bool take_method(struct exchange *x, const char *method)
{
    static const struct {
        const char *name;
        enum http_method method;
    } methods[] = {
        {"GET", HTTP_GET}, {"HEAD", HTTP_GET}, {"POST", HTTP_POST}, {"PATCH", HTTP_PATCH}, {"DELETE", HTTP_DELETE}};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(method, methods[i].name) == 0) {
            x->request.method = methods[i].method;
            x->request.head = strcmp(method, "HEAD") == 0;
            return true;
        }
    return false;
}

static bool known_elsewhere(const char *method)
{
    return strcmp(method, "PUT") == 0 || strcmp(method, "OPTIONS") == 0 || strcmp(method, "TRACE") == 0 ||
           strcmp(method, "CONNECT") == 0;
}

/* What the head alone tells. False: the answer stands. */
static bool check_head(struct exchange *x, const char *method, bool too_many)
{
    struct http_server *server = x->server;
    pthread_mutex_lock(&server->lock);
    bool crowded = server->connections_n > server->connections_most;
    bool stopping = server->stopping;
    pthread_mutex_unlock(&server->lock);
    if (crowded || stopping) {
        refuse(x, 503, "connections", stopping ? "the service is stopping" : "too many connections are open");
        if (!stopping)
            http_respond_header(&x->response, "Connection", TEXT("close"));
    } else if (too_many) {
        refuse(x, 431, "headers", "more than 100 header lines");
    } else if (x->target.n > HTTP_URI_MOST) {
        refuse(x, 414, "target", "the request's target is longer than 4096 bytes");
    } else if (!http_request_target(&x->request, x->target, x->arena)) {
        refuse(x, 400, "target", "the request's target is malformed");
    } else if (!take_method(x, method)) {
        refuse(x, known_elsewhere(method) ? 405 : 501, "method", "GET, HEAD, POST, PATCH and DELETE are understood");
        http_respond_header(&x->response, "Allow", TEXT("GET, HEAD, POST, PATCH, DELETE"));
    }
    return !x->refused;
}

/* Is there a body to come? Its length where it is told, UINT64_MAX for chunks. */
static uint64_t body_length(const struct exchange *x)
{
    if (http_header(&x->request, "transfer-encoding").p != NULL)
        return UINT64_MAX;
    int64_t length = 0;
    struct text told = http_header(&x->request, "content-length");
    if (told.p == NULL)
        return 0;
    return text_to_int64(told, &length) && length >= 0 ? (uint64_t)length : UINT64_MAX - 1;
}

static enum MHD_Result take_head(struct exchange *x, const char *method)
{
    struct taker taker = {.x = x, .headers = ARENA_ARRAY(x->arena, HTTP_HEADERS_MOST, struct header)};
    (void)MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, take_header, &taker);
    http_request_headers(&x->request, taker.headers, taker.n, x->arena);
    take_client(x);
    uint64_t length = body_length(x);
    if (check_head(x, method, taker.too_many)) {
        size_t limit = x->server->limit(x->server->context, x->request.method, x->request.path);
        if (length > limit && length != UINT64_MAX)
            refuse(x, 413, "too large", "the body is larger than this path takes");
        buf_free(&x->body);
        buf_init(&x->body, limit);
    }
    bool waits = http_header(&x->request, "expect").p != NULL;
    if (x->refused && (length == 0 || waits || (length > DRAIN_MOST && length != UINT64_MAX))) {
        x->finished = true;
        return send_answer(x);
    }
    return MHD_YES;
}

/* ---- the body, the handler ------------------------------------------------------------------------------------- */

static bool is_crowded(const struct exchange *x, size_t more)
{
    return atomic_load(&x->server->body_bytes) + more > x->server->body_bytes_most;
}

static void refuse_crowd(struct exchange *x)
{
    refuse(x, 503, "bodies", "too many bytes of requests are held at this moment");
    http_respond_header(&x->response, "Connection", TEXT("close"));
}

static enum MHD_Result take_body(struct exchange *x, const char *upload, size_t *upload_n)
{
    size_t n = *upload_n;
    *upload_n = 0;
    if (!x->refused && is_crowded(x, n)) {
        refuse_crowd(x);
    } else if (!x->refused) {
        buf_add(&x->body, upload, n);
        hold(x, x->body.room);
        if (!x->body.failed)
            return MHD_YES;
        refuse(x, 413, "too large", "the body is larger than this path takes");
    }
    drop_body(x);
    x->drained += n;
    return x->drained > DRAIN_MOST ? MHD_NO : MHD_YES;
}

static bool is_quick(const struct exchange *x)
{
    for (char **path = x->server->quick; path != NULL && *path != NULL; path++)
        if (text_is(x->request.path, *path))
            return true;
    return false;
}

enum MHD_Result exchange_continue(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_n, void **own)
{
    (void)url;
    (void)version;
    struct http_server *server = cls;
    struct exchange *x = *own;
    if (!x->begun) {
        x->begun = true;
        return take_head(x, method);
    }
    if (*upload_n > 0)
        return take_body(x, upload, upload_n);
    if (x->finished || x->refused)
        return send_answer(x);
    x->request.body = buf_view(&x->body);
    if (is_quick(x)) {
        server->dispatch(server->context, server->threads, &x->request, x->arena, &x->response);
        x->finished = true;
        return send_answer(x);
    }
    connection_phase(server, x->connection, PHASE_RUNNING);
    MHD_suspend_connection(mhd);
    pool_queue(x);
    return MHD_YES;
}
