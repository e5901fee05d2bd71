/* handlers_in: what upstream asks for (a double opt-in starts), asserts (given elsewhere) and refuses. */
#include "proto/contact.h"
#include "services/consent/ask.h"
#include "services/consent/gate.h"
#include "services/consent/handlers.h"

static struct hash key_of(struct key_list keys, enum key_kind kind)
{
    for (size_t i = 0; i < keys.n; i++)
        if (keys.items[i].kind == (int)kind)
            return keys.items[i].hash;
    return (struct hash){{0}};
}

static int64_t not_later(int64_t at, int64_t now)
{
    return at == CLOCK_NONE || at > now ? now : at;
}

/* Of a child the holder of parental responsibility may speak: Art. 8 GDPR. */
static int64_t known_age(int64_t said, int given_by)
{
    if (given_by == GIVEN_BY_GUARDIAN)
        return AGE_GUARDIAN;
    return said == INT64_MIN ? 0 : said;
}

static enum outcome check_wish(const struct call *call, const struct wish *wish, struct wish_words *words,
                               struct error *err)
{
    struct hash email = key_of(wish->keys, KEY_EMAIL);

    if (!text_is(wish->channel, "email"))
        return error_refuse(err, "/data/channel", "not supported", "only the channel email is supported");
    if (hash_is_none(&email))
        return error_refuse(err, "/data/keys", "required", "the address' key is missing");
    if (uuid_is_nil(&wish->address))
        return error_refuse(err, "/data/address", "required", "the id of the address in the vault is missing");
    words->purpose = policy_purpose(call->policy, wish->purpose);
    if (words->purpose == NULL)
        return error_refuse(err, "/data/purpose", "not in policy", "the policy names no such purpose");
    if (words->purpose->ground != GROUND_CONSENT && words->purpose->ground != GROUND_SOFT_OPT_IN &&
        !words->purpose->advertising)
        return error_refuse(err, "/data/purpose", "no consent", "mails for this purpose need no consent");
    words->statement = policy_statement(call->policy, words->purpose, wish->statement, wish->language);
    if (words->statement == NULL)
        return error_refuse(err, "/data/statement", "not in policy", "the policy has no such version of the statement");
    return DONE;
}

/* What came with an act that changes nothing lies in the vault with a live key: it goes. A record doesn't: it is intake's. */
static enum outcome drop_wish(struct call *call, const struct wish *wish, struct error *err)
{
    const bool item = !uuid_equal(&wish->address, &wish->record);
    const struct uuid vaults[2] = {wish->evidence, item ? wish->address : (struct uuid){{0}}};
    const struct doomed doomed = {
        .vaults = vaults, .n = 2, .email = key_of(wish->keys, KEY_EMAIL), .record = wish->record};

    return act_doom(call, &doomed, err);
}

/* The same for a wish that is refused for its content: the runtime would roll back what is written here, so the dead
 * letter is written here, too. */
static enum outcome set_aside(struct call *call, const struct event_type *type, const struct wish *wish,
                              const struct error *why, struct error *err)
{
    const struct dead_letter letter = {
        .service = text_of(call->log->service),
        .topic = text_of(call->event->topic),
        .partition = call->event->partition,
        .offset = call->event->offset,
        .type = text_of(type->name),
        .pointer = text_of(why->pointer),
        .rule = text_of(why->rule),
    };

    log_warn(call->log, "wish.refused", F_UUID("act", &wish->act), F_ERROR(why));
    outbox_add(call->outbox,
               &(struct outbox_message){
                   .type = &dead_letter_event, .partition = -1, .key = text_of(call->event->topic), .data = &letter});
    return drop_wish(call, wish, err);
}

static struct act_grant grant_of(const struct wish *wish, const struct address *address)
{
    return (struct act_grant){
        .act = wish->act,
        .address = *address,
        .record = wish->record,
        .evidence = wish->evidence,
        .channel = wish->channel,
        .purpose = wish->purpose,
        .source = wish->source.p != NULL ? wish->source : TEXT(""),
        .statement = wish->statement,
        .at = wish->at,
        .given_by = wish->given_by,
        .assertion = {.soft_conditions = wish->soft_conditions,
                      .double_opt_in = wish->double_opt_in,
                      .age_over = wish->age_over,
                      .given_at = wish->at},
    };
}

/* Where the person or the address is restricted, or was refused before it was known: nothing of the wish stays. */
static enum outcome leave_no_trace(struct call *call, const struct wish *wish, const struct address *address, bool made,
                                   struct error *err)
{
    if (made)
        TRY(store_address_drop(call, &address->id, err));
    return drop_wish(call, wish, err);
}

/* load_wish: the gate, the address (locked; *made: it is new) and what stands there. *go false: nothing is to be done. */
static enum outcome load_wish(struct call *call, const struct wish *wish, struct address *address, bool *made,
                              struct standing *standing, bool *go, struct error *err)
{
    struct gate_query asked = {.email = key_of(wish->keys, KEY_EMAIL),
                               .wide = key_of(wish->keys, KEY_EMAIL_WIDE),
                               .record = wish->record,
                               .at_us = wish->at};
    struct gate gate;
    bool known;

