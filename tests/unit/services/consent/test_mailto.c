/* What a mail to the unsubscribe address says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/consent/mailto.h"

#define T "AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJyg-"

static size_t words_of(const char *mail, struct text words[MAILTO_WORDS_MOST])
{
    return mailto_words(text_of(mail), words);
}

static void test_the_subject_holds_the_token(void **state)
{
    struct text words[MAILTO_WORDS_MOST];

    (void)state;
    assert_int_equal(strlen(T), MAILTO_TOKEN_BYTES);
    static const char *const mails[] = {
        "From: a@b.example\r\nSubject: unsubscribe " T "\r\n\r\nbody",
        "SUBJECT: " T "\n\n",
        "Subject: unsubscribe\r\n " T "\r\n\r\n", /* folded */
        "Subject: Re: <" T ">",
        "To: unsubscribe+" T "@acme.example\r\nSubject: x\r\n",
    };
    for (size_t i = 0; i < sizeof mails / sizeof *mails; i++) {
        assert_int_equal(words_of(mails[i], words), 1);
        assert_true(text_is(words[0], T));
    }
}

static void test_nothing_else_does(void **state)
{
    struct text words[MAILTO_WORDS_MOST];

    (void)state;
    static const char *const mails[] = {
        "",
        "\r\n",
        "Subject: unsubscribe\r\n\r\n" T,              /* the body may quote our own mail */
        "Subject: x\r\nReferences: <" T "@x>\r\n\r\n", /* nor any other line */
        "Subject: x\r\nX-To: " T "\r\n " T "\r\n\r\n",
        "Subject: " T "a\r\n\r\n", /* too long */
        " " T "\r\n",
    };
    for (size_t i = 0; i < sizeof mails / sizeof *mails; i++)
        assert_int_equal(words_of(mails[i], words), 0);
}

static void test_it_is_bounded(void **state)
{
    struct text words[MAILTO_WORDS_MOST];
    char mail[4096] = "Subject:";
    size_t n = strlen(mail);

    (void)state;
    for (size_t i = 0; i < 40; i++)
        n += (size_t)snprintf(mail + n, sizeof mail - n, " %s", T);
    assert_true(n < sizeof mail);
    assert_int_equal(words_of(mail, words), MAILTO_WORDS_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_subject_holds_the_token),
        cmocka_unit_test(test_nothing_else_does),
        cmocka_unit_test(test_it_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
