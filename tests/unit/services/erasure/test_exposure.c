/* What of a topic's settings and ACLs breaks what is promised of its bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "services/erasure/exposure.h"

enum { SETTINGS = 6, MANY = 128 };
#define WEEK_MS INT64_C(604800000)

static void good(struct exposed_setting *s)
{
    s[0] = (struct exposed_setting){"retention.ms", "604800000"};
    s[1] = (struct exposed_setting){"cleanup.policy", "delete"};
    s[2] = (struct exposed_setting){"message.timestamp.type", "LogAppendTime"};
    s[3] = (struct exposed_setting){"segment.ms", "60000"};
    s[4] = (struct exposed_setting){"file.delete.delay.ms", "1000"};
    s[5] = (struct exposed_setting){"remote.storage.enable", "false"};
}

/* The one rule that a single change breaks; "" where none is, "many" where more are. */
static const char *broken_by(const char *name, const char *value)
{
    static struct exposure found[EXPOSURES_MOST];
    struct exposed_setting s[SETTINGS];
    struct exposed_topic topic = {.settings = s, .settings_n = SETTINGS, .retention_ms = WEEK_MS};
    size_t n;

    good(s);
    for (size_t i = 0; i < SETTINGS; i++)
        if (strcmp(s[i].name, name) == 0)
            s[i].value = value;
    n = exposure_of_topic(&topic, found);
    if (n == 1) {
        assert_string_equal(found[0].setting, name);
        assert_string_equal(found[0].harm, "longer");
    }
    return n == 0 ? "" : n == 1 ? found[0].rule : "many";
}

static void each_setting_has_its_bound(void **state)
{
    static const struct {
        const char *name, *value, *rule;
    } cases[] = {
        {"retention.ms", "604800000", ""},
        {"retention.ms", "604800001", "retention"},
        {"retention.ms", "-1", "retention"}, /* for ever */
        {"retention.ms", "", "retention"},
        {"retention.ms", "1x", "retention"},
        {"retention.ms", NULL, "retention"}, /* not told, not believed */
        {"cleanup.policy", "compact", "compaction"},
        {"cleanup.policy", "compact,delete", "compaction"},
        {"message.timestamp.type", "CreateTime", "timestamp-type"},
        {"segment.ms", "604800000", "segment-roll"},
        {"file.delete.delay.ms", "60000", ""},
        {"file.delete.delay.ms", "60001", "delete-delay"},
        {"remote.storage.enable", "true", "tiered-storage"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(broken_by(cases[i].name, cases[i].value), cases[i].rule);
}

static void what_a_broker_does_not_know_it_does_not_do(void **state)
{
    struct exposure found[EXPOSURES_MOST];
    struct exposed_setting s[SETTINGS];
    struct exposed_topic topic = {.settings = s, .settings_n = SETTINGS - 1, .retention_ms = WEEK_MS};

    (void)state;
    good(s);
    assert_int_equal(exposure_of_topic(&topic, found), 0);
    topic.settings_n = 0; /* but what each broker has must be told */
    assert_int_equal(exposure_of_topic(&topic, found), 5);
}

static void who_may_read_is_declared(void **state)
{
    const char *const readers[] = {"User:intake", "User:report", "User:report", "User:*"};
    const char *const declared[] = {"User:intake"};
    struct exposure found[EXPOSURES_MOST];
    struct exposed_setting s[SETTINGS];
    struct exposed_topic topic = {.settings = s,
                                  .settings_n = SETTINGS,
                                  .readers = readers,
                                  .readers_n = 4,
                                  .declared = declared,
                                  .declared_n = 1,
                                  .retention_ms = WEEK_MS};

    (void)state;
    good(s);
    assert_int_equal(exposure_of_topic(&topic, found), 2);
    assert_string_equal(found[0].rule, "reader");
    assert_string_equal(found[0].harm, "shown");
    assert_string_equal(found[0].value, "User:report");
    assert_string_equal(found[1].value, "User:*");
    topic.readers_n = 1;
    assert_int_equal(exposure_of_topic(&topic, found), 0);
    topic.open = true;
    assert_int_equal(exposure_of_topic(&topic, found), 1);
    assert_string_equal(found[0].rule, "authorizer");
}

static void a_topic_that_is_missing_is_one_finding(void **state)
{
    const struct exposed_topic topic = {.missing = true, .open = true};
    struct exposure found[EXPOSURES_MOST];

    (void)state;
    assert_int_equal(exposure_of_topic(&topic, found), 1);
    assert_string_equal(found[0].rule, "missing");
}

static void no_number_of_readers_is_too_many(void **state)
{
    static char names[MANY][16];
    const char *readers[MANY];
    struct exposure found[EXPOSURES_MOST];
    const struct exposed_topic topic = {.readers = readers, .readers_n = MANY};

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        (void)memcpy(names[i], "User:xx", sizeof "User:xx");
        names[i][5] = (char)('a' + i / 16);
        names[i][6] = (char)('a' + i % 16);
        readers[i] = names[i];
    }
    assert_int_equal(exposure_of_topic(&topic, found), EXPOSURES_MOST);
}

static void a_broker_is_not_open_without_acls(void **state)
{
    const struct exposed_setting kept = {"allow.everyone.if.no.acl.found", NULL};
    const struct exposed_setting closed = {"allow.everyone.if.no.acl.found", "false"};
    struct exposure found[EXPOSURES_MOST];

    (void)state;
    assert_int_equal(exposure_of_broker(NULL, 0, found), 0);
    assert_int_equal(exposure_of_broker(&closed, 1, found), 0);
    assert_int_equal(exposure_of_broker(&kept, 1, found), 1);
    assert_string_equal(found[0].harm, "shown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_setting_has_its_bound),
        cmocka_unit_test(what_a_broker_does_not_know_it_does_not_do),
        cmocka_unit_test(who_may_read_is_declared),
        cmocka_unit_test(a_topic_that_is_missing_is_one_finding),
        cmocka_unit_test(no_number_of_readers_is_too_many),
        cmocka_unit_test(a_broker_is_not_open_without_acls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
