/* right: the table of roles and rights. */
#include "services/admin/right.h"

#include <stddef.h>

const char *const role_names[ROLES + 1] = {"viewer", "agent", "dpo", "admin", NULL};
const char *const right_names[RIGHTS] = {"look", "fields", "request", "decide", "rule"};

static const bool table[ROLES][RIGHTS] = {
    [ROLE_VIEWER] = {[RIGHT_LOOK] = true},
    [ROLE_AGENT] = {[RIGHT_LOOK] = true, [RIGHT_FIELDS] = true, [RIGHT_REQUEST] = true},
    [ROLE_DPO] = {[RIGHT_LOOK] = true, [RIGHT_FIELDS] = true, [RIGHT_REQUEST] = true, [RIGHT_DECIDE] = true},
    [ROLE_ADMIN] = {[RIGHT_LOOK] = true,
                    [RIGHT_FIELDS] = true,
                    [RIGHT_REQUEST] = true,
                    [RIGHT_DECIDE] = true,
                    [RIGHT_RULE] = true},
};

bool role_may(enum role role, enum right right)
{
    return table[role][right];
}

bool role_of(struct text name, enum role *out)
{
    for (int i = 0; i < ROLES; i++) {
        if (text_is(name, role_names[i])) {
            *out = (enum role)i;
            return true;
        }
    }
    return false;
}
