/* kek: the files of the keys that wrap keys: made once, closed to others, proven before they are used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/vault/kek.h"

struct fixture {
    char dir[64], path[80];
    struct kek_ring ring;
    struct error err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/lethe-kek-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof f->path, "%s/1.kek", f->dir);
    kek_ring_init(&f->ring, f->dir);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    kek_ring_free(&f->ring);
    (void)unlink(f->path);
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

static void a_made_kek_is_closed_and_loads(void **state)
{
    struct fixture *f = *state;
    const struct crypto_key *kek = NULL, *again = NULL;
    struct stat st;

    assert_int_equal(kek_make(f->dir, 1, &f->err), DONE);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 65);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kek, &f->err), DONE);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &again, &f->err), DONE);
    assert_ptr_equal(kek, again);
}

static void a_second_make_changes_nothing(void **state)
{
    struct fixture *f = *state;
    const struct crypto_key *kek = NULL;
    uint8_t before[CRYPTO_KEY_BYTES];

    assert_int_equal(kek_make(f->dir, 1, &f->err), DONE);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kek, &f->err), DONE);
    memcpy(before, crypto_key_bytes(kek), sizeof before);
    assert_int_equal(kek_make(f->dir, 1, &f->err), DONE);
    kek_ring_free(&f->ring);
    kek_ring_init(&f->ring, f->dir);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kek, &f->err), DONE);
    assert_memory_equal(before, crypto_key_bytes(kek), sizeof before);
}

static void what_does_not_prove_itself_is_waited_for(void **state)
{
    struct fixture *f = *state;
    const struct crypto_key *kek = NULL;
    struct crypto_key *other = crypto_key_random();
    uint8_t proof[KEK_PROOF_BYTES];

    assert_int_equal(kek_make(f->dir, 1, &f->err), DONE);
    kek_proof(other, 1, proof);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){proof, sizeof proof}, &kek, &f->err), RETRY);
    assert_string_equal(f->err.rule, "kek");
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kek, &f->err), DONE);
    crypto_key_free(other);
}

static void missing_open_and_short_files_are_waited_for_by_name(void **state)
{
    struct fixture *f = *state;
    const struct crypto_key *kek = NULL;
    FILE *file;

    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kek, &f->err), RETRY);
    assert_non_null(strstr(f->err.text, "missing"));
    assert_int_equal(kek_make(f->dir, 1, &f->err), DONE);
    assert_int_equal(chmod(f->path, 0640), 0);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kek, &f->err), RETRY);
    assert_non_null(strstr(f->err.text, "0600"));
    assert_int_equal(chmod(f->path, 0600), 0);
    file = fopen(f->path, "we");
    assert_non_null(file);
    assert_true(fputs("abc\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kek, &f->err), RETRY);
    assert_non_null(strstr(f->err.text, "64 hex digits"));
    assert_string_equal(f->err.rule, "kek");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_made_kek_is_closed_and_loads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_make_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_prove_itself_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(missing_open_and_short_files_are_waited_for_by_name, set_up, tear_down),
    };

    struct error err;

    return crypto_start(&err) == DONE ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
