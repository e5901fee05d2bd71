/* clock: reading clocks, and turning instants into RFC 3339 and back without the C library's time zones. */
#include "common/clock/clock.h"

#include <string.h>
#include <time.h>

enum { LEAST_YEAR = 1900, MOST_YEAR = 9999 };

struct date {
    int64_t year;
    int month, day;
};

static int64_t clock_read(clockid_t which)
{
    struct timespec now = {0};
    (void)clock_gettime(which, &now); /* neither of the two clocks can fail on Linux */
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
    return clock_read(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

/* ---- the proleptic Gregorian calendar (Hinnant's days_from_civil and civil_from_days) --------------------------- */
static int64_t days_of(struct date date)
{
    int64_t y = date.year - (date.month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct date date_of(int64_t days)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (int)((5 * day_of_year + 2) / 153);
    struct date date;
    date.day = (int)(day_of_year - (153 * month_from_march + 2) / 5) + 1;
    date.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    date.year = year_of_era + era * 400 + (date.month <= 2);
    return date;
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b < 0 ? q - 1 : q;
}

/* ---- RFC 3339 --------------------------------------------------------------------------------------------------- */
struct reader {
    const char *p;
    size_t n;
};

static bool read_digits(struct reader *in, unsigned digits, int64_t *out)
{
    int64_t value = 0;
    if (in->n < digits)
        return false;
    for (unsigned i = 0; i < digits; i++) {
        if (in->p[i] < '0' || in->p[i] > '9')
            return false;
        value = value * 10 + (in->p[i] - '0');
    }
    in->p += digits;
    in->n -= digits;
    *out = value;
    return true;
}

static bool read_char(struct reader *in, char c)
{
    if (in->n == 0 || in->p[0] != c)
        return false;
    in->p++;
    in->n--;
    return true;
}

static bool read_date(struct reader *in, struct date *out)
{
    int64_t month, day;
    if (!read_digits(in, 4, &out->year) || !read_char(in, '-') || !read_digits(in, 2, &month) || !read_char(in, '-') ||
        !read_digits(in, 2, &day))
        return false;
    if (out->year < LEAST_YEAR || month < 1 || month > 12 || day < 1 || day > days_in_month(out->year, (int)month))
        return false;
    out->month = (int)month;
    out->day = (int)day;
    return true;
}

/* A fraction behind a point, cut to microseconds. */
static bool read_fraction(struct reader *in, int64_t *us)
{
    int64_t unit = US_PER_S / 10;
    *us = 0;
    if (in->n == 0 || in->p[0] < '0' || in->p[0] > '9')
        return false;
    while (in->n > 0 && in->p[0] >= '0' && in->p[0] <= '9') {
        *us += (in->p[0] - '0') * unit;
        unit /= 10;
        in->p++;
        in->n--;
    }
    return true;
}

static bool read_offset(struct reader *in, int64_t *minutes)
{
    int64_t hours, rest, sign = 1;

    *minutes = 0;
    if (read_char(in, 'Z') || read_char(in, 'z'))
        return true;
    if (read_char(in, '-'))
        sign = -1;
    else if (!read_char(in, '+'))
        return false;
    if (!read_digits(in, 2, &hours) || !read_char(in, ':') || !read_digits(in, 2, &rest) || hours > 23 || rest > 59)
        return false;
    *minutes = sign * (hours * 60 + rest);
    return true;
}

static bool read_time(struct reader *in, int64_t *us, bool *leap_second)
{
    int64_t hour, minute, second, fraction = 0, offset;

    if (!read_digits(in, 2, &hour) || !read_char(in, ':') || !read_digits(in, 2, &minute) || !read_char(in, ':') ||
        !read_digits(in, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    if (read_char(in, '.') && !read_fraction(in, &fraction))
        return false;
    if (!read_offset(in, &offset))
        return false;
    *leap_second = second == 60;
    *us = ((hour * 60 + minute - offset) * 60 + second) * US_PER_S + fraction;
    return true;
}

/* 23:59:60 is a time where a leap second may be: at the end of June or December, UTC. POSIX time gives it to the next
 * second. */
static bool leap_second_possible(int64_t us)
{
    struct date date = date_of(floor_div(us, US_PER_DAY));
    int64_t second = floor_div(us, US_PER_S) * US_PER_S;
    return second % US_PER_DAY == 0 && date.day == 1 && (date.month == 1 || date.month == 7);
}

bool clock_parse(struct text text, int64_t *out_us)
{
    struct reader in = {.p = text.p, .n = text.n};
    struct date date;
    int64_t us = 0;
    bool leap_second = false;

    if (!read_date(&in, &date))
        return false;
    if (in.n > 0 && ((!read_char(&in, 'T') && !read_char(&in, 't')) || !read_time(&in, &us, &leap_second) || in.n > 0))
        return false;
    us += days_of(date) * US_PER_DAY;
    if (leap_second && !leap_second_possible(us))
        return false;
    int64_t year = date_of(floor_div(us, US_PER_DAY)).year;
    if (year < LEAST_YEAR || year > MOST_YEAR)
        return false;
    *out_us = us;
    return true;
}

static char *put_digits(char *out, int64_t value, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

/* What lies outside the years 0..9999 has no RFC 3339 form: the nearest that has. */
static int64_t clamp_printable(int64_t us)
{
    int64_t least = days_of((struct date){0, 1, 1}) * US_PER_DAY;
    int64_t most = days_of((struct date){MOST_YEAR + 1, 1, 1}) * US_PER_DAY - 1;
    return us < least ? least : us > most ? most : us;
}

static char *put_date(char *out, int64_t days)
{
    struct date date = date_of(days);
    out = put_digits(out, date.year, 4);
    *out++ = '-';
    out = put_digits(out, date.month, 2);
    *out++ = '-';
    return put_digits(out, date.day, 2);
}

void clock_format_date(int64_t us, char *out)
{
    us = clamp_printable(us);
    *put_date(out, floor_div(us, US_PER_DAY)) = '\0';
}

void clock_format(int64_t us, char *out)
{
    us = clamp_printable(us);
    int64_t days = floor_div(us, US_PER_DAY), rest = us - days * US_PER_DAY;
    int64_t seconds = rest / US_PER_S, fraction = rest % US_PER_S;

    out = put_date(out, days);
    *out++ = 'T';
    out = put_digits(out, seconds / 3600, 2);
    *out++ = ':';
    out = put_digits(out, seconds / 60 % 60, 2);
    *out++ = ':';
    out = put_digits(out, seconds % 60, 2);
    if (fraction != 0) {
        *out++ = '.';
        out = put_digits(out, fraction, 6);
    }
    *out++ = 'Z';
    *out = '\0';
}

/* ---- ISO 8601 durations ----------------------------------------------------------------------------------------- */
static bool read_count(struct reader *in, int64_t *out)
{
    size_t digits = 0;
    int64_t value = 0;
    while (in->n > 0 && in->p[0] >= '0' && in->p[0] <= '9') {
        if (++digits > 15)
            return false;
        value = value * 10 + (in->p[0] - '0');
        in->p++;
        in->n--;
    }
    *out = value;
    return digits > 0;
}

enum { IN_MONTHS, IN_DAYS, IN_US, SUMS };
static const struct unit {
    char letter;
    bool time; /* behind the T */
    int sum;
    int64_t size;
} units[] = {
    {'Y', false, IN_MONTHS, 12},    {'M', false, IN_MONTHS, 1},   {'W', false, IN_DAYS, 7},
    {'D', false, IN_DAYS, 1},       {'H', true, IN_US, HOURS(1)}, {'M', true, IN_US, MINUTES(1)},
    {'S', true, IN_US, SECONDS(1)},
};
enum { UNITS = sizeof units / sizeof *units };

/* Bounds every part, so that adding a duration to any time within years 0..9999 can't overflow. */
static bool add_part(int64_t sums[SUMS], const struct unit *unit, int64_t count)
{
    static const int64_t most[SUMS] = {
        [IN_MONTHS] = INT64_C(120000), [IN_DAYS] = INT64_C(3660000), [IN_US] = INT64_C(3660000) * US_PER_DAY};
    int64_t part;

    if (__builtin_mul_overflow(count, unit->size, &part) || part > most[unit->sum] - sums[unit->sum])
        return false;
    sums[unit->sum] += part;
    return true;
}

/* One "12M": only units smaller than the last one, `from` is where they begin; false, or where the next may begin. */
static bool read_part(struct reader *in, bool time, size_t *from, int64_t sums[SUMS])
{
    int64_t count, fraction = 0;
    size_t at = *from;

    if (!read_count(in, &count))
        return false;
    bool fractional = read_char(in, '.');
    if ((fractional && !read_fraction(in, &fraction)) || in->n == 0)
        return false;
    while (at < UNITS && (units[at].letter != in->p[0] || units[at].time != time))
        at++;
    if (at == UNITS || (fractional && units[at].letter != 'S') || !add_part(sums, &units[at], count))
        return false;
    sums[IN_US] += fraction;
    in->p++;
    in->n--;
    *from = at + 1;
    return true;
}

bool duration_parse(struct text text, struct duration *out)
{
    struct reader in = {.p = text.p, .n = text.n};
    int64_t sums[SUMS] = {0};
    size_t from = 0;
    bool time = false, part = false;

    if (!read_char(&in, 'P'))
        return false;
    while (in.n > 0) {
        if (!time && read_char(&in, 'T')) {
            time = true;
            part = false;
        } else if (read_part(&in, time, &from, sums)) {
            part = true;
        } else {
            return false;
        }
    }
    if (!part)
        return false;
    *out = (struct duration){.months = (int32_t)sums[IN_MONTHS], .days = (int32_t)sums[IN_DAYS], .us = sums[IN_US]};
    return true;
}

int64_t duration_add(int64_t us, struct duration d)
{
    if (us == CLOCK_NONE)
        return CLOCK_NONE;
    int64_t days = floor_div(us, US_PER_DAY), rest = us - days * US_PER_DAY;
    if (d.months != 0) {
        struct date date = date_of(days);
        int64_t month = date.year * 12 + date.month - 1 + d.months;
        date.year = floor_div(month, 12);
        date.month = (int)(month - date.year * 12) + 1;
        int last = days_in_month(date.year, date.month);
        date.day = date.day < last ? date.day : last;
        days = days_of(date);
    }
    return (days + d.days) * US_PER_DAY + rest + d.us;
}

int64_t clock_end_of_year(int64_t us)
{
    struct date date = date_of(floor_div(us, US_PER_DAY));
    return days_of((struct date){.year = date.year + 1, .month = 1, .day = 1}) * US_PER_DAY;
}