    *go = false;
    TRY(gate_pass(call, &asked, &gate, err));
    if (gate.gone || gate.restricted)
        return drop_wish(call, wish, err);
    *address = (struct address){.email = asked.email,
                                .wide = asked.wide,
                                .whose = wish->whose,
                                .country = wish->country,
                                .vault = wish->address,
                                .item = !uuid_equal(&wish->address, &wish->record)};
    TRY(store_address_put(call, address, made, err));
    TRY(store_act_known(call, &wish->act, &known, err));
    if (known)
        return DONE;
    struct standing_query query = {.email = asked.email,
                                   .wide = asked.wide,
                                   .record = wish->record,
                                   .channel = wish->channel,
                                   .purpose = wish->purpose};
    TRY(store_standing(call, &query, 1, standing, err));
    if (standing->restricted)
        return leave_no_trace(call, wish, address, *made, err);
    *go = true;
    return store_mailed(call, &query, standing, err);
}

/* ---- asked: double opt-in ------------------------------------------------------------------------------------------------ */

enum outcome on_consent_asked(struct call *call, const void *event, struct error *err)
{
    const struct consent_asked *in = event;
    struct wish wish = {.act = in->act,
                        .address = in->address,
                        .record = in->record,
                        .evidence = in->evidence,
                        .keys = in->keys,
                        .channel = in->channel,
                        .purpose = in->purpose,
                        .language = in->language,
                        .source = in->source,
                        .statement = in->statement,
                        .at = not_later(in->at, call->now_us),
                        .given_by = GIVEN_BY_SUBJECT,
                        .whose = in->whose,
                        .country = in->country,
                        .age_over = known_age(in->age_over, GIVEN_BY_SUBJECT),
                        .own = in->own};
    struct wish_words words = {0};
    struct address address;
    struct standing standing;
    struct error why;
    bool go, made;

    if (check_wish(call, &wish, &words, &why) != DONE)
        return set_aside(call, &consent_asked_event, &wish, &why, err);
    TRY(load_wish(call, &wish, &address, &made, &standing, &go, err));
    if (!go)
        return DONE;
    ENSURE(words.statement != NULL); /* a wish that passes has its words */
    enum request_plan plan =
        decide_request(&standing, words.purpose, words.statement->version, wish.at, wish.own, call->now_us);
    if (plan == REQUEST_RESTRICTED || (plan == REQUEST_REFUSED && made))
        return leave_no_trace(call, &wish, &address, made, err);
    return ask_apply(call, &wish, &words, &address, &standing, plan, err);
}

/* ---- asserted, refused --------------------------------------------------------------------------------------------------- */

enum outcome on_consent_asserted(struct call *call, const void *event, struct error *err)
{
    const struct consent_asserted *in = event;
    struct wish wish = {.act = in->act,
                        .address = in->address,
                        .record = in->record,
                        .evidence = in->evidence,
                        .keys = in->keys,
                        .channel = in->channel,
                        .purpose = in->purpose,
                        .language = in->language,
                        .source = in->source,
                        .statement = in->statement,
                        .at = not_later(in->given_at, call->now_us),
                        .given_by = in->given_by,
                        .whose = in->whose,
                        .country = in->country,
                        .age_over = known_age(in->age_over, in->given_by),
                        .double_opt_in = in->double_opt_in,
                        .soft_conditions = in->soft_opt_in};
    struct wish_words words = {0};
    struct address address;
    struct standing standing;
    struct error why;
    bool go, made;

    if (check_wish(call, &wish, &words, &why) != DONE)
        return set_aside(call, &consent_asserted_event, &wish, &why, err);
    TRY(load_wish(call, &wish, &address, &made, &standing, &go, err));
    if (!go)
        return DONE;
    TRY(store_address_attach(call, &address, err));
    struct act_grant grant = grant_of(&wish, &address);
    return act_assert(call, &grant, &standing, words.purpose, words.statement, err);
}

static enum outcome drop_refusal(struct call *call, const struct act_refusal *refusal, struct error *err)
{
    const struct doomed doomed = {
        .vaults = &refusal->vault, .n = 1, .email = refusal->email, .record = refusal->record};

    return uuid_equal(&refusal->vault, &refusal->record) ? DONE : act_doom(call, &doomed, err);
}

enum outcome on_consent_refused(struct call *call, const void *event, struct error *err)
{
    const struct consent_refused *in = event;
    struct act_refusal refusal = {
        .act = in->act,
        .email = key_of(in->keys, KEY_EMAIL),
        .wide = key_of(in->keys, KEY_EMAIL_WIDE),
        .source_key = key_of(in->keys, KEY_SOURCE),
        .record = in->record,
        .vault = in->vault,
        .channel = in->channel.p != NULL ? in->channel : TEXT("email"),
        .purpose = in->purpose.p == NULL || text_is(in->purpose, "all") ? TEXT("") : in->purpose,
        .kind = in->kind,
        .given_by = -1,
        .at = not_later(in->at, call->now_us),
        .source = in->source.p != NULL ? in->source : TEXT(""),
    };
    struct gate_query query = {.email = refusal.email, .wide = refusal.wide, .record = in->record, .at_us = refusal.at};
    struct gate gate;
    bool known;

    if (hash_is_none(&refusal.email) && hash_is_none(&refusal.source_key) && uuid_is_nil(&in->record))
        return error_refuse(err, "/data/keys", "required", "neither an address nor a record is named");
    TRY(gate_check(call, &query, 1, &gate, err));
    TRY(store_act_known(call, &in->act, &known, err));
    if (known)
        return DONE;
    return gate.gone ? drop_refusal(call, &refusal, err) : act_refuse(call, &refusal, err);
}
