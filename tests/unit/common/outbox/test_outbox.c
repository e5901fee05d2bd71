/* outbox: ids that grow whatever the clock does, above what a predecessor left; and the most that one message may take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/outbox/internal.h"
#include "proto/events.h"

static void ids_grow_within_a_millisecond_and_when_the_clock_steps_back(void **state)
{
    const int64_t now = INT64_C(1763000000000000);
    struct uuid last = outbox_next_id(now);

    (void)state;
    for (int i = 0; i < 10000; i++) {
        struct uuid id = outbox_next_id(i < 5000 ? now : now - SECONDS(3600));
        assert_true(uuid_compare(&last, &id) < 0);
        assert_int_equal(id.b[6] >> 4, 7);
        assert_int_equal(id.b[8] >> 6, 2);
        last = id;
    }
}

static void ids_begin_above_what_stands_in_the_table(void **state)
{
    const int64_t now = INT64_C(1763000000000000), ahead = now + SECONDS(86400);
    struct uuid left = uuid_v7_random(ahead), next;

    (void)state;
    memset(left.b + 9, 0xff, 7); /* the count is at its end: the next millisecond follows */
    outbox_begin_above(&left);
    next = outbox_next_id(now);
    assert_true(uuid_compare(&left, &next) < 0);
    assert_int_equal(next.b[6] >> 4, 7);
    assert_int_equal(next.b[8] >> 6, 2);
    left = uuid_v7_random(now);
    outbox_begin_above(&left); /* an older one takes nothing back */
    left = next;
    next = outbox_next_id(now);
    assert_true(uuid_compare(&left, &next) < 0);
}

static enum outcome end_with(size_t bytes, struct error *err)
{
    static char json[OUTBOX_MESSAGE_BYTES + 1];
    struct outbox *outbox = outbox_new("test");
    struct outbox_row row;
    enum outcome outcome;

    memset(json, ' ', sizeof(json));
    outbox_reset(outbox, 1);
    outbox_add(outbox, &(struct outbox_message){.type = &holder_instruction_event,
                                                .topic = "holder.x",
                                                .partition = 0,
                                                .raw = {.p = json, .n = bytes}});
    if (bytes < OUTBOX_MESSAGE_BYTES) {
        struct text all = outbox_messages(outbox);
        struct row_message message;
        size_t at = 0;
        row_read(all.p, all.n, &at, &message);
        assert_int_equal(at, all.n);
        assert_int_equal(message.whole.n, all.n);
        assert_string_equal(message.topic, "holder.x");
        assert_int_equal(message.record.value.n, bytes);
        outbox_free(outbox);
        return DONE;
    }
    outcome = outbox_write(outbox, NULL, "proc/x", 1, NULL, &row, err);
    outbox_free(outbox);
    return outcome;
}

static void a_message_larger_than_the_broker_takes_is_refused_by_name(void **state)
{
    struct error err = {0};

    (void)state;
    assert_int_equal(end_with(900000, &err), DONE);
    assert_int_equal(end_with(OUTBOX_MESSAGE_BYTES, &err), REFUSED);
    assert_string_equal(err.rule, "message too large");
    assert_non_null(strstr(err.text, holder_instruction_event.name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_grow_within_a_millisecond_and_when_the_clock_steps_back),
        cmocka_unit_test(ids_begin_above_what_stands_in_the_table),
        cmocka_unit_test(a_message_larger_than_the_broker_takes_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
