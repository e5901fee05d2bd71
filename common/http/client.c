/* http/client: libcurl with kept-alive connections, whole-call timeouts and bounded answers. */
#include "common/http/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADERS_MOST = 100,
    CONNECT_MS = 2000,
    DEFAULT_MS = 10000,
    DEFAULT_LIMIT = 1024 * 1024,
};

struct http_client {
    CURL *curl;
    const struct log *log;
};

/* What one answer fills. */
struct intake {
    struct arena *arena;
    struct buf body;
    struct http_answer *answer;
    bool too_large;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    ENSURE(curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK);
}

struct http_client *http_client_new(const struct log *log)
{
    pthread_once(&curl_once, start_curl);
    struct http_client *client = calloc(1, sizeof *client);
    ENSURE(client != NULL);
    client->log = log;
    client->curl = curl_easy_init();
    ENSURE(client->curl != NULL);
    return client;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    free(client);
}

static size_t take_body(char *p, size_t size, size_t n, void *cls)
{
    struct intake *in = cls;
    buf_add(&in->body, p, size * n);
    in->too_large = in->body.failed;
    return in->too_large ? 0 : size * n;
}

static size_t take_header(char *p, size_t size, size_t n, void *cls)
{
    struct intake *in = cls;
    struct text line = {.p = p, .n = size * n};
    if (text_starts(line, "HTTP/")) { /* a further head (100 Continue came before) begins anew */
        in->answer->headers_n = 0;
        return size * n;
    }
    const char *colon = memchr(p, ':', line.n);
    if (colon == NULL || in->answer->headers_n == HEADERS_MOST)
        return size * n;
    struct text name = text_copy(in->arena, (struct text){.p = p, .n = (size_t)(colon - p)});
    char *lowered = text_cstr(in->arena, name);
    for (size_t i = 0; i < name.n; i++)
        if (lowered[i] >= 'A' && lowered[i] <= 'Z')
            lowered[i] = (char)(lowered[i] - 'A' + 'a');
    struct text value = {.p = colon + 1, .n = line.n - name.n - 1};
    in->answer->headers[in->answer->headers_n++] = (struct header){
        .name = {.p = lowered, .n = name.n},
        .value = text_copy(in->arena, text_trim(value)),
    };
    return size * n;
}

/* Adds "name: value"; a value with a line break would be a second header: refused. */
static enum outcome add_header(struct curl_slist **list, struct arena *arena, struct text name, struct text value,
                               struct error *err)
{
    if (memchr(value.p, '\n', value.n) != NULL || memchr(value.p, '\r', value.n) != NULL)
        return error_refuse(err, "", "header", "a header's value holds a line break");
    struct text line = text_format(arena, "%.*s: %.*s", TEXT_ARGS(name), TEXT_ARGS(value));
    struct curl_slist *longer = curl_slist_append(*list, text_cstr(arena, line));
    ENSURE(longer != NULL);
    *list = longer;
    return DONE;
}

static enum outcome make_headers(const struct http_call *call, struct arena *arena, struct curl_slist **list,
                                 struct error *err)
{
    const char *type = call->content_type != NULL ? call->content_type : "application/json";
    if (call->method == HTTP_POST || call->method == HTTP_PATCH)
        TRY(add_header(list, arena, TEXT("Content-Type"), text_of(type), err));
    TRY(add_header(list, arena, TEXT("Expect"), TEXT(""), err)); /* no wait for 100 Continue */
    if (call->bearer != NULL)
        TRY(add_header(list, arena, TEXT("Authorization"), text_format(arena, "Bearer %s", call->bearer), err));
    for (size_t i = 0; i < call->headers_n; i++)
        TRY(add_header(list, arena, call->headers[i].name, call->headers[i].value, err));
    return DONE;
}

static void set_method(CURL *curl, const struct http_call *call)
{
    static const char *const names[] = {
        [HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE"};
    if (call->method == HTTP_GET) {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
        return;
    }
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.p != NULL ? call->body.p : "");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, names[call->method]);
}

static void set_up(struct http_client *client, const struct http_call *call, struct intake *in,
                   struct curl_slist *headers)
{
    CURL *curl = client->curl;
    curl_easy_reset(curl); /* keeps the connections */
    curl_easy_setopt(curl, CURLOPT_URL, call->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(call->timeout_ms > 0 ? call->timeout_ms : DEFAULT_MS));
    curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, 20L); /* our servers end idle ones after 30 s */
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, in);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, in);
    set_method(curl, call);
}

static enum outcome perform(struct http_client *client, struct intake *in, struct error *err)
{
    CURLcode code = curl_easy_perform(client->curl);
    if (in->too_large)
        return error_refuse(err, "", "too large", "the answer is larger than the call allows");
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return error_refuse(err, "", "url", "the address of the call is no http or https URL");
    if (code != CURLE_OK)
        return error_retry(err, "http", "no answer over HTTP: %s", curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    in->answer->status = (int)status;
    in->answer->body = text_copy(in->arena, buf_view(&in->body));
    return DONE;
}

enum outcome http_client_call(struct http_client *client, const struct http_call *call, struct arena *arena,
                              struct http_answer *answer, struct error *err)
{
    *answer = (struct http_answer){.headers = ARENA_ARRAY(arena, HEADERS_MOST, struct header)};
    struct curl_slist *headers = NULL;
    enum outcome o = make_headers(call, arena, &headers, err);
    if (o == DONE) {
        struct intake in = {.arena = arena, .answer = answer};
        buf_init(&in.body, call->answer_limit > 0 ? call->answer_limit : DEFAULT_LIMIT);
        set_up(client, call, &in, headers);
        o = perform(client, &in, err);
        buf_free(&in.body);
    }
    curl_slist_free_all(headers);
    for (size_t i = 0; i < answer->headers_n; i++)
        if (text_is(answer->headers[i].name, "content-type"))
            answer->content_type = answer->headers[i].value;
    return o;
}
