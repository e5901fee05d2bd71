/* activities: what becomes of an order, case, enquiry or email, and of each person's part in it. */
#include <stdio.h>
#include <string.h>

#include "services/intake/batch.h"
#include "services/intake/redact.h"
#include "services/intake/store.h"

/* ---- who of its persons is forgotten ----------------------------------------------------------------------------------- */

static size_t keys_of_part(const struct part *part)
{
    return part->staff ? 0
                       : (size_t)!hash_is_none(&part->ids.source) + (size_t)!hash_is_none(&part->ids.email) +
                             (size_t)!hash_is_none(&part->ids.email_wide);
}

struct missing {
    size_t gone;
    bool restricted;
    bool blank; /* the free texts go with one of them */
    struct uuid request;
    struct literals literals;
};

/* The one whose own new act it is begins anew; nobody else does by it. */
static void begin_anew(struct batch *batch, struct work *work)
{
    size_t at = work->stones_at, n;

    for (size_t i = 0; i < work->activity->n; i++, at += n) {
        struct uuid request = {0};
        n = keys_of_part(&work->activity->parts[i]);
        if (stones_verdict(batch, work, at, n, &request) == VERDICT_YIELD && activity_acts(work->activity, i))
            batch_yield(batch, at, n);
    }
}

/* Takes out the parts of those who are forgotten or restricted. */
static void take_out(struct batch *batch, struct work *work, struct missing *missing)
{
    size_t at = work->stones_at, n;

    for (size_t i = 0; i < work->activity->n; i++, at += n) {
        struct part *part = &work->activity->parts[i];
        struct uuid request = {0};
        enum verdict verdict;
        n = keys_of_part(part);
        verdict = stones_verdict(batch, work, at, n, &request);
        if (verdict == VERDICT_TAKE)
            continue;
        part->gone = true;
        missing->gone++;
        missing->restricted |= verdict == VERDICT_RESTRICTED;
        if (verdict == VERDICT_RESTRICTED || uuid_is_nil(&missing->request))
            missing->request = request;
        if (verdict != VERDICT_RESTRICTED) /* another's act doesn't move their tombstone */
            part->forgotten = request;
        missing->blank = missing->blank || content_goes_with(work->activity->content.category, part->role);
        literals_add(&missing->literals, part->email, batch->arena);
        literals_add(&missing->literals, part->name, batch->arena);
    }
}

/* The event is taken, but a source has sent somebody who is forgotten: erasure must hear of it. */
static void tell_forgotten(struct batch *batch, struct work *work, const struct uuid *told)
{
    char pointer[64];

    for (size_t i = 0; i < work->activity->n; i++) {
        const struct part *part = &work->activity->parts[i];
        struct error why = {0};
        if (uuid_is_nil(&part->forgotten) || (told != NULL && uuid_equal(&part->forgotten, told)))
            continue;
        (void)snprintf(pointer, sizeof pointer, "/data/persons/%zu", part->place);
        (void)error_refuse(&why, pointer, "forgotten", "the person has been forgotten");
        batch_refuse_part(batch, work, &why, &part->forgotten, false);
    }
}

/* False: nobody is left whose activity it would be. */
static bool persons_left(struct batch *batch, struct work *work, struct missing *missing)
{
    struct error why = {0};

    if (!batch->any_stone)
        return true;
    begin_anew(batch, work);
    take_out(batch, work, missing);
    if (missing->gone == 0)
        return true;
    if (activity_persons(work->activity) == 0) {
        (void)error_refuse(&why, "/data/persons", missing->restricted ? "restricted" : "forgotten",
                           "the only person in it has been forgotten or has asked for it");
        batch_refuse_work(batch, work, &why, &missing->request, missing->restricted);
        tell_forgotten(batch, work, &missing->request);
        return false;
    }
    (void)redact_scalars(&work->activity->content.fields, &missing->literals, batch->arena);
    if (missing->blank)
        (void)content_blank(&work->activity->content);
    tell_forgotten(batch, work, NULL);
    if (missing->restricted) {
        /* a copy waits: should the request be cancelled, the part comes back */
        (void)error_refuse(&why, "/data/persons", "restricted", "a request about a person in it is under way");
        batch_refuse_part(batch, work, &why, &missing->request, true);
    }
    return true;
}

/* ---- versions ----------------------------------------------------------------------------------------------------------- */

static bool is_newer(struct batch *batch, struct work *work, const struct slot *slot, const struct version *version)
{
    struct error why = {0};

    if (slot->activity != NULL || slot->found)
        return version->value > slot->version.value || (version->value == slot->version.value && slot->partial);
    if (!slot->ended || decide_anew(&slot->ended_version, version))
        return true;
    if (slot->ended_reason == END_EXPIRED) {
        (void)error_refuse(&why, "/data/activity/version", "expired", "this version's time is over");
        batch_refuse_work(batch, work, &why, NULL, false);
        batch->late--;
    }
    return false;
}

void take_activity(struct batch *batch, struct work *work)
{
    const struct activity_recorded *in = work->item->event;
    struct slot *slot = slot_at(batch, work->slot);
    struct missing missing = {0};
    struct error why = {0};

    if (!kind_fits(batch, work, in->activity.system, &in->activity.version, "/data/activity/version"))
        return;
    if (slot->blocked) {
        (void)error_refuse(&why, "", "forgotten", "the activity is being destroyed");
        batch_refuse_work(batch, work, &why, NULL, false);
        return;
    }
    if (!is_newer(batch, work, slot, &in->activity.version)) {
        batch->late++;
        return;
    }
    if (!persons_left(batch, work, &missing))
        return;
    if (!slot->found && slot->activity == NULL) {
        slot->fresh = true;
        slot->record = batch_fresh(batch, work, "activity", 0);
        slot->content = slot->record;
    }
    slot->activity = work->activity;
    slot->version = in->activity.version;
    slot->now_partial = slot->partial = missing.restricted;
    slot->partition = work->item->meta->partition;
    batch->activities_n++;
    batch->dropped += (int64_t)work->activity->dropped;
}

