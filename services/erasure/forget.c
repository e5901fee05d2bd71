/* forget: what erasure itself holds about a person: the sets and sealed notes of their other requests. The forget's own
 * set goes when it is closed, its own secrets when the last holder has answered. */
#include "common/forget/forget.h"

#include "services/erasure/secrets.h"
#include "services/erasure/service.h"
#include "services/erasure/store.h"

static enum outcome erase(struct call *call, const struct forget_set *set, int64_t *rows, struct error *err)
{
    const struct text what[] = {TEXT("contact"), TEXT("identifiers")};
    struct uuid_list requests, secrets;

    *rows = 0;
    if (set->expiry)
        return DONE;
    TRY(set_overlap(call, set, &requests, err));
    for (size_t i = 0; i < requests.n; i++) {
        TRY(secrets_of(call, &requests.items[i], what, 2, &secrets, err));
        TRY(secrets_destroy(call, secrets, err));
        TRY(set_drop(call, &requests.items[i], err));
    }
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

const struct forget_table erasure_forget = {.erase = erase, .count = count};
