/* Tests of services/dedupe/resolution: who a forget's person is.
 * link: dedupe.c apart.c */
#include "services/dedupe/resolution.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct uuid id_of(unsigned n)
{
    struct uuid id = {.b = {1}};

    id.b[15] = (uint8_t)n;
    return id;
}

static struct key key_of(int kind, unsigned n)
{
    struct key key = {.kind = kind, .hash = {.b = {0}}};

    key.hash.b[0] = (uint8_t)n;
    return key;
}

static void test_one_person(void **state)
{
    struct arena *arena = *state;
    struct uuid p = id_of(1), q = id_of(2);
    struct asked_key keys[] = {{.persons = {.items = &p, .n = 1}}, {.persons = {.items = &p, .n = 1}}};
    struct persons_found found;

    decide_asked((struct uuid_list){.items = &q, .n = 1}, keys, 2, arena, &found);
    assert_int_equal(found.persons.n, 2);
    assert_true(uuid_equal(&found.persons.items[0], &p) && uuid_equal(&found.persons.items[1], &q));
    assert_false(found.doubtful);
}

static void test_shared_identifier(void **state)
{
    struct arena *arena = *state;
    struct uuid both[] = {id_of(1), id_of(2)}, q = id_of(2);
    struct asked_key key = {.persons = {.items = both, .n = 2}};
    struct persons_found found;

    decide_asked((struct uuid_list){0}, &key, 1, arena, &found);
    assert_int_equal(found.persons.n, 0); /* a forget hits nobody else */
    assert_true(found.doubtful);
    decide_asked((struct uuid_list){.items = &q, .n = 1}, &key, 1, arena, &found);
    assert_int_equal(found.persons.n, 1); /* named: no doubt */
    assert_false(found.doubtful);
    key.role = true;
    decide_asked((struct uuid_list){0}, &key, 1, arena, &found);
    assert_int_equal(found.persons.n, 0);
    assert_false(found.doubtful);
}

static void test_unknown(void **state)
{
    struct arena *arena = *state;
    struct asked_key key = {0};
    struct persons_found found;

    decide_asked((struct uuid_list){0}, &key, 1, arena, &found);
    assert_int_equal(found.persons.n, 0);
    assert_false(found.doubtful);
}

static void test_keys(void **state)
{
    struct arena *arena = *state;
    struct key keys[] = {key_of(KEY_PHONE, 1),         key_of(KEY_EMAIL, 2),  key_of(KEY_EMAIL, 2),
                         key_of(KEY_EMAIL_WIDE, 3),    key_of(KEY_SOURCE, 4), key_of(KEY_EMAIL, 5),
                         key_of(KEY_PHONE_SURNAME, 6), key_of(KEY_EMAIL, 7)};
    struct hash elsewhere = keys[5].hash, role = keys[7].hash;
    struct key_list alone, shared;

    decide_keys((struct key_list){.items = keys, .n = 2}, (struct key_list){.items = keys + 2, .n = 6},
                (struct hash_list){.items = &elsewhere, .n = 1}, (struct hash_list){.items = &role, .n = 1}, arena,
                &alone, &shared);
    assert_int_equal(alone.n, 2);
    assert_int_equal(alone.items[0].hash.b[0], 2);
    assert_int_equal(alone.items[1].hash.b[0], 4);
    assert_int_equal(shared.n, 4); /* somebody else's mailbox, a role's, a phone only named, phone and surname */
    for (size_t i = 0; i < shared.n; i++)
        assert_int_not_equal(shared.items[i].kind, KEY_EMAIL_WIDE);
}

static void test_phones(void **state)
{
    struct arena *arena = *state;
    struct key named[] = {key_of(KEY_PHONE, 1), key_of(KEY_PHONE, 2)};
    struct key held[] = {key_of(KEY_PHONE, 2), key_of(KEY_PHONE, 3), key_of(KEY_PHONE, 4)};
    struct hash elsewhere = held[1].hash;
    struct key_list alone, shared;

    decide_keys((struct key_list){.items = named, .n = 2}, (struct key_list){.items = held, .n = 3},
                (struct hash_list){.items = &elsewhere, .n = 1}, (struct hash_list){0}, arena, &alone, &shared);
    assert_int_equal(alone.n, 2); /* what a record holds, named too or not */
    assert_int_equal(alone.items[0].hash.b[0], 2);
    assert_int_equal(alone.items[1].hash.b[0], 4);
    assert_int_equal(shared.n, 2);
    assert_int_equal(shared.items[0].hash.b[0], 1);
    assert_int_equal(shared.items[1].hash.b[0], 3);
}

static int setup(void **state)
{
    *state = arena_new();
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_person, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shared_identifier, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_phones, setup, teardown),
    };

    return cmocka_run_group_tests_name("services/dedupe/resolution", tests, NULL, NULL);
}
