/* Targets, headers, forms, Accept and routes, without a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/http/internal.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static bool target(struct http_request *request, const char *text)
{
    memset(request, 0, sizeof *request);
    return http_request_target(request, text_of(text), arena);
}

static void test_target(void **state)
{
    (void)state;
    struct http_request r;
    assert_true(target(&r, "/v1/requests?status=open&limit=5&name=a+b%20c&flag"));
    assert_true(text_is(r.path, "/v1/requests"));
    assert_int_equal(r.query_n, 4);
    assert_true(text_is(http_query(&r, "limit"), "5"));
    assert_true(text_is(http_query(&r, "name"), "a b c"));
    assert_true(text_is(http_query(&r, "flag"), ""));
    assert_null(http_query(&r, "missing").p);

    assert_true(target(&r, "/%41b+c"));
    assert_true(text_is(r.path, "/Ab+c"));
}

static void test_broken_targets(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",       "v1",    "http://host/v1", "/a%",      "/a%4",   "/a%zz",  "/a%00b", "/a%2fb", "/a%2Fb",   "/a%0ab",
        "/a%ffb", "/\xff", "/a?b=%00",       "/a?b=%ff", "/a?b=%", "/a?%=1", "*",      "/a%7f",  "/\xc0\xaf"};
    struct http_request r;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        if (target(&r, broken[i]))
            fail_msg("taken: %s", broken[i]);
    char many[256] = "/a?";
    size_t length = strlen(many);
    for (int i = 0; i < HTTP_QUERY_MOST + 1; i++)
        length += (size_t)snprintf(many + length, sizeof many - length, "a=1&");
    assert_false(target(&r, many));
}

static void with_headers(struct http_request *r, const char *const *pairs, size_t n)
{
    struct header *headers = ARENA_ARRAY(arena, n, struct header);
    memset(r, 0, sizeof *r);
    for (size_t i = 0; i < n; i++)
        headers[i] = (struct header){.name = text_of(pairs[2 * i]), .value = text_of(pairs[2 * i + 1])};
    http_request_headers(r, headers, n, arena);
}

static void test_headers(void **state)
{
    (void)state;
    struct http_request r;
    const char *pairs[] = {"Content-Type", "Multipart/Form-Data; charset=utf-8; Boundary=\"a;b\"",
                           "X-Request-ID", "0199a3c0-0000-7000-8000-00000000abcd",
                           "CE-Id",        "  x "};
    with_headers(&r, pairs, 3);
    assert_true(text_is(r.content_type, "multipart/form-data"));
    assert_true(text_is(r.boundary, "a;b"));
    assert_string_equal(r.request_id, "0199a3c0-0000-7000-8000-00000000abcd");
    assert_true(text_is(http_header(&r, "ce-id"), "x"));
}

static void test_request_id_is_made(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "short",
                                      "has space in it",
                                      "0123456789012345678901234567890123456",
                                      "semi;colon;12",
                                      "quote\"quote",
                                      "abc-123_4.5",
                                      "ada.lovelace"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct http_request r;
        const char *pairs[] = {"X-Request-Id", bad[i]};
        with_headers(&r, pairs, 1);
        struct uuid id;
        assert_true(uuid_parse(text_of(r.request_id), &id));
        assert_string_not_equal(r.request_id, bad[i]);
    }
}

static struct text form(const char *type, struct text body, const char *name)
{
    struct http_request r;
    const char *pairs[] = {"Content-Type", type};
    with_headers(&r, pairs, 1);
    r.body = body;
    return http_form(&r, name, arena);
}

static void test_urlencoded(void **state)
{
    (void)state;
    const char *type = "application/x-www-form-urlencoded; charset=UTF-8";
    struct text body =
        TEXT("List-Unsubscribe=One-Click&na%6De=J%C3%B6rg+M&empty=&nul=a%00b&bad=%zz&latin=%E9&twice=1&twice=2");
    assert_true(text_is(form(type, body, "List-Unsubscribe"), "One-Click"));
    assert_true(text_is(form(type, body, "name"), "J\xc3\xb6rg M"));
    assert_true(text_is(form(type, body, "empty"), ""));
    assert_true(text_is(form(type, body, "twice"), "1"));
    assert_null(form(type, body, "nul").p);
    assert_null(form(type, body, "bad").p);
    assert_null(form(type, body, "latin").p);
    assert_null(form(type, body, "absent").p);
    assert_null(form("application/json", body, "name").p);
    assert_null(form(type, TEXT(""), "name").p);
}

static void test_multipart(void **state)
{
    (void)state;
    const char *type = "multipart/form-data; boundary=xYz";
    struct text body = TEXT("preamble\r\n--xYz\r\nContent-Disposition: form-data; name=\"a;b\"\r\n\r\none\r\n"
                            "--xYz\r\ncontent-disposition: form-data; filename=\"name=c\"; name=\"c\"\r\n"
                            "Content-Type: text/plain\r\n\r\nline 1\r\nline 2\r\n--xYz\r\n"
                            "Content-Disposition: form-data; name=nul\r\n\r\na\0b\r\n--xYz--\r\n");
    assert_true(text_is(form(type, body, "a;b"), "one"));
    assert_true(text_is(form(type, body, "c"), "line 1\r\nline 2"));
    assert_null(form(type, body, "nul").p);
    assert_null(form(type, body, "preamble").p);
    assert_null(form("multipart/form-data", body, "c").p);
    /* whatever is cut off, nothing is read past the end */
    for (size_t n = 0; n < body.n; n++) {
        char *cut = text_cstr(arena, (struct text){.p = body.p, .n = n});
        (void)form(type, (struct text){.p = cut, .n = n}, "c");
        (void)form(type, (struct text){.p = cut, .n = n}, "zzz");
    }
}

