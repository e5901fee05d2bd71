/* deliver: instructions to outside holders: sealed to Kafka topics, signed to webhooks. Two lanes, so that holders that
 * hang only delay each other; within a lane a thread for each holder, bounded to seconds. */
#include <pthread.h>
#include <string.h>

#include "gen/erasure_sql.h"
#include "services/erasure/instruction.h"
#include "services/erasure/outside.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"
#include "services/erasure/signing.h"

enum { KAFKA_EACH = 32, KAFKA_HOLDERS = 16, WEBHOOK_EACH = 16, ANSWER_MOST = 65536 };
static const int64_t timeouts_ms[LANES] = {4000, 10000};

/* ---- Kafka ----------------------------------------------------------------------------------------------------------- */

static enum outcome deliver_kafka(struct call *call, size_t *n, struct error *err)
{
    struct delivery *due;
    struct opened opened;
    struct uuid *nameless;
    size_t nameless_n = 0;

    TRY(deliveries_claim(call, "kafka", false, KAFKA_EACH, KAFKA_HOLDERS, SECONDS(10), &due, n, err));
    if (*n == 0)
        return DONE;
    nameless = ARENA_ARRAY(call->arena, *n, struct uuid);
    TRY(instructions_open(call, due, *n, &opened, err));
    for (size_t i = 0; i < *n; i++) {
        struct text json = instruction_write(call, &due[i], secrets_read_identifiers(call, opened.plain[i]));
        if (json.p == NULL || due[i].sealing_key.p == NULL || due[i].topic.p == NULL) {
            nameless[nameless_n++] = due[i].id;
            continue;
        }
        const struct outbox_message message = {
            .type = &sealed_box_event,
            .topic = text_cstr(call->arena, due[i].topic),
            .partition = -1,
            .key = uuid_text(call->arena, &due[i].request),
            .raw = instruction_box(call, &due[i], json),
        };
        outbox_add(call->outbox, &message);
        metric_add(erasure(call)->delivered, 1);
    }
    return tasks_to_human(call, nameless, nameless_n, err);
}

/* ---- webhooks -------------------------------------------------------------------------------------------------------- */

struct parcel { /* one instruction on its way */
    const struct delivery *delivery;
    struct text body, hmac;
    int status; /* 0: no answer came */
    struct text answer, signature;
};
struct carrier { /* one thread: one holder's parcels, in order, until one fails */
    pthread_t thread;
    bool started;
    struct http_client *client;
    const struct crypto_key *signing;
    struct arena *arena;
    struct parcel *parcels;
    size_t n;
    int64_t timeout_ms;
};

static void carry_one(struct carrier *c, struct parcel *p)
{
    char id[UUID_TEXT_BYTES];
    struct http_answer answer;
    struct error ignored;
    struct header headers[2];

    uuid_format(&p->delivery->id, id);
    headers[0] = (struct header){.name = TEXT("Lethe-Signature"),
                                 .value = signing_header(c->arena, c->signing, p->hmac, p->body)};
    headers[1] = (struct header){.name = TEXT("Lethe-Instruction"), .value = text_of(id)};
    const struct http_call call = {
        .method = HTTP_POST,
        .url = text_cstr(c->arena, p->delivery->url),
        .body = p->body,
        .headers = headers,
        .headers_n = 2,
        .timeout_ms = c->timeout_ms,
        .answer_limit = ANSWER_MOST,
    };
    if (http_client_call(c->client, &call, c->arena, &answer, &ignored) != DONE)
        return;
    p->status = answer.status;
    p->answer = answer.body;
    for (size_t i = 0; i < answer.headers_n; i++)
        if (text_is(answer.headers[i].name, "lethe-signature"))
            p->signature = answer.headers[i].value;
}

static void *carry(void *context)
{
    struct carrier *c = context;

    for (size_t i = 0; i < c->n; i++) {
        carry_one(c, &c->parcels[i]);
        if (c->parcels[i].status < 200 || c->parcels[i].status >= 300)
            break;
    }
    return NULL;
}

