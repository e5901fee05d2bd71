/* keys: the job that carries KEKs through their lives, and what operators see and say of it. The keyring is another
 * database: its steps commit there, each by itself, while the call's own transaction rests. */
#include <stdio.h>
#include <string.h>

#include "common/vault/rotation.h"
#include "services/intake/routes.h"

void keys_metrics(struct intake *intake)
{
    struct metrics *m = intake->metrics;

    intake->kek_epoch = metrics_gauge(m, "lethe_kek_epoch", "", "epoch of the KEK that wraps new keys");
    intake->kek_late_s = metrics_gauge(m, "lethe_kek_late_seconds", "",
                                       "how long a KEK lives past the day that certificates name; 0: none does");
    intake->keys_rewrapped = metrics_counter(m, "lethe_keys_rewrapped_total", "", "keys that came under a new KEK");
    intake->keys_unreadable =
        metrics_gauge(m, "lethe_keys_unreadable", "", "keys that their KEK doesn't open: it can't be destroyed");
    intake->keys_paused = metrics_gauge(m, "lethe_keys_paused", "", "1: operators have paused the rotation of KEKs");
}

/* ---- the steps ------------------------------------------------------------------------------------------------------ */

static enum outcome begin(struct call *call, const struct rotation *r, struct error *err)
{
    struct intake *intake = call->state;
    int64_t rotate_us = duration_add(call->now_us, call->policy->key_epoch);
    bool begun;

    TRY(rotation_begin(call->vault, &intake->escrow, r, rotate_us, &begun, err));
    crash_point("keys.begun");
    if (begun)
        log_info(call->log, "keys.rotated", F_INT("from", r->current.epoch));
    return DONE;
}

/* Operators are heard, and the lease is kept, between pages. The writer's connection is busy: the reader asks. */
static enum outcome look_up(struct call *call, struct vault *reader, bool *paused, struct error *err)
{
    struct rotation now;

    TRY(call_resume(call, err));
    TRY(call_pause(call, err));
    TRY(rotation_load(reader, &now, err));
    *paused = now.paused;
    return DONE;
}

static enum outcome rewrap_all(struct call *call, struct rewrap *w, bool *whole, struct error *err)
{
    struct intake *intake = call->state;
    int64_t look_at = 0, counted = 0;
    bool more = true, paused = false;

    while (more && !paused && !call_stopping(call)) {
        TRY(rewrap_page(w, &more, err));
        metric_add(intake->keys_rewrapped, w->done - counted);
        counted = w->done;
        if (clock_monotonic_us() < look_at || !more)
            continue;
        TRY(look_up(call, w->reader, &paused, err));
        look_at = clock_monotonic_us() + SECONDS(1);
    }
    *whole = !more;
    return DONE;
}

/* What doesn't open would be lost with the old KEK, so that stays; somebody must look. */
static void say_left(struct call *call, const struct rotation *r, int64_t left, int64_t unreadable)
{
    struct intake *intake = call->state;

    intake->keys_rest_until_us = clock_monotonic_us() + MINUTES(1);
    if (unreadable > 0)
        log_error(call->log, "keys.unreadable", F_INT("epoch", r->ending.epoch), F_INT("keys", unreadable));
    else
        log_warn(call->log, "keys.left", F_INT("epoch", r->ending.epoch), F_INT("keys", left));
}

static enum outcome rewrap(struct call *call, const struct rotation *r, bool *again, struct error *err)
{
    const struct vault_config config = service_vault_config(call->service);
    struct vault *reader = vault_new(&config, call->log);
    struct rewrap w;
    int64_t left = -1, unreadable;
    enum outcome outcome;
    bool whole = false;

    rewrap_start(&w, call->vault, reader, r);
    outcome = rewrap_all(call, &w, &whole, err);
    unreadable = w.unreadable;
    rewrap_stop(&w);
    vault_free(reader);
    if (outcome != DONE || !whole)
        return outcome;
    crash_point("keys.rewrapped");
    TRY(rotation_retire(call->vault, r, &left, err));
    crash_point("keys.retired");
    *again = left == 0;
    if (left > 0)
        say_left(call, r, left, unreadable);
    metric_set(((struct intake *)call->state)->keys_unreadable, left > 0 ? unreadable : 0);
    return DONE;
}

