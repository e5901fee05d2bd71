/* Redis against a real redis-server that this test starts on a free port, stops, and kills midway. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock/clock.h"
#include "common/redis/redis.h"

static pid_t server;
static char port[16], address[32];

static void find_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    close(fd);
    (void)snprintf(port, sizeof port, "%u", ntohs(at.sin_port));
    (void)snprintf(address, sizeof address, "127.0.0.1:%s", port);
}

static void start_server(void)
{
    server = fork();
    assert_true(server >= 0);
    if (server == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL)
            _exit(127);
        execlp("redis-server", "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly",
               "no", "--dir", "/tmp", (char *)NULL);
        _exit(127);
    }
}

static void end_server(int signal_number)
{
    if (server > 0) {
        kill(server, signal_number);
        waitpid(server, NULL, 0);
    }
    server = 0;
}

/* Waits until a fresh handle gets through: the circuit of an old one may still be open. */
static void wait_up(void)
{
    int64_t end = clock_monotonic_us() + SECONDS(10);
    for (;;) {
        struct redis *probe = redis_new(address, NULL);
        enum redis_answer answer = redis_ping(probe);
        redis_free(probe);
        if (answer == REDIS_YES)
            return;
        assert_true(clock_monotonic_us() < end);
        usleep(10000);
    }
}

static int set_up(void **state)
{
    find_port();
    start_server();
    wait_up();
    *state = redis_new(address, NULL);
    return 0;
}

static int tear_down(void **state)
{
    redis_free(*state);
    end_server(SIGKILL);
    return 0;
}

static void test_take_keep_drop(void **state)
{
    struct redis *redis = *state, *other = redis_new(address, NULL);
    struct text key = TEXT("lease:\0binary\xff"), mine = TEXT("me\0"), theirs = TEXT("other");
    assert_int_equal(redis_take(redis, key, mine, 60000), REDIS_YES);
    assert_int_equal(redis_take(redis, key, mine, 60000), REDIS_NO);
    assert_int_equal(redis_take(other, key, theirs, 60000), REDIS_NO);
    assert_int_equal(redis_take(other, TEXT("lease:"), theirs, 60000), REDIS_YES);
    assert_int_equal(redis_keep(redis, key, mine, 60000), REDIS_YES);
    assert_int_equal(redis_keep(other, key, theirs, 60000), REDIS_NO);
    assert_int_equal(redis_drop(other, key, theirs), REDIS_NO);
    assert_int_equal(redis_drop(redis, key, TEXT("me")), REDIS_NO);
    assert_int_equal(redis_drop(redis, key, mine), REDIS_YES);
    assert_int_equal(redis_drop(redis, key, mine), REDIS_NO);
    assert_int_equal(redis_keep(redis, key, mine, 60000), REDIS_NO);
    assert_int_equal(redis_take(other, key, theirs, 60000), REDIS_YES);
    redis_free(other);
}

static void test_time_to_live(void **state)
{
    struct redis *redis = *state;
    int64_t end = clock_monotonic_us() + SECONDS(10);
    assert_int_equal(redis_take(redis, TEXT("k"), TEXT("a"), 20), REDIS_YES);
    while (redis_take(redis, TEXT("k"), TEXT("b"), 60000) != REDIS_YES)
        assert_true(clock_monotonic_us() < end);
    assert_int_equal(redis_keep(redis, TEXT("k"), TEXT("a"), 60000), REDIS_NO);
    assert_int_equal(redis_keep(redis, TEXT("k"), TEXT("b"), 20), REDIS_YES);
    while (redis_take(redis, TEXT("k"), TEXT("c"), 60000) != REDIS_YES)
        assert_true(clock_monotonic_us() < end);
}

static void test_count(void **state)
{
    struct redis *redis = *state;
    int64_t n = 0;
    for (int64_t i = 1; i <= 5; i++) {
        assert_int_equal(redis_count(redis, TEXT("c"), 60000, &n), REDIS_YES);
        assert_int_equal(n, i);
    }
    int64_t end = clock_monotonic_us() + SECONDS(10);
    assert_int_equal(redis_count(redis, TEXT("short"), 30, &n), REDIS_YES);
    do {
        assert_int_equal(redis_count(redis, TEXT("short"), 30, &n), REDIS_YES);
        assert_true(clock_monotonic_us() < end);
    } while (n != 1);
}

static void test_killed_midway(void **state)
{
    struct redis *redis = *state;
    int64_t n = 0;
    assert_int_equal(redis_take(redis, TEXT("k"), TEXT("a"), 60000), REDIS_YES);
    end_server(SIGKILL);
    assert_int_equal(redis_keep(redis, TEXT("k"), TEXT("a"), 60000), REDIS_AWAY);
    /* the circuit is open: no call waits */
    int64_t start = clock_monotonic_us();
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(redis_ping(redis), REDIS_AWAY);
        assert_int_equal(redis_count(redis, TEXT("c"), 1000, &n), REDIS_AWAY);
    }
    assert_true(clock_monotonic_us() - start < 50 * US_PER_MS);
    start_server();
    wait_up();
    int64_t end = clock_monotonic_us() + SECONDS(10);
    while (redis_ping(redis) != REDIS_YES) {
        assert_true(clock_monotonic_us() < end);
        usleep(10000);
    }
    assert_int_equal(redis_keep(redis, TEXT("k"), TEXT("a"), 60000), REDIS_NO); /* it kept nothing */
}

/* A stopped server answers late; that answer must never be taken for the next command's. */
static void test_stopped(void **state)
{
    struct redis *redis = *state;
    int64_t n = 0;
    assert_int_equal(redis_count(redis, TEXT("c"), 60000, &n), REDIS_YES);
    kill(server, SIGSTOP);
    int64_t start = clock_monotonic_us();
    assert_int_equal(redis_count(redis, TEXT("c"), 60000, &n), REDIS_AWAY);
    assert_true(clock_monotonic_us() - start < 400 * US_PER_MS);
    kill(server, SIGCONT);
    int64_t end = clock_monotonic_us() + SECONDS(10);
    while (redis_take(redis, TEXT("k"), TEXT("a"), 60000) == REDIS_AWAY) {
        assert_true(clock_monotonic_us() < end);
        usleep(10000);
    }
    assert_int_equal(redis_drop(redis, TEXT("k"), TEXT("a")), REDIS_YES);
}

static void test_no_address(void **state)
{
    (void)state;
    static const char *const none[] = {NULL, "", "nowhere", "host:", "host:0", "host:70000", "host:x"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct redis *redis = redis_new(none[i], NULL);
        assert_int_equal(redis_ping(redis), REDIS_AWAY);
        redis_free(redis);
    }
    redis_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_take_keep_drop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time_to_live, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_killed_midway, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stopped, set_up, tear_down),
        cmocka_unit_test(test_no_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
