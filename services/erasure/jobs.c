/* jobs: holds and terms that run out, services that are silent, what has outlived its purpose, holders that the policy names. */
#include "gen/erasure_sql.h"
#include "services/erasure/holder.h"
#include "services/erasure/saga.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"
#include "services/erasure/tasks.h"

enum { DUE_AT_ONCE = 50, SECRETS_AT_ONCE = 200 };

/* One request a transaction: whoever holds several locks takes requests first, in order of their ids, then holders. */
enum outcome run_advance(struct call *call, bool *again, struct error *err)
{
    struct uuid_list due;

    for (int i = 0; i < DUE_AT_ONCE && !call_stopping(call); i++) {
        TRY(requests_due(call, 1, &due, err));
        if (due.n == 0)
            return DONE;
        TRY(saga_look(call, &due.items[0], err));
        TRY(call_checkpoint(call, err));
    }
    *again = true;
    return DONE;
}

/* Holders that the policy names are there from the start; their keys come by PATCH. */
static enum outcome register_policy_holder(struct call *call, const struct policy_holder *h, struct error *err)
{
    struct uuid id = call_uuid(call);
    struct text *kinds;
    struct pg_params params;
    size_t n = 0;

    if (!holder_name_ok(text_of(h->name)) || names_index(holder_kind_names, text_of(h->kind)) < 0)
        return DONE;
    while (h->identifiers != NULL && h->identifiers[n] != NULL)
        n++;
    kinds = ARENA_ARRAY(call->arena, n, struct text);
    for (size_t i = 0; i < n; i++)
        kinds[i] = text_of(h->identifiers[i]);
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &id);
    pg_add_str(&params, h->name);
    pg_add_str(&params, h->kind);
    pg_add_str(&params, h->system);
    pg_add_str(&params, h->address);
    pg_add_text(&params, text_format(call->arena, "holder.%s", h->name));
    pg_add_texts(&params, kinds, n);
    pg_add_null(&params);
    pg_add_texts(&params, NULL, 0);
    pg_add_null(&params);
    pg_add_null(&params);
    pg_add_null(&params);
    pg_add_time(&params, call->now_us);
    pg_add_null(&params);
    return pg_exec(call->pg, &erasure_sql_holder_insert, &params, NULL, err);
}

enum outcome run_sweep(struct call *call, bool *again, struct error *err)
{
    struct uuid_list secrets;

    for (size_t i = 0; i < call->policy->holders_n; i++)
        TRY(register_policy_holder(call, &call->policy->holders[i], err));
    TRY(secrets_due(call, SECRETS_AT_ONCE, &secrets, err));
    TRY(secrets_destroy(call, secrets, err));
    *again = secrets.n == SECRETS_AT_ONCE;
    /* How long a request's record stands: by the policy, counted back from now (a month is at least 28 days). */
    const struct duration *keep = &call->policy->request_keep;
    int64_t kept_us = keep->months * 31 * US_PER_DAY + keep->days * US_PER_DAY + keep->us;
    return store_sweep(call, call->now_us - kept_us, call->now_us - 90 * US_PER_DAY, err);
}
