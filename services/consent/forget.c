/* forget: how consent forgets: the keys of what lies in the vault, then ledger, states, links, refusals and persons. */
#include "common/forget/forget.h"

#include "services/consent/act.h"
#include "services/consent/handlers.h"

static enum outcome prepare(struct call *call, const struct forget_set *set, struct error *err)
{
    struct uuid_list addresses, vaults;
    int64_t gone;

    TRY(store_forget_addresses(call, set, &addresses, err));
    TRY(store_forget_vaults(call, set, &addresses, &vaults, err));
    return vaults.n > 0 ? vault_keys_destroy(call->vault, vaults.items, vaults.n, &gone, err) : DONE;
}

static enum outcome erase(struct call *call, const struct forget_set *set, int64_t *rows, struct error *err)
{
    struct uuid_list addresses, vaults;
    int64_t items = 0;

    TRY(store_forget_addresses(call, set, &addresses, err));
    TRY(store_forget_vaults(call, set, &addresses, &vaults, err));
    if (vaults.n > 0)
        TRY(vault_delete(call->vault, call->pg, vaults.items, vaults.n, call->arena, &items, err));
    TRY(store_forget_erase(call, set, &addresses, rows, err));
    *rows += items;
    return DONE;
}

static enum outcome count(struct call *call, const struct forget_set *set, int64_t *remaining, struct error *err)
{
    struct uuid_list addresses;

    TRY(store_forget_addresses(call, set, &addresses, err));
    return store_forget_count(call, set, &addresses, remaining, err);
}

const struct forget_table consent_forget = {.prepare = prepare, .erase = erase, .count = count};

enum outcome consent_resync(struct call *call, struct uuid *after, bool *again, struct error *err)
{
    struct changed_list changed;

    TRY(store_resync_page(call, after, again, &changed, err));
    act_publish(call, &changed);
    return DONE;
}
