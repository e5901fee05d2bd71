/* normal/fold: words of any script as lower-case Latin letters, so that people who were written down in two scripts, or
 * with and without their accents, can be compared. */
#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#include "common/normal/normal.h"

enum { FOLD_MOST = 1024, FOLD_ROOM = FOLD_MOST * 4 + 64 };

/* Letters and digits; an apostrophe or a full stop within a word goes (O'Brien, St.), all else parts words. */
static struct text words_of_ascii(struct text in, struct arena *arena)
{
    char *p = arena_alloc(arena, in.n + 1);
    size_t n = 0;
    bool gap = false;

    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            if (gap && n > 0)
                p[n++] = ' ';
            gap = false;
            p[n++] = c;
        } else if (c != '\'' && c != '`') {
            gap = gap || (unsigned char)c < 0x80;
        }
    }
    return (struct text){.p = p, .n = n};
}

/* ICU's rules take milliseconds to build: once a thread. */
static const UTransliterator *latin(void)
{
    static _Thread_local UTransliterator *rules;
    UErrorCode status = U_ZERO_ERROR;
    UChar id[64];

    if (rules == NULL) {
        u_uastrcpy(id, "Any-Latin; Latin-ASCII");
        rules = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
    }
    return rules;
}

static bool to_ascii(struct text in, struct arena *arena, struct text *out)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *casefold = unorm2_getNFKCCasefoldInstance(&status);
    const UTransliterator *rules = latin();
    UChar wide[FOLD_ROOM], folded[FOLD_ROOM];
    char utf8[FOLD_ROOM * 3];
    int32_t n, limit, bytes;

    if (rules == NULL || U_FAILURE(status))
        return false;
    u_strFromUTF8WithSub(wide, FOLD_ROOM, &n, in.p, (int32_t)in.n, 0x20, NULL, &status);
    n = unorm2_normalize(casefold, wide, n, folded, FOLD_ROOM, &status);
    if (U_FAILURE(status))
        return false;
    limit = n;
    utrans_transUChars(rules, folded, &n, FOLD_ROOM, 0, &limit, &status);
    u_strToUTF8(utf8, FOLD_ROOM * 3, &bytes, folded, n, &status);
    if (U_FAILURE(status))
        return false;
    *out = text_copy(arena, (struct text){.p = utf8, .n = (size_t)bytes});
    return true;
}

bool normal_words(struct text in, struct arena *arena, struct text *out)
{
    bool ascii = true;

    if (in.n == 0 || in.n > FOLD_MOST)
        return false;
    for (size_t i = 0; i < in.n && ascii; i++)
        ascii = (unsigned char)in.p[i] < 0x80;
    if (!ascii && !to_ascii(in, arena, &in))
        return false;
    *out = words_of_ascii(in, arena);
    return out->n > 0;
}
