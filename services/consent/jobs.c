/* jobs: what ends by itself: opt-ins nobody confirmed, whose address is erased; grants unused or unconfirmed for long. */
#include "services/consent/act.h"
#include "services/consent/handlers.h"

#include "services/consent/service.h"

enum { PAGE_MOST = 50, CHAINS_A_PAGE = 500 };

/* A link's time is over. Its mail's content goes in any case; an opt-in nobody confirmed lapses. */
static enum outcome end_links(struct call *call, const struct expired_token *tokens, size_t n, struct error *err)
{
    struct bytes *hashes = ARENA_ARRAY(call->arena, n, struct bytes);

    for (size_t i = 0; i < n; i++) {
        struct standing standing = {
            .address = tokens[i].address, .statement = tokens[i].statement, .language = tokens[i].language};

        hashes[i] = (struct bytes){.p = tokens[i].hash, .n = sizeof tokens[i].hash};
        bool repeated = false; /* two links of one request-to-be in the same page lapse once */
        for (size_t j = 0; j < i; j++)
            repeated = repeated || (uuid_equal(&tokens[j].address, &tokens[i].address) &&
                                    text_equal(tokens[j].purpose, tokens[i].purpose) && tokens[j].over);
        if (tokens[i].over && !repeated)
            TRY(act_lapse(call, &standing, &tokens[i].email, tokens[i].channel, tokens[i].purpose, err));
    }
    TRY(store_tokens_drop(call, hashes, n, err));
    for (size_t i = 0; i < n; i++)
        TRY(act_doom(call, &(struct doomed){.vaults = &tokens[i].content, .n = 1, .email = tokens[i].email}, err));
    return DONE;
}

/* Nothing of them stays, in the vault or here. */
static enum outcome erase_addresses(struct call *call, const struct uuid_list *idle, struct error *err)
{
    struct uuid_list vaults;

    if (idle->n == 0)
        return DONE;
    TRY(store_address_vaults(call, idle, &vaults, err));
    TRY(store_address_erase(call, idle, err));
    return act_doom(call, &(struct doomed){.vaults = vaults.items, .n = vaults.n}, err);
}

/* Addresses that never had more than a request. */
static enum outcome erase_idle(struct call *call, const struct expired_token *tokens, size_t n, struct error *err)
{
    struct uuid *addresses = ARENA_ARRAY(call->arena, n, struct uuid);
    struct uuid_list idle;

    for (size_t i = 0; i < n; i++)
        addresses[i] = tokens[i].address;
    TRY(store_idle(call, addresses, n, &idle, err));
    return erase_addresses(call, &idle, err);
}

enum outcome expire_opt_ins(struct call *call, bool *again, struct error *err)
{
    struct expired_token *tokens;
    size_t n;

    TRY(store_expired_tokens(call, PAGE_MOST, &tokens, &n, err));
    if (n == 0)
        return DONE;
    TRY(end_links(call, tokens, n, err));
    TRY(erase_idle(call, tokens, n, err));
    log_info(call->log, "opt-ins.expired", F_INT("links", n));
    *again = n == PAGE_MOST;
    return DONE;
}

static bool in(const struct uuid_list *list, const struct uuid *id)
{
    for (size_t i = 0; i < list->n; i++)
        if (uuid_equal(&list->items[i], id))
            return true;
    return false;
}

/* Nothing was ever granted there: requests that led to nothing have no purpose once a link to confirm would be over. Where
 * something was refused, the keyed hash goes on honouring it. */
static enum outcome end_bare(struct call *call, const struct uuid_list *bare, struct error *err)
{
    struct uuid_list idle, refused = {.items = ARENA_ARRAY(call->arena, bare->n + 1, struct uuid)}, vaults;

    if (bare->n == 0)
        return DONE;
    TRY(store_idle(call, bare->items, bare->n, &idle, err));
    for (size_t i = 0; i < bare->n; i++)
        if (!in(&idle, &bare->items[i]))
            refused.items[refused.n++] = bare->items[i];
    TRY(erase_addresses(call, &idle, err));
    if (refused.n == 0)
        return DONE;
    TRY(store_address_vaults(call, &refused, &vaults, err));
    TRY(store_address_strip(call, &refused, err));
    return act_doom(call, &(struct doomed){.vaults = vaults.items, .n = vaults.n}, err);
}

enum outcome clear_idle(struct call *call, bool *again, struct error *err)
{
    struct uuid_list due, bare, kept;

