/* mailer: the decisions. */
#include "services/mailer/mailer.h"

#include "common/retry/retry.h"

static const int64_t give_up_after_us = INT64_C(3) * US_PER_DAY;
static const int64_t unknown_wait_us = INT64_C(30) * US_PER_S;

enum smtp_result classify(bool ok, int code, enum smtp_phase phase, bool body_began)
{
    if (ok)
        return SMTP_SENT;
    if (code >= 500 && code < 600)
        return phase == SMTP_PHASE_RCPT ? SMTP_BOUNCED : SMTP_LATER;
    if (code >= 400 && code < 500)
        return SMTP_LATER;
    return body_began ? SMTP_UNKNOWN : SMTP_LATER;
}

/* Once more at most, and not at once: whatever lost the answer may lose the next one, too. */
struct mail_step decide_lost(const struct mail_tried *tried)
{
    struct mail_step step = {.state = MAIL_UNKNOWN, .next_us = CLOCK_NONE, .why = "outcome-unknown"};

    if (tried->resend_unknown && tried->kind != MAIL_PURPOSE && tried->unknowns == 0) {
        step.state = MAIL_DEFERRED;
        step.next_us = tried->now_us + retry_delay_us(0, unknown_wait_us, unknown_wait_us, tried->random);
    }
    return step;
}

static const char *why_later(int code)
{
    return code == 0 ? "relay-away" : code < 500 ? "smtp-4xx" : "relay-refuses";
}

struct mail_step decide_result(enum smtp_result result, int code, const struct mail_tried *tried)
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
        return decide_lost(tried);
    case SMTP_LATER:
        if (tried->now_us - tried->asked_us > give_up_after_us || tried->attempts >= MAIL_ATTEMPTS_MOST) {
            step.state = MAIL_BOUNCED;
            step.why = "not-taken";
            break;
        }
        step.state = MAIL_DEFERRED;
        step.why = why_later(code);
        step.next_us = tried->now_us +
                       retry_delay_us((unsigned)tried->attempts, US_PER_S, INT64_C(3600) * US_PER_S, tried->random);
        break;
    }
    return step;
}

enum mail_gate decide_gate(enum mail_kind kind, int64_t acted_us, bool record_gone, const struct mail_stone *stones,
                           size_t n)
{
    enum mail_gate gate = GATE_OPEN;

    if (kind == MAIL_ANSWER)
        return GATE_OPEN;
    if (record_gone)
        return GATE_GONE;
    for (size_t i = 0; i < n; i++) {
        bool acted_since = acted_us != CLOCK_NONE && acted_us > stones[i].received_us;
        if (stones[i].stands && stones[i].restricted)
            gate = gate == GATE_GONE ? gate : GATE_RESTRICTED;
        else if (stones[i].stands && kind == MAIL_CONFIRMATION && !acted_since)
            gate = GATE_GONE;
    }
    return gate;
}
