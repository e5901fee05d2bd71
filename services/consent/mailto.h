/* mailto: what a mail to the unsubscribe address says: the token that List-Unsubscribe's mailto: put into its subject. Pure. */
#ifndef LETHE_CONSENT_MAILTO_H
#define LETHE_CONSENT_MAILTO_H

#include <stddef.h>

#include "common/text/text.h"

enum { MAILTO_HEADER_BYTES = 64 << 10, MAILTO_WORDS_MOST = 16, MAILTO_TOKEN_BYTES = 55 };

/* mailto_words: the words of a token's length and letters in the header's Subject and To lines, folded ones, too; never in
 * the body, which may quote our own mail. They point into mail. Returns how many. */
size_t mailto_words(struct text mail, struct text words[MAILTO_WORDS_MOST]);

#endif
