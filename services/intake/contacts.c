/* contacts: what becomes of a source's records: begun, changed, ended, joined. */
#include <stdio.h>
#include <string.h>

#include "services/intake/batch.h"

/* ---- tombstones ---------------------------------------------------------------------------------------------------- */

enum verdict stones_verdict(struct batch *batch, const struct work *work, size_t at, size_t n, struct uuid *request)
{
    if (!batch->any_stone)
        return VERDICT_TAKE;
    for (size_t i = at; i < at + n; i++)
        for (size_t k = 0; k < batch->barriers.n; k++)
            if (batch->barriers.items[k].part == work->item->meta->partition &&
                uuid_equal(&batch->barriers.items[k].barrier, &batch->stone_barriers[i]))
                batch->stones[i].barrier_seen = true; /* earlier in this very batch */
    return decide_stones(batch->stones + at, n, &work->act, request);
}

/* The person has begun anew: what stood on these identifiers ends, for the rest of this batch, too. */
void batch_yield(struct batch *batch, size_t at, size_t n)
{
    for (size_t i = at; i < at + n; i++) {
        if (!batch->stones[i].stands)
            continue;
        *LIST_ADD(&batch->yields, batch->arena) = batch->keys.items[i];
        for (size_t k = 0; k < batch->keys.n; k++)
            if (hash_equal(&batch->keys.items[k].hash, &batch->keys.items[i].hash))
                batch->stones[k].stands = false;
    }
}

static void refuse_by(struct batch *batch, struct work *work, enum verdict verdict, const struct uuid *request)
{
    struct error why = {0};

    if (verdict == VERDICT_RESTRICTED)
        (void)error_refuse(&why, "", "restricted", "a request about this person is under way");
    else
        (void)error_refuse(&why, "", "forgotten", "the person has been forgotten");
    batch_refuse_work(batch, work, &why, request, verdict == VERDICT_RESTRICTED);
}

bool work_verdict(struct batch *batch, struct work *work)
{
    struct uuid request = {0};
    enum verdict verdict = stones_verdict(batch, work, work->stones_at, work->stones_n, &request);

    if (verdict == VERDICT_YIELD)
        batch_yield(batch, work->stones_at, work->stones_n);
    if (verdict == VERDICT_TAKE || verdict == VERDICT_YIELD)
        return true;
    refuse_by(batch, work, verdict, &request);
    return false;
}

/* ---- versions ------------------------------------------------------------------------------------------------------- */

static enum version_kind known_kind(struct batch *batch, struct text system)
{
    struct intake *intake = batch->intake;
    enum version_kind known = VERSION_NONE;

    (void)pthread_mutex_lock(&intake->kinds_lock);
    for (size_t i = 0; i < intake->kinds_n; i++)
        if (text_is(system, intake->kinds[i].system))
            known = (enum version_kind)intake->kinds[i].kind;
    (void)pthread_mutex_unlock(&intake->kinds_lock);
    for (size_t i = 0; i < batch->new_kinds.n; i++)
        if (text_equal(system, batch->new_kinds.items[i].system))
            known = (enum version_kind)batch->new_kinds.items[i].kind;
    return known;
}

bool kind_fits(struct batch *batch, struct work *work, struct text system, const struct version *version,
               const char *pointer)
{
    enum version_kind known = known_kind(batch, system);
    struct error why = {0};

    if (decide_kind(known, version->kind, pointer, &why) != DONE) {
        batch_refuse_work(batch, work, &why, NULL, true);
        return false;
    }
    if (known == VERSION_NONE && version->kind != VERSION_NONE)
        *LIST_ADD(&batch->new_kinds, batch->arena) = (struct new_kind){.system = system, .kind = (int)version->kind};
    return true;
}

/* Rows that somebody else's transaction is taking away, or that a request restricts by their id. */
static bool slot_open(struct batch *batch, struct work *work, const struct slot *slot)
{
    struct error why = {0};

    if (slot->blocked) {
        (void)error_refuse(&why, "", "forgotten", "the record is being destroyed");
        batch_refuse_work(batch, work, &why, NULL, false);
        return false;
    }
    if (slot->found && slot->restricted) {
        (void)error_refuse(&why, "", "restricted", "a request about this person is under way");
        batch_refuse_work(batch, work, &why, &slot->request, true);
        return false;
    }
    return true;
}

