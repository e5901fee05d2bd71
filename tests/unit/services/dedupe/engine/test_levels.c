/* Tests of services/dedupe/engine: what normalised fields are worth to each other.
 * link: profile.c nicknames.c words.c street.c keys.c */
#include "services/dedupe/engine/levels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct nicknames *nicknames;
static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    nicknames = nicknames_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    nicknames_free(nicknames);
    arena_free(arena);
    return 0;
}

static struct profile profile_of(struct person_fields fields)
{
    struct profile profile;

    profile_make(&fields, nicknames, arena, arena, &profile);
    return profile;
}

static bool nobody_known(const void *context, struct word name)
{
    (void)context;
    (void)name;
    return false;
}

static bool everybody_known(const void *context, struct word name)
{
    (void)context;
    (void)name;
    return true;
}

static struct levels compare(struct person_fields a, struct person_fields b)
{
    struct profile x = profile_of(a), y = profile_of(b);
    struct levels levels;

    levels_compare(&x, &y, nobody_known, NULL, &levels);
    return levels;
}

/* What two values of one field come to, the rest of both records being empty but for a country. */
static int compare_at(size_t at, enum compared field, const char *country, const char *a, const char *b)
{
    struct person_fields x = {.country = text_of(country)}, y = {.country = text_of(country)};
    const struct text one = text_of(a), other = text_of(b);

    memcpy((char *)&x + at, &one, sizeof(one));
    memcpy((char *)&y + at, &other, sizeof(other));
    return compare(x, y).of[field];
}

#define GIVEN(a, b) compare_at(offsetof(struct person_fields, given_name), F_GIVEN, NULL, a, b)
#define FAMILY(a, b) compare_at(offsetof(struct person_fields, family_name), F_FAMILY, NULL, a, b)
#define BIRTH(a, b) compare_at(offsetof(struct person_fields, date_of_birth), F_BIRTH, NULL, a, b)
#define MAIL(a, b) compare_at(offsetof(struct person_fields, email), F_MAIL, NULL, a, b)
#define PHONE(a, b) compare_at(offsetof(struct person_fields, phone), F_PHONE, "DE", a, b)
#define STREET(a, b) compare_at(offsetof(struct person_fields, street), F_STREET, NULL, a, b)

static void test_given_names(void **state)
{
    (void)state;
    assert_int_equal(GIVEN("Robert", "ROBERT"), G_SAME);
    assert_int_equal(GIVEN("Bob", "Rob"), G_NICK);
    assert_int_equal(GIVEN("Katharina", "Kathi"), G_NICK);
    assert_int_equal(GIVEN("Francisco", "Paco"), G_NICK);
    assert_int_equal(GIVEN("Giuseppe", "Beppe"), G_NICK);
    assert_int_equal(GIVEN("Aleksandra", "Ola"), G_NICK);
    assert_int_equal(GIVEN("Willem", "Wim"), G_NICK);
    assert_int_equal(GIVEN("Jose", "Ze"), G_NICK);
    assert_int_equal(GIVEN("R.", "Robert"), G_INITIAL);
    assert_int_equal(GIVEN("Jean-Luc", "Jeanluc"), G_SAME);
    assert_int_equal(GIVEN("Anna Maria", "Maria"), G_PART);
    assert_int_equal(GIVEN("Jürgen", "Juergen"), G_SAME);
    assert_int_equal(GIVEN("Сергей", "Sergej"), G_SAME);
    assert_int_equal(GIVEN("Rоbert", "Robert"), G_SAME); /* a Cyrillic o */
    assert_int_equal(GIVEN("Wiliam", "William"), G_CLOSE);
    assert_int_equal(GIVEN("Peter", "Sabine"), G_DIFFERENT);
    assert_int_equal(GIVEN("Peter", "n/a"), G_DIFFERENT); /* two words: no placeholder */
    assert_int_equal(GIVEN("Peter", "unknown"), G_NONE);
    assert_int_equal(GIVEN("Dr. Peter", "Peter"), G_SAME);
}

static void test_two_names_are_no_slip(void **state)
{
    struct profile a = profile_of((struct person_fields){.given_name = TEXT("Julia")});
    struct profile b = profile_of((struct person_fields){.given_name = TEXT("Julian")});
    struct levels levels;

    (void)state;
    levels_compare(&a, &b, everybody_known, NULL, &levels);
    assert_int_equal(levels.of[F_GIVEN], G_SIMILAR);
    assert_true(levels_incompatible(&levels));
}

static void test_family_names(void **state)
{
    (void)state;
    assert_int_equal(FAMILY("Müller", "Mueller"), N_SAME);
    assert_int_equal(FAMILY("von der Heide", "Heide"), N_SAME);
    assert_int_equal(FAMILY("Ivanova", "Ivanov"), N_SAME);
    assert_int_equal(FAMILY("Kowalska", "Kowalski"), N_SAME);
    assert_int_equal(FAMILY("García López", "Garcia"), N_PART);
    assert_int_equal(FAMILY("Schmidt-Meier", "Meier"), N_PART);
    assert_int_equal(FAMILY("O'Brien", "OBrien"), N_SAME);
    assert_int_equal(FAMILY("Schneider", "Schnieder"), N_CLOSE);
    assert_int_equal(FAMILY("Schneider", "Weber"), N_DIFFERENT);
}

