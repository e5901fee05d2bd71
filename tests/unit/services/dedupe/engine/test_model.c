/* Tests of services/dedupe/engine/model: what is linked, asked, kept apart by the usual weights.
 * link: levels.c profile.c nicknames.c words.c street.c keys.c explain.c */
#include "services/dedupe/engine/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "services/dedupe/engine/explain.h"

static struct nicknames *nicknames;
static struct arena *arena;
static struct model model;

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    nicknames = nicknames_new();
    model_default(&model, 100000, nicknames);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    nicknames_free(nicknames);
    arena_free(arena);
    return 0;
}

#define WRITTEN(literal)                                                                                               \
    {                                                                                                                  \
        .p = (literal), .n = sizeof(literal) - 1                                                                       \
    }
static const struct person_fields father = {.given_name = WRITTEN("Peter"),
                                            .family_name = WRITTEN("Vogel"),
                                            .street = WRITTEN("Gartenweg 5"),
                                            .city = WRITTEN("Kassel"),
                                            .postcode = WRITTEN("34117"),
                                            .email = WRITTEN("peter.vogel@example.org"),
                                            .phone = WRITTEN("+49561901820")};

static enum verdict decide(struct person_fields a, struct person_fields b, struct score *score)
{
    struct profile x, y;

    profile_make(&a, nicknames, arena, arena, &x);
    profile_make(&b, nicknames, arena, arena, &y);
    model_score(&model, &x, &y, score);
    return decide_pair(score, &thresholds_default);
}

static void test_own_mailbox_links(void **state)
{
    struct person_fields other = {
        .given_name = TEXT("Peter"), .family_name = TEXT("Vogel"), .email = TEXT("Peter.Vogel@Example.org")};
    struct score score;

    (void)state;
    assert_int_equal(decide(father, other, &score), LINK);
}

static void test_wife_is_apart(void **state)
{
    struct person_fields other = father;
    struct score score;

    (void)state;
    other.given_name = TEXT("Sabine");
    other.email = TEXT("sabine.vogel@example.org");
    assert_int_equal(decide(father, other, &score), APART);
}

static void test_shared_mailbox_links_no_couple(void **state)
{
    struct person_fields other = father;
    struct score score;

    (void)state;
    other.given_name = TEXT("Sabine");
    assert_int_not_equal(decide(father, other, &score), LINK);
}

static void test_son_of_the_name_is_never_linked(void **state)
{
    struct person_fields one = father, other = father;
    struct score score;

    (void)state;
    one.date_of_birth = TEXT("1951-03-04");
    other.date_of_birth = TEXT("1982-11-23");
    assert_int_not_equal(decide(one, other, &score), LINK);
}

static void test_missing_says_nothing(void **state)
{
    struct person_fields nothing = {.given_name = TEXT_NONE};
    struct score score;

    (void)state;
    assert_int_equal(decide(father, nothing, &score), APART);
    for (int f = 0; f < FIELDS; f++)
        assert_int_equal(score.bits[f], 0);
}

static void test_explained_without_values(void **state)
{
    struct person_fields other = {
        .given_name = TEXT("Pit"), .family_name = TEXT("Vogel"), .email = TEXT("peter.vogel@example.org")};
    struct score score;
    enum verdict verdict = decide(father, other, &score);
    struct buf out;
    struct text words;

    (void)state;
    buf_init(&out, 4096);
    explain_score(&score, verdict, &out);
    buf_char(&out, '\0');
    words = buf_view(&out);
    assert_non_null(strstr(words.p, "link"));
    assert_non_null(strstr(words.p, "given name: short form"));
    assert_non_null(strstr(words.p, "email: same mailbox"));
    assert_null(strcasestr(words.p, "vogel"));
    assert_null(strcasestr(words.p, "peter"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_mailbox_links),
        cmocka_unit_test(test_wife_is_apart),
        cmocka_unit_test(test_shared_mailbox_links_no_couple),
        cmocka_unit_test(test_son_of_the_name_is_never_linked),
        cmocka_unit_test(test_missing_says_nothing),
        cmocka_unit_test(test_explained_without_values),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
