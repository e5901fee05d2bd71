/* Decoding by field tables: every kind, every rule and its pointer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/event/event.h"

enum colour { RED, GREEN };
static const char *const colour_names[] = {"red", "green", NULL};

struct inner {
    struct text name;
    int64_t count;
};
struct inner_list {
    struct inner *items;
    size_t n;
};
struct all {
    struct text name;
    bool has_inner, flag;
    int64_t number, at;
    struct uuid id;
    struct hash hash;
    int colour;
    struct version version;
    struct scalar_list fields;
    struct text json;
    struct inner inner;
    struct text_list texts;
    struct uuid_list ids;
    struct hash_list hashes;
    struct inner_list inners;
};

static enum outcome check_inner(const void *object, const char *pointer, struct error *err)
{
    const struct inner *inner = object;
    char at[64];

    (void)snprintf(at, sizeof at, "%s/name", pointer);
    return text_is(inner->name, "bad") ? error_refuse(err, at, "a rule", "it is bad") : DONE;
}

static const struct field inner_fields[] = {
    {.name = "name", .kind = FIELD_TEXT, .required = true, .offset = offsetof(struct inner, name), .most = 4},
    {.name = "count", .kind = FIELD_INT, .offset = offsetof(struct inner, count)},
};
static const struct object_type inner_type = {
    .fields = inner_fields, .fields_n = 2, .size = sizeof(struct inner), .check = check_inner};

#define AT(m) .name = #m, .offset = offsetof(struct all, m)
static const struct field all_fields[] = {
    {AT(name), .kind = FIELD_TEXT, .required = true, .least = 1, .most = 8},
    {AT(flag), .kind = FIELD_BOOL},
    {AT(number), .kind = FIELD_INT, .least = -5, .most = 5, .nullable = true},
    {AT(at), .kind = FIELD_TIME},
    {AT(id), .kind = FIELD_UUID},
    {AT(hash), .kind = FIELD_HASH},
    {AT(colour), .kind = FIELD_ENUM, .names = colour_names},
    {AT(version), .kind = FIELD_VERSION},
    {AT(fields), .kind = FIELD_SCALARS, .most = 5},
    {AT(json), .kind = FIELD_JSON, .most = 40},
    {AT(inner), .kind = FIELD_OBJECT, .present_offset = offsetof(struct all, has_inner), .type = &inner_type},
    {AT(texts), .kind = FIELD_TEXTS, .least = 0, .most = 2},
    {AT(ids), .kind = FIELD_UUIDS},
    {AT(hashes), .kind = FIELD_HASHES},
    {AT(inners), .kind = FIELD_OBJECTS, .least = 1, .most = 3, .type = &inner_type},
};
static const struct object_type closed_type = {
    .fields = all_fields, .fields_n = sizeof all_fields / sizeof *all_fields, .size = sizeof(struct all)};
static const struct object_type open_type = {
    .fields = all_fields, .fields_n = sizeof all_fields / sizeof *all_fields, .size = sizeof(struct all), .open = true};

struct box {
    struct arena *arena;
    struct error err;
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

static const struct all *decoded(struct box *box, const char *json)
{
    void *out = NULL;
    enum outcome outcome = event_decode(&closed_type, text_of(json), box->arena, &out, &box->err);

    if (outcome != DONE)
        fail_msg("%s: %s %s", json, box->err.pointer, box->err.rule);
    return out;
}

static void refused_as(struct box *box, const struct object_type *type, struct text json, const char *pointer,
                       const char *rule)
{
    void *out = NULL;

    error_clear(&box->err);
    if (event_decode(type, json, box->arena, &out, &box->err) != REFUSED)
        fail_msg("%.*s was not refused", TEXT_ARGS(json));
    if (strcmp(box->err.pointer, pointer) != 0 || strcmp(box->err.rule, rule) != 0)
        fail_msg("%.*s: %s %s, not %s %s", TEXT_ARGS(json), box->err.pointer, box->err.rule, pointer, rule);
    assert_string_not_equal(box->err.text, "");
}

static void refused(struct box *box, const char *json, const char *pointer, const char *rule)
{
    refused_as(box, &closed_type, text_of(json), pointer, rule);
}

static void every_kind_is_read(void **state)
{
    const struct all *all = decoded(
        *state, " {\"name\":\"N\\u00e4\\n\",\"flag\":true,\"number\":-5,\"at\":\"2026-11-20T09:00:00Z\","
                "\"id\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"hash\":\"000102030405060708090a0b0c0d0e0f\","
                "\"colour\":\"green\",\"version\":7,\"fields\":{\"a\":\"x\",\"b\":1.50,\"c\":true,\"d\":null,\"e\":-3},"
                "\"json\": { \"k\" : [ 1 , \"\\u0041 b\" ] } ,\"inner\":{\"count\":9,\"name\":\"in\"},"
                "\"texts\":[\"p\",\"q\"],\"ids\":[\"01890a5d-ac96-774b-bcce-b302099a8057\"],"
                "\"hashes\":[\"ff0102030405060708090a0b0c0d0e0f\"],\"inners\":[{\"name\":\"1\"},{\"name\":\"2\"}]}\n");

    assert_true(text_is(all->name, "N\xc3\xa4\n"));
    assert_true(all->flag && all->has_inner);
    assert_int_equal(all->number, -5);
    assert_true(all->at == INT64_C(1795165200) * US_PER_S);
    assert_int_equal(all->id.b[15], 0x57);
    assert_int_equal(all->hash.b[15], 0x0f);
    assert_int_equal(all->colour, GREEN);
    assert_int_equal(all->version.kind, VERSION_NUMBER);
    assert_int_equal(all->version.value, 7);
    assert_int_equal(all->fields.n, 5);
    assert_true(text_is(all->fields.items[0].name, "a") && text_is(all->fields.items[0].value, "x"));
    assert_int_equal(all->fields.items[1].kind, SCALAR_NUMBER);
    assert_true(text_is(all->fields.items[1].value, "1.50"));
    assert_true(text_is(all->fields.items[2].value, "true"));
    assert_int_equal(all->fields.items[3].kind, SCALAR_NULL);
    assert_null(all->fields.items[3].value.p);
    assert_true(text_is(all->json, "{\"k\":[1,\"\\u0041 b\"]}"));
    assert_int_equal(all->inner.count, 9);
    assert_true(text_is(all->texts.items[1], "q"));
    assert_int_equal(all->ids.n, 1);
    assert_int_equal(all->hashes.items[0].b[0], 0xff);
    assert_int_equal(all->inners.n, 2);
    assert_true(text_is(all->inners.items[1].name, "2"));
    assert_true(all->inners.items[1].count == INT64_MIN);
}

static void what_is_absent_is_told(void **state)
{
    const struct all *all = decoded(*state, "{\"name\":\"x\",\"number\":null}");

    assert_true(all->number == INT64_MIN && all->at == CLOCK_NONE);
    assert_int_equal(all->colour, -1);
    assert_true(uuid_is_nil(&all->id) && hash_is_none(&all->hash));
    assert_int_equal(all->version.kind, VERSION_NONE);
    assert_null(all->json.p);
    assert_false(all->has_inner || all->flag);
    assert_int_equal(all->fields.n + all->texts.n + all->ids.n + all->hashes.n + all->inners.n, 0);
}

static void texts_live_in_the_arena(void **state)
{
    char json[] = "{\"name\":\"abc\"}";
    const struct all *all = decoded(*state, json);

    memset(json, 'z', sizeof json - 1);
    assert_true(text_is(all->name, "abc"));
}

static void versions_come_in_three_ways(void **state)
{
    const struct all *all = decoded(*state, "{\"name\":\"x\",\"version\":\"0009223372036854775807\"}");

    assert_int_equal(all->version.kind, VERSION_NUMBER);
    assert_true(all->version.value == INT64_MAX);
    all = decoded(*state, "{\"name\":\"x\",\"version\":\"1970-01-01T00:00:01Z\"}");
    assert_int_equal(all->version.kind, VERSION_TIME);
    assert_int_equal(all->version.value, US_PER_S);
    refused(*state, "{\"name\":\"x\",\"version\":\"9223372036854775808\"}", "/data/version", "range");
    refused(*state, "{\"name\":\"x\",\"version\":-1}", "/data/version", "range");
    refused(*state, "{\"name\":\"x\",\"version\":\"v7\"}", "/data/version", "format");
    refused(*state, "{\"name\":\"x\",\"version\":\"\"}", "/data/version", "format");
    refused(*state, "{\"name\":\"x\",\"version\":true}", "/data/version", "type");
}

static void faults_of_fields_are_named(void **state)
{
    refused(*state, "{}", "/data/name", "required");
    refused(*state, "{\"name\":null}", "/data/name", "type");
    refused(*state, "{\"name\":\"\"}", "/data/name", "too short");
    refused(*state, "{\"name\":\"123456789\"}", "/data/name", "too long");
    refused(*state, "{\"name\":7}", "/data/name", "type");
    refused(*state, "{\"name\":\"x\",\"flag\":\"true\"}", "/data/flag", "type");
    refused(*state, "{\"name\":\"x\",\"number\":6}", "/data/number", "range");
    refused(*state, "{\"name\":\"x\",\"number\":1.5}", "/data/number", "type");
    refused(*state, "{\"name\":\"x\",\"number\":\"1\"}", "/data/number", "type");
    refused(*state, "{\"name\":\"x\",\"at\":\"2026-02-30T00:00:00Z\"}", "/data/at", "format");
    refused(*state, "{\"name\":\"x\",\"at\":1}", "/data/at", "type");
    refused(*state, "{\"name\":\"x\",\"id\":\"1\"}", "/data/id", "format");
    refused(*state, "{\"name\":\"x\",\"id\":\"00000000-0000-0000-0000-000000000000\"}", "/data/id", "format");
    refused(*state, "{\"name\":\"x\",\"hash\":\"zz0102030405060708090a0b0c0d0e0f\"}", "/data/hash", "format");
    refused(*state, "{\"name\":\"x\",\"colour\":\"blue\"}", "/data/colour", "enum");
    refused(*state, "{\"name\":\"x\",\"inner\":[]}", "/data/inner", "type");
    refused(*state, "{\"name\":\"x\",\"inner\":{}}", "/data/inner/name", "required");
    refused(*state, "{\"name\":\"x\",\"inner\":{\"name\":\"bad\"}}", "/data/inner/name", "a rule");
    refused(*state, "{\"name\":\"x\",\"texts\":[\"a\",\"b\",\"c\"]}", "/data/texts", "items");
    refused(*state, "{\"name\":\"x\",\"texts\":[\"a\",\"\"]}", "/data/texts/1", "too short");
    refused(*state, "{\"name\":\"x\",\"texts\":{}}", "/data/texts", "type");
    refused(*state, "{\"name\":\"x\",\"inners\":[]}", "/data/inners", "items");
    refused(*state, "{\"name\":\"x\",\"inners\":[{\"name\":\"1\"},{\"name\":\"12345\"}]}", "/data/inners/1/name",
            "too long");
    refused(*state, "{\"name\":\"x\",\"inners\":[{\"name\":\"bad\"}]}", "/data/inners/0/name", "a rule");
    refused(*state, "{\"name\":\"x\",\"json\":\"12345678901234567890123456789012345678901\"}", "/data/json",
            "too long");
    refused(*state, "[]", "/data", "type");
    refused(*state, "", "/data", "required");
}

static void scalars_are_bounded(void **state)
{
    refused(*state, "{\"name\":\"x\",\"fields\":{\"A\":1}}", "/data/fields/A", "format");
    refused(*state, "{\"name\":\"x\",\"fields\":{\"a@b.example\":1}}", "/data/fields", "format");
    refused(*state, "{\"name\":\"x\",\"fields\":{\"a\":{}}}", "/data/fields/a", "type");
    refused(*state, "{\"name\":\"x\",\"fields\":{\"a\":[1]}}", "/data/fields/a", "type");
    refused(*state, "{\"name\":\"x\",\"fields\":{\"a\":1,\"a\":2}}", "/data/fields/a", "duplicate member");
    refused(*state, "{\"name\":\"x\",\"fields\":{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6}}", "/data/fields/f",
            "items");
    refused(*state, "{\"name\":\"x\",\"fields\":{\"a\":9223372036854775808}}", "/data/fields/a", "range");
    refused(*state, "{\"name\":\"x\",\"fields\":{\"a\":-9223372036854775809}}", "/data/fields/a", "range");
    refused(*state, "{\"name\":\"x\",\"fields\":{\"a\":1e400}}", "/data/fields/a", "range");
    (void)decoded(*state, "{\"name\":\"x\",\"fields\":{\"a\":-9223372036854775808,\"b\":9223372036854775807}}");
}

static void unknown_members_depend_on_the_type(void **state)
{
    struct box *box = *state;
    void *out;

    refused(box, "{\"name\":\"x\",\"more\":1}", "/data/more", "unknown field");
    refused(box, "{\"name\":\"x\",\"jane.doe@example.com\":1}", "/data", "unknown field");
    assert_int_equal(event_decode(&open_type, TEXT("{\"name\":\"x\",\"more\":{\"a\":[1,2,{}]},\"most\":1}"), box->arena,
                                  &out, &box->err),
                     DONE);
    refused_as(box, &open_type, TEXT("{\"name\":\"x\",\"more\":1,\"more\":2}"), "/data/more", "duplicate member");
    refused_as(box, &open_type, TEXT("{\"name\":\"x\",\"more\":{\"a\":1,\"\\u0061\":2}}"), "/data/more/a",
               "duplicate member");
    refused_as(box, &open_type, TEXT("{\"name\":\"x\",\"more\":{\"a\":1"), "/data/more", "json");
}

static void faults_of_json_are_named(void **state)
{
    static const char *const broken[] = {
        "{\"name\":\"x\"",     "{\"name\":\"x\",}",  "{\"name\" \"x\"}",     "{name:\"x\"}",
        "{\"name\":'x'}",      "{\"name\":\"x\"} {", "{\"name\":\"x\"}x",    "{,}",
        "{\"name\":\"x\\q\"}", "{\"name\":\"x\n\"}", "{\"name\":\"\\u00",    "{\"flag\":tru}",
        "{\"number\":01}",     "{\"number\":-}",     "{\"number\":1.}",      "{\"number\":1e}",
        "{\"number\":+1}",     "{\"number\":NaN}",   "{\"texts\":[\"a\",]}", "\xef\xbb\xbf{}",
        "{\"name\":\"x\\",     "{\"texts\":[,]}",    "{\"flag\":falsy}",     "{\"json\":nul}",
    };
    struct box *box = *state;
    void *out;

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_int_equal(event_decode(&closed_type, text_of(broken[i]), box->arena, &out, &box->err), REFUSED);
        if (strcmp(box->err.rule, "json") != 0)
            fail_msg("%s: %s", broken[i], box->err.rule);
    }
    refused(box, "{\"name\":\"x\",\"name\":\"y\"}", "/data/name", "duplicate member");
    refused(box, "{\"name\":\"\xff\"}", "/data/name", "utf-8");
    refused(box, "{\"name\":\"\xed\xa0\x80\"}", "/data/name", "utf-8");
    refused(box, "{\"name\":\"\\u0000\"}", "/data/name", "utf-8");
    refused(box, "{\"name\":\"\\ud800\"}", "/data/name", "utf-8");
    refused(box, "{\"name\":\"\\udc00\\ud800\"}", "/data/name", "utf-8");
    refused_as(box, &closed_type, (struct text){.p = "{\"name\":\"a\0b\"}", .n = 14}, "/data/name", "json");
    assert_true(text_is(decoded(box, "{\"name\":\"\\ud83d\\ude00\"}")->name, "\xf0\x9f\x98\x80"));
}

static void nesting_ends_at_sixteen(void **state)
{
    char json[128];
    struct box *box = *state;
    struct text out;

    (void)snprintf(json, sizeof json, "%.*s1%.*s", 16, "[[[[[[[[[[[[[[[[", 16, "]]]]]]]]]]]]]]]]");
    assert_int_equal(event_json_compact(text_of(json), box->arena, &out, &box->err), DONE);
    (void)snprintf(json, sizeof json, "%.*s1%.*s", 17, "[[[[[[[[[[[[[[[[[", 17, "]]]]]]]]]]]]]]]]]");
    assert_int_equal(event_json_compact(text_of(json), box->arena, &out, &box->err), REFUSED);
    assert_string_equal(box->err.rule, "depth");
    refused(box, "{\"name\":\"x\",\"json\":[[[[[[[[[[[[[[[[", "/data/json/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0", "depth");
}

static void any_json_is_compacted(void **state)
{
    struct box *box = *state;
    struct text out;

    assert_int_equal(event_json_compact(TEXT(" { \"a\\n\" : [ ] , \"b\" : { } , \"c\":[1 , 2.50,\"x y\" ,null] } "),
                                        box->arena, &out, &box->err),
                     DONE);
    assert_true(text_is(out, "{\"a\\n\":[],\"b\":{},\"c\":[1,2.50,\"x y\",null]}"));
    assert_int_equal(event_json_compact(TEXT("\"x\" 1"), box->arena, &out, &box->err), REFUSED);
}

static void too_many_members_are_refused(void **state)
{
    struct box *box = *state;
    struct text out;
    struct buf buf;

    buf_init(&buf, 65536);
    buf_char(&buf, '{');
    for (int i = 0; i <= EVENT_MEMBERS_MOST; i++)
        buf_printf(&buf, "%s\"m%d\":1", i == 0 ? "" : ",", i);
    buf_char(&buf, '}');
    assert_int_equal(event_json_compact(buf_view(&buf), box->arena, &out, &box->err), REFUSED);
    assert_string_equal(box->err.rule, "items");
    buf_free(&buf);
}

static void a_decoded_struct_encodes_to_the_same(void **state)
{
    static const char json[] =
        "{\"name\":\"N\xc3\xa4\\n\",\"flag\":true,\"number\":-5,\"at\":\"2026-11-20T09:00:00Z\","
        "\"id\":\"01890a5d-ac96-774b-bcce-b302099a8057\",\"hash\":\"000102030405060708090a0b0c0d0e0f\","
        "\"colour\":\"green\",\"version\":7,\"fields\":{\"a\":\"x\",\"b\":1.50,\"c\":true,\"d\":null,\"e\":-3},"
        "\"json\":{\"k\":[1,\"\\u0041 b\"]},\"inner\":{\"name\":\"in\",\"count\":9},\"texts\":[\"p\",\"q\"],"
        "\"ids\":[\"01890a5d-ac96-774b-bcce-b302099a8057\"],\"hashes\":[\"ff0102030405060708090a0b0c0d0e0f\"],"
        "\"inners\":[{\"name\":\"1\"},{\"name\":\"2\",\"count\":-9223372036854775807}]}";
    struct buf buf;

    buf_init(&buf, 65536);
    event_encode(&closed_type, decoded(*state, json), &buf);
    if (!text_is(buf_view(&buf), json))
        fail_msg("%.*s", TEXT_ARGS(buf_view(&buf)));
    buf_reset(&buf);
    event_encode(&closed_type, decoded(*state, "{\"name\":\"x\",\"version\":\"1970-01-01T00:00:01Z\"}"), &buf);
    assert_true(text_is(buf_view(&buf), "{\"name\":\"x\",\"version\":\"1970-01-01T00:00:01Z\"}"));
    buf_free(&buf);
}

static void an_initialised_struct_is_all_absent(void **state)
{
    struct all all;
    struct buf buf;

    (void)state;
    event_init(&closed_type, &all);
    all.name = TEXT("x");
    buf_init(&buf, 4096);
    event_encode(&closed_type, &all, &buf);
    assert_true(text_is(buf_view(&buf), "{\"name\":\"x\"}"));
    buf_free(&buf);
}

static void hashes_compare(void **state)
{
    struct hash a = {{1}}, b = {{2}}, none = {{0}};

    (void)state;
    assert_true(hash_equal(&a, &a) && !hash_equal(&a, &b));
    assert_true(hash_is_none(&none) && !hash_is_none(&a));
    assert_true(hash_compare(&a, &b) < 0 && hash_compare(&b, &a) > 0 && hash_compare(&a, &a) == 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_kind_is_read),
        CASE(what_is_absent_is_told),
        CASE(texts_live_in_the_arena),
        CASE(versions_come_in_three_ways),
        CASE(faults_of_fields_are_named),
        CASE(scalars_are_bounded),
        CASE(unknown_members_depend_on_the_type),
        CASE(faults_of_json_are_named),
        CASE(nesting_ends_at_sixteen),
        CASE(any_json_is_compacted),
        CASE(too_many_members_are_refused),
        CASE(a_decoded_struct_encodes_to_the_same),
        CASE(an_initialised_struct_is_all_absent),
        CASE(hashes_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
