/* street: an address line as its house number and its words, street types in one spelling. Pure. */
#ifndef LETHE_DEDUPE_ENGINE_STREET_H
#define LETHE_DEDUPE_ENGINE_STREET_H

#include "services/dedupe/engine/profile.h"

void street_of(struct text field, struct arena *keep, struct arena *scratch, struct profile *out);

/* profile_words: a field's words, folded, at most `most`; collapse: as names are (words_collapse). */
size_t profile_words(struct text field, struct arena *keep, struct arena *scratch, bool collapse, struct word *out,
                     size_t most);

#endif
