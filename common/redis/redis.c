/* redis: a hiredis context that is thrown away at the first doubt, and a circuit that stays open for a second. */
#include "common/redis/redis.h"

#include <hiredis/hiredis.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock/clock.h"

enum { TIMEOUT_MS = 100 };

struct redis {
    char host[256];
    int port;
    const struct log *log;
    redisContext *context;
    int64_t away_until_us; /* monotonic; the circuit is open before it */
    bool said;             /* that it is away */
    atomic_bool *told;     /* the owner's, kept in step with what the last question came to; may be NULL */
};

/* A script runs only where the value is still ours: then ARGV[2] is the new time to live, or "" to delete. */
static const char if_ours[] = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
                              "if ARGV[2] == '' then return redis.call('DEL', KEYS[1]) end "
                              "return redis.call('PEXPIRE', KEYS[1], ARGV[2])";
static const char count_once[] = "local n = redis.call('INCR', KEYS[1]) "
                                 "if n == 1 or redis.call('PTTL', KEYS[1]) < 0 then "
                                 "redis.call('PEXPIRE', KEYS[1], ARGV[1]) end "
                                 "return n";

struct redis *redis_new(const char *host_port, const struct log *log)
{
    struct redis *redis = calloc(1, sizeof *redis);
    ENSURE(redis != NULL);
    redis->log = log;
    const char *colon = host_port != NULL ? strrchr(host_port, ':') : NULL;
    int64_t port = 0;
    if (colon == NULL || (size_t)(colon - host_port) >= sizeof redis->host || !text_to_int64(text_of(colon + 1), &port))
        return redis;
    memcpy(redis->host, host_port, (size_t)(colon - host_port));
    if (port > 0 && port < 65536)
        redis->port = (int)port;
    return redis;
}

void redis_tell(struct redis *redis, atomic_bool *away)
{
    redis->told = away;
}

static void tell(struct redis *redis, bool is_away)
{
    if (redis->told != NULL)
        atomic_store(redis->told, is_away);
}

void redis_free(struct redis *redis)
{
    if (redis == NULL)
        return;
    if (redis->context != NULL)
        redisFree(redis->context);
    free(redis);
}

/* A context that failed once may still deliver a late reply, which would answer the next command: it goes. */
static enum redis_answer away(struct redis *redis)
{
    if (redis->context != NULL)
        redisFree(redis->context);
    redis->context = NULL;
    redis->away_until_us = clock_monotonic_us() + US_PER_S;
    if (!redis->said && redis->log != NULL)
        log_warn(redis->log, "redis.away", F_NONE);
    redis->said = true;
    tell(redis, true);
    return REDIS_AWAY;
}

static bool connected(struct redis *redis)
{
    if (redis->port == 0)
        return false;
    if (redis->context != NULL)
        return true;
    if (clock_monotonic_us() < redis->away_until_us)
        return false;
    struct timeval timeout = {.tv_usec = TIMEOUT_MS * 1000L};
    redis->context = redisConnectWithTimeout(redis->host, redis->port, timeout);
    if (redis->context == NULL || redis->context->err != 0 || redisSetTimeout(redis->context, timeout) != REDIS_OK) {
        (void)away(redis);
        return false;
    }
    if (redis->said && redis->log != NULL)
        log_info(redis->log, "redis.back", F_NONE);
    redis->said = false;
    return true;
}

/* One command; NULL where Redis is away or answers with an error (loading, read-only): both mean "ask PostgreSQL". */
static redisReply *ask(struct redis *redis, int n, const char **words, const size_t *lengths)
{
    if (!connected(redis))
        return NULL;
    redisReply *reply = redisCommandArgv(redis->context, n, words, lengths);
    if (reply != NULL && redis->context->err == 0 && reply->type != REDIS_REPLY_ERROR) {
        tell(redis, false);
        return reply;
    }
    if (reply != NULL)
        freeReplyObject(reply);
    (void)away(redis);
    return NULL;
}

enum redis_answer redis_ping(struct redis *redis)
{
    const char *words[] = {"PING"};
    const size_t lengths[] = {4};
    redisReply *reply = ask(redis, 1, words, lengths);
    if (reply == NULL)
        return REDIS_AWAY;
    freeReplyObject(reply);
    return REDIS_YES;
}

enum redis_answer redis_take(struct redis *redis, struct text key, struct text value, int64_t ttl_ms)
{
    char ttl[24];
    int ttl_n = snprintf(ttl, sizeof ttl, "%lld", (long long)ttl_ms);
    const char *words[] = {"SET", key.p, value.p, "NX", "PX", ttl};
    const size_t lengths[] = {3, key.n, value.n, 2, 2, (size_t)ttl_n};
    redisReply *reply = ask(redis, 6, words, lengths);
    if (reply == NULL)
        return REDIS_AWAY;
    enum redis_answer answer = reply->type == REDIS_REPLY_NIL ? REDIS_NO : REDIS_YES;
    freeReplyObject(reply);
    return answer;
}

/* Runs a script with one key and up to two arguments; false where Redis is away. */
static bool run(struct redis *redis, const char *script, struct text key, const struct text *arguments, int n,
                int64_t *out)
{
    const char *words[6] = {"EVAL", script, "1", key.p};
    size_t lengths[6] = {4, strlen(script), 1, key.n};
    for (int i = 0; i < n; i++) {
        words[4 + i] = arguments[i].p;
        lengths[4 + i] = arguments[i].n;
    }
    redisReply *reply = ask(redis, 4 + n, words, lengths);
    if (reply == NULL)
        return false;
    bool number = reply->type == REDIS_REPLY_INTEGER;
    *out = number ? reply->integer : 0;
    freeReplyObject(reply);
    if (!number)
        (void)away(redis);
    return number;
}

enum redis_answer redis_keep(struct redis *redis, struct text key, struct text value, int64_t ttl_ms)
{
    char ttl[24];
    (void)snprintf(ttl, sizeof ttl, "%lld", (long long)ttl_ms);
    int64_t changed = 0;
    if (!run(redis, if_ours, key, (struct text[]){value, text_of(ttl)}, 2, &changed))
        return REDIS_AWAY;
    return changed > 0 ? REDIS_YES : REDIS_NO;
}

enum redis_answer redis_drop(struct redis *redis, struct text key, struct text value)
{
    int64_t changed = 0;
    if (!run(redis, if_ours, key, (struct text[]){value, TEXT("")}, 2, &changed))
        return REDIS_AWAY;
    return changed > 0 ? REDIS_YES : REDIS_NO;
}

enum redis_answer redis_count(struct redis *redis, struct text key, int64_t window_ms, int64_t *count)
{
    char window[24];
    (void)snprintf(window, sizeof window, "%lld", (long long)window_ms);
    *count = 0;
    if (!run(redis, count_once, key, (struct text[]){text_of(window)}, 1, count))
        return REDIS_AWAY;
    return REDIS_YES;
}
