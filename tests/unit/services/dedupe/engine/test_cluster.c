/* Tests of services/dedupe/engine/cluster: who is one person depends on the edges alone. */
#include "services/dedupe/engine/cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/dedupe/engine/model.h"

static bool never(const void *context, uint32_t a, uint32_t b)
{
    (void)context;
    (void)a;
    (void)b;
    return false;
}

/* 0 and 2 can't be one */
static bool two_are_apart(const void *context, uint32_t a, uint32_t b)
{
    (void)context;
    return (a == 0 && b == 2) || (a == 2 && b == 0);
}

static void test_links_join(void **state)
{
    struct edge edges[] = {{.a = 0, .b = 1, .bits = 1500, .verdict = LINK},
                           {.a = 1, .b = 2, .bits = 1200, .verdict = LINK}};
    struct clusters clusters;

    (void)state;
    cluster_records(edges, 2, 4, never, NULL, &clusters);
    assert_int_equal(clusters.of[2], 0);
    assert_int_equal(clusters.of[3], 3);
    assert_int_equal(clusters.asks_n, 0);
    clusters_free(&clusters);
}

static void test_two_candidates_nearly_as_good(void **state)
{
    struct edge edges[] = {{.a = 0, .b = 1, .bits = 1500, .verdict = LINK},
                           {.a = 1, .b = 2, .bits = 1300, .verdict = LINK}};
    struct clusters clusters;

    (void)state;
    cluster_records(edges, 2, 3, two_are_apart, NULL, &clusters);
    assert_int_equal(clusters.of[1], 1); /* neither father nor son */
    assert_int_equal(clusters.asks_n, 2);
    clusters_free(&clusters);
}

static void test_a_much_better_candidate_wins(void **state)
{
    struct edge edges[] = {{.a = 0, .b = 1, .bits = 3000, .verdict = LINK},
                           {.a = 1, .b = 2, .bits = 1300, .verdict = LINK}};
    struct clusters clusters;

    (void)state;
    cluster_records(edges, 2, 3, two_are_apart, NULL, &clusters);
    assert_int_equal(clusters.of[1], 0);
    assert_int_equal(clusters.of[2], 2);
    assert_int_equal(clusters.asks_n, 1);
    clusters_free(&clusters);
}

static void test_a_review_is_asked_and_joins_nobody(void **state)
{
    struct edge edges[] = {{.a = 0, .b = 1, .bits = 400, .verdict = REVIEW}};
    struct clusters clusters;

    (void)state;
    cluster_records(edges, 1, 2, never, NULL, &clusters);
    assert_int_equal(clusters.of[1], 1);
    assert_int_equal(clusters.asks_n, 1);
    clusters_free(&clusters);
}

static bool by_remainder(const void *context, uint32_t a, uint32_t b)
{
    (void)context;
    return a % 7 == 3 && b % 7 == 4;
}

/* The same numbers in each run (xorshift, Marsaglia 2003), below `most`. */
static uint32_t draw(uint32_t *from, uint32_t most)
{
    *from ^= *from << 13;
    *from ^= *from >> 17;
    *from ^= *from << 5;
    return *from % most;
}

static void test_order_has_no_say(void **state)
{
    enum { RECORDS = 60, EDGES = 200, ORDERS = 1000 };
    struct edge edges[EDGES], shuffled[EDGES];
    struct clusters first, clusters;
    uint32_t chance = 5;

    (void)state;
    for (int i = 0; i < EDGES; i++) {
        uint32_t a = draw(&chance, RECORDS), b = draw(&chance, RECORDS);
        edges[i] = (struct edge){.a = a < b ? a : b,
                                 .b = a < b ? b : a + (a == b),
                                 .bits = (int32_t)draw(&chance, 3000),
                                 .verdict = (uint8_t)(draw(&chance, 3) == 0 ? LINK : REVIEW)};
        edges[i].b = edges[i].b % RECORDS;
    }
    memcpy(shuffled, edges, sizeof(edges));
    cluster_records(shuffled, EDGES, RECORDS, by_remainder, NULL, &first);
    for (int order = 0; order < ORDERS; order++) {
        memcpy(shuffled, edges, sizeof(edges));
        for (int i = EDGES - 1; i > 0; i--) {
            uint32_t j = draw(&chance, (uint32_t)i + 1);
            struct edge swap = shuffled[i];
            shuffled[i] = shuffled[j];
            shuffled[j] = swap;
        }
        cluster_records(shuffled, EDGES, RECORDS, by_remainder, NULL, &clusters);
        assert_memory_equal(clusters.of, first.of, RECORDS * sizeof(*first.of));
        assert_int_equal(clusters.asks_n, first.asks_n);
        clusters_free(&clusters);
    }
    clusters_free(&first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links_join),
        cmocka_unit_test(test_two_candidates_nearly_as_good),
        cmocka_unit_test(test_a_much_better_candidate_wins),
        cmocka_unit_test(test_a_review_is_asked_and_joins_nobody),
        cmocka_unit_test(test_order_has_no_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
