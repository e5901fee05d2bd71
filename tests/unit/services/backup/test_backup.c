/* What a forget means for each kind of copy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/backup/backup.h"

static const int64_t now = INT64_C(1800000000) * US_PER_S;

static struct backup copy(enum backup_kind kind, bool keyring, int64_t expires)
{
    return (struct backup){.kind = kind, .keyring = keyring, .taken_us = now - US_PER_DAY, .expires_us = expires};
}

static void test_verdicts(void **state)
{
    struct backup dump = copy(BACKUP_OWN, false, CLOCK_NONE), keys = copy(BACKUP_OWN, true, now + US_PER_DAY);
    struct backup archive = copy(BACKUP_OUTSIDE, false, now + US_PER_DAY),
                  open = copy(BACKUP_OUTSIDE, false, CLOCK_NONE);

    (void)state;
    assert_string_equal(decide_verdict(&dump, now).outcome, "dark");
    assert_true(decide_verdict(&dump, now).at == now);
    assert_string_equal(decide_verdict(&keys, now).outcome, "gone");
    assert_true(decide_verdict(&keys, now).at == now + US_PER_DAY);
    assert_string_equal(decide_verdict(&archive, now).outcome, "gone");
    assert_string_equal(decide_verdict(&open, now).outcome, "human");
    assert_true(decide_verdict(&open, now).at == now); /* a human is asked from now on */
}

static void test_what_a_registration_must_hold(void **state)
{
    struct error err;
    struct backup b = copy(BACKUP_OWN, true, now + US_PER_DAY);

    (void)state;
    assert_int_equal(backup_check(&b, now, &err), DONE);
    b.kind = BACKUP_OUTSIDE;
    assert_int_equal(backup_check(&b, now, &err), REFUSED);
    assert_string_equal(err.pointer, "/keyring");
    b = copy(BACKUP_OWN, false, now - 2 * US_PER_DAY);
    assert_int_equal(backup_check(&b, now, &err), REFUSED);
    assert_string_equal(err.pointer, "/expires_at");
    b = copy(BACKUP_OUTSIDE, false, CLOCK_NONE);
    b.contents = CONTENTS_SYSTEM;
    assert_int_equal(backup_check(&b, now, &err), REFUSED);
    assert_string_equal(err.pointer, "/system");
    b.taken_us = now + US_PER_DAY;
    assert_int_equal(backup_check(&b, now, &err), REFUSED);
    assert_string_equal(err.pointer, "/taken_at");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_what_a_registration_must_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
