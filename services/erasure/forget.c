/* forget: what erasure itself holds about a person: the sets and sealed notes of their other requests. The forget's own
 * set goes when it is closed, its own secrets when the last holder has answered. */
#include "common/forget/forget.h"

#include "services/erasure/secrets.h"
#include "services/erasure/service.h"
#include "services/erasure/store.h"

/* What they keep of the person: requests of other kinds that are open. */
static enum outcome secrets_about(struct call *call, const struct uuid_list *requests, struct uuid_list *out,
                                  struct error *err)
{
    const struct text what[] = {TEXT("contact"), TEXT("identifiers")};
    struct uuid_list some[1];

    *out = (struct uuid_list){0};
    for (size_t i = 0; i < requests->n; i++) {
        TRY(secrets_of(call, &requests->items[i], what, 2, some, err));
        struct uuid *all = ARENA_ARRAY(call->arena, out->n + some->n, struct uuid);
        for (size_t k = 0; k < out->n; k++)
            all[k] = out->items[k];
        for (size_t k = 0; k < some->n; k++)
            all[out->n + k] = some->items[k];
        *out = (struct uuid_list){.items = all, .n = out->n + some->n};
    }
    return DONE;
}

/* Their keys are gone before we answer that nothing is left. */
static enum outcome prepare(struct call *call, const struct forget_set *set, struct error *err)
{
    struct uuid_list requests, secrets;
    int64_t destroyed;

    if (set->expiry)
        return DONE;
    TRY(set_overlap(call, set, &requests, err));
    TRY(secrets_about(call, &requests, &secrets, err));
    return secrets.n == 0 ? DONE : vault_keys_destroy(call->vault, secrets.items, secrets.n, &destroyed, err);
}

static enum outcome erase(struct call *call, const struct forget_set *set, int64_t *rows, struct error *err)
{
    struct uuid_list requests, secrets;

    *rows = 0;
    if (set->expiry)
        return DONE;
    TRY(set_overlap(call, set, &requests, err));
    TRY(secrets_about(call, &requests, &secrets, err));
    TRY(secrets_destroy(call, secrets, err));
    for (size_t i = 0; i < requests.n; i++)
        TRY(set_drop(call, &requests.items[i], err));
    *rows = (int64_t)requests.n;
    return DONE;
}

static enum outcome count(struct call *call, const struct forget_set *set, int64_t *remaining, struct error *err)
{
    struct uuid_list requests;

    *remaining = 0;
    if (set->expiry)
        return DONE;
    TRY(set_overlap(call, set, &requests, err));
    *remaining = (int64_t)requests.n;
    return DONE;
}

const struct forget_table erasure_forget = {.prepare = prepare, .erase = erase, .count = count};
