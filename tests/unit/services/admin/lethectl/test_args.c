/* lethectl's command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "services/admin/lethectl/args.h"

static int run_nothing(struct ctl *ctl, const struct args *args)
{
    (void)ctl;
    (void)args;
    return 0;
}

static const struct command commands[] = {
    {"requests", "show", "ID", 1, "one", run_nothing, {{0}}},
    {"requests",
     "create",
     "KIND",
     1,
     "new",
     run_nothing,
     {{"email-file", "FILE", "where"}, {"email", "ADDRESS", "what"}, {"fields", NULL, "all"}}},
    {"health", "", "", 0, "how it is", run_nothing, {{0}}},
    {"policy", "diff", "OLD NEW", 2, "what changes", run_nothing, {{0}}},
};

static enum outcome parse(struct args *args, struct error *err, const char *const *words)
{
    char copies[16][64];
    char *argv[17] = {(char[]){"lethectl"}};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++) {
        (void)strncpy(copies[argc - 1], words[argc - 1], 63);
        copies[argc - 1][63] = '\0';
        argv[argc] = copies[argc - 1];
    }
    error_clear(err);
    enum outcome o = args_parse(commands, 4, argc, argv, args, err);
    for (int i = 0; i < ARGS_OPERANDS_MOST; i++) /* they are views of copies that end here */
        if (args->operands[i] != NULL)
            for (int k = 1; k < argc; k++)
                if (args->operands[i] == argv[k])
                    args->operands[i] = words[k - 1];
    return o;
}
#define PARSE(...) parse(&args, &err, (const char *const[]){__VA_ARGS__, NULL})

static void test_good(void **state)
{
    (void)state;
    struct args args;
    struct error err;
    assert_int_equal(PARSE("requests", "show", "abc"), DONE);
    assert_ptr_equal(args.command, &commands[0]);
    assert_string_equal(args.operands[0], "abc");
    assert_int_equal(PARSE("--json", "--url", "http://x", "health", "--token-file=t"), DONE);
    assert_ptr_equal(args.command, &commands[2]);
    assert_true(args.json);
    assert_non_null(args.url);
    assert_non_null(args.token_file);
    assert_int_equal(PARSE("policy", "diff", "a", "b"), DONE);
    assert_string_equal(args.operands[1], "b");
    assert_int_equal(PARSE("requests", "create", "--email-file", "f", "forget", "--fields"), DONE);
    assert_non_null(args_value(&args, "email-file"));
    assert_non_null(args_value(&args, "fields"));
    assert_null(args_value(&args, "email"));
    assert_string_equal(args.operands[0], "forget");
    assert_int_equal(PARSE("requests", "create", "forget", "--email-file=-"), DONE);
    assert_int_equal(PARSE("requests", "show", "--", "--json"), DONE);
    assert_string_equal(args.operands[0], "--json");
    assert_false(args.json);
}

static void test_help(void **state)
{
    (void)state;
    struct args args;
    struct error err;
    assert_int_equal(PARSE("--help"), DONE);
    assert_true(args.help);
    assert_null(args.command);
    assert_int_equal(PARSE("requests", "--help"), DONE);
    assert_true(args.help);
    assert_int_equal(PARSE("requests", "create", "-h"), DONE);
    assert_ptr_equal(args.command, &commands[1]);
    assert_int_equal(PARSE("--version"), DONE);
    assert_true(args.version);

    struct buf out;
    buf_init(&out, 4096);
    args_help(commands, 4, "requests", "create", &out);
    buf_char(&out, '\0');
    assert_non_null(strstr(out.p, "--email-file FILE"));
    assert_null(strstr(out.p, "policy"));
    buf_free(&out);
}

static void test_broken(void **state)
{
    (void)state;
    struct args args;
    struct error err;
    assert_int_equal(PARSE("nothing"), REFUSED);
    assert_int_equal(PARSE("requests"), REFUSED);
    assert_int_equal(PARSE("requests", "burn"), REFUSED);
    assert_int_equal(PARSE("requests", "show"), REFUSED);
    assert_int_equal(PARSE("requests", "show", "a", "b"), REFUSED);
    assert_int_equal(PARSE("policy", "diff", "a"), REFUSED);
    assert_int_equal(PARSE("health", "1", "2", "3", "4", "5", "6"), REFUSED);
    assert_int_equal(PARSE("requests", "create", "forget", "--email"), REFUSED);
    assert_int_equal(PARSE("requests", "create", "forget", "--fields=yes"), REFUSED);
    assert_int_equal(PARSE("requests", "create", "forget", "--emails", "x"), REFUSED);
    assert_int_equal(PARSE("health", "--json=1"), REFUSED);
    /* a mistyped option may hold an identifier: it isn't said again */
    assert_int_equal(PARSE("requests", "create", "forget", "--emial=ann@example.com"), REFUSED);
    assert_null(strstr(err.text, "ann"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
