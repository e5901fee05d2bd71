/* admit_work: the first look at each event of a batch: envelope, decoding's word, the policy's word, and every identifier
 * that tombstones may stand on. No I/O. */
#include "services/intake/batch.h"

#include <string.h>

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

    if (source_of(batch, in->record.system) == NULL)
        return error_refuse(err, "/data/record/system", "not in policy", "the policy doesn't name this source");
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

    if (source_of(batch, in->system) == NULL)
        return error_refuse(err, "/data/system", "not in policy", "the policy doesn't name this source");
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

static enum outcome admit_address(struct batch *batch, struct work *work, struct text address, struct error *err)
{
    if (!email_identifiers(address, batch->intake->index_key, batch->arena, &work->ids, &work->address))
        return error_refuse(err, "/data/address", "invalid", "the address is no email address");
    if (policy_own_domain(batch->call->policy, normal_email_domain(work->address)))
        return error_refuse(err, "/data/address", "own staff", "the address is of the controller's own domain");
    return DONE;
}

static enum outcome admit_consent(struct batch *batch, struct work *work, struct error *err)
{
    const struct consent_act *in = work->item->event;
    const struct policy *policy = batch->call->policy;
    const struct policy_purpose *purpose = policy_purpose(policy, in->purpose);

    work->system = source_name(batch, work, TEXT_NONE);
    if (!text_is(in->channel, "email"))
        return error_refuse(err, "/data/channel", "not in policy", "the only channel is email");
    if (purpose == NULL)
        return error_refuse(err, "/data/purpose", "not in policy", "the policy doesn't name this purpose");
    if (work->item->type == &consent_requested_event && purpose->statements_n > 0 &&
        policy_statement(policy, purpose, in->statement, in->language) == NULL)
        return error_refuse(err, "/data/statement", "not in policy", "the purpose has no statement of this version");
    TRY(admit_address(batch, work, in->address, err));
    work->act = (struct act){.kind = in->provenance.act,
                             .captured_at = in->provenance.captured_at,
                             .trusted = trusts_acts(batch, work->system)};
    identifier_keys(batch, &work->ids);
    work->kind = WORK_CONSENT;
    return DONE;
}

static void admit_record_ref(struct batch *batch, struct work *work, const struct record_ref *ref)
{
    work->ids.source = normal_key_source(batch->intake->index_key, ref->system, ref->id);
    work->slot = batch_slot(batch, &work->ids.source, ref->system, false);
}

static enum outcome admit_refusal(struct batch *batch, struct work *work, struct error *err)
{
    const struct consent_refusal *in = work->item->event;

    work->system = source_name(batch, work, in->has_record ? in->record.system : TEXT_NONE);
    if (in->purpose.p != NULL && !text_is(in->purpose, "all") &&
        policy_purpose(batch->call->policy, in->purpose) == NULL)
        return error_refuse(err, "/data/purpose", "not in policy", "the policy doesn't name this purpose");
    if (in->address.p != NULL)
        TRY(admit_address(batch, work, in->address, err));
    if (in->has_record)
        admit_record_ref(batch, work, &in->record);
    identifier_keys(batch, &work->ids);
    work->act = (struct act){.kind = ACT_SUBJECT, .captured_at = in->at, .trusted = false};
    work->kind = WORK_REFUSAL;
    return DONE;
}

static enum outcome admit_forget(struct batch *batch, struct work *work, struct error *err)
{
    const struct forget_asked *in = work->item->event;

    work->system = source_name(batch, work, in->has_record ? in->record.system : TEXT_NONE);
    if (in->address.p != NULL)
        TRY(admit_address(batch, work, in->address, err));
    if (in->has_record)
        admit_record_ref(batch, work, &in->record);
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
