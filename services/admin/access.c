/* access: bearer tokens, rights, and the guard against guessing. */
#include "services/admin/access.h"

#include <stdio.h>
#include <string.h>

#include "services/admin/service.h"

enum { BAD_TOKENS_MOST = 20 };
static const int64_t bad_tokens_window_us = MINUTES(1);

/* ---- wrong tokens ------------------------------------------------------------------------------------------------ */

static int64_t count_here(struct guard *guard, const struct hash *client, int64_t now_us)
{
    size_t slot = client->b[0] % GUARD_SLOTS;
    pthread_mutex_lock(&guard->lock);
    if (now_us - guard->slots[slot].since_us > bad_tokens_window_us) {
        guard->slots[slot].since_us = now_us;
        guard->slots[slot].n = 0;
    }
    int64_t n = ++guard->slots[slot].n;
    pthread_mutex_unlock(&guard->lock);
    return n;
}

/* A right token always passes; a wrong one is counted by its client, whose address is kept as a keyed hash alone. */
static enum outcome refuse_token(struct call *call, const struct http_request *request, struct error *err)
{
    struct hash client = crypto_hash(service_index_key(call->service), "admin-client", request->client);
    struct text key =
        text_format(call->arena, "lethe:admin:bad:%.*s", TEXT_ARGS(text_hex(call->arena, client.b, sizeof client.b)));
    int64_t n = 0;
    metric_add(admin(call)->bad_tokens, 1);
    if (call->redis == NULL || redis_count(call->redis, key, bad_tokens_window_us / US_PER_MS, &n) != REDIS_YES)
        n = count_here(&admin(call)->guard, &client, clock_monotonic_us());
    if (n > BAD_TOKENS_MOST)
        return error_status(err, 429, "token", "too many wrong tokens; wait a minute");
    return error_status(err, 401, "token", "a bearer token of an operator is needed");
}

static bool bearer_hash(const struct http_request *request, uint8_t out[32])
{
    struct text given = http_header(request, "authorization");
    if (!text_starts(given, "Bearer ") || given.n <= 7 || given.n > 512)
        return false;
    crypto_token_hash(text_trim((struct text){.p = given.p + 7, .n = given.n - 7}), out);
    return true;
}

/* ---- who it is --------------------------------------------------------------------------------------------------- */

/* The token of LETHE_ADMIN_TOKEN_FILE becomes an operator at its first use, under an id derived from it. */
static enum outcome admit_first(struct call *call, const uint8_t hash[32], struct operator_row *row, bool *found,
                                bool *ended, struct error *err)
{
    const struct admin_state *state = admin(call);
    if (!state->first_token || !crypto_equal(hash, state->first_hash, sizeof state->first_hash))
        return DONE;
    struct hash derived = crypto_hash(service_index_key(call->service), "first-operator",
                                      (struct text){.p = (const char *)hash, .n = 32});
    struct uuid id = uuid_v8(derived.b);
    TRY(store_operator_first(call, &id, hash, err));
    return store_operator_by_token(call, hash, row, found, ended, err);
}

static enum outcome identify(struct call *call, const struct http_request *request, struct caller *caller,
                             struct error *err)
{
    struct operator_row row;
    uint8_t hash[32];
    bool found = false, ended = false;
    if (!bearer_hash(request, hash))
        return refuse_token(call, request, err);
    TRY(store_operator_by_token(call, hash, &row, &found, &ended, err));
    if (!found)
        TRY(admit_first(call, hash, &row, &found, &ended, err));
    if (!found || ended)
        return refuse_token(call, request, err);
    *caller = (struct caller){.id = row.id, .role = row.role};
    return DONE;
}

enum outcome access_check(struct call *call, const struct http_request *request, enum right right,
                          const struct deed *deed, struct caller *caller, struct error *err)
{
    TRY(identify(call, request, caller, err));
    if (role_may(caller->role, right))
        return DONE;
    metric_add(admin(call)->forbidden, 1);
    TRY(access_audit(call, caller, deed, "forbidden", NULL, err));
    TRY(call_checkpoint(call, err));
    return error_status(err, 403, "role", "the role %s has not the right \"%s\"", role_names[caller->role],
                        right_names[right]);
}

enum outcome access_audit(struct call *call, const struct caller *caller, const struct deed *deed, const char *outcome,
                          int64_t *seq, struct error *err)
{
    struct audit_row row = {.operator_id = caller->id,
                            .action = text_of(deed->action),
                            .object = deed->object,
                            .detail = text_of(deed->detail != NULL ? deed->detail : ""),
                            .outcome = text_of(outcome)};
    TRY(store_audit_add(call, &row, err));
    if (seq != NULL)
        *seq = row.seq;
    return DONE;
}

enum outcome access_look(struct call *call, const struct http_request *request, enum right right,
                         const struct deed *deed, struct caller *caller, struct error *err)
{
    TRY(access_check(call, request, right, deed, caller, err));
    TRY(access_audit(call, caller, deed, "allowed", NULL, err));
    return call_checkpoint(call, err);
}
