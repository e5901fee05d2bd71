/* Leases against a real PostgreSQL (LETHE_TEST_PG, a superuser's or a database owner's connection string) with Redis
 * away: PostgreSQL alone decides. Skipped without that variable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/lease/lease.h"
#include "gen/lease_migrations.h"

static const char *dsn;
static char schema[32];
static const struct log quiet = {.service = "test", .instance = "test", .least = LOG_ERROR, .fd = 2};

struct fixture {
    struct pg *one, *two;
};

static const struct pg_statement current_role_statement = {.name = "test_role", .sql = "SELECT current_user::text"};

static int set_up(void **state)
{
    struct error err = {0};
    dsn = getenv("LETHE_TEST_PG");
    if (dsn == NULL || dsn[0] == '\0')
        return 0;
    struct fixture *f = calloc(1, sizeof *f);
    (void)snprintf(schema, sizeof schema, "lease_test_%c%c", (char)('a' + getpid() % 26),
                   (char)('a' + getpid() / 26 % 26));
    char sql[256];
    struct pg *pg = pg_new(dsn, "public", "test", &quiet);
    (void)snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS %s CASCADE", schema);
    const struct pg_statement drop = {.name = "drop", .sql = sql};
    assert_int_equal(pg_exec(pg, &drop, NULL, NULL, &err), DONE);
    char create_sql[64];
    (void)snprintf(create_sql, sizeof create_sql, "CREATE SCHEMA %s", schema);
    const struct pg_statement create = {.name = "create", .sql = create_sql};
    assert_int_equal(pg_exec(pg, &create, NULL, NULL, &err), DONE);
    struct pg_rows rows = {0};
    assert_int_equal(pg_exec(pg, &current_role_statement, NULL, &rows, &err), DONE);
    char role[64];
    (void)snprintf(role, sizeof role, "%.*s", TEXT_ARGS(pg_get_text(&rows, 0, 0)));
    pg_rows_free(&rows);
    pg_free(pg);
    int applied = 0;
    if (pg_migrate(dsn, schema, role, lease_migrations, lease_migrations_n, &quiet, &applied, &err) != DONE)
        fail_msg("%s %s", err.rule, err.text);
    f->one = pg_new(dsn, schema, "test-1", &quiet);
    f->two = pg_new(dsn, schema, "test-2", &quiet);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct error err;
    if (f == NULL)
        return 0;
    pg_free(f->one);
    pg_free(f->two);
    char sql[256];
    (void)snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS %s CASCADE", schema);
    struct pg *pg = pg_new(dsn, "public", "test", &quiet);
    const struct pg_statement drop = {.name = "drop", .sql = sql};
    assert_int_equal(pg_exec(pg, &drop, NULL, NULL, &err), DONE);
    pg_free(pg);
    free(f);
    return 0;
}

static const struct fixture *need(void **state)
{
    if (*state == NULL)
        skip();
    return *state;
}

static bool take(struct pg *pg, const char *owner, int64_t ttl_us, struct lease *lease)
{
    struct error err;
    bool held = false;
    assert_int_equal(lease_take(pg, NULL, "job/x", owner, ttl_us, lease, &held, &err), DONE);
    return held;
}

static void test_one_holder(void **state)
{
    const struct fixture *f = need(state);
    struct lease a, b, again;
    struct error err;
    bool held = false;
    assert_true(take(f->one, "a", SECONDS(60), &a));
    assert_false(take(f->two, "b", SECONDS(60), &b));
    assert_int_equal(b.token, 0);
    assert_true(take(f->one, "a", SECONDS(60), &again));
    assert_true(again.token > a.token);
    assert_int_equal(lease_renew(f->one, NULL, &a, SECONDS(60), &held, &err), DONE);
    assert_false(held);
    assert_int_equal(lease_renew(f->one, NULL, &again, SECONDS(90), &held, &err), DONE);
    assert_true(held);
    assert_true(again.until_us > a.until_us);
    assert_int_equal(lease_release(f->one, NULL, &again, &err), DONE);
    assert_true(take(f->two, "b", SECONDS(60), &b));
    assert_true(b.token > a.token);
}

static void test_fence(void **state)
{
    const struct fixture *f = need(state);
    struct arena *arena = arena_new();
    struct lease a, b;
    struct error err;
    assert_true(take(f->one, "a", 1000, &a));
    assert_int_equal(pg_begin(f->one, &err), DONE);
    assert_int_equal(lease_fence(f->one, &a, arena, &err), DONE);
    assert_int_equal(pg_commit(f->one, &err), DONE);
    usleep(2000);
    assert_true(take(f->two, "b", SECONDS(60), &b));
    /* the old owner's session was ended; on a new one its token no longer fits */
    enum outcome o = pg_begin(f->one, &err);
    if (o == DONE && lease_fence(f->one, &a, arena, &err) == DONE)
        o = pg_commit(f->one, &err);
    assert_int_not_equal(o, DONE);
    pg_rollback(f->one);
    assert_int_equal(pg_begin(f->one, &err), DONE);
    assert_int_equal(lease_fence(f->one, &a, arena, &err), DONE);
    assert_int_equal(pg_commit(f->one, &err), RETRY);
    assert_true(pg_fenced(f->one));
    pg_rollback(f->one);
    arena_free(arena);
}

