/* redact: whole words, found byte by byte; the longest literal wins at each place. */
#include "services/intake/redact.h"

#include <string.h>
#include <strings.h>

static const char mark[] = REDACT_MARK;
enum { LEAST = 3 };

void literals_add(struct literals *literals, struct text literal, struct arena *arena)
{
    literal = text_trim(literal);
    if (literal.p == NULL || literal.n < LEAST)
        return;
    for (size_t i = 0; i < literals->n; i++)
        if (text_equal(literals->items[i], literal))
            return;
    if (literals->n == literals->room) {
        struct text *grown = ARENA_ARRAY(arena, literals->room * 2 + 8, struct text);
        if (literals->n > 0)
            memcpy(grown, literals->items, literals->n * sizeof *grown);
        literals->items = grown;
        literals->room = literals->room * 2 + 8;
    }
    literals->items[literals->n++] = literal;
}

/* Bytes above ASCII are parts of letters. */
static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           ((unsigned char)c & 0x80U) != 0;
}

static size_t hit(struct text in, size_t at, const struct literals *literals)
{
    size_t longest = 0;

    if (at > 0 && is_word(in.p[at - 1]) && is_word(in.p[at]))
        return 0;
    for (size_t i = 0; i < literals->n; i++) {
        struct text literal = literals->items[i];
        size_t end = at + literal.n;
        if (literal.n <= longest || end > in.n || strncasecmp(in.p + at, literal.p, literal.n) != 0)
            continue;
        if (end < in.n && is_word(in.p[end - 1]) && is_word(in.p[end]))
            continue;
        longest = literal.n;
    }
    return longest;
}

static size_t count_hits(struct text in, const struct literals *literals)
{
    size_t hits = 0, n;

    for (size_t at = 0; at<in.n; at += n> 0 ? n : 1) {
        n = hit(in, at, literals);
        hits += n > 0;
    }
    return hits;
}

size_t redact_text(struct text in, const struct literals *literals, struct arena *arena, struct text *out)
{
    size_t hits = count_hits(in, literals), written = 0, n;
    char *p;

    *out = in;
    if (hits == 0)
        return 0;
    p = arena_alloc(arena, in.n + hits * (sizeof mark - 1) + 1);
    for (size_t at = 0; at<in.n; at += n> 0 ? n : 1) {
        n = hit(in, at, literals);
        if (n == 0) {
            p[written++] = in.p[at];
            continue;
        }
        memcpy(p + written, mark, sizeof mark - 1);
        written += sizeof mark - 1;
    }
    *out = (struct text){p, written};
    return hits;
}

size_t redact_scalars(struct scalar_list *fields, const struct literals *literals, struct arena *arena)
{
    size_t hits = 0;

    for (size_t i = 0; i < fields->n; i++)
        if (fields->items[i].kind == SCALAR_TEXT)
            hits += redact_text(fields->items[i].value, literals, arena, &fields->items[i].value);
    return hits;
}
