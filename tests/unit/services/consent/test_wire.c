/* The JSON of the internal calls: read within bounds, written as it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/consent/wire.h"

static struct arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void test_decide_request(void **state)
{
    struct text json =
        TEXT("{\"items\":[{\"keys\":[{\"kind\":\"email\",\"hash\":\"000102030405060708090a0b0c0d0e0f\"}],"
             "\"purpose\":\"news\",\"channel\":\"email\"},"
             "{\"keys\":[],\"purpose\":\"x\",\"channel\":\"email\",\"record\":"
             "\"01890000-0000-7000-8000-000000000001\"}]}");
    struct error err;
    void *out;

    (void)state;
    assert_int_equal(event_decode(&decide_request_type, json, arena, &out, &err), DONE);
    const struct decide_items *items = &((struct decide_request *)out)->items;
    assert_int_equal(items->n, 2);
    assert_int_equal(items->items[0].keys.n, 1);
    assert_int_equal(items->items[0].keys.items[0].kind, KEY_EMAIL);
    assert_true(uuid_is_nil(&items->items[0].record));
    assert_false(uuid_is_nil(&items->items[1].record));
    assert_int_equal(event_decode(&decide_request_type, TEXT("{}"), arena, &out, &err), REFUSED);
    assert_int_equal(event_decode(&decide_request_type, TEXT("{\"items\":[{\"keys\":[],\"channel\":\"email\"}]}"),
                                  arena, &out, &err),
                     REFUSED);
}

static void test_decide_answer(void **state)
{
    const struct decide_answer answers[] = {
        {.allowed = true,
         .ground = TEXT("consent"),
         .position = 7,
         .statement = 3,
         .unsubscribe_url = TEXT("https://x.example/unsubscribe/abc")},
        {.allowed = false, .why = TEXT("withdrawn"), .position = INT64_MIN, .statement = INT64_MIN},
    };
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    wire_decide(answers, 2, &out);
    assert_true(text_is(buf_view(&out),
                        "{\"items\":[{\"allowed\":true,\"ground\":\"consent\",\"position\":7,\"statement\":3,"
                        "\"unsubscribe_url\":\"https://x.example/unsubscribe/abc\"},"
                        "{\"allowed\":false,\"why\":\"withdrawn\"}]}"));
    buf_free(&out);
}

static void test_evidence_leaves_out_what_is_absent(void **state)
{
    struct confirmation_evidence evidence = {.how = "confirm",
                                             .at = 0,
                                             .client = TEXT("192.0.2.1"),
                                             .purpose = TEXT("news"),
                                             .statement = 3,
                                             .statement_digest = TEXT_NONE};
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    wire_evidence(&evidence, &out);
    assert_true(text_is(buf_view(&out), "{\"how\":\"confirm\",\"at\":\"1970-01-01T00:00:00Z\",\"client\":\"192.0.2.1\","
                                        "\"purpose\":\"news\",\"statement\":3}"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decide_request),
        cmocka_unit_test(test_decide_answer),
        cmocka_unit_test(test_evidence_leaves_out_what_is_absent),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
