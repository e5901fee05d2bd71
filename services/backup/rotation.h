/* rotation: how long a copy is kept. Pure. */
#ifndef LETHE_BACKUP_ROTATION_H
#define LETHE_BACKUP_ROTATION_H

#include <stddef.h>
#include <stdint.h>

#include "common/clock/clock.h"

enum rotation { ROTATION_DAILY, ROTATION_WEEKLY, ROTATION_MONTHLY, ROTATIONS };
extern const char *const rotation_names[]; /* NULL-terminated */

struct rotation_keep {
    struct duration keep[ROTATIONS];
};
/* A copy that is there. */
struct rotation_copy {
    enum rotation rotation;
    int64_t taken_us;
};
/* rotation_decide: the first copy of a month is kept as that month's, the first of a week (from Monday, UTC) as that
 * week's, any other as that day's. */
enum rotation rotation_decide(const struct rotation_copy *copies, size_t n, int64_t now_us);
int64_t rotation_expires(const struct rotation_keep *keep, enum rotation rotation, int64_t taken_us);

#endif
