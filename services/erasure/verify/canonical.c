/* canonical: RFC 8785, without its floating point numbers: certificates hold none. */
#include "services/erasure/verify/canonical.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 16 };
static const json_int_t integer_most = (INT64_C(1) << 53) - 1; /* beyond, readers differ about a number's value */

struct out {
    char *p;
    size_t n, room;
    const char *why;
};

static void add(struct out *out, const char *p, size_t n)
{
    if (out->why != NULL)
        return;
    if (out->room - out->n < n) {
        size_t room = out->room * 2 + n + 256;
        char *grown = realloc(out->p, room);
        if (grown == NULL) {
            out->why = "there is no memory";
            return;
        }
        out->p = grown;
        out->room = room;
    }
    if (n > 0)
        memcpy(out->p + out->n, p, n);
    out->n += n;
}

static void add_str(struct out *out, const char *s)
{
    add(out, s, strlen(s));
}

/* ---- strings: as they are, but for what must be escaped -------------------------------------------------------------- */

static void add_escaped(struct out *out, unsigned char c)
{
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    char text[8];
    if (c == '"' || c == '\\')
        (void)snprintf(text, sizeof text, "\\%c", c);
    else if (c < sizeof letters && letters[c] != '\0')
        (void)snprintf(text, sizeof text, "\\%c", letters[c]);
    else
        (void)snprintf(text, sizeof text, "\\u%04x", (unsigned)c);
    add_str(out, text);
}

static void add_string(struct out *out, const char *p, size_t n)
{
    size_t from = 0;
    add_str(out, "\"");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        add(out, p + from, i - from);
        add_escaped(out, c);
        from = i + 1;
    }
    add(out, p + from, n - from);
    add_str(out, "\"");
}

/* ---- objects: members by UTF-16 code units ---------------------------------------------------------------------------- */

/* UTF-8 sorts as code points do. UTF-16 puts those above U+FFFF (lead bytes from 0xf0) before U+E000..U+FFFF (0xee, 0xef),
 * since their surrogates are 0xd800..0xdfff. */
static int weight(unsigned char lead)
{
    return lead >= 0xf0 ? 0xed * 256 + lead : lead * 256;
}

bool canonical_before(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return weight((unsigned char)*a) < weight((unsigned char)*b);
}

static int by_name(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return canonical_before(*x, *y) ? -1 : canonical_before(*y, *x) ? 1 : 0;
}

static void add_value(struct out *out, const json_t *value, int depth);

/* jansson's iterators take objects that may be changed; this one isn't. */
static json_t *untouched(const json_t *value)
{
    return (json_t *)(uintptr_t)value;
}

static void add_object(struct out *out, const json_t *object, int depth)
{
    size_t n = json_object_size(object), i = 0;
    const char **names = calloc(n + 1, sizeof *names);
    if (names == NULL) {
        out->why = "there is no memory";
        return;
    }
    for (void *at = json_object_iter(untouched(object)); at != NULL; at = json_object_iter_next(untouched(object), at))
        names[i++] = json_object_iter_key(at);
    qsort(names, n, sizeof *names, by_name);
    add_str(out, "{");
    for (i = 0; i < n; i++) {
        if (i > 0)
            add_str(out, ",");
        add_string(out, names[i], strlen(names[i]));
        add_str(out, ":");
        add_value(out, json_object_get(object, names[i]), depth + 1);
    }
    add_str(out, "}");
    free(names);
}

static void add_array(struct out *out, const json_t *list, int depth)
{
    add_str(out, "[");
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (i > 0)
            add_str(out, ",");
        add_value(out, json_array_get(list, i), depth + 1);
    }
    add_str(out, "]");
}

static void add_integer(struct out *out, json_int_t value)
{
    char text[32];
    if (value > integer_most || value < -integer_most)
        out->why = "a number is larger than 2^53";
    (void)snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, value);
    add_str(out, text);
}

static void add_value(struct out *out, const json_t *value, int depth)
{
    if (depth > DEPTH_MOST)
        out->why = "it nests too deep";
    if (out->why != NULL)
        return;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        add_object(out, value, depth);
        break;
    case JSON_ARRAY:
        add_array(out, value, depth);
        break;
    case JSON_STRING:
        add_string(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        add_integer(out, json_integer_value(value));
        break;
    case JSON_REAL:
        out->why = "a number isn't an integer";
        break;
    case JSON_TRUE:
        add_str(out, "true");
        break;
    case JSON_FALSE:
        add_str(out, "false");
        break;
    case JSON_NULL:
        add_str(out, "null");
        break;
    }
}

/* ---- the doors --------------------------------------------------------------------------------------------------------- */

json_t *canonical_read(const char *p, size_t n, const char **why)
{
    json_error_t error;
    json_t *value = json_loadb(p, n, JSON_REJECT_DUPLICATES, &error);
    *why = NULL;
    if (value == NULL)
        *why = json_error_code(&error) == json_error_duplicate_key ? "a member stands twice" : "it is no JSON";
    else if (!json_is_object(value))
        *why = "it is no JSON object";
    if (*why == NULL)
        return value;
    json_decref(value);
    return NULL;
}

char *canonical_write(const json_t *value, size_t *n, const char **why)
{
    struct out out = {0};
    add_value(&out, value, 1);
    *why = out.why;
    *n = out.n;
    if (out.why == NULL)
        return out.p;
    free(out.p);
    return NULL;
}
