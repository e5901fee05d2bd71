/* The proof fits the stake: a mailbox of one's own, or a second fact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/consent/mydata.h"

static void test_the_proof_fits_the_stake(void **state)
{
    static const struct {
        size_t persons;
        int64_t tries;
        enum data_proof proof;
        bool role, proven;
    } cases[] = {
        {0, 0, DATA_PROVEN, false, false}, /* an address that nobody is known by */
        {1, 0, DATA_PROVEN, false, false}, /* a mailbox of one's own */
        {2, 0, DATA_FACT_NEEDED, false, false},
        {0, 0, DATA_FACT_NEEDED, true, false}, /* info@ */
        {2, DATA_TRIES_MOST - 1, DATA_FACT_NEEDED, false, false},
        {2, DATA_TRIES_MOST, DATA_TOO_MANY, false, false},
        {2, DATA_TRIES_MOST, DATA_PROVEN, false, true}, /* the last try was right */
        {3, 1, DATA_PROVEN, true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(decide_data_proof(cases[i].role, cases[i].persons, cases[i].proven, cases[i].tries),
                         cases[i].proof);
}

static void test_a_second_fact(void **state)
{
    static const struct {
        const char *said, *held;
        bool fits;
    } cases[] = {
        {"10115", "10115", true},
        {" 101-15 ", "10115", true},
        {"sw1a 1aa", "SW1A1AA", true},
        {"10116", "10115", false},
        {"1011", "10115", false},
        {"115", "115", false}, /* too short to say anything */
        {"", "", false},
        {"030 12345678", "+493012345678", true},
        {"+49 30 12345678", "+493012345678", true},
        {"12345678", "+493012345678", true},
        {"2345678", "+493012345678", false},
        {"030 12345679", "+493012345678", false},
        {"SW1A1AAX", "XSW1A1AAX", false}, /* only of numbers the end is enough */
        {"123456789012345678901234567890123", "123456789012345678901234567890123", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (decide_data_fact(text_of(cases[i].said), text_of(cases[i].held)) != cases[i].fits)
            fail_msg("\"%s\" against \"%s\"", cases[i].said, cases[i].held);
    assert_false(decide_data_fact(TEXT_NONE, TEXT("10115")));
    assert_false(decide_data_fact(TEXT("10115"), TEXT_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_proof_fits_the_stake),
        cmocka_unit_test(test_a_second_fact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
