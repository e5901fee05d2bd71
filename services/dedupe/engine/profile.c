/* profile: names, dates, mail and phone of a record, normalised. */
#include "services/dedupe/engine/profile.h"

#include <string.h>

#include "common/normal/normal.h"
#include "services/dedupe/engine/street.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

enum { FIELD_MOST = 200, PIECES = 12 }; /* what is longer is no name, no street */

static bool listed(struct word word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(list[i]) == word.n && memcmp(list[i], word.p, word.n) == 0)
            return true;
    return false;
}

size_t profile_words(struct text field, struct arena *keep, struct arena *scratch, bool collapse, struct word *out,
                     size_t most)
{
    struct text folded;
    char *p, *from, *end;
    size_t n = 0, bytes;

    if (field.p == NULL || field.n == 0 || field.n > FIELD_MOST || !normal_words(field, scratch, &folded))
        return 0;
    p = arena_alloc(keep, folded.n + 1);
    memcpy(p, folded.p, folded.n);
    bytes = collapse ? words_collapse(p, folded.n) : folded.n;
    end = p + bytes;
    for (from = p; from < end && n < most;) {
        char *space = memchr(from, ' ', (size_t)(end - from));
        char *until = space == NULL ? end : space;
        if (until > from)
            out[n] = word_of((struct text){.p = from, .n = (size_t)(until - from)}), n++;
        from = until + 1;
    }
    return n;
}

/* ---- names ---------------------------------------------------------------------------------------------------------- */

static const char *const placeholders[] = {
    "test",   "tester", "na",    "none",   "null",   "unknown",  "unbekannt", "inconnu", "xxx",   "nn", "anonymous",
    "anonym", "asdf",   "dummy", "nobody", "noname", "customer", "kunde",     "gast",    "guest", "nan"};
static const char *const titles[] = {"mr",       "mrs",    "ms",      "miss",   "dr",   "prof", "herr",    "frau",
                                     "dipl",     "ing",    "med",     "mme",    "mlle", "sr",   "sra",     "srta",
                                     "dott",     "sig",    "signora", "pan",    "pani", "phd",  "mag",     "rer",
                                     "nat",      "sir",    "lady",    "dame",   "hon",  "rev",  "fr",      "hr",
                                     "monsieur", "madame", "senor",   "senora", "dhr",  "mevr", "familie", "family"};
static const char *const particles[] = {
    "von", "van", "de",  "der", "den", "di", "da",  "del", "la",  "le",   "du",    "dos",   "das",      "zu",
    "zum", "zur", "ten", "ter", "af",  "av", "el",  "al",  "bin", "ibn",  "della", "dello", "degli",    "des",
    "vom", "las", "los", "do",  "e",   "y",  "und", "geb", "nee", "born", "vd",    "te",    "freiherr", "graf"};
static const struct {
    const char *word;
    enum suffix suffix;
} suffixes[] = {{"jr", SUFFIX_JUNIOR},   {"junior", SUFFIX_JUNIOR}, {"jun", SUFFIX_JUNIOR}, {"jnr", SUFFIX_JUNIOR},
                {"fils", SUFFIX_JUNIOR}, {"filho", SUFFIX_JUNIOR},  {"sen", SUFFIX_SENIOR}, {"senior", SUFFIX_SENIOR},
                {"snr", SUFFIX_SENIOR},  {"pere", SUFFIX_SENIOR},   {"ii", SUFFIX_SECOND},  {"2nd", SUFFIX_SECOND},
                {"iii", SUFFIX_THIRD},   {"3rd", SUFFIX_THIRD},     {"iv", SUFFIX_FOURTH}};

static enum suffix suffix_of(struct word word)
{
    for (size_t i = 0; i < N(suffixes); i++)
        if (strlen(suffixes[i].word) == word.n && memcmp(suffixes[i].word, word.p, word.n) == 0)
            return suffixes[i].suffix;
    return SUFFIX_NONE;
}

/* Slavic surnames go by sex: Ivanova, Kowalska, Dostojewskaja beside Ivanov, Kowalski. */
static struct word masculine(struct word word)
{
    static const struct {
        const char *feminine;
        uint8_t cut;
    } ends[] = {{"ova", 1}, {"eva", 1}, {"ewa", 1}, {"owa", 1}, {"ina", 0}};
    for (size_t i = 0; i < N(ends); i++)
        if (word.n > 5 && memcmp(word.p + word.n - 3, ends[i].feminine, 3) == 0)
            return word_of((struct text){.p = word.p, .n = (size_t)word.n - ends[i].cut});
    if (word.n > 5 && (memcmp(word.p + word.n - 3, "ska", 3) == 0 || memcmp(word.p + word.n - 3, "cka", 3) == 0 ||
                       memcmp(word.p + word.n - 3, "ski", 3) == 0 || memcmp(word.p + word.n - 3, "cki", 3) == 0 ||
                       memcmp(word.p + word.n - 3, "sky", 3) == 0))
        return word_of((struct text){.p = word.p, .n = (size_t)word.n - 1});
    return word;
}