static enum outcome destroy(struct call *call, const struct rotation *r, struct error *err)
{
    struct intake *intake = call->state;
    bool destroyed;

    TRY(rotation_destroy(call->vault, &intake->escrow, r, &destroyed, err));
    if (destroyed)
        log_info(call->log, "keys.destroyed", F_INT("epoch", r->ending.epoch));
    return DONE;
}

/* Places that can't be written to hold up an epoch's beginning or end: what lives is as readable as before. */
static enum outcome held_up(enum outcome outcome, struct error *err)
{
    if (outcome == RETRY && strcmp(err->rule, "kek") == 0)
        (void)snprintf(err->rule, sizeof err->rule, "rotation");
    return outcome;
}

/* ---- the job -------------------------------------------------------------------------------------------------------- */

static void show(struct call *call, const struct rotation *r)
{
    struct intake *intake = call->state;
    int64_t late_us = rotation_late_us(r, call->now_us);

    metric_set(intake->kek_epoch, r->current.epoch);
    metric_set(intake->keys_paused, r->paused);
    if (late_us > 0 && metric_value(intake->kek_late_s) == 0)
        log_warn(call->log, "keys.late", F_INT("seconds", late_us / US_PER_S), F_INT("paused", r->paused));
    metric_set(intake->kek_late_s, late_us / US_PER_S);
}

static enum outcome step(struct call *call, bool *again, struct error *err)
{
    struct intake *intake = call->state;
    struct rotation r;

    TRY(vault_ready(call->vault, err)); /* a KEK that is no longer there is noticed before it is needed */
    TRY(rotation_load(call->vault, &r, err));
    show(call, &r);
    if (!r.paused)
        TRY(held_up(rotation_escrow(call->vault, &intake->escrow, &r, err), err));
    TRY(rotation_plan(call->vault, &r, duration_add(r.created_us, call->policy->key_epoch), err));
    if (clock_monotonic_us() < intake->keys_rest_until_us)
        return DONE;
    switch (rotation_decide(&r, call->now_us)) {
    case ROTATION_REST:
        return DONE;
    case ROTATION_BEGIN:
        *again = true;
        return held_up(begin(call, &r, err), err);
    case ROTATION_REWRAP:
        return rewrap(call, &r, again, err);
    case ROTATION_DESTROY:
        return held_up(destroy(call, &r, err), err);
    }
    return DONE;
}

enum outcome keys_run(struct call *call, bool *again, struct error *err)
{
    TRY(call_pause(call, err));
    return step(call, again, err);
}

/* ---- operators ------------------------------------------------------------------------------------------------------ */

struct shown_epochs {
    struct epoch_row *items;
    size_t n;
};
struct shown {
    struct text place, escrow, step;
    bool paused, wanted;
    int64_t late_s, rewrapped, unreadable;
    struct shown_epochs epochs;
};

#define ROW_TIME(member, label)                                                                                        \
    {                                                                                                                  \
        .name = (label), .kind = FIELD_TIME, .offset = offsetof(struct epoch_row, member)                              \
    }
#define COUNT(type, member, label)                                                                                     \
    {                                                                                                                  \
        .name = (label), .kind = FIELD_INT, .required = true, .offset = offsetof(type, member), .most = INT64_MAX      \
    }
static const struct field epoch_fields[] = {
    {.name = "epoch",
     .kind = FIELD_INT,
     .required = true,
     .offset = offsetof(struct epoch_row, epoch),
     .most = INT32_MAX},
    {.name = "state", .kind = FIELD_TEXT, .required = true, .offset = offsetof(struct epoch_row, state)},
    COUNT(struct epoch_row, keys, "keys"),
    ROW_TIME(created_us, "created_at"),
    ROW_TIME(rotate_us, "rotate_at"),
    ROW_TIME(destroy_by_us, "destroy_by"),
    ROW_TIME(retired_us, "retired_at"),
    ROW_TIME(emptied_us, "emptied_at"),
    ROW_TIME(escrowed_us, "escrowed_at"),
    ROW_TIME(destroyed_us, "destroyed_at"),
    {.name = "acknowledgement", .kind = FIELD_TEXT, .offset = offsetof(struct epoch_row, ack)},
    {.name = "escrow_acknowledgement", .kind = FIELD_TEXT, .offset = offsetof(struct epoch_row, escrow_ack)},
};
static const struct object_type epoch_type = {
    .fields = epoch_fields, .fields_n = sizeof epoch_fields / sizeof epoch_fields[0], .size = sizeof(struct epoch_row)};
