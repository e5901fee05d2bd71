/* Tests of common/option: who wins, every kind's right and wrong values, all mistakes at once, secrets kept silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/option/option.h"

static const struct option runtime_options[] = {
    {.name = "pg", .kind = OPTION_SECRET, .required = true, .help = "connection"},
    {.name = "kafka", .kind = OPTION_ADDRESS, .fallback = "127.0.0.1:9092", .help = "broker"},
    {.name = "http-threads", .kind = OPTION_INT, .fallback = "4", .least = 1, .most = 64, .help = "threads"},
    {.name = "fast", .kind = OPTION_BOOL, .fallback = "false", .help = "faster"},
};
static const struct option own_options[] = {
    {.name = "grace", .kind = OPTION_DURATION, .fallback = "PT10S", .help = "how long"},
    {.name = "public-url", .kind = OPTION_URL, .help = "address of pages"},
    {.name = "policy", .kind = OPTION_FILE, .help = "the policy"},
    {.name = "dir", .kind = OPTION_DIR, .help = "a folder"},
    {.name = "note", .kind = OPTION_TEXT, .help = "any text"},
};
static const struct option *const tables[] = {runtime_options, own_options};
static const size_t sizes[] = {4, 5};

enum { ARGS = 16 };

/* Reads with the given flags (NULL-terminated); mistakes end up in `said`. */
static struct options *read_with(char *said, size_t room, const char *const *flags)
{
    char *argv[ARGS + 1] = {strdup("lethe-test")};
    int argc = 1;
    struct buf mistakes;
    buf_init(&mistakes, room - 1);
    for (; *flags != NULL && argc < ARGS; flags++)
        argv[argc++] = strdup(*flags);
    struct options *options = options_read(tables, sizes, 2, argc, argv, &mistakes);
    memcpy(said, buf_view(&mistakes).p, mistakes.n);
    said[mistakes.n] = '\0';
    buf_free(&mistakes);
    assert_non_null(options);
    if (said[0] != '\0') {
        options_free(options);
        options = NULL;
    }
    while (argc > 0)
        free(argv[--argc]);
    return options;
}
#define FLAGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_FLAGS ((const char *const[]){NULL})

