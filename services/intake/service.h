/* service: what lethe-intake is, and what all its calls share. */
#ifndef LETHE_INTAKE_SERVICE_H
#define LETHE_INTAKE_SERVICE_H

#include <pthread.h>

#include "common/service/service.h"
#include "common/vault/place.h"

extern const struct service_def intake_service;

struct producer; /* producer.h */
struct tokens;   /* tokens.h */

enum { SYSTEMS_MAX = 256, PARTITIONS_MAX = 64 };

/* Made at start. The kinds grow under their lock; all else is never changed after. */
struct intake {
    const struct crypto_key *index_key;
    const char *brokers;
    struct producer *producer;
    struct tokens *tokens;                  /* of the sources that may POST events; NULL: whoever reaches the port */
    int32_t partitions;                     /* of contacts.in */
    bool careful;                           /* the loop's alone: keys of the last batch were there already */
    struct kek_place escrow;                /* type NULL: there is none */
    int64_t keys_rest_until_us;             /* the job keys' alone, monotonic */
    int64_t unrolled_since[PARTITIONS_MAX]; /* the job roll's alone */
    int64_t truncated_to[PARTITIONS_MAX];   /* the job truncate's alone */

    pthread_mutex_t kinds_lock;
    struct {
        char system[65];
        int kind;
    } kinds[SYSTEMS_MAX];
    size_t kinds_n;

    struct metrics *metrics;
    struct metric *accepted, *activities, *late, *dropped, *asks_dropped, *requeued, *truncated;
    struct metric *kek_epoch, *kek_late_s, *keys_rewrapped, *keys_unreadable, *keys_paused;
};

#endif
