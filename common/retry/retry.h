/* retry: how long to wait before the next attempt: min(base * 2^attempt, cap), with full jitter above the half. */
#ifndef LETHE_RETRY_H
#define LETHE_RETRY_H

#include <stdint.h>

/* retry_delay_us: attempt counts from 0; random is any 32 bits (the caller's, so that the function stays pure). The
 * result lies in [d/2, d] with d = min(base_us << attempt, cap_us). */
int64_t retry_delay_us(unsigned attempt, int64_t base_us, int64_t cap_us, uint32_t random);

#endif
