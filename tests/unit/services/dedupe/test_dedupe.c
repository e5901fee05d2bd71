/* Tests of services/dedupe/dedupe: the partition of records into persons.
 * link: apart.c */
#include "services/dedupe/dedupe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct world {
    struct arena *arena;
    struct dedupe_record records[128];
    struct dedupe_pair pairs[64];
    struct dedupe_graph graph;
    struct dedupe_partition out;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->arena = arena_new();
    w->graph.records = w->records;
    w->graph.pairs = w->pairs;
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

static struct uuid id_of(unsigned n)
{
    struct uuid id = {.b = {0}};

    id.b[14] = (uint8_t)(n >> 8);
    id.b[15] = (uint8_t)n;
    id.b[0] = 1;
    return id;
}

static struct hash hash_of(int kind, unsigned n)
{
    struct hash hash = {.b = {0}};

    hash.b[0] = (uint8_t)(kind + 1);
    hash.b[1] = (uint8_t)(n >> 8);
    hash.b[2] = (uint8_t)n;
    return hash;
}

/* Records are given in the order of their numbers. */
static struct dedupe_record *add(struct world *w)
{
    struct dedupe_record *r = &w->records[w->graph.n];

    *r = (struct dedupe_record){.record = id_of((unsigned)w->graph.n + 1)};
    r->keys.items = ARENA_ARRAY(w->arena, RECORD_KEYS, struct key);
    w->graph.n++;
    return r;
}

static void hold(struct dedupe_record *r, int kind, unsigned n)
{
    r->keys.items[r->keys.n++] = (struct key){.kind = kind, .hash = hash_of(kind, n)};
}

static void decide_about(struct world *w, unsigned a, unsigned b, bool apart)
{
    w->pairs[w->graph.pairs_n++] =
        (struct dedupe_pair){.a = w->records[a].record, .b = w->records[b].record, .apart = apart};
}

static void run(struct world *w)
{
    decide_partition(&w->graph, w->arena, &w->out);
}

static bool one(const struct world *w, unsigned a, unsigned b)
{
    return w->out.cluster[a] == w->out.cluster[b];
}

static void test_grounds(void **state)
{
    struct world *w = *state;
    struct dedupe_record *r[8];

    for (int i = 0; i < 8; i++)
        r[i] = add(w);
    hold(r[0], KEY_EMAIL, 1), hold(r[1], KEY_EMAIL, 1);
    hold(r[1], KEY_PHONE_SURNAME, 1), hold(r[2], KEY_PHONE_SURNAME, 1);
    hold(r[3], KEY_SOURCE, 1), hold(r[4], KEY_SOURCE, 1);
    hold(r[5], KEY_PHONE, 1), hold(r[6], KEY_PHONE, 1);           /* a household's */
    hold(r[5], KEY_EMAIL_WIDE, 1), hold(r[6], KEY_EMAIL_WIDE, 1); /* for refusals */
    r[6]->role_email = hash_of(KEY_EMAIL, 9), r[7]->role_email = hash_of(KEY_EMAIL, 9);
    run(w);
    assert_true(one(w, 0, 1) && one(w, 1, 2));
    assert_true(one(w, 3, 4));
    assert_false(one(w, 2, 3));
    assert_false(one(w, 5, 6));
    assert_false(one(w, 6, 7));
    assert_int_equal(w->out.conflicts_n, 0);
}

static void found(struct world *w, unsigned a, unsigned b, int verdict, bool differ)
{
    static struct dedupe_edge edges[16];

    w->graph.edges = edges;
    edges[w->graph.edges_n++] = (struct dedupe_edge){
        .a = w->records[a].record, .b = w->records[b].record, .verdict = (uint8_t)verdict, .differ = differ};
}

static void test_what_the_engine_found(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 8; i++)
        add(w);
    found(w, 0, 1, EDGE_LINK, false);
    found(w, 1, 2, EDGE_REVIEW, false);
    hold(&w->records[3], KEY_EMAIL, 1), hold(&w->records[4], KEY_EMAIL, 1); /* a couple with one mailbox */
    found(w, 3, 4, EDGE_APART, true);
    hold(&w->records[5], KEY_SOURCE, 1), hold(&w->records[6], KEY_SOURCE, 1); /* the source knows better */
    found(w, 5, 6, EDGE_APART, true);
    run(w);
    assert_true(one(w, 0, 1));
    assert_false(one(w, 1, 2));
    assert_false(one(w, 3, 4));
    assert_true(one(w, 5, 6));
    assert_int_equal(w->out.conflicts_n, 1);
    assert_int_equal(w->out.conflicts[0].a, 1);
    assert_int_equal(w->out.conflicts[0].b, 2);
}

