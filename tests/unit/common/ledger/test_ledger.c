/* The ledger's file: its chain, its torn end, another one's lines, two writers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/crypto/crypto.h"
#include "common/ledger/ledger.h"

struct place {
    char dir[64], file[96];
    struct arena *arena;
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    struct error err;

    strcpy(place->dir, "/tmp/test_ledger.XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    snprintf(place->file, sizeof(place->file), "%s/forgets.ledger", place->dir);
    place->arena = arena_new();
    assert_false(ledger_there(place->dir));
    assert_int_equal(ledger_create(place->dir, 1000, &err), DONE);
    assert_true(ledger_there(place->dir));
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    unlink(place->file);
    rmdir(place->dir);
    arena_free(place->arena);
    free(place);
    return 0;
}

/* Adds n lines behind the mark; their ids tell their order. */
static struct ledger_mark append(struct place *place, struct ledger_mark mark, int n)
{
    struct ledger *ledger;
    struct error err;

    assert_int_equal(ledger_append_begin(place->dir, &mark, &ledger, &err), DONE);
    for (int i = 0; i < n; i++) {
        struct ledger_entry entry = {
            .at_us = 2000 + i, .type = TEXT("lethe.forget.destroy"), .data = TEXT("{\"a b\":1}")};
        entry.id.b[15] = (uint8_t)(i + 1);
        assert_int_equal(ledger_append(ledger, &entry, &mark, &err), DONE);
        assert_int_equal(entry.number, mark.number);
    }
    assert_int_equal(ledger_append_end(ledger, &err), DONE);
    return mark;
}

/* Reads from a mark on: how many lines; the outcome of the first that fails. */
static enum outcome read_from(struct place *place, struct ledger_mark mark, int *n, struct ledger_mark *last,
                              struct error *err)
{
    struct ledger *ledger;
    struct ledger_entry entry;
    enum outcome outcome;
    bool got = true;

    *n = 0;
    assert_int_equal(ledger_open(place->dir, &ledger, err), DONE);
    outcome = ledger_seek(ledger, &mark, err);
    while (outcome == DONE && got) {
        outcome = ledger_next(ledger, place->arena, &entry, last, &got, err);
        *n += outcome == DONE && got;
    }
    ledger_close(ledger);
    return outcome;
}

static struct ledger_mark end_of_first(struct place *place)
{
    struct ledger *ledger;
    struct ledger_entry entry;
    struct ledger_mark mark;
    struct error err;
    bool got;

    assert_int_equal(ledger_open(place->dir, &ledger, &err), DONE);
    assert_int_equal(ledger_next(ledger, place->arena, &entry, &mark, &got, &err), DONE);
    assert_true(got && text_is(entry.type, LEDGER_BEGUN));
    ledger_close(ledger);
    return mark;
}

static void change(struct place *place, long at, char to)
{
    FILE *file = fopen(place->file, "r+");

    assert_non_null(file);
    assert_int_equal(fseek(file, at, at < 0 ? SEEK_END : SEEK_SET), 0);
    assert_true(fputc(to, file) != EOF);
    assert_int_equal(fclose(file), 0);
}

static void test_what_is_appended_is_read_from_any_mark(void **state)
{
    struct place *place = *state;
    struct ledger_mark first = end_of_first(place), last, end = append(place, first, 5), more;
    struct error err;
    int64_t head;
    int n;

    assert_int_equal(end.number, 5);
    assert_int_equal(read_from(place, LEDGER_START, &n, &last, &err), DONE);
    assert_int_equal(n, 6);
    assert_memory_equal(&last, &end, sizeof(end));
    assert_int_equal(read_from(place, first, &n, &last, &err), DONE);
    assert_int_equal(n, 5);
    assert_int_equal(read_from(place, end, &n, &last, &err), DONE);
    assert_int_equal(n, 0);
    more = append(place, end, 300);
    assert_int_equal(ledger_head(place->dir, &head, &err), DONE);
    assert_int_equal(head, more.number);
    assert_int_equal(head, 305);
}