/* Splits what was claimed (ordered by holder) into a carrier each. */
static size_t load_carriers(struct call *call, int lane, struct parcel *parcels, size_t n, struct carrier *carriers)
{
    size_t used = 0;

    for (size_t at = 0; at < n && used < LANE_THREADS;) {
        size_t end = at + 1;
        while (end < n && uuid_equal(&parcels[end].delivery->holder, &parcels[at].delivery->holder))
            end++;
        carriers[used] = (struct carrier){
            .client = erasure(call)->clients[lane][used],
            .signing = erasure(call)->signing,
            .arena = arena_new(),
            .parcels = parcels + at,
            .n = end - at,
            .timeout_ms = timeouts_ms[lane],
        };
        used++;
        at = end;
    }
    return used;
}

static void run_carriers(struct carrier *carriers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        carriers[i].started = pthread_create(&carriers[i].thread, NULL, carry, &carriers[i]) == 0;
    for (size_t i = 0; i < n; i++)
        if (carriers[i].started)
            (void)pthread_join(carriers[i].thread, NULL);
}

static enum outcome note_holder(struct call *call, const struct pg_statement *statement, const struct uuid *holder,
                                struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, holder);
    pg_add_time(&params, clock_now_us());
    return pg_exec(call->pg, statement, &params, NULL, err);
}

/* The answer in the body of a 200: signed, or it is none. *bad: it came, but can't be believed or read. */
static enum outcome take_answer(struct call *call, const struct parcel *p, bool *bad, struct error *err)
{
    const struct delivery *d = p->delivery;
    const struct holder_result *result;
    struct error why;
    enum outcome o;
    void *read;

    *bad = true;
    if (!signing_holds(call->arena, p->signature, p->answer, d->signing_key, p->hmac)) {
        metric_add(erasure(call)->forged, 1);
        log_warn(call->log, "holder.signature", F_TEXT("holder", d->name));
        return DONE;
    }
    if (event_decode(holder_result_event.data, p->answer, call->arena, &read, &why) != DONE) {
        log_warn(call->log, "holder.answer", F_TEXT("holder", d->name), F_ERROR(&why));
        return DONE;
    }
    result = read;
    if (!uuid_equal(&result->instruction, &d->id))
        return DONE;
    o = outside_answer(call, d->name, result, &(struct uuid){0}, err);
    if (o == REFUSED) {
        log_warn(call->log, "holder.answer", F_TEXT("holder", d->name), F_ERROR(err));
        return DONE;
    }
    *bad = o != DONE;
    return o;
}

/* Takes parcels in order up to the first failure; *taken: how many were delivered. */
static enum outcome take_parcels(struct call *call, const struct carrier *c, size_t *taken, struct error *err)
{
    bool failed = false;

    for (*taken = 0; *taken < c->n; (*taken)++) {
        const struct parcel *p = &c->parcels[*taken];
        failed = p->status < 200 || p->status >= 300;
        if (!failed && p->status == 200 && p->answer.n > 0)
            TRY(take_answer(call, p, &failed, err));
        else if (!failed)
            TRY(tasks_accepted(call, &p->delivery->id, 1, err));
        metric_add(failed ? erasure(call)->failed : erasure(call)->delivered, 1);
        if (!failed) { /* one request's locks at a time */
            TRY(call_checkpoint(call, err));
            continue;
        }
        log_info(call->log, "holder.failed", F_TEXT("holder", p->delivery->name),
                 F_UUID("request", &p->delivery->request), F_INT("status", p->status),
                 F_INT("attempts", p->delivery->attempts));
        return DONE;
    }
    return DONE;
}

static enum outcome settle_carrier(struct call *call, const struct carrier *c, struct error *err)
{
    const struct uuid *holder = &c->parcels[0].delivery->holder;
    struct uuid *left = ARENA_ARRAY(call->arena, c->n, struct uuid);
    size_t taken;

