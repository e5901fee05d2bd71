/* Identifiers to their one spelling: a table of cases a kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/normal/normal.h"
#include "common/normal/phone_shim.h"

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
    {"ADA_99%x!#$&'*/=?^`{|}~-@EXAMPLE.COM", "ada_99%x!#$&'*/=?^`{|}~-@example.com"},
    {"ju\u0308rgen@example.com", "jürgen@example.com"}, /* NFC */
    {"ada@MÜNCHEN.example", "ada@xn--mnchen-3ya.example"},
    {"ada@straße.example", "ada@xn--strae-oqa.example"}, /* IDNA 2008 */
    {"ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"},
    {"ada@xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example"},
    {"ada\u200B@example.com", NULL}, /* pasted along */
    {"\u00A0ada@example.com", NULL},
    {"ada\u2060@example.com", NULL},
    {"ada\xFF@example.com", NULL},
    {"ada@\xFF.example", NULL},
    {"ada@exa_mple.com", NULL},
    {"ada@[192.0.2.1]", NULL},
    {"ada@b@example.com", NULL},
    {"Ada <ada@example.com>", NULL},
    {"ada@example.com, bob@example.com", NULL},
    {"ada@example.com.", NULL},
    {"a123456789012345678901234567890123456789012345678901234567890123@example.com",
     "a123456789012345678901234567890123456789012345678901234567890123@example.com"},
    {"a1234567890123456789012345678901234567890123456789012345678901234@example.com", NULL},
    {"ada@a12345678901234567890123456789012345678901234567890123456789012.com",
     "ada@a12345678901234567890123456789012345678901234567890123456789012.com"},
    {"ada@a123456789012345678901234567890123456789012345678901234567890123.com", NULL},
};

static const struct pair wides[] = {
    {"a.d.a+news@gmail.com", "ada@gmail.com"},
    {"ada@googlemail.com", "ada@gmail.com"},
    {"a.da+x@outlook.com", "a.da@outlook.com"},
    {"ada-shop@yahoo.com", "ada@yahoo.com"},
    {"a.d.a+news@example.com", "a.d.a+news@example.com"},
    {"ada@me.com", "ada@icloud.com"},
    {"+ada@gmail.com", "+ada@gmail.com"},
    {"ada+a+b@googlemail.com", "ada@gmail.com"},
    {"a.d_a-x+t@protonmail.com", "adax@proton.me"},
    {"ada+t@pm.me", "ada@proton.me"},
    {"a.da+t@icloud.com", "a.da@icloud.com"},
    {"ada+t@fastmail.com", "ada@fastmail.com"},
    {"ada+t@yahoo.com", "ada+t@yahoo.com"},
    {"ada-b@outlook.com", "ada-b@outlook.com"},
    {"ada+t@gmx.de", "ada+t@gmx.de"},
    {"-@proton.me", "-@proton.me"},
    {"ada", NULL},
};

static const struct pair names[] = {
    {"Müller", "muller"},
    {"MULLER", "muller"},
    {"O'Neil-Smith", "oneilsmith"},
    {"van der Berg", "vanderberg"},
    {"Straße", "strasse"},
    {"STRASSE", "strasse"},
    {"MÜLLER", "muller"},
    {"Mu\u0308ller", "muller"}, /* decomposed */
    {"Łukasz Øster Đorđe", "lukaszosterdorde"},
    {"Nguyễn Thị", "nguyenthi"},
    {"D’Arcy", "darcy"},
    {"İnci", "inci"},
    {"Иванов", "иванов"},
    {"ИВАНОВ", "иванов"},
    {"Παπαδόπουλος", "παπαδοπουλοσ"},
    {"ＡＤＡ", "ada"}, /* full width */
    {"3 M", "3m"},
    {"😀", NULL},
    {"\xFF", NULL},
    {"M\xC3", NULL},
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
    {"+4930901820", "+4930901820"},
    {" +4915112345678 ", "+4915112345678"},
    {"(030) 90 18-20", "+4930901820"},
    {"+49 (0)30 901820", "+4930901820"},
    {"+49030901820", "+4930901820"}, /* a trunk zero in E.164's clothes */
    {"tel:+49-30-901820", "+4930901820"},
    {"0151 12345678", "+4915112345678"},
    {"+12025550123", "+12025550123"},
    {"+1 (202) 555-0123", "+12025550123"},
    {"+390612345678", "+390612345678"}, /* Italy keeps its zero */
    {"+41446681800", "+41446681800"},
    {"+3726412345", "+3726412345"},
    {"+5215512345678", "+525512345678"}, /* Mexico's old mobile 1 */
    {"+5491123456789", "+5491123456789"},
    {"12", NULL},
    {"hello", NULL},
    {"+999123456789", NULL},
    {"+0123456789", NULL},
    {"+4930", NULL},
    {"+49309018201234567890", NULL},
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
        check(table, sizeof(table) / sizeof((table)[0]), fn);                                                          \
    }
CHECK(test_emails, emails, normal_email)
CHECK(test_wide_emails, wides, normal_email_wide)
CHECK(test_names, names, normal_name)
CHECK(test_phones, phones, german_phone)

/* What the quick way takes as it is, the library may refuse, but never spells otherwise. */
static void test_quick_phones_agree_with_the_library(void **state)
{
    static const char *const codes[] = {"1",  "7",   "20",  "27",  "30",  "31",  "32",  "33",  "34", "36", "39",
                                        "40", "41",  "43",  "44",  "45",  "46",  "47",  "48",  "49", "52", "54",
                                        "55", "57",  "61",  "62",  "65",  "81",  "82",  "84",  "86", "90", "91",
                                        "98", "351", "353", "358", "370", "372", "380", "420", "972"};
    struct arena *arena = arena_new();
    uint32_t seed = 20261120;
    int taken = 0, refused = 0;

    (void)state;
    for (int round = 0; round < 8000; round++) {
        char number[24] = "+", e164[24];
        struct text out;
        size_t n = 1 + strlen(codes[(size_t)round % (sizeof(codes) / sizeof(codes[0]))]);
        memcpy(number + 1, codes[(size_t)round % (sizeof(codes) / sizeof(codes[0]))], n - 1);
        size_t digits = 7 + (seed >> 28) % 5;
        for (size_t i = 0; i < digits; i++) {
            seed = seed * 1664525 + 1013904223;
            number[n++] = (char)('0' + (seed >> 16) % 10);
        }
        number[n] = '\0';
        bool good = normal_phone(text_of(number), "DE", arena, &out);
        if (phone_shim_e164(number, n, "DE", e164, sizeof(e164))) {
            assert_true(good);
            assert_string_equal(out.p, e164);
            taken++;
        } else if (good) { /* plausible to the quick way alone: kept as it is */
            assert_string_equal(out.p, number);
        } else {
            refused++;
        }
    }
    assert_true(taken > 500 && refused > 500);
    arena_free(arena);
}

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
        cmocka_unit_test(test_emails),
        cmocka_unit_test(test_wide_emails),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_phones),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_key_kinds_are_apart),
        cmocka_unit_test(test_quick_phones_agree_with_the_library),
    };
    struct error err;

    if (crypto_start(&err) != DONE)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
