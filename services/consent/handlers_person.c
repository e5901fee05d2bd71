/* handlers_person: who is one person, so that a refusal reaches all of theirs. */
#include "services/consent/act.h"
#include "services/consent/gate.h"
#include "services/consent/handlers.h"

static enum outcome is_gone(struct call *call, const struct uuid *person, bool *gone, struct error *err)
{
    return forget_check_ids(call, person, 1, gone, err);
}

enum outcome on_person_linked(struct call *call, const void *event, struct error *err)
{
    const struct person_linked *in = event;
    struct hash *keys = ARENA_ARRAY(call->arena, in->keys.n + 1, struct hash);
    struct changed_list changed;
    bool gone, newer;
    size_t n = 0;

    TRY(is_gone(call, &in->person, &gone, err));
    if (gone)
        return DONE;
    for (size_t i = 0; i < in->keys.n; i++)
        if (in->keys.items[i].kind == KEY_EMAIL || in->keys.items[i].kind == KEY_EMAIL_WIDE ||
            in->keys.items[i].kind == KEY_SOURCE)
            keys[n++] = in->keys.items[i].hash;
    TRY(store_person_put(call, &in->person, in->rev, false, in->restricted, &newer, err));
    if (!newer)
        return DONE;
    TRY(store_person_members(call, &in->person, keys, n, in->records.items, in->records.n, &changed, err));
    act_publish(call, &changed);
    return DONE;
}

/* What the person refused reaches all who came after it, by now; and so do the grants that it ends there. */
static enum outcome pass_on(struct call *call, const struct uuid *person, struct error *err)
{
    struct changed_list changed;
    struct uuid_list heirs;

    TRY(store_heirs_copy(call, person, &heirs, err));
    for (size_t i = 0; i < heirs.n; i++) {
        TRY(store_person_settle(call, &heirs.items[i], &changed, err));
        act_publish(call, &changed);
    }
    return DONE;
}

enum outcome on_person_merged(struct call *call, const void *event, struct error *err)
{
    const struct person_merged *in = event;
    struct changed_list changed;
    bool gone, newer;

    TRY(is_gone(call, &in->person, &gone, err));
    if (gone)
        return DONE;
    TRY(store_person_put(call, &in->person, in->rev, true, false, &newer, err));
    if (!newer)
        return DONE;
    TRY(store_person_members(call, &in->person, NULL, 0, NULL, 0, &changed, err));
    if (uuid_is_nil(&in->into))
        return DONE;
    TRY(is_gone(call, &in->into, &gone, err));
    if (gone)
        return DONE;
    TRY(store_heir_put(call, &in->person, &in->into, false, err));
    return pass_on(call, &in->person, err);
}

/* Both halves keep what was refused. Partitions are by person: a merge into one half may be heard after the split, so the
 * line is kept, and copies are idempotent. */
enum outcome on_person_split(struct call *call, const void *event, struct error *err)
{
    const struct person_split *in = event;
    const struct uuid halves[2] = {in->person, in->from};
    bool gone[2];

    TRY(forget_check_ids(call, halves, 2, gone, err));
    if (gone[0] || gone[1])
        return DONE;
    for (size_t i = 0; i < 2; i++)
        TRY(store_heir_put(call, &halves[i], &halves[1 - i], true, err));
    for (size_t i = 0; i < 2; i++)
        TRY(pass_on(call, &halves[i], err));
    return DONE;
}
