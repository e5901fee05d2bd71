/* retention: when a record, an activity or a person's part of one is due, from its dates and the policy's rules. Pure. */
#ifndef LETHE_RETENTION_RETENTION_H
#define LETHE_RETENTION_RETENTION_H

#include "common/policy/policy.h"
#include "proto/events.h"

enum retained { RETAINED_RECORD, RETAINED_ACTIVITY, RETAINED_PART };

/* What a clock is made of. */
struct retained_dates {
    int64_t base;     /* captured_at of a record, occurred_at of an activity: stands in for a date that is absent */
    int64_t last_use; /* records: the newest of captured_at and the person's activities; activities: base */
    struct named_date_list dates;
};

struct due {
    int64_t at;       /* CLOCK_NONE: no rule names an end */
    const char *rule; /* the policy's id of the rule that wins; NULL where at is CLOCK_NONE */
    bool by_last_use; /* a rule of the category asks for the last use */
};

/* decide_due: the longest of the rules that apply. To a record all rules of its category apply; to an activity's content
 * those that name no roles; to a part those that name its role, or where none does, those that name no roles (so a
 * person merely copied can be forgotten sooner than the correspondents). category NULL (the policy no longer names it):
 * no rule applies, and nothing ends by itself: rehearsals show it. */
void decide_due(const struct policy_category *category, enum retained what, const char *role,
                const struct retained_dates *dates, struct due *out);

/* decide_used: does this part of an activity count as a use by its person? Who is staff, copied or mentioned isn't a
 * party to it. */
bool decide_used(int role, bool staff);

/* A clock's dates as one column, and back. */
struct bytes dates_pack(struct named_date_list dates, struct arena *arena);
struct named_date_list dates_unpack(struct bytes packed, struct arena *arena);

/* ---- expiries ------------------------------------------------------------------------------------------------------ */

/* What is due, as read: kind, id, rule, and the expiry that it was announced as (nil: never). */
struct due_item {
    int kind; /* enum retained */
    struct uuid id;
    struct text rule;
    struct uuid expiry;
};

/* decide_expiries: one expiry for what was announced as one, and for what is due by one rule. expiry is nil where it has
 * no id yet. Items are sorted; `of` gives each item's expiry. */
struct expiries {
    struct retention_expired *items;
    size_t n;
    uint32_t *of;
};
void decide_expiries(struct due_item *items, size_t n, int64_t now, struct arena *arena, struct expiries *out);

#endif
