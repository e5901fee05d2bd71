/* jobs: holds and terms that run out, services that are silent, what has outlived its purpose, holders that the policy names. */
#include "gen/erasure_sql.h"
#include "services/erasure/certificate.h"
#include "services/erasure/chain.h"
#include "services/erasure/outside.h"
#include "services/erasure/register.h"
#include "services/erasure/saga.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"
#include "services/erasure/tasks.h"

enum { DUE_AT_ONCE = 50, SECRETS_AT_ONCE = 200 };

/* A recycle bin is empty by now: its holder is asked anew. */
static enum outcome renew_reversible(struct call *call, struct error *err)
{
    struct uuid task, request;
    struct request r;
    bool found;

    for (int i = 0; i < DUE_AT_ONCE && !call_stopping(call); i++) {
        TRY(task_over(call, &task, &request, err));
        if (uuid_is_nil(&task))
            return DONE;
        TRY(request_load(call, &request, &r, &found, err));
        TRY(task_renew(call, &task, err)); /* an answer that came before the lock left no such task, or closed it */
        call_wake(call, "deliver");
        TRY(call_checkpoint(call, err));
    }
    return DONE;
}

/* One request a transaction: whoever holds several locks takes requests first, in order of their ids, then holders. */
enum outcome run_advance(struct call *call, bool *again, struct error *err)
{
    struct uuid_list due;

    TRY(renew_reversible(call, err));
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

/* A crash between the keyring's commit and ours destroys a key twice, which does nothing. */
enum outcome run_doomed_keys(struct call *call, bool *again, struct error *err)
{
    struct uuid_list doomed;
    int64_t destroyed;

    TRY(secrets_doomed(call, &doomed, err));
    if (doomed.n == 0)
        return DONE;
    TRY(vault_keys_destroy(call->vault, doomed.items, doomed.n, &destroyed, err));
    *again = true;
    return secrets_gone(call, doomed, err);
}

/* ---- holders that the policy names: there from the start; their keys come by PATCH ------------------------------------ */

static struct text_list texts_of(struct call *call, const char *const *names)
{
    struct text_list list = {0};
    size_t n = 0;

    while (names != NULL && names[n] != NULL)
        n++;
    list.items = ARENA_ARRAY(call->arena, n, struct text);
    for (; list.n < n; list.n++)
        list.items[list.n] = text_of(names[list.n]);
    return list;
}

static enum outcome register_policy_holder(struct call *call, const struct policy_holder *h, struct error *err)
{
    int kind = names_index(holder_kind_names, text_of(h->kind));
    struct newcomer newcomer = {.id = call_uuid(call),
                                .name = text_of(h->name),
                                .kind = (enum holder_kind)kind,
                                .system = text_of(h->system),
                                .url = text_of(h->address),
                                .identifiers = texts_of(call, h->identifiers)};
    struct holder holder;
    bool there;

    if (!holder_name_ok(newcomer.name) || kind < 0)
        return DONE;
    TRY(holder_load(call, &(struct uuid){0}, newcomer.name, &holder, &there, err));
    return there ? DONE : holder_register(call, &newcomer, &there, err);
}

/* ---- late joiners that have not dealt with what a tombstone covers ------------------------------------------------------ */

struct open_join {
    struct uuid id;
    struct text holder;
    int64_t at_us;
    int escalation;
};

static enum outcome joins_open(struct call *call, struct open_join **out, size_t *n, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &erasure_sql_joins_open, NULL, &rows, err));
    *n = (size_t)rows.n;
    *out = ARENA_ARRAY(call->arena, *n, struct open_join);
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = (struct open_join){.id = pg_get_uuid(&rows, i, 0),
                                       .holder = text_copy(call->arena, pg_get_text(&rows, i, 1)),
                                       .at_us = pg_get_time(&rows, i, 2),
                                       .escalation = pg_get_int4(&rows, i, 3)};
    pg_rows_free(&rows);
    return DONE;
}

/* A holder has as long as a request: it was told of its forgotten late, not of a lesser duty. */
static enum outcome escalate_joins(struct call *call, struct error *err)
{
    struct open_join *joins;
    size_t n;

    TRY(joins_open(call, &joins, &n, err));
    metric_set(erasure(call)->joins_open, (int64_t)n);
    for (size_t i = 0; i < n; i++) {
        int64_t rises, due_us = duration_add(joins[i].at_us, call->policy->answer_within);
        int level = request_escalation(call->now_us, due_us, false, &rises);
        struct pg_params params;
        if (level <= joins[i].escalation)
            continue;
        pg_params_init(&params, call->arena);
        pg_add_uuid(&params, &joins[i].id);
        pg_add_int4(&params, level);
        TRY(pg_exec(call->pg, &erasure_sql_join_escalate, &params, NULL, err));
        metric_add(erasure(call)->escalated, 1);
        log_warn(call->log, level == ESCALATION_LATE ? "join.late" : "join.due_soon", F_UUID("join", &joins[i].id),
                 F_TEXT("holder", joins[i].holder), F_INT("level", level));
    }
    return DONE;
}

/* By the policy, counted back from now (a month is at least 28 days). */
static int64_t kept_us(struct duration keep)
{
    return (int64_t)keep.months * 31 * US_PER_DAY + keep.days * US_PER_DAY + keep.us;
}

/* How long a request's record stands, and its certificate. */
static enum outcome sweep_records(struct call *call, bool *again, struct error *err)
{
    struct uuid_list secrets;

    TRY(signer_use(call, err));
    TRY(certificate_purge(call, call->now_us - kept_us(call->policy->certificate_keep), err));
    TRY(secrets_due(call, SECRETS_AT_ONCE, &secrets, err));
    TRY(secrets_destroy(call, secrets, err));
    *again = secrets.n == SECRETS_AT_ONCE;
    return store_sweep(call, call->now_us - kept_us(call->policy->request_keep), call->now_us - 90 * US_PER_DAY, err);
}

enum outcome run_sweep(struct call *call, bool *again, struct error *err)
{
    TRY(sweep_records(call, again, err));
    TRY(escalate_joins(call, err));
    for (size_t i = 0; i < call->policy->holders_n; i++) {
        TRY(call_checkpoint(call, err)); /* a broker that is away holds up its holders alone */
        TRY(register_policy_holder(call, &call->policy->holders[i], err));
    }
    return DONE;
}
