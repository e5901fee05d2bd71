/* jobs: truncation of contacts.in and the barriers that roll its segments, quarantine's end and return, keys whose rows
 * are gone. */
#include <string.h>

#include "common/service/service.h"
#include "gen/intake_sql.h"
#include "proto/events.h"
#include "services/intake/producer.h"
#include "services/intake/routes.h"

enum { PAGE = 1000, REQUEUE_WAIT_MS = 10000 };

/* ---- small helpers over one array of ids ------------------------------------------------------------------------------------ */

static enum outcome select_ids(struct call *call, const struct pg_statement *statement, const struct uuid_list *of,
                               struct uuid_list *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    if (of != NULL)
        pg_add_uuids(&params, of->items, of->n);
    TRY(pg_exec(call->pg, statement, of != NULL ? &params : NULL, &rows, err));
    *out = (struct uuid_list){.items = ARENA_ARRAY(call->arena, (size_t)rows.n, struct uuid), .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++)
        out->items[i] = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome exec_ids(struct call *call, const struct pg_statement *statement, const struct uuid_list *ids,
                             struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids->items, ids->n);
    return pg_exec(call->pg, statement, &params, NULL, err);
}

/* ---- keys ------------------------------------------------------------------------------------------------------------------- */

static enum outcome doomed_keys(struct call *call, bool *again, struct error *err)
{
    struct uuid_list ids;
    int64_t destroyed;

    TRY(select_ids(call, &intake_sql_doomed, NULL, &ids, err));
    if (ids.n == 0)
        return DONE;
    TRY(vault_keys_destroy(call->vault, ids.items, ids.n, &destroyed, err));
    *again = ids.n == PAGE;
    return exec_ids(call, &intake_sql_doomed_drop, &ids, err);
}

/* Keys commit before their rows; a row that never came leaves one behind. */
static enum outcome sweep_keys(struct call *call, bool *again, struct error *err)
{
    struct uuid after = {0};
    const int64_t older_than_us = call->now_us - HOURS(1);
    int64_t swept = 0;

    (void)again;
    do {
        struct uuid_list old, orphans;
        int64_t destroyed = 0;
        TRY(vault_keys_page(call->vault, &after, older_than_us, PAGE, call->arena, &old, err));
        if (old.n > 0) {
            TRY(select_ids(call, &intake_sql_orphans, &old, &orphans, err));
            TRY(vault_keys_sweep(call->vault, older_than_us, orphans.items, orphans.n, call->arena, &destroyed, err));
        }
        swept += destroyed;
        TRY(call_checkpoint(call, err));
    } while (!uuid_is_nil(&after) && !call_stopping(call));
    if (swept > 0)
        log_info(call->log, "keys.swept", F_INT("keys", swept));
    TRY(pg_exec(call->pg, &intake_sql_barriers_sweep, NULL, NULL, err));
    return pg_exec(call->pg, &intake_sql_forget_gone_sweep, NULL, NULL, err);
}

/* ---- quarantine --------------------------------------------------------------------------------------------------------------- */

/* Rows first, their keys once that has committed: a row whose key is gone would be an event lost. Each id is of one
 * message of contacts.in, so that the same event coming back meanwhile has a row and a key of its own. */
static enum outcome drop_quarantine(struct call *call, const struct uuid_list *ids, struct error *err)
{
    int64_t n;

    TRY(exec_ids(call, &intake_sql_quarantine_erase, ids, err));
    TRY(vault_delete(call->vault, call->pg, ids->items, ids->n, call->arena, &n, err));
    TRY(exec_ids(call, &intake_sql_doom, ids, err));
    call_wake(call, "doomed-keys");
    return DONE;
}

static enum outcome expire_quarantine(struct call *call, bool *again, struct error *err)
{
    struct uuid_list ids;

    TRY(select_ids(call, &intake_sql_quarantine_expired, NULL, &ids, err));
    if (ids.n == 0)
        return DONE;
    *again = true;
    return drop_quarantine(call, &ids, err);
}

struct kept_event {
    struct text data, id, source, type, subject, controller;
    int64_t time;
};
static const struct field kept_event_fields[] = {
    {.name = "data",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct kept_event, data),
     .most = 4 << 20},
    {.name = "id", .kind = FIELD_TEXT, .offset = offsetof(struct kept_event, id)},
    {.name = "source", .kind = FIELD_TEXT, .offset = offsetof(struct kept_event, source)},
    {.name = "type", .kind = FIELD_TEXT, .offset = offsetof(struct kept_event, type)},
    {.name = "subject", .kind = FIELD_TEXT, .offset = offsetof(struct kept_event, subject)},
    {.name = "controller", .kind = FIELD_TEXT, .offset = offsetof(struct kept_event, controller)},
    {.name = "time", .kind = FIELD_TIME, .offset = offsetof(struct kept_event, time)},
};
static const struct object_type kept_event_type = {.fields = kept_event_fields,
                                                   .fields_n = sizeof kept_event_fields / sizeof kept_event_fields[0],
                                                   .size = sizeof(struct kept_event),
                                                   .open = true};

/* The event as it came: structured ones hold their envelope in their data. */
static enum outcome rebuild(struct call *call, struct text json, struct cloud_event *out, struct error *err)
{
    const struct kept_event *kept;
    struct error ignored;
    struct bytes raw;
    void *decoded;

