/* consents: acts of consent and refusal, and forgets asked for upstream, on their way to those who keep them. */
#include <string.h>

#include "services/intake/acts.h"
#include "services/intake/batch.h"
#include "services/intake/store.h"

/* ---- sealed texts ------------------------------------------------------------------------------------------------------- */

static void add_text(struct buf *out, const char *name, struct text value)
{
    if (value.p == NULL)
        return;
    buf_str(out, name);
    buf_json_string(out, value);
}

static void add_time(struct buf *out, const char *name, int64_t us)
{
    char at[CLOCK_TEXT_BYTES];

    if (us == CLOCK_NONE)
        return;
    clock_format(us, at);
    add_text(out, name, text_of(at));
}

static void add_provenance(struct buf *out, const struct provenance *p)
{
    add_text(out, "\"provenance\":{\"channel\":", p->channel);
    add_text(out, ",\"location\":", p->location);
    add_time(out, ",\"captured_at\":", p->captured_at);
    add_text(out, ",\"captured_by\":", p->captured_by);
    add_text(out, ",\"act\":", text_of(policy_act_names[p->act]));
    buf_char(out, '}');
}

static struct uuid add_item(struct batch *batch, const struct work *work, enum vault_kind kind, const char *what,
                            size_t number)
{
    struct uuid id = batch_derived(batch, work, what, number);

    *LIST_ADD(&batch->items, batch->arena) =
        (struct vault_item){.id = id, .kind = kind, .plain = batch_text(batch), .expires_us = CLOCK_NONE};
    return id;
}

static struct uuid add_address(struct batch *batch, const struct work *work)
{
    add_text(&batch->text, "{\"fields\":{\"email\":", work->address);
    buf_str(&batch->text, "}}");
    return add_item(batch, work, VAULT_ADDRESS, "address", 0);
}

static void add_soft_opt_in(struct buf *out, const struct consent_act *in)
{
    if (!in->has_soft_opt_in)
        return;
    add_text(out, ",\"soft_opt_in\":{\"sale\":", in->soft_opt_in.sale);
    buf_printf(out, ",\"similar\":%s,\"opt_out_offered\":%s}", in->soft_opt_in.similar ? "true" : "false",
               in->soft_opt_in.opt_out_offered ? "true" : "false");
}

static void add_age(struct buf *out, const struct consent_act *in)
{
    if (!in->has_age)
        return;
    buf_printf(out, ",\"age\":{\"over\":%lld", (long long)in->age.over);
    add_text(out, ",\"how\":", in->age.how);
    buf_char(out, '}');
}

static struct uuid add_evidence(struct batch *batch, const struct work *work, const struct consent_act *in)
{
    struct buf *out = &batch->text;

    buf_char(out, '{');
    add_provenance(out, &in->provenance);
    add_text(out, ",\"how\":", in->how);
    add_age(out, in);
    if (work->item->type == &consent_recorded_event) {
        add_text(out, ",\"given_by\":", text_of(given_by_names[in->given_by]));
        buf_str(out, in->double_opt_in ? ",\"double_opt_in\":true" : ",\"double_opt_in\":false");
        add_soft_opt_in(out, in);
    }
    if (in->evidence.p != NULL) {
        buf_str(out, ",\"evidence\":");
        buf_text(out, in->evidence);
    }
    buf_char(out, '}');
    return add_item(batch, work, VAULT_EVIDENCE, "evidence", 0);
}

/* keyed by the address, so that acts about one address stay in order */
static void publish(struct batch *batch, const struct event_type *type, const struct hash *key, const struct uuid *id,
                    const void *data)
{
    struct text text = text_hex(batch->arena, key->b, sizeof key->b);

    outbox_add(batch->call->outbox,
               &(struct outbox_message){.type = type, .partition = -1, .key = text, .data = data, .id = *id});
}

static struct key_list address_keys(const struct identifiers *ids, struct arena *arena)
{
    struct key_list keys = {.items = ARENA_ARRAY(arena, 3, struct key)};

    if (!hash_is_none(&ids->email))
        keys.items[keys.n++] = (struct key){.kind = KEY_EMAIL, .hash = ids->email};
    if (!hash_is_none(&ids->email_wide))
        keys.items[keys.n++] = (struct key){.kind = KEY_EMAIL_WIDE, .hash = ids->email_wide};
    if (!hash_is_none(&ids->source))
        keys.items[keys.n++] = (struct key){.kind = KEY_SOURCE, .hash = ids->source};
    return keys;
}

