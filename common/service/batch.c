/* batch: decoding what was polled, and applying it within one transaction. */
#include "common/service/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/forget/forget.h"
#include "gen/service_sql.h"
#include "proto/events.h"

void batch_init(struct batch *batch)
{
    batch->items = calloc(BATCH_MAX, sizeof(*batch->items));
    ENSURE(batch->items != NULL);
    batch->n = batch->bytes = 0;
    batch->arena = arena_new();
}

static void drop_prepared(struct batch *batch)
{
    policy_release(batch->prepared.policy);
    memset(&batch->prepared, 0, sizeof(batch->prepared));
}

void batch_clear(struct batch *batch)
{
    drop_prepared(batch);
    for (size_t i = 0; i < batch->n; i++)
        kafka_message_free(&batch->items[i].message);
    batch->n = batch->bytes = 0;
    arena_reset(batch->arena, 2 << 20);
}

void batch_free(struct batch *batch)
{
    batch_clear(batch);
    free(batch->items);
    arena_free(batch->arena);
}

/* ---- decoding ------------------------------------------------------------------------------------------------------ */

static const struct topic_handler *find_in(const struct topic_handler *handlers, size_t n, const char *topic,
                                           struct text type)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(handlers[i].topic, topic) == 0 && text_is(type, handlers[i].type->name))
            return &handlers[i];
    return NULL;
}

static const struct topic_handler *find_handler(const struct service_def *def, const char *topic, struct text type)
{
    const struct topic_handler *own = find_in(def->topics, def->topics_n, topic, type);

    if (own == NULL && def->forget != NULL)
        own = find_in(forget_topics, forget_topics_n, topic, type);
    return own;
}

static const struct batch_handler *find_batch(const struct service_def *def, const char *topic)
{
    for (size_t i = 0; i < def->batches_n; i++)
        if (strcmp(def->batches[i].topic, topic) == 0)
            return &def->batches[i];
    return NULL;
}

static const struct event_type *find_type(const struct batch_handler *handler, struct text name)
{
    for (size_t i = 0; i < handler->types_n; i++)
        if (text_is(name, handler->types[i]->name))
            return handler->types[i];
    return NULL;
}

static bool is_structured(const struct kafka_message *message)
{
    for (size_t i = 0; i < message->headers_n; i++)
        if (text_is(message->headers[i].name, "content-type"))
            return text_starts(message->headers[i].value, "application/cloudevents+json");
    return false;
}

static enum outcome read_envelope(struct item *item, struct arena *arena, struct error *err)
{
    const struct kafka_message *message = &item->message;
    struct event_meta *meta = &item->event.meta;
    enum outcome outcome;

    if (is_structured(message))
        outcome = cloud_event_from_json(message->value, arena, &item->event, err);
    else
        outcome = cloud_event_from_headers(message->headers, message->headers_n, "ce_", message->value, arena,
                                           &item->event, err);
    meta->topic = message->at.topic;
    meta->partition = message->at.partition;
    meta->offset = message->offset;
    meta->timestamp_us = message->timestamp_us;
    return outcome;
}

static enum outcome keep(enum outcome outcome, const struct error *err, struct item *item, struct arena *arena)
{
    struct error *kept;

    if (outcome == DONE)
        return DONE;
    kept = ARENA_NEW(arena, struct error);
    *kept = *err;
    item->decoded_error = kept;
    return outcome;
}

static void decode(struct item *item, const struct service_def *def, struct arena *arena)
{
    struct error err = {0};

    item->batch_handler = find_batch(def, item->message.at.topic);
    item->decoded_outcome = keep(read_envelope(item, arena, &err), &err, item, arena);
    if (item->decoded_outcome != DONE)
        return;
    if (item->batch_handler != NULL) {
        item->type = find_type(item->batch_handler, item->event.meta.type);
    } else {
        item->handler = find_handler(def, item->message.at.topic, item->event.meta.type);
        item->type = item->handler == NULL ? NULL : item->handler->type;
        item->skip = item->type == NULL;
    }
    if (item->type != NULL)
        item->decoded_outcome =
            keep(event_decode(item->type->data, item->event.data, arena, &item->decoded, &err), &err, item, arena);
}

