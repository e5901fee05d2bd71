/* Tests of services/dedupe/persons: ids that last through merges and splits.
 * link: dedupe.c apart.c */
#include "services/dedupe/persons.h"

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

struct world {
    struct arena *arena;
    struct dedupe_record records[8];
    uint32_t cluster[8];
    struct dedupe_graph graph;
    struct dedupe_partition partition;
    struct persons_plan plan;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->arena = arena_new();
    w->graph.records = w->records;
    w->partition.cluster = w->cluster;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    arena_free(w->arena);
    free(w);
    return 0;
}

/* person 0: none yet */
static void add(struct world *w, uint32_t cluster, unsigned person, int64_t created_at)
{
    struct dedupe_record *r = &w->records[w->graph.n];

    r->record = id_of((unsigned)w->graph.n + 100);
    r->created_at = created_at;
    if (person != 0)
        r->person = id_of(person);
    w->cluster[w->graph.n++] = cluster;
}

static void run(struct world *w, struct uuid_list left)
{
    decide_persons(&w->graph, &w->partition, left, w->arena, &w->plan);
}

static bool is(const struct uuid *id, unsigned n)
{
    struct uuid wanted = id_of(n);

    return uuid_equal(id, &wanted);
}

static void test_new_and_unchanged(void **state)
{
    struct world *w = *state;

    add(w, 0, 0, 1);
    add(w, 1, 7, 1), add(w, 1, 7, 2);
    run(w, (struct uuid_list){0});
    assert_int_equal(w->plan.n, 2);
    assert_true(uuid_is_nil(&w->plan.items[0].person) && w->plan.items[0].changed);
    assert_true(is(&w->plan.items[1].person, 7) && !w->plan.items[1].changed);
    assert_int_equal(w->plan.items[1].members_n, 2);
}

static void test_oldest_id_survives_a_merge(void **state)
{
    struct world *w = *state;

    add(w, 0, 9, 1), add(w, 0, 3, 5), add(w, 0, 5, 2);
    run(w, (struct uuid_list){0});
    assert_int_equal(w->plan.n, 1);
    assert_true(is(&w->plan.items[0].person, 3) && w->plan.items[0].changed);
    assert_int_equal(w->plan.items[0].merged.n, 2);
    assert_true(is(&w->plan.items[0].merged.items[0], 5) && is(&w->plan.items[0].merged.items[1], 9));
    assert_int_equal(w->plan.items[0].origins_n, 0); /* merged, not split off */
}

static void test_split_gives_a_new_id(void **state)
{
    struct world *w = *state;

    add(w, 0, 4, 9), add(w, 1, 4, 1), add(w, 0, 4, 8);
    run(w, (struct uuid_list){0});
    assert_int_equal(w->plan.n, 2);
    assert_true(uuid_is_nil(&w->plan.items[0].person)); /* the most senior record keeps the id */
    assert_true(is(&w->plan.items[1].person, 4) && w->plan.items[1].changed);
    assert_int_equal(w->plan.items[0].origins_n, 1);
    assert_true(is(&w->plan.items[0].origins[0].from, 4));
    assert_int_equal(w->plan.items[0].origins[0].records.n, 2);
}

static void test_move_between_persons(void **state)
{
    struct world *w = *state;

    add(w, 0, 4, 1), add(w, 1, 4, 2), add(w, 1, 6, 3);
    run(w, (struct uuid_list){0});
    assert_true(is(&w->plan.items[0].person, 4) && w->plan.items[0].changed);
    assert_true(is(&w->plan.items[1].person, 6) && w->plan.items[1].changed);
    assert_int_equal(w->plan.items[1].origins_n, 1); /* it brings 4's refusals */
    assert_int_equal(w->plan.items[1].merged.n, 0);
}

static void test_removed(void **state)
{
    struct world *w = *state;
    struct uuid left[] = {id_of(4), id_of(8), id_of(4)};

    add(w, 0, 4, 1);
    run(w, (struct uuid_list){.items = left, .n = 3});
    assert_true(w->plan.items[0].changed); /* it lost a record */
    assert_int_equal(w->plan.ended.n, 1);
    assert_true(is(&w->plan.ended.items[0], 8));
}

static void test_describe(void **state)
{
    struct world *w = *state;
    struct hash a = {.b = {1}}, b = {.b = {2}};
    struct key one[] = {{.kind = KEY_EMAIL, .hash = a}, {.kind = KEY_PHONE_SURNAME, .hash = b}};
    struct key two[] = {{.kind = KEY_SOURCE, .hash = b}, {.kind = KEY_EMAIL, .hash = a}};
    struct person_linked out = {0};

    add(w, 0, 4, 5), add(w, 0, 4, 2);
    w->records[0].keys = (struct key_list){.items = one, .n = 2};
    w->records[1].keys = (struct key_list){.items = two, .n = 2};
    w->records[0].language = TEXT("de"), w->records[1].language = TEXT("en"), w->records[1].country = TEXT("FR");
    run(w, (struct uuid_list){0});
    person_describe(&w->graph, &w->plan.items[0], w->arena, &out);
    assert_int_equal(out.records.n, 2);
    assert_int_equal(out.keys.n, 2); /* no repeats, no phone-surname */
    assert_int_equal(out.keys.items[0].kind, KEY_EMAIL);
    assert_int_equal(out.keys.items[1].kind, KEY_SOURCE);
    assert_true(text_is(out.language, "de") && text_is(out.country, "FR"));
}

static void test_revisions(void **state)
{
    (void)state;
    assert_int_equal(revision_next(0, 1), INT64_C(1) << 40);
    assert_int_equal(revision_next(INT64_C(1) << 40, 1), (INT64_C(1) << 40) + 1);
    assert_int_equal(revision_next((INT64_C(1) << 40) + 77, 2), INT64_C(2) << 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_new_and_unchanged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_oldest_id_survives_a_merge, setup, teardown),
        cmocka_unit_test_setup_teardown(test_split_gives_a_new_id, setup, teardown),
        cmocka_unit_test_setup_teardown(test_move_between_persons, setup, teardown),
        cmocka_unit_test_setup_teardown(test_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_describe, setup, teardown),
        cmocka_unit_test(test_revisions),
    };

    return cmocka_run_group_tests_name("services/dedupe/persons", tests, NULL, NULL);
}
