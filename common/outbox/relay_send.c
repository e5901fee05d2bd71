/* relay_send: from a row's bytes to the producer, and what it reports. */
#include "common/outbox/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading a row ------------------------------------------------------------------------------------------------ */

struct reader {
    const char *p;
    size_t n, at;
};

static uint32_t read_number(struct reader *reader, size_t bytes)
{
    uint32_t v = 0;

    ENSURE(reader->n - reader->at >= bytes);
    for (size_t i = 0; i < bytes; i++)
        v = (v << 8) | (uint8_t)reader->p[reader->at++];
    return v;
}

static struct text read_text(struct reader *reader, size_t length_bytes)
{
    size_t n = read_number(reader, length_bytes);
    struct text text = {.p = reader->p + reader->at, .n = n};

    ENSURE(reader->n - reader->at >= n);
    reader->at += n;
    return text;
}

void row_read(const char *bytes, size_t n, size_t *at, struct row_message *out)
{
    struct reader reader = {.p = bytes, .n = n, .at = *at};
    struct kafka_record *record = &out->record;
    struct text topic = read_text(&reader, 2);

    ENSURE(topic.n < sizeof(out->topic));
    memcpy(out->topic, topic.p, topic.n);
    out->topic[topic.n] = '\0';
    *record = (struct kafka_record){.topic = out->topic, .headers = out->headers};
    record->partition = (int32_t)read_number(&reader, 4);
    record->key = read_text(&reader, 2);
    record->headers_n = read_number(&reader, 2);
    ENSURE(record->headers_n <= sizeof(out->headers) / sizeof(out->headers[0]));
    for (size_t i = 0; i < record->headers_n; i++) {
        out->headers[i].name = read_text(&reader, 2);
        out->headers[i].value = read_text(&reader, 2);
    }
    record->value = read_text(&reader, 4);
    out->whole = (struct text){.p = bytes + *at, .n = reader.at - *at};
    *at = reader.at;
}

/* ---- a message's ticket: its slot, the slot's turn, its number ------------------------------------------------------ */

enum { NUMBER_BITS = 24, TURN_BITS = 24 };
#define LOW_BITS(value, bits) ((uint64_t)(value) & (((uint64_t)1 << (bits)) - 1))

static uint64_t ticket_of(const struct slot *slot, size_t index)
{
    return (uint64_t)index << (NUMBER_BITS + TURN_BITS) | LOW_BITS(slot->turn, TURN_BITS) << NUMBER_BITS |
           LOW_BITS(slot->sent, NUMBER_BITS);
}

/* ---- what is left --------------------------------------------------------------------------------------------------- */

bool slot_has_left(const struct slot *slot, uint32_t number)
{
    return number / 8 < slot->left_room && (slot->left_map[number / 8] & (1u << (number % 8))) != 0;
}

static void leave(struct slot *slot, uint32_t number)
{
    size_t wanted = number / 8 + 1;

    if (slot->left_room < wanted) {
        size_t room = wanted < 16 ? 16 : 2 * wanted;
        uint8_t *map = realloc(slot->left_map, room);
        ENSURE(map != NULL);
        memset(map + slot->left_room, 0, room - slot->left_room);
        slot->left_map = map;
        slot->left_room = room;
    }
    slot->left_map[number / 8] |= (uint8_t)(1u << (number % 8));
    slot->left++;
}

static void settle(struct slot *slot)
{
    if (slot->at == slot->n && slot->delivered + slot->left == slot->sent)
        slot->state = SLOT_DONE;
}

/* A message wasn't taken, by its own or its topic's fault. */
static void refuse(struct relay *relay, struct slot *slot, uint32_t number, enum kafka_fate fate, const char *topic)
{
    if (fate == KAFKA_TOPIC)
        topic_failed(relay, topic);
    else if (topic_too_large(relay, topic))
        log_warn(relay->config.log, "relay.message-refused", F_STR("topic", topic));
    metric_add(relay->refused, 1);
    relay->last_delivery_us = clock_monotonic_us(); /* the broker is there */
    leave(slot, number);
}

/* ---- sending ---------------------------------------------------------------------------------------------------------- */

static enum outcome send_one(struct relay *relay, size_t index, struct error *err)
{
    struct slot *slot = &relay->slots[index];
    enum kafka_fate fate = KAFKA_DELIVERED;
    struct row_message message;
    enum outcome outcome;
    size_t at = slot->at;

    row_read(slot->bytes, slot->n, &at, &message);
    if (topic_stuck(relay, message.topic)) {
        leave(slot, slot->sent);
    } else {
        outcome = kafka_produce(topic_careful(relay, message.topic) ? relay->single : relay->producer, &message.record,
                                ticket_of(slot, index), &fate, err);
        if (outcome == REFUSED)
            refuse(relay, slot, slot->sent, fate, message.topic);
        else if (outcome != DONE)
            return outcome;
    }
    slot->at = at;
    slot->sent++;
    ENSURE(slot->sent < 1u << NUMBER_BITS);
    settle(slot);
    return DONE;
}

