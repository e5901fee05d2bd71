/* send: the jobs that let mails leave, a batch a run. For each: is it allowed still, an intent (committed), the ground asked
 * anew, SMTP, the result. An intent without a result is what a crash leaves; the policy decides what becomes of it. */
#include <stdlib.h>
#include <time.h>

#include "common/retry/retry.h"
#include "services/mailer/batch.h"
#include "services/mailer/smtp_pool.h"

/* LOST_AFTER_MIN: an intent so old is nobody's any more: longer than an attempt may last (smtp_pool.c). DRAIN_MS: a batch waits so
 * long for its last messages; those that take longer stay under way beside the next ones. */
enum { LOST_AFTER_MIN = 20, DRAIN_MS = 300, TURN_MS = 20, IDLE_S = 5, AT_ONCE = 3 };

struct sender *sender_new(const struct relays *relays, struct pace *pace, int share, int of)
{
    struct sender *sender = calloc(1, sizeof(*sender));

    ENSURE(sender != NULL);
    sender->pool = smtp_pool_new(relays, pace, share, of);
    sender->batch = BATCH_LEAST;
    sender->flights_n = smtp_pool_capacity(sender->pool) + BATCH_SAVE;
    sender->flights = calloc(sender->flights_n, sizeof(*sender->flights));
    ENSURE(sender->flights != NULL);
    return sender;
}

void sender_free(struct sender *sender)
{
    if (sender == NULL)
        return;
    for (size_t i = 0; i < sender->flights_n; i++)
        arena_free(sender->flights[i].arena);
    smtp_pool_free(sender->pool);
    free(sender->flights);
    free(sender);
}

/* ---- keeping what is known ------------------------------------------------------------------------------------------------- */

static enum outcome keep(struct batch *batch, struct error *err)
{
    TRY(call_resume(batch->call, err));
    TRY(batch_conclude(batch->call, batch->ended, batch->ended_n, err));
    crash_point("mailer.result");
    return call_pause(batch->call, err);
}

static void land(struct batch *batch)
{
    for (size_t i = 0; i < batch->ended_n; i++)
        for (size_t k = 0; k < batch->sender->flights_n; k++) {
            struct flight *flight = &batch->sender->flights[k];
            if (&flight->mail != batch->ended[i].mail)
                continue;
            flight->taken = false;
            arena_reset(flight->arena, 64 << 10);
            break;
        }
    batch->ended_n = 0;
}

/* What the relay said is known here alone: it is held until PostgreSQL takes it. Saying it twice changes nothing. */
static enum outcome save(struct batch *batch, struct error *err)
{
    struct call *call = batch->call;
    enum outcome outcome;

    if (batch->ended_n == 0)
        return DONE;
    for (unsigned failed = 0; (outcome = keep(batch, err)) != DONE; failed++) {
        int64_t wait_us = retry_delay_us(failed, 50 * US_PER_MS, SECONDS(2), (uint32_t)clock_monotonic_us());
        struct timespec pause = {.tv_sec = wait_us / US_PER_S, .tv_nsec = wait_us % US_PER_S * 1000};

        if (failed == 0)
            log_warn(call->log, "mail.results-wait", F_INT("mails", batch->ended_n), F_ERROR(err));
        pg_rollback(call->pg);
        if (outcome == REFUSED || call_stopping(call)) {
            land(batch);
            return outcome;
        }
        (void)nanosleep(&pause, NULL);
    }
    land(batch);
    return DONE;
}

/* ---- flights ------------------------------------------------------------------------------------------------------------------ */

static struct mail_tried tried_of(const struct call *call, const struct mail *mail)
{
    return (struct mail_tried){.kind = mail->kind,
                               .attempts = mail->attempts,
                               .unknowns = mail->unknowns,
                               .asked_us = mail->asked_us,
                               .resend_unknown = call->policy->resend_unknown_confirmations,
                               .now_us = clock_now_us(),
                               .random = (uint32_t)clock_monotonic_us()};
}

static struct mail_result result_of(const struct call *call, struct flight *flight, const struct smtp_pool_result *came)
{
    struct mail_tried tried = tried_of(call, &flight->mail);
    struct mail_result result = {.mail = &flight->mail, .ground = flight->ground, .position = flight->position};

