/* fetching: between full and empty lies at least what the queue holds, so less than half of it needs no telling. */
#include "common/kafka/fetching.h"

enum { LOOK_EACH = 128 };

bool fetching_took(struct fetching *fetching, size_t bytes)
{
    fetching->taken++;
    fetching->bytes += bytes;
    return fetching->taken % LOOK_EACH == 0 || fetching->bytes >= fetching->most_bytes / 2;
}

bool fetching_low(struct fetching *fetching, size_t left)
{
    if (left > fetching->most / 2 && fetching->bytes < fetching->most_bytes / 2)
        return false;
    if (fetching->taken < fetching->most / 2 && fetching->bytes < fetching->most_bytes / 2)
        return false;
    fetching->taken = fetching->bytes = 0;
    return true;
}
