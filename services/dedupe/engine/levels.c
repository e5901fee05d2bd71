/* levels: comparing two profiles. */
#include "services/dedupe/engine/levels.h"

#include <string.h>

const char *const field_names[FIELDS + 1] = {
    [F_GIVEN] = "given name", [F_FAMILY] = "family name", [F_BIRTH] = "birth date", [F_MAIL] = "email",
    [F_PHONE] = "phone",      [F_STREET] = "street",      [F_PLACE] = "place",
};
const uint8_t field_levels[FIELDS] = {G_LEVELS, N_LEVELS, B_LEVELS, M_LEVELS, P_LEVELS, S_LEVELS, L_LEVELS};

static const char *const level_words[FIELDS][LEVELS_MOST] = {
    [F_GIVEN] = {"not known", "same", "short form", "initial", "one of several", "misspelt", "alike",
                 "similar, another", "different"},
    [F_FAMILY] = {"not known", "same", "part of a double name", "misspelt", "alike", "different"},
    [F_BIRTH] = {"not known", "same", "one slip apart", "partly the same", "different"},
    [F_MAIL] = {"not known", "same mailbox", "same mailbox, of a home", "one slip apart", "same beginning elsewhere",
                "different"},
    [F_PHONE] = {"not known", "same, one's own", "same, of a home", "one slip apart", "different"},
    [F_STREET] = {"not known", "same house", "same house, misspelt", "same street", "different"},
    [F_PLACE] = {"not known", "same", "nearly the same", "in part", "alike", "different"},
};

const char *level_word(enum compared field, uint8_t level)
{
    return level < field_levels[field] ? level_words[field][level] : "?";
}

/* ---- names ---------------------------------------------------------------------------------------------------------- */

static bool close_words(struct word a, struct word b)
{
    unsigned longer = a.n > b.n ? a.n : b.n, shorter = a.n < b.n ? a.n : b.n;

    if (shorter < 3 || longer < 4)
        return false;
    return word_distance(a, b, longer >= 7 ? 2 : 1) <= (longer >= 7 ? 2U : 1U);
}

static bool alike_words(struct word a, struct word b)
{
    unsigned shorter = a.n < b.n ? a.n : b.n, longer = a.n > b.n ? a.n : b.n;

    if (shorter >= 4 && memcmp(a.p, b.p, shorter) == 0) /* cut off */
        return true;
    if (longer >= 5 && word_distance(a, b, 2) <= 2)
        return true;
    return word_may_be_alike(a, b) && word_jaro_winkler(a, b) >= 850;
}

static bool same_joined(const struct name *a, const struct name *b)
{
    char x[NAME_WORDS * WORD_MOST], y[NAME_WORDS * WORD_MOST];
    size_t x_n = 0, y_n = 0;

    if (a->n == 1 && b->n == 1)
        return false;
    for (uint8_t i = 0; i < a->n; i++) {
        memcpy(x + x_n, a->words[i].p, a->words[i].n);
        x_n += a->words[i].n;
    }
    for (uint8_t i = 0; i < b->n; i++) {
        memcpy(y + y_n, b->words[i].p, b->words[i].n);
        y_n += b->words[i].n;
    }
    return x_n == y_n && memcmp(x, y, x_n) == 0;
}

static bool shares_word(const struct name *a, const struct name *b)
{
    for (uint8_t i = 0; i < a->n; i++)
        for (uint8_t j = 0; j < b->n; j++)
            if (a->words[i].n > 2 && word_equal(a->words[i], b->words[j]))
                return true;
    return false;
}

static bool shares_set(const struct profile *a, const struct profile *b)
{
    for (uint16_t i = 0, j = 0; i < a->nick_sets_n && j < b->nick_sets_n;) {
        if (a->nick_sets[i] == b->nick_sets[j])
            return true;
        if (a->nick_sets[i] < b->nick_sets[j])
            i++;
        else
            j++;
    }
    return false;
}

static uint8_t compare_given(const struct profile *a, const struct profile *b, known_name *known, const void *context)
{
    struct word x = a->given.words[0], y = b->given.words[0];

    if (a->given.n == 0 || b->given.n == 0)
        return G_NONE;
    if (word_equal(x, y) || same_joined(&a->given, &b->given))
        return G_SAME;
    if (x.n == 1 || y.n == 1)
        return x.p[0] == y.p[0] ? G_INITIAL : G_DIFFERENT;
    if (shares_set(a, b))
        return G_NICK;
    if (shares_word(&a->given, &b->given))
        return G_PART;
    if (close_words(x, y))
        return known(context, x) && known(context, y) ? G_SIMILAR : G_CLOSE;
    if (alike_words(x, y))
        return known(context, x) && known(context, y) ? G_SIMILAR : G_ALIKE;
    return G_DIFFERENT;
}