/* ---- recorded --------------------------------------------------------------------------------------------------------- */

static bool begins_anew(struct batch *batch, struct work *work, const struct slot *slot, const struct version *version)
{
    struct error why = {0};

    if (!slot->ended || decide_anew(&slot->ended_version, version))
        return true;
    if (slot->ended_reason != END_EXPIRED) {
        batch->late++;
        return false;
    }
    (void)error_refuse(&why, "/data/record/version", "expired", "this version's time is over");
    batch_refuse_work(batch, work, &why, NULL, false);
    return false;
}

/* The row's own state, from what lies sealed. False where it can't be had: then the change begins it anew. */
static bool open_state(struct batch *batch, struct slot *slot)
{
    struct error ignored;
    struct text json;

    if (slot->sealed.p == NULL ||
        vault_unseal(slot->key_bytes, &slot->record, slot->sealed, batch->arena, &json, &ignored) != DONE)
        return false;
    return state_decode(batch->call->policy, json, batch->arena, &slot->state, &ignored) == DONE;
}

/* What a change does to a record: true where something of it is new. */
static bool apply(struct batch *batch, struct work *work, struct slot *slot, const struct contact_recorded *in)
{
    if (slot->has_state) {
        slot->ids_known = false;
        return state_apply(&slot->state, &work->change, batch->arena);
    }
    if (slot->found && state_is_old(slot->full, &work->change))
        return false;
    if (slot->found && state_needs_old(slot->version.value, slot->full, &work->change) && open_state(batch, slot)) {
        slot->has_state = true;
        return state_apply(&slot->state, &work->change, batch->arena);
    }
    state_begin(&slot->state, in->record.system, in->record.id, &work->change, batch->arena);
    slot->has_state = true;
    slot->ids = work->ids;
    slot->ids_known = true;
    return true;
}

void take_contact(struct batch *batch, struct work *work)
{
    const struct contact_recorded *in = work->item->event;
    struct slot *slot = slot_at(batch, work->slot);
    bool begins = !slot->found && !slot->has_state;

    if (!kind_fits(batch, work, in->record.system, &in->record.version, "/data/record/version") ||
        !work_verdict(batch, work) || !slot_open(batch, work, slot) ||
        (begins && !begins_anew(batch, work, slot, &in->record.version)))
        return;
    if (!apply(batch, work, slot, in)) {
        batch->late++;
        batch->asks_dropped += (int64_t)in->consents.n;
        return;
    }
    if (begins) {
        slot->fresh = true;
        slot->record = batch_fresh(batch, work, "record", 0);
        slot->created_us = batch->call->now_us;
    }
    slot->version = in->record.version;
    slot->version.value = slot->state.version;
    slot->dirty = true;
    slot->partition = work->item->meta->partition;
    batch->accepted++;
    batch->dropped += (int64_t)work->change.dropped;
    if (in->consents.n == 0)
        return;
    slot_identify(batch, slot);
    ask_consents(batch, work, slot);
}

/* ---- removed ---------------------------------------------------------------------------------------------------------- */

static int end_reason(int reason)
{
    static const int ends[] = {[REMOVED_DELETED] = END_DELETED,
                               [REMOVED_MERGED] = END_MERGED,
                               [REMOVED_DEACTIVATED] = END_DEACTIVATED,
                               [REMOVED_ERASED] = END_ERASED};

    return ends[reason];
}

