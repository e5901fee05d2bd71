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

static const struct uuid ann = {.b = {1}}, bob = {.b = {2}};

static struct human_answer say(int outcome, int64_t at, const char *evidence, struct uuid by)
{
    return (struct human_answer){.outcome = outcome, .at = at, .evidence = text_of(evidence), .by = by};
}

static void refused(const struct human_answer *recorded, struct human_answer given, const char *pointer, int status)
{
    struct error err = {0};
    enum human_step step;

    assert_int_equal(decide_human(recorded, &given, now, &step, &err), REFUSED);
    assert_string_equal(err.pointer, pointer);
    assert_int_equal(err.status, status);
}

static void test_two_persons_answer(void **state)
{
    struct human_answer none = say(-1, CLOCK_NONE, NULL, (struct uuid){{0}}), given;
    struct error err;
    enum human_step step;

    (void)state;
    given = say(HUMAN_NOT_HELD, CLOCK_NONE, "protocol-7", ann);
    assert_int_equal(decide_human(&none, &given, now, &step, &err), DONE);
    assert_int_equal(step, HUMAN_RECORD);
    assert_true(given.at == now);
    struct human_answer recorded = given;
    refused(&recorded, say(HUMAN_NOT_HELD, CLOCK_NONE, NULL, ann), "", 409);
    struct human_answer second = say(HUMAN_NOT_HELD, CLOCK_NONE, NULL, bob);
    assert_int_equal(decide_human(&recorded, &second, now, &step, &err), DONE);
    assert_int_equal(step, HUMAN_CONFIRM);
    /* another answer begins anew: another outcome, another date, another proof */
    second = say(HUMAN_GONE, now + US_PER_DAY, "protocol-8", bob);
    assert_int_equal(decide_human(&recorded, &second, now, &step, &err), DONE);
    assert_int_equal(step, HUMAN_RECORD);
    second = say(HUMAN_NOT_HELD, now - 1, "protocol-7", bob);
    assert_int_equal(decide_human(&recorded, &second, now, &step, &err), DONE);
    assert_int_equal(step, HUMAN_RECORD);
    second = say(HUMAN_NOT_HELD, CLOCK_NONE, "protocol-9", bob);
    assert_int_equal(decide_human(&recorded, &second, now, &step, &err), DONE);
    assert_int_equal(step, HUMAN_RECORD);
}

static void test_what_an_answer_must_hold(void **state)
{
    struct human_answer none = say(-1, CLOCK_NONE, NULL, (struct uuid){{0}});

    (void)state;
    refused(&none, say(HUMAN_NOT_HELD, CLOCK_NONE, NULL, ann), "/evidence", 0);
    refused(&none, say(HUMAN_NOT_HELD, CLOCK_NONE, "Ann said so", ann), "/evidence", 0);
    refused(&none, say(HUMAN_NOT_HELD, CLOCK_NONE, "ann@example.org", ann), "/evidence", 0);
    refused(&none, say(HUMAN_GONE, CLOCK_NONE, "p-1", ann), "/at", 0);
    refused(&none, say(HUMAN_DARK, now + 1, "p-1", ann), "/at", 0);
    refused(&none, say(-1, CLOCK_NONE, "p-1", ann), "/outcome", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_persons_answer),
        cmocka_unit_test(test_what_an_answer_must_hold),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_what_a_registration_must_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
