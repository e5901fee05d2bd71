/* reader: the JSON reader beneath the codec: tokens, brackets and limits. */
#include "common/event/reader.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER_BYTES_MOST = 64 };

void reader_init(struct reader *r, struct text json, const char *base, struct arena *arena, struct error *err)
{
    r->p = json.p;
    r->end = json.n > 0 ? json.p + json.n : json.p;
    r->arena = arena;
    r->err = err;
    r->base = base;
    r->steps_n = 0;
    r->depth = 0;
    r->depth_most = EVENT_DEPTH_MOST;
    r->name_written = TEXT_NONE;
}

void reader_space(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
        r->p++;
}

enum outcome reader_next(struct reader *r, enum reader_kind *kind)
{
    reader_space(r);
    if (r->p == r->end)
        return reader_refuse(r, "json", "the JSON ends too early");
    switch (*r->p) {
    case '{':
        *kind = READ_OBJECT;
        return DONE;
    case '[':
        *kind = READ_ARRAY;
        return DONE;
    case '"':
        *kind = READ_STRING;
        return DONE;
    case 't':
        *kind = READ_TRUE;
        return DONE;
    case 'f':
        *kind = READ_FALSE;
        return DONE;
    case 'n':
        *kind = READ_NULL;
        return DONE;
    default:
        if (*r->p != '-' && (*r->p < '0' || *r->p > '9'))
            return reader_refuse(r, "json", "this isn't JSON");
        *kind = READ_NUMBER;
        return DONE;
    }
}

/* ---- strings ---------------------------------------------------------------------------------------------------- */

/* raw: between the quotes, as written. */
static enum outcome scan_string(struct reader *r, struct text *raw, bool *escaped)
{
    const char *start = r->p + 1, *p = start;
    unsigned char any = 0;

    *escaped = false;
    for (;; p++) {
        unsigned char c;

        if (p == r->end)
            return reader_refuse(r, "json", "a string doesn't end");
        c = (unsigned char)*p;
        if (c == '"')
            break;
        if (c < 0x20)
            return reader_refuse(r, "json", "a control character stands in a string");
        if (c == '\\') {
            *escaped = true;
            if (++p == r->end)
                return reader_refuse(r, "json", "a string doesn't end");
            c = (unsigned char)*p;
            if (c < 0x20)
                return reader_refuse(r, "json", "a control character stands in a string");
        }
        any |= c;
    }
    *raw = (struct text){.p = start, .n = (size_t)(p - start)};
    r->p = p + 1;
    if ((any & 0x80) != 0 && !text_utf8_valid(*raw))
        return reader_refuse(r, "utf-8", "a text isn't valid UTF-8");
    return DONE;
}

static bool read_hex4(const char *p, const char *end, uint32_t *out)
{
    uint32_t v = 0;

    if (end - p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        uint32_t digit;

        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A') + 10;
        else
            return false;
        v = v << 4 | digit;
    }
    *out = v;
    return true;
}

static char *put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

/* *p stands behind "\u"; moves behind the digits, of both halves of a pair. */
static enum outcome unescape_unicode(struct reader *r, const char **p, const char *end, char **out)
{
    uint32_t high, low;

    if (!read_hex4(*p, end, &high))
        return reader_refuse(r, "json", "an escape isn't one of JSON's");
    *p += 4;
    if (high == 0)
        return reader_refuse(r, "utf-8", "U+0000 isn't allowed");
    if (high >= 0xd800 && high <= 0xdfff) {
        if (high >= 0xdc00 || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u' || !read_hex4(*p + 2, end, &low) ||
            low < 0xdc00 || low > 0xdfff)
            return reader_refuse(r, "utf-8", "half of a surrogate pair stands alone");
        *p += 6;
        high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    }
    *out = put_utf8(*out, high);
    return DONE;
}

static enum outcome unescape(struct reader *r, struct text raw, struct text *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char *start = arena_alloc(r->arena, raw.n + 1), *q = start;
    const char *p = raw.p, *end = raw.p + raw.n, *known;

    while (p < end) {
        if (*p != '\\') {
            *q++ = *p++;
            continue;
        }
        p += 2; /* scan_string has seen that a character follows */
        if (p[-1] == 'u')
            TRY(unescape_unicode(r, &p, end, &q));
        else if ((known = strchr(from, p[-1])) != NULL)
            *q++ = to[known - from];
        else
            return reader_refuse(r, "json", "an escape isn't one of JSON's");
    }
    *out = (struct text){.p = start, .n = (size_t)(q - start)};
    return DONE;
}

enum outcome reader_string(struct reader *r, struct text *out)
{
    bool escaped;

    TRY(scan_string(r, out, &escaped));
    return escaped ? unescape(r, *out, out) : DONE;
}

