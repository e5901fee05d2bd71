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
    SMTP_BOUNCED, /* 5xx about the recipient or the message: it will never be taken */
    SMTP_UNKNOWN, /* the connection was lost after the message was on its way */
};

/* How far the conversation had come when the last answer was given. */
enum smtp_phase {
    SMTP_PHASE_BEFORE, /* connection, TLS, login, sender: says nothing about the recipient */
    SMTP_PHASE_RCPT,   /* the recipient, and whatever follows */
};

/* Beyond what three days can hold, at one a minute for whoever waits for a connection. */
enum { MAIL_ATTEMPTS_MOST = 5000 };

/* What follows an attempt. */
struct mail_step {
    enum mail_state state;
    int64_t next_us; /* CLOCK_NONE: final */
    const char *why; /* a code, or NULL */
};
/* What a decision needs to know of a mail that was tried. */
struct mail_tried {
    enum mail_kind kind;
    int attempts;        /* this one included */
    int unknowns;        /* outcomes that nobody knows, before this one */
    int64_t asked_us;    /* a mail that nobody took for three days is given up */
    bool resend_unknown; /* the policy's word: confirmations and answers whose outcome is unknown go again, once */
    int64_t now_us;
    uint32_t random; /* any 32 bits, for the jitter of the wait */
};
/* decide_result: after an attempt; code: the relay's last answer, 0: none. */
struct mail_step decide_result(enum smtp_result result, int code, const struct mail_tried *tried);
/* decide_lost: an intent without a result, found after a crash. */
struct mail_step decide_lost(const struct mail_tried *tried);

/* classify: libcurl's outcome as ours. code: the relay's last answer (0: none). body_began: the message was on its way. */
enum smtp_result classify(bool ok, int code, enum smtp_phase phase, bool body_began);

/* What the tombstones on a mail's address and record say about it. A forgotten person's mail isn't even written down. */
enum mail_gate {
    GATE_OPEN,
    GATE_RESTRICTED, /* a request is open: refused, and written down until the request decides */
    GATE_GONE,
};
struct mail_stone {
    bool stands, restricted;
    int64_t received_us;
};
/* decide_gate: restricted stones stop every mail but the answer to a request. A standing stone on a key stops a
 * confirmation unless the person acted (acted_us, CLOCK_NONE: unknown) after it was received; mails for a purpose are
 * left to consent, which knows whether the person came back. */
enum mail_gate decide_gate(enum mail_kind kind, int64_t acted_us, bool record_gone, const struct mail_stone *stones,
                           size_t n);

#endif
