/* words: the smallest things that are compared: folded words, how alike they are, and how they sound. Pure. */
#ifndef LETHE_DEDUPE_ENGINE_WORDS_H
#define LETHE_DEDUPE_ENGINE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text/text.h"

struct word {
    const char *p; /* NULL: absent */
    uint32_t hash;
    uint16_t n;
    uint16_t
        letters; /* a bit for each sixteenth of the alphabet that occurs, so that most unlike words are told apart at
                         once; 0: not known */
};

enum { WORD_MOST = 40 }; /* longer ones are compared by their beginnings */

struct word word_of(struct text text);
bool word_equal(struct word a, struct word b);

/* words_collapse: ae, oe, ue to a, o, u in place, as Müller is Mueller and Muller; gives the new length. */
size_t words_collapse(char *p, size_t n);

uint64_t mix64(uint64_t a, uint64_t b);
uint64_t hash64(const void *p, size_t n);

/* word_distance: edits (insert, delete, replace, swap neighbours) that make one of the other; `most` + 1 where it is more
 * than `most`. */
unsigned word_distance(struct word a, struct word b, unsigned most);
/* word_jaro_winkler: 0..1000. word_may_be_alike: false only where it is less than 850. */
unsigned word_jaro_winkler(struct word a, struct word b);
bool word_may_be_alike(struct word a, struct word b);
/* word_sound: a phonetic code of a name that holds across European spellings; 0 for what has no letters. */
uint32_t word_sound(struct word word);

#endif
