/* routes_internal: may this be mailed, asked in the moment before; and what the ledger holds about somebody. */
#include "proto/contact.h"
#include "services/consent/gate.h"
#include "services/consent/handlers.h"
#include "services/consent/service.h"
#include "services/consent/store.h"
#include "services/consent/token.h"
#include "services/consent/wire.h"

static struct hash key_of(struct key_list keys, enum key_kind kind)
{
    for (size_t i = 0; i < keys.n; i++)
        if (keys.items[i].kind == (int)kind)
            return keys.items[i].hash;
    return (struct hash){{0}};
}

static void answer_item(struct call *call, const struct decide_item *item, struct standing *standing,
                        const struct gate *gate, struct decide_answer *out)
{
    const struct consent_shared *shared = call->state;
    const struct policy_purpose *purpose = policy_purpose(call->policy, item->purpose);
    struct ground ground;

    standing->restricted = standing->restricted || gate->gone || gate->restricted;
    decide_ground(standing, call->policy, purpose, call->now_us, &ground);
    *out =
        (struct decide_answer){.allowed = ground.allowed, .position = ground.position, .statement = ground.statement};
    if (!ground.allowed) {
        out->why = text_of(ground_why_names[ground.why]);
        return;
    }
    out->ground = text_of(policy_ground_names[ground.ground]);
    if (ground.unsubscribable) {
        struct text token = token_make(shared->unsubscribe_key, &standing->address, item->purpose, call->arena);
        out->unsubscribe_url = text_format(call->arena, "%s/unsubscribe/%.*s", shared->public_url, TEXT_ARGS(token));
        if (shared->mailto != NULL)
            out->unsubscribe_mailto =
                text_format(call->arena, "mailto:%s?subject=unsubscribe%%20%.*s", shared->mailto, TEXT_ARGS(token));
    }
}

enum outcome post_decide(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    void *decoded;

    TRY(event_decode(&decide_request_type, request->body, call->arena, &decoded, err));
    const struct decide_items *items = &((struct decide_request *)decoded)->items;
    struct standing_query *queries = ARENA_ARRAY(call->arena, items->n + 1, struct standing_query);
    struct gate_query *asked = ARENA_ARRAY(call->arena, items->n + 1, struct gate_query);
    struct standing *standings = ARENA_ARRAY(call->arena, items->n + 1, struct standing);
    struct gate *gates = ARENA_ARRAY(call->arena, items->n + 1, struct gate);
    struct decide_answer *answers = ARENA_ARRAY(call->arena, items->n + 1, struct decide_answer);

    for (size_t i = 0; i < items->n; i++) {
        const struct decide_item *item = &items->items[i];

        queries[i] = (struct standing_query){.email = key_of(item->keys, KEY_EMAIL),
                                             .wide = key_of(item->keys, KEY_EMAIL_WIDE),
                                             .record = item->record,
                                             .channel = item->channel,
                                             .purpose = item->purpose};
        asked[i] = (struct gate_query){
            .email = queries[i].email, .wide = queries[i].wide, .record = item->record, .at_us = CLOCK_NONE};
    }
    if (items->n > 0) {
        TRY(store_standing(call, queries, items->n, standings, err));
        TRY(gate_check(call, asked, items->n, gates, err));
    }
    for (size_t i = 0; i < items->n; i++)
        answer_item(call, &items->items[i], &standings[i], &gates[i], &answers[i]);
    wire_decide(answers, items->n, &response->body);
    return DONE;
}

enum outcome post_subject(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    struct subject_row *rows;
    void *decoded;
    size_t n;

    TRY(event_decode(&subject_request_type, request->body, call->arena, &decoded, err));
    const struct subject_request *in = decoded;
    struct hash *hashes = ARENA_ARRAY(call->arena, in->keys.n + 1, struct hash);
    for (size_t i = 0; i < in->keys.n; i++)
        hashes[i] = in->keys.items[i].hash;
    TRY(store_subject(call, hashes, in->keys.n, in->persons.items, in->persons.n, &rows, &n, err));
    buf_str(&response->body, "{\"ledger\":[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_char(&response->body, ',');
        wire_act(&rows[i], &response->body);
    }
    buf_str(&response->body, "]}");
    return DONE;
}
