/* A search's body and the hashes it means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "services/admin/subject.h"

static struct arena *arena;
static struct crypto_key *key;

static int set_up(void **state)
{
    static const uint8_t bytes[CRYPTO_KEY_BYTES] = {1, 2, 3};
    struct error err;
    (void)state;
    if (crypto_start(&err) != DONE)
        return -1;
    arena = arena_new();
    key = crypto_key_new(bytes);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    crypto_key_free(key);
    arena_free(arena);
    return 0;
}

static enum outcome read_search(const char *json, struct subject_search **out, struct error *err)
{
    void *decoded = NULL;
    error_clear(err);
    enum outcome o = event_decode(&subject_search_type, text_of(json), arena, &decoded, err);
    *out = decoded;
    return o;
}

static size_t keys_of(const char *json, struct key *keys)
{
    static const char *const regions[] = {"DE", "US"};
    struct subject_search *search = NULL;
    struct error err;
    size_t n = 0;
    assert_int_equal(read_search(json, &search, &err), DONE);
    if (subject_keys(search, key, regions, 2, arena, keys, &n, &err) != DONE)
        return SIZE_MAX;
    return n;
}

static void test_one_of(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "{}",
        "{\"fields\":true}",
        "{\"email\":\"a@b.example\",\"phone\":\"+491701234567\"}",
        "{\"email\":\"\"}",
        "{\"email\":\"a@b.example\",\"operator\":\"x\"}",
        "{\"record\":{\"system\":\"shop\"}}",
        "{\"person\":\"nobody\"}",
        "{\"email\":1}",
        "[]",
    };
    struct subject_search *search = NULL;
    struct error err;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        if (read_search(broken[i], &search, &err) != REFUSED)
            fail_msg("taken: %s", broken[i]);
}

static void test_keys(void **state)
{
    (void)state;
    struct key keys[SUBJECT_KEYS_MOST], same[SUBJECT_KEYS_MOST];
    assert_int_equal(keys_of("{\"email\":\"Ann.B+shop@GMail.com\"}", keys), 2);
    assert_int_equal(keys[0].kind, KEY_EMAIL);
    assert_int_equal(keys[1].kind, KEY_EMAIL_WIDE);
    assert_int_equal(keys_of("{\"email\":\"ann.b+shop@gmail.com\"}", same), 2);
    assert_true(hash_equal(&keys[0].hash, &same[0].hash));

    /* one number in international form is one key, whatever the regions; a national one may be two */
    assert_int_equal(keys_of("{\"phone\":\"+49 170 1234567\"}", keys), 1);
    assert_int_equal(keys_of("{\"phone\":\"0170 1234567\"}", same), 1);
    assert_true(hash_equal(&keys[0].hash, &same[0].hash));

    assert_int_equal(keys_of("{\"record\":{\"system\":\"shop\",\"id\":\"O-1\"}}", keys), 1);
    assert_int_equal(keys[0].kind, KEY_SOURCE);
    assert_int_equal(keys_of("{\"person\":\"01890a5d-ac96-774b-bcce-b302099a8057\"}", keys), 0);
    assert_int_equal(keys_of("{\"email\":\"no address\"}", keys), SIZE_MAX);
    assert_int_equal(keys_of("{\"phone\":\"no number\"}", keys), SIZE_MAX);
}

static void test_detail_holds_no_value(void **state)
{
    (void)state;
    struct subject_search *search = NULL;
    struct error err;
    assert_int_equal(read_search("{\"email\":\"a@b.example\",\"fields\":true}", &search, &err), DONE);
    assert_string_equal(subject_detail(search, arena), "email+fields");
    assert_int_equal(read_search("{\"person\":\"01890a5d-ac96-774b-bcce-b302099a8057\"}", &search, &err), DONE);
    assert_string_equal(subject_detail(search, arena), "person");
    assert_int_equal(read_search("{\"email\":\"a@b.example\",\"reason\":\"support\"}", &search, &err), DONE);
    assert_string_equal(subject_detail(search, arena), "email/support");
    assert_int_equal(read_search("{\"email\":\"a@b.example\",\"reason\":\"Ann asked\"}", &search, &err), REFUSED);
    assert_string_equal(err.pointer + strlen(err.pointer) - 7, "/reason");
}

static size_t line_keys(const char *json, struct key *out)
{
    static const char *const regions[] = {"DE", "FR"};
    struct error err;
    void *line = NULL;
    size_t n = 0;
    if (event_decode(&manifest_line_type, text_of(json), arena, &line, &err) != DONE ||
        manifest_keys(line, key, regions, 2, arena, out, &n, &err) != DONE)
        return SIZE_MAX;
    return n;
}

/* A line of a manifest means what a search for it would. */
static void test_manifest_lines(void **state)
{
    (void)state;
    struct key line[SUBJECT_KEYS_MOST] = {0}, search[SUBJECT_KEYS_MOST] = {0};
    assert_int_equal(line_keys("{\"email\":\"Ann@Example.org\"}", line), 2);
    assert_int_equal(keys_of("{\"email\":\"ann@example.org\"}", search), 2);
    assert_true(hash_equal(&line[0].hash, &search[0].hash));
    assert_int_equal(line_keys("{\"source\":{\"system\":\"shop\",\"id\":\"O-1\"}}", line), 1);
    assert_int_equal(keys_of("{\"record\":{\"system\":\"shop\",\"id\":\"O-1\"}}", search), 1);
    assert_true(hash_equal(&line[0].hash, &search[0].hash));
    assert_true(line_keys("{\"phone\":\"0170 1234567\"}", line) >= 1);
    assert_int_equal(line[0].kind, KEY_PHONE);
    assert_int_equal(line_keys("{\"email\":\"a@b.example\",\"phone\":\"+491701234567\"}", line), SIZE_MAX);
    assert_int_equal(line_keys("{}", line), SIZE_MAX);
    assert_int_equal(line_keys("{\"email\":\"no address\"}", line), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_manifest_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_detail_holds_no_value, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
