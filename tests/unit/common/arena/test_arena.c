/* Tests of common/arena: alignment, zeroes, growth, reset and reuse. */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/arena/arena.h"

static int all_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return 0;
    return 1;
}

static void pieces_are_aligned_zeroed_and_apart(void **state)
{
    struct arena *arena = arena_new();
    unsigned char *pieces[200];
    (void)state;
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_alloc(arena, i * 7);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        assert_true(all_zero(pieces[i], i * 7));
        memset(pieces[i], (int)i, i * 7);
    }
    for (size_t i = 1; i < 200; i++)
        for (size_t at = 0; at < i * 7; at++)
            assert_int_equal(pieces[i][at], i & 0xFF);
    assert_true(arena_used(arena) >= 139300);
    arena_free(arena);
}

static void large_pieces_do_not_waste_the_newest_block(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    unsigned char *small = arena_alloc(arena, 16);
    unsigned char *large = arena_alloc(arena, 3 << 20);
    unsigned char *next = arena_alloc(arena, 16);
    assert_true(all_zero(large, 3 << 20));
    assert_true(next > small && next - small < 4096);
    arena_free(arena);
}

static void reset_gives_zeroed_memory_again(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 300; i++) {
            unsigned char *p = arena_alloc(arena, 100);
            assert_true(all_zero(p, 100));
            memset(p, 0xAA, 100);
        }
        assert_true(arena_used(arena) >= 30000);
        arena_reset(arena, round % 2 ? 1 << 20 : 0);
        assert_int_equal(arena_used(arena), 0);
    }
    arena_free(arena);
}

static void kept_memory_is_bounded_by_the_caller(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    unsigned char *first = arena_alloc(arena, 64);
    arena_reset(arena, 1 << 20);
    assert_ptr_equal(arena_alloc(arena, 64), first);
    for (int i = 0; i < 100; i++)
        arena_alloc(arena, 1000);
    arena_reset(arena, 1 << 20);
    unsigned char *low = arena_alloc(arena, 1000), *high = low; /* what was many blocks is one now */
    for (int i = 1; i < 100; i++) {
        unsigned char *next = arena_alloc(arena, 1000);
        assert_true(next > high && next - high < 1100);
        high = next;
    }
    assert_true(high - low < 110000);
    arena_free(arena);
    arena_free(NULL);
}

static void arrays_and_types(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    int64_t *numbers = ARENA_ARRAY(arena, 1000, int64_t);
    double *one = ARENA_NEW(arena, double);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], 0);
    *one = 1;
    assert_non_null(arena_array(arena, 0, 8));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_zeroed_and_apart),
        cmocka_unit_test(large_pieces_do_not_waste_the_newest_block),
        cmocka_unit_test(reset_gives_zeroed_memory_again),
        cmocka_unit_test(kept_memory_is_bounded_by_the_caller),
        cmocka_unit_test(arrays_and_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
