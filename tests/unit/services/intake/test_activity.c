/* activity: whose act an activity can be.
 * link: admit.c identify.c content.c redact.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "services/intake/activity.h"

/* Persons by one letter each: 'a' has that email, 'A' that record; 0 none. */
static struct part part(int role, char email, char record)
{
    struct part p = {.role = role};

    if (email != 0)
        memset(p.ids.email.b, email, sizeof p.ids.email.b);
    if (record != 0)
        memset(p.ids.source.b, record, sizeof p.ids.source.b);
    return p;
}

static void only_the_one_customer_or_sender_acts(void **state)
{
    struct part order[] = {part(ROLE_CUSTOMER, 'a', 'A'), part(ROLE_CC, 'b', 0), part(ROLE_MENTIONED, 'c', 0)};
    struct part mail[] = {part(ROLE_TO, 'b', 0), part(ROLE_FROM, 'a', 0)};
    struct activity of_order = {.parts = order, .n = 3}, of_mail = {.parts = mail, .n = 2};

    (void)state;
    assert_true(activity_acts(&of_order, 0));
    assert_false(activity_acts(&of_order, 1));
    assert_false(activity_acts(&of_order, 2));
    assert_false(activity_acts(&of_mail, 0));
    assert_true(activity_acts(&of_mail, 1));
}

static void of_two_nobody_knows_who_acted(void **state)
{
    struct part two[] = {part(ROLE_CUSTOMER, 'a', 0), part(ROLE_CUSTOMER, 'b', 0)};
    struct part one_twice[] = {part(ROLE_CUSTOMER, 'a', 'A'), part(ROLE_FROM, 'a', 0)};
    struct part with_staff[] = {part(ROLE_CUSTOMER, 'a', 0), part(ROLE_FROM, 0, 0)};
    struct activity of_two = {.parts = two, .n = 2}, of_one = {.parts = one_twice, .n = 2};
    struct activity of_staff = {.parts = with_staff, .n = 2};

    (void)state;
    assert_false(activity_acts(&of_two, 0));
    assert_false(activity_acts(&of_two, 1));
    assert_true(activity_acts(&of_one, 0));
    assert_true(activity_acts(&of_one, 1));
    with_staff[1].staff = true;
    assert_true(activity_acts(&of_staff, 0));
    assert_false(activity_acts(&of_staff, 1));
}

static void free_texts_go_with_the_roles_that_the_policy_names(void **state)
{
    static const char *const roles[] = {"customer", "from", NULL};
    static const struct policy_field fields[] = {{.name = "body", .kind = PF_TEXT},
                                                 {.name = "country", .kind = PF_COUNTRY},
                                                 {.name = "subject", .kind = PF_TEXT}};
    const struct policy_category category = {
        .name = "email", .activity = true, .fields = fields, .fields_n = 3, .erase_texts_of = roles};
    const struct policy_category silent = {.name = "case", .activity = true};
    struct scalar values[] = {{.name = TEXT("body"), .kind = SCALAR_TEXT, .value = TEXT("Ada, who lives in Rome")},
                              {.name = TEXT("country"), .kind = SCALAR_TEXT, .value = TEXT("IT")},
                              {.name = TEXT("subject"), .kind = SCALAR_TEXT, .value = TEXT("[erased]")},
                              {.name = TEXT("total"), .kind = SCALAR_NUMBER, .value = TEXT("5")}};
    struct activity_content content = {.category = &category, .fields = {.items = values, .n = 4}};

    (void)state;
    assert_true(content_goes_with(&category, ROLE_CUSTOMER));
    assert_true(content_goes_with(&category, ROLE_FROM));
    assert_false(content_goes_with(&category, ROLE_CC));
    assert_false(content_goes_with(&silent, ROLE_CUSTOMER));
    assert_false(content_goes_with(NULL, ROLE_CUSTOMER));
    assert_int_equal(content_blank(&content), 1);
    assert_true(text_is(values[0].value, "[erased]") && text_is(values[1].value, "IT"));
    assert_true(text_is(values[3].value, "5"));
    content.category = NULL; /* the policy no longer names it: nobody knows what isn't free */
    assert_int_equal(content_blank(&content), 1);
    assert_true(text_is(values[1].value, "[erased]"));
    assert_int_equal(content_blank(&content), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_texts_go_with_the_roles_that_the_policy_names),
        cmocka_unit_test(only_the_one_customer_or_sender_acts),
        cmocka_unit_test(of_two_nobody_knows_who_acted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
