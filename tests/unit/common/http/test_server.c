/* The server against a real socket: broken requests, slow clients, big bodies, pipelining, many connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http/client.h"
#include "common/http/http.h"

enum { BODY_LIMIT = 64 * 1024, BODY_BYTES = 4 * BODY_LIMIT, TIMEOUT_S = 1, CONNECTIONS = 20 };

struct fixture {
    struct http_server *server;
    struct metrics *metrics;
    atomic_int calls;
    atomic_bool hold; /* "/hold" waits while this is set */
    atomic_int held;
};
static struct fixture fixture;

static void echo(struct http_response *response, const struct http_request *request)
{
    static const char *const methods[] = {"GET", "POST", "PATCH", "DELETE"};
    buf_printf(&response->body, "%s %.*s %zu ", methods[request->method], TEXT_ARGS(request->path), request->body.n);
    buf_text(&response->body, request->body);
    response->content_type = "text/plain";
}

static void dispatch(void *context, unsigned worker, const struct http_request *request, struct arena *arena,
                     struct http_response *response)
{
    struct fixture *f = context;
    (void)arena;
    atomic_fetch_add(&f->calls, 1);
    if (text_is(request->path, "/hold")) {
        atomic_fetch_add(&f->held, 1);
        while (atomic_load(&f->hold))
            usleep(1000);
    }
    if (text_is(request->path, "/health/live"))
        assert_int_equal(worker, 2);
    else
        assert_true(worker < 2);
    if (text_is(request->path, "/big")) {
        char line[1024];
        memset(line, 'x', sizeof line);
        for (int i = 0; i < 15 * 1024; i++)
            buf_add(&response->body, line, sizeof line);
        return;
    }
    if (text_is(request->path, "/toobig")) {
        char *all = calloc(1, 1 << 20);
        for (int i = 0; i < 17; i++)
            buf_add(&response->body, all, 1 << 20);
        free(all);
        return;
    }
    echo(response, request);
    http_respond_header(response, "X-Client", request->client);
    http_respond_header(response, "X-Split", TEXT("a\r\nX-Evil: 1"));
}

static size_t body_limit(void *context, enum http_method method, struct text path)
{
    (void)context;
    (void)method;
    return text_is(path, "/small") ? 10 : BODY_LIMIT;
}

static int set_up(void **state)
{
    (void)state;
    static const char *const quick[] = {"/health/live", NULL};
    struct http_config config = {.address = "127.0.0.1:0",
                                 .threads = 2,
                                 .connections = CONNECTIONS,
                                 .body_bytes = BODY_BYTES,
                                 .timeout_s = TIMEOUT_S,
                                 .server_name = "lethe",
                                 .quick = quick};
    struct error err;
    memset(&fixture, 0, sizeof fixture);
    fixture.metrics = metrics_new();
    return http_server_start(&config, dispatch, body_limit, &fixture, NULL, fixture.metrics, &fixture.server, &err) ==
                   DONE
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    atomic_store(&fixture.hold, false);
    http_server_stop(fixture.server);
    metrics_free(fixture.metrics);
    return 0;
}

/* ---- a client that may misbehave --------------------------------------------------------------------------------- */