/* What the inbox knows an event by: its source and id (of ours: they hold nobody's data), whole. */
static void make_inbox_key(struct item *item, struct arena *arena)
{
    const struct text source = item->event.meta.source, id = item->event.meta.id;
    const uint64_t source_n = source.n; /* before both: where one ends is told */
    char *both = arena_alloc(arena, sizeof(source_n) + source.n + id.n);
    uint8_t digest[32];

    memcpy(both, &source_n, sizeof(source_n));
    memcpy(both + sizeof(source_n), source.p, source.n);
    memcpy(both + sizeof(source_n) + source.n, id.p, id.n);
    crypto_digest(both, sizeof(source_n) + source.n + id.n, digest);
    memcpy(item->inbox_key, digest, sizeof(item->inbox_key));
}

void batch_add(struct batch *batch, struct service *service, struct kafka_message *message, struct owned *owned)
{
    struct item *item = &batch->items[batch->n++];

    ENSURE(batch->n <= BATCH_MAX);
    memset(item, 0, sizeof(*item));
    item->message = *message;
    item->owned = owned;
    batch->bytes += message->value.n + message->key.n;
    decode(item, service->def, batch->arena);
    if (item->handler != NULL && item->decoded_outcome == DONE)
        make_inbox_key(item, batch->arena);
}

/* ---- offsets: the fence --------------------------------------------------------------------------------------------- */

static enum outcome move_offsets(struct batch *batch, size_t from, size_t to, struct worker *worker, struct error *err)
{
    struct arena *arena = worker->call.arena;
    struct owned **seen = ARENA_ARRAY(arena, OWNED_MAX, struct owned *);
    struct text *topics = ARENA_ARRAY(arena, OWNED_MAX, struct text);
    int32_t *parts = ARENA_ARRAY(arena, OWNED_MAX, int32_t);
    int64_t *expected = ARENA_ARRAY(arena, OWNED_MAX, int64_t);
    int64_t *next = ARENA_ARRAY(arena, OWNED_MAX, int64_t);
    int64_t *epochs = ARENA_ARRAY(arena, OWNED_MAX, int64_t);
    struct pg_params params;
    size_t n = 0;

    for (size_t i = from; i < to; i++) {
        struct owned *owned = batch->items[i].owned;
        size_t k = 0;
        if (owned == NULL)
            continue;
        while (k < n && seen[k] != owned)
            k++;
        if (k == n) {
            seen[n] = owned;
            topics[n] = text_of(owned->at.topic);
            parts[n] = owned->at.partition;
            expected[n] = owned->next;
            epochs[n++] = owned->epoch;
        }
        next[k] = batch->items[i].message.offset + 1;
    }
    if (n == 0)
        return DONE;
    pg_params_init(&params, arena);
    pg_add_texts(&params, topics, n);
    pg_add_int4s(&params, parts, n);
    pg_add_int8s(&params, expected, n);
    pg_add_int8s(&params, next, n);
    pg_add_int8s(&params, epochs, n);
    return pg_queue(worker->call.pg, &service_sql_move, &params, err);
}

/* ---- inbox ------------------------------------------------------------------------------------------------------------ */

static bool wants_inbox(const struct item *item)
{
    return item->owned != NULL && item->handler != NULL && !item->handler->no_inbox && item->outcome == DONE &&
           !item->refused;
}

static bool key_in(const struct hash_list *list, const uint8_t key[16])
{
    for (size_t i = 0; i < list->n; i++)
        if (memcmp(list->items[i].b, key, 16) == 0)
            return true;
    return false;
}

static int compare_items_by_key(const void *a, const void *b)
{
    const struct item *const *x = a, *const *y = b;
    int order = memcmp((*x)->inbox_key, (*y)->inbox_key, sizeof((*x)->inbox_key));

    return order != 0 ? order : (*x < *y ? -1 : 1);
}

/* Marks what the inbox has seen before, and repeats within the batch, as seen. The rest is in it from now on. */
static enum outcome ask_inbox(struct batch *batch, size_t from, size_t to, struct worker *worker, struct error *err)
{
    struct arena *arena = worker->call.arena;
    struct item **asked = ARENA_ARRAY(arena, to - from + 1, struct item *);
    struct hash *keys = ARENA_ARRAY(arena, to - from + 1, struct hash);
    struct pg_params params;
    struct pg_rows rows;
    struct hash_list fresh;
    size_t n = 0, unique = 0;

