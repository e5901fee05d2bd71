/* differ: what another policy changes, line by line, in words. Pure. */
#ifndef LETHE_LETHECTL_DIFFER_H
#define LETHE_LETHECTL_DIFFER_H

#include "common/buf/buf.h"
#include "common/policy/policy.h"

/* What the running system holds: how many of a kind (record, activity, part) in a category, or by the rule that ends them
 * (rule TEXT_NONE: all of the category). */
struct held {
    struct text kind, category, rule;
    int64_t n;
};
struct held_list {
    const struct held *items;
    size_t n;
};

/* policy_differ: one line a difference ("+ category lead: field company", "~ category lead: rule lead-24m: keep P24M ->
 * P12M"); nothing where they mean the same. Where something of a category or a rule differs, a line "# ..." says how many
 * that concerns; held NULL: nobody could be asked. */
void policy_differ(const struct policy *old, const struct policy *new, const struct held_list *held, struct buf *out);

#endif
