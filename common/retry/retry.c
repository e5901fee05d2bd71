/* retry: the delay before the next attempt, without overflow whatever is asked. */
#include "common/retry/retry.h"

int64_t retry_delay_us(unsigned attempt, int64_t base_us, int64_t cap_us, uint32_t random)
{
    int64_t delay = base_us < cap_us ? base_us : cap_us;

    if (delay <= 0)
        return 0;
    while (attempt-- > 0 && delay < cap_us)
        delay = delay > cap_us / 2 ? cap_us : delay * 2;
    uint64_t half = (uint64_t)delay / 2, rest = (uint64_t)delay - half;
    /* rest * random / 2^32, in two halves so that it can't overflow */
    uint64_t jitter = (rest >> 32) * random + (((rest & UINT32_MAX) * random) >> 32);
    return (int64_t)(half + jitter);
}