static void test_swapped_names(void **state)
{
    const struct person_fields one = {.given_name = TEXT("Weber"), .family_name = TEXT("Sabine")};
    const struct person_fields other = {.given_name = TEXT("Sabine"), .family_name = TEXT("Weber")};
    const struct levels levels = compare(one, other);

    (void)state;
    assert_true(levels.swapped);
    assert_int_equal(levels.of[F_GIVEN], G_SAME);
    assert_int_equal(levels.of[F_FAMILY], N_SAME);
}

static void test_suffixes(void **state)
{
    const struct person_fields old = {.family_name = TEXT("Vogel sen.")}, young = {.family_name = TEXT("Vogel Jr")};
    const struct person_fields unsaid = {.family_name = TEXT("Vogel")};
    struct levels levels = compare(old, young);

    (void)state;
    assert_int_equal(levels.of[F_FAMILY], N_SAME);
    assert_true(levels.conflict);
    levels = compare(old, unsaid);
    assert_false(levels.conflict);
}

static void test_birth_dates(void **state)
{
    (void)state;
    assert_int_equal(BIRTH("1971-06-24", "24.06.1971"), B_SAME);
    assert_int_equal(BIRTH("19710624", "06/24/1971"), B_SAME);
    assert_int_equal(BIRTH("1971-06-04", "1971-04-06"), B_CLOSE);
    assert_int_equal(BIRTH("1971-06-24", "1971-06-25"), B_CLOSE);
    assert_int_equal(BIRTH("1971-06-24", "1971-11-24"), B_PARTLY);
    assert_int_equal(BIRTH("1971-06-24", "1988-01-03"), B_DIFFERENT);
    assert_int_equal(BIRTH("1971-06-24", "about 1971"), B_NONE);
}

static void test_mail(void **state)
{
    (void)state;
    assert_int_equal(MAIL("Ada.Byron+news@gmail.com", "adabyron@googlemail.com"), M_OWN);
    assert_int_equal(MAIL("ada.byron@example.com", "adabyron@example.com"), M_CLOSE);
    assert_int_equal(MAIL("info@example.com", "info@example.com"), M_NONE); /* a role is nobody */
    assert_int_equal(MAIL("familie.weber@web.de", "familie.weber@web.de"), M_HOME);
    assert_int_equal(MAIL("john.smith@a.example", "john.smith@b-company.example"), M_LOCAL);
    assert_int_equal(MAIL("jens.hofmann@yahood.e", "jens.hofmann@yahoo.de"), M_CLOSE);
    assert_int_equal(MAIL("ada@example.com", "bob@example.com"), M_DIFFERENT);
}

static void test_phones(void **state)
{
    (void)state;
    assert_int_equal(PHONE("0171 1234567", "+49 171 1234567"), P_OWN);
    assert_int_equal(PHONE("030 901820", "+49 30 901820"), P_HOME);
    assert_int_equal(PHONE("030 901820", "040 428280"), P_DIFFERENT);
}

static void test_streets(void **state)
{
    (void)state;
    assert_int_equal(STREET("Hauptstraße 12", "Hauptstr. 12"), S_SAME);
    assert_int_equal(STREET("12 Main Street", "12 Main St"), S_SAME);
    assert_int_equal(STREET("12 Main Street", "14 Main Street"), S_STREET);
    assert_int_equal(STREET("12 Main Street", "12 Miain Street"), S_CLOSE);
    assert_int_equal(STREET("Hauptstraße 12", "Gartenweg 12"), S_DIFFERENT);
}

static void test_long_and_strange(void **state)
{
    static char name[10000];
    struct profile profile;

    (void)state;
    memset(name, 'x', sizeof(name));
    profile = profile_of((struct person_fields){.given_name = {.p = name, .n = sizeof(name)},
                                                .family_name = TEXT("😀😀"),
                                                .email = TEXT("@"),
                                                .phone = TEXT("----"),
                                                .street = TEXT(" , "),
                                                .date_of_birth = TEXT("99999999")});
    assert_int_equal(profile.given.n + profile.family.n + profile.street_n, 0);
    assert_int_equal(profile.birth_year, 0);
    profile = profile_of((struct person_fields){.family_name = TEXT("محمد"), .given_name = TEXT("\xff\xfe Bo")});
    assert_true(profile.family.n == 1 && profile.given.n == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_given_names),  cmocka_unit_test(test_two_names_are_no_slip),
        cmocka_unit_test(test_family_names), cmocka_unit_test(test_swapped_names),
        cmocka_unit_test(test_suffixes),     cmocka_unit_test(test_birth_dates),
        cmocka_unit_test(test_mail),         cmocka_unit_test(test_phones),
        cmocka_unit_test(test_streets),      cmocka_unit_test(test_long_and_strange),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
