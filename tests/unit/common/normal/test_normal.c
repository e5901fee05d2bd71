/* Identifiers to their one spelling: a table of cases a kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/normal/normal.h"

struct pair {
    const char *in, *out; /* out NULL: no such thing */
};

static const struct pair emails[] = {
    {"Ada@Example.COM", "ada@example.com"},
    {"  ada@example.com\t", "ada@example.com"},
    {"ada+tag@example.com", "ada+tag@example.com"},
    {"jürgen@münchen.example", "jürgen@xn--mnchen-3ya.example"},
    {"JÜRGEN@example.com", "jürgen@example.com"},
    {"o'neil@example.co.uk", "o'neil@example.co.uk"},
    {"ada@sub.example.com", "ada@sub.example.com"},
    {"ada", NULL},
    {"@example.com", NULL},
    {"ada@", NULL},
    {"ada@example", NULL},
    {"ada@exam ple.com", NULL},
    {"a da@example.com", NULL},
    {".ada@example.com", NULL},
    {"ada..b@example.com", NULL},
    {"ada.@example.com", NULL},
    {"\"ada\"@example.com", NULL},
    {"ada@-example.com", NULL},
    {"ada@example-.com", NULL},
    {"ada@example..com", NULL},
    {"ada@example.c", NULL},
    {"ada\n@example.com", NULL},
    {"", NULL},
};

static const struct pair wides[] = {
    {"a.d.a+news@gmail.com", "ada@gmail.com"},
    {"ada@googlemail.com", "ada@gmail.com"},
    {"a.da+x@outlook.com", "a.da@outlook.com"},
    {"ada-shop@yahoo.com", "ada@yahoo.com"},
    {"a.d.a+news@example.com", "a.d.a+news@example.com"},
    {"ada@me.com", "ada@icloud.com"},
    {"+ada@gmail.com", "+ada@gmail.com"},
};

static const struct pair names[] = {
    {"Müller", "muller"},
    {"MULLER", "muller"},
    {"O'Neil-Smith", "oneilsmith"},
    {"van der Berg", "vanderberg"},
    {"Straße", "strasse"},
    {"Ǆ", "dz"},
    {"李", "李"},
    {"  ", NULL},
    {"--", NULL},
    {"", NULL},
};

static const struct pair phones[] = {
    {"+49 30 901820", "+4930901820"},
    {"030/901820", "+4930901820"},
    {"0049 30 901820", "+4930901820"},
    {"+44 20 7031 3000", "+442070313000"},
    {"12", NULL},
    {"hello", NULL},
    {"+49", NULL},
    {"", NULL},
};

typedef bool normal_fn(struct text in, struct arena *arena, struct text *out);

static void check(const struct pair *pairs, size_t n, normal_fn *fn)
{
    struct arena *arena = arena_new();

    for (size_t i = 0; i < n; i++) {
        struct text out = TEXT_NONE;
        bool good = fn(text_of(pairs[i].in), arena, &out);
        if (good != (pairs[i].out != NULL))
            fail_msg("\"%s\": %s", pairs[i].in, good ? "taken" : "refused");
        if (good && !text_is(out, pairs[i].out))
            fail_msg("\"%s\": became \"%.*s\"", pairs[i].in, TEXT_ARGS(out));
    }
    arena_free(arena);
}

static bool german_phone(struct text in, struct arena *arena, struct text *out)
{
    return normal_phone(in, "DE", arena, out);
}

#define CHECK(name, table, fn)                                                                                         \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        check(table, sizeof(table) / sizeof(table[0]), fn);                                                            \
    }
CHECK(test_emails, emails, normal_email)
CHECK(test_wide_emails, wides, normal_email_wide)
CHECK(test_names, names, normal_name)
CHECK(test_phones, phones, german_phone)

static void test_roles(void **state)
{
    (void)state;
    assert_true(normal_email_is_role(TEXT("info@example.com")));
    assert_true(normal_email_is_role(TEXT("sales+de@example.com")));
    assert_false(normal_email_is_role(TEXT("ada@example.com")));
    assert_false(normal_email_is_role(TEXT("infoada@example.com")));
}

static void test_key_kinds_are_apart(void **state)
{
    struct crypto_key *key = crypto_key_random();
    struct hash a = normal_key_email(key, TEXT("ada@example.com"));
    struct hash b = normal_key_email_wide(key, TEXT("ada@example.com"));
    struct hash c = normal_key_source(key, TEXT("crm"), TEXT("1x"));
    struct hash d = normal_key_source(key, TEXT("crm1"), TEXT("x"));

    (void)state;
    assert_false(hash_equal(&a, &b));
    assert_false(hash_equal(&c, &d));
    crypto_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_emails), cmocka_unit_test(test_wide_emails), cmocka_unit_test(test_names),
        cmocka_unit_test(test_phones), cmocka_unit_test(test_roles),       cmocka_unit_test(test_key_kinds_are_apart),
    };
    struct error err;

    if (crypto_start(&err) != DONE)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
