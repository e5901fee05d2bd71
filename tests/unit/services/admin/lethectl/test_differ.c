/* What another policy changes, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/admin/lethectl/differ.h"

static char *example;

static int read_example(void **state)
{
    (void)state;
    FILE *file = fopen("deploy/policy/example.yaml", "r");
    if (file == NULL)
        return -1;
    example = calloc(1, 64 << 10);
    size_t n = fread(example, 1, 64 * 1024 - 1, file);
    (void)fclose(file);
    return n > 0 ? 0 : -1;
}

static int free_example(void **state)
{
    (void)state;
    free(example);
    return 0;
}

static struct policy *read_policy(const char *text)
{
    struct policy *policy = NULL;
    struct buf mistakes;
    struct error err;
    buf_init(&mistakes, 64 << 10);
    if (policy_read(text_of(text), &policy, &mistakes, &err) != DONE)
        fail_msg("%.*s", TEXT_ARGS(buf_view(&mistakes)));
    buf_free(&mistakes);
    return policy;
}

/* The example with one passage replaced, against the example. */
static void expect(const char *from, const char *to, const char *line)
{
    const struct held rows[] = {
        {TEXT("record"), TEXT("lead"), TEXT_NONE, 12},
        {TEXT("record"), TEXT("lead"), TEXT("lead-24m"), 9},
        {TEXT("activity"), TEXT("email"), TEXT_NONE, 5},
        {TEXT("part"), TEXT("email"), TEXT("email-2y"), 7},
    };
    const struct held_list held = {rows, sizeof rows / sizeof rows[0]};
    const char *at = strstr(example, from);
    assert_non_null(at);
    struct buf changed, out;
    buf_init(&changed, 128 << 10);
    buf_add(&changed, example, (size_t)(at - example));
    buf_str(&changed, to);
    buf_str(&changed, at + strlen(from));
    buf_char(&changed, '\0');
    struct policy *old = read_policy(example), *new = read_policy(changed.p);
    buf_init(&out, 64 << 10);
    policy_differ(old, new, &held, &out);
    buf_char(&out, '\0');
    if (line[0] == '\0' ? out.n != 1 : strstr(out.p, line) == NULL)
        fail_msg("wanted: %s\ngot: %s", line, out.p);
    policy_release(old);
    policy_release(new);
    buf_free(&changed);
    buf_free(&out);
}

static void test_same(void **state)
{
    (void)state;
    expect("# P1D is advised", "# a comment is no difference", "");
}

static void test_differences(void **state)
{
    (void)state;
    expect("keep: P24M", "keep: P12M", "~ category lead: rule lead-24m: keep P24M -> P12M\n");
    expect("hold: PT0S", "hold: P1D", "~ forget hold: term PT0S -> P1D\n");
    expect(", product_interest: { kind: text, because: \"to make the offer that was asked for\" }", "",
           "- category lead: field product_interest is no longer kept (it is dropped)\n");
    expect("unnamed: refuse", "unnamed: drop", "~ category order: unnamed fields: refuse -> drop\n");
    expect("forgets_per_hour: 100", "forgets_per_hour: 5", "~ source shop: forgets an hour 100 -> 5\n");
    expect("news about Product A. I can", "news about Product A and B. I can",
           "! purpose product-a-news: statement 3 in en has other words: give it a new version\n");
    expect("- { id: email-2y,", "- { id: email-two,", "+ category email: rule email-two: keep P24M");
}

static void test_how_many(void **state)
{
    (void)state;
    expect("keep: P24M", "keep: P12M",
           "P24M -> P12M\n# category lead: 9 records, 0 activities, 0 persons' parts end by rule lead-24m now\n"
           "# category lead: 12 records, 0 activities are of it\n");
    expect("- { id: email-2y,", "- { id: email-two,",
           "# category email: 0 records, 0 activities, 7 persons' parts end by rule email-2y now\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same), cmocka_unit_test(test_differences),
                                       cmocka_unit_test(test_how_many)};
    return cmocka_run_group_tests(tests, read_example, free_example);
}
