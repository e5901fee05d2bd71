/* gate_check: tombstones, asked about in one go. */
#include "services/consent/gate.h"
#include "services/consent/store.h"

static size_t keys_of(const struct gate_query *query, struct forget_key *keys)
{
    size_t n = 0;

    if (!hash_is_none(&query->email))
        keys[n++] = (struct forget_key){.kind = KEY_EMAIL, .hash = query->email};
    if (!hash_is_none(&query->wide))
        keys[n++] = (struct forget_key){.kind = KEY_EMAIL_WIDE, .hash = query->wide};
    return n;
}

enum outcome gate_check(struct call *call, const struct gate_query *queries, size_t n, struct gate *out,
                        struct error *err)
{
    struct forget_key *keys = ARENA_ARRAY(call->arena, 2 * n + 1, struct forget_key);
    struct forget_tombstone *stones = ARENA_ARRAY(call->arena, 2 * n + 1, struct forget_tombstone);
    struct uuid *records = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    bool *gone = ARENA_ARRAY(call->arena, n + 1, bool);
    size_t keys_n = 0;

    for (size_t i = 0; i < n; i++) {
        keys_n += keys_of(&queries[i], keys + keys_n);
        records[i] = queries[i].record;
    }
    TRY(forget_check_keys(call, keys, keys_n, stones, err));
    TRY(forget_check_ids(call, records, n, gone, err));
    for (size_t i = 0, at = 0; i < n; i++) {
        struct forget_key own[2];
        size_t own_n = keys_of(&queries[i], own);

        out[i] = gate_decide(&queries[i], stones + at, own_n, gone[i]);
        at += own_n;
    }
    return DONE;
}

enum outcome gate_standing(struct call *call, const struct standing_query *query, struct standing *out,
                           struct error *err)
{
    const struct gate_query asked = {.email = query->email, .wide = query->wide, .at_us = CLOCK_NONE};
    struct gate gate;

    TRY(store_standing(call, query, 1, out, err));
    TRY(gate_check(call, &asked, 1, &gate, err));
    out->restricted = out->restricted || gate.gone || gate.restricted;
    return DONE;
}

enum outcome gate_pass(struct call *call, const struct gate_query *query, struct gate *out, struct error *err)
{
    struct forget_key keys[2];

    TRY(gate_check(call, query, 1, out, err));
    if (!out->returned)
        return DONE;
    size_t n = keys_of(query, keys);
    return forget_yield(call, keys, n, err);
}