    if (came->outcome == SMTP_POOL_BACK && flight->mail.attempts <= AT_ONCE)
        return batch_later(&flight->mail, "not-begun", "not sent: not begun in time", clock_now_us());
    crash_point("mailer.after-data");
    result.step = decide_result(came->result, came->code, &tried);
    result.result = result.step.why == NULL ? "sent" : result.step.why;
    return result;
}

static void harvest(struct batch *batch)
{
    struct smtp_pool_result came;

    while (smtp_pool_next(batch->sender->pool, &came))
        batch->ended[batch->ended_n++] = result_of(batch->call, came.owner, &came);
}

static struct flight *free_flight(struct sender *sender)
{
    for (size_t i = 0; i < sender->flights_n; i++) {
        if (sender->flights[i].taken)
            continue;
        if (sender->flights[i].arena == NULL)
            sender->flights[i].arena = arena_new();
        return &sender->flights[i];
    }
    return NULL;
}

static void board(struct flight *flight, const struct due *due)
{
    struct arena *arena = flight->arena;

    flight->taken = true;
    flight->mail = *due->mail;
    flight->mail.purpose = text_copy(arena, due->mail->purpose);
    flight->mail.ground = text_copy(arena, due->mail->ground);
    flight->mail.template_name = text_copy(arena, due->mail->template_name);
    flight->mail.language = text_copy(arena, due->mail->language);
    flight->ground = text_copy(arena, due->ground);
    flight->position = due->position;
}

/* One mail's turn; false: no connection is free for it. */
static bool depart(struct batch *batch, struct due *due, int64_t begin_by_us)
{
    struct sender *sender = batch->sender;
    struct flight *flight = free_flight(sender);
    const int link = flight == NULL ? -1 : smtp_pool_reserve(sender->pool, due->domain);
    struct smtp_pool_mail mail = {.begin_by_us = due->mail->kind == MAIL_PURPOSE ? begin_by_us : INT64_MAX,
                                  .domain = due->domain,
                                  .owner = flight};
    char *from;

    if (link < 0)
        return false;
    if (!batch_render(batch->call, due, flight->arena, &mail.wire, &from)) {
        smtp_pool_release(sender->pool, due->domain);
        arena_reset(flight->arena, 64 << 10);
        batch->ended[batch->ended_n++] = batch_refused(due->mail, "unwritable", "not sent: unwritable");
        return true;
    }
    board(flight, due);
    mail.from = from;
    mail.to = text_cstr(flight->arena, due->address);
    crash_point("mailer.intent");
    smtp_pool_start(sender->pool, link, &mail);
    return true;
}

/* ---- a batch ---------------------------------------------------------------------------------------------------------------------- */

/* As many as find a connection. A domain at its limit doesn't hold up the others. */
static void depart_some(struct batch *batch, int64_t begin_by_us)
{
    size_t kept = 0, i = 0;

    for (; i < batch->due_n && smtp_pool_busy(batch->sender->pool) < smtp_pool_capacity(batch->sender->pool); i++) {
        struct due *due = &batch->due[i];
        if (depart(batch, due, begin_by_us))
            continue;
        batch->due[kept++] = *due;
        if (due->domain < 0) {
            i++;
            break;
        }
    }
    if (kept == i)
        return;
    for (; i < batch->due_n; i++)
        batch->due[kept++] = batch->due[i];
    batch->due_n = kept;
}

static enum outcome turn(struct batch *batch, int timeout_ms, struct error *err)
{
    smtp_pool_wait(batch->sender->pool, timeout_ms);
    harvest(batch);
    return batch->ended_n >= BATCH_SAVE ? save(batch, err) : DONE;
}

static enum outcome send_due(struct batch *batch, struct error *err)
{
    const int64_t give_up_us = clock_monotonic_us() + SECONDS(BATCH_PATIENCE_S);

    while (batch->due_n > 0 && clock_monotonic_us() < give_up_us && !call_stopping(batch->call)) {
        int64_t begin_by_us;

        batch_ask(batch, &begin_by_us);
        while (batch->due_n > 0 && clock_monotonic_us() < begin_by_us && !call_stopping(batch->call)) {
            depart_some(batch, begin_by_us);
            TRY(turn(batch, TURN_MS, err));
        }
    }
    for (size_t i = 0; i < batch->due_n; i++) {
        struct mail *mail = batch->due[i].mail;
        int64_t wait_us = retry_delay_us((unsigned)mail->attempts - 1, SECONDS(1), SECONDS(60), (uint32_t)give_up_us);
        batch->ended[batch->ended_n++] =
            batch_later(mail, "not-begun", "not sent: no connection", clock_now_us() + wait_us);
    }
    batch->due_n = 0;
    return DONE;
}

