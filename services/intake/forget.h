/* forget: what of one person lies here, found anew at each step, so that every step can be repeated. */
#ifndef LETHE_INTAKE_FORGET_H
#define LETHE_INTAKE_FORGET_H

#include "services/intake/batch.h"
#include "services/intake/redact.h"

struct doomed_record {
    struct uuid id;
    struct hash source;
    struct version version;
    int64_t rev;
};
/* An activity that the person has a part in. */
struct touched {
    struct uuid activity, content;
    struct hash source;
    struct text system, category;
    struct version version;
    int64_t rev, policy_version;
    struct text_list date_names, dates; /* dates: microseconds, in digits */
    bool dies;                          /* nobody else is left in it, or it is itself to go */
    int32_t roles;                      /* those that the person has in it: a bit each, by enum part_role */
};
struct plan {
    LIST(struct doomed_record) records;
    LIST(struct uuid) record_ids, parts, quarantine;
    size_t own_parts; /* so many of the parts are the person's; then come the staff's of what dies */
    LIST(struct touched) activities;
    LIST(struct hash) sources, emails;
};

/* plan_make: reads it; activities are locked. */
enum outcome plan_make(struct call *call, const struct forget_set *set, struct plan *plan,
                       struct error *err) WARN_UNUSED;
/* What became of a content that stays for others: shared_text.outcome. All but the last are a human's to judge: free text
 * may tell of a person in other words. */
enum shared_outcome { SHARED_AS_IT_WAS, SHARED_REWRITTEN, SHARED_ERASED };
/* plan_redact: contents that stay for others lose what is known of the person, and their free texts where the policy says
 * so of a role of theirs: sealed anew under another key, where something was found. *old gets the contents left behind,
 * whose keys are to be destroyed. What became of each is noted for the answer. */
enum outcome plan_redact(struct call *call, const struct forget_set *set, const struct plan *plan,
                         struct uuid_list *old, struct error *err) WARN_UNUSED;

/* resync.c: an activity's parts, and its dates, as events carry them. */
enum outcome activity_parts(struct call *call, const struct uuid *activity, struct activity_part_list *out,
                            struct error *err) WARN_UNUSED;
void activity_dates_of(struct call *call, struct text_list names, struct text_list dates, struct named_date_list *out);

#endif
