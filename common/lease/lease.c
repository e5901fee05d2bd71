/* lease: PostgreSQL counts the tokens and decides; Redis, asked first, saves it the losers' questions. */
#include "common/lease/lease.h"

#include <stdio.h>
#include <string.h>

#include "gen/lease_sql.h"

enum { SWEEP_EVERY = 256 };

/* What Redis knows an owner by: its instance. A process that follows a killed one of its name asks PostgreSQL at once. */
static struct text redis_value(const char *owner)
{
    return (struct text){.p = owner, .n = strcspn(owner, "/")};
}

/* Redis is shared by all schemas, the table is not. */
static struct text redis_key(const struct pg *pg, const char *name, struct arena *arena)
{
    return text_format(arena, "lethe:lease:%s:%s", pg_schema(pg), name);
}

/* May we ask PostgreSQL at all? A key that is ours already (a take whose second half failed) is taken anew. */
static bool redis_lets(struct redis *redis, struct text key, struct text owner, int64_t ttl_ms)
{
    if (redis == NULL || redis_take(redis, key, owner, ttl_ms) != REDIS_NO)
        return true;
    return redis_keep(redis, key, owner, ttl_ms) != REDIS_NO;
}

static void add_identity(struct pg_params *params, struct arena *arena, const char *name, const char *owner)
{
    pg_params_init(params, arena);
    pg_add_str(params, name);
    pg_add_str(params, owner);
}

static enum outcome take_row(struct pg *pg, struct lease *lease, int64_t ttl_us, struct arena *arena, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows = {0};
    add_identity(&params, arena, lease->name, lease->owner);
    TRY(pg_exec(pg, &lease_sql_evict, &params, NULL, err));
    pg_add_int8(&params, ttl_us);
    TRY(pg_exec(pg, &lease_sql_take, &params, &rows, err));
    if (rows.n == 1) {
        lease->token = pg_get_int8(&rows, 0, 0);
        lease->until_us = pg_get_time(&rows, 0, 1);
    }
    pg_rows_free(&rows);
    if (lease->token > 0 && lease->token % SWEEP_EVERY == 0)
        return pg_exec(pg, &lease_sql_sweep, NULL, NULL, err);
    return DONE;
}

static bool name_sane(const char *name)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyz0123456789:/_-";
    return name[0] != '\0' && strspn(name, fine) == strlen(name);
}

enum outcome lease_take(struct pg *pg, struct redis *redis, const char *name, const char *owner, int64_t ttl_us,
                        struct lease *lease, bool *held, struct error *err)
{
    ENSURE(strlen(name) < sizeof lease->name && strlen(owner) < sizeof lease->owner && name_sane(name) && ttl_us > 0);
    memset(lease, 0, sizeof *lease);
    snprintf(lease->name, sizeof lease->name, "%s", name);
    snprintf(lease->owner, sizeof lease->owner, "%s", owner);
    *held = false;
    struct arena *arena = arena_new();
    struct text key = redis_key(pg, name, arena);
    enum outcome o = DONE;
    if (redis_lets(redis, key, redis_value(owner), ttl_us / US_PER_MS + 1)) {
        o = take_row(pg, lease, ttl_us, arena, err);
        *held = o == DONE && lease->token > 0;
        if (!*held && redis != NULL)
            (void)redis_drop(redis, key, redis_value(owner));
    }
    arena_free(arena);
    return o;
}

enum outcome lease_renew(struct pg *pg, struct redis *redis, struct lease *lease, int64_t ttl_us, bool *held,
                         struct error *err)
{
    struct arena *arena = arena_new();
    struct pg_params params;
    struct pg_rows rows = {0};
    *held = false;
    add_identity(&params, arena, lease->name, lease->owner);
    pg_add_int8(&params, lease->token);
    pg_add_int8(&params, ttl_us);
    enum outcome o = pg_exec(pg, &lease_sql_renew, &params, &rows, err);
    if (o == DONE && rows.n == 1) {
        *held = true;
        lease->until_us = pg_get_time(&rows, 0, 0);
    } else if (o == DONE) {
        lease->token = 0;
    }
    pg_rows_free(&rows);
    struct text key = redis_key(pg, lease->name, arena);
    int64_t ttl_ms = ttl_us / US_PER_MS + 1;
    if (redis != NULL && *held && redis_keep(redis, key, redis_value(lease->owner), ttl_ms) == REDIS_NO)
        (void)redis_take(redis, key, redis_value(lease->owner), ttl_ms);
    arena_free(arena);
    return o;
}

enum outcome lease_release(struct pg *pg, struct redis *redis, struct lease *lease, struct error *err)
{
    if (lease->token == 0)
        return DONE;
    struct arena *arena = arena_new();
    struct pg_params params;
    add_identity(&params, arena, lease->name, lease->owner);
    pg_add_int8(&params, lease->token);
    enum outcome o = pg_exec(pg, &lease_sql_release, &params, NULL, err);
    if (redis != NULL)
        (void)redis_drop(redis, redis_key(pg, lease->name, arena), redis_value(lease->owner));
    if (o == DONE)
        lease->token = 0;
    arena_free(arena);
    return o;
}

enum outcome lease_fence(struct pg *pg, const struct lease *lease, struct arena *arena, struct error *err)
{
    struct pg_params params;
    pg_params_init(&params, arena);
    pg_add_str(&params, lease->name);
    pg_add_int8(&params, lease->token);
    return pg_queue(pg, &lease_sql_fence, &params, err);
}
