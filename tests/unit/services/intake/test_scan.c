/* scan: identifiers in what couldn't be decoded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/arena/arena.h"
#include "services/intake/scan.h"

struct fixture {
    struct arena *arena;
    struct scan *scan;
};

static int set_up(void **state)
{
    static struct fixture f;

    f.arena = arena_new();
    f.scan = ARENA_NEW(f.arena, struct scan);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static const struct scan *scanned(void **state, const char *raw, size_t n)
{
    struct fixture *f = *state;

    scan_begin(f->scan);
    scan_json(f->scan, (struct text){raw, n}, f->arena);
    return f->scan;
}

static bool has_address(const struct scan *scan, const char *address)
{
    for (size_t i = 0; i < scan->addresses_n; i++)
        if (text_is(scan->addresses[i], address))
            return true;
    return false;
}

static bool has_record(const struct scan *scan, const char *system, const char *id)
{
    for (size_t i = 0; i < scan->records_n; i++)
        if (text_is(scan->records[i].system, system) && text_is(scan->records[i].id, id))
            return true;
    return false;
}

static void addresses_are_found_in_any_text(void **state)
{
    static const char *const texts[] = {
        "ada@example.org",
        "<ada@example.org>,",
        "name=Ada&email=ada%40example.org&x=1",
        "email=ada@example.org",
        "mailto:ada@example.org.",
        "\"\\u0061da\\u0040example.org\"",
        "{\"a\": {\"b\": [\"x\", \"Ada <ada@example.org>\"",
        "{broken ada@example.org \"",
        "\xff\xfe ada@example.org",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct scan *scan = scanned(state, texts[i], strlen(texts[i]));
        if (!has_address(scan, "ada@example.org"))
            print_message("not found in: %s\n", texts[i]);
        assert_true(has_address(scan, "ada@example.org"));
        assert_false(scan->more);
    }
    assert_true(has_address(scanned(state, "j\xc3\xb6rg@b\xc3\xbc.de", 12), "j\xc3\xb6rg@b\xc3\xbc.de"));
    assert_int_equal(scanned(state, "@ a@ @b \0@c", 11)->addresses_n, 0);
}

static void records_are_found_beside_their_system(void **state)
{
    static const char contact[] = "{\"record\": {\"system\": \"crm\", \"id\": \"L-1\", \"version\": {}}, \"id\": 7";
    static const char merged[] = "{\"system\":\"crm\",\"survivor\":\"A\",\"losers\":[\"B\", \"C\"],\"version\":[]}";
    static const char number[] = "{\"data\":{\"record\":{\"id\": 4711 ,\"system\":\"c\\u0072m\"}}}";
    static const char cut[] = "{\"persons\":[{\"role\":\"to\",\"record\":{\"system\":\"shop\",\"id\":\"K-\\\"9\"";
    const struct scan *scan = scanned(state, contact, sizeof contact - 1);

    assert_true(has_record(scan, "crm", "L-1"));
    assert_false(has_record(scan, "crm", "7"));
    scan = scanned(state, merged, sizeof merged - 1);
    assert_true(has_record(scan, "crm", "A") && has_record(scan, "crm", "B") && has_record(scan, "crm", "C"));
    assert_true(has_record(scanned(state, number, sizeof number - 1), "crm", "4711"));
    assert_true(has_record(scanned(state, cut, sizeof cut - 1), "shop", "K-\"9"));
}

static void a_flood_ends_somewhere(void **state)
{
    struct fixture *f = *state;
    size_t n = 1 << 18;
    char *flood = arena_alloc(f->arena, n);

    memset(flood, '{', n);
    assert_false(scanned(state, flood, n)->more);
    memset(flood, '}', n);
    assert_int_equal(scanned(state, flood, n)->records_n, 0);
    for (size_t i = 0; i < n; i++)
        flood[i] = "a@b "[i % 4];
    assert_true(scanned(state, flood, n)->more);
    for (size_t i = 0; i < n; i++)
        flood[i] = "%40"[i % 3];
    (void)scanned(state, flood, n);
    memset(flood, '\\', n);
    flood[0] = '"';
    assert_int_equal(scanned(state, flood, n)->addresses_n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_found_in_any_text),
        cmocka_unit_test(records_are_found_beside_their_system),
        cmocka_unit_test(a_flood_ends_somewhere),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