static void name_of(struct text field, bool family, struct arena *keep, struct arena *scratch, struct profile *out)
{
    struct name *name = family ? &out->family : &out->given;
    struct word pieces[PIECES], kept[PIECES];
    size_t n = profile_words(field, keep, scratch, true, pieces, PIECES), kept_n = 0, plain = 0;

    for (size_t i = 0; i < n; i++) {
        enum suffix suffix = suffix_of(pieces[i]);
        /* "Sr" is a title before a name and a suffix behind it; II and III stand behind one, too */
        if (i > 0 && suffix == SUFFIX_NONE && pieces[i].n == 2 && memcmp(pieces[i].p, "sr", 2) == 0)
            suffix = SUFFIX_SENIOR;
        if (suffix != SUFFIX_NONE && (i > 0 || n == 1)) {
            out->suffix = (uint8_t)suffix;
            continue;
        }
        if (listed(pieces[i], placeholders, N(placeholders)) || (n > 1 && listed(pieces[i], titles, N(titles))))
            continue;
        kept[kept_n++] = pieces[i];
        plain += !listed(pieces[i], particles, N(particles));
    }
    for (size_t i = 0; i < kept_n && name->n < NAME_WORDS; i++) {
        if (family && plain > 0 && listed(kept[i], particles, N(particles)))
            continue;
        name->words[name->n++] = family ? masculine(kept[i]) : kept[i];
    }
}

/* ---- dates ---------------------------------------------------------------------------------------------------------- */

static bool is_date(unsigned y, unsigned m, unsigned d)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return y >= 1880 && y <= 2100 && m >= 1 && m <= 12 && d >= 1 && d <= days[m - 1];
}

static unsigned number(const char *p, size_t n)
{
    unsigned v = 0;

    for (size_t i = 0; i < n; i++)
        v = v * 10 + (unsigned)(p[i] - '0');
    return v;
}

/* YYYY-MM-DD, YYYYMMDD, DD.MM.YYYY, DD/MM/YYYY and MM/DD/YYYY where only that is a date; the digits are kept in the
 * order YYYYMMDD, broken dates', too. */
static void birth_of(struct text field, struct profile *out)
{
    char digits[8];
    size_t n = 0;
    bool year_last = false;
    unsigned y, m, d;

    if (field.p == NULL || field.n > 32)
        return;
    for (size_t i = 0; i < field.n && n < 8; i++) {
        if (field.p[i] >= '0' && field.p[i] <= '9')
            digits[n++] = field.p[i];
        else if (n == 2 && field.p[i] != ' ')
            year_last = true;
        else if (field.p[i] == 'T')
            break;
    }
    if (n != 8)
        return;
    if (year_last) {
        const char was[8] = {digits[4], digits[5], digits[6], digits[7], digits[2], digits[3], digits[0], digits[1]};
        memcpy(digits, was, sizeof(was));
    }
    y = number(digits, 4), m = number(digits + 4, 2), d = number(digits + 6, 2);
    if (year_last && !is_date(y, m, d) && is_date(y, d, m)) {
        const char was[8] = {digits[0], digits[1], digits[2], digits[3], digits[6], digits[7], digits[4], digits[5]};
        memcpy(digits, was, sizeof(was));
        y = number(digits, 4), m = number(digits + 4, 2), d = number(digits + 6, 2);
    }
    memcpy(out->birth, digits, 8);
    out->birth_n = 8;
    if (is_date(y, m, d)) {
        out->birth_year = (uint16_t)y;
        out->birth_month = (uint8_t)m;
        out->birth_day = (uint8_t)d;
    }
}

/* ---- mail and phone ------------------------------------------------------------------------------------------------- */

static bool has_word(struct word local, struct word word)
{
    return word.n >= 3 && memmem(local.p, local.n, word.p, word.n) != NULL;
}

