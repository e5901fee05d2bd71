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
    char dir[64], path[80], note[96];
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
    (void)snprintf(f->note, sizeof f->note, "%s/1.destroyed", f->dir);
    kek_ring_init(&f->ring, f->dir, NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    kek_ring_free(&f->ring);
    (void)unlink(f->path);
    (void)unlink(f->note);
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

static enum outcome make_first(struct fixture *f)
{
    bool destroyed = true;
    enum outcome outcome = f->ring.place.type->make(&f->ring.place, 1, &destroyed, &f->err);

    assert_false(destroyed);
    return outcome;
}

static void a_made_kek_is_closed_and_loads(void **state)
{
    struct fixture *f = *state;
    const struct crypto_key *kek = NULL, *again = NULL;
    struct stat st;

    assert_int_equal(make_first(f), DONE);
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

    assert_int_equal(make_first(f), DONE);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kek, &f->err), DONE);
    memcpy(before, crypto_key_bytes(kek), sizeof before);
    assert_int_equal(make_first(f), DONE);
    kek_ring_free(&f->ring);
    kek_ring_init(&f->ring, f->dir, NULL);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kek, &f->err), DONE);
    assert_memory_equal(before, crypto_key_bytes(kek), sizeof before);
}

static void what_does_not_prove_itself_is_waited_for(void **state)
{
    struct fixture *f = *state;
    const struct crypto_key *kek = NULL;
    struct crypto_key *other = crypto_key_random();
    uint8_t proof[KEK_PROOF_BYTES];

    assert_int_equal(make_first(f), DONE);
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
    assert_int_equal(make_first(f), DONE);
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

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void what_is_no_longer_what_was_read_is_read_anew(void **state)
{
    struct fixture *f = *state;
    uint8_t proof[KEK_PROOF_BYTES];
    const struct crypto_key *kek = NULL;
    char other[66];

    assert_int_equal(make_first(f), DONE);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kek, &f->err), DONE);
    kek_proof(kek, 1, proof);
    kek_check(&f->ring, 1);
    assert_non_null(kek_find(&f->ring, 1));
    memset(other, 'a', 64);
    other[64] = '\n';
    other[65] = '\0';
    assert_int_equal(unlink(f->path), 0);
    kek_check(&f->ring, 1);
    assert_null(kek_find(&f->ring, 1)); /* gone: it wraps nothing more */
    write_file(f->path, other);
    assert_int_equal(chmod(f->path, 0600), 0);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){proof, sizeof proof}, &kek, &f->err), RETRY);
    assert_non_null(strstr(f->err.text, "not the one that wrapped"));
}

static void a_destroyed_kek_says_when_and_is_never_made_again(void **state)
{
    struct fixture *f = *state;
    const struct crypto_key *kek = NULL;
    const struct kek_place *place = &f->ring.place;
    char ack[KEK_ACK_MOST], again[KEK_ACK_MOST], held[80];
    bool destroyed = false;
    FILE *file;

    assert_int_equal(make_first(f), DONE);
    file = fopen(f->path, "re"); /* whoever holds it open reads noise */
    assert_non_null(file);
    assert_int_equal(place->type->destroy(place, 1, ack, &f->err), DONE);
    assert_non_null(strstr(ack, "overwritten and unlinked on 2"));
    assert_int_equal(access(f->path, F_OK), -1);
    assert_true(fread(held, 1, sizeof held, file) >= 64);
    held[64] = '\0';
    assert_true(strspn(held, "0123456789abcdef") < 64);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kek, &f->err), RETRY);
    assert_non_null(strstr(f->err.text, "was destroyed on 2"));
    assert_non_null(strstr(f->err.text, "nobody can read it"));
    assert_int_equal(place->type->make(place, 1, &destroyed, &f->err), DONE);
    assert_true(destroyed);
    assert_int_equal(access(f->path, F_OK), -1);
    assert_int_equal(place->type->destroy(place, 1, again, &f->err), DONE);
    assert_string_equal(ack, again);
}

static void a_copy_is_the_key_and_stays(void **state)
{
    struct fixture *f = *state;
    const struct kek_place *place = &f->ring.place;
    struct crypto_key *key = crypto_key_random(), *other = crypto_key_random();
    const struct crypto_key *kept = NULL;

    assert_int_equal(place->type->keep(place, 1, key, &f->err), DONE);
    assert_int_equal(place->type->keep(place, 1, other, &f->err), DONE);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kept, &f->err), DONE);
    assert_memory_equal(crypto_key_bytes(key), crypto_key_bytes(kept), CRYPTO_KEY_BYTES);
    crypto_key_free(key);
    crypto_key_free(other);
}

static void older_epochs_leave_the_memory(void **state)
{
    struct fixture *f = *state;
    const struct crypto_key *kek = NULL;

    assert_int_equal(make_first(f), DONE);
    assert_int_equal(kek_get(&f->ring, 1, (struct bytes){0}, &kek, &f->err), DONE);
    kek_keep_from(&f->ring, 1);
    assert_non_null(kek_find(&f->ring, 1));
    kek_keep_from(&f->ring, 2);
    assert_null(kek_find(&f->ring, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_made_kek_is_closed_and_loads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_make_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_prove_itself_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(missing_open_and_short_files_are_waited_for_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_longer_what_was_read_is_read_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_destroyed_kek_says_when_and_is_never_made_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_copy_is_the_key_and_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(older_epochs_leave_the_memory, set_up, tear_down),
    };

    struct error err;

    return crypto_start(&err) == DONE ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
