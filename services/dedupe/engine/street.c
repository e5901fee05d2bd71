/* street: house number and words of an address line. */
#include "services/dedupe/engine/street.h"

#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))

enum { PIECES = 10 };

/* What streets are called, by language, to the short form that post offices use: kinds of streets tell little. */
static const struct {
    const char *word, *is;
} types[] = {
    /* English */
    {"street", "st"},
    {"str", "st"},
    {"road", "rd"},
    {"avenue", "av"},
    {"ave", "av"},
    {"lane", "ln"},
    {"drive", "dr"},
    {"place", "pl"},
    {"court", "ct"},
    {"crescent", "cr"},
    {"cres", "cr"},
    {"circuit", "cct"},
    {"close", "cl"},
    {"square", "sq"},
    {"terrace", "tce"},
    {"terr", "tce"},
    {"parade", "pde"},
    {"boulevard", "bd"},
    {"blvd", "bd"},
    {"highway", "hwy"},
    {"gardens", "gdns"},
    {"grove", "gr"},
    {"way", "wy"},
    {"parkway", "pkwy"},
    {"apartment", "apt"},
    {"flat", "apt"},
    {"unit", "apt"},
    /* German, Dutch, Scandinavian */
    {"strasse", "st"},
    {"platz", "pl"},
    {"weg", "wy"},
    {"allee", "al"},
    {"gasse", "g"},
    {"straat", "st"},
    {"laan", "ln"},
    {"plein", "pl"},
    {"gade", "g"},
    {"gata", "g"},
    {"gatan", "g"},
    {"vej", "wy"},
    {"vagen", "wy"},
    /* French, Italian, Spanish, Portuguese, Polish */
    {"rue", "r"},
    {"chemin", "ch"},
    {"impasse", "imp"},
    {"via", "v"},
    {"viale", "v"},
    {"piazza", "pl"},
    {"corso", "c"},
    {"calle", "c"},
    {"avenida", "av"},
    {"avda", "av"},
    {"plaza", "pl"},
    {"paseo", "ps"},
    {"rua", "r"},
    {"praca", "pl"},
    {"travessa", "tv"},
    {"ulica", "ul"},
    {"aleja", "al"},
    {"plac", "pl"},
    {"osiedle", "os"},
};
/* Endings of German, Dutch and Scandinavian compounds: Hauptstrasse, Hauptstr. and Haupt-Strasse are one. */
static const struct {
    const char *ending, *is;
} endings[] = {{"strasse", "st"}, {"straat", "st"}, {"gasse", "g"}, {"allee", "al"}, {"platz", "pl"},
               {"str", "st"},     {"weg", "wy"},    {"gatan", "g"}, {"gade", "g"}};

static struct word type_of(struct word word)
{
    for (size_t i = 0; i < N(types); i++)
        if (strlen(types[i].word) == word.n && memcmp(types[i].word, word.p, word.n) == 0)
            return word_of(text_of(types[i].is));
    return word;
}

static bool has_digit(struct word word)
{
    for (unsigned i = 0; i < word.n; i++)
        if (word.p[i] >= '0' && word.p[i] <= '9')
            return true;
    return false;
}

static void add_word(struct profile *out, struct word word)
{
    if (out->street_n < STREET_WORDS)
        out->street[out->street_n++] = word;
}

static void add_street(struct profile *out, struct word word)
{
    for (size_t i = 0; i < N(endings); i++) {
        size_t n = strlen(endings[i].ending);
        if (word.n >= n + 3 && memcmp(word.p + word.n - n, endings[i].ending, n) == 0) {
            add_word(out, word_of((struct text){.p = word.p, .n = word.n - n}));
            add_word(out, word_of(text_of(endings[i].is)));
            return;
        }
    }
    add_word(out, type_of(word));
}

void street_of(struct text field, struct arena *keep, struct arena *scratch, struct profile *out)
{
    struct word pieces[PIECES];
    size_t n = profile_words(field, keep, scratch, false, pieces, PIECES);

    for (size_t i = 0; i < n; i++) {
        if (!has_digit(pieces[i]))
            add_street(out, pieces[i]);
        else if (out->house.p == NULL)
            out->house = pieces[i];
        else
            add_word(out, pieces[i]);
    }
}
