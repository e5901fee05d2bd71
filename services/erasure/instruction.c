/* instruction: what one outside holder is told. */
#include "services/erasure/instruction.h"

#include "services/erasure/secrets.h"

enum { INSTRUCTION_MOST = 700 * 1024 };

static bool understood(const struct delivery *d, const struct holder_identifier *it)
{
    bool known = text_equal(it->kind, d->need) && d->need.p != NULL;

    for (size_t i = 0; i < d->understood.n && !known; i++)
        known = text_equal(d->understood.items[i], it->kind);
    if (known && text_is(it->kind, "source") && d->system.p != NULL)
        return text_equal(it->system, d->system);
    return known;
}

static struct text encoded(struct call *call, const struct event_type *type, const void *data)
{
    struct buf out;
    struct text json;

    buf_init(&out, (size_t)INSTRUCTION_MOST * 2);
    event_encode(type->data, data, &out);
    ENSURE(!out.failed);
    json = text_copy(call->arena, buf_view(&out));
    buf_free(&out);
    return json;
}

struct text instruction_write(struct call *call, const struct delivery *d, struct holder_identifier_list identifiers)
{
    struct holder_instruction told = {
        .instruction = d->id,
        .request = d->request,
        .seq = d->seq,
        .controller = d->controller,
        .verb = d->verb,
        .identifiers = {.items = ARENA_ARRAY(call->arena, identifiers.n, struct holder_identifier)},
        .purpose = d->purpose,
        .due_at = d->due_us,
    };
    size_t bytes = 0;

    for (size_t i = 0; i < identifiers.n; i++) {
        const struct holder_identifier *it = &identifiers.items[i];
        bytes += it->value.n + it->system.n + 64;
        if (understood(d, it) && bytes < INSTRUCTION_MOST / 2)
            told.identifiers.items[told.identifiers.n++] = *it;
    }
    return told.identifiers.n == 0 ? TEXT_NONE : encoded(call, &holder_instruction_event, &told);
}

struct text instruction_box(struct call *call, const struct delivery *d, struct text instruction)
{
    size_t n = instruction.n + CRYPTO_BOX_OVERHEAD;
    uint8_t *box = arena_alloc(call->arena, n);
    struct sealed_box sealed = {.instruction = d->id};

    crypto_box(d->sealing_key.p, instruction.p, instruction.n, box);
    sealed.box = crypto_base64(call->arena, box, n);
    return encoded(call, &sealed_box_event, &sealed);
}

static size_t place_of(const struct uuid *ids, size_t n, const struct uuid *id)
{
    for (size_t i = 0; i < n; i++)
        if (uuid_equal(&ids[i], id))
            return i;
    return n;
}

enum outcome instructions_open(struct call *call, const struct delivery *deliveries, size_t n, struct opened *out,
                               struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, 2 * n + 1, struct uuid), nobody = {0};
    struct text *plain = ARENA_ARRAY(call->arena, 2 * n + 1, struct text);
    size_t ids_n = 0;

    out->plain = ARENA_ARRAY(call->arena, n, struct text);
    out->hmac = ARENA_ARRAY(call->arena, n, struct text);
    for (size_t i = 0; i < n; i++) {
        const struct uuid *wanted[] = {&deliveries[i].identifiers, &deliveries[i].hmac};
        for (size_t k = 0; k < 2; k++)
            if (!uuid_is_nil(wanted[k]) && place_of(ids, ids_n, wanted[k]) == ids_n)
                ids[ids_n++] = *wanted[k];
    }
    if (ids_n > 0)
        TRY(vault_open(call->vault, call->pg, ids, ids_n, "request", &nobody, call->arena, plain, err));
    for (size_t i = 0; i < n; i++) {
        size_t at = place_of(ids, ids_n, &deliveries[i].identifiers);
        out->plain[i] = at < ids_n ? plain[at] : TEXT_NONE;
        at = place_of(ids, ids_n, &deliveries[i].hmac);
        out->hmac[i] = at < ids_n ? plain[at] : TEXT_NONE;
    }
    return DONE;
}
