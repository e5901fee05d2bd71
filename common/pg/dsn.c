/* dsn: connection strings, read by libpq, without connecting. */
#include <stdlib.h>

#include "common/pg/internal.h"

bool pg_dsn_ok(const char *dsn)
{
    PQconninfoOption *found = PQconninfoParse(dsn, NULL); /* its message would quote the string: nobody asks for it */

    PQconninfoFree(found);
    return found != NULL;
}

bool pg_dsn_export(const char *dsn)
{
    PQconninfoOption *found = PQconninfoParse(dsn, NULL);
    bool good = found != NULL;

    for (PQconninfoOption *at = found; at != NULL && at->keyword != NULL; at++)
        if (at->val != NULL && at->envvar != NULL)
            good = setenv(at->envvar, at->val, 1) == 0 && good;
    PQconninfoFree(found);
    return good;
}
