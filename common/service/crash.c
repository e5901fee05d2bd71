/* crash: named points at which a test ends the process as kill -9 would, or freezes it as a paused machine would. */
#include "common/service/service.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Is it the point that the variable names, for the nth time where it says "name:n"? */
static bool is_due(const char *variable, const char *name, atomic_int *passed)
{
    const char *at = getenv(variable);
    size_t n = strlen(name);
    int wanted = 1;

    if (at == NULL || strncmp(at, name, n) != 0)
        return false;
    if (at[n] == ':')
        wanted = (int)strtol(at + n + 1, NULL, 10);
    else if (at[n] != '\0')
        return false;
    return atomic_fetch_add(passed, 1) + 1 == wanted;
}

void crash_point(const char *name)
{
    static atomic_int crash_passed, stop_passed; /* how often the chosen point was passed: all that a crash may keep */

    if (is_due("LETHE_CRASH_AT", name, &crash_passed))
        _exit(137);
    if (is_due("LETHE_STOP_AT", name, &stop_passed))
        (void)raise(SIGSTOP);
}
