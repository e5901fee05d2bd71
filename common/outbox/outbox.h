/* outbox: what a transaction publishes: one row of ready messages, sent by an idempotent producer after the commit and
 * deleted on delivery. A row belongs to a shard (an owned partition, or a leased shard of a process's routes and jobs)
 * and is only deleted while its shard's epoch stands. Duplicates are told by event id, order by revision. */
#ifndef LETHE_OUTBOX_H
#define LETHE_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "common/error/error.h"
#include "common/event/event.h"
#include "common/pg/pg.h"

struct outbox; /* what one transaction publishes */

struct outbox_message {
    const struct event_type *type;
    const char *topic;   /* NULL: the type's own */
    int32_t partition;   /* -1: by key */
    struct text key;     /* an id of ours; required where partition is -1 */
    const void *data;    /* a struct of the type */
    struct text raw;     /* instead of data: ready JSON (a sealed instruction to a holder) */
    struct uuid id;      /* the event id; nil: a fresh UUIDv7. Give a derived one where a repeat must be told */
    struct text subject; /* CloudEvents subject, an id of ours, or TEXT_NONE */
};

enum { OUTBOX_MESSAGE_BYTES = 1000000 }; /* the most that one message may take, key and headers included */

/* outbox_add: encodes the message into the transaction's row now. source becomes "lethe/<service>". One that is larger
 * than the broker takes makes the transaction's end REFUSED, by its type's name. */
void outbox_add(struct outbox *outbox, const struct outbox_message *message);
/* The common case: keyed by an id, to the type's topic. */
void outbox_publish(struct outbox *outbox, const struct event_type *type, const struct uuid *key, const void *data);

/* ---- for the runtime ---------------------------------------------------------------------------------------------- */
struct outbox *outbox_new(const char *service);
void outbox_free(struct outbox *outbox);
void outbox_reset(struct outbox *outbox, int64_t now_us); /* before a transaction */

/* A row on its way: what outbox_write put into the table. nil id: nothing was published. */
struct outbox_row {
    struct uuid id;
    char shard[96];
    int64_t epoch;
};
/* outbox_begin: what this process writes from here on gets ids above all that stands in the table, so that a predecessor's
 * rows go before its own. At the start, and after each take-over (then the predecessor writes no more). */
enum outcome outbox_begin(struct pg *pg, struct error *err) WARN_UNUSED;
void outbox_begin_above(const struct uuid *id);
struct uuid outbox_next_id(int64_t now_us); /* above all that were given before, whatever the clock does */

/* outbox_fence: queues the check that the process's shard has still this epoch, which stays so until the commit. Rows of
 * a partition's shard need none: the offset's move is their fence. */
enum outcome outbox_fence(struct pg *pg, const char *shard, int64_t epoch, struct arena *arena,
                          struct error *err) WARN_UNUSED;
/* outbox_write: queues the row's INSERT in pg's transaction. REFUSED where the messages are too many for one row, or one
 * of them too large. */
enum outcome outbox_write(struct outbox *outbox, struct pg *pg, const char *shard, int64_t epoch, struct arena *arena,
                          struct outbox_row *row, struct error *err) WARN_UNUSED;
struct text outbox_messages(const struct outbox *outbox); /* what the row holds; borrowed */

size_t outbox_count(const struct outbox *outbox);
size_t outbox_bytes(const struct outbox *outbox);

#endif
