/* outbox/internal: what the relay's files share: relay.c takes rows and runs the thread, relay_send.c hands messages to
 * the producer and hears what became of them, relay_topics.c knows the topics that take nothing, relay_table.c reads rows
 * back, deletes them and puts them aside. Everything but `config` and the atomics is guarded by the lock, or belongs to
 * the relay's thread where a comment says so. */
#ifndef LETHE_OUTBOX_INTERNAL_H
#define LETHE_OUTBOX_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/clock/clock.h"
#include "common/outbox/relay.h"

enum {
    RELAY_SLOTS = 512,
    RELAY_BYTES = 4 << 20,      /* of rows given to us; the producer holds copies of some */
    RELAY_READ_BYTES = 8 << 20, /* of rows read back; one larger row comes alone */
    RELAY_PAGE = 100,           /* slots that rows given to us leave free for rows read back */
    RELAY_INLINE = 4096,        /* rows up to so many bytes are sent by the thread that gives them */
    RELAY_TOPICS = 64,
};
#define RELAY_GIVEN ((uint64_t)1 << 62) /* in slot.order */

enum slot_state {
    SLOT_FREE,
    SLOT_FULL,
    SLOT_DONE, /* each message has met its fate: it is delivered, or left */
};

/* One row on its way. */
struct slot {
    enum slot_state state;
    struct uuid id;
    int64_t epoch;  /* of its shard, as it was when the row was given or read */
    uint64_t order; /* rows read back go before rows given */
    bool held;      /* waits until what stands in the table has been read */
    char *bytes;
    size_t n, at;                   /* at: the first byte not dealt with yet */
    uint32_t sent, delivered, left; /* messages dealt with; delivered; not to be delivered now */
    uint8_t *left_map;              /* which are left, a bit each; NULL: none */
    size_t left_room;               /* bytes of the map */
    uint32_t turn;                  /* tells a late delivery report from this row's */
};

/* A topic that takes nothing, or did so a short while ago. */
struct stuck_topic {
    char name[256]; /* "": free */
    bool stuck;
    bool careful; /* a batch for it was too large: its messages go one by one, for as long as we live */
    unsigned failures;
    int64_t next_us; /* monotonic: stuck: the next try; else: when it counts as healed */
};

struct relay {
    struct relay_config config;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake, room;
    struct slot slots[RELAY_SLOTS];
    struct stuck_topic topics[RELAY_TOPICS];
    size_t topics_n, stuck_n;       /* entries that are named; that are stuck */
    atomic_size_t used;             /* slots that aren't free */
    size_t given_bytes, read_bytes; /* in slots */
    uint64_t next_given, next_read;
    bool catching_up;
    struct uuid caught_up_to; /* rows up to this id were read */
    struct kafka_producer *producer;
    struct kafka_producer *single; /* for careful topics; NULL while there are none */
    struct pg *pg;                 /* the thread's */
    uint64_t pg_generation;        /* the thread's */
    struct arena *arena;           /* the thread's */
    atomic_llong last_delivery_us;
    int64_t last_remove_us, next_sweep_us; /* the thread's */
    bool failed;                           /* the producer is to be replaced */
    atomic_bool stopping, away;
    atomic_llong stop_by_us; /* monotonic; while stopping */
    struct metric *depth, *aside, *published, *refused;
};

static inline void relay_reached(const struct relay *relay, const char *point)
{
    if (relay->config.crash_point != NULL)
        relay->config.crash_point(point);
}

/* ---- relay.c: slots, under the lock ------------------------------------------------------------------------------ */
/* slot_keep: takes a row into a free slot, of which there is one; its index. */
size_t slot_keep(struct relay *relay, const struct uuid *id, int64_t epoch, uint64_t order, const char *bytes,
                 size_t n);
void slot_release(struct relay *relay, struct slot *slot);
void slot_begin_anew(struct slot *slot); /* to be sent from its first message on */

/* ---- relay_send.c -------------------------------------------------------------------------------------------------- */
/* One message within a row. */
struct row_message {
    char topic[256];
    struct header headers[8];
    struct kafka_record record; /* borrows from the row and from this struct */
    struct text whole;          /* all its bytes */
};
/* row_read: the message at *at, which moves to the one after it. */
void row_read(const char *bytes, size_t n, size_t *at, struct row_message *out);
/* send_slot: hands the slot's messages to the producer, under the lock. RETRY: its queue is full, or it is dead. */
enum outcome send_slot(struct relay *relay, size_t index, struct error *err) WARN_UNUSED;
bool slot_has_left(const struct slot *slot, uint32_t number);
void send_waiting(struct relay *relay);
/* ready_producers: at first, and after a fatal error: new ones, and every row from its beginning. */
enum outcome ready_producers(struct relay *relay, struct error *err) WARN_UNUSED;
void poll_producers(struct relay *relay, int wait_ms);

/* ---- relay_topics.c, under the lock ---------------------------------------------------------------------------------- */
bool topic_stuck(const struct relay *relay, const char *topic);
bool topic_careful(const struct relay *relay, const char *topic);
/* topic_too_large: a message was too large for its topic. True: by itself, it went alone; else its batch may have been:
 * the topic waits a moment, as after a failure, and its messages go alone from then on. */
bool topic_too_large(struct relay *relay, const char *topic);
void topic_failed(struct relay *relay, const char *topic);
void topic_heard_of(struct relay *relay, struct text topic); /* rows in the table wait for it */
/* topics_stuck: those that take nothing now, borrowed; how many. */
size_t topics_stuck(const struct relay *relay, struct text out[RELAY_TOPICS]);
/* topics_try: asks the broker for those that are due. Without the lock, on the relay's thread. */
void topics_try(struct relay *relay);

/* ---- relay_table.c, on the relay's thread without the lock ------------------------------------------------------------- */
enum outcome table_remove_done(struct relay *relay, struct error *err) WARN_UNUSED;
enum outcome table_catch_up(struct relay *relay, struct error *err) WARN_UNUSED;
enum outcome table_sweep(struct relay *relay, struct error *err) WARN_UNUSED;

#endif
