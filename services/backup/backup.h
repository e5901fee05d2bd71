/* backup: what a forget means for one copy. Pure. */
#ifndef LETHE_BACKUP_BACKUP_H
#define LETHE_BACKUP_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock/clock.h"
#include "common/error/error.h"
#include "common/uuid/uuid.h"

enum backup_kind { BACKUP_OWN, BACKUP_OUTSIDE };
enum backup_contents { CONTENTS_EVERYTHING, CONTENTS_SYSTEM, CONTENTS_MANIFEST };
extern const char *const backup_kind_names[];     /* own, outside; NULL-terminated */
extern const char *const backup_contents_names[]; /* everything, system, manifest */

struct backup {
    struct uuid id;
    enum backup_kind kind;
    enum backup_contents contents;
    struct text name, holder, system, place;
    int64_t taken_us, expires_us; /* CLOCK_NONE: nobody knows when it ends */
    bool keyring;                 /* the keyring's wrapped keys are in it */
    int64_t kek_epoch;            /* INT64_MIN: none */
};

/* backup_check: what a registration must hold. */
enum outcome backup_check(const struct backup *backup, int64_t now_us, struct error *err) WARN_UNUSED;

struct backup_verdict {
    const char *outcome; /* dark | gone | human */
    int64_t at;          /* dark since, gone on, a human asked on */
    const char *why;
};
/* decide_verdict: destroyed_us is when the person's keys were destroyed. Our own dump without the keyring is dark from
 * then on; what holds wrapped keys, or lies elsewhere, is gone when it ends; without an end a human sees to it. */
struct backup_verdict decide_verdict(const struct backup *backup, int64_t destroyed_us);

#endif