/* An owner that stands still within its fenced transaction holds the row; its successor need not wait for it. */
static void test_stuck_owner(void **state)
{
    const struct fixture *f = need(state);
    struct arena *arena = arena_new();
    struct lease a, b;
    struct error err;
    assert_true(take(f->one, "a", 1000, &a));
    assert_int_equal(pg_begin(f->one, &err), DONE);
    assert_int_equal(lease_fence(f->one, &a, arena, &err), DONE);
    assert_int_equal(pg_flush(f->one, &err), DONE);
    usleep(2000);
    int64_t start = clock_monotonic_us();
    assert_true(take(f->two, "b", SECONDS(60), &b));
    assert_true(clock_monotonic_us() - start < SECONDS(2));
    assert_int_not_equal(pg_commit(f->one, &err), DONE);
    pg_rollback(f->one);
    arena_free(arena);
}

static void lose_session(struct pg *pg, struct pg *by)
{
    struct error err;
    char sql[96];
    (void)snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d, 2000)", (int)pg_backend_pid(pg));
    const struct pg_statement end = {.name = "end_it", .sql = sql};
    assert_int_equal(pg_exec(by, &end, NULL, NULL, &err), DONE);
    const struct pg_statement any = {.name = "any", .sql = "SELECT 1"};
    (void)!pg_exec(pg, &any, NULL, NULL, &err); /* notices */
}

/* A killed process's lease is its successor's of the same instance at once, and nobody else's before its time. */
static void test_successor_of_a_killed_owner(void **state)
{
    const struct fixture *f = need(state);
    struct lease a, b;
    assert_true(take(f->one, "x-1/aaaa", SECONDS(60), &a));
    assert_false(take(f->two, "x-1/bbbb", SECONDS(60), &b)); /* it lives */
    lose_session(f->one, f->two);
    assert_false(take(f->two, "x-2/cccc", SECONDS(60), &b));
    assert_true(take(f->two, "x-1/bbbb", SECONDS(60), &b));
    assert_true(b.token > a.token);
}

/* Renewing on a new session names it, so that a successor ends the right one. */
static void test_renewal_names_the_session(void **state)
{
    const struct fixture *f = need(state);
    struct lease a, b;
    struct error err;
    bool held = false;
    assert_true(take(f->one, "x-1/aaaa", SECONDS(60), &a));
    lose_session(f->one, f->two);
    assert_int_equal(lease_renew(f->one, NULL, &a, SECONDS(60), &held, &err), DONE);
    assert_true(held);
    assert_false(take(f->two, "x-1/bbbb", SECONDS(60), &b)); /* its session lives */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_holder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stuck_owner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_successor_of_a_killed_owner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_renewal_names_the_session, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