static enum outcome drain(struct batch *batch, struct error *err)
{
    struct sender *sender = batch->sender;
    const int64_t until_us = clock_monotonic_us() + DRAIN_MS * US_PER_MS;

    while (smtp_pool_busy(sender->pool) > 0 && (call_stopping(batch->call) || clock_monotonic_us() < until_us)) {
        if (call_stopping(batch->call))
            smtp_pool_hurry(sender->pool);
        TRY(turn(batch, TURN_MS, err));
    }
    return save(batch, err);
}

/* As many at once as leave within a moment. */
static void adapt(struct sender *sender, const struct batch *batch, int64_t took_us)
{
    if (took_us > SECONDS(1) && sender->batch > BATCH_LEAST)
        sender->batch /= 2;
    else if (batch->claimed == sender->batch && took_us < BATCH_FRESH_MS * US_PER_MS / 2 && sender->batch < BATCH_MOST)
        sender->batch *= 2;
}

/* ---- what a crash left ---------------------------------------------------------------------------------------------------- */

static enum outcome recover(struct call *call, struct error *err)
{
    const struct mailer_shared *shared = call->state;
    struct mail_result *results;
    struct mail_list lost;

    TRY(store_lost(call, service_instance(call->service), shared->life, call->now_us - MINUTES(LOST_AFTER_MIN), &lost,
                   err));
    results = ARENA_ARRAY(call->arena, lost.n + 1, struct mail_result);
    for (size_t i = 0; i < lost.n; i++) {
        struct mail_tried tried = tried_of(call, &lost.items[i]);
        results[i] = (struct mail_result){
            .mail = &lost.items[i], .step = decide_lost(&tried), .result = "outcome unknown", .position = INT64_MIN};
        log_warn(call->log, "mail.outcome-unknown", F_UUID("mail", &lost.items[i].mail),
                 F_STR("then", mail_state_names[results[i].step.state]));
    }
    TRY(batch_conclude(call, results, lost.n, err));
    return lost.n > 0 ? call_checkpoint(call, err) : DONE;
}

static enum outcome recover_sometimes(struct call *call, struct sender *sender, struct error *err)
{
    const int64_t now_us = clock_monotonic_us();

    if (sender->recovered_us != 0 && now_us - sender->recovered_us < SECONDS(1))
        return DONE;
    TRY(recover(call, err));
    sender->recovered_us = now_us;
    return DONE;
}

/* ---- the jobs -------------------------------------------------------------------------------------------------------------- */

static enum outcome run(struct call *call, struct sender *sender, bool *again, struct error *err)
{
    const struct mailer_shared *shared = call->state;
    struct batch batch = {.call = call, .sender = sender};
    const int64_t began_us = clock_monotonic_us();
    size_t most;

    if (smtp_pool_capacity(sender->pool) == 0)
        return DONE;
    TRY(recover_sometimes(call, sender, err));
    most = call_stopping(call) || smtp_pool_busy(sender->pool) == smtp_pool_capacity(sender->pool)
               ? 0
               : pace_allowance(shared->pace, sender->batch, clock_now_us());
    TRY(batch_take(&batch, most, err));
    TRY(send_due(&batch, err));
    TRY(drain(&batch, err));
    adapt(sender, &batch, clock_monotonic_us() - began_us);
    if (batch.claimed == 0)
        smtp_pool_tidy(sender->pool, SECONDS(IDLE_S));
    *again = (most > 0 && batch.claimed == most) || smtp_pool_busy(sender->pool) > 0;
    return DONE;
}

enum outcome send_run(struct call *call, bool *again, struct error *err)
{
    return run(call, ((struct mailer_shared *)call->state)->senders[0], again, err);
}

enum outcome send_beside_run(struct call *call, bool *again, struct error *err)
{
    return run(call, ((struct mailer_shared *)call->state)->senders[1], again, err);
}
