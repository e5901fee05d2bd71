/* barriers: marks that run through contacts.in. One with requests tells that whatever was in flight before them has passed
 * here; one without rolls a segment, so that what was truncated leaves the disk. */
#include "services/intake/batch.h"

void take_barrier(struct batch *batch, struct work *work)
{
    const struct barrier *in = work->item->event;
    const struct event_meta *meta = work->item->meta;
    struct barrier onward = *in;
    char key[UUID_TEXT_BYTES];

    if (in->requests.n == 0) {
        if (meta->partition >= 0 && (size_t)meta->partition < sizeof batch->rolled / sizeof batch->rolled[0])
            batch->rolled[meta->partition] = meta->offset + 1;
        return;
    }
    *LIST_ADD(&batch->barriers, batch->arena) = (struct seen_barrier){.barrier = in->barrier, .part = meta->partition};
    onward.partition = meta->partition;
    onward.partitions = batch->intake->partitions;
    uuid_format(&in->barrier, key);
    outbox_add(batch->call->outbox, &(struct outbox_message){.type = &barrier_event,
                                                             .topic = "record",
                                                             .partition = meta->partition,
                                                             .key = text_of(key),
                                                             .data = &onward});
}
