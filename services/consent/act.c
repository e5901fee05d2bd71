/* act: ledger first, then what follows from it. */
#include "services/consent/act.h"
#include "proto/contact.h"
#include "services/consent/wire.h"

#include <string.h>

void act_publish(struct call *call, const struct changed_list *changed)
{
    for (size_t i = 0; i < changed->n; i++)
        outbox_publish(call->outbox, &consent_changed_event, &changed->items[i].address, &changed->items[i]);
}

struct bytes act_digest(struct arena *arena, const struct policy_statement *statement)
{
    uint8_t *digest = ARENA_ARRAY(arena, 32, uint8_t);

    crypto_digest(statement->text, strlen(statement->text), digest);
    return (struct bytes){.p = digest, .n = 32};
}

struct uuid act_id(const void *of, size_t n, const char *what)
{
    uint8_t joined[64 + 16], digest[32];
    struct text suffix = text_of(what);

    ENSURE(n <= 64 && suffix.n <= 16);
    memcpy(joined, of, n);
    memcpy(joined + n, suffix.p, suffix.n);
    crypto_digest(joined, n + suffix.n, digest);
    return uuid_v8(digest);
}

enum outcome act_doom(struct call *call, const struct doomed *doomed, struct error *err)
{
    call_wake(call, "destroy-doomed");
    return store_doom(call, doomed, err);
}

/* ---- refusals ----------------------------------------------------------------------------------------------------------- */

static bool listed(const struct changed_list *changed, const struct uuid *address, struct text purpose)
{
    for (size_t i = 0; i < changed->n; i++)
        if (uuid_equal(&changed->items[i].address, address) &&
            (text_equal(changed->items[i].purpose, purpose) || (purpose.n == 0 && changed->items[i].purpose.n == 0)))
            return true;
    return false;
}

static struct ledger_row refusal_row(const struct act_refusal *r, const struct address *address,
                                     const struct uuid *person)
{
    return (struct ledger_row){
        .address = address->id,
        .subject = hash_is_none(&r->email) ? r->source_key : r->email,
        .record = r->record,
        .person = *person,
        .channel = r->channel,
        .purpose = r->purpose,
        .statement = INT64_MIN,
        .act = r->kind == REFUSAL_OBJECTED ? CONSENT_OBJECTED : CONSENT_WITHDRAWN,
        .given_by = r->given_by,
        .at = r->at,
        .source = r->source,
        .act_id = r->act,
    };
}

/* A record whose address nothing here knows: holders are told by what opens it. There is no row behind it; the ledger's
 * position is its revision. */
static void tell_of_record(struct call *call, const struct act_refusal *refusal, const struct refusal_row *row)
{
    struct consent_changed changed;
    struct key key = {.kind = KEY_SOURCE, .hash = refusal->source_key};

    event_init(consent_changed_event.data, &changed);
    changed.vault = uuid_is_nil(&refusal->vault) ? refusal->record : refusal->vault;
    if (uuid_is_nil(&changed.vault))
        return;
    changed.address = changed.vault;
    changed.rev = changed.position = row->position;
    changed.keys = (struct key_list){.items = &key, .n = hash_is_none(&key.hash) ? 0 : 1};
    changed.channel = row->channel;
    changed.purpose = row->purpose.n == 0 ? TEXT_NONE : row->purpose;
    changed.state = row->kind == REFUSAL_OBJECTED ? CONSENT_OBJECTED : CONSENT_WITHDRAWN;
    changed.at = row->at;
    act_publish(call, &(struct changed_list){.items = &changed, .n = 1});
}

static bool tells(const struct changed_list *changed, const struct uuid *vault)
{
    for (size_t i = 0; i < changed->n; i++)
        if (uuid_equal(&changed->items[i].vault, vault))
            return true;
    return false;
}

/* The refused address itself shows its state, even where nothing had been granted there. */
static enum outcome show_refused(struct call *call, const struct refusal_row *row, const struct address *address,
                                 const struct changed_list *changed, struct error *err)
{
    struct changed_list own;
    struct state_row state = {
        .address = address->id,
        .channel = row->channel,
        .purpose = row->purpose,
        .state = row->kind == REFUSAL_OBJECTED ? CONSENT_OBJECTED : CONSENT_WITHDRAWN,
        .statement = INT64_MIN,
        .position = row->position,
        .at = row->at,
        .asked_position = INT64_MIN,
        .asked_at = CLOCK_NONE,
        .source = row->source,
    };

    if (uuid_is_nil(&address->id) || listed(changed, &address->id, row->purpose))
        return DONE;
    TRY(store_state_put(call, &state, &own, err));
    act_publish(call, &own);
    return DONE;
}

enum outcome act_refuse(struct call *call, const struct act_refusal *refusal, struct error *err)
{
    struct hash keys[3];
    struct refusal_row row = {.keys = keys,
                              .record = refusal->record,
                              .channel = refusal->channel,
                              .purpose = refusal->purpose,
                              .kind = refusal->kind,
                              .at = refusal->at,
                              .source = refusal->source};
    struct address address = {.email = refusal->email,
                              .wide = refusal->wide,
                              .vault = refusal->vault,
                              .whose = -1,
                              .item = !uuid_equal(&refusal->vault, &refusal->record)};
    struct changed_list changed;
    struct uuid person;
    bool made;

