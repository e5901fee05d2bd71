/* clock: time as microseconds since 1970-01-01T00:00:00Z, RFC 3339 and ISO 8601 durations. Time is data: only
 * clock_now_us and clock_monotonic_us look at a clock. */
#ifndef LETHE_CLOCK_H
#define LETHE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text/text.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)
#define US_PER_DAY (INT64_C(86400) * US_PER_S)
#define SECONDS(n) ((int64_t)(n)*US_PER_S)
#define MINUTES(n) ((int64_t)(n)*60 * US_PER_S)
#define HOURS(n) ((int64_t)(n)*3600 * US_PER_S)
#define CLOCK_NONE INT64_MIN /* an absent time */
#define CLOCK_TEXT_BYTES 32

int64_t clock_now_us(void);       /* wall clock */
int64_t clock_monotonic_us(void); /* for waits and measurements only */

/* clock_parse: RFC 3339 date-time ("2026-11-20T09:00:00Z", offsets and fractions up to microseconds; longer fractions
 * are cut), or a full-date taken as midnight UTC. False for dates that don't exist, years outside 1900..9999. */
bool clock_parse(struct text text, int64_t *out_us);
/* clock_format: RFC 3339 in UTC with microseconds only where they aren't zero; out has CLOCK_TEXT_BYTES. */
void clock_format(int64_t us, char *out);
void clock_format_date(int64_t us, char *out); /* YYYY-MM-DD */

/* An ISO 8601 duration; months and days are kept apart since their length depends on the date they're added to. */
struct duration {
    int32_t months; /* years * 12 + months */
    int32_t days;   /* weeks * 7 + days */
    int64_t us;     /* hours, minutes, seconds */
};

bool duration_parse(struct text text, struct duration *out); /* "P24M", "P1Y6M", "PT0S", "P30D", "P2W"; not negative */
/* duration_add: calendar-aware; the 31st plus a month is the month's last day (UTC). */
int64_t duration_add(int64_t us, struct duration d);
/* clock_end_of_year: the last microsecond's successor of that year (UTC), i.e. next 1 January 00:00. */
int64_t clock_end_of_year(int64_t us);

#endif
