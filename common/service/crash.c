/* crash: named points at which a test ends the process as kill -9 would. */
#include "common/service/service.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void crash_point(const char *name)
{
    static atomic_int passed; /* how often the chosen point was passed: the one state that a crash may keep */
    const char *at = getenv("LETHE_CRASH_AT");
    size_t n = strlen(name);
    int wanted = 1;

    if (at == NULL || strncmp(at, name, n) != 0)
        return;
    if (at[n] == ':')
        wanted = (int)strtol(at + n + 1, NULL, 10);
    else if (at[n] != '\0')
        return;
    if (atomic_fetch_add(&passed, 1) + 1 == wanted)
        _exit(137);
}
