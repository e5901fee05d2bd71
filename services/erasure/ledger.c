/* ledger: notes, and the job that appends them. Whoever appends holds the row of the ledger's end, so that one process at a
 * time does, and the file's own lock besides. */
#include "services/erasure/ledger.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/ledger/ledger.h"
#include "gen/erasure_sql.h"
#include "proto/events.h"

enum {
    NOTES_AT_ONCE = 500,
    WAIT_S = 5,
    COPY_MOST = 900000, /* bytes of an entry's data that a message takes */
};

static const char *folder(const struct service *service)
{
    return option_text(service_options(service), "ledger");
}

/* ---- notes -------------------------------------------------------------------------------------------------------------- */

struct uuid ledger_id(const struct event_type *type, const struct uuid *about)
{
    uint8_t name[16 + 64] = {0}, digest[32];
    size_t n = strlen(type->name);

    ENSURE(n <= 64);
    memcpy(name, about->b, 16);
    memcpy(name + 16, type->name, n);
    crypto_digest(name, 16 + n, digest);
    return uuid_v8(digest);
}

void ledger_note(struct call *call, const struct event_type *type, const struct uuid *about, const void *data)
{
    struct uuid id = ledger_id(type, about);
    struct pg_params params;
    struct error ignored; /* a transaction that couldn't take it can't commit */
    struct buf json;

    if (folder(call->service) == NULL)
        return;
    buf_init(&json, EVENT_BYTES_MOST);
    event_encode(type->data, data, &json);
    ENSURE(!json.failed);
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &id);
    pg_add_time(&params, call->now_us);
    pg_add_str(&params, type->name);
    pg_add_text(&params, text_copy(call->arena, buf_view(&json)));
    buf_free(&json);
    if (pg_queue(call->pg, &erasure_sql_ledger_note, &params, &ignored) == DONE)
        call_wake(call, "ledger");
}

enum outcome ledger_wait(struct call *call, const struct event_type *type, const struct uuid *about, struct error *err)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    struct uuid id = ledger_id(type, about);
    int64_t until = clock_monotonic_us() + SECONDS(WAIT_S);
    struct pg_params params;
    struct pg_rows rows;
    int64_t waiting = 1;

    if (folder(call->service) == NULL)
        return DONE;
    TRY(call_pause(call, err)); /* no transaction of ours is open meanwhile: forgets wait for those */
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &id);
    while (waiting > 0) {
        TRY(pg_exec(call->pg, &erasure_sql_ledger_waiting, &params, &rows, err));
        waiting = pg_get_int8(&rows, 0, 0);
        pg_rows_free(&rows);
        if (waiting > 0 && (clock_monotonic_us() > until || call_stopping(call)))
            return error_retry(err, "ledger", "the request is taken; the ledger doesn't have it yet: ask again");
        if (waiting > 0)
            nanosleep(&pause, NULL);
    }
    return DONE;
}

/* ---- appending ---------------------------------------------------------------------------------------------------------- */

struct notes {
    struct ledger_entry *items;
    struct uuid *ids;
    size_t n;
};

static enum outcome lock_end(struct call *call, struct ledger_mark *end, struct error *err)
{
    struct pg_rows rows;
    struct bytes hash;

    TRY(pg_exec(call->pg, &erasure_sql_ledger_end_lock, NULL, &rows, err));
    ENSURE(rows.n == 1);
    hash = pg_get_bytes(&rows, 0, 2);
    ENSURE(hash.n == LEDGER_HASH_BYTES);
    *end = (struct ledger_mark){.number = pg_get_int8(&rows, 0, 0), .place = pg_get_int8(&rows, 0, 1)};
    memcpy(end->hash, hash.p, LEDGER_HASH_BYTES);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome move_end(struct call *call, const struct ledger_mark *end, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_int8(&params, end->number);
    pg_add_int8(&params, end->place);
    pg_add_bytes(&params, (struct bytes){.p = end->hash, .n = LEDGER_HASH_BYTES});
    return pg_queue(call->pg, &erasure_sql_ledger_end_move, &params, err);
}

static enum outcome load_notes(struct call *call, struct notes *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_int4(&params, NOTES_AT_ONCE);
    TRY(pg_exec(call->pg, &erasure_sql_ledger_pending, &params, &rows, err));
    *out = (struct notes){.items = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct ledger_entry),
                          .ids = ARENA_ARRAY(call->arena, (size_t)rows.n + 1, struct uuid),
                          .n = (size_t)rows.n};
    for (int i = 0; i < rows.n; i++) {
        out->ids[i] = pg_get_uuid(&rows, i, 0);
        out->items[i] = (struct ledger_entry){.id = out->ids[i],
                                              .at_us = pg_get_time(&rows, i, 1),
                                              .type = text_copy(call->arena, pg_get_text(&rows, i, 2)),
                                              .data = text_copy(call->arena, pg_get_text(&rows, i, 3))};
    }
    pg_rows_free(&rows);
    return DONE;
}