/* ---- writing ------------------------------------------------------------------------------------------------------------- */

static bool same_part(const struct part *old, const struct part *now)
{
    return old->role == now->role && old->staff == now->staff && hash_equal(&old->ids.source, &now->ids.source) &&
           hash_equal(&old->ids.email, &now->ids.email);
}

/* Parts that were there keep their ids; those that aren't named any more end. */
static void match_parts(struct batch *batch, const struct slot *slot)
{
    struct activity *activity = slot->activity;
    bool *kept = ARENA_ARRAY(batch->arena, slot->old_parts_n, bool);

    for (size_t i = 0; i < activity->n; i++) {
        struct part *part = &activity->parts[i];
        for (size_t k = 0; k < slot->old_parts_n && uuid_is_nil(&part->part_id) && !part->gone; k++)
            if (!kept[k] && same_part(&slot->old_parts[k], part)) {
                part->part_id = slot->old_parts[k].part_id;
                part->record_id = slot->old_parts[k].record_id;
                kept[k] = true;
            }
    }
    for (size_t k = 0; k < slot->old_parts_n; k++) {
        if (kept[k])
            continue;
        *LIST_ADD(&batch->dropped_parts, batch->arena) = slot->old_parts[k].part_id;
        *LIST_ADD(&batch->dropped_items, batch->arena) = slot->old_parts[k].part_id;
        *LIST_ADD(&batch->doomed, batch->arena) = slot->old_parts[k].part_id;
    }
}

/* A new part's id follows from its activity's and its place, so that a repeat finds its key. */
static struct uuid part_id(const struct batch *batch, const struct uuid *activity, size_t number)
{
    char both[sizeof activity->b + sizeof number];
    struct hash hash;

    memcpy(both, activity->b, sizeof activity->b);
    memcpy(both + sizeof activity->b, &number, sizeof number);
    hash = crypto_hash(batch->intake->index_key, "part", (struct text){both, sizeof both});
    return uuid_v8(hash.b);
}

static void find_records(struct batch *batch, struct part *part)
{
    const struct slot *slot;

    if (part->staff || hash_is_none(&part->ids.source))
        return;
    slot = slot_at(batch, batch_slot(batch, &part->ids.source, part->system, false));
    if (slot->found || slot->fresh)
        part->record_id = slot->record;
}

static void add_items(struct batch *batch, const struct slot *slot)
{
    struct activity *activity = slot->activity;

    content_encode(&activity->content, &batch->text);
    *LIST_ADD(&batch->items, batch->arena) = (struct vault_item){.id = slot->content,
                                                                 .owner = slot->record,
                                                                 .kind = VAULT_ACTIVITY,
                                                                 .plain = batch_text(batch),
                                                                 .expires_us = CLOCK_NONE};
    for (size_t i = 0; i < activity->n; i++) {
        struct part *part = &activity->parts[i];
        if (part->gone)
            continue;
        part_encode(part, &batch->text);
        *LIST_ADD(&batch->items, batch->arena) = (struct vault_item){.id = part->part_id,
                                                                     .owner = slot->record,
                                                                     .kind = VAULT_PART,
                                                                     .plain = batch_text(batch),
                                                                     .expires_us = CLOCK_NONE};
    }
}

static void announce(struct batch *batch, const struct slot *slot)
{
    const struct activity *activity = slot->activity;
    struct activity_accepted accepted = {
        .activity = slot->record,
        .rev = slot->new_rev,
        .system = activity->content.system,
        .category = text_of(activity->content.category->name),
        .dates = activity_dates(&activity->content, batch->arena),
        .policy_version = batch->call->policy_version,
    };

    accepted.parts.items = ARENA_ARRAY(batch->arena, activity->n, struct activity_part);
    for (size_t i = 0; i < activity->n; i++) {
        const struct part *part = &activity->parts[i];
        if (part->gone)
            continue;
        accepted.parts.items[accepted.parts.n++] = (struct activity_part){.part = part->part_id,
                                                                          .role = part->role,
                                                                          .staff = part->staff,
                                                                          .record = part->record_id,
                                                                          .keys = part_keys(part, batch->arena)};
    }
    outbox_publish(batch->call->outbox, &activity_accepted_event, &slot->record, &accepted);
}

enum outcome batch_write_activities(struct batch *batch, struct error *err)
{
    for (size_t i = 0; i < batch->slots.n; i++) {
        struct slot *slot = slot_at(batch, i);
        size_t number = slot->old_parts_n;
        if (slot->activity == NULL)
            continue;
        slot->new_rev = decide_rev(slot->rev, batch->rev_base);
        match_parts(batch, slot);
        for (size_t k = 0; k < slot->activity->n; k++) {
            struct part *part = &slot->activity->parts[k];
            if (uuid_is_nil(&part->part_id))
                part->part_id = part_id(batch, &slot->record, number++ + (size_t)slot->version.value * 1000);
            find_records(batch, part);
            slot = slot_at(batch, i); /* looking up may have moved the slots */
        }
        add_items(batch, slot);
        TRY(store_activity_put(batch, slot, err));
        announce(batch, slot);
    }
    return DONE;
}
