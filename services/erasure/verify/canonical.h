/* canonical: JSON as RFC 8785 writes it, from what was read. Strict: what readers may take in two ways (a member that stands
 * twice, numbers past 2^53 or with a fraction) is refused. */
#ifndef LETHE_VERIFY_CANONICAL_H
#define LETHE_VERIFY_CANONICAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* canonical_read: one JSON object (RFC 8259): no member twice, valid UTF-8, no U+0000, nothing behind it. NULL: it is
 * none; *why says so in words. */
json_t *canonical_read(const char *p, size_t n, const char **why);

/* canonical_write: malloc'd, *n bytes. NULL, with *why, where a number isn't an integer within 2^53, or where it nests
 * deeper than 16. */
char *canonical_write(const json_t *value, size_t *n, const char **why);

/* canonical_before: does member name a stand before b? RFC 8785 orders by UTF-16 code units. */
bool canonical_before(const char *a, const char *b);

#endif