    TRY(store_idle_due(call, PAGE_MOST, &due, err));
    if (due.n == 0)
        return DONE;
    *again = due.n == PAGE_MOST;
    TRY(store_bare(call, due.items, due.n, &bare, err));
    kept = (struct uuid_list){.items = ARENA_ARRAY(call->arena, due.n + 1, struct uuid)};
    for (size_t i = 0; i < due.n; i++)
        if (!in(&bare, &due.items[i]))
            kept.items[kept.n++] = due.items[i];
    if (kept.n > 0)
        TRY(store_idle_kept(call, &kept, err));
    return end_bare(call, &bare, err);
}

/* Keys first, which commits elsewhere, then the rows: what is listed was given up by a transaction that has committed. */
enum outcome destroy_doomed(struct call *call, bool *again, struct error *err)
{
    struct uuid_list doomed;
    int64_t gone;

    TRY(store_doomed(call, PAGE_MOST, &doomed, err));
    if (doomed.n == 0)
        return DONE;
    *again = doomed.n == PAGE_MOST;
    TRY(vault_keys_destroy(call->vault, doomed.items, doomed.n, &gone, err));
    TRY(vault_delete(call->vault, call->pg, doomed.items, doomed.n, call->arena, &gone, err));
    return store_doomed_drop(call, &doomed, err);
}

static enum outcome lapse_page(struct call *call, const struct lapsing *due, size_t n, struct error *err)
{
    struct uuid *addresses = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    struct standing_query *queries = ARENA_ARRAY(call->arena, n, struct standing_query);
    struct standing *standings = ARENA_ARRAY(call->arena, n, struct standing);

    for (size_t i = 0; i < n; i++)
        addresses[i] = due[i].address;
    TRY(store_addresses_lock(call, addresses, n, err)); /* whoever confirms anew right now isn't overwritten */
    for (size_t i = 0; i < n; i++)
        queries[i] =
            (struct standing_query){.email = due[i].email, .channel = due[i].channel, .purpose = due[i].purpose};
    TRY(store_standing(call, queries, n, standings, err));
    for (size_t i = 0; i < n; i++)
        if (decide_lapse(&standings[i], call->policy, policy_purpose(call->policy, due[i].purpose), call->now_us))
            TRY(act_lapse(call, &standings[i], &due[i].email, due[i].channel, due[i].purpose, err));
    if (n > 0)
        log_info(call->log, "grants.lapsed", F_INT("grants", n));
    return DONE;
}

static bool none(struct duration d)
{
    return d.months == 0 && d.days == 0 && d.us == 0;
}

/* What a source asserted for a purpose and nobody confirmed within the policy's term. */
static enum outcome lapse_assertions(struct call *call, struct text system, bool *again, struct error *err)
{
    struct lapsing *due;
    size_t n;

    for (size_t i = 0; i < call->policy->purposes_n; i++) {
        struct text purpose = text_of(call->policy->purposes[i].name);
        struct policy_asserted allowed = policy_asserted(call->policy, system, purpose);

        if (!allowed.mailed || none(allowed.confirm_within))
            continue;
        TRY(store_unconfirmed(call, system, purpose, allowed.confirm_within, PAGE_MOST, &due, &n, err));
        TRY(n > 0 ? lapse_page(call, due, n, err) : DONE);
        *again = *again || n == PAGE_MOST;
    }
    return DONE;
}

enum outcome lapse_grants(struct call *call, bool *again, struct error *err)
{
    const struct policy *policy = call->policy;
    struct lapsing *due;
    size_t n;

    for (size_t i = 0; i < policy->purposes_n; i++) {
        if (none(policy->purposes[i].unused_after))
            continue;
        TRY(store_unused(call, text_of(policy->purposes[i].name), policy->purposes[i].unused_after, PAGE_MOST, &due, &n,
                         err));
        TRY(n > 0 ? lapse_page(call, due, n, err) : DONE);
        *again = *again || n == PAGE_MOST;
    }
    for (size_t i = 0; i < policy->sources_n; i++)
        TRY(lapse_assertions(call, text_of(policy->sources[i].system), again, err));
    return DONE;
}

/* Was a row changed, put in or taken out behind our back? All of it is read, a page a transaction. */
enum outcome verify_ledger(struct call *call, bool *again, struct error *err)
{
    const struct consent_shared *shared = call->state;
    struct hash after = {{0}};
    int64_t n = CHAINS_A_PAGE, broken, all_broken = 0;

    (void)again;
    while (n == CHAINS_A_PAGE && !call_stopping(call)) {
        TRY(store_ledger_verify(call, CHAINS_A_PAGE, &after, &n, &broken, err));
        TRY(call_checkpoint(call, err));
        all_broken += broken;
    }
    metric_set(shared->broken_chains, all_broken);
    if (all_broken > 0)
        log_error(call->log, "ledger.broken", F_INT("chains", all_broken));
    return DONE;
}
