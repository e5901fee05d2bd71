/* access: who asks, may they, and the audit rows around what they do. */
#ifndef LETHE_ADMIN_ACCESS_H
#define LETHE_ADMIN_ACCESS_H

#include "services/admin/store.h"

struct caller {
    struct uuid id;
    enum role role;
};

/* What is done, for the audit chain. object: nil where there is none yet; detail: a code of ours, or "". */
struct deed {
    const char *action;
    struct uuid object;
    const char *detail;
};

/* access_check: the bearer's operator, who must have the right. 401, 429 (too many wrong tokens from one client), or
 * 403, which is audited and committed. */
enum outcome access_check(struct call *call, const struct http_request *request, enum right right,
                          const struct deed *deed, struct caller *caller, struct error *err) WARN_UNUSED;
/* access_audit: one row. outcome: "asked" before what changes something, "allowed" before a look, else how it came
 * out. *seq may be NULL. Locks the chain until the commit. */
enum outcome access_audit(struct call *call, const struct caller *caller, const struct deed *deed, const char *outcome,
                          int64_t *seq, struct error *err) WARN_UNUSED;
/* access_look: check, audit "allowed", commit: then the look may be answered. */
enum outcome access_look(struct call *call, const struct http_request *request, enum right right,
                         const struct deed *deed, struct caller *caller, struct error *err) WARN_UNUSED;

#endif
