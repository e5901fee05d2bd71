/* redis: one hiredis context with timeouts and a circuit breaker. Redis lowers contention, PostgreSQL decides, so every
 * failure here is an answer ("away"), never a reason to wait. Not thread-safe. */
#ifndef LETHE_REDIS_H
#define LETHE_REDIS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log/log.h"
#include "common/text/text.h"

struct redis;

struct redis *redis_new(const char *host_port, const struct log *log); /* NULL or "" : always away */
void redis_free(struct redis *redis);
/* redis_tell: *away is set by each question that Redis doesn't answer, cleared by each that it does. */
void redis_tell(struct redis *redis, atomic_bool *away);

enum redis_answer { REDIS_YES, REDIS_NO, REDIS_AWAY };

/* All keys are binary-safe. Timeouts are 100 ms; after a failure the circuit stays open for 1 s. */
enum redis_answer redis_ping(struct redis *redis);
/* redis_take: SET key value NX PX ttl_ms. NO: somebody else has it. */
enum redis_answer redis_take(struct redis *redis, struct text key, struct text value, int64_t ttl_ms);
/* redis_keep: extends by ttl_ms if the value is still ours (Lua compare); redis_drop: deletes likewise. */
enum redis_answer redis_keep(struct redis *redis, struct text key, struct text value, int64_t ttl_ms);
enum redis_answer redis_drop(struct redis *redis, struct text key, struct text value);
/* redis_count: INCR with an expiry set at the first; *count is the new value. For rate limits. */
enum redis_answer redis_count(struct redis *redis, struct text key, int64_t window_ms, int64_t *count);

#endif
