/* mailer: what is done with a mail, decided from values. Pure. */
#ifndef LETHE_MAILER_MAILER_H
#define LETHE_MAILER_MAILER_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/events.h"

/* What SMTP came to. */
enum smtp_result {
    SMTP_SENT,    /* 250 after DATA */
    SMTP_LATER,   /* 4xx, or the relay couldn't be reached: nothing was taken */
    SMTP_BOUNCED, /* 5xx: it will never be taken */
    SMTP_UNKNOWN, /* the connection was lost after the message was on its way */
};

enum { MAIL_ATTEMPTS_MOST = 200 };

/* What follows an attempt. */
struct mail_step {
    enum mail_state state;
    int64_t next_us; /* CLOCK_NONE: final */
    const char *why; /* a code, or NULL */
};
/* decide_result: after an attempt. asked_us: when the mail was asked for; a mail that nobody took for three days is
 * given up. random: any 32 bits, for the jitter of the wait. */
struct mail_step decide_result(enum smtp_result result, int code, enum mail_kind kind, bool resend_unknown,
                               int attempts, int64_t asked_us, int64_t now_us, uint32_t random);

/* decide_lost: an intent without a result, found after a crash. */
struct mail_step decide_lost(enum mail_kind kind, bool resend_unknown, int64_t now_us);

/* classify: libcurl's outcome as ours. code: the relay's last answer (0: none). body_began: the message was on its way. */
enum smtp_result classify(bool ok, int code, bool body_began);

#endif
