/* place_program: KEKs behind a program: what it answers, and what it may do wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/vault/kek.h"

struct fixture {
    char dir[64], path[80];
    struct kek_place place;
    struct error err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/lethe-kms-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof f->path, "%s/kms", f->dir);
    kek_place_init(&f->place, NULL, f->path);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char seen[96];

    (void)snprintf(seen, sizeof seen, "%s/seen", f->dir);
    (void)unlink(seen);
    (void)unlink(f->path);
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

/* A KMS in a line of shell. */
static void program(struct fixture *f, const char *body)
{
    FILE *file = fopen(f->path, "we");

    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\ncd '%s'\n%s\n", f->dir, body) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(f->path, 0700), 0);
}

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static enum outcome load(struct fixture *f, struct crypto_key **key)
{
    struct kek_mark mark;

    *key = NULL;
    memset(&f->err, 0, sizeof f->err);
    return f->place.type->load(&f->place, 7, key, &mark, &f->err);
}

static void a_key_is_what_it_prints(void **state)
{
    struct fixture *f = *state;
    struct crypto_key *key;

    program(f, "[ \"$1 $2\" = 'load 7' ] && echo " KEY);
    assert_int_equal(load(f, &key), DONE);
    assert_int_equal(crypto_key_bytes(key)[1], 0x11);
    crypto_key_free(key);
}

static void whatever_is_no_key_is_waited_for(void **state)
{
    static const struct {
        const char *body, *why;
    } wrong[] = {
        {"echo abc", "no 64 hex digits"},
        {"exit 0", "no 64 hex digits"},
        {"echo " KEY "0", "no 64 hex digits"},
        {"exit 9", "ended with 9"},
        {"yes | head -c 2000000", "no 64 hex"},
        {"kill -9 $$", "did not end"},
        {"echo 2026-01-02; exit 3", "destroyed (2026-01-02)"},
    };
    struct fixture *f = *state;
    struct crypto_key *key;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        program(f, wrong[i].body);
        assert_int_equal(load(f, &key), RETRY);
        assert_string_equal(f->err.rule, "kek");
        assert_non_null(strstr(f->err.text, wrong[i].why));
        assert_null(strstr(f->err.text, KEY));
    }
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(load(f, &key), RETRY);
    assert_non_null(strstr(f->err.text, "cannot be run"));
}

static void a_copy_comes_on_its_stdin(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[CRYPTO_KEY_BYTES];
    struct crypto_key *key;
    char seen[96], text[80] = "";
    FILE *file;

    memset(bytes, 0xab, sizeof bytes);
    key = crypto_key_new(bytes);
    program(f, "echo \"$1 $2 $(cat)\" > seen");
    assert_int_equal(f->place.type->keep(&f->place, 3, key, &f->err), DONE);
    (void)snprintf(seen, sizeof seen, "%s/seen", f->dir);
    file = fopen(seen, "re");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    assert_int_equal(fclose(file), 0);
    assert_true(strncmp(text, "keep 3 ababab", 13) == 0);
    crypto_key_free(key);
}

static void destruction_must_be_acknowledged(void **state)
{
    struct fixture *f = *state;
    char ack[KEK_ACK_MOST];
    bool destroyed;

    program(f, "[ $1 = destroy ] || exit 1");
    assert_int_equal(f->place.type->destroy(&f->place, 7, ack, &f->err), RETRY);
    program(f, "printf 'key version 7 \\033 is gone\\nmore\\n'");
    assert_int_equal(f->place.type->destroy(&f->place, 7, ack, &f->err), DONE);
    assert_string_equal(ack, "key version 7 ? is gone");
    program(f, "echo gone; exit 3");
    assert_int_equal(f->place.type->make(&f->place, 7, &destroyed, &f->err), DONE);
    assert_true(destroyed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_is_what_it_prints, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whatever_is_no_key_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_copy_comes_on_its_stdin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(destruction_must_be_acknowledged, set_up, tear_down),
    };
    struct error err;

    (void)signal(SIGPIPE, SIG_IGN); /* as in every service */
    return crypto_start(&err) == DONE ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
