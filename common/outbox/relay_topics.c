/* relay_topics: the topics that take nothing: found by a failure or by what stands in the table, asked for with backoff,
 * for ever. Once one is there again, all that waits in the table is read anew, in its order (relay.c's head says why). */
#include "common/outbox/internal.h"

#include <stdio.h>
#include <string.h>

#include "common/retry/retry.h"

#define HEALED_AFTER_US SECONDS(60)

static struct stuck_topic *find(const struct relay *relay, const char *topic)
{
    for (size_t i = 0; i < RELAY_TOPICS; i++)
        if (strcmp(relay->topics[i].name, topic) == 0)
            return (struct stuck_topic *)(uintptr_t)&relay->topics[i];
    return NULL;
}

bool topic_stuck(const struct relay *relay, const char *topic)
{
    const struct stuck_topic *known = relay->stuck_n > 0 ? find(relay, topic) : NULL; /* asked for each message */

    return known != NULL && known->stuck;
}

bool topic_careful(const struct relay *relay, const char *topic)
{
    const struct stuck_topic *known = relay->single != NULL ? find(relay, topic) : NULL;

    return known != NULL && known->careful;
}

static void set_stuck(struct relay *relay, struct stuck_topic *entry, bool stuck)
{
    relay->stuck_n += (size_t)stuck - (size_t)entry->stuck;
    entry->stuck = stuck;
}

/* NULL where the list is full: then each message is left on its own and comes again with the sweep. */
static struct stuck_topic *known_or_new(struct relay *relay, const char *topic)
{
    struct stuck_topic *entry = find(relay, topic);

    if (entry == NULL && (entry = find(relay, "")) != NULL) {
        *entry = (struct stuck_topic){0};
        snprintf(entry->name, sizeof(entry->name), "%s", topic);
        relay->topics_n++;
    }
    return entry;
}

void topic_failed(struct relay *relay, const char *topic)
{
    struct stuck_topic *entry = known_or_new(relay, topic);
    int64_t now = clock_monotonic_us();

    if (entry == NULL || entry->stuck)
        return;
    if (entry->failures == 0)
        log_warn(relay->config.log, "relay.topic-stuck", F_STR("topic", topic));
    set_stuck(relay, entry, true);
    entry->next_us =
        now + retry_delay_us(entry->failures < 10 ? entry->failures : 10, SECONDS(1), SECONDS(60), (uint32_t)now);
    entry->failures++;
}

bool topic_too_large(struct relay *relay, const char *topic)
{
    struct stuck_topic *entry = known_or_new(relay, topic);

    if (entry == NULL || (entry->careful && !entry->stuck))
        return true;
    entry->careful = true;
    topic_failed(relay, topic);
    return false;
}

void topic_heard_of(struct relay *relay, struct text topic)
{
    char name[256];
    struct stuck_topic *entry;

    if (topic.n == 0 || topic.n >= sizeof(name))
        return;
    memcpy(name, topic.p, topic.n);
    name[topic.n] = '\0';
    if (find(relay, name) != NULL || (entry = known_or_new(relay, name)) == NULL)
        return;
    set_stuck(relay, entry, true);
    entry->next_us = 0;
}

size_t topics_stuck(const struct relay *relay, struct text out[RELAY_TOPICS])
{
    size_t n = 0;

    for (size_t i = 0; i < RELAY_TOPICS; i++)
        if (relay->topics[i].stuck)
            out[n++] = text_of(relay->topics[i].name);
    return n;
}

/* All rows with something left are in the table, whole or what is left of them: read from there, they come in order. What
 * was given and hasn't gone out waits behind them. */
static void read_all_again(struct relay *relay)
{
    for (size_t i = 0; i < RELAY_SLOTS; i++) {
        struct slot *slot = &relay->slots[i];
        if (slot->state != SLOT_FREE && slot->left > 0)
            slot_release(relay, slot);
        else if (slot->state == SLOT_FULL && slot->at < slot->n && slot->order >= RELAY_GIVEN)
            slot->held = true;
    }
    relay->catching_up = true;
    relay->caught_up_to = (struct uuid){0};
    pthread_cond_broadcast(&relay->room);
}

/* Asks the broker without the lock: a name, once there, is changed by this thread alone. */
static void try_one(struct relay *relay, struct stuck_topic *entry)
{
    bool there = kafka_topic_there(relay->producer, entry->name) &&
                 (!entry->careful || kafka_topic_there(relay->single, entry->name));

    pthread_mutex_lock(&relay->lock);
    set_stuck(relay, entry, false);
    if (there) {
        entry->next_us = clock_monotonic_us() + HEALED_AFTER_US;
        read_all_again(relay);
    } else {
        topic_failed(relay, entry->name);
    }
    pthread_mutex_unlock(&relay->lock);
}

static void forget_healed(struct relay *relay, struct stuck_topic *entry)
{
    log_info(relay->config.log, "relay.topic-goes-on", F_STR("topic", entry->name));
    if (entry->careful) {
        entry->failures = 0;
        entry->next_us = INT64_MAX;
        return;
    }
    *entry = (struct stuck_topic){0};
    relay->topics_n--;
}

void topics_try(struct relay *relay)
{
    int64_t now = clock_monotonic_us();
    struct stuck_topic *due = NULL;

    pthread_mutex_lock(&relay->lock);
    for (size_t i = 0; relay->topics_n > 0 && i < RELAY_TOPICS; i++) {
        struct stuck_topic *entry = &relay->topics[i];
        if (entry->name[0] == '\0' || now < entry->next_us)
            continue;
        if (entry->stuck)
            due = entry;
        else
            forget_healed(relay, entry);
    }
    pthread_mutex_unlock(&relay->lock);
    if (due != NULL && due->careful && relay->single == NULL)
        due = NULL;  /* the producer for it is made first */
    if (due != NULL) /* one a turn: asking may take a moment */
        try_one(relay, due);
}