    for (size_t i = from; i < to; i++) {
        batch->items[i].seen = false;
        if (wants_inbox(&batch->items[i]))
            asked[n++] = &batch->items[i];
    }
    if (n == 0)
        return DONE;
    qsort(asked, n, sizeof(struct item *), compare_items_by_key);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && memcmp(asked[i]->inbox_key, asked[i - 1]->inbox_key, 16) == 0) {
            asked[i]->seen = true;
            continue;
        }
        memcpy(keys[unique++].b, asked[i]->inbox_key, 16);
    }
    pg_params_init(&params, arena);
    pg_add_hashes(&params, keys, unique);
    TRY(pg_exec(worker->call.pg, &service_sql_inbox_new, &params, &rows, err));
    fresh = (struct hash_list){.items = ARENA_ARRAY(arena, (size_t)rows.n + 1, struct hash), .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        fresh.items[i] = pg_get_hash(&rows, i, 0);
    pg_rows_free(&rows);
    for (size_t i = 0; fresh.n < unique && i < n; i++)
        asked[i]->seen = asked[i]->seen || !key_in(&fresh, asked[i]->inbox_key);
    return DONE;
}

/* ---- handlers --------------------------------------------------------------------------------------------------------- */

static struct handed hand(const struct batch_handler *handler, const struct batch *batch, size_t from, size_t to,
                          struct arena *arena)
{
    struct handed handed = {.items = ARENA_ARRAY(arena, to - from + 1, struct batch_item),
                            .index = ARENA_ARRAY(arena, to - from + 1, size_t)};

    for (size_t i = from; i < to; i++) {
        const struct item *item = &batch->items[i];
        struct batch_item *out = &handed.items[handed.n];
        if (item->owned == NULL || item->batch_handler != handler || item->refused)
            continue;
        *out = (struct batch_item){.meta = &item->event.meta,
                                   .type = item->type,
                                   .event = item->decoded,
                                   .raw = item->message.value,
                                   .outcome = item->decoded_outcome};
        if (item->decoded_error != NULL)
            out->error = *item->decoded_error;
        handed.index[handed.n++] = i;
    }
    return handed;
}

void batch_prepare(struct batch *batch, struct worker *worker)
{
    enum { WORTH_IT = 64 };
    const struct batch_handler *handler = batch->n < WORTH_IT ? NULL : batch->items[0].batch_handler;
    int64_t version;

    if (handler == NULL || handler->prepare == NULL || batch->prepared.handler != NULL)
        return;
    batch->prepared.handed = hand(handler, batch, 0, batch->n, batch->arena);
    if (batch->prepared.handed.n < batch->n)
        return;
    batch->prepared.handler = handler;
    batch->prepared.policy = policy_current(worker->call.service, &version);
    if (batch->prepared.policy == worker->call.policy)
        batch->prepared.made = handler->prepare(&worker->call, batch->prepared.handed.items, batch->n, batch->arena);
}

/* What was prepared, if it is this handler's, of just these items, by this policy; else they are handed as they came. */
static struct handed take_prepared(const struct batch_handler *handler, struct batch *batch, size_t from, size_t to,
                                   struct call *call)
{
    struct handed handed = {0};
    /* what was added to the batch since isn't prepared */
    bool fits = from == 0 && to == batch->n && batch->prepared.handed.n == to && batch->prepared.policy == call->policy;

    if (batch->prepared.made == NULL || batch->prepared.handler != handler)
        return hand(handler, batch, from, to, call->arena);
    for (size_t i = from; i < to && fits; i++)
        fits = batch->items[i].owned != NULL && !batch->items[i].refused;
    if (fits) {
        handed = batch->prepared.handed;
        call->prepared = batch->prepared.made;
    }
    drop_prepared(batch); /* once: a second attempt begins from the start */
    return fits ? handed : hand(handler, batch, from, to, call->arena);
}

static enum outcome run_batch_handler(const struct batch_handler *handler, struct batch *batch, size_t from, size_t to,
                                      struct worker *worker, struct error *err)
{
    struct call *call = &worker->call;
    struct handed handed = take_prepared(handler, batch, from, to, call);
    enum outcome outcome = DONE;

