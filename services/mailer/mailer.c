/* mailer: the decisions. */
#include "services/mailer/mailer.h"

#include "common/retry/retry.h"

static const int64_t give_up_after_us = INT64_C(3) * US_PER_DAY;

enum smtp_result classify(bool ok, int code, bool body_began)
{
    if (ok)
        return SMTP_SENT;
    if (code >= 500 && code < 600)
        return SMTP_BOUNCED;
    if (code >= 400 && code < 500)
        return SMTP_LATER;
    return body_began ? SMTP_UNKNOWN : SMTP_LATER;
}

static struct mail_step unknown(enum mail_kind kind, bool resend, int64_t now_us)
{
    if (resend && kind != MAIL_PURPOSE)
        return (struct mail_step){.state = MAIL_DEFERRED, .next_us = now_us, .why = "outcome-unknown"};
    return (struct mail_step){.state = MAIL_UNKNOWN, .next_us = CLOCK_NONE, .why = "outcome-unknown"};
}

struct mail_step decide_lost(enum mail_kind kind, bool resend_unknown, int64_t now_us)
{
    return unknown(kind, resend_unknown, now_us);
}

struct mail_step decide_result(enum smtp_result result, int code, enum mail_kind kind, bool resend_unknown,
                               int attempts, int64_t asked_us, int64_t now_us, uint32_t random)
{
    struct mail_step step = {.state = MAIL_SENT, .next_us = CLOCK_NONE};

    switch (result) {
    case SMTP_SENT:
        break;
    case SMTP_BOUNCED:
        step.state = MAIL_BOUNCED;
        step.why = code == 550 ? "smtp-550" : "smtp-5xx";
        break;
    case SMTP_UNKNOWN:
        return unknown(kind, resend_unknown, now_us);
    case SMTP_LATER:
        if (now_us - asked_us > give_up_after_us || attempts >= MAIL_ATTEMPTS_MOST) {
            step.state = MAIL_BOUNCED;
            step.why = "not-taken";
            break;
        }
        step.state = MAIL_DEFERRED;
        step.why = code == 0 ? "relay-away" : "smtp-4xx";
        step.next_us = now_us + retry_delay_us((unsigned)attempts, US_PER_S, INT64_C(3600) * US_PER_S, random);
        break;
    }
    return step;
}
