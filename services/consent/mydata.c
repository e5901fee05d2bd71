/* mydata: the decisions. */
#include "services/consent/mydata.h"

enum data_proof decide_data_proof(bool role, size_t persons_n, bool proven, int64_t tries)
{
    if (proven || (!role && persons_n <= 1))
        return DATA_PROVEN;
    return tries >= DATA_TRIES_MOST ? DATA_TOO_MANY : DATA_FACT_NEEDED;
}

enum { FACT_LEAST = 4, FACT_MOST = 32, PHONE_END = 8 };

/* Letters and digits alone, in upper case; 0 where there are too many. */
static size_t plain(struct text text, char out[FACT_MOST], bool *digits)
{
    size_t n = 0;

    *digits = true;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool digit = c >= '0' && c <= '9', lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z';

        if (!digit && !lower && !upper)
            continue;
        if (n == FACT_MOST)
            return 0;
        *digits = *digits && digit;
        out[n++] = lower ? (char)(c - 'a' + 'A') : c;
    }
    return n;
}

static bool same(const char *a, const char *b, size_t n)
{
    int differ = 0; /* in constant time: the time tells nobody how far it was right */

    for (size_t i = 0; i < n; i++)
        differ |= a[i] ^ b[i];
    return differ == 0;
}

bool decide_data_fact(struct text said, struct text held)
{
    char one[FACT_MOST], other[FACT_MOST];
    bool one_digits, other_digits;
    size_t n = plain(said, one, &one_digits), m = plain(held, other, &other_digits);

    if (n < FACT_LEAST || m < FACT_LEAST)
        return false;
    if (n == m)
        return same(one, other, n);
    return one_digits && other_digits && n >= PHONE_END && m >= PHONE_END &&
           same(one + n - PHONE_END, other + m - PHONE_END, PHONE_END);
}
