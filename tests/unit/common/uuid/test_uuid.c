/* Tests of common/uuid against the vectors of RFC 9562, appendices A and B. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/arena/arena.h"
#include "common/clock/clock.h"
#include "common/uuid/uuid.h"

static void v7_vector(void **state)
{
    /* A.6: unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F */
    static const uint8_t entropy[10] = {0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
    static const uint8_t noisy[10] = {0xFC, 0xC3, 0xD8, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
    char out[UUID_TEXT_BYTES];
    int64_t us;
    (void)state;
    assert_true(clock_parse(TEXT("2022-02-22T14:22:22-05:00"), &us));
    struct uuid id = uuid_v7(us + 999, entropy);
    uuid_format(&id, out);
    assert_string_equal(out, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    id = uuid_v7(us, noisy); /* the bits of version and variant are ours */
    uuid_format(&id, out);
    assert_string_equal(out, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

static void v8_vector(void **state)
{
    /* B.2: SHA-256 of the DNS namespace and "www.example.com" */
    static const uint8_t hash[16] = {0x5c, 0x14, 0x6b, 0x14, 0x3c, 0x52, 0x4a, 0xfd,
                                     0x93, 0x8a, 0x37, 0x5d, 0x0d, 0xf1, 0xfb, 0xf6};
    char out[UUID_TEXT_BYTES];
    (void)state;
    struct uuid id = uuid_v8(hash);
    uuid_format(&id, out);
    assert_string_equal(out, "5c146b14-3c52-8afd-938a-375d0df1fbf6");
}

static void text_both_ways(void **state)
{
    /* A.3, a version 4 */
    static const char *const bad[] = {"",
                                      "919108f7-52d1-4320-9bac-f847db4148a",
                                      "919108f7-52d1-4320-9bac-f847db4148a80",
                                      "919108f7052d1-4320-9bac-f847db4148a8",
                                      "919108f7-52d1-4320-9bac-f847db4148ag",
                                      "{919108f7-52d1-4320-9bac-f847db4148a}",
                                      "919108f7-52d1-4320-9bac-f847db4148 8"};
    struct arena *arena = arena_new();
    struct uuid id, same;
    (void)state;
    assert_true(uuid_parse(TEXT("919108F7-52d1-4320-9bac-f847db4148a8"), &id));
    assert_string_equal(uuid_text(arena, &id).p, "919108f7-52d1-4320-9bac-f847db4148a8");
    assert_true(uuid_parse(uuid_text(arena, &id), &same));
    assert_true(uuid_equal(&id, &same));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(uuid_parse(text_of(bad[i]), &id));
    assert_true(uuid_parse(TEXT("00000000-0000-0000-0000-000000000000"), &id));
    assert_true(uuid_is_nil(&id));
    assert_false(uuid_is_nil(&same));
    arena_free(arena);
}

static void random_ones(void **state)
{
    enum { N = 2000 };
    struct uuid *ids = calloc(N, sizeof *ids);
    (void)state;
    assert_non_null(ids);
    for (int i = 0; i < N; i++) {
        ids[i] = i % 2 ? uuid_v4_random() : uuid_v7_random(i * US_PER_MS);
        assert_int_equal(ids[i].b[6] >> 4, i % 2 ? 4 : 7);
        assert_int_equal(ids[i].b[8] >> 6, 2);
    }
    qsort(ids, N, sizeof *ids, uuid_compare);
    for (int i = 1; i < N; i++)
        assert_true(uuid_compare(&ids[i - 1], &ids[i]) < 0);
    free(ids);
}

static void v7_sorts_by_time(void **state)
{
    static const uint8_t high[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, low[10] = {0};
    struct uuid a = uuid_v7(1000 * US_PER_MS, high), b = uuid_v7(1001 * US_PER_MS, low), c = uuid_v7(-5, low);
    (void)state;
    assert_true(uuid_compare(&a, &b) < 0);
    assert_true(uuid_compare(&c, &a) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(v7_vector),   cmocka_unit_test(v8_vector),        cmocka_unit_test(text_both_ways),
        cmocka_unit_test(random_ones), cmocka_unit_test(v7_sorts_by_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