static void test_a_found_link_gives_way_to_an_operator(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 4; i++)
        add(w);
    found(w, 0, 1, EDGE_LINK, false);
    decide_about(w, 0, 1, true);
    found(w, 2, 3, EDGE_REVIEW, false);
    decide_about(w, 2, 3, false);
    run(w);
    assert_false(one(w, 0, 1));
    assert_true(one(w, 2, 3));
    assert_int_equal(w->out.conflicts_n, 0);
}

static void test_who_fits_father_and_son_is_asked(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 3; i++)
        add(w);
    found(w, 0, 1, EDGE_LINK, false);
    found(w, 1, 2, EDGE_LINK, false);
    found(w, 0, 2, EDGE_APART, true);
    run(w);
    assert_false(one(w, 0, 1) || one(w, 1, 2) || one(w, 0, 2));
    assert_int_equal(w->out.conflicts_n, 2);
}

static void test_joined_and_must_link(void **state)
{
    struct world *w = *state;
    struct uuid root = id_of(7000);

    for (int i = 0; i < 5; i++)
        add(w);
    w->records[0].root = w->records[3].root = root;
    decide_about(w, 1, 2, false);
    run(w);
    assert_true(one(w, 0, 3));
    assert_true(one(w, 1, 2));
    assert_false(one(w, 0, 1));
    assert_false(one(w, 0, 4));
}

static void test_generic_key(void **state)
{
    struct world *w = *state;
    struct hash_list generic;
    struct hash listed;

    for (int i = 0; i < GENERIC_RECORDS; i++)
        hold(add(w), KEY_PHONE_SURNAME, 5);
    run(w);
    assert_true(one(w, 0, GENERIC_RECORDS - 1));
    decide_generic(&w->graph, w->arena, &generic);
    assert_int_equal(generic.n, 0);

    hold(add(w), KEY_PHONE_SURNAME, 5);
    run(w);
    assert_false(one(w, 0, 1));
    decide_generic(&w->graph, w->arena, &generic);
    assert_int_equal(generic.n, 1);

    w->graph.n = 2; /* the others aren't loaded, but the key is known to be generic */
    listed = hash_of(KEY_PHONE_SURNAME, 5);
    w->graph.generic = &listed, w->graph.generic_n = 1;
    run(w);
    assert_false(one(w, 0, 1));
}

static void test_fences(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 4; i++)
        hold(add(w), KEY_EMAIL, 1);
    w->records[0].fence = w->records[1].fence = id_of(900);
    run(w);
    assert_true(one(w, 0, 1)); /* under the same forget */
    assert_true(one(w, 2, 3)); /* free */
    assert_false(one(w, 0, 2));
    assert_int_not_equal(w->out.component[0], w->out.component[2]);
}

static void test_split_by_hand(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 3; i++)
        hold(add(w), KEY_EMAIL, 1);
    decide_about(w, 0, 1, true);
    decide_about(w, 1, 2, true);
    run(w);
    assert_true(one(w, 0, 2)); /* the two that nobody keeps apart stay one */
    assert_false(one(w, 0, 1));
    assert_int_equal(w->out.conflicts_n, 0); /* an operator has decided: nothing to ask */
    assert_int_equal(w->out.component[0], w->out.component[1]);
}

static void test_doubtful_is_a_humans_call(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 3; i++)
        hold(add(w), KEY_EMAIL, 1);
    decide_about(w, 0, 1, true);
    run(w); /* the third fits both */
    assert_false(one(w, 0, 1));
    assert_false(one(w, 0, 2));
    assert_false(one(w, 1, 2));
    assert_int_equal(w->out.conflicts_n, 2);

    decide_about(w, 0, 2, false); /* the answer: it is the first */
    run(w);
    assert_true(one(w, 0, 2));
    assert_false(one(w, 1, 2));
    assert_int_equal(w->out.conflicts_n, 0);
}

static void test_stronger_ground_settles(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 3; i++)
        hold(add(w), KEY_PHONE_SURNAME, 1);
    hold(&w->records[0], KEY_EMAIL, 3), hold(&w->records[2], KEY_EMAIL, 3);
    decide_about(w, 0, 1, true);
    run(w);
    assert_true(one(w, 0, 2));
    assert_false(one(w, 0, 1));
    assert_int_equal(w->out.conflicts_n, 0);
}

static void test_a_later_record_joins_its_half(void **state)
{
    struct world *w = *state;

    add(w), add(w), add(w);
    hold(&w->records[0], KEY_EMAIL, 1), hold(&w->records[1], KEY_EMAIL, 1); /* kept apart */
    hold(&w->records[0], KEY_SOURCE, 2), hold(&w->records[2], KEY_SOURCE, 2);
    decide_about(w, 0, 1, true);
    run(w);
    assert_true(one(w, 0, 2));
    assert_false(one(w, 0, 1));
}

