/* request: the state machine and the clock of subject requests. */
#include "services/erasure/request.h"

const char *const request_kind_names[REQUEST_KINDS + 1] = {"forget",      "access", "rectify", "restrict", "object",
                                                           "portability", "expiry", "consent", NULL};
const char *const request_status_names[REQUEST_STATUSES + 1] = {"verifying", "open",      "restricted", "running",
                                                                "completed", "cancelled", NULL};
const char *const request_decision_names[] = {"granted", "partly", "refused", "not-identified", NULL};

bool request_has_term(enum request_kind kind)
{
    return kind != KIND_EXPIRY && kind != KIND_CONSENT;
}

int names_index(const char *const *names, struct text name)
{
    for (int i = 0; names[i] != NULL; i++)
        if (text_is(name, names[i]))
            return i;
    return -1;
}

struct admission decide_admission(const struct admission_facts *facts)
{
    struct admission admission = {.status = STATUS_OPEN};

    if (facts->by_operator)
        return admission;
    admission.cap_exceeded = !facts->frozen && facts->counted > facts->per_hour;
    admission.four_eyes = facts->frozen || admission.cap_exceeded;
    if (!facts->source_trusted || !facts->verified || admission.four_eyes)
        admission.status = STATUS_VERIFYING;
    return admission;
}

bool decide_doubtful(bool review, size_t persons, size_t records)
{
    return review && persons == 0 && records == 0;
}

int64_t request_due(const struct request_clock *clock, struct duration within, struct duration extension)
{
    int64_t due = duration_add(clock->received_us, within);

    if (clock->extended)
        due = duration_add(due, extension);
    return due + clock->paused_us;
}

int64_t request_reminder(int tries, bool opened)
{
    int64_t first = opened ? SECONDS(30) : SECONDS(10), wait = first;

    for (int i = 0; i < tries && wait < MINUTES(10); i++)
        wait *= 2;
    return wait < MINUTES(10) ? wait : MINUTES(10);
}

int request_escalation(int64_t now_us, int64_t due_us, bool paused, int64_t *next_us)
{
    static const int64_t before_us[] = {14 * US_PER_DAY, 7 * US_PER_DAY, 3 * US_PER_DAY, 0};
    int level = 0;

    *next_us = CLOCK_NONE;
    if (paused)
        return 0;
    while (level < ESCALATION_LATE && now_us >= due_us - before_us[level])
        level++;
    if (level < ESCALATION_LATE)
        *next_us = due_us - before_us[level];
    return level;
}

static enum request_step step_running(const struct request_facts *facts)
{
    bool outside_done = facts->outside_closed == facts->outside;

    if (facts->kind == KIND_CONSENT)
        return outside_done ? STEP_COMPLETE : STEP_WAIT;
    if (facts->services_closed < facts->services || !outside_done)
        return STEP_WAIT;
    if (facts->stage == STAGE_DESTROYING)
        return STEP_VERIFY;
    return facts->services_verified == facts->services ? STEP_COMPLETE : STEP_WAIT;
}

enum request_step decide_step(const struct request_facts *facts)
{
    switch (facts->stage) {
    case STAGE_TAKEN:
    case STAGE_OPENED:
    case STAGE_CLOSED:
        return STEP_WAIT;
    case STAGE_RESOLVED:
        if (facts->status != STATUS_RESTRICTED || (facts->four_eyes && !facts->approved))
            return STEP_WAIT;
        return facts->hold_until_us == CLOCK_NONE || facts->now_us >= facts->hold_until_us ? STEP_DESTROY : STEP_HOLD;
    case STAGE_DESTROYING:
    case STAGE_VERIFYING:
        return facts->status == STATUS_RUNNING ? step_running(facts) : STEP_WAIT;
    }
    return STEP_WAIT;
}

enum request_decision decide_decision(const struct request_facts *facts)
{
    return facts->outside_kept > 0 ? DECISION_PARTLY : DECISION_GRANTED;
}

static bool ended(const struct request_standing *standing)
{
    return standing->status == STATUS_COMPLETED || standing->status == STATUS_CANCELLED;
}

static enum outcome refuse(struct error *err, const char *rule, const char *text)
{
    return error_status(err, 409, rule, "%s", text);
}

static enum outcome decide_answered(const struct request_standing *standing, struct error *err)
{
    if (!request_has_term(standing->kind))
        return refuse(err, "kind", "nobody waits for an answer to it");
    if (standing->answered)
        return refuse(err, "answered", "the person was answered already");
    return DONE;
}

enum outcome decide_action(const struct request_standing *standing, enum request_action action, struct error *err)
{
    if (action == ACTION_ANSWERED) /* the person is told after the end, too */
        return decide_answered(standing, err);
    if (ended(standing))
        return refuse(err, "closed", "the request is closed");
    switch (action) {
    case ACTION_CANCEL:
    case ACTION_REJECT:
        if (standing->stage >= STAGE_DESTROYING)
            return refuse(err, "destroyed", "the hold is over: what is destroyed can't be brought back");
        return DONE;
    case ACTION_VERIFY:
        if (standing->status != STATUS_VERIFYING)
            return refuse(err, "verified", "the request's identity stands already");
        return DONE;
    case ACTION_APPROVE:
        if (!standing->four_eyes || standing->approved)
            return refuse(err, "approved", "the request waits for no approval");
        if (standing->same_operator)
            return refuse(err, "four eyes", "another operator must approve it");
        return DONE;
    case ACTION_PAUSE:
        return standing->paused ? refuse(err, "paused", "the clock is paused already") : DONE;
    case ACTION_RESUME:
        return standing->paused ? DONE : refuse(err, "running", "the clock runs");
    case ACTION_EXTEND:
        return standing->extended ? refuse(err, "extended", "the term can be extended once") : DONE;
    case ACTION_COMPLETE:
        if (standing->kind == KIND_FORGET || standing->kind == KIND_EXPIRY || standing->kind == KIND_CONSENT)
            return refuse(err, "kind", "it completes when every holder has answered");
        if (standing->status == STATUS_VERIFYING)
            return refuse(err, "verifying", "the asker isn't known yet");
        return DONE;
    case ACTION_SUBJECT:
        return standing->doubtful ? DONE : refuse(err, "subject", "it is not in doubt who is meant");
    case ACTION_ANSWERED:
        break;
    }
    return DONE;
}
