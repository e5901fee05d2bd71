/* Tests of common/log: a line is one JSON object, whatever it is made of; threads don't mix theirs. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/log/log.h"

enum { ROOM = 1 << 20 };

/* Reads what was written into the temporary file behind fd; the caller frees it. */
static char *content(int fd)
{
    char *text = calloc(1, ROOM);
    assert_non_null(text);
    ssize_t n = pread(fd, text, ROOM - 1, 0);
    assert_true(n >= 0);
    return text;
}

static int open_file(void)
{
    char name[] = "/tmp/lethe-test-log-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(unlink(name), 0);
    return fd;
}

static void fields_of_each_kind(void **state)
{
    struct log log = {.service = "intake", .instance = "intake-0", .least = LOG_INFO, .fd = open_file()};
    struct error err;
    struct uuid id;
    (void)state;
    assert_true(uuid_parse(TEXT("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), &id));
    error_refuse(&err, "/data/a\"b", "required", "a \"thing\" is missing");
    log_info(&log, "record.accepted", F_INT("n", -5), F_STR("topic", "a\nb"), F_TEXT("t", TEXT("x\"y")),
             F_UUID("id", &id), F_ERROR(&err), F_STR("none", NULL), F_TEXT("bad", TEXT("\xFF\"\xC3")));
    char *text = content(log.fd);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    json_t *line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "level")), "info");
    assert_string_equal(json_string_value(json_object_get(line, "service")), "intake");
    assert_string_equal(json_string_value(json_object_get(line, "instance")), "intake-0");
    assert_string_equal(json_string_value(json_object_get(line, "what")), "record.accepted");
    assert_int_equal(json_integer_value(json_object_get(line, "n")), -5);
    assert_string_equal(json_string_value(json_object_get(line, "topic")), "a\nb");
    assert_string_equal(json_string_value(json_object_get(line, "t")), "x\"y");
    assert_string_equal(json_string_value(json_object_get(line, "id")), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    assert_true(json_is_null(json_object_get(line, "none")));
    assert_string_equal(json_string_value(json_object_get(line, "bad")), "???");
    json_t *error = json_object_get(line, "error");
    assert_string_equal(json_string_value(json_object_get(error, "pointer")), "/data/a\"b");
    assert_string_equal(json_string_value(json_object_get(error, "rule")), "required");
    json_decref(line);
    free(text);
    close(log.fd);
}

static void level_is_kept(void **state)
{
    struct log log = {.service = "s", .instance = "i", .least = LOG_WARN, .fd = open_file()};
    (void)state;
    log_debug(&log, "no", F_NONE);
    log_info(&log, "no", F_NONE);
    char *text = content(log.fd);
    assert_string_equal(text, "");
    free(text);
    log_warn(&log, "yes", F_NONE);
    log_error(&log, "yes", F_NONE);
    text = content(log.fd);
    assert_non_null(strstr(text, "\"warn\""));
    assert_non_null(strstr(text, "\"error\""));
    free(text);
    close(log.fd);
}

static void too_long_a_line_is_cut_whole(void **state)
{
    struct log log = {.service = "s", .instance = "i", .least = LOG_INFO, .fd = open_file()};
    static char much[20000];
    (void)state;
    memset(much, 'x', sizeof much - 1);
    log_info(&log, "much", F_STR("much", much));
    char *text = content(log.fd);
    json_t *line = json_loads(text, 0, NULL);
    assert_non_null(line);
    assert_true(json_is_true(json_object_get(line, "cut")));
    json_decref(line);
    free(text);
    close(log.fd);
}

enum { THREADS = 4, LINES = 500 };

static void *write_lines(void *log)
{
    for (int i = 0; i < LINES; i++)
        log_info((const struct log *)log, "line", F_INT("i", i));
    return NULL;
}

static void threads_write_whole_lines(void **state)
{
    struct log log = {.service = "s", .instance = "i", .least = LOG_INFO, .fd = open_file()};
    pthread_t threads[THREADS];
    int n = 0;
    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &log), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    char *text = content(log.fd), *rest = text, *one;
    while ((one = strsep(&rest, "\n")) != NULL && *one != '\0') {
        json_t *line = json_loads(one, 0, NULL);
        assert_non_null(line);
        json_decref(line);
        n++;
    }
    assert_int_equal(n, THREADS * LINES);
    free(text);
    close(log.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_each_kind),
        cmocka_unit_test(level_is_kept),
        cmocka_unit_test(too_long_a_line_is_cut_whole),
        cmocka_unit_test(threads_write_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