/* Whose address it is: a role's mailbox is known by its name; the rest is what the source or the policy's category says. */
static int whose(const struct identifiers *ids, int said)
{
    return ids->role_mailbox ? (int)ADDRESS_ROLE : said;
}

/* ---- consents[] of a record: they ask, they never prove -------------------------------------------------------------------- */

static bool may_ask(const struct batch *batch, const struct consent_ask *ask, struct text language)
{
    struct error ignored;

    return consent_words(batch->call->policy, ask->purpose, ask->statement, language, "", &ignored) == DONE;
}

/* Each act its own evidence: what drops one act must not take another's away. */
static struct uuid add_ask_evidence(struct batch *batch, const struct work *work, const struct provenance *provenance,
                                    size_t number)
{
    buf_char(&batch->text, '{');
    add_provenance(&batch->text, provenance);
    buf_char(&batch->text, '}');
    return add_item(batch, work, VAULT_EVIDENCE, "evidence", number);
}

/* The person's own act, where the source is trusted with saying so. */
static bool is_own(const struct policy *policy, struct text system, const struct provenance *provenance)
{
    const struct policy_source *source = policy_source(policy, system);

    return provenance->act == ACT_SUBJECT && source != NULL && source->subject_acts;
}

static int category_addresses(const struct policy *policy, struct text name)
{
    const struct policy_category *category = policy_category(policy, name);

    return category != NULL ? (int)category->addresses : -1;
}

void ask_consents(struct batch *batch, const struct work *work, const struct slot *slot)
{
    const struct contact_recorded *in = work->item->event;
    struct identifiers ids = slot->ids;

    ids.source = (struct hash){0};
    if (hash_is_none(&ids.email)) { /* without an address there is nobody to ask */
        batch->asks_dropped += (int64_t)in->consents.n;
        return;
    }
    for (size_t i = 0; i < in->consents.n; i++) {
        const struct consent_ask *ask = &in->consents.items[i];
        struct consent_asked asked = {
            .act = batch_derived(batch, work, "asked", i),
            .address = slot->record,
            .keys = address_keys(&ids, batch->arena),
            .record = slot->record,
            .channel = TEXT("email"),
            .purpose = ask->purpose,
            .language = ask->language.p != NULL ? ask->language : state_language(&slot->state),
            .statement = ask->statement,
            .at = in->provenance.captured_at,
            .source = in->record.system,
            .whose = whose(&ids, category_addresses(batch->call->policy, in->category)),
            .country = state_country(&slot->state),
            .age_over = INT64_MIN,
            .own = is_own(batch->call->policy, in->record.system, &in->provenance),
        };
        if (!may_ask(batch, ask, asked.language)) {
            batch->asks_dropped++;
            continue;
        }
        asked.evidence = add_ask_evidence(batch, work, &in->provenance, i);
        publish(batch, &consent_asked_event, &ids.email, &asked.act, &asked);
    }
}

/* ---- consent.requested, consent.recorded -------------------------------------------------------------------------------- */

void take_consent(struct batch *batch, struct work *work)
{
    const struct consent_act *in = work->item->event;
    struct key_list keys = address_keys(&work->ids, batch->arena);
    struct uuid act, address, evidence;

    if (!work_verdict(batch, work))
        return;
    act = batch_derived(batch, work, "act", 0);
    address = add_address(batch, work);
    evidence = add_evidence(batch, work, in);
    batch->accepted++;
    if (work->item->type == &consent_requested_event) {
        const struct consent_asked asked = {
            .act = act,
            .address = address,
            .keys = keys,
            .channel = in->channel,
            .purpose = in->purpose,
            .language = in->language,
            .statement = in->statement,
            .at = in->provenance.captured_at,
            .source = work->system,
            .evidence = evidence,
            .whose = whose(&work->ids, in->whose),
            .country = in->country,
            .age_over = in->has_age ? in->age.over : INT64_MIN,
            .own = is_own(batch->call->policy, work->system, &in->provenance),
        };
        publish(batch, &consent_asked_event, &work->ids.email, &act, &asked);
        return;
    }
    const struct consent_asserted asserted = {
        .act = act,
        .address = address,
        .keys = keys,
        .channel = in->channel,
        .purpose = in->purpose,
        .language = in->language,
        .source = work->system,
        .statement = in->statement,
        .given_at = in->given_at,
        .given_by = in->given_by,
        .double_opt_in = in->double_opt_in,
        .whose = whose(&work->ids, in->whose),
        .country = in->country,
        .age_over = in->has_age ? in->age.over : INT64_MIN,
        .soft_opt_in = in->has_soft_opt_in && in->soft_opt_in.similar && in->soft_opt_in.opt_out_offered,
        .evidence = evidence,
    };
    publish(batch, &consent_asserted_event, &work->ids.email, &act, &asserted);
}