static void test_through_third_ones(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 4; i++)
        add(w);
    for (unsigned i = 0; i < 3; i++)
        hold(&w->records[i], KEY_EMAIL, i), hold(&w->records[i + 1], KEY_EMAIL, i);
    decide_about(w, 0, 3, true); /* 0 - 1 - 2 - 3, and its ends are two */
    run(w);
    assert_false(one(w, 0, 3));
    assert_int_equal(w->out.conflicts_n, 1);
}

static void test_too_large(void **state)
{
    struct world *w = *state;
    size_t n = PERSON_RECORDS + 50;
    struct dedupe_record *records = calloc(n, sizeof(*records));
    size_t first = 0;

    assert_non_null(records);
    for (size_t i = 0; i < n; i++)
        records[i] = (struct dedupe_record){.record = id_of((unsigned)i + 1), .root = id_of(60000)};
    w->graph.records = records;
    w->graph.n = n;
    run(w);
    for (size_t i = 0; i < n; i++)
        first += w->out.cluster[i] == 0;
    assert_in_range(first, 2, PERSON_RECORDS);
    free(records);
}

/* ---- any graph, any order ------------------------------------------------------------------------------------------ */

static unsigned next(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245U + 12345U;
    return (*seed >> 16) % below;
}

static bool apart_within(const struct world *w)
{
    for (size_t i = 0; i < w->graph.pairs_n; i++) {
        size_t a = dedupe_find(&w->graph, &w->pairs[i].a), b = dedupe_find(&w->graph, &w->pairs[i].b);
        if (w->pairs[i].apart && w->out.cluster[a] == w->out.cluster[b])
            return true;
    }
    return false;
}

/* Whatever the order of keys and decisions: one partition. Looked at whole or component by component: the same. And
 * nobody kept apart is ever one. */
static void test_random_graphs(void **state)
{
    struct world *w = *state;

    for (unsigned round = 1; round <= 1000; round++) {
        unsigned seed = round;
        uint32_t whole[40];
        w->graph.n = w->graph.pairs_n = 0;
        w->graph.records = w->records;
        for (int i = 0; i < 40; i++) {
            struct dedupe_record *r = add(w);
            hold(r, KEY_EMAIL, next(&seed, 30));
            hold(r, KEY_PHONE_SURNAME, next(&seed, 40));
        }
        for (int i = 0; i < 12; i++) {
            unsigned a = next(&seed, 39), b = a + 1 + next(&seed, 39 - a);
            decide_about(w, a, b, next(&seed, 3) != 0);
            for (size_t p = 0; p + 1 < w->graph.pairs_n; p++)
                if (uuid_equal(&w->pairs[p].a, &w->records[a].record) &&
                    uuid_equal(&w->pairs[p].b, &w->records[b].record))
                    w->graph.pairs_n--; /* one decision a pair */
        }
        run(w);
        assert_false(apart_within(w));
        memcpy(whole, w->out.cluster, sizeof(whole));

        for (size_t i = w->graph.pairs_n; i > 1; i--) {
            size_t j = next(&seed, (unsigned)i);
            struct dedupe_pair swap = w->pairs[i - 1];
            w->pairs[i - 1] = w->pairs[j], w->pairs[j] = swap;
        }
        for (size_t i = 0; i < w->graph.n; i++) {
            struct key swap = w->records[i].keys.items[0];
            w->records[i].keys.items[0] = w->records[i].keys.items[1], w->records[i].keys.items[1] = swap;
        }
        run(w);
        assert_memory_equal(whole, w->out.cluster, sizeof(whole));

        struct dedupe_record part[40];
        uint32_t place[40], component = w->out.component[next(&seed, 40)], n = 0;
        for (uint32_t i = 0; i < 40; i++)
            if (w->out.component[i] == component)
                place[n] = i, part[n++] = w->records[i];
        w->graph.records = part, w->graph.n = n;
        run(w);
        for (uint32_t i = 0; i < n; i++)
            assert_int_equal(place[w->out.cluster[i]], whole[place[i]]);
        arena_reset(w->arena, 1 << 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_grounds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_joined_and_must_link, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_the_engine_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_found_link_gives_way_to_an_operator, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_fits_father_and_son_is_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_generic_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fences, setup, teardown),
        cmocka_unit_test_setup_teardown(test_split_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(test_doubtful_is_a_humans_call, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stronger_ground_settles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_later_record_joins_its_half, setup, teardown),
        cmocka_unit_test_setup_teardown(test_through_third_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_graphs, setup, teardown),
    };

    return cmocka_run_group_tests_name("services/dedupe/dedupe", tests, NULL, NULL);
}