static void end_slot(struct batch *batch, const struct work *work, struct slot *slot, const struct version *version,
                     int reason)
{
    struct version at = decide_end_version(&slot->version, version);

    if (slot->found) {
        slot->gone = slot->record;
        *LIST_ADD(&batch->doomed, batch->arena) = slot->record;
        announce_removed(batch->call, &slot->record, decide_rev(slot->rev, batch->rev_base), reason,
                         work->item->meta->partition);
    }
    slot->found = slot->dirty = slot->fresh = slot->has_state = false;
    slot->ended = at.kind != VERSION_NONE;
    slot->ended_version = at;
    slot->ended_reason = reason;
    slot->sealed = (struct bytes){0};
    if (slot->ended)
        *LIST_ADD(&batch->ends, batch->arena) = (struct end){.key = slot->key, .version = at, .reason = reason};
}

void take_removed(struct batch *batch, struct work *work)
{
    const struct contact_removed *in = work->item->event;
    struct slot *slot = slot_at(batch, work->slot);

    if (!kind_fits(batch, work, in->record.system, &in->record.version, "/data/record/version") ||
        !work_verdict(batch, work) || !slot_open(batch, work, slot))
        return;
    if ((slot->found || slot->has_state) && !decide_removes(&slot->version, &in->record.version)) {
        batch->late++;
        return;
    }
    if (!slot->found && !slot->has_state) {
        /* what it ends was never here; what comes below its version stays out */
        slot->version = (struct version){0};
        if (slot->ended && !decide_ends(&slot->ended_version, &in->record.version)) {
            batch->late++;
            return;
        }
    }
    end_slot(batch, work, slot, &in->record.version, end_reason(in->reason));
}

/* ---- merged ----------------------------------------------------------------------------------------------------------- */

/* One that is forgotten doesn't part the others: they are one person still. Restricted ones hold the whole back. */
static enum verdict merged_verdict(struct batch *batch, const struct work *work, struct uuid *request)
{
    struct uuid forgotten = {0};
    bool restricted = false;
    size_t living = 0;

    for (size_t i = 0; i < work->stones_n; i++) {
        struct uuid whose = {0};
        enum verdict one = stones_verdict(batch, work, work->stones_at + i, 1, &whose);
        living += one != VERDICT_FORGOTTEN;
        restricted |= one == VERDICT_RESTRICTED;
        if (one == VERDICT_RESTRICTED)
            *request = whose;
        else if (one == VERDICT_FORGOTTEN)
            forgotten = whose;
    }
    if (living == work->stones_n || living > 1)
        return restricted ? VERDICT_RESTRICTED : VERDICT_TAKE;
    *request = forgotten;
    return VERDICT_FORGOTTEN;
}

/* The survivor is the first, then come the losers. */
static void tell_forgotten(struct batch *batch, struct work *work, size_t number, const struct uuid *request)
{
    char pointer[64] = "/data/survivor";
    struct error why = {0};

    if (number > 0)
        (void)snprintf(pointer, sizeof pointer, "/data/losers/%zu", number - 1);
    (void)error_refuse(&why, pointer, "forgotten", "the person has been forgotten");
    batch_refuse_part(batch, work, &why, request, false);
}

void take_merged(struct batch *batch, struct work *work)
{
    struct record_joined joined = {.id = batch_derived(batch, work, "joined", 0)};
    char key[UUID_TEXT_BYTES];
    struct uuid request = {0};
    enum verdict verdict = merged_verdict(batch, work, &request);

    if (verdict != VERDICT_TAKE) {
        refuse_by(batch, work, verdict, &request);
        return;
    }
    joined.sources.items = ARENA_ARRAY(batch->arena, work->stones_n, struct key);
    for (size_t i = 0; i < work->stones_n; i++) {
        const struct stone *stone = &batch->stones[work->stones_at + i];
        if (stone->stands)
            tell_forgotten(batch, work, i, &stone->request);
        else
            joined.sources.items[joined.sources.n++] =
                (struct key){.kind = KEY_SOURCE, .hash = batch->keys.items[work->stones_at + i].hash};
    }
    uuid_format(&joined.id, key);
    outbox_add(batch->call->outbox, &(struct outbox_message){.type = &record_joined_event,
                                                             .partition = work->item->meta->partition,
                                                             .key = text_of(key),
                                                             .data = &joined,
                                                             .id = joined.id});
    batch->accepted++;
}
