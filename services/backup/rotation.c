/* rotation: how long a copy is kept. */
#include "services/backup/rotation.h"

#include <stdbool.h>
#include <string.h>

const char *const rotation_names[] = {"daily", "weekly", "monthly", NULL};

static bool same_month(int64_t a_us, int64_t b_us)
{
    char a[CLOCK_TEXT_BYTES], b[CLOCK_TEXT_BYTES];

    clock_format_date(a_us, a);
    clock_format_date(b_us, b);
    return strncmp(a, b, sizeof("2026-11") - 1) == 0;
}

/* 1970-01-01 was a Thursday. */
static int64_t week_of(int64_t us)
{
    return (us / US_PER_DAY + 3) / 7;
}

enum rotation rotation_decide(const struct rotation_copy *copies, size_t n, int64_t now_us)
{
    bool month = false, week = false;

    for (size_t i = 0; i < n; i++) {
        month = month || (copies[i].rotation == ROTATION_MONTHLY && same_month(copies[i].taken_us, now_us));
        week = week || (copies[i].rotation >= ROTATION_WEEKLY && week_of(copies[i].taken_us) == week_of(now_us));
    }
    return !month ? ROTATION_MONTHLY : !week ? ROTATION_WEEKLY : ROTATION_DAILY;
}

int64_t rotation_expires(const struct rotation_keep *keep, enum rotation rotation, int64_t taken_us)
{
    return duration_add(taken_us, keep->keep[rotation]);
}