static int clear_environment(void **state)
{
    (void)state;
    static const char *const names[] = {"LETHE_PG",    "LETHE_PG_FILE",    "LETHE_KAFKA",  "LETHE_HTTP_THREADS",
                                        "LETHE_GRACE", "LETHE_PUBLIC_URL", "LETHE_POLICY", "LETHE_DIR",
                                        "LETHE_NOTE",  "LETHE_FAST"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    return 0;
}

static void flags_win_over_environment_over_fallback(void **state)
{
    char said[4096];
    (void)state;
    setenv("LETHE_PG", "host=x", 1);
    setenv("LETHE_KAFKA", "env:1", 1);
    setenv("LETHE_HTTP_THREADS", "8", 1);
    setenv("LETHE_NOTE", "", 1);
    struct options *options =
        read_with(said, sizeof said, FLAGS("--kafka", "[::1]:2", "--fast", "--public-url=https://a.example/x"));
    assert_string_equal(said, "");
    assert_non_null(options);
    assert_string_equal(option_text(options, "pg"), "host=x");
    assert_string_equal(option_text(options, "kafka"), "[::1]:2");
    assert_int_equal(option_int(options, "http-threads"), 8);
    assert_true(option_bool(options, "fast"));
    assert_int_equal(option_us(options, "grace"), SECONDS(10));
    assert_string_equal(option_text(options, "public-url"), "https://a.example/x");
    assert_null(option_text(options, "note"));
    assert_null(option_text(options, "policy"));
    options_free(options);
    options =
        read_with(said, sizeof said, FLAGS("--fast", "false", "--note=a=b", "--note", "last", "--grace", "P1DT1S"));
    assert_non_null(options);
    assert_false(option_bool(options, "fast"));
    assert_string_equal(option_text(options, "note"), "last");
    assert_int_equal(option_us(options, "grace"), US_PER_DAY + SECONDS(1));
    options_free(options);
    options_free(NULL);
}

static void every_mistake_is_named_at_once(void **state)
{
    char said[4096];
    (void)state;
    setenv("LETHE_HTTP_THREADS", "65", 1);
    setenv("LETHE_GRACE", "P1M", 1);
    assert_null(read_with(said, sizeof said,
                          FLAGS("--kafka", "nowhere", "--colour=green", "--public-url", "ftp://x", "--policy", "/nope",
                                "--dir", "/etc/passwd", "--fast=maybe", "stray-secret", "--note")));
    assert_non_null(strstr(said, "--pg-file (LETHE_PG or its _FILE) is required\n"));
    assert_non_null(strstr(said, "--http-threads (LETHE_HTTP_THREADS) is out of range (1 to 64)\n"));
    assert_non_null(strstr(said, "--grace (LETHE_GRACE) has years or months"));
    assert_non_null(strstr(said, "--kafka (LETHE_KAFKA) is no host:port\n"));
    assert_non_null(strstr(said, "--colour is not an option\n"));
    assert_null(strstr(said, "green"));
    assert_non_null(strstr(said, "--public-url (LETHE_PUBLIC_URL) is no http:// or https:// address\n"));
    assert_non_null(strstr(said, "--policy (LETHE_POLICY) names no file\n"));
    assert_non_null(strstr(said, "--dir (LETHE_DIR) is no folder\n"));
    assert_non_null(strstr(said, "--fast (LETHE_FAST) is neither true nor false\n"));
    assert_non_null(strstr(said, "--note (LETHE_NOTE) lacks its value\n"));
    assert_null(strstr(said, "stray-secret"));
}

/* What else there is can be checked although something is wrong; the wrong value itself is absent. */
static void the_rest_is_there_beside_a_mistake(void **state)
{
    char name[] = "lethe-test", bad[] = "--http-threads=65", good[] = "--note=here";
    char *argv[] = {name, bad, good};
    struct buf mistakes;
    (void)state;
    setenv("LETHE_PG", "host=x", 1);
    buf_init(&mistakes, 4096);
    struct options *options = options_read(tables, sizes, 2, 3, argv, &mistakes);
    assert_non_null(options);
    assert_true(mistakes.n > 0);
    assert_true(option_is_wrong(options, "http-threads"));
    assert_null(option_text(options, "http-threads"));
    assert_false(option_is_wrong(options, "note"));
    assert_string_equal(option_text(options, "note"), "here");
    options_free(options);
    buf_free(&mistakes);
}

static const char *verdict(const char *flag, const char *value)
{
    static char said[4096];
    struct options *options = read_with(said, sizeof said, FLAGS(flag, value));
    int good = options != NULL;
    options_free(options);
    return good ? NULL : said;
}

static void kinds(void **state)
{
    static const char *const good[][2] = {
        {"--kafka", "a:1"},
        {"--kafka", "a.b-c_d:65535"},
        {"--kafka", "127.0.0.1:80"},
        {"--http-threads", "1"},
        {"--http-threads", "64"},
        {"--fast", "1"},
        {"--fast", "0"},
        {"--grace", "PT0S"},
        {"--public-url", "http://x"},
        {"--public-url", "https://[::1]:8/a?b#c"},
        {"--dir", "/tmp"},
        {"--policy", "/etc/passwd"},
        {"--note", "-"},
    };
    static const char *const bad[][2] = {
        {"--kafka", "a"},
        {"--kafka", ":1"},
        {"--kafka", "a:"},
        {"--kafka", "a:0"},
        {"--kafka", "a:65536"},
        {"--kafka", "a:08"},
        {"--kafka", "a b:1"},
        {"--kafka", "a:+1"},
        {"--kafka", "[::1:1"},
        {"--http-threads", "0"},
        {"--http-threads", "x"},
        {"--http-threads", "1.5"},
        {"--grace", "10"},
        {"--grace", "10s"},
        {"--grace", "P1Y"},
        {"--public-url", "x"},
        {"--public-url", "http://"},
        {"--public-url", "http://a b"},
        {"--public-url", "https:///x"},
        {"--dir", "/nope"},
        {"--policy", "/tmp"},
        {"--public-url", "http://user:pw@h"},
    };
    (void)state;
    setenv("LETHE_PG", "x", 1);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (verdict(good[i][0], good[i][1]) != NULL)
            fail_msg("%s %s: %s", good[i][0], good[i][1], verdict(good[i][0], good[i][1]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (verdict(bad[i][0], bad[i][1]) == NULL)
            fail_msg("taken: %s %s", bad[i][0], bad[i][1]);
}

static void secrets(void **state)
{
    char said[4096], name[] = "/tmp/lethe-test-option-XXXXXX";
    int fd = mkstemp(name);
    (void)state;
    assert_true(fd >= 0);
    assert_null(read_with(said, sizeof said, FLAGS("--pg", "topsecret")));
    assert_non_null(strstr(said, "can't be given on the command line"));
    assert_null(strstr(said, "topsecret"));
    setenv("LETHE_PG_FILE", name, 1);
    setenv("LETHE_PG", "other", 1);
    assert_null(read_with(said, sizeof said, NO_FLAGS));
    assert_non_null(strstr(said, "names an empty file"));
    assert_int_equal(write(fd, "topsecret\r\n", 11), 11);
    struct options *options = read_with(said, sizeof said, NO_FLAGS);
    assert_non_null(options);
    assert_string_equal(option_text(options, "pg"), "topsecret");
    options_free(options);
    unsetenv("LETHE_PG_FILE");
    options = read_with(said, sizeof said, FLAGS("--pg-file", name));
    assert_non_null(options);
    assert_string_equal(option_text(options, "pg"), "topsecret");
    options_free(options);
    assert_int_equal(write(fd, "\0x", 2), 2);
    assert_null(read_with(said, sizeof said, FLAGS("--pg-file", name)));
    assert_int_equal(ftruncate(fd, 70000), 0);
    assert_null(read_with(said, sizeof said, FLAGS("--pg-file", name)));
    assert_non_null(strstr(said, "too large"));
    assert_null(read_with(said, sizeof said, FLAGS("--pg-file", "/nope")));
    close(fd);
    unlink(name);
}

static void help(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 10000);
    options_help(tables, sizes, 2, &out);
    buf_char(&out, '\0');
    assert_non_null(strstr(out.p, "  --pg-file FILE\n        connection (required); LETHE_PG_FILE\n"));
    assert_non_null(strstr(out.p, "  --kafka HOST:PORT\n        broker [127.0.0.1:9092]; LETHE_KAFKA\n"));
    assert_non_null(strstr(out.p, "  --grace DURATION\n"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(flags_win_over_environment_over_fallback, clear_environment),
        cmocka_unit_test_setup(the_rest_is_there_beside_a_mistake, clear_environment),
        cmocka_unit_test_setup(every_mistake_is_named_at_once, clear_environment),
        cmocka_unit_test_setup(kinds, clear_environment),
        cmocka_unit_test_setup(secrets, clear_environment),
        cmocka_unit_test_setup(help, clear_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
