/* text: a view of characters that somebody else owns, with its length; not NUL-terminated. */
#ifndef LETHE_TEXT_H
#define LETHE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct text {
    const char *p; /* NULL: absent. An empty text that is present has p != NULL and n == 0 */
    size_t n;
};

/* bytes: the same for what isn't characters. */
struct bytes {
    const uint8_t *p;
    size_t n;
};

#define TEXT(literal) ((struct text){.p = "" literal, .n = sizeof(literal) - 1})
#define TEXT_NONE ((struct text){.p = NULL, .n = 0})
#define TEXT_ARGS(t) (int)(t).n, (t).p /* for "%.*s" */

struct text text_of(const char *string); /* of a C string; NULL gives TEXT_NONE */
bool text_equal(struct text a, struct text b);
bool text_is(struct text a, const char *string);
bool text_starts(struct text a, const char *prefix);
int text_compare(struct text a, struct text b);            /* bytewise, as memcmp */
struct text text_copy(struct arena *arena, struct text a); /* the copy is NUL-terminated behind its end */
char *text_cstr(struct arena *arena, struct text a);       /* a NUL-terminated copy */
struct text text_trim(struct text a);                      /* without ASCII white space at both ends */
bool text_utf8_valid(struct text a);                       /* RFC 3629: no surrogates, no overlong forms */
bool text_to_int64(struct text a, int64_t *out);           /* whole text, decimal, false past int64 */
struct text text_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* text_put_hex: 2n digits, lower case, and a NUL; out is the caller's, for what must not lie in an arena. */
void text_put_hex(const uint8_t *p, size_t n, char *out);
struct text text_hex(struct arena *arena, const uint8_t *p, size_t n); /* lower case */
bool text_from_hex(struct text hex, uint8_t *out, size_t n);           /* exactly n bytes, else false */

#endif
