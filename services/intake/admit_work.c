/* admit_work: the first look at each event of a batch: envelope, decoding's word, the policy's word, and every identifier
 * that tombstones may stand on. No I/O. */
#include <string.h>

#include "services/intake/acts.h"
#include "services/intake/batch.h"

void work_key(struct batch *batch, enum key_kind kind, const struct hash *hash)
{
    if (!hash_is_none(hash))
        *LIST_ADD(&batch->keys, batch->arena) = (struct forget_key){.kind = kind, .hash = *hash};
}

static void identifier_keys(struct batch *batch, const struct identifiers *ids)
{
    work_key(batch, KEY_SOURCE, &ids->source);
    work_key(batch, KEY_EMAIL, &ids->email);
    work_key(batch, KEY_EMAIL_WIDE, &ids->email_wide);
    work_key(batch, KEY_PHONE, &ids->phone);
    work_key(batch, KEY_PHONE_SURNAME, &ids->phone_surname);
}

static const struct policy_source *source_of(const struct batch *batch, struct text system)
{
    return policy_source(batch->call->policy, system);
}

static bool trusts_acts(const struct batch *batch, struct text system)
{
    const struct policy_source *source = source_of(batch, system);

    return source != NULL && source->subject_acts;
}

/* The policy's name of the event's source, else of the record's; TEXT_NONE where it names neither. */
static struct text source_name(const struct batch *batch, const struct work *work, struct text system)
{
    struct text name = decide_source_name(work->item->meta->source);

    if (source_of(batch, work->item->meta->source) != NULL)
        return work->item->meta->source;
    if (source_of(batch, name) != NULL)
        return name;
    return system.p != NULL && source_of(batch, system) != NULL ? system : TEXT_NONE;
}

/* ---- each type -------------------------------------------------------------------------------------------------------- */

static enum outcome admit_contact(struct batch *batch, struct work *work, struct error *err)
{
    const struct contact_recorded *in = work->item->event;
    const struct crypto_key *index_key = batch->intake->index_key;
    const struct policy_source *source;

    work->system = source_of(batch, in->record.system) != NULL ? in->record.system : TEXT_NONE;
    work->ids.source = normal_key_source(index_key, in->record.system, in->record.id);
    TRY(change_admit(batch->call->policy, in, batch->arena, &work->change, err));
    source = source_of(batch, in->record.system);
    identifiers_of(work->change.entries, work->change.n, source->region, index_key, batch->arena, &work->ids);
    work->ids.source = normal_key_source(index_key, in->record.system, in->record.id);
    work->act = (struct act){.kind = in->provenance.act,
                             .captured_at = in->provenance.captured_at,
                             .trusted = trusts_acts(batch, in->record.system)};
    identifier_keys(batch, &work->ids);
    work->slot = batch_slot(batch, &work->ids.source, in->record.system, false);
    slot_at(batch, work->slot)->wanted |= work->change.patch;
    work->kind = WORK_CONTACT;
    return DONE;
}

static enum outcome admit_removed(struct batch *batch, struct work *work, struct error *err)
{
    const struct contact_removed *in = work->item->event;

    TRY(removed_admit(batch->call->policy, in, err));
    work->system = in->record.system;
    work->ids.source = normal_key_source(batch->intake->index_key, in->record.system, in->record.id);
    work_key(batch, KEY_SOURCE, &work->ids.source);
    work->act = (struct act){.kind = ACT_STAFF, .captured_at = CLOCK_NONE};
    work->slot = batch_slot(batch, &work->ids.source, in->record.system, false);
    work->kind = WORK_REMOVED;
    return DONE;
}

static enum outcome admit_merged(struct batch *batch, struct work *work, struct error *err)
{
    const struct contact_merged *in = work->item->event;
    struct hash key;

    TRY(merged_admit(batch->call->policy, in, err));
    work->system = in->system;
    key = normal_key_source(batch->intake->index_key, in->system, in->survivor);
    work_key(batch, KEY_SOURCE, &key);
    for (size_t i = 0; i < in->losers.n; i++) {
        key = normal_key_source(batch->intake->index_key, in->system, in->losers.items[i]);
        work_key(batch, KEY_SOURCE, &key);
    }
    work->kind = WORK_MERGED;
    return DONE;
}

static enum outcome admit_activity(struct batch *batch, struct work *work, struct error *err)
{
    const struct activity_recorded *in = work->item->event;
    struct hash key;

