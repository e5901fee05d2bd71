/* The CloudEvents envelope: binary over Kafka and HTTP, structured, batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/event/event.h"

struct box {
    struct arena *arena;
    struct error err;
    struct cloud_event event;
};

static int set_up(void **state)
{
    struct box *box = calloc(1, sizeof *box);

    assert_non_null(box);
    box->arena = arena_new();
    *state = box;
    return 0;
}

static int tear_down(void **state)
{
    struct box *box = *state;

    arena_free(box->arena);
    free(box);
    return 0;
}

#define H(key, text)                                                                                                   \
    {                                                                                                                  \
        .name = {.p = (key), .n = sizeof(key) - 1}, .value = {.p = (text), .n = sizeof(text) - 1 }                     \
    }
#define FROM(headers, prefix)                                                                                          \
    cloud_event_from_headers(headers, sizeof(headers) / sizeof *(headers), prefix, TEXT("{}"), box->arena,             \
                             &box->event, &box->err)

static void binary_mode_reads_headers(void **state)
{
    static const struct header headers[] = {
        H("ce_specversion", "1.0"),
        H("ce_id", "e-1"),
        H("ce_source", "urn:crm"),
        H("ce_type", "lethe.contact.recorded"),
        H("ce_subject", "s"),
        H("ce_time", "2026-11-20T09:00:00Z"),
        H("ce_controller", "acme"),
        H("ce_traceparent", "00-a-b-01"),
        H("ce_extra", "ignored"),
        H("content-type", "application/json; charset=utf-8"),
        H("other", "x"),
    };
    struct box *box = *state;

    assert_int_equal(FROM(headers, "ce_"), DONE);
    assert_true(text_is(box->event.meta.id, "e-1") && text_is(box->event.meta.source, "urn:crm"));
    assert_true(text_is(box->event.meta.type, "lethe.contact.recorded"));
    assert_true(text_is(box->event.meta.subject, "s") && text_is(box->event.meta.controller, "acme"));
    assert_true(text_is(box->event.meta.traceparent, "00-a-b-01"));
    assert_true(box->event.meta.time_us == INT64_C(1795165200) * US_PER_S);
    assert_int_equal(box->event.meta.partition, -1);
    assert_true(text_is(box->event.data, "{}"));
}

static void http_headers_are_percent_decoded_whatever_their_case(void **state)
{
    static const struct header headers[] = {
        H("Ce-SpecVersion", "1.0"),
        H("CE-ID", "a%20b%C3%A4%zz%"),
        H("ce-source", "/crm"),
        H("ce-type", "t"),
    };
    struct box *box = *state;

    assert_int_equal(FROM(headers, "ce-"), DONE);
    assert_true(text_is(box->event.meta.id, "a b\xc3\xa4%zz%"));
    assert_true(box->event.meta.time_us == CLOCK_NONE);
    assert_null(box->event.meta.subject.p);
}

static void refused_header(struct box *box, const char *name, struct text value, const char *pointer, const char *rule)
{
    struct header headers[] = {
        H("ce_specversion", "1.0"), H("ce_id", "e"), H("ce_source", "s"), H("ce_type", "t"), H("ce_none", "x"),
    };
    size_t n = sizeof headers / sizeof *headers, i;

    for (i = 0; i < n - 1 && !text_is(headers[i].name, name); i++)
        ;
    headers[i] = (struct header){.name = text_of(name), .value = value};
    assert_int_equal(cloud_event_from_headers(headers, n, "ce_", TEXT("{}"), box->arena, &box->event, &box->err),
                     REFUSED);
    assert_string_equal(box->err.pointer, pointer);
    assert_string_equal(box->err.rule, rule);
}

static void faults_of_headers_are_named(void **state)
{
    static char big[1025];
    struct box *box = *state;

    memset(big, 'x', sizeof big);
    refused_header(box, "ce_id", TEXT(""), "/id", "required");
    refused_header(box, "ce_source", TEXT_NONE, "/source", "required");
    refused_header(box, "ce_type", TEXT(""), "/type", "required");
    refused_header(box, "ce_specversion", TEXT("0.3"), "/specversion", "enum");
    refused_header(box, "ce_id", (struct text){.p = big, .n = sizeof big}, "/id", "too long");
    refused_header(box, "ce_id", TEXT("a\nb"), "/id", "format");
    refused_header(box, "ce_id", TEXT("\xff"), "/id", "utf-8");
    refused_header(box, "ce_time", TEXT("yesterday"), "/time", "format");
    refused_header(box, "ce_time", TEXT("2026-02-29T00:00:00Z"), "/time", "format");
    refused_header(box, "content-type", TEXT("text/xml"), "/datacontenttype", "enum");
    refused_header(box, "CE_ID", TEXT("again"), "/id", "duplicate member");
}

static void structured_mode_keeps_data_as_written(void **state)
{
    struct box *box = *state;
    struct text json = TEXT("{\"specversion\":\"1.0\",\"id\":\"e\\u0031\",\"source\":\"s\",\"type\":\"t\",\"ext\":7,"
                            "\"subject\":null,\"data\": {\"a\" : [1]} ,\"datacontenttype\":\"application/json\"}");

    assert_int_equal(cloud_event_from_json(json, box->arena, &box->event, &box->err), DONE);
    assert_true(text_is(box->event.meta.id, "e1"));
    assert_null(box->event.meta.subject.p);
    assert_true(text_is(box->event.data, "{\"a\" : [1]}"));
    assert_true(box->event.data.p > json.p && box->event.data.p < json.p + json.n);
}

static void refused(struct box *box, const char *json, const char *pointer, const char *rule)
{
    assert_int_equal(cloud_event_from_json(text_of(json), box->arena, &box->event, &box->err), REFUSED);
    if (strcmp(box->err.pointer, pointer) != 0 || strcmp(box->err.rule, rule) != 0)
        fail_msg("%s: %s %s", json, box->err.pointer, box->err.rule);
}

#define HEAD "{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"s\",\"type\":\"t\""
static void faults_of_the_structured_mode_are_named(void **state)
{
    refused(*state, "[]", "", "type");
    refused(*state, "", "", "json");
    refused(*state, "{\"id\":\"e\",\"source\":\"s\",\"type\":\"t\"}", "/specversion", "required");
    refused(*state, HEAD ",\"id\":\"f\"}", "/id", "duplicate member");
    refused(*state, HEAD ",\"subject\":7}", "/subject", "type");
    refused(*state, HEAD ",\"data_base64\":\"e30=\"}", "/data_base64", "format");
    refused(*state, HEAD ",\"data\":{\"a\":1,\"a\":2}}", "/data/a", "duplicate member");
    refused(*state, HEAD ",\"data\":[[[[[[[[[[[[[[[[[1", "/data/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0", "depth");
    refused(*state, HEAD "} x", "", "json");
}

static void a_batch_refuses_single_items(void **state)
{
    static const char json[] = "[" HEAD ",\"data\":{\"n\":1}}," HEAD ",\"data\":{\"n\":1,\"n\":2}},7,"
                               "{\"id\":\"]}\\\"\"},{\"a\":tru}," HEAD ",\"data\":{\"s\":\"},]\"}}]";
    struct box *box = *state;
    struct cloud_event_item *items;
    size_t n;

    assert_int_equal(cloud_events_from_batch(text_of(json), 100, box->arena, &items, &n, &box->err), DONE);
    assert_int_equal(n, 6);
    assert_int_equal(items[0].outcome, DONE);
    assert_true(text_is(items[0].event.data, "{\"n\":1}"));
    assert_int_equal(items[1].outcome, REFUSED);
    assert_string_equal(items[1].error.pointer, "/data/n");
    assert_string_equal(items[2].error.rule, "type");
    assert_string_equal(items[3].error.pointer, "/specversion");
    assert_string_equal(items[4].error.rule, "json");
    assert_int_equal(items[5].outcome, DONE);
    assert_int_equal(cloud_events_from_batch(text_of(json), 5, box->arena, &items, &n, &box->err), REFUSED);
    assert_string_equal(box->err.rule, "items");
    assert_int_equal(cloud_events_from_batch(TEXT("[]"), 5, box->arena, &items, &n, &box->err), DONE);
    assert_int_equal(n, 0);
}

static void a_broken_batch_is_refused(void **state)
{
    static const char *const broken[] = {"", "{}", "[", "[{}", "[{},", "[{}]x", "[\"abc", "7"};
    struct box *box = *state;
    struct cloud_event_item *items;
    size_t n;

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_int_equal(cloud_events_from_batch(text_of(broken[i]), 5, box->arena, &items, &n, &box->err), REFUSED);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(binary_mode_reads_headers),
        CASE(http_headers_are_percent_decoded_whatever_their_case),
        CASE(faults_of_headers_are_named),
        CASE(structured_mode_keeps_data_as_written),
        CASE(faults_of_the_structured_mode_are_named),
        CASE(a_batch_refuses_single_items),
        CASE(a_broken_batch_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
