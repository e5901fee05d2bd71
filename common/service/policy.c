/* policy: a policy takes effect as one row (version, digest, text), which all replicas follow. The file is read at start
 * and on SIGHUP; a file whose digest has been in force before doesn't turn a newer row back at start, only by SIGHUP. */
#include "common/service/internal.h"

#include <string.h>

#include "gen/service_sql.h"

const struct policy *policy_current(struct service *service, int64_t *version)
{
    const struct policy *policy;

    pthread_mutex_lock(&service->policy_lock);
    policy = service->policy == NULL ? NULL : policy_hold(service->policy);
    *version = service->policy_version;
    pthread_mutex_unlock(&service->policy_lock);
    return policy;
}

const struct policy *service_policy_hold(struct service *service)
{
    int64_t version;

    return policy_current(service, &version);
}

static void put_in_force(struct service *service, struct policy *policy, int64_t version)
{
    struct policy *old;
    char digest[65];

    policy_digest_hex(policy, digest);
    log_info(&service->log, "policy.in-force", F_INT("version", version), F_STR("digest", digest));
    pthread_mutex_lock(&service->policy_lock);
    old = service->policy;
    service->policy = policy;
    service->policy_version = version;
    pthread_mutex_unlock(&service->policy_lock);
    policy_release(old);
    health_wait(service, WAIT_POLICY, false);
}

static enum outcome read_file(struct service *service, struct policy **out, struct error *err)
{
    struct buf mistakes;
    enum outcome outcome;

    buf_init(&mistakes, 64 << 10);
    outcome = policy_read_file(option_text(service->options, "policy"), out, &mistakes, err);
    if (outcome != DONE)
        log_error(&service->log, "policy.refused", F_ERROR(err), F_TEXT("mistakes", buf_view(&mistakes)));
    buf_free(&mistakes);
    return outcome;
}

/* The newest row's version and digest; version 0 where there is none. */
static enum outcome newest(struct pg *pg, int64_t *version, uint8_t digest[32], struct error *err)
{
    struct pg_rows rows;

    *version = 0;
    TRY(pg_exec(pg, &service_sql_policy_newest, NULL, &rows, err));
    if (rows.n > 0) {
        struct bytes bytes = pg_get_bytes(&rows, 0, 1);
        *version = pg_get_int8(&rows, 0, 0);
        ENSURE(bytes.n == 32);
        memcpy(digest, bytes.p, 32);
    }
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome add_row(struct pg *pg, struct arena *arena, const struct policy *policy, int64_t *version,
                            struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, arena);
    pg_add_bytes(&params, (struct bytes){.p = policy->digest, .n = sizeof(policy->digest)});
    pg_add_str(&params, policy->text);
    TRY(pg_exec(pg, &service_sql_policy_add, &params, &rows, err));
    *version = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome seen_before(struct pg *pg, struct arena *arena, const struct policy *policy, bool *seen,
                                struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, arena);
    pg_add_bytes(&params, (struct bytes){.p = policy->digest, .n = sizeof(policy->digest)});
    TRY(pg_exec(pg, &service_sql_policy_find, &params, &rows, err));
    *seen = !pg_is_null(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

/* What is to be in force once the transaction that says so has committed; policy NULL: what is in force stays. */
struct verdict {
    struct policy *policy;
    int64_t version;
};

/* Another replica's newer policy, out of its row. */
static enum outcome adopt(struct service *service, struct pg *pg, struct arena *arena, int64_t version,
                          struct verdict *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    struct buf mistakes;
    enum outcome outcome;

    pg_params_init(&params, arena);
    pg_add_int8(&params, version);
    TRY(pg_exec(pg, &service_sql_policy_text, &params, &rows, err));
    buf_init(&mistakes, 64 << 10);
    out->version = version;
    outcome = policy_read(pg_get_text(&rows, 0, 0), &out->policy, &mistakes, err);
    pg_rows_free(&rows);
    if (outcome != DONE)
        log_error(&service->log, "policy.refused", F_ERROR(err), F_TEXT("mistakes", buf_view(&mistakes)));
    buf_free(&mistakes);
    return outcome;
}

/* The file against the newest row. anew: an operator's SIGHUP, which may also bring an old policy back. */
static enum outcome weigh(struct service *service, struct pg *pg, struct arena *arena, bool anew, struct policy *policy,
                          struct verdict *out, struct error *err)
{
    uint8_t digest[32];
    int64_t version;
    bool seen = false;

    TRY(newest(pg, &version, digest, err));
    if (version == 0 || memcmp(digest, policy->digest, sizeof(digest)) != 0) {
        if (!anew)
            TRY(seen_before(pg, arena, policy, &seen, err));
        if (seen) {
            log_warn(&service->log, "policy.file-is-older", F_INT("in force", version));
            return adopt(service, pg, arena, version, out, err);
        }
        TRY(add_row(pg, arena, policy, &version, err));
    }
    *out = (struct verdict){.policy = policy_hold(policy), .version = version};
    return DONE;
}

static enum outcome settle(struct service *service, struct pg *pg, struct arena *arena, bool anew, struct verdict *out,
                           struct error *err)
{
    struct policy *policy = NULL;
    enum outcome outcome;

    TRY(read_file(service, &policy, err));
    outcome = weigh(service, pg, arena, anew, policy, out, err);
    policy_release(policy);
    return outcome;
}

enum outcome policy_start(struct service *service, struct pg *pg, struct error *err)
{
    struct arena *arena = arena_new();
    struct verdict verdict = {0};
    enum outcome outcome = settle(service, pg, arena, false, &verdict, err); /* each statement commits by itself */

    if (outcome == DONE)
        put_in_force(service, verdict.policy, verdict.version);
    arena_free(arena);
    return outcome;
}

static enum outcome follow(struct call *call, bool reload, struct verdict *out, struct error *err)
{
    struct service *service = call->service;
    uint8_t digest[32];
    int64_t version;

    if (reload)
        return settle(service, call->pg, call->arena, true, out, err);
    TRY(newest(call->pg, &version, digest, err));
    if (version <= service->policy_version)
        return DONE;
    return adopt(service, call->pg, call->arena, version, out, err);
}

enum outcome policy_follow(struct call *call, bool *again, struct error *err)
{
    struct service *service = call->service;
    bool reload = atomic_exchange(&service->policy_reload, false);
    struct verdict verdict = {0};
    enum outcome outcome = follow(call, reload, &verdict, err);

    (void)again;
    if (outcome == DONE && verdict.policy != NULL)
        outcome = call_pause(call, err); /* in force only once it is committed */
    if (outcome == DONE && verdict.policy != NULL) {
        put_in_force(service, verdict.policy, verdict.version);
        return DONE;
    }
    policy_release(verdict.policy);
    if (reload && (outcome == RETRY || outcome == UNCERTAIN))
        atomic_store(&service->policy_reload, true);      /* the signal isn't done with yet */
    return reload && outcome == REFUSED ? DONE : outcome; /* said in the log; the policy in force stays */
}
