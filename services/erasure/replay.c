/* replay: requests that a restore lost. What was opened and never ended stands again, restricted, and waits for a human who
 * says that it was verified; what was being carried out when it was lost is carried out again. */
#include "proto/events.h"
#include "services/erasure/saga.h"
#include "services/erasure/service.h"
#include "services/erasure/store.h"
#include "services/erasure/take.h"

static struct forget_key *keys_of(struct arena *arena, struct key_list list)
{
    struct forget_key *keys = ARENA_ARRAY(arena, list.n + 1, struct forget_key);

    for (size_t i = 0; i < list.n; i++)
        keys[i] = (struct forget_key){.kind = (enum key_kind)list.items[i].kind, .hash = list.items[i].hash};
    return keys;
}

static enum outcome take_again(struct call *call, const struct forget_set *set, int64_t received_us, struct request *r,
                               struct error *err)
{
    const struct taking taking = {.id = set->request,
                                  .kind = KIND_FORGET,
                                  .named = *set,
                                  .by_operator = true,
                                  .received_us = received_us,
                                  .verified_us = CLOCK_NONE};

    TRY(take_request(call, &taking, r, err));
    log_warn(call->log, "request.taken-again", F_UUID("request", &set->request));
    return DONE;
}

/* The ledger doesn't tell who had verified it: nothing is destroyed on its word. */
static enum outcome again_opened(struct call *call, const struct forget_opened *in, struct error *err)
{
    const struct forget_set set = {.request = in->request,
                                   .persons = in->persons,
                                   .records = in->records,
                                   .keys = keys_of(call->arena, in->keys),
                                   .keys_n = in->keys.n};
    struct request r;

    TRY(take_again(call, &set, in->received_at, &r, err));
    r.status = STATUS_VERIFYING;
    return request_save(call, &r, err);
}

/* The set is closed, the hold was over. */
static enum outcome again_destroyed(struct call *call, const struct forget_destroy *in, struct error *err)
{
    const struct forget_set set = {.request = in->request,
                                   .persons = in->persons,
                                   .records = in->records,
                                   .activities = in->activities,
                                   .parts = in->parts,
                                   .keys = keys_of(call->arena, in->keys),
                                   .keys_n = in->keys.n};
    struct request r;

    TRY(take_again(call, &set, in->received_at, &r, err));
    r.status = STATUS_RESTRICTED;
    r.stage = STAGE_RESOLVED;
    r.barrier = in->barrier;
    r.hold_until_us = call->now_us;
    r.next_us = saga_schedule(&r, call->now_us);
    TRY(request_save(call, &r, err));
    return saga_advance(call, &r.id, err);
}

static enum outcome decode(const struct event_type *type, struct text data, struct arena *arena, void **out,
                           struct error *err)
{
    return event_decode(type->data, data, arena, out, err) == DONE
               ? DONE
               : error_retry(err, "ledger", "a line of the ledger can't be read by this program");
}

enum outcome erasure_replay(struct call *call, const struct replay_entry *entry, bool *applied, struct error *err)
{
    bool opened = text_is(entry->type, forget_opened_event.name),
         destroyed = text_is(entry->type, forget_destroy_event.name);
    struct request r;
    void *data;

    if (entry->closed || (!opened && !destroyed))
        return DONE;
    TRY(decode(opened ? &forget_opened_event : &forget_destroy_event, entry->data, call->arena, &data, err));
    if (destroyed &&
        ((const struct forget_destroy *)data)->expiry) /* the services have done it; holders' part is lost */
        return DONE;
    TRY(request_load(
        call, opened ? &((const struct forget_opened *)data)->request : &((const struct forget_destroy *)data)->request,
        &r, applied, err));
    *applied = !*applied || (destroyed && r.status == STATUS_VERIFYING && r.stage == STAGE_OPENED);
    if (!*applied)
        return DONE;
    return opened ? again_opened(call, data, err) : again_destroyed(call, data, err);
}
