/* fetching: when librdkafka must be told that there is room again. Once its queue is full, its broker's thread sleeps for up
 * to a second, and nothing that empties the queue wakes it (2.0.2): a short queue would stand empty most of the time, and
 * one that lasts for a second takes tens of megabytes. Pure. */
#ifndef LETHE_KAFKA_FETCHING_H
#define LETHE_KAFKA_FETCHING_H

#include <stdbool.h>
#include <stddef.h>

struct fetching {
    size_t most, most_bytes; /* what the queue holds before it counts as full: messages, and their bytes */
    size_t taken, bytes;     /* since it was last told */
};

/* fetching_took: a message was taken from the queue. True: it is time to look how many are left. */
bool fetching_took(struct fetching *fetching, size_t bytes);
/* fetching_low: so many are left. True: tell it; it may have been full, and will soon be empty. */
bool fetching_low(struct fetching *fetching, size_t left);

#endif