    TRY(event_decode(&kept_event_type, json, call->arena, &decoded, err));
    kept = decoded;
    if (!crypto_unbase64(call->arena, kept->data, &raw))
        return error_refuse(err, "/data", "base64", "a quarantined event can't be read");
    if (cloud_event_from_json((struct text){(const char *)raw.p, raw.n}, call->arena, out, &ignored) == DONE)
        return DONE;
    *out = (struct cloud_event){.meta = {.id = kept->id,
                                         .source = kept->source,
                                         .type = kept->type,
                                         .subject = kept->subject,
                                         .controller = kept->controller,
                                         .time_us = kept->time},
                                .data = {(const char *)raw.p, raw.n}};
    return DONE;
}

/* Events that a restriction held back go into contacts.in once more, and only then leave the quarantine. */
static enum outcome requeue(struct call *call, bool *again, struct error *err)
{
    struct intake *intake = call->state;
    struct kafka_record *records;
    struct uuid_list ids;
    struct text *texts;
    size_t n = 0;

    TRY(select_ids(call, &intake_sql_quarantine_waiting, NULL, &ids, err));
    if (ids.n == 0)
        return DONE;
    texts = ARENA_ARRAY(call->arena, ids.n, struct text);
    records = ARENA_ARRAY(call->arena, ids.n, struct kafka_record);
    TRY(vault_open(call->vault, call->pg, ids.items, ids.n, "requeue", NULL, call->arena, texts, err));
    for (size_t i = 0; i < ids.n; i++) {
        struct cloud_event event = {0};
        struct error why = {0};
        if (texts[i].p != NULL && rebuild(call, texts[i], &event, &why) == DONE)
            records[n++] = events_record(&event, event.meta.id, call->arena);
        else
            log_warn(call->log, "requeue.lost", F_UUID("quarantine", &ids.items[i]), F_ERROR(&why));
    }
    TRY(call_pause(call, err));
    TRY(producer_send(intake->producer, records, n, REQUEUE_WAIT_MS, err));
    TRY(call_resume(call, err));
    metric_add(intake->requeued, (int64_t)n);
    *again = true;
    return drop_quarantine(call, &ids, err);
}

/* ---- contacts.in: what PostgreSQL has needs not stay in Kafka ------------------------------------------------------------------ */

struct reached {
    int32_t part;
    int64_t next, rolled;
};

static enum outcome offsets(struct call *call, struct reached **out, size_t *n, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &intake_sql_offsets, NULL, &rows, err));
    *n = (size_t)rows.n;
    *out = ARENA_ARRAY(call->arena, *n, struct reached);
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = (struct reached){
            .part = pg_get_int4(&rows, i, 0), .next = pg_get_int8(&rows, i, 1), .rolled = pg_get_int8(&rows, i, 2)};
    pg_rows_free(&rows);
    return DONE;
}

static void send_roll(struct call *call, const struct intake *intake, int32_t part)
{
    const struct barrier barrier = {.barrier = call_uuid(call), .partition = part, .partitions = intake->partitions};
    char key[UUID_TEXT_BYTES];

    uuid_format(&barrier.barrier, key);
    outbox_add(
        call->outbox,
        &(struct outbox_message){
            .type = &barrier_event, .topic = "contacts.in", .partition = part, .key = text_of(key), .data = &barrier});
}

/* A segment rolls at the first message that comes a minute after its own first. The last barrier began the open segment,
 * so a minute and a second after something has followed it, another one closes it. */
#define ROLL_AFTER_US SECONDS(61)

static enum outcome roll(struct call *call, bool *again, struct error *err)
{
    struct intake *intake = call->state;
    struct reached *reached;
    size_t n;

    (void)again;
    TRY(offsets(call, &reached, &n, err));
    for (size_t i = 0; i < n; i++) {
        int64_t *since;
        if (reached[i].part < 0 || (size_t)reached[i].part >= PARTITIONS_MAX)
            continue;
        since = &intake->unrolled_since[reached[i].part];
        if (reached[i].next <= reached[i].rolled) {
            *since = 0;
        } else if (*since == 0) {
            *since = call->now_us;
        } else if (call->now_us - *since >= ROLL_AFTER_US) {
            send_roll(call, intake, reached[i].part);
            *since = call->now_us;
        }
    }
    return DONE;
}

static enum outcome truncate_in(struct call *call, bool *again, struct error *err)
{
    struct intake *intake = call->state;
    struct reached *reached;
    size_t n;

    (void)again;
    TRY(offsets(call, &reached, &n, err));
    TRY(call_pause(call, err));
    for (size_t i = 0; i < n && !call_stopping(call); i++) {
        struct kafka_partition at = {.topic = "contacts.in", .partition = reached[i].part};
        if (at.partition < 0 || (size_t)at.partition >= PARTITIONS_MAX ||
            reached[i].next <= intake->truncated_to[at.partition])
            continue;
        TRY(producer_delete_before(intake->producer, at, reached[i].next, err));
        intake->truncated_to[at.partition] = reached[i].next;
        metric_add(intake->truncated, 1);
    }
    return call_resume(call, err);
}

const struct periodic_job intake_jobs[INTAKE_JOBS] = {
    EVERY("doomed-keys", SECONDS(30), doomed_keys),
    EVERY("sweep-keys", HOURS(1), sweep_keys),
    EVERY("keys", SECONDS(2), keys_run),
    EVERY("expire-quarantine", MINUTES(1), expire_quarantine),
    EVERY("requeue", SECONDS(30), requeue),
    EVERY("roll", SECONDS(10), roll),
    EVERY("truncate", SECONDS(10), truncate_in),
};
