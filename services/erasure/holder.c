/* holder: what an outside holder's answer means for its task. */
#include "services/erasure/holder.h"

#include <stddef.h>

#include "common/clock/clock.h"

const char *const holder_kind_names[HOLDER_KINDS + 1] = {"kafka", "webhook", "opendsr", "manual", NULL};
const char *const holder_outcome_names[HOLDER_OUTCOMES + 1] = {"done",       "reversible", "not-held", "kept",
                                                               "impossible", "need",       NULL};
const char *const task_status_names[TASK_STATUSES + 1] = {"waiting", "running", "human", "closed", NULL};
const char *const holder_identifier_kinds[] = {"email", "phone", "source", NULL};

static struct text identifier_kind(struct text why)
{
    for (int i = 0; holder_identifier_kinds[i] != NULL; i++)
        if (text_is(why, holder_identifier_kinds[i]))
            return why;
    return TEXT_NONE;
}

static bool missing(struct text t)
{
    return t.p == NULL || t.n == 0;
}

enum outcome decide_answer(const struct holder_answer *answer, enum task_status status, enum holder_outcome before,
                           int64_t now_us, struct task_change *out, struct error *err)
{
    *out = (struct task_change){
        .changes = true, .status = TASK_CLOSED, .outcome = answer->outcome, .next_us = CLOCK_NONE, .need = TEXT_NONE};
    if (status == TASK_CLOSED && !(before == OUTCOME_KEPT && answer->outcome == OUTCOME_DONE)) {
        *out = (struct task_change){.status = status, .outcome = before, .next_us = CLOCK_NONE, .need = TEXT_NONE};
        return DONE;
    }
    switch (answer->outcome) {
    case OUTCOME_DONE:
    case OUTCOME_NOT_HELD:
        return DONE;
    case OUTCOME_REVERSIBLE:
        if (answer->until_us == CLOCK_NONE)
            return error_refuse(err, "/until", "required", "reversible names until when");
        out->status = TASK_RUNNING;
        out->next_us = answer->until_us > now_us ? answer->until_us : now_us + MINUTES(1);
        return DONE;
    case OUTCOME_KEPT:
        if (missing(answer->rule))
            return error_refuse(err, "/rule", "required", "kept names the rule that it is kept by");
        if (answer->until_us == CLOCK_NONE)
            return error_refuse(err, "/until", "required", "kept names until when");
        return DONE;
    case OUTCOME_IMPOSSIBLE:
        if (missing(answer->why))
            return error_refuse(err, "/why", "required", "impossible says why");
        out->status = TASK_HUMAN;
        return DONE;
    case OUTCOME_NEED:
        out->need = identifier_kind(answer->why);
        out->status = missing(out->need) ? TASK_HUMAN : TASK_RUNNING;
        return DONE;
    case OUTCOME_NONE:
    case HOLDER_OUTCOMES:
        break;
    }
    return error_refuse(err, "/outcome", "enum", "no such outcome");
}

bool decide_contradicts(struct text event_type, int64_t sent_us)
{
    return sent_us != CLOCK_NONE && !text_is(event_type, "lethe.contact.removed");
}

bool holder_name_ok(struct text name)
{
    if (name.n < 1 || name.n > 63)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (i == 0 || (c != '.' && c != '_' && c != '-')))
            return false;
    }
    return true;
}

enum outcome decide_manual(bool recorded, bool same_person, bool same_outcome, enum manual_step *step,
                           struct error *err)
{
    *step = MANUAL_RECORD;
    if (!recorded || !same_outcome) /* a different outcome begins anew: again two persons */
        return DONE;
    if (same_person)
        return error_status(err, 409, "four eyes", "another person must confirm it");
    *step = MANUAL_CONFIRM;
    return DONE;
}
