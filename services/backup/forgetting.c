/* forgetting: a holder like any other: for each copy that may hold the person it says dark, gone or human, and takes the
 * person's hashes out of the manifests. */
#include "services/backup/service.h"

static struct hash_list hashes(struct call *call, const struct forget_set *set)
{
    struct hash_list list = {.items = ARENA_ARRAY(call->arena, set->keys_n + 1, struct hash), .n = set->keys_n};

    for (size_t i = 0; i < set->keys_n; i++)
        list.items[i] = set->keys[i].hash;
    return list;
}

static enum outcome answer_all(struct call *call, const struct forget_set *set, const struct hash_list *keys,
                               struct error *err)
{
    struct backup_list copies;

    TRY(store_may_hold(call, call->now_us, keys, &copies, err));
    for (size_t i = 0; i < copies.n; i++) {
        struct backup_verdict verdict = decide_verdict(&copies.items[i], call->now_us);
        TRY(store_answer(call, &set->request, &copies.items[i].id, &verdict, err));
    }
    return store_publish_answers(call, &set->request, err);
}

static enum outcome erase(struct call *call, const struct forget_set *set, int64_t *rows, struct error *err)
{
    struct hash_list keys = hashes(call, set);

    *rows = 0;
    if (set->expiry) /* an expiry leaves no trace that anybody could ask about */
        return DONE;
    TRY(answer_all(call, set, &keys, err));
    return store_manifest_erase(call, &keys, rows, err);
}

static enum outcome count(struct call *call, const struct forget_set *set, int64_t *remaining, struct error *err)
{
    struct hash_list keys = hashes(call, set);

    *remaining = 0;
    return set->expiry ? DONE : store_manifest_count(call, &keys, remaining, err);
}

const struct forget_table backup_forget = {.erase = erase, .count = count};
