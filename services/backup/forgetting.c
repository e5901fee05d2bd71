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

/* While a human is asked this comes again and again: what was said once is said again only with something new, or at the
 * end. */
static enum outcome answer_all(struct call *call, const struct forget_set *set, const struct hash_list *keys,
                               struct error *err)
{
    struct backup_list copies;
    int64_t destroyed_us, open;
    bool fresh = false;

    TRY(store_asked(call, &set->request, &destroyed_us, err));
    TRY(store_may_hold(call, destroyed_us, keys, &copies, err));
    for (size_t i = 0; i < copies.n; i++) {
        struct backup_verdict verdict = decide_verdict(&copies.items[i], destroyed_us);
        bool added;
        TRY(store_answer(call, &set->request, &copies.items[i].id, &verdict, &added, err));
        fresh = fresh || added;
    }
    TRY(store_answers_open(call, &set->request, &open, err));
    return fresh || open == 0 ? store_publish_answers(call, &set->request, &(struct uuid){0}, err) : DONE;
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

/* A copy that nobody has answered for counts as one row that is left: the request stays open. */
static enum outcome count(struct call *call, const struct forget_set *set, int64_t *remaining, struct error *err)
{
    struct hash_list keys = hashes(call, set);
    int64_t open;

    *remaining = 0;
    if (set->expiry)
        return DONE;
    TRY(store_manifest_count(call, &keys, remaining, err));
    TRY(store_answers_open(call, &set->request, &open, err));
    *remaining += open;
    return DONE;
}

const struct forget_table backup_forget = {.erase = erase, .count = count, .waits_for_humans = true};