static uint8_t compare_names(const struct name *a, const struct name *b)
{
    if (a->n == 0 || b->n == 0)
        return N_NONE;
    if ((a->n == b->n && word_equal(a->words[0], b->words[0]) && (a->n == 1 || same_joined(a, b))) || same_joined(a, b))
        return N_SAME;
    if (shares_word(a, b))
        return N_PART;
    for (uint8_t i = 0; i < a->n; i++)
        for (uint8_t j = 0; j < b->n; j++)
            if (close_words(a->words[i], b->words[j]))
                return N_CLOSE;
    return alike_words(a->words[0], b->words[0]) ? N_ALIKE : N_DIFFERENT;
}

/* Given and family name may have changed places on one side. */
static void compare_persons(const struct profile *a, const struct profile *b, known_name *known, const void *context,
                            struct levels *out)
{
    out->of[F_GIVEN] = compare_given(a, b, known, context);
    out->of[F_FAMILY] = compare_names(&a->family, &b->family);
    if (out->of[F_GIVEN] < G_ALIKE || out->of[F_FAMILY] < N_ALIKE)
        return;
    uint8_t given = compare_names(&a->given, &b->family), family = compare_names(&a->family, &b->given);
    if (given == N_NONE || family == N_NONE || (given > N_CLOSE && family > N_CLOSE))
        return;
    if (given == N_DIFFERENT || family == N_DIFFERENT) { /* one has changed its place and the other isn't the same */
        out->swapped = out->of[F_GIVEN] == G_DIFFERENT && out->of[F_FAMILY] == N_DIFFERENT &&
                       (given == N_SAME || family == N_SAME);
        if (out->swapped)
            out->of[F_FAMILY] = N_SAME;
        return;
    }
    out->swapped = true;
    out->of[F_GIVEN] = given == N_SAME ? G_SAME : G_CLOSE;
    out->of[F_FAMILY] = family;
}

/* ---- the rest ------------------------------------------------------------------------------------------------------- */

static uint8_t compare_birth(const struct profile *a, const struct profile *b)
{
    struct word x, y;
    int same = 0;

    if (a->birth_n == 0 || b->birth_n == 0)
        return B_NONE;
    x = (struct word){.p = a->birth, .n = 8};
    y = (struct word){.p = b->birth, .n = 8};
    if (memcmp(a->birth, b->birth, 8) == 0)
        return B_SAME;
    if (word_distance(x, y, 1) <= 1 ||
        (memcmp(a->birth, b->birth, 4) == 0 && memcmp(a->birth + 4, b->birth + 6, 2) == 0 &&
         memcmp(a->birth + 6, b->birth + 4, 2) == 0))
        return B_CLOSE;
    same = (memcmp(a->birth, b->birth, 4) == 0) + (memcmp(a->birth + 4, b->birth + 4, 2) == 0) +
           (memcmp(a->birth + 6, b->birth + 6, 2) == 0);
    return same >= 2 || word_distance(x, y, 2) <= 2 ? B_PARTLY : B_DIFFERENT;
}

static uint8_t compare_mail(const struct profile *a, const struct profile *b)
{
    if (a->mail == 0 || b->mail == 0)
        return M_NONE;
    if (a->mail == b->mail)
        return a->mailbox_shared || b->mailbox_shared || a->mailbox_of_home || b->mailbox_of_home ? M_HOME : M_OWN;
    if (a->mail_local.n + b->mail_local.n >= 10) {
        unsigned most = 3, local = word_distance(a->mail_local, b->mail_local, most);
        unsigned domain = local > 2 ? most : word_distance(a->mail_domain, b->mail_domain, most);
        if (local + domain <= 2 && (local > 0 || domain > 0) && !(domain == 0 && local == 1 && a->mail_local.n < 6))
            return M_CLOSE;
    }
    return word_equal(a->mail_local, b->mail_local) ? M_LOCAL : M_DIFFERENT;
}

/* The last nine digits: what numbers in national form have in common with others, where no country is known. */
static bool same_ending(struct word a, struct word b)
{
    return a.n >= 9 && b.n >= 9 && a.n != b.n && memcmp(a.p + a.n - 9, b.p + b.n - 9, 9) == 0;
}

static uint8_t compare_phone(const struct profile *a, const struct profile *b)
{
    if (a->phone.p == NULL || b->phone.p == NULL)
        return P_NONE;
    if (word_equal(a->phone, b->phone) || same_ending(a->phone, b->phone))
        return !a->mobile || !b->mobile || a->phone_shared || b->phone_shared ? P_HOME : P_OWN;
    return a->phone.n >= 8 && word_distance(a->phone, b->phone, 1) <= 1 ? P_CLOSE : P_DIFFERENT;
}

