/* right: what each role of an operator may do. Pure. */
#ifndef LETHE_ADMIN_RIGHT_H
#define LETHE_ADMIN_RIGHT_H

#include <stdbool.h>

#include "common/text/text.h"

enum role { ROLE_VIEWER, ROLE_AGENT, ROLE_DPO, ROLE_ADMIN, ROLES };
extern const char *const role_names[ROLES + 1]; /* viewer agent dpo admin, NULL-terminated */

enum right {
    RIGHT_LOOK,    /* what holds no field of a person: requests, holders, audit, health, numbers */
    RIGHT_FIELDS,  /* a person's fields: access reports, quarantine, search with "fields" */
    RIGHT_REQUEST, /* search, enter requests, rehearse */
    RIGHT_DECIDE,  /* cancel, verify, approve, extend, reviews, holders, manual results, campaigns, backups */
    RIGHT_RULE,    /* operators, resync */
    RIGHTS
};
extern const char *const right_names[RIGHTS];

bool role_may(enum role role, enum right right);
bool role_of(struct text name, enum role *out);

#endif
