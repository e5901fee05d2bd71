/* Bodies: what is passed on carries the operator, and nobody else can say who that is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "services/admin/body.h"

static struct arena *arena;
static const struct uuid nil = {{0}};
static struct uuid who;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return uuid_parse(TEXT("01890a5d-ac96-774b-bcce-b302099a8057"), &who) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void test_with_operator(void **state)
{
    (void)state;
    struct error err;
    struct text out;
#define OPERATOR "{\"operator\":\"01890a5d-ac96-774b-bcce-b302099a8057\""
    static const char *const pairs[][2] = {
        {"", OPERATOR "}"},
        {" { } ", OPERATOR "}"},
        {"{\"a\": [1, 2]}", OPERATOR ",\"a\":[1,2]}"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_int_equal(body_with_operator(text_of(pairs[i][0]), "operator", &who, &nil, arena, &out, &err), DONE);
        assert_true(text_is(out, pairs[i][1]));
    }
    assert_int_equal(body_with_operator(TEXT("{\"a\":1}"), "operator", &who, &who, arena, &out, &err), DONE);
    assert_true(text_is(out, OPERATOR ",\"id\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"a\":1}"));
}

static void test_broken(void **state)
{
    (void)state;
    static const char *const broken[] = {"[1]", "\"a\"", "1", "{", "{\"a\":1,\"a\":2}", "{\"a\":\"\\u0000\"}",
                                         "nul", "{}{}"};
    struct error err;
    struct text out;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        error_clear(&err);
        if (body_with_operator(text_of(broken[i]), "by", &who, &nil, arena, &out, &err) != REFUSED)
            fail_msg("taken: %s", broken[i]);
        assert_true(err.status == 400 || err.status == 422);
        assert_true(err.rule[0] != '\0');
    }
}

struct sample {
    struct text name;
    int64_t n;
};
static const struct field sample_fields[] = {
    {.name = "name",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct sample, name),
     .least = 1,
     .most = 4},
    {.name = "n", .kind = FIELD_INT, .offset = offsetof(struct sample, n)},
};
static const struct object_type sample_type = {.fields = sample_fields, .fields_n = 2, .size = sizeof(struct sample)};

static void test_pointers_are_of_the_body(void **state)
{
    (void)state;
    struct error err;
    void *out = NULL;
    error_clear(&err);
    assert_int_equal(body_read(&sample_type, TEXT("{\"name\":\"longer\"}"), arena, &out, &err), REFUSED);
    assert_string_equal(err.pointer, "/name");
    assert_int_equal(err.status, 422);
    error_clear(&err);
    assert_int_equal(body_read(&sample_type, TEXT("{\"name\":"), arena, &out, &err), REFUSED);
    assert_int_equal(err.status, 400);
    assert_int_equal(body_read(&sample_type, TEXT("{\"name\":\"ab\",\"n\":3}"), arena, &out, &err), DONE);
}

static void test_writing(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 4096);
    struct json json = json_open(&out);
    json_text(&json, "absent", TEXT_NONE);
    json_text(&json, "a", TEXT("x\"y"));
    json_int(&json, "b", -1);
    json_int(&json, "absent", INT64_MIN);
    json_time(&json, "c", INT64_C(1763629200000000));
    json_time(&json, "absent", CLOCK_NONE);
    json_uuid(&json, "absent", &nil);
    json_bool(&json, "d", false);
    json_uuids(&json, "e", &who, 1);
    json_raw(&json, "f", TEXT("[1]"));
    json_close(&json);
    assert_true(text_is(buf_view(&out), "{\"a\":\"x\\\"y\",\"b\":-1,\"c\":\"2025-11-20T09:00:00Z\",\"d\":false,"
                                        "\"e\":[\"01890a5d-ac96-774b-bcce-b302099a8057\"],\"f\":[1]}"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_with_operator, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pointers_are_of_the_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_writing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
