/* normal/phone: phones to E.164. libphonenumber takes some 10 us a number; for what already is E.164 it is asked once a
 * class of numbers. */
#include <string.h>

#include "common/normal/normal.h"
#include "common/normal/phone_shim.h"

enum { PHONE_MOST = 64, E164_BYTES = 24, LEAST_DIGITS = 7, MOST_DIGITS = 15, PREFIX = 4, CLASSES = 16384 };

/* How many digits the country calling code has (ITU-T E.164, zones 1 to 9). */
static size_t calling_code_digits(const char *digits)
{
    static const char two[] =
        "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 "
        "64 65 66 81 82 84 86 90 91 92 93 94 95 98";
    if (digits[0] == '1' || digits[0] == '7')
        return 1;
    for (const char *p = two; p < two + sizeof two - 1; p += 3)
        if (p[0] == digits[0] && p[1] == digits[1])
            return 2;
    return 3;
}

static bool is_plus_and_digits(struct text in)
{
    if (in.n < LEAST_DIGITS + 1 || in.n > MOST_DIGITS + 1 || in.p[0] != '+' || in.p[1] == '0')
        return false;
    for (size_t i = 1; i < in.n; i++)
        if (in.p[i] < '0' || in.p[i] > '9')
            return false;
    return true;
}

/* Whether the class's representative (the same beginning and length, then 2345...) is valid and its own E.164 form. */
static bool class_is_plain(struct text in, size_t beginning)
{
    char number[MOST_DIGITS + 2], e164[E164_BYTES];

    for (size_t i = 0; i < in.n; i++)
        number[i] = i < beginning ? in.p[i] : (char)('2' + (i - beginning) % 8);
    return phone_shim_e164(number, in.n, "ZZ", e164, sizeof e164) && strlen(e164) == in.n &&
           memcmp(e164, number, in.n) == 0;
}

/* Trunk prefixes and national oddities hang on a number's first digits and its length. So a class, calling code + four
 * digits + length, is judged by one number that is the same each time: the verdict never depends on what came before.
 * What is plain needs no parsing; it may be a number that nobody has, which libphonenumber would have known. */
static bool is_plain_e164(struct text in)
{
    static _Thread_local uint32_t classes[CLASSES]; /* class << 2 | known << 1 | plain; a memo, nothing more */
    uint32_t class = 0;

    if (!is_plus_and_digits(in))
        return false;
    size_t beginning = 1 + calling_code_digits(in.p + 1) + PREFIX;
    if (in.n <= beginning)
        return false;
    for (size_t i = 1; i < beginning; i++)
        class = class * 10 + (uint32_t)(in.p[i] - '0');
    class = class << 4 | (uint32_t)(in.n - 1); /* 10^7 * 16: 28 bits */
    uint32_t *known = &classes[(class * UINT32_C(2654435761)) >> 18];
    if (*known >> 2 != class || (*known & 2) == 0)
        *known = class << 2 | 2 | class_is_plain(in, beginning);
    return (*known & 1) != 0;
}

bool normal_phone_is_mobile(struct text e164)
{
    static _Thread_local uint32_t classes[CLASSES]; /* as above, of whether the class is mobile */
    uint32_t class = 0;

    if (!is_plus_and_digits(e164))
        return false;
    size_t beginning = 1 + calling_code_digits(e164.p + 1) + PREFIX;
    if (e164.n <= beginning)
        return false;
    for (size_t i = 1; i < beginning; i++)
        class = class * 10 + (uint32_t)(e164.p[i] - '0');
    class = class << 4 | (uint32_t)(e164.n - 1);
    uint32_t *known = &classes[(class * UINT32_C(2654435761)) >> 18];
    if (*known >> 2 != class || (*known & 2) == 0) {
        char number[MOST_DIGITS + 2];
        for (size_t i = 0; i < e164.n; i++)
            number[i] = i < beginning ? e164.p[i] : (char)('2' + (i - beginning) % 8);
        *known = class << 2 | 2 | phone_shim_is_mobile(number, e164.n);
    }
    return (*known & 1) != 0;
}

bool normal_phone(struct text in, const char *region, struct arena *arena, struct text *out)
{
    struct text trimmed = text_trim(in);
    char e164[E164_BYTES];

    if (trimmed.n < 3 || trimmed.n > PHONE_MOST)
        return false;
    if (is_plain_e164(trimmed)) {
        *out = text_copy(arena, trimmed);
        return true;
    }
    if (!phone_shim_e164(trimmed.p, trimmed.n, region == NULL ? "ZZ" : region, e164, sizeof e164))
        return false;
    *out = text_copy(arena, text_of(e164));
    return true;
}
