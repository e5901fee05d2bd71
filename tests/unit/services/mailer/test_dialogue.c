/* One message over SMTP: what is said, in which order, and what the answers come to. link: mailer.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/mailer/dialogue.h"

static const struct text wire = {.p = "Subject: x\r\n\r\nhello\r\n.\r\n", .n = 24};

/* Takes what the dialogue has to say now, and compares it. */
static void expect_said(struct dialogue *d, const char *said)
{
    struct buf all;
    struct text pending;

    buf_init(&all, 4096);
    while ((pending = dialogue_pending(d)).n > 0) {
        buf_text(&all, pending);
        dialogue_wrote(d, pending.n);
    }
    assert_int_equal(all.n, strlen(said));
    assert_memory_equal(all.p == NULL ? "" : all.p, said, all.n);
    buf_free(&all);
}

static void answer(struct dialogue *d, const char *text)
{
    dialogue_feed(d, text_of(text));
}

static void begin(struct dialogue *d, bool pipelining)
{
    dialogue_init(d);
    d->offers.pipelining = pipelining;
    dialogue_begin(d, "a@acme.example", "b@else.example", wire);
}

static void test_one_by_one_where_no_pipelining_is_offered(void **state)
{
    struct dialogue d;

    (void)state;
    begin(&d, false);
    expect_said(&d, "MAIL FROM:<a@acme.example>\r\n");
    answer(&d, "250 ok\r\n");
    expect_said(&d, "RCPT TO:<b@else.example>\r\n");
    answer(&d, "250-ok\r\n250 really\r\n");
    expect_said(&d, "DATA\r\n");
    answer(&d, "354 go on\r\n");
    assert_int_equal(d.step, DIALOGUE_GATE);
    expect_said(&d, "");
    dialogue_go(&d);
    expect_said(&d, "Subject: x\r\n\r\nhello\r\n.\r\n");
    assert_true(d.ended);
    answer(&d, "250 ta");
    assert_int_equal(d.step, DIALOGUE_BODY);
    answer(&d, "ken\r\n");
    assert_int_equal(dialogue_result(&d), SMTP_SENT);
    assert_false(d.broken);
    dialogue_free(&d);
}

static void test_together_where_it_is(void **state)
{
    struct dialogue d;

    (void)state;
    begin(&d, true);
    expect_said(&d, "MAIL FROM:<a@acme.example>\r\nRCPT TO:<b@else.example>\r\nDATA\r\n");
    answer(&d, "250 ok\r\n250 ok\r\n354 go on\r\n");
    assert_int_equal(d.step, DIALOGUE_GATE);
    dialogue_free(&d);
}

/* The answers to what was sent along are awaited, and the next message begins with RSET. */
static void test_a_refused_recipient_leaves_the_connection_good(void **state)
{
    struct dialogue d;

    (void)state;
    begin(&d, true);
    expect_said(&d, "MAIL FROM:<a@acme.example>\r\nRCPT TO:<b@else.example>\r\nDATA\r\n");
    answer(&d, "250 ok\r\n550 nobody\r\n");
    assert_int_equal(d.step, DIALOGUE_DATA);
    answer(&d, "503 no recipients\r\n");
    assert_int_equal(d.step, DIALOGUE_OVER);
    assert_int_equal(dialogue_result(&d), SMTP_BOUNCED);
    assert_int_equal(d.code, 550);
    assert_false(d.broken);
    dialogue_begin(&d, "a@acme.example", "c@else.example", wire);
    expect_said(&d, "RSET\r\n");
    answer(&d, "250 ok\r\n");
    expect_said(&d, "MAIL FROM:<a@acme.example>\r\nRCPT TO:<c@else.example>\r\nDATA\r\n");
    dialogue_free(&d);
}

/* RFC 2920, 3.1: a relay may say 354 though it took no recipient. Nothing of the message leaves. */
static void test_a_354_for_nobody_ends_the_connection(void **state)
{
    struct dialogue d;

    (void)state;
    begin(&d, true);
    expect_said(&d, "MAIL FROM:<a@acme.example>\r\nRCPT TO:<b@else.example>\r\nDATA\r\n");
    answer(&d, "250 ok\r\n550 nobody\r\n354 go on\r\n");
    assert_int_equal(dialogue_result(&d), SMTP_BOUNCED);
    assert_true(d.broken);
    expect_said(&d, "");
    dialogue_free(&d);
}

