/* redact: whole words of a person go, everything else stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/intake/redact.h"

static struct arena *arena;

static void check(const char *in, size_t hits, const char *out)
{
    struct literals literals = {0};
    struct text text;

    literals_add(&literals, TEXT(" ada@example.org "), arena);
    literals_add(&literals, TEXT("Ada Lovelace"), arena);
    literals_add(&literals, TEXT("Lovelace"), arena);
    literals_add(&literals, TEXT("Lovelace"), arena);
    literals_add(&literals, TEXT("Al"), arena);
    literals_add(&literals, TEXT_NONE, arena);
    assert_int_equal(literals.n, 3);
    assert_int_equal(redact_text(text_of(in), &literals, arena, &text), hits);
    assert_true(text_is(text, out));
}

static void occurrences_go_whatever_their_case(void **state)
{
    (void)state;
    check("Dear ADA LOVELACE, <Ada@Example.org>!", 2, "Dear [erased], <[erased]>!");
    check("Lovelace", 1, "[erased]");
    check("Lovelace/Lovelace", 2, "[erased]/[erased]");
}

static void the_longest_wins(void **state)
{
    (void)state;
    check("Ada Lovelace", 1, "[erased]");
}

static void parts_of_other_words_stay(void **state)
{
    (void)state;
    check("Lovelaces, xada@example.org, ada@example.organic", 0, "Lovelaces, xada@example.org, ada@example.organic");
    check("\xc3\xa9Lovelace", 0, "\xc3\xa9Lovelace");
    check("", 0, "");
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(occurrences_go_whatever_their_case),
        cmocka_unit_test(the_longest_wins),
        cmocka_unit_test(parts_of_other_words_stay),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