static int open_connection(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(http_server_port(fixture.server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void put(int fd, const void *p, size_t n)
{
    const char *bytes = p;
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        n -= (size_t)sent;
    }
}

static void put_text(int fd, const char *text)
{
    put(fd, text, strlen(text));
}

/* All that comes until the end of the connection, or until nothing came for 3 s. */
static size_t take_all(int fd, char *out, size_t room)
{
    size_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (n + 1 < room && poll(&p, 1, 3000) == 1) {
        ssize_t got = recv(fd, out + n, room - n - 1, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    out[n] = '\0';
    return n;
}

static char answer[256 * 1024];

static int ask_bytes(const void *request, size_t n)
{
    static const char version[] = "HTTP/1.1 ";
    int fd = open_connection();
    put(fd, request, n);
    take_all(fd, answer, sizeof answer);
    close(fd);
    return strncmp(answer, version, strlen(version)) == 0 ? (int)strtol(answer + strlen(version), NULL, 10) : 0;
}

static int ask(const char *request)
{
    return ask_bytes(request, strlen(request));
}

static int64_t figure(const char *name)
{
    return metric_value(strcmp(name, "lethe_http_timeouts_total") == 0 ? metrics_counter(fixture.metrics, name, "", "")
                                                                       : metrics_gauge(fixture.metrics, name, "", ""));
}

/* Until the figure is within [least, most]; fails after 20 s. */
static void wait_figure(const char *name, int64_t least, int64_t most)
{
    int64_t end = clock_monotonic_us() + SECONDS(20);
    while (figure(name) < least || figure(name) > most) {
        assert_true(clock_monotonic_us() < end);
        usleep(1000);
    }
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void test_good(void **state)
{
    (void)state;
    assert_int_equal(ask("GET /a%20b?x=1 HTTP/1.1\r\nHost: x\r\nX-Request-Id: "
                         "0199a3c0-0000-7000-8000-00000000abcd\r\nConnection: close\r\n\r\n"),
                     200);
    assert_non_null(strstr(answer, "GET /a b 0 "));
    assert_non_null(strstr(answer, "X-Request-Id: 0199a3c0-0000-7000-8000-00000000abcd\r\n"));
    assert_non_null(strstr(answer, "X-Client: 127.0.0.1\r\n"));
    assert_non_null(strstr(answer, "Cache-Control: no-store\r\n"));
    assert_null(strstr(answer, "X-Evil"));
    assert_int_equal(ask("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"), 200);
    assert_non_null(strstr(answer, "POST /p 5 hello"));
    assert_int_equal(ask("POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                         "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
                     200);
    assert_non_null(strstr(answer, "POST /p 5 abcde"));
}

static void test_head(void **state)
{
    (void)state;
    assert_int_equal(ask("HEAD /abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 200);
    assert_non_null(strstr(answer, "Content-Length: 11\r\n"));
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}

static void test_methods(void **state)
{
    (void)state;
    assert_int_equal(ask("PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab"), 405);
    assert_non_null(strstr(answer, "Allow: GET, HEAD, POST, PATCH, DELETE\r\n"));
    assert_int_equal(ask("BREW /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 501);
    assert_int_equal(ask("PATCH /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab"), 200);
    assert_int_equal(ask("DELETE /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 200);
    assert_int_equal(atomic_load(&fixture.calls), 2);
}

static void test_broken(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int status;
    } broken[] = {
        {"GET /a%00b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400},
        {"GET /a%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400},
        {"GET /a?b=%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400},
        {"GET nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400},
        {"GET /a HTTP/1.1\r\nConnection: close\r\n\r\n", 400}, /* no Host */
        {"GET /a HTTP/9.9\r\nHost: x\r\n\r\n", 505},
        {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\nConnection: close\r\n\r\n", 400},
        {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413},
        {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\nConnection: close\r\n\r\n", 400},
        {"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n", 400},
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        int status = ask(broken[i].bytes);
        if (status != broken[i].status)
            fail_msg("%d for %s", status, broken[i].bytes);
    }
    assert_int_equal(atomic_load(&fixture.calls), 0);
    /* bytes that are no HTTP at all end without an answer of ours, and the server lives */
    (void)ask_bytes("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\0\0\0\r\n\r\n", 18);
    (void)ask_bytes("\0\0\0\0\r\n\r\n", 8);
    (void)ask("\r\n\r\n\r\n");
    assert_int_equal(ask("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 200);
}

static int ask_buf(struct buf *request)
{
    int status = ask_bytes(buf_view(request).p, buf_view(request).n);
    buf_free(request);
    return status;
}

/* `many` times an 'a' between head and tail. */
static int ask_long(const char *head, int many, const char *tail)
{
    struct buf request;
    buf_init(&request, 128 << 10);
    buf_str(&request, head);
    for (int i = 0; i < many; i++)
        buf_char(&request, 'a');
    buf_str(&request, tail);
    return ask_buf(&request);
}

static void test_long_head(void **state)
{
    (void)state;
    assert_int_equal(ask_long("GET /", 5000, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 414);
    assert_int_equal(ask_long("GET / HTTP/1.1\r\nHost: x\r\nX-Long: ", 100 * 1024, "\r\n\r\n"), 431);

    struct buf request;
    buf_init(&request, 128 << 10);
    buf_str(&request, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    for (int i = 0; i < 150; i++)
        buf_printf(&request, "A%d: b\r\n", i);
    buf_str(&request, "\r\n");
    assert_int_equal(ask_buf(&request), 431);
    assert_int_equal(atomic_load(&fixture.calls), 0);
}

static void test_big_body(void **state)
{
    (void)state;
    enum { TEN = 10 * 1024 * 1024 };
    static const char end[] = "\r\n0\r\n\r\n";
    char *request = calloc(1, TEN + 1024);
    int n = sprintf(request, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", TEN);
    memset(request + n, 'a', TEN);
    assert_int_equal(ask_bytes(request, (size_t)n + TEN), 413);
    assert_non_null(strstr(answer, "application/problem+json"));
    n = sprintf(request, "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n%x\r\n",
                TEN);
    memset(request + n, 'a', TEN);
    memcpy(request + n + TEN, end, sizeof end);
    assert_int_equal(ask_bytes(request, (size_t)n + TEN + strlen(end)), 413);
    free(request);
    assert_int_equal(ask("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\nExpect: 100-continue\r\n\r\n"),
                     413);
    assert_null(strstr(answer, "100 Continue"));
    assert_int_equal(
        ask("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nConnection: close\r\n\r\n01234567890"), 413);
    assert_int_equal(atomic_load(&fixture.calls), 0);
    assert_int_equal(
        ask("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789"), 200);
}

/* Many half-sent bodies take no more than the budget; who comes then is told to come again, and nobody after that. */
static void test_many_bodies(void **state)
{
    (void)state;
    enum { HALF = 40 * 1024 };
    static char body[BODY_LIMIT];
    char head[128];
    int fds[CONNECTIONS - 2];
    size_t n = (size_t)sprintf(head, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", BODY_LIMIT - 1);
    memset(body, 'a', sizeof body);
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        fds[i] = open_connection();
        put(fds[i], head, n);
        put(fds[i], body, HALF);
    }
    wait_figure("lethe_http_body_bytes", BODY_BYTES - HALF, BODY_BYTES + 2 * BODY_LIMIT);
    char *request = calloc(1, sizeof body + sizeof head);
    memcpy(request, head, n);
    memcpy(request + n, body, BODY_LIMIT - 1);
    assert_int_equal(ask_bytes(request, n + BODY_LIMIT - 1), 503);
    assert_non_null(strstr(answer, "Retry-After: 1"));
    assert_non_null(strstr(answer, "Connection: close"));
    assert_true(figure("lethe_http_body_bytes") <= BODY_BYTES + 2 * BODY_LIMIT);
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        close(fds[i]);
    wait_figure("lethe_http_body_bytes", 0, 0);
    assert_int_equal(ask("POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"), 200);
    free(request);
}

static void test_body_with_nul(void **state)
{
    (void)state;
    static const char request[] =
        "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\na\0b\0c";
    assert_int_equal(ask_bytes(request, sizeof request - 1), 200);
    const char *body = strstr(answer, "\r\n\r\n") + 4;
    assert_memory_equal(body, "POST /p 5 a\0b\0c", 15);
}

static void test_pipelining(void **state)
{
    (void)state;
    int fd = open_connection();
    put_text(fd, "GET /one HTTP/1.1\r\nHost: x\r\n\r\nPOST /two HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok"
                 "GET /three HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    take_all(fd, answer, sizeof answer);
    close(fd);
    char *one = strstr(answer, "GET /one"), *two = strstr(answer, "POST /two 2 ok"),
         *three = strstr(answer, "GET /three");
    assert_true(one != NULL && two != NULL && three != NULL && one < two && two < three);
}

/* A client that sends a byte now and then is ended all the same, and told. */
static void test_slow_client(void **state)
{
    (void)state;
    const char *slow =
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    int fd = open_connection();
    int64_t start = clock_monotonic_us();
    struct pollfd p = {.fd = fd, .events = POLLIN};
    size_t i = 0;
    put(fd, slow, 20);
    for (i = 20; slow[i] != '\0' && poll(&p, 1, 100) == 0; i++)
        put(fd, slow + i, 1);
    take_all(fd, answer, sizeof answer);
    close(fd);
    assert_true(clock_monotonic_us() - start < SECONDS(4));
    assert_non_null(strstr(answer, " 408 "));
    assert_int_equal(atomic_load(&fixture.calls), 0);
}

static void test_silent_client(void **state)
{
    (void)state;
    int fd = open_connection();
    int64_t start = clock_monotonic_us();
    assert_int_equal(take_all(fd, answer, sizeof answer), 0);
    assert_true(clock_monotonic_us() - start < SECONDS(3));
    close(fd);
}

/* Who takes no answer does not keep a place either. */
static void test_slow_reader(void **state)
{
    (void)state;
    int fd = open_connection();
    put_text(fd, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_figure("lethe_http_timeouts_total", 1, INT64_MAX);
    size_t n = 0;
    for (ssize_t got; (got = recv(fd, answer, sizeof answer, 0)) > 0;)
        n += (size_t)got;
    assert_true(n < 15 << 20);
    close(fd);
}

static void test_too_big_an_answer(void **state)
{
    (void)state;
    assert_int_equal(ask("GET /toobig HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 500);
}

static void test_many_connections(void **state)
{
    (void)state;
    int fds[CONNECTIONS + 10];
    for (int i = 0; i < CONNECTIONS; i++)
        fds[i] = open_connection();
    /* a place is counted once the connection is accepted: ask on each */
    for (int i = 0; i < CONNECTIONS; i++) {
        put_text(fds[i], "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_true(recv(fds[i], answer, sizeof answer, 0) > 0);
    }
    for (int i = CONNECTIONS; i < CONNECTIONS + 10; i++)
        fds[i] = open_connection();
    for (int i = CONNECTIONS; i < CONNECTIONS + 10; i++) {
        put_text(fds[i], "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
        take_all(fds[i], answer, sizeof answer);
        assert_non_null(strstr(answer, "HTTP/1.1 503"));
        assert_non_null(strstr(answer, "Retry-After: 1"));
        close(fds[i]);
    }
    for (int i = 0; i < CONNECTIONS; i++)
        close(fds[i]);
}

static void *ask_hold(void *argument)
{
    (void)argument;
    int fd = open_connection();
    char got[1024];
    put_text(fd, "GET /hold HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    take_all(fd, got, sizeof got);
    close(fd);
    return strstr(got, "200 OK") != NULL ? argument : NULL;
}

/* Handlers that block hold up neither health nor, when they end, a stop; a handler may take longer than a client. */
static void test_busy_workers(void **state)
{
    (void)state;
    pthread_t threads[6];
    atomic_store(&fixture.hold, true);
    for (int i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, ask_hold, &fixture);
    int64_t end = clock_monotonic_us() + SECONDS(20);
    while (atomic_load(&fixture.held) < 2) {
        assert_true(clock_monotonic_us() < end);
        usleep(1000);
    }
    assert_int_equal(ask("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 200);
    /* a client that came later than the held ones has been ended: so their time limit is over, too */
    int silent = open_connection();
    put_text(silent, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n");
    wait_figure("lethe_http_timeouts_total", 1, INT64_MAX);
    close(silent);
    atomic_store(&fixture.hold, false);
    for (int i = 0; i < 6; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, &fixture);
    }
}

static void test_client(void **state)
{
    (void)state;
    char url[64];
    struct arena *arena = arena_new();
    struct http_client *client = http_client_new(NULL);
    struct http_answer got;
    struct error err;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/x", http_server_port(fixture.server));
    struct http_call call = {
        .method = HTTP_POST, .url = url, .body = TEXT("abc"), .timeout_ms = 2000, .answer_limit = 100};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(http_client_call(client, &call, arena, &got, &err), DONE);
        assert_int_equal(got.status, 200);
        assert_true(text_is(got.body, "POST /x 3 abc"));
        assert_true(text_is(got.content_type, "text/plain"));
    }
    call.method = HTTP_DELETE;
    call.body = TEXT_NONE;
    assert_int_equal(http_client_call(client, &call, arena, &got, &err), DONE);
    assert_true(text_is(got.body, "DELETE /x 0 "));
    call.method = HTTP_PATCH;
    call.body = TEXT("z");
    assert_int_equal(http_client_call(client, &call, arena, &got, &err), DONE);
    assert_true(text_is(got.body, "PATCH /x 1 z"));
    call.method = HTTP_GET;
    assert_int_equal(http_client_call(client, &call, arena, &got, &err), DONE);
    assert_true(text_is(got.body, "GET /x 0 "));
    struct header split = {.name = TEXT("X-A"), .value = TEXT("a\r\nX-B: 1")};
    call.headers = &split;
    call.headers_n = 1;
    assert_int_equal(http_client_call(client, &call, arena, &got, &err), REFUSED);
    call.headers_n = 0;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/big", http_server_port(fixture.server));
    assert_int_equal(http_client_call(client, &call, arena, &got, &err), REFUSED);
    assert_string_equal(err.rule, "too large");
    atomic_store(&fixture.hold, true);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/hold", http_server_port(fixture.server));
    call.timeout_ms = 200;
    assert_int_equal(http_client_call(client, &call, arena, &got, &err), RETRY);
    atomic_store(&fixture.hold, false);
    (void)snprintf(url, sizeof url, "file:///etc/passwd");
    assert_int_equal(http_client_call(client, &call, arena, &got, &err), REFUSED);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:1/");
    assert_int_equal(http_client_call(client, &call, arena, &got, &err), RETRY);
    http_client_free(client);
    arena_free(arena);
}

static void test_address(void **state)
{
    (void)state;
    struct http_server *server = NULL;
    struct error err;
    char taken[32];
    (void)snprintf(taken, sizeof taken, "127.0.0.1:%u", http_server_port(fixture.server));
    const char *addresses[] = {taken, "nowhere", "127.0.0.1:", "127.0.0.1:http:x", "256.1.1.1:0"};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct http_config config = {.address = addresses[i], .threads = 1};
        assert_int_equal(http_server_start(&config, dispatch, body_limit, &fixture, NULL, NULL, &server, &err),
                         REFUSED);
        assert_null(server);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_good),
        CASE(test_head),
        CASE(test_methods),
        CASE(test_broken),
        CASE(test_long_head),
        CASE(test_big_body),
        CASE(test_many_bodies),
        CASE(test_body_with_nul),
        CASE(test_pipelining),
        CASE(test_slow_client),
        CASE(test_silent_client),
        CASE(test_slow_reader),
        CASE(test_too_big_an_answer),
        CASE(test_many_connections),
        CASE(test_busy_workers),
        CASE(test_client),
        CASE(test_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
