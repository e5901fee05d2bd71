/* lease: who may do a thing now, with a fencing token. Redis first (cheap), PostgreSQL always: the token is counted and
 * kept in the schema's table `lease`, and a protected transaction checks it (lease_fence). With Redis away the
 * PostgreSQL row alone decides; a lying Redis costs contention, never correctness. */
#ifndef LETHE_LEASE_H
#define LETHE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error/error.h"
#include "common/pg/pg.h"
#include "common/redis/redis.h"

struct lease {
    char name[96];
    char owner[64];   /* instance "/" random part: a process of today is never taken for one of yesterday */
    int64_t token;    /* 0: not held */
    int64_t until_us; /* wall clock, by PostgreSQL's answer */
};

/* lease_take: tries once. *held tells. name: [a-z0-9:/_-]+ ("job/expire-opt-ins", "person/<uuid>"). Not in a
 * transaction. A taken-over lease gets a higher token. Take it on the connection whose transactions it protects: a
 * successor ends that session first, since a stopped owner's transaction may hold the row. What a process of the same
 * instance left behind is free as soon as its session is gone. */
enum outcome lease_take(struct pg *pg, struct redis *redis, const char *name, const char *owner, int64_t ttl_us,
                        struct lease *lease, bool *held, struct error *err) WARN_UNUSED;
enum outcome lease_renew(struct pg *pg, struct redis *redis, struct lease *lease, int64_t ttl_us, bool *held,
                         struct error *err) WARN_UNUSED;
enum outcome lease_release(struct pg *pg, struct redis *redis, struct lease *lease, struct error *err) WARN_UNUSED;
/* lease_fence: inside a transaction: LT001 unless the token still stands (locks the row FOR SHARE). Queued: the failure
 * comes out of the transaction's next pg_exec, pg_flush or pg_commit. */
enum outcome lease_fence(struct pg *pg, const struct lease *lease, struct arena *arena, struct error *err) WARN_UNUSED;

#endif