static void test_a_line_without_its_end_was_never_there(void **state)
{
    struct place *place = *state;
    struct ledger_mark end = append(place, end_of_first(place), 2), last;
    FILE *file = fopen(place->file, "a");
    struct error err;
    int n;

    assert_non_null(file);
    fputs("0123456789abcdef 3 17 half a li", file);
    fclose(file);
    assert_int_equal(read_from(place, end, &n, &last, &err), DONE);
    assert_int_equal(n, 0);
    append(place, end, 1);
    assert_int_equal(read_from(place, LEDGER_START, &n, &last, &err), DONE);
    assert_int_equal(n, 4);
}

static void test_a_changed_byte_breaks_the_chain(void **state)
{
    struct place *place = *state;
    struct ledger_mark first = end_of_first(place), last;
    struct error err;
    int n;

    append(place, first, 5);
    change(place, -4, 'X'); /* in the last line's data */
    assert_int_equal(read_from(place, LEDGER_START, &n, &last, &err), RETRY);
    assert_int_equal(n, 5);
    assert_string_equal(err.rule, "ledger");
    change(place, 70, 'X'); /* in the first line */
    assert_int_equal(read_from(place, LEDGER_START, &n, &last, &err), RETRY);
    assert_int_equal(n, 0);
}

static void test_cut_short_or_another_one(void **state)
{
    struct place *place = *state;
    struct ledger_mark end = append(place, end_of_first(place), 5), last;
    struct error err;
    int n;

    assert_int_equal(truncate(place->file, (off_t)end.place), 0);
    assert_int_equal(read_from(place, end, &n, &last, &err), RETRY);
    assert_non_null(strstr(err.text, "cut short"));
    unlink(place->file);
    assert_int_equal(ledger_create(place->dir, 1000, &err), DONE);
    append(place, end_of_first(place), 9);
    assert_int_equal(read_from(place, end, &n, &last, &err), RETRY);
    assert_non_null(strstr(err.text, "another ledger"));
}

/* Rebuilt, its lines may lie elsewhere: the number and the hash find them. */
static void test_a_mark_with_another_place_is_found(void **state)
{
    struct place *place = *state;
    struct ledger_mark end = append(place, end_of_first(place), 5), last;
    struct error err;
    int n;

    end.place = 3;
    assert_int_equal(read_from(place, end, &n, &last, &err), DONE);
    assert_int_equal(n, 0);
}

static void test_one_writer_at_a_time(void **state)
{
    struct place *place = *state;
    struct ledger_mark first = end_of_first(place);
    struct ledger *one, *two;
    struct error err;

    assert_int_equal(ledger_append_begin(place->dir, &first, &one, &err), DONE);
    assert_int_equal(ledger_append_begin(place->dir, &first, &two, &err), RETRY);
    assert_int_equal(ledger_append_end(one, &err), DONE);
    assert_int_equal(ledger_append_begin(place->dir, &first, &two, &err), DONE);
    assert_int_equal(ledger_append_end(two, &err), DONE);
}

static void test_a_line_alone_follows_its_mark_or_is_refused(void **state)
{
    struct place *place = *state;
    struct ledger_mark first = end_of_first(place), other = first;
    struct ledger_entry entry = {.number = 1, .at_us = 5, .type = TEXT("t"), .data = TEXT("{}")}, read;
    struct text line = ledger_line(&entry, &first, place->arena);
    struct error err;

    assert_int_equal(ledger_read_line(line, &first, place->arena, &read, &err), DONE);
    assert_int_equal(read.number, 1);
    assert_int_equal(read.at_us, 5);
    other.hash[0] ^= 1;
    assert_int_equal(ledger_read_line(line, &other, place->arena, &read, &err), REFUSED);
    assert_int_equal(ledger_read_line(TEXT("nonsense"), &first, place->arena, &read, &err), REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_appended_is_read_from_any_mark, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_line_without_its_end_was_never_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_changed_byte_breaks_the_chain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut_short_or_another_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_mark_with_another_place_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_writer_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_line_alone_follows_its_mark_or_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
