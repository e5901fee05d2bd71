/* quarantine: every identifier that can be read in a refused event, so that a forget finds it there. */
#include <stdlib.h>
#include <string.h>

#include "services/intake/batch.h"
#include "services/intake/scan.h"

struct found {
    struct batch *batch;
    LIST(struct hash) keys;
};

static void found_key(struct found *found, const struct hash *key)
{
    if (!hash_is_none(key))
        *LIST_ADD(&found->keys, found->batch->arena) = *key;
}

static void found_address(struct found *found, struct text address)
{
    struct identifiers ids = {0};
    struct text normal;

    if (address.p == NULL || address.n > 320 || memchr(address.p, '@', address.n) == NULL ||
        !email_identifiers(address, found->batch->intake->index_key, found->batch->arena, &ids, &normal))
        return;
    found_key(found, &ids.email);
    found_key(found, &ids.email_wide);
}

static void found_record(struct found *found, struct text system, struct text id)
{
    struct hash key = normal_key_source(found->batch->intake->index_key, system, id);

    found_key(found, &key);
}

static void found_fields(struct found *found, const struct scalar_list *fields)
{
    for (size_t i = 0; i < fields->n; i++)
        if (fields->items[i].kind == SCALAR_TEXT)
            found_address(found, fields->items[i].value);
}

static void find_in_activity(struct found *found, const struct activity_recorded *in)
{
    for (size_t i = 0; i < in->persons.n; i++) {
        const struct activity_person *person = &in->persons.items[i];
        found_address(found, person->email);
        if (person->has_record)
            found_record(found, person->record.system, person->record.id);
    }
    found_fields(found, &in->fields);
}

static void find_in_merged(struct found *found, const struct contact_merged *in)
{
    found_record(found, in->system, in->survivor);
    for (size_t i = 0; i < in->losers.n; i++)
        found_record(found, in->system, in->losers.items[i]);
}

static void find_identifiers(struct found *found, const struct batch_item *item)
{
    if (item->event == NULL || item->type == NULL)
        return;
    if (item->type == &contact_recorded_event) {
        const struct contact_recorded *in = item->event;
        found_record(found, in->record.system, in->record.id);
        found_fields(found, &in->fields);
    } else if (item->type == &contact_removed_event) {
        const struct contact_removed *in = item->event;
        found_record(found, in->record.system, in->record.id);
    } else if (item->type == &contact_merged_event) {
        find_in_merged(found, item->event);
    } else if (item->type == &activity_recorded_event) {
        find_in_activity(found, item->event);
    } else if (item->type == &consent_requested_event || item->type == &consent_recorded_event) {
        found_address(found, ((const struct consent_act *)item->event)->address);
    } else if (item->type == &consent_withdrawn_event || item->type == &consent_objected_event) {
        const struct consent_refusal *in = item->event;
        found_address(found, in->address);
        if (in->has_record)
            found_record(found, in->record.system, in->record.id);
    } else if (item->type == &forget_requested_event) {
        const struct forget_asked *in = item->event;
        found_address(found, in->address);
        found_address(found, in->requester.reply_to);
        if (in->has_record)
            found_record(found, in->record.system, in->record.id);
    }
}

/* Free texts name people, too; what couldn't be decoded is nothing else. Ids of events and subjects are addresses where
 * mail services make them. */
static bool find_in_bytes(struct found *found, const struct batch_item *item)
{
    struct batch *batch = found->batch;
    struct scan *scan = batch->scan;

    if (scan == NULL)
        scan = batch->scan = ARENA_NEW(batch->arena, struct scan);
    scan_begin(scan);
    scan_json(scan, item->raw, batch->arena);
    scan_text(scan, item->meta->id, batch->arena);
    scan_text(scan, item->meta->source, batch->arena);
    scan_text(scan, item->meta->subject, batch->arena);
    for (size_t i = 0; i < scan->addresses_n; i++)
        found_address(found, scan->addresses[i]);
    for (size_t i = 0; i < scan->records_n; i++)
        found_record(found, scan->records[i].system, scan->records[i].id);
    return !scan->more;
}

bool batch_identifiers(struct batch *batch, const struct batch_item *item, struct hash_list *out)
{
    struct found found = {.batch = batch};
    bool all = find_in_bytes(&found, item);
    size_t n = 0;

    find_identifiers(&found, item);
    if (found.keys.n > 1)
        qsort(found.keys.items, found.keys.n, sizeof *found.keys.items, hash_compare);
    for (size_t i = 0; i < found.keys.n; i++)
        if (i == 0 || !hash_equal(&found.keys.items[i], &found.keys.items[n - 1]))
            found.keys.items[n++] = found.keys.items[i];
    *out = (struct hash_list){found.keys.items, n};
    return all || item->event != NULL;
}