static bool is_among(const struct uuid *ids, size_t n, const struct uuid *id)
{
    for (size_t i = 0; i < n; i++)
        if (uuid_equal(&ids[i], id))
            return true;
    return false;
}

/* A copy in Kafka, by number: whoever reads it twice, or from two writers, has it once. */
static void publish(struct call *call, const struct ledger_entry *entry, const struct ledger_mark *mark)
{
    struct text key = text_format(call->arena, "%019lld", (long long)entry->number);
    const struct ledger_line copy = {.number = entry->number,
                                     .at = entry->at_us,
                                     .id = entry->id,
                                     .type = entry->type,
                                     .data = entry->data,
                                     .hash = text_hex(call->arena, mark->hash, LEDGER_HASH_BYTES)};

    if (entry->data.n > COPY_MOST) {
        log_error(call->log, "ledger.copy-too-large", F_INT("number", entry->number));
        return;
    }
    outbox_add(call->outbox,
               &(struct outbox_message){.type = &ledger_line_event, .partition = -1, .key = key, .data = &copy});
}

/* What stands behind our end was appended by somebody whose commit failed, or in a future that a restore undid. Those of
 * the notes that are there already aren't written again. */
static enum outcome catch_up(struct call *call, struct ledger *ledger, const struct notes *notes,
                             struct ledger_mark *end, struct uuid_list *there, struct error *err)
{
    struct ledger_entry entry;
    struct ledger_mark mark;
    bool got = true;

    there->items = ARENA_ARRAY(call->arena, notes->n + 1, struct uuid);
    there->n = 0;
    while (got) {
        TRY(ledger_next(ledger, call->arena, &entry, &mark, &got, err));
        if (!got)
            break;
        *end = mark;
        publish(call, &entry, &mark);
        if (is_among(notes->ids, notes->n, &entry.id) && !is_among(there->items, there->n, &entry.id))
            there->items[there->n++] = entry.id;
    }
    return DONE;
}

static enum outcome append_all(struct call *call, struct ledger *ledger, const struct notes *notes,
                               struct ledger_mark *end, struct error *err)
{
    struct uuid_list there;

    TRY(catch_up(call, ledger, notes, end, &there, err));
    for (size_t i = 0; i < notes->n; i++) {
        if (is_among(there.items, there.n, &notes->ids[i]))
            continue;
        TRY(ledger_append(ledger, &notes->items[i], end, err));
        publish(call, &notes->items[i], end);
    }
    return DONE;
}

static enum outcome drop_notes(struct call *call, const struct notes *notes, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, notes->ids, notes->n);
    return pg_queue(call->pg, &erasure_sql_ledger_drop, &params, err);
}

/* The file first, then what says so: after a crash between the two, catch_up finds what is there. */
enum outcome run_ledger(struct call *call, bool *again, struct error *err)
{
    const char *dir = folder(call->service);
    struct ledger_mark end;
    struct ledger *ledger;
    struct notes notes;
    enum outcome outcome;

    if (dir == NULL)
        return DONE;
    TRY(lock_end(call, &end, err));
    TRY(load_notes(call, &notes, err));
    if (notes.n == 0 && end.number >= 0)
        return DONE;
    TRY(ledger_append_begin(dir, &end, &ledger, err));
    outcome = append_all(call, ledger, &notes, &end, err);
    if (outcome != DONE) {
        ledger_close(ledger);
        return outcome;
    }
    TRY(ledger_append_end(ledger, err));
    crash_point("ledger.appended");
    TRY(move_end(call, &end, err));
    *again = notes.n == NOTES_AT_ONCE;
    return notes.n > 0 ? drop_notes(call, &notes, err) : DONE;
}