    TRY(take_parcels(call, c, &taken, err));
    if (taken > 0) {
        TRY(note_holder(call, &erasure_sql_holder_seen, holder, err));
        TRY(call_checkpoint(call, err));
        TRY(note_holder(call, &erasure_sql_holder_wake, holder, err));
    }
    if (taken == c->n)
        return DONE;
    for (size_t i = taken; i < c->n; i++)
        left[i] = c->parcels[i].delivery->id;
    TRY(tasks_failed(call, (struct uuid_list){.items = left + taken, .n = 1},
                     (struct uuid_list){.items = left + taken + 1, .n = c->n - taken - 1}, err));
    return note_holder(call, &erasure_sql_holder_failed, holder, err);
}

static enum outcome prepare_parcels(struct call *call, const struct delivery *due, size_t n, struct parcel *parcels,
                                    size_t *parcels_n, struct error *err)
{
    struct uuid *nameless = ARENA_ARRAY(call->arena, n, struct uuid);
    size_t nameless_n = 0;
    struct opened opened;

    *parcels_n = 0;
    TRY(instructions_open(call, due, n, &opened, err));
    for (size_t i = 0; i < n; i++) {
        struct text body = instruction_write(call, &due[i], secrets_read_identifiers(call, opened.plain[i]));
        if (body.p == NULL || due[i].url.p == NULL)
            nameless[nameless_n++] = due[i].id;
        else
            parcels[(*parcels_n)++] = (struct parcel){.delivery = &due[i], .body = body, .hmac = opened.hmac[i]};
    }
    return tasks_to_human(call, nameless, nameless_n, err);
}

static enum outcome settle(struct call *call, struct carrier *carriers, size_t n, struct error *err)
{
    enum outcome o = call_resume(call, err);

    for (size_t i = 0; i < n && o == DONE; i++) {
        o = settle_carrier(call, &carriers[i], err);
        if (o == DONE)
            o = call_checkpoint(call, err);
    }
    for (size_t i = 0; i < n; i++)
        arena_free(carriers[i].arena);
    return o;
}

static enum outcome deliver_webhooks(struct call *call, int lane, size_t *n, struct error *err)
{
    struct carrier carriers[LANE_THREADS];
    struct delivery *due;
    struct parcel *parcels;
    size_t parcels_n, used;

    TRY(deliveries_claim(call, "webhook", lane > 0, lane > 0 ? 1 : WEBHOOK_EACH, LANE_THREADS,
                         timeouts_ms[lane] * US_PER_MS * (lane > 0 ? 1 : WEBHOOK_EACH), &due, n, err));
    if (*n == 0)
        return DONE;
    parcels = ARENA_ARRAY(call->arena, *n, struct parcel);
    TRY(prepare_parcels(call, due, *n, parcels, &parcels_n, err));
    TRY(call_pause(call, err)); /* claimed: nobody else carries them; no transaction stands meanwhile */
    used = load_carriers(call, lane, parcels, parcels_n, carriers);
    run_carriers(carriers, used);
    return settle(call, carriers, used, err);
}

static enum outcome run_lane(struct call *call, int lane, bool *again, struct error *err)
{
    size_t kafka = 0, webhooks = 0;

    if (lane == 0)
        TRY(deliver_kafka(call, &kafka, err));
    if (kafka > 0)
        TRY(call_checkpoint(call, err));
    TRY(deliver_webhooks(call, lane, &webhooks, err));
    *again = kafka > 0 || webhooks > 0;
    return DONE;
}

enum outcome run_deliver(struct call *call, bool *again, struct error *err)
{
    return run_lane(call, 0, again, err);
}

enum outcome run_deliver_slow(struct call *call, bool *again, struct error *err)
{
    return run_lane(call, 1, again, err);
}