/* ---- consent.withdrawn, consent.objected ---------------------------------------------------------------------------------- */

void take_refusal(struct batch *batch, struct work *work)
{
    const struct consent_refusal *in = work->item->event;
    const struct slot *slot = work->slot == NO_SLOT ? NULL : slot_at(batch, work->slot);
    const struct hash *key = hash_is_none(&work->ids.email) ? &work->ids.source : &work->ids.email;
    struct consent_refused refused = {
        .kind = work->item->type == &consent_objected_event ? REFUSAL_OBJECTED : REFUSAL_WITHDRAWN,
        .keys = address_keys(&work->ids, batch->arena),
        .channel = TEXT("email"),
        .purpose = text_is(in->purpose, "all") ? TEXT_NONE : in->purpose,
        .at = in->at,
        .source = work->system,
    };

    if (!work_verdict(batch, work))
        return;
    refused.act = batch_derived(batch, work, "act", 0);
    if (slot != NULL && (slot->found || slot->fresh))
        refused.record = refused.vault = slot->record;
    else if (work->address.p != NULL)
        refused.vault = add_address(batch, work);
    publish(batch, &consent_refused_event, key, &refused.act, &refused);
    batch->accepted++;
}

/* ---- forget.requested ----------------------------------------------------------------------------------------------------- */

static struct uuid add_contact(struct batch *batch, const struct work *work, const struct forget_asked *in)
{
    struct buf *out = &batch->text;
    const char *between = "";

    buf_str(out, "{\"identifiers\":[");
    if (in->address.p != NULL && !work->ids.role_mailbox) {
        add_text(out, "{\"kind\":\"email\",\"value\":", work->address);
        buf_char(out, '}');
        between = ",";
    }
    if (in->has_record) {
        buf_str(out, between);
        add_text(out, "{\"kind\":\"source\",\"system\":", in->record.system);
        add_text(out, ",\"value\":", in->record.id);
        buf_char(out, '}');
    }
    buf_char(out, ']');
    if (in->has_requester) {
        add_text(out, ",\"relation\":", in->requester.relation);
        add_text(out, ",\"reply_to\":", in->requester.reply_to);
    }
    if (in->has_verification) {
        add_text(out, ",\"verification\":{\"method\":", in->verification.method);
        add_text(out, ",\"level\":", in->verification.level);
        add_text(out, ",\"by\":", in->verification.by);
        add_time(out, ",\"at\":", in->verification.at);
        buf_char(out, '}');
    }
    buf_char(out, '}');
    return add_item(batch, work, VAULT_REQUEST, "contact", 0);
}

void take_forget(struct batch *batch, struct work *work)
{
    const struct forget_asked *in = work->item->event;
    const struct slot *slot = work->slot == NO_SLOT ? NULL : slot_at(batch, work->slot);
    const int64_t sent_us = work->item->meta->timestamp_us;
    struct forget_wanted wanted = {
        .request = batch_derived(batch, work, "request", 0),
        .keys = identifiers_keys(&work->ids, batch->arena), /* a shared mailbox is nobody's alone */
        .source = work->system.p != NULL ? work->system : TEXT("unknown"),
        .verified = in->has_verification,
        .relation = in->has_requester ? in->requester.relation : TEXT_NONE,
        .received_at = decide_received(in->received_at, sent_us > 0 ? sent_us : batch->call->now_us),
    };
    char key[UUID_TEXT_BYTES];

    if (slot != NULL && (slot->found || slot->fresh))
        wanted.record = slot->record;
    wanted.contact = add_contact(batch, work, in);
    uuid_format(&wanted.request, key);
    outbox_add(
        batch->call->outbox,
        &(struct outbox_message){
            .type = &forget_wanted_event, .partition = -1, .key = text_of(key), .data = &wanted, .id = wanted.request});
    batch->accepted++;
}