static void test_a_refused_sender_says_nothing_about_the_recipient(void **state)
{
    struct dialogue d;

    (void)state;
    for (int pipelining = 0; pipelining < 2; pipelining++) {
        begin(&d, pipelining != 0);
        answer(&d, "550 we don't know you\r\n");
        if (pipelining)
            answer(&d, "503 no\r\n503 no\r\n");
        assert_int_equal(d.step, DIALOGUE_OVER);
        assert_int_equal(dialogue_result(&d), SMTP_LATER);
        dialogue_free(&d);
    }
}

/* Until its final dot has left, no relay has a message: only then is a lost connection a doubt. */
static void test_a_lost_connection_is_a_doubt_only_after_the_dot(void **state)
{
    struct dialogue d;
    struct text pending;

    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        begin(&d, true);
        dialogue_wrote(&d, dialogue_pending(&d).n);
        answer(&d, "250 ok\r\n250 ok\r\n354 go on\r\n");
        dialogue_go(&d);
        pending = dialogue_pending(&d);
        dialogue_wrote(&d, whole ? pending.n : pending.n - 1);
        dialogue_lost(&d);
        assert_int_equal(dialogue_result(&d), whole ? SMTP_UNKNOWN : SMTP_LATER);
        dialogue_free(&d);
    }
}

static void test_what_is_no_answer_ends_the_connection(void **state)
{
    static const char *const junk[] = {"hello\r\n", "\r\n", "25\r\n", "999 what\r\n", "2x0 ok\r\n"};
    struct dialogue d;

    (void)state;
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
        begin(&d, false);
        answer(&d, junk[i]);
        assert_true(d.broken);
        assert_int_equal(dialogue_result(&d), SMTP_LATER);
        dialogue_free(&d);
    }
}

static void test_an_address_beyond_ascii_needs_the_relay_to_know_it(void **state)
{
    struct dialogue d;

    (void)state;
    dialogue_init(&d);
    dialogue_begin(&d, "a@acme.example", "jürgen@else.example", wire);
    assert_int_equal(dialogue_result(&d), SMTP_BOUNCED);
    d.offers.utf8 = true;
    dialogue_begin(&d, "a@acme.example", "jürgen@else.example", wire);
    expect_said(&d, "MAIL FROM:<a@acme.example> SMTPUTF8\r\n");
    dialogue_free(&d);
}

static void test_offers(void **state)
{
    struct dialogue_offers offers = {0};

    (void)state;
    dialogue_offer(&offers, TEXT("250-relay.example\r\n"));
    dialogue_offer(&offers, TEXT("250-SIZE 1000\r\n"));
    assert_false(offers.pipelining || offers.utf8);
    dialogue_offer(&offers, TEXT("250-pipelining\r\n"));
    dialogue_offer(&offers, TEXT("250 SMTPUTF8\r\n"));
    assert_true(offers.pipelining && offers.utf8);
}

static void expect_wire(const char *message, const char *travels)
{
    struct buf out;

    buf_init(&out, 4096);
    dialogue_wire(text_of(message), &out);
    assert_int_equal(out.n, strlen(travels));
    assert_memory_equal(out.p, travels, out.n);
    buf_free(&out);
}

static void test_dots(void **state)
{
    (void)state;
    expect_wire("a\r\n.b\r\n..\r\n", "a\r\n..b\r\n...\r\n.\r\n");
    expect_wire(".", "..\r\n.\r\n");
    expect_wire("a.\r\n", "a.\r\n.\r\n");
    expect_wire("", ".\r\n");
}

static void test_addresses(void **state)
{
    (void)state;
    assert_true(dialogue_address_ok("a@b.example"));
    assert_false(dialogue_address_ok(""));
    assert_false(dialogue_address_ok("a@b.example>\r\nRCPT TO:<c@d.example"));
    assert_false(dialogue_address_ok("a b@c.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_by_one_where_no_pipelining_is_offered),
        cmocka_unit_test(test_together_where_it_is),
        cmocka_unit_test(test_a_refused_recipient_leaves_the_connection_good),
        cmocka_unit_test(test_a_354_for_nobody_ends_the_connection),
        cmocka_unit_test(test_a_refused_sender_says_nothing_about_the_recipient),
        cmocka_unit_test(test_a_lost_connection_is_a_doubt_only_after_the_dot),
        cmocka_unit_test(test_what_is_no_answer_ends_the_connection),
        cmocka_unit_test(test_an_address_beyond_ascii_needs_the_relay_to_know_it),
        cmocka_unit_test(test_offers),
        cmocka_unit_test(test_dots),
        cmocka_unit_test(test_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
