/* text: views, their copies in an arena, and the few conversions that everybody needs. */
#include "common/text/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/arena/arena.h"
#include "common/error/error.h"

struct text text_of(const char *string)
{
    return (struct text){.p = string, .n = string != NULL ? strlen(string) : 0};
}

bool text_equal(struct text a, struct text b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool text_is(struct text a, const char *string)
{
    return text_equal(a, text_of(string));
}

bool text_starts(struct text a, const char *prefix)
{
    size_t n = strlen(prefix);
    return a.n >= n && (n == 0 || memcmp(a.p, prefix, n) == 0);
}

int text_compare(struct text a, struct text b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n > 0 ? memcmp(a.p, b.p, n) : 0;
    if (order != 0)
        return order;
    return a.n < b.n ? -1 : a.n > b.n;
}

char *text_cstr(struct arena *arena, struct text a)
{
    char *copy = arena_alloc(arena, a.n + 1);
    if (a.n > 0)
        memcpy(copy, a.p, a.n);
    return copy;
}

struct text text_copy(struct arena *arena, struct text a)
{
    if (a.p == NULL)
        return TEXT_NONE;
    return (struct text){.p = text_cstr(arena, a), .n = a.n};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct text text_trim(struct text a)
{
    while (a.n > 0 && is_space(a.p[0])) {
        a.p++;
        a.n--;
    }
    while (a.n > 0 && is_space(a.p[a.n - 1]))
        a.n--;
    return a;
}

/* The length of the well-formed sequence at p (Unicode 15, table 3-7), 0 where there is none. */
static size_t utf8_sequence(const unsigned char *p, size_t n)
{
    unsigned char low = 0x80, high = 0xBF;
    size_t length;

    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        length = 2;
    else if ((p[0] & 0xF0) == 0xE0)
        length = 3;
    else if (p[0] >= 0xF0 && p[0] <= 0xF4)
        length = 4;
    else
        return 0;
    if (n < length)
        return 0;
    if (p[0] == 0xE0)
        low = 0xA0;
    else if (p[0] == 0xED)
        high = 0x9F;
    else if (p[0] == 0xF0)
        low = 0x90;
    else if (p[0] == 0xF4)
        high = 0x8F;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

bool text_utf8_valid(struct text a)
{
    const unsigned char *p = (const unsigned char *)a.p;
    size_t i = 0;

    while (i < a.n) {
        uint64_t eight;
        if (a.n - i >= sizeof eight) {
            memcpy(&eight, p + i, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        size_t length = utf8_sequence(p + i, a.n - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

bool text_to_int64(struct text a, int64_t *out)
{
    bool negative = a.n > 0 && a.p[0] == '-';
    int64_t value = 0;

    if (a.n == (negative ? 1U : 0U))
        return false;
    for (size_t i = negative ? 1 : 0; i < a.n; i++) {
        if (a.p[i] < '0' || a.p[i] > '9')
            return false;
        int64_t digit = a.p[i] - '0';
        /* Downwards, since INT64_MIN has no positive twin. */
        if (__builtin_mul_overflow(value, INT64_C(10), &value) || __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return true;
}

struct text text_format(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ENSURE(n >= 0);
    char *p = arena_alloc(arena, (size_t)n + 1);
    (void)vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return (struct text){.p = p, .n = (size_t)n};
}

void text_put_hex(const uint8_t *p, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[i * 2] = digits[p[i] >> 4];
        out[i * 2 + 1] = digits[p[i] & 15];
    }
    out[n * 2] = '\0';
}

struct text text_hex(struct arena *arena, const uint8_t *p, size_t n)
{
    char *out = arena_alloc(arena, n * 2 + 1);

    text_put_hex(p, n, out);
    return (struct text){.p = out, .n = n * 2};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool text_from_hex(struct text hex, uint8_t *out, size_t n)
{
    if (hex.n != n * 2)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(hex.p[i * 2]), low = hex_digit(hex.p[i * 2 + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}