enum outcome send_slot(struct relay *relay, size_t index, struct error *err)
{
    struct slot *slot = &relay->slots[index];

    while (slot->at < slot->n)
        TRY(send_one(relay, index, err));
    return DONE;
}

/* The row to go next: RELAY_SLOTS where none waits. */
static size_t next_waiting(const struct relay *relay)
{
    size_t best = RELAY_SLOTS;

    for (size_t i = 0; i < RELAY_SLOTS && relay->used > 0; i++) {
        const struct slot *slot = &relay->slots[i];
        if (slot->state == SLOT_FULL && slot->at < slot->n && !slot->held &&
            (best == RELAY_SLOTS || slot->order < relay->slots[best].order))
            best = i;
    }
    return best;
}

void send_waiting(struct relay *relay)
{
    struct error ignored; /* a full queue: the rest goes after some deliveries */
    bool more = true;

    while (more) {
        pthread_mutex_lock(&relay->lock);
        size_t index = next_waiting(relay);
        if (index < RELAY_SLOTS && relay->slots[index].order < RELAY_GIVEN && relay->slots[index].sent == 0)
            relay_reached(relay, "relay.read");
        more = index < RELAY_SLOTS && send_slot(relay, index, &ignored) == DONE;
        pthread_mutex_unlock(&relay->lock);
    }
}

/* ---- the producer ------------------------------------------------------------------------------------------------------ */

/* On the relay's thread, from kafka_producer_poll, without the lock held. */
static void on_delivered(void *context, const struct kafka_report *report)
{
    struct relay *relay = context;
    struct slot *slot = &relay->slots[report->ticket >> (NUMBER_BITS + TURN_BITS)];
    uint64_t turn = LOW_BITS(report->ticket >> NUMBER_BITS, TURN_BITS);

    pthread_mutex_lock(&relay->lock);
    if (slot->state == SLOT_FULL && LOW_BITS(slot->turn, TURN_BITS) == turn) {
        if (report->fate == KAFKA_DELIVERED) {
            slot->delivered++;
            relay->last_delivery_us = clock_monotonic_us();
            metric_add(relay->published, 1);
        } else if (report->fate == KAFKA_MESSAGE || report->fate == KAFKA_TOPIC) {
            refuse(relay, slot, (uint32_t)LOW_BITS(report->ticket, NUMBER_BITS), report->fate, report->topic);
        } else {
            relay->failed = true;
        }
        settle(slot);
    }
    pthread_mutex_unlock(&relay->lock);
}

static enum outcome renew(struct relay *relay, struct error *err)
{
    struct kafka_producer *fresh = NULL, *old, *old_single;

    TRY(kafka_producer_new(relay->config.brokers, relay->config.client, on_delivered, relay, relay->config.log, &fresh,
                           err));
    pthread_mutex_lock(&relay->lock);
    old = relay->producer;
    old_single = relay->single;
    relay->producer = fresh;
    relay->single = NULL;
    relay->failed = false;
    for (size_t i = 0; i < RELAY_SLOTS; i++)
        if (relay->slots[i].state == SLOT_FULL)
            slot_begin_anew(&relay->slots[i]);
    pthread_mutex_unlock(&relay->lock);
    if (old != NULL)
        log_warn(relay->config.log, "relay.producer-renewed", F_STR("error", kafka_producer_error(old)));
    kafka_producer_free(old);
    kafka_producer_free(old_single);
    return DONE;
}

static enum outcome make_single(struct relay *relay, struct error *err)
{
    struct kafka_producer *fresh = NULL;

    TRY(kafka_producer_new_single(relay->config.brokers, relay->config.client, on_delivered, relay, relay->config.log,
                                  &fresh, err));
    pthread_mutex_lock(&relay->lock);
    relay->single = fresh;
    pthread_mutex_unlock(&relay->lock);
    return DONE;
}

enum outcome ready_producers(struct relay *relay, struct error *err)
{
    bool careful = false;

    if (relay->producer == NULL || relay->failed || kafka_producer_fatal(relay->producer) ||
        (relay->single != NULL && kafka_producer_fatal(relay->single)))
        TRY(renew(relay, err));
    if (relay->single != NULL)
        return DONE;
    pthread_mutex_lock(&relay->lock);
    for (size_t i = 0; relay->topics_n > 0 && i < RELAY_TOPICS; i++)
        careful = careful || relay->topics[i].careful;
    pthread_mutex_unlock(&relay->lock);
    return careful ? make_single(relay, err) : DONE;
}

void poll_producers(struct relay *relay, int wait_ms)
{
    if (relay->single != NULL)
        kafka_producer_poll(relay->single, 0);
    if (relay->producer != NULL)
        kafka_producer_poll(relay->producer, wait_ms);
}
