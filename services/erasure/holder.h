/* holder: what an outside holder is, and what its answer means for its task. Pure. */
#ifndef LETHE_ERASURE_HOLDER_H
#define LETHE_ERASURE_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error/error.h"
#include "common/text/text.h"

enum holder_kind { HOLDER_KAFKA, HOLDER_WEBHOOK, HOLDER_OPENDSR, HOLDER_MANUAL, HOLDER_KINDS };
extern const char *const holder_kind_names[HOLDER_KINDS + 1];

enum holder_outcome {
    OUTCOME_NONE = -1,
    OUTCOME_DONE,
    OUTCOME_REVERSIBLE, /* until: not done; asked again after it */
    OUTCOME_NOT_HELD,
    OUTCOME_KEPT,       /* rule, until */
    OUTCOME_IMPOSSIBLE, /* why: a human answers for it */
    OUTCOME_NEED,       /* which identifier */
    HOLDER_OUTCOMES
};
extern const char *const holder_outcome_names[HOLDER_OUTCOMES + 1];

enum task_status { TASK_WAITING, TASK_RUNNING, TASK_HUMAN, TASK_CLOSED, TASK_STATUSES };
extern const char *const task_status_names[TASK_STATUSES + 1];

struct holder_answer {
    enum holder_outcome outcome;
    int64_t until_us; /* CLOCK_NONE: absent */
    struct text rule, why;
};
struct task_change {
    bool changes;
    enum task_status status;
    enum holder_outcome outcome;
    int64_t next_us;  /* CLOCK_NONE: no further attempt */
    struct text need; /* the kind of identifier that it asks for, where that is a kind of ours */
};
/* decide_answer: `closed` and `before` are the task's state so far. An answer that lacks what its outcome demands is
 * REFUSED. A closed task only changes from kept to done; contradictions come by events, not by answers. */
enum outcome decide_answer(const struct holder_answer *answer, enum task_status status, enum holder_outcome before,
                           int64_t now_us, struct task_change *out, struct error *err) WARN_UNUSED;

/* decide_contradicts: does a refused event say that its sender has the person still? A removal says that it hasn't. What
 * was sent before the holder's answer and came after it says nothing, and nothing can be said of an event whose time isn't
 * known: who compares it with the answer's time is task_contradict. */
bool decide_contradicts(struct text event_type, int64_t sent_us);

/* holder_identifier_kind: email, phone, source: 0, 1, 2; -1 for others. */
extern const char *const holder_identifier_kinds[];

/* holder_name_ok: [a-z0-9][a-z0-9._-]{0,62}: it becomes a topic's name. */
bool holder_name_ok(struct text name);

/* decide_manual: two persons: the first records, the second confirms the same outcome. */
enum manual_step { MANUAL_RECORD, MANUAL_CONFIRM };
enum outcome decide_manual(bool recorded, bool same_person, bool same_outcome, enum manual_step *step,
                           struct error *err) WARN_UNUSED;

#endif