static const struct field shown_fields[] = {
    {.name = "place", .kind = FIELD_TEXT, .required = true, .offset = offsetof(struct shown, place)},
    {.name = "escrow", .kind = FIELD_TEXT, .required = true, .offset = offsetof(struct shown, escrow)},
    {.name = "step", .kind = FIELD_TEXT, .required = true, .offset = offsetof(struct shown, step)},
    {.name = "paused", .kind = FIELD_BOOL, .required = true, .offset = offsetof(struct shown, paused)},
    {.name = "wanted", .kind = FIELD_BOOL, .required = true, .offset = offsetof(struct shown, wanted)},
    COUNT(struct shown, late_s, "late_seconds"),
    COUNT(struct shown, rewrapped, "rewrapped"),
    COUNT(struct shown, unreadable, "unreadable"),
    {.name = "epochs",
     .kind = FIELD_OBJECTS,
     .required = true,
     .offset = offsetof(struct shown, epochs),
     .type = &epoch_type},
};
static const struct object_type shown_type = {
    .fields = shown_fields, .fields_n = sizeof shown_fields / sizeof shown_fields[0], .size = sizeof(struct shown)};

static const char *const step_names[] = {
    [ROTATION_REST] = "rest", [ROTATION_BEGIN] = "begin", [ROTATION_REWRAP] = "rewrap", [ROTATION_DESTROY] = "destroy"};

enum outcome get_keys(struct call *call, const struct http_request *request, struct http_response *response,
                      struct error *err)
{
    const struct intake *intake = call->state;
    struct shown shown = {.place = text_of(rotation_place(call->vault)),
                          .escrow = text_of(intake->escrow.type == NULL ? "none" : intake->escrow.type->name)};
    struct rotation r;

    (void)request;
    TRY(rotation_load(call->vault, &r, err));
    TRY(rotation_epochs(call->vault, call->arena, &shown.epochs.items, &shown.epochs.n, err));
    shown.step = text_of(step_names[rotation_decide(&r, call->now_us)]);
    shown.paused = r.paused;
    shown.wanted = r.wanted;
    shown.late_s = rotation_late_us(&r, call->now_us) / US_PER_S;
    shown.rewrapped = r.rewrapped;
    shown.unreadable = r.unreadable;
    event_encode(&shown_type, &shown, &response->body);
    return DONE;
}

/* Who asked stands in admin's audit. */
static enum outcome want(struct call *call, int wanted, int paused, struct http_response *response, struct error *err)
{
    TRY(rotation_want(call->vault, wanted, paused, err));
    call_wake(call, "keys");
    response->status = 202;
    buf_str(&response->body, "{}");
    return DONE;
}

enum outcome post_keys_rotate(struct call *call, const struct http_request *request, struct http_response *response,
                              struct error *err)
{
    struct rotation r;

    (void)request;
    TRY(rotation_load(call->vault, &r, err));
    if (r.ending.epoch != 0)
        return error_status(err, 409, "ending", "the epoch %d is still ending: one at a time", (int)r.ending.epoch);
    return want(call, 1, -1, response, err);
}

enum outcome post_keys_pause(struct call *call, const struct http_request *request, struct http_response *response,
                             struct error *err)
{
    (void)request;
    return want(call, -1, 1, response, err);
}

enum outcome post_keys_resume(struct call *call, const struct http_request *request, struct http_response *response,
                              struct error *err)
{
    (void)request;
    return want(call, -1, 0, response, err);
}