    const struct hash *known[] = {&refusal->email, &refusal->wide, &refusal->source_key};
    for (size_t i = 0; i < 3; i++)
        if (!hash_is_none(known[i]))
            keys[row.keys_n++] = *known[i];
    TRY(store_refusal_lock(call, &row, &person, err));
    if (!hash_is_none(&address.email)) {
        TRY(store_address_put(call, &address, &made, err));
        TRY(store_address_attach(call, &address, err));
    }
    struct ledger_row ledger = refusal_row(refusal, &address, &person);
    TRY(store_ledger_add(call, &ledger, &row.position, err));
    TRY(store_refusal_put(call, &row, &changed, err));
    act_publish(call, &changed);
    if (uuid_is_nil(&address.id) && !tells(&changed, &refusal->record))
        tell_of_record(call, refusal, &row);
    return show_refused(call, &row, &address, &changed, err);
}

enum outcome act_lift(struct call *call, const struct address *address, const struct standing *standing,
                      struct text channel, struct error *err)
{
    struct ledger_row ledger = {
        .address = address->id,
        .subject = address->email,
        .person = standing->person,
        .channel = channel,
        .purpose = TEXT(""),
        .statement = INT64_MIN,
        .act = CONSENT_LIFTED,
        .given_by = GIVEN_BY_SUBJECT,
        .at = call->now_us,
        .source = TEXT("unsubscribe-page"),
    };
    struct state_row state = {
        .address = address->id,
        .channel = channel,
        .purpose = TEXT(""),
        .state = CONSENT_LIFTED,
        .statement = INT64_MIN,
        .at = call->now_us,
        .asked_position = INT64_MIN,
        .asked_at = CLOCK_NONE,
        .source = ledger.source,
    };
    struct changed_list changed;

    TRY(store_ledger_add(call, &ledger, &state.position, err));
    TRY(store_state_put(call, &state, &changed, err));
    act_publish(call, &changed);
    return DONE;
}

/* ---- grants ------------------------------------------------------------------------------------------------------------- */

enum outcome act_assert(struct call *call, const struct act_grant *grant, const struct standing *standing,
                        const struct policy_purpose *purpose, const struct policy_statement *statement,
                        struct error *err)
{
    struct ledger_row ledger = {
        .address = grant->address.id,
        .subject = grant->address.email,
        .record = grant->record,
        .person = standing->person,
        .channel = grant->channel,
        .purpose = grant->purpose,
        .statement = statement->version,
        .language = text_of(statement->language),
        .act = CONSENT_ASSERTED,
        .given_by = grant->given_by,
        .at = grant->at,
        .age_over = grant->assertion.age_over,
        .source = grant->source,
        .evidence = grant->evidence,
        .statement_digest = act_digest(call->arena, statement),
        .act_id = grant->act,
    };
    struct state_row state = {
        .address = grant->address.id,
        .channel = grant->channel,
        .purpose = grant->purpose,
        .state = CONSENT_ASSERTED,
        .statement = statement->version,
        .ground = (int)policy_terms(purpose, standing->country, standing->whose).ground,
        .age_over = grant->assertion.age_over,
        .language = text_of(statement->language),
        .at = grant->at,
        .asked_position = INT64_MIN,
        .asked_at = CLOCK_NONE,
        .source = grant->source,
    };
    struct changed_list changed;

    struct policy_asserted allowed = policy_asserted(call->policy, grant->source, grant->purpose);
    TRY(store_ledger_add(call, &ledger, &state.position, err));
    if (!decide_assert(standing, purpose, &allowed, &grant->assertion))
        return DONE;
    TRY(store_state_put(call, &state, &changed, err));
    act_publish(call, &changed);
    return DONE;
}

enum outcome act_lapse(struct call *call, const struct standing *standing, const struct hash *email,
                       struct text channel, struct text purpose, struct error *err)
{
    struct ledger_row ledger = {
        .address = standing->address,
        .subject = *email,
        .person = standing->person,
        .channel = channel,
        .purpose = purpose,
        .statement = standing->statement,
        .language = standing->language,
        .act = CONSENT_LAPSED,
        .given_by = -1,
        .at = call->now_us,
        .source = TEXT("lethe"),
    };
    struct state_row state = {
        .address = standing->address,
        .channel = channel,
        .purpose = purpose,
        .state = CONSENT_LAPSED,
        .statement = standing->statement,
        .language = standing->language,
        .at = call->now_us,
        .asked_position = INT64_MIN,
        .asked_at = CLOCK_NONE,
        .source = TEXT("lethe"),
    };
    struct changed_list changed;

    TRY(store_ledger_add(call, &ledger, &state.position, err));
    TRY(store_state_put(call, &state, &changed, err));
    act_publish(call, &changed);
    return DONE;
}

enum outcome act_seal_words(struct call *call, const struct uuid *id, const struct confirmation_mail *mail,
                            const char *template_name, int64_t expires_us, struct error *err)
{
    struct buf plain;
    enum outcome outcome;

    buf_init(&plain, 64 << 10);
    wire_mail(mail, template_name, &plain);
    ENSURE(!plain.failed);
    const struct vault_item item = {.id = *id, .kind = VAULT_MAIL, .plain = buf_view(&plain), .expires_us = expires_us};
    outcome = vault_put(call->vault, call->pg, &item, 1, call->arena, err);
    buf_free(&plain);
    return outcome;
}
