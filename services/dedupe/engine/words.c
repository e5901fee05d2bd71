/* words: likeness of two words. */
#include "services/dedupe/engine/words.h"

#include <string.h>

uint64_t mix64(uint64_t a, uint64_t b)
{
    uint64_t x = a ^ (b + UINT64_C(0x9e3779b97f4a7c15) + (a << 6) + (a >> 2));

    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t hash64(const void *p, size_t n)
{
    const unsigned char *bytes = p;
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
    return mix64(h, n);
}

size_t words_collapse(char *p, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (!(p[i] == 'e' && kept > 0 && (p[kept - 1] == 'a' || p[kept - 1] == 'o' || p[kept - 1] == 'u')))
            p[kept++] = p[i];
    return kept;
}

struct word word_of(struct text text)
{
    struct word word = {.p = text.p};

    if (text.n == 0)
        return (struct word){0};
    word.n = (uint16_t)(text.n > WORD_MOST ? WORD_MOST : text.n);
    word.hash = (uint32_t)hash64(word.p, word.n);
    for (unsigned i = 0; i < word.n; i++)
        word.letters = (uint16_t)(word.letters | 1U << ((unsigned char)word.p[i] & 15));
    return word;
}

bool word_equal(struct word a, struct word b)
{
    return a.hash == b.hash && a.n == b.n && a.p != NULL && b.p != NULL && memcmp(a.p, b.p, a.n) == 0;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* An edit brings one letter and takes one away, at most. */
static bool too_unlike(struct word a, struct word b, unsigned most)
{
    unsigned apart = a.n > b.n ? (unsigned)(a.n - b.n) : (unsigned)(b.n - a.n);

    return apart > most || (a.letters != 0 && b.letters != 0 &&
                            (unsigned)__builtin_popcount((unsigned)(a.letters ^ b.letters)) > 2 * most);
}

/* What they begin and end with alike costs nothing. */
static void strip_common(struct word *a, struct word *b)
{
    while (a->n > 0 && b->n > 0 && a->p[0] == b->p[0])
        a->p++, a->n--, b->p++, b->n--;
    while (a->n > 0 && b->n > 0 && a->p[a->n - 1] == b->p[b->n - 1])
        a->n--, b->n--;
}

/* Optimal string alignment over three rows. */
unsigned word_distance(struct word a, struct word b, unsigned most)
{
    unsigned rows[3][WORD_MOST + 1], *before = rows[0], *last = rows[1], *row = rows[2], *swap;

    if (too_unlike(a, b, most))
        return most + 1;
    strip_common(&a, &b);
    for (unsigned j = 0; j <= b.n; j++)
        last[j] = j;
    memset(before, 0, sizeof(rows[0]));
    for (unsigned i = 1; i <= a.n; i++) {
        unsigned best = row[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            row[j] = least(least(last[j] + 1, row[j - 1] + 1), last[j - 1] + (a.p[i - 1] != b.p[j - 1]));
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
            best = least(best, row[j]);
        }
        if (best > most)
            return most + 1;
        swap = before;
        before = last;
        last = row;
        row = swap;
    }
    return least(last[b.n], most + 1);
}

/* With four letters in common at the beginning it takes a Jaro of .75, so letters in common that make up 1.25 words. */
bool word_may_be_alike(struct word a, struct word b)
{
    int in_a, in_b, same;

    if (a.letters == 0 || b.letters == 0 || a.n == 0 || b.n == 0)
        return true;
    in_a = a.n - __builtin_popcount((unsigned)(a.letters & ~b.letters));
    in_b = b.n - __builtin_popcount((unsigned)(b.letters & ~a.letters));
    same = in_a < in_b ? in_a : in_b;
    return 4 * same * (a.n + b.n) >= 5 * a.n * b.n;
}

unsigned word_jaro_winkler(struct word a, struct word b)
{
    bool in_a[WORD_MOST] = {false}, in_b[WORD_MOST] = {false};
    int window = (a.n > b.n ? a.n : b.n) / 2 - 1, same = 0, moved = 0, at = 0, prefix = 0;
    double m, jaro;

    if (a.n == 0 || b.n == 0)
        return 0;
    if (window < 0)
        window = 0;
    for (int i = 0; i < a.n; i++) {
        int from = i > window ? i - window : 0, until = i + window + 1 < b.n ? i + window + 1 : b.n;
        for (int j = from; j < until; j++) {
            if (in_b[j] || a.p[i] != b.p[j])
                continue;
            in_a[i] = in_b[j] = true;
            same++;
            break;
        }
    }
    if (same == 0)
        return 0;
    for (int i = 0; i < a.n; i++) {
        if (!in_a[i])
            continue;
        while (!in_b[at])
            at++;
        moved += a.p[i] != b.p[at++];
    }
    m = same;
    jaro = (m / a.n + m / b.n + (m - moved / 2.0) / m) / 3;
    while (prefix < 4 && prefix < a.n && prefix < b.n && a.p[prefix] == b.p[prefix])
        prefix++;
    return (unsigned)((jaro + prefix * 0.1 * (1 - jaro)) * 1000 + 0.5);
}

/* Classes of consonants that ears and pens mix up; vowels, h, w and y are left out past the beginning. */
static char class_of(char c, char next)
{
    switch (c) {
    case 'b':
    case 'p':
    case 'f':
    case 'v':
    case 'w':
        return c == 'w' && next == '\0' ? '0' : '1';
    case 'c':
    case 'g':
    case 'j':
    case 'k':
    case 'q':
    case 'x':
    case 's':
    case 'z':
        return '2';
    case 'd':
    case 't':
        return '3';
    case 'l':
        return '4';
    case 'm':
    case 'n':
        return '5';
    case 'r':
        return '6';
    default:
        return c >= '0' && c <= '9' ? c : '0';
    }
}

uint32_t word_sound(struct word word)
{
    uint32_t code = 0;
    char last = '\0';
    unsigned kept = 0;

    for (unsigned i = 0; i < word.n && kept < 4; i++) {
        char c = word.p[i];
        char class;
        if (c == 'p' && i + 1 < word.n && word.p[i + 1] == 'h')
            c = 'f';
        class = class_of(c, i + 1 < word.n ? word.p[i + 1] : '\0');
        if (class == last)
            continue;
        last = class;
        if (class == '0' && kept > 0)
            continue;
        code = code << 8 | (uint32_t)(unsigned char)(class == '0' ? 'a' : class);
        kept++;
    }
    return code;
}