    if (handed.n > 0)
        outcome = handler->handle(call, handed.items, handed.n, err);
    call->prepared = NULL;
    if (outcome != DONE)
        return outcome;
    for (size_t i = 0; i < handed.n; i++) {
        batch->items[handed.index[i]].outcome = handed.items[i].outcome;
        batch->items[handed.index[i]].error = &handed.items[i].error;
    }
    return DONE;
}

void batch_refuse(struct batch *batch, struct item *item, const struct error *err)
{
    item->refused = true;
    item->decoded_outcome = item->outcome = keep(REFUSED, err, item, batch->arena);
    item->error = item->decoded_error;
}

static void reset_outcomes(struct batch *batch, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        batch->items[i].outcome = batch->items[i].decoded_outcome;
        batch->items[i].error = batch->items[i].decoded_error;
    }
}

static enum outcome run_handlers(struct batch *batch, size_t from, size_t to, struct worker *worker, size_t *culprit,
                                 struct error *err)
{
    struct call *call = &worker->call;

    for (size_t i = from; i < to; i++) {
        struct item *item = &batch->items[i];
        uint64_t before = pg_statements(call->pg);
        size_t published = outbox_count(call->outbox);
        enum outcome outcome;
        if (item->owned == NULL || item->handler == NULL || item->skip || item->seen || item->outcome != DONE)
            continue;
        call->event = &item->event.meta;
        outcome = item->handler->handle(call, item->decoded, err);
        call->event = NULL;
        if (outcome == DONE)
            continue;
        *culprit = i;
        if (outcome != REFUSED || pg_failed(call->pg) || pg_statements(call->pg) != before ||
            outbox_count(call->outbox) != published)
            return outcome;
        batch_refuse(batch, item, err); /* nothing was touched: the batch goes on without it */
        *culprit = to;
    }
    return DONE;
}

/* ---- dead letters ------------------------------------------------------------------------------------------------------ */

static void add_dead_letter(struct worker *worker, const struct item *item)
{
    struct service *service = worker->call.service;
    const struct event_meta *meta = &item->event.meta;
    char key[64];
    /* the type is a name of ours where a table has it; a foreign one could hold anything */
    const char *type = item->type == NULL ? "unknown" : item->type->name;
    const struct dead_letter letter = {
        .service = text_of(service->def->name),
        .topic = text_of(meta->topic),
        .partition = meta->partition,
        .offset = meta->offset,
        .type = text_of(type),
        .pointer = text_of(item->error->pointer),
        .rule = item->error->rule[0] == 0 ? TEXT("unnamed") : text_of(item->error->rule),
    };

    snprintf(key, sizeof(key), "%s/%d", meta->topic, meta->partition);
    outbox_add(
        worker->call.outbox,
        &(struct outbox_message){.type = &dead_letter_event, .partition = -1, .key = text_of(key), .data = &letter});
    log_warn(&service->log, "event.dead-letter", F_STR("topic", meta->topic), F_INT("partition", meta->partition),
             F_INT("offset", meta->offset), F_STR("type", type), F_ERROR(item->error));
    metric_add(service->dead_letters, 1);
}

enum outcome batch_apply(struct batch *batch, size_t from, size_t to, struct worker *worker, struct outbox_row *row,
                         size_t *culprit, struct error *err)
{
    struct service *service = worker->call.service;
    const struct service_def *def = service->def;
    char shard[96];

    *culprit = to;
    reset_outcomes(batch, from, to);
    TRY(move_offsets(batch, from, to, worker, err));
    TRY(ask_inbox(batch, from, to, worker, err));
    for (size_t i = 0; i < def->batches_n; i++)
        TRY(run_batch_handler(&def->batches[i], batch, from, to, worker, err));
    TRY(run_handlers(batch, from, to, worker, culprit, err));
    for (size_t i = from; i < to; i++)
        if (batch->items[i].owned != NULL && batch->items[i].outcome == REFUSED)
            add_dead_letter(worker, &batch->items[i]);
    /* the row lies under the first partition's shard; whoever takes over any partition publishes all rows */
    for (size_t i = from; i < to; i++) {
        struct owned *owned = batch->items[i].owned;
        if (owned == NULL)
            continue;
        snprintf(shard, sizeof(shard), "%s/%d", owned->at.topic, owned->at.partition);
        return outbox_write(worker->call.outbox, worker->call.pg, shard, owned->epoch, worker->call.arena, row, err);
    }
    *row = (struct outbox_row){0};
    return DONE;
}
