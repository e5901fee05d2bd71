/* request: what a subject request is, its clock, and what is to be done next. Pure: no I/O, no clock, no randomness. */
#ifndef LETHE_ERASURE_REQUEST_H
#define LETHE_ERASURE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock/clock.h"
#include "common/error/error.h"
#include "common/text/text.h"

enum request_kind {
    KIND_FORGET,
    KIND_ACCESS,
    KIND_RECTIFY,
    KIND_RESTRICT,
    KIND_OBJECT,
    KIND_PORTABILITY,
    KIND_EXPIRY,  /* retention's: not a person's request */
    KIND_CONSENT, /* a withdrawal or objection that holders must hear */
    REQUEST_KINDS
};
extern const char *const request_kind_names[REQUEST_KINDS + 1];
/* request_has_term: a person waits for its answer. */
bool request_has_term(enum request_kind kind);

enum request_status {
    STATUS_VERIFYING,
    STATUS_OPEN,
    STATUS_RESTRICTED,
    STATUS_RUNNING,
    STATUS_COMPLETED,
    STATUS_CANCELLED,
    REQUEST_STATUSES
};
extern const char *const request_status_names[REQUEST_STATUSES + 1];

enum request_stage {
    STAGE_TAKEN,    /* its source is frozen, or a kind that humans work on */
    STAGE_OPENED,   /* lethe.forget.opened is out; the set isn't closed, or it is doubtful who is meant */
    STAGE_RESOLVED, /* the set is closed; the hold runs, and the asker may not be known yet */
    STAGE_DESTROYING,
    STAGE_VERIFYING, /* the second look */
    STAGE_CLOSED
};

enum request_decision {
    DECISION_NONE = -1,
    DECISION_GRANTED,
    DECISION_PARTLY,
    DECISION_REFUSED,
    DECISION_NOT_IDENTIFIED
};
extern const char *const request_decision_names[]; /* NULL-terminated */

/* names_index: the index of a name, -1 where it isn't there. */
int names_index(const char *const *names, struct text name);

/* ---- taking one in ------------------------------------------------------------------------------------------------ */
struct admission {
    enum request_status status; /* verifying or open */
    bool four_eyes;             /* its source is frozen: restricts nobody until it is released */
    bool cap_exceeded;          /* this one freezes its source */
};
/* What speaks for a request: an operator's counts as verified by that operator; upstream's counts where the policy
 * trusts the source with it and the event says so. */
struct admission_facts {
    bool by_operator, source_trusted, verified;
    bool frozen;               /* the source is, since it asked for too many */
    int64_t counted, per_hour; /* the source's forgets in the last 60 minutes, this one included; the policy's most */
};
struct admission decide_admission(const struct admission_facts *facts);
/* decide_doubtful: nobody could be named, and a doubt is why: destroying what was found would destroy nothing, and the
 * person would be told that all is gone. */
bool decide_doubtful(bool review, size_t persons, size_t records);

/* ---- the clock (Art. 12(3)) --------------------------------------------------------------------------------------- */
struct request_clock {
    int64_t received_us;
    int64_t paused_us; /* all pauses that are over */
    int64_t paused_at; /* CLOCK_NONE: it runs */
    bool extended;
};
/* request_due: one month after it came in, two more where extended; a pause that is over pushes it by its length. */
int64_t request_due(const struct request_clock *clock, struct duration within, struct duration extension);
/* request_reminder: how long an order waits for its answers before it is said again: 10 s (30 s for `opened`, which
 * waits for a barrier), doubling up to 10 minutes. */
int64_t request_reminder(int tries, bool opened);
/* How near the end is: 0 calm, 1 within 14 days, 2 within 7, 3 within 3 (the person is answered now, whatever is
 * outstanding), 4 past due. next_us: when the level rises (CLOCK_NONE at 4). A paused clock is calm. */
enum { ESCALATION_ANSWER = 3, ESCALATION_LATE = 4 };
int request_escalation(int64_t now_us, int64_t due_us, bool paused, int64_t *next_us);

/* ---- the road of a forget ----------------------------------------------------------------------------------------- */
struct request_facts {
    enum request_kind kind;
    enum request_status status;
    enum request_stage stage;
    bool four_eyes, approved;
    int64_t now_us, hold_until_us; /* CLOCK_NONE: not known */
    int64_t services, services_closed, services_verified;
    int64_t outside, outside_closed, outside_kept;
};
enum request_step {
    STEP_WAIT,     /* nothing to do now */
    STEP_HOLD,     /* look again at hold_until */
    STEP_DESTROY,  /* order all eight, and instruct holders */
    STEP_VERIFY,   /* the second look */
    STEP_COMPLETE, /* answer the person, sign the certificate */
};
enum request_step decide_step(const struct request_facts *facts);
enum request_decision decide_decision(const struct request_facts *facts);

/* ---- what operators may do: REFUSED with a status and a rule where they may not ------------------------------------ */
enum request_action {
    ACTION_CANCEL,
    ACTION_VERIFY,
    ACTION_APPROVE,
    ACTION_PAUSE,
    ACTION_RESUME,
    ACTION_EXTEND,
    ACTION_REJECT,
    ACTION_COMPLETE,
    ACTION_SUBJECT, /* says who is meant */
    ACTION_ANSWERED /* the person was told by letter or phone */
};
struct request_standing {
    enum request_kind kind;
    enum request_status status;
    enum request_stage stage;
    bool four_eyes, approved, paused, extended, doubtful, answered;
    bool same_operator; /* who asks is who entered or verified it */
};
enum outcome decide_action(const struct request_standing *standing, enum request_action action, struct error *err);

#endif