/* What a slip has made no address of can still be alike to one. */
static void broken_mail_of(struct text field, struct arena *keep, struct profile *out)
{
    const char *at = field.n > 100 ? NULL : memchr(field.p, '@', field.n);
    char *copy;

    if (at == NULL)
        return;
    copy = arena_alloc(keep, field.n + 1);
    for (size_t i = 0; i < field.n; i++)
        copy[i] = (char)(field.p[i] >= 'A' && field.p[i] <= 'Z' ? field.p[i] + 32 : field.p[i]);
    out->mail_local = word_of((struct text){.p = copy, .n = (size_t)(at - field.p)});
    out->mail_domain = word_of((struct text){.p = copy + out->mail_local.n + 1, .n = field.n - out->mail_local.n - 1});
    out->mail = hash64(copy, field.n);
}

static void mail_of(struct text field, struct arena *keep, struct arena *scratch, struct profile *out)
{
    struct text mail, wide, domain;
    bool given = false, family = false;

    if (field.p == NULL)
        return;
    if (!normal_email(field, scratch, &mail)) {
        broken_mail_of(field, keep, out);
        return;
    }
    if (normal_email_is_role(mail) || !normal_email_wide(mail, scratch, &wide))
        return;
    wide = text_copy(keep, wide);
    domain = normal_email_domain(wide);
    out->mail = hash64(wide.p, wide.n);
    out->mail_domain = word_of(domain);
    out->mail_local = word_of((struct text){.p = wide.p, .n = wide.n - domain.n - 1});
    for (uint8_t i = 0; i < out->given.n; i++)
        given = given || has_word(out->mail_local, out->given.words[i]);
    for (uint8_t i = 0; i < out->family.n; i++)
        family = family ||
                 (has_word(out->mail_local, out->family.words[i]) && out->mail_local.n <= out->family.words[i].n + 1);
    out->mailbox_of_home = (family && !given) || (out->mail_local.n >= 6 &&
                                                  (memmem(out->mail_local.p, out->mail_local.n, "famil", 5) != NULL));
}

static void phone_of(const struct person_fields *fields, struct arena *keep, struct arena *scratch, struct profile *out)
{
    char region[3] = {0}, digits[20];
    const char *known = fields->region;
    struct text e164;
    size_t n = 0;

    if (fields->phone.p == NULL || fields->phone.n > 40)
        return;
    if (fields->country.n == 2) {
        for (size_t i = 0; i < 2; i++)
            region[i] = (char)(fields->country.p[i] & ~0x20);
        known = region;
    }
    if (normal_phone(fields->phone, known, scratch, &e164)) {
        e164 = text_copy(keep, e164);
        out->mobile = normal_phone_is_mobile(e164);
        out->phone_valid = true;
        out->phone = word_of((struct text){.p = e164.p + 1, .n = e164.n - 1});
        return;
    }
    for (size_t i = 0; i < fields->phone.n && n < sizeof(digits); i++)
        if (fields->phone.p[i] >= '0' && fields->phone.p[i] <= '9' && (n > 0 || fields->phone.p[i] != '0'))
            digits[n++] = fields->phone.p[i];
    if (n >= 6)
        out->phone = word_of(text_copy(keep, (struct text){.p = digits, .n = n}));
}

static void place_of(struct text field, struct arena *keep, struct arena *scratch, bool collapse, struct word *out)
{
    struct word pieces[PIECES];
    size_t n = profile_words(field, keep, scratch, collapse, pieces, PIECES);
    char joined[WORD_MOST];
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        size_t part = pieces[i].n < sizeof(joined) - at ? pieces[i].n : sizeof(joined) - at;
        memcpy(joined + at, pieces[i].p, part);
        at += part;
    }
    if (n == 1)
        *out = pieces[0];
    else if (n > 1)
        *out = word_of(text_copy(keep, (struct text){.p = joined, .n = at}));
}

uint32_t profile_source(struct text name)
{
    return (uint32_t)hash64(name.p, name.n) | 1;
}

void profile_make(const struct person_fields *fields, const struct nicknames *nicknames, struct arena *keep,
                  struct arena *scratch, struct profile *out)
{
    memset(out, 0, sizeof(*out));
    name_of(fields->given_name, false, keep, scratch, out);
    name_of(fields->family_name, true, keep, scratch, out);
    if (out->given.n > 0)
        out->nick_sets = nicknames_find(nicknames, out->given.words[0], &out->nick_sets_n);
    birth_of(fields->date_of_birth, out);
    mail_of(fields->email, keep, scratch, out);
    phone_of(fields, keep, scratch, out);
    street_of(fields->street, keep, scratch, out);
    place_of(fields->city, keep, scratch, true, &out->city);
    place_of(fields->postcode, keep, scratch, false, &out->postcode);
    if (fields->source.n > 0)
        out->source = profile_source(fields->source);
}