/* Twice the share of words in common, each exactly or misspelt; 0..200, weighed by length. */
static unsigned street_likeness(const struct profile *a, const struct profile *b)
{
    bool taken[STREET_WORDS] = {false};
    unsigned all = 0, same = 0;

    for (uint8_t i = 0; i < a->street_n; i++)
        all += a->street[i].n;
    for (uint8_t j = 0; j < b->street_n; j++)
        all += b->street[j].n;
    for (uint8_t i = 0; i < a->street_n; i++) {
        for (uint8_t j = 0; j < b->street_n; j++) {
            bool equal = word_equal(a->street[i], b->street[j]);
            if (taken[j] || !(equal || close_words(a->street[i], b->street[j])))
                continue;
            taken[j] = true;
            same += (a->street[i].n + b->street[j].n) * (equal ? 10U : 9U);
            break;
        }
    }
    return all == 0 ? 0 : same * 20 / all;
}

static struct word joined(const struct profile *p, char room[WORD_MOST])
{
    struct word out = {.p = room};

    for (uint8_t i = 0; i < p->street_n; i++) {
        size_t n = p->street[i].n < WORD_MOST - out.n ? p->street[i].n : (size_t)(WORD_MOST - out.n);
        memcpy(room + out.n, p->street[i].p, n);
        out.n = (uint16_t)(out.n + n);
        out.letters |= p->street[i].letters;
    }
    return out;
}

/* A blank too few or in the wrong place makes other words of one street. */
static bool same_run_together(const struct profile *a, const struct profile *b)
{
    char x[WORD_MOST], y[WORD_MOST];
    struct word one = joined(a, x), other = joined(b, y);

    return one.n >= 10 && other.n >= 10 && word_distance(one, other, 3) <= 3;
}

static uint8_t compare_street(const struct profile *a, const struct profile *b)
{
    unsigned likeness;
    bool house;

    if (a->street_n == 0 || b->street_n == 0)
        return S_NONE;
    likeness = street_likeness(a, b);
    if (likeness < 130 && same_run_together(a, b))
        likeness = 180;
    house = a->house.p != NULL && b->house.p != NULL && word_equal(a->house, b->house);
    if (likeness >= 195 && (house || (a->house.p == NULL && b->house.p == NULL)))
        return house ? S_SAME : S_STREET;
    if (house && likeness >= 100)
        return S_CLOSE;
    return likeness >= 130 ? S_STREET : S_DIFFERENT;
}

static uint8_t compare_place(const struct profile *a, const struct profile *b)
{
    bool both_city = a->city.p != NULL && b->city.p != NULL, both_code = a->postcode.p != NULL && b->postcode.p != NULL;
    bool city = both_city && word_equal(a->city, b->city), code = both_code && word_equal(a->postcode, b->postcode);
    bool city_close = city || (both_city && close_words(a->city, b->city));
    bool code_close = code || (both_code && word_distance(a->postcode, b->postcode, 1) <= 1);

    if (!both_city && !both_code)
        return L_NONE;
    if (city && code)
        return L_SAME;
    if ((city && code_close) || (code && city_close))
        return L_MOSTLY;
    if (city || code)
        return L_ONE;
    return city_close || (code_close && !both_city) ? L_CLOSE : L_DIFFERENT;
}

static bool suffixes_differ(uint8_t a, uint8_t b)
{
    return a != SUFFIX_NONE && b != SUFFIX_NONE && a != b && !(a + b == SUFFIX_JUNIOR + SUFFIX_SECOND);
}

void levels_compare(const struct profile *a, const struct profile *b, known_name *known, const void *context,
                    struct levels *out)
{
    memset(out, 0, sizeof(*out));
    compare_persons(a, b, known, context, out);
    out->of[F_BIRTH] = compare_birth(a, b);
    out->of[F_MAIL] = compare_mail(a, b);
    out->of[F_PHONE] = compare_phone(a, b);
    out->of[F_STREET] = compare_street(a, b);
    out->of[F_PLACE] = compare_place(a, b);
    out->suffixes_differ = suffixes_differ(a->suffix, b->suffix);
    out->conflict = out->suffixes_differ || out->of[F_BIRTH] == B_DIFFERENT;
}

bool levels_incompatible(const struct levels *levels)
{
    return levels->conflict || levels->of[F_GIVEN] >= G_SIMILAR;
}

uint32_t levels_pattern(const struct levels *levels)
{
    uint32_t pattern = levels->swapped;

    for (int f = 0; f < FIELDS; f++)
        pattern = pattern << 4 | levels->of[f];
    return pattern;
}

void levels_of_pattern(uint32_t pattern, struct levels *out)
{
    memset(out, 0, sizeof(*out));
    for (int f = FIELDS; f-- > 0; pattern >>= 4)
        out->of[f] = (uint8_t)(pattern & 15);
    out->swapped = pattern & 1;
    out->conflict = out->of[F_BIRTH] == B_DIFFERENT;
}
