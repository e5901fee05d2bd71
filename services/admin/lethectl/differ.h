/* differ: what another policy changes, line by line, in words. Pure. */
#ifndef LETHE_LETHECTL_DIFFER_H
#define LETHE_LETHECTL_DIFFER_H

#include "common/buf/buf.h"
#include "common/policy/policy.h"

/* policy_differ: one line a difference ("+ category lead: field company", "~ category lead: rule lead-24m: keep P24M ->
 * P12M"); nothing where they mean the same. */
void policy_differ(const struct policy *old, const struct policy *new, struct buf *out);

#endif