static bool accepts(const char *accept, const char *type)
{
    struct http_request r;
    const char *pairs[] = {"Accept", accept};
    with_headers(&r, pairs, 1);
    return http_accepts(&r, type);
}

static void test_accept(void **state)
{
    (void)state;
    assert_true(accepts("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"));
    assert_true(accepts("Text/HTML", "text/html"));
    assert_true(accepts("application/json;q=0.5, text/html;q=0.8", "text/html"));
    assert_true(accepts("text/html, application/json", "text/html"));
    assert_false(accepts("application/json, text/html", "text/html"));
    assert_false(accepts("*/*", "text/html"));
    assert_false(accepts("text/html;q=0, application/json", "text/html"));
    assert_false(accepts("", "text/html"));
}

static void test_routes(void **state)
{
    (void)state;
    struct text p[HTTP_PATH_PARAMS];
    assert_true(http_route_match("/v1/requests", TEXT("/v1/requests"), p));
    assert_null(p[0].p);
    assert_true(http_route_match("/v1/requests/{id}/cancel", TEXT("/v1/requests/a-b_c.d~9/cancel"), p));
    assert_true(text_is(p[0], "a-b_c.d~9"));
    assert_true(http_route_match("/{a}/{b}", TEXT("/x/y"), p));
    assert_true(text_is(p[1], "y"));
    assert_false(http_route_match("/v1/requests", TEXT("/v1/requests/"), p));
    assert_false(http_route_match("/v1/requests", TEXT("/v1/request"), p));
    assert_false(http_route_match("/v1/{id}", TEXT("/v1/"), p));
    assert_false(http_route_match("/v1/{id}", TEXT("/v1/a/b"), p));
    assert_false(http_route_match("/v1/{id}", TEXT("/v1/a@b"), p));
    assert_false(http_route_match("/v1/{id}", TEXT("/v1/a\0b"), p));
    assert_false(http_route_match("/v1/{id}", TEXT_NONE, p));
    char longer[160] = "/v1/";
    memset(longer + 4, 'a', 129);
    assert_false(http_route_match("/v1/{id}", text_of(longer), p));
    longer[4 + 128] = '\0';
    assert_true(http_route_match("/v1/{id}", text_of(longer), p));
}

static void test_problem(void **state)
{
    (void)state;
    struct http_response response = {0};
    struct http_request request = {.request_id = "abc-12345"};
    struct error err;
    buf_init(&response.body, HTTP_ANSWER_MOST);
    buf_str(&response.body, "half an answer");
    (void)error_refuse(&err, "/data/version", "required", "a \"version\" is missing");
    http_problem(&response, &request, 422, &err);
    assert_int_equal(response.status, 422);
    assert_string_equal(response.content_type, "application/problem+json");
    assert_true(
        text_is(buf_view(&response.body),
                "{\"type\":\"about:blank\",\"title\":\"Unprocessable Content\",\"status\":422,"
                "\"detail\":\"a \\\"version\\\" is missing\",\"pointer\":\"/data/version\",\"rule\":\"required\","
                "\"request_id\":\"abc-12345\"}\n"));
    /* a text that was cut within a character loses that character alone */
    memcpy(err.pointer, "/a\xc3", 4);
    http_problem(&response, NULL, 400, &err);
    assert_non_null(strstr(text_cstr(arena, buf_view(&response.body)), "\"pointer\":\"/a\""));
    buf_free(&response.body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_target, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken_targets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_request_id_is_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_urlencoded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_multipart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_accept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_routes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_problem, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
