/* The table of roles and rights, written out once more: a change of it must be meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/admin/right.h"

static void test_table(void **state)
{
    (void)state;
    static const char *const wanted[ROLES] = {
        [ROLE_VIEWER] = "x....", [ROLE_AGENT] = "xxx..", [ROLE_DPO] = "xxxx.", [ROLE_ADMIN] = "xxxxx"};
    for (int role = 0; role < ROLES; role++)
        for (int right = 0; right < RIGHTS; right++)
            if (role_may((enum role)role, (enum right)right) != (wanted[role][right] == 'x'))
                fail_msg("%s: %s", role_names[role], right_names[right]);
}

static void test_names(void **state)
{
    (void)state;
    enum role role = ROLE_VIEWER;
    assert_true(role_of(TEXT("dpo"), &role));
    assert_int_equal(role, ROLE_DPO);
    assert_false(role_of(TEXT("DPO"), &role));
    assert_false(role_of(TEXT(""), &role));
    assert_false(role_of(TEXT_NONE, &role));
    assert_null(role_names[ROLES]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
