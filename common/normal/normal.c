/* normal: names, and the keyed hashes of what was normalised. */
#include "common/normal/normal.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "common/buf/buf.h"

const char *const key_kind_names[KEY_KINDS + 1] = {
    [KEY_EMAIL] = "email",   [KEY_EMAIL_WIDE] = "email-wide",
    [KEY_PHONE] = "phone",   [KEY_PHONE_SURNAME] = "phone-surname",
    [KEY_SOURCE] = "source",
};

enum { NAME_MOST = 1024 };

/* ---- names ----------------------------------------------------------------------------------------------------------- */

static bool name_ascii(struct text in, struct arena *arena, struct text *out)
{
    char *p = arena_alloc(arena, in.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if ((unsigned char)c >= 0x80)
            return false;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            p[n++] = c;
    }
    *out = (struct text){.p = p, .n = n};
    return true;
}

/* Letters whose stroke no decomposition takes off, as people type them without it. */
static UChar32 without_stroke(UChar32 c)
{
    static const struct {
        UChar32 from, to;
    } strokes[] = {{0x142, 'l'}, {0xF8, 'o'}, {0x111, 'd'}, {0xF0, 'd'}, {0x127, 'h'}, {0x167, 't'}, {0x131, 'i'}};
    for (size_t i = 0; i < sizeof strokes / sizeof *strokes; i++)
        if (strokes[i].from == c)
            return strokes[i].to;
    return c;
}

/* NFKC_Casefold (which folds what only decomposing makes a letter, too), NFKD, then letters and digits alone: accents,
 * hyphens and spaces go. */
static bool name_unicode(struct text in, struct arena *arena, struct text *out)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *casefold = unorm2_getNFKCCasefoldInstance(&status);
    const UNormalizer2 *nfkd = unorm2_getNFKDInstance(&status);
    int32_t room = (int32_t)in.n * 4 + 16, n, kept = 0, utf8_n;
    UChar *wide = ARENA_ARRAY(arena, (size_t)room, UChar);
    UChar *folded = ARENA_ARRAY(arena, (size_t)room, UChar);
    UChar32 *points = ARENA_ARRAY(arena, (size_t)room, UChar32);
    char *utf8 = arena_alloc(arena, (size_t)room * 3);

    u_strFromUTF8(wide, room, &n, in.p, (int32_t)in.n, &status);
    n = unorm2_normalize(casefold, wide, n, folded, room, &status);
    n = unorm2_normalize(nfkd, folded, n, wide, room, &status);
    u_strToUTF32(points, room, &n, wide, n, &status);
    if (U_FAILURE(status))
        return false;
    for (int32_t i = 0; i < n; i++)
        if (u_isalnum(points[i]))
            points[kept++] = without_stroke(points[i]);
    u_strFromUTF32(wide, room, &n, points, kept, &status);
    u_strToUTF8(utf8, room * 3, &utf8_n, wide, n, &status);
    if (U_FAILURE(status))
        return false;
    *out = (struct text){.p = utf8, .n = (size_t)utf8_n};
    return true;
}

bool normal_name(struct text in, struct arena *arena, struct text *out)
{
    if (in.n == 0 || in.n > NAME_MOST)
        return false;
    if (!name_ascii(in, arena, out) && !name_unicode(in, arena, out))
        return false;
    return out->n > 0 && out->n <= NAME_MOST; /* compatibility forms may grow tenfold */
}

/* ---- keyed hashes ----------------------------------------------------------------------------------------------------- */

struct hash normal_key_email(const struct crypto_key *index_key, struct text email)
{
    return crypto_hash(index_key, key_kind_names[KEY_EMAIL], email);
}

struct hash normal_key_email_wide(const struct crypto_key *index_key, struct text wide)
{
    return crypto_hash(index_key, key_kind_names[KEY_EMAIL_WIDE], wide);
}

struct hash normal_key_phone(const struct crypto_key *index_key, struct text e164)
{
    return crypto_hash(index_key, key_kind_names[KEY_PHONE], e164);
}

/* Two values under one hash: lengths stand before them, so that no two pairs run together. */
static struct hash hash_pair(const struct crypto_key *index_key, enum key_kind kind, struct text a, struct text b)
{
    char room[2048];
    size_t at = 0;
    struct text joined;

    ENSURE(a.n <= UINT16_MAX && a.n + b.n + 2 <= sizeof(room));
    room[at++] = (char)(a.n >> 8);
    room[at++] = (char)(a.n & 0xff);
    memcpy(room + at, a.p, a.n);
    memcpy(room + at + a.n, b.p, b.n);
    joined = (struct text){.p = room, .n = at + a.n + b.n};
    return crypto_hash(index_key, key_kind_names[kind], joined);
}

struct hash normal_key_phone_surname(const struct crypto_key *index_key, struct text e164, struct text surname)
{
    return hash_pair(index_key, KEY_PHONE_SURNAME, e164, surname);
}

struct hash normal_key_source(const struct crypto_key *index_key, struct text system, struct text id)
{
    return hash_pair(index_key, KEY_SOURCE, system, id);
}
