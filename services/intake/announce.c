/* announce: what intake tells of records. No field of theirs: ids, keyed hashes, codes. */
#include "services/intake/batch.h"

static const struct hash none;

static void publish(struct call *call, const struct event_type *type, const struct uuid *id, const void *data,
                    int32_t partition)
{
    char key[UUID_TEXT_BYTES];

    uuid_format(id, key);
    outbox_add(call->outbox,
               &(struct outbox_message){.type = type, .partition = partition, .key = text_of(key), .data = data});
}

void announce_record(struct call *call, const struct slot *slot, bool restricted)
{
    const struct record_accepted accepted = {
        .record = slot->record,
        .rev = slot->new_rev,
        .system = slot->state.system,
        .category = text_of(slot->state.category->name),
        .keys = identifiers_keys(&slot->ids, call->arena),
        .role_email = slot->ids.role_mailbox ? slot->ids.email : none,
        .language = state_language(&slot->state),
        .country = state_country(&slot->state),
        .act = slot->state.act,
        .captured_at = slot->state.captured_at,
        .created_at = slot->created_us,
        .dates = state_dates(&slot->state, call->arena),
        .policy_version = call->policy_version,
        .restricted = restricted,
    };

    publish(call, &record_accepted_event, &slot->record, &accepted, slot->partition);
}

void announce_removed(struct call *call, const struct uuid *record, int64_t rev, int reason, int32_t partition)
{
    const struct record_removed removed = {.record = *record, .rev = rev, .reason = reason};

    publish(call, &record_removed_event, record, &removed, partition);
}
