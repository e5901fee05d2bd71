/* backup: what a forget means for one copy. Pure. */
#ifndef LETHE_BACKUP_BACKUP_H
#define LETHE_BACKUP_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock/clock.h"
#include "common/error/error.h"
#include "common/text/text.h"
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
    int64_t ledger;               /* the ledger's number before its snapshot; INT64_MIN: not known */
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

/* ---- what a human answers: one person records it, another confirms it ------------------------------------------------ */

enum human_outcome { HUMAN_DARK, HUMAN_GONE, HUMAN_NOT_HELD };
extern const char *const human_outcome_names[]; /* dark, gone, not-held; NULL-terminated */

struct human_answer {
    int outcome;          /* enum human_outcome; -1: none was recorded */
    int64_t at;           /* dark since, gone on, looked at on; CLOCK_NONE: not said */
    struct text evidence; /* where the proof lies: a number or a name of a document, never a text */
    struct uuid by;       /* the operator */
};
enum human_step { HUMAN_RECORD, HUMAN_CONFIRM };

/* decide_human: given->at is filled in where the outcome allows it. Another answer than the recorded one begins anew;
 * the same from the same person is refused (409). */
enum outcome decide_human(const struct human_answer *recorded, struct human_answer *given, int64_t now_us,
                          enum human_step *step, struct error *err) WARN_UNUSED;

#endif