    work->system = source_of(batch, in->activity.system) != NULL ? in->activity.system : TEXT_NONE;
    work->activity = ARENA_NEW(batch->arena, struct activity);
    TRY(activity_admit(batch->call->policy, batch->intake->index_key, in, batch->arena, work->activity, err));
    work->act = (struct act){.kind = ACT_STAFF, .captured_at = in->occurred_at};
    if (in->has_provenance)
        work->act = (struct act){.kind = in->provenance.act,
                                 .captured_at = in->provenance.captured_at,
                                 .trusted = trusts_acts(batch, in->activity.system)};
    for (size_t i = 0; i < work->activity->n; i++) {
        const struct part *part = &work->activity->parts[i];
        if (part->staff)
            continue;
        identifier_keys(batch, &part->ids);
        if (!hash_is_none(&part->ids.source))
            (void)batch_slot(batch, &part->ids.source, part->system, false);
    }
    key = activity_key(batch->intake->index_key, in->activity.system, in->activity.id, batch->arena);
    work->slot = batch_slot(batch, &key, in->activity.system, true);
    work->kind = WORK_ACTIVITY;
    return DONE;
}

static void name_subject(struct batch *batch, struct work *work, const struct subject *subject,
                         const struct record_ref *record)
{
    work->ids = subject->ids;
    work->address = subject->address;
    if (record != NULL)
        work->slot = batch_slot(batch, &work->ids.source, record->system, false);
}

static enum outcome admit_consent(struct batch *batch, struct work *work, struct error *err)
{
    const struct consent_act *in = work->item->event;
    struct subject subject = {0};

    work->system = source_name(batch, work, TEXT_NONE);
    TRY(consent_admit(batch->call->policy, batch->intake->index_key, in, batch->arena, &subject, err));
    name_subject(batch, work, &subject, NULL);
    work->act = (struct act){.kind = in->provenance.act,
                             .captured_at = in->provenance.captured_at,
                             .trusted = trusts_acts(batch, work->system)};
    identifier_keys(batch, &work->ids);
    work->kind = WORK_CONSENT;
    return DONE;
}

static enum outcome admit_refusal(struct batch *batch, struct work *work, struct error *err)
{
    const struct consent_refusal *in = work->item->event;
    struct subject subject = {0};

    work->system = source_name(batch, work, in->has_record ? in->record.system : TEXT_NONE);
    TRY(refusal_admit(batch->call->policy, batch->intake->index_key, in, batch->arena, &subject, err));
    name_subject(batch, work, &subject, in->has_record ? &in->record : NULL);
    identifier_keys(batch, &work->ids);
    work->act = (struct act){.kind = ACT_SUBJECT, .captured_at = in->at, .trusted = false};
    work->kind = WORK_REFUSAL;
    return DONE;
}

static enum outcome admit_forget(struct batch *batch, struct work *work, struct error *err)
{
    const struct forget_asked *in = work->item->event;
    struct subject subject = {0};

    work->system = source_name(batch, work, in->has_record ? in->record.system : TEXT_NONE);
    TRY(forget_admit(batch->call->policy, batch->intake->index_key, in, batch->arena, &subject, err));
    name_subject(batch, work, &subject, in->has_record ? &in->record : NULL);
    work->kind = WORK_FORGET;
    return DONE;
}

static enum outcome admit_barrier(struct batch *batch, struct work *work, struct error *err)
{
    (void)batch;
    (void)err;
    work->kind = WORK_BARRIER;
    return DONE;
}

static const struct {
    const struct event_type *type;
    enum outcome (*admit)(struct batch *batch, struct work *work, struct error *err);
} types[] = {
    {&contact_recorded_event, admit_contact},  {&activity_recorded_event, admit_activity},
    {&contact_merged_event, admit_merged},     {&contact_removed_event, admit_removed},
    {&consent_requested_event, admit_consent}, {&consent_recorded_event, admit_consent},
    {&consent_withdrawn_event, admit_refusal}, {&consent_objected_event, admit_refusal},
    {&forget_requested_event, admit_forget},   {&barrier_event, admit_barrier},
};

static enum outcome admit(struct batch *batch, struct work *work, struct error *err)
{
    const struct batch_item *item = work->item;

    if (item->outcome != DONE) {
        *err = item->error;
        return REFUSED;
    }
    if (item->type == NULL)
        return error_refuse(err, "/type", "unknown type", "events of this type aren't taken");
    if (item->meta->controller.p != NULL && !text_is(item->meta->controller, batch->call->policy->controller))
        return error_refuse(err, "/controller", "controller", "the event is of another controller");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].type == item->type)
            return types[i].admit(batch, work, err);
    return error_refuse(err, "/type", "unknown type", "events of this type aren't taken");
}

void work_admit(struct batch *batch, struct work *work)
{
    struct error why = {0};

    work->stones_at = batch->keys.n;
    if (admit(batch, work, &why) != DONE) {
        batch->keys.n = work->stones_at;
        work->slot = NO_SLOT;
        batch_refuse_work(batch, work, &why, NULL, true);
    }
    work->stones_n = batch->keys.n - work->stones_at;
}
