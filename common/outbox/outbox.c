/* outbox: encodes what a transaction publishes. A row's bytes are messages, each: topic, partition, key, headers, value,
 * all length-prefixed and big-endian; relay_send.c reads them back. */
#include "common/outbox/outbox.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf/buf.h"
#include "gen/outbox_sql.h"

enum { OUTBOX_ROW_BYTES = 24 << 20 };

struct outbox {
    struct buf messages, data;
    size_t count;
    int64_t now_us;
    const struct event_type *too_large; /* the first message past the bound of one */
    char source[64];
};

/* ---- ids: a row's is above those of all rows that this process has written before, whatever the clock does ---------- */

static struct {
    pthread_mutex_t lock;
    struct uuid last;
} ids = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The id after `last`: its low 56 bits count; past their end, the next millisecond's. */
static struct uuid id_after(struct uuid last)
{
    int64_t ms = 0;
    size_t i = sizeof(last.b);

    while (i-- > 9)
        if (++last.b[i] != 0)
            return last;
    for (i = 0; i < 6; i++)
        ms = ms << 8 | last.b[i];
    return uuid_v7_random((ms + 1) * 1000);
}

struct uuid outbox_next_id(int64_t now_us)
{
    struct uuid id = uuid_v7_random(now_us);

    pthread_mutex_lock(&ids.lock);
    if (uuid_compare(&id, &ids.last) <= 0)
        id = id_after(ids.last);
    ids.last = id;
    pthread_mutex_unlock(&ids.lock);
    return id;
}

void outbox_begin_above(const struct uuid *id)
{
    pthread_mutex_lock(&ids.lock);
    if (uuid_compare(id, &ids.last) > 0)
        ids.last = *id;
    pthread_mutex_unlock(&ids.lock);
}

enum outcome outbox_begin(struct pg *pg, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(pg, &outbox_sql_newest, NULL, &rows, err));
    if (rows.n > 0) {
        struct uuid id = pg_get_uuid(&rows, 0, 0);
        outbox_begin_above(&id);
    }
    pg_rows_free(&rows);
    return DONE;
}

/* ---- one transaction's ---------------------------------------------------------------------------------------------- */

struct outbox *outbox_new(const char *service)
{
    struct outbox *outbox = calloc(1, sizeof(*outbox));

    ENSURE(outbox != NULL);
    buf_init(&outbox->messages, OUTBOX_ROW_BYTES);
    buf_init(&outbox->data, OUTBOX_MESSAGE_BYTES);
    snprintf(outbox->source, sizeof(outbox->source), "lethe/%s", service);
    return outbox;
}

void outbox_free(struct outbox *outbox)
{
    if (outbox == NULL)
        return;
    buf_free(&outbox->messages);
    buf_free(&outbox->data);
    free(outbox);
}

void outbox_reset(struct outbox *outbox, int64_t now_us)
{
    buf_reset(&outbox->messages);
    outbox->count = 0;
    outbox->too_large = NULL;
    outbox->now_us = now_us;
}

static void put_text16(struct buf *buf, struct text text)
{
    ENSURE(text.n <= UINT16_MAX);
    buf_u16(buf, (uint16_t)text.n);
    buf_text(buf, text);
}

static void put_header(struct buf *buf, const char *name, struct text value)
{
    put_text16(buf, text_of(name));
    put_text16(buf, value);
}

static void put_headers(struct outbox *outbox, const struct outbox_message *message)
{
    struct uuid id = uuid_is_nil(&message->id) ? uuid_v7_random(outbox->now_us) : message->id;
    char id_text[UUID_TEXT_BYTES], time_text[CLOCK_TEXT_BYTES];

    uuid_format(&id, id_text);
    clock_format(outbox->now_us, time_text);
    buf_u16(&outbox->messages, message->subject.p == NULL ? 6 : 7);
    put_header(&outbox->messages, "ce_specversion", TEXT("1.0"));
    put_header(&outbox->messages, "ce_id", text_of(id_text));
    put_header(&outbox->messages, "ce_source", text_of(outbox->source));
    put_header(&outbox->messages, "ce_type", text_of(message->type->name));
    put_header(&outbox->messages, "ce_time", text_of(time_text));
    put_header(&outbox->messages, "content-type", TEXT("application/json"));
    if (message->subject.p != NULL)
        put_header(&outbox->messages, "ce_subject", message->subject);
}

void outbox_add(struct outbox *outbox, const struct outbox_message *message)
{
    const char *topic = message->topic != NULL ? message->topic : message->type->topic;
    size_t before = outbox->messages.n;

    ENSURE(topic != NULL);
    ENSURE(message->partition >= 0 || message->key.p != NULL);
    ENSURE((message->data != NULL) != (message->raw.p != NULL));
    buf_reset(&outbox->data);
    if (message->data != NULL)
        event_encode(message->type->data, message->data, &outbox->data);
    else
        buf_text(&outbox->data, message->raw);
    put_text16(&outbox->messages, text_of(topic));
    buf_u32(&outbox->messages, (uint32_t)message->partition);
    put_text16(&outbox->messages, message->key);
    put_headers(outbox, message);
    buf_u32(&outbox->messages, (uint32_t)outbox->data.n);
    buf_text(&outbox->messages, buf_view(&outbox->data));
    if (outbox->too_large == NULL && (outbox->data.failed || outbox->messages.n - before > OUTBOX_MESSAGE_BYTES))
        outbox->too_large = message->type;
    outbox->count++;
}

void outbox_publish(struct outbox *outbox, const struct event_type *type, const struct uuid *key, const void *data)
{
    char text[UUID_TEXT_BYTES];

    uuid_format(key, text);
    outbox_add(outbox, &(struct outbox_message){.type = type, .partition = -1, .key = text_of(text), .data = data});
}

size_t outbox_count(const struct outbox *outbox)
{
    return outbox->count;
}

size_t outbox_bytes(const struct outbox *outbox)
{
    return outbox->messages.n;
}

struct text outbox_messages(const struct outbox *outbox)
{
    return buf_view(&outbox->messages);
}

enum outcome outbox_write(struct outbox *outbox, struct pg *pg, const char *shard, int64_t epoch, struct arena *arena,
                          struct outbox_row *row, struct error *err)
{
    struct pg_params params;

    *row = (struct outbox_row){.epoch = epoch};
    if (outbox->count == 0)
        return DONE;
    if (outbox->too_large != NULL)
        return error_refuse(err, "", "message too large", "a message %s would be larger than %d bytes",
                            outbox->too_large->name, (int)OUTBOX_MESSAGE_BYTES);
    if (outbox->messages.failed)
        return error_refuse(err, "", "too many messages", "one transaction publishes at most %d bytes",
                            (int)OUTBOX_ROW_BYTES);
    row->id = outbox_next_id(outbox->now_us);
    snprintf(row->shard, sizeof(row->shard), "%s", shard);
    pg_params_init(&params, arena);
    pg_add_uuid(&params, &row->id);
    pg_add_str(&params, shard);
    pg_add_int8(&params, epoch);
    pg_add_bytes(&params, (struct bytes){.p = (const uint8_t *)outbox->messages.p, .n = outbox->messages.n});
    return pg_queue(pg, &outbox_sql_add, &params, err);
}

enum outcome outbox_fence(struct pg *pg, const char *shard, int64_t epoch, struct arena *arena, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, arena);
    pg_add_str(&params, shard);
    pg_add_int8(&params, epoch);
    return pg_queue(pg, &outbox_sql_shard_fence, &params, err);
}
