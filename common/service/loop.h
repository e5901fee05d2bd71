/* loop: what the loop's files share: the batches that are under way, and the partitions that are ours. */
#ifndef LETHE_SERVICE_LOOP_H
#define LETHE_SERVICE_LOOP_H

#include "common/service/batch.h"

struct loop {
    struct service *service;
    struct worker worker;
    struct kafka_consumer *consumer;
    char cluster[64];
    struct owned owned[OWNED_MAX];
    size_t owned_n;
    uint64_t pg_generation; /* the session that the epochs were taken in */
    struct batch batches[2];
    bool committing, lost; /* lost: an epoch isn't ours any more, or a position is: join anew */
    unsigned failures;
    enum wait_for waits_for; /* what the last failure was about; WAIT_KINDS: nothing by name */
    int64_t next_vault_look_us;
    char vault_rule[64];     /* why it is away, as last logged */
    size_t since_given_back; /* events */
    int64_t next_measure_us, next_pulse_us;
    int64_t settled_us; /* when the last batch was; monotonic */

    /* the instance's name (name_take in the migration) */
    bool named;        /* it was ours once in this process */
    uint64_t named_in; /* the session that took it; 0: to be asked for again */
    int32_t session_pid;
    int64_t session_start_us;
    bool outdone; /* another process goes by it */
    unsigned outdone_asked;
    int64_t next_claim_us;
};

/* ---- ownership.c ---------------------------------------------------------------------------------------------------- */
/* loop_claim: holds the instance's name in this session. RETRY "instance": another process has it. */
enum outcome loop_claim(struct loop *loop, struct error *err) WARN_UNUSED;
/* loop_assigned, loop_revoked: Kafka's callbacks. */
enum outcome loop_assigned(void *context, const struct kafka_partition *partitions, size_t n, int64_t *next,
                           struct error *err) WARN_UNUSED;
void loop_revoked(void *context, const struct kafka_partition *partitions, size_t n);
struct owned *loop_find(struct loop *loop, struct kafka_partition at);
/* loop_refresh: after a lost connection: tells PostgreSQL our new session and reads where each partition stands, so that
 * a commit whose answer was lost is known. */
enum outcome loop_refresh(struct loop *loop, struct error *err) WARN_UNUSED;
/* loop_jump: to the log's start, where the offset that PostgreSQL names isn't in the log. */
enum outcome loop_jump(struct loop *loop, struct owned *owned, struct error *err) WARN_UNUSED;
/* loop_in_order: is this the message that comes next? */
bool loop_in_order(struct loop *loop, struct owned *owned, const struct kafka_message *message);
/* loop_measure: the lag of each partition, once a second. The logs are asked for their ends where no fetch tells them:
 * while waiting, and while the queue is full. */
void loop_measure(struct loop *loop, bool waiting);

#endif
