/* batch: what the loop has polled and not yet committed, and one transaction over it. */
#ifndef LETHE_SERVICE_BATCH_H
#define LETHE_SERVICE_BATCH_H

#include "common/service/internal.h"

/* A partition of ours. */
struct owned {
    struct kafka_partition at;
    int64_t next;     /* committed */
    int64_t position; /* of the next message to come from the consumer */
    int64_t epoch;
    int64_t end; /* of the log, as far as seen */
    bool sought; /* a gap was gone back to once */
    struct metric *lag;
};
enum { OWNED_MAX = 512 };

struct item {
    struct kafka_message message;
    struct owned *owned; /* NULL: the partition was revoked, the item is dropped */
    struct cloud_event event;
    const struct topic_handler *handler;
    const struct batch_handler *batch_handler;
    const struct event_type *type;
    void *decoded;
    uint8_t inbox_key[16];
    bool seen, skip;                   /* seen: the inbox knows it; skip: nobody handles it */
    enum outcome decoded_outcome;      /* what decoding came to */
    const struct error *decoded_error; /* where it isn't DONE; in the batch's arena */
    enum outcome outcome;              /* what this attempt came to */
    const struct error *error;         /* where it isn't DONE */
    bool refused;                      /* the handler refused it in an earlier attempt: not run again */
};

/* One handler's items of a range, as it gets them. */
struct handed {
    struct batch_item *items;
    size_t *index; /* in the batch */
    size_t n;
};

struct batch {
    struct item *items; /* BATCH_MAX */
    size_t n, bytes;
    struct arena *arena; /* what was decoded, and prepared */
    struct {             /* by handler's prepare; handler NULL: nothing, or it was handed over */
        const struct batch_handler *handler;
        struct handed handed;
        const struct policy *policy; /* a reference */
        void *made;
    } prepared;
};

void batch_init(struct batch *batch);
void batch_free(struct batch *batch);
void batch_clear(struct batch *batch); /* frees the messages, wipes what was decoded */

/* batch_add: takes the message over and decodes it. */
void batch_add(struct batch *batch, struct service *service, struct kafka_message *message, struct owned *owned);

/* batch_prepare: lets the handler of the batch's only topic, if it can, prepare it. worker's call holds the policy. */
void batch_prepare(struct batch *batch, struct worker *worker);

/* batch_refuse: this item is for the dead letters, in this attempt and in later ones. */
void batch_refuse(struct batch *batch, struct item *item, const struct error *err);

/* batch_apply: effects, inbox, dead letters, offsets and outbox of items [from, to) in worker's open transaction, up to
 * but without the commit. *culprit: the index of the item that a REFUSED is about, or to where nobody can tell. */
enum outcome batch_apply(struct batch *batch, size_t from, size_t to, struct worker *worker, struct outbox_row *row,
                         size_t *culprit, struct error *err) WARN_UNUSED;

#endif