/* ---- numbers and literals ---------------------------------------------------------------------------------------- */

static bool is_digit(const struct reader *r)
{
    return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

static bool skip_digits(struct reader *r)
{
    const char *start = r->p;

    while (is_digit(r))
        r->p++;
    return r->p > start;
}

/* The grammar of RFC 8259, section 6. */
static bool scan_number(struct reader *r, bool *real)
{
    *real = false;
    if (r->p < r->end && *r->p == '-')
        r->p++;
    if (r->p < r->end && *r->p == '0')
        r->p++;
    else if (!skip_digits(r))
        return false;
    if (r->p < r->end && *r->p == '.') {
        *real = true;
        r->p++;
        if (!skip_digits(r))
            return false;
    }
    if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
        *real = true;
        r->p++;
        if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
            r->p++;
        if (!skip_digits(r))
            return false;
    }
    return true;
}

/* Integers written with a point or exponent are taken up to 2^53, where doubles are exact. */
static enum outcome read_real(struct reader *r, struct reader_number *out)
{
    static const double int64_end = 9223372036854775808.0, exact_end = 9007199254740992.0;
    char copy[NUMBER_BYTES_MOST + 1];
    double value;

    memcpy(copy, out->written.p, out->written.n);
    copy[out->written.n] = 0;
    value = strtod(copy, NULL);
    if (!(value >= -int64_end && value < int64_end))
        return reader_refuse(r, "range", "a number is past 64 bits");
    out->whole =
        value >= -exact_end && value <= exact_end && (double)(int64_t)value >= value && (double)(int64_t)value <= value;
    out->value = out->whole ? (int64_t)value : 0;
    return DONE;
}

enum outcome reader_number(struct reader *r, struct reader_number *out)
{
    const char *start = r->p, *digits;
    bool real, negative = *start == '-';
    uint64_t value = 0;

    if (!scan_number(r, &real))
        return reader_refuse(r, "json", "this isn't JSON");
    *out = (struct reader_number){.written = {.p = start, .n = (size_t)(r->p - start)}, .whole = true};
    if (out->written.n > NUMBER_BYTES_MOST)
        return reader_refuse(r, "range", "a number has too many digits");
    if (real)
        return read_real(r, out);
    for (digits = start + negative; digits < r->p; digits++) {
        uint64_t digit = (uint64_t)(*digits - '0');

        if (value > ((uint64_t)INT64_MAX + negative - digit) / 10)
            return reader_refuse(r, "range", "a number is past 64 bits");
        value = value * 10 + digit;
    }
    out->value = negative ? (int64_t)(0 - value) : (int64_t)value;
    return DONE;
}

enum outcome reader_literal(struct reader *r, const char *literal)
{
    size_t n = strlen(literal);

    if ((size_t)(r->end - r->p) < n || memcmp(r->p, literal, n) != 0)
        return reader_refuse(r, "json", "this isn't JSON");
    r->p += n;
    return DONE;
}

/* ---- brackets --------------------------------------------------------------------------------------------------- */

enum outcome reader_enter(struct reader *r)
{
    if (r->depth == r->depth_most)
        return reader_refuse(r, "depth", "the JSON nests too deep");
    r->depth++;
    r->p++;
    return DONE;
}

/* The comma or the closing bracket before the next member or item. */
static enum outcome step(struct reader *r, size_t *count, char close, bool *more)
{
    reader_space(r);
    if (r->p == r->end)
        return reader_refuse(r, "json", "the JSON ends too early");
    *more = true;
    if (*r->p == close) {
        *more = false;
        r->p++;
        r->depth--;
    } else if ((*count)++ > 0) {
        if (*r->p != ',')
            return reader_refuse(r, "json", "a comma or a closing bracket is missing");
        r->p++;
        reader_space(r);
    }
    return DONE;
}

enum outcome reader_member(struct reader *r, size_t *count, bool *more, struct text *name)
{
    const char *start;

    TRY(step(r, count, '}', more));
    if (!*more)
        return DONE;
    if (r->p == r->end || *r->p != '"')
        return reader_refuse(r, "json", "a member's name is missing");
    start = r->p;
    TRY(reader_string(r, name));
    r->name_written = (struct text){.p = start, .n = (size_t)(r->p - start)};
    reader_space(r);
    if (r->p == r->end || *r->p != ':')
        return reader_refuse(r, "json", "a colon is missing");
    r->p++;
    return DONE;
}

enum outcome reader_item(struct reader *r, size_t *count, bool *more)
{
    return step(r, count, ']', more);
}

enum outcome reader_end(struct reader *r)
{
    reader_space(r);
    return r->p == r->end ? DONE : reader_refuse(r, "json", "something follows the JSON's end");
}
