/* handlers_in: what upstream asks for (a double opt-in starts), asserts (given elsewhere) and refuses. */
#include "proto/contact.h"
#include "services/consent/act.h"
#include "services/consent/gate.h"
#include "services/consent/handlers.h"
#include "services/consent/service.h"
#include "services/consent/wire.h"

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

/* What asked and asserted have in common. */
struct wish {
    struct uuid act, address, record, evidence;
    struct key_list keys;
    struct text channel, purpose, language, source;
    int64_t statement, at;
    int given_by;
    bool own, soft_conditions;
};

struct wish_words {
    const struct policy_purpose *purpose;
    const struct policy_statement *statement;
};

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
        .soft_conditions = wish->soft_conditions,
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

static enum outcome note_request(struct call *call, const struct wish *wish, const struct address *address,
                                 const struct standing *standing, const struct policy_statement *statement,
                                 int64_t *position, struct error *err)
{
    struct ledger_row row = {
        .address = address->id,
        .subject = address->email,
        .record = wish->record,
        .person = standing->person,
        .channel = wish->channel,
        .purpose = wish->purpose,
        .statement = statement->version,
        .language = text_of(statement->language),
        .act = CONSENT_REQUESTED,
        .given_by = wish->given_by,
        .at = wish->at,
        .source = wish->source.p != NULL ? wish->source : TEXT(""),
        .evidence = wish->evidence,
        .statement_digest = act_digest(call->arena, statement),
        .act_id = wish->act,
    };
    TRY(store_address_attach(call, address, err));
    return store_ledger_add(call, &row, position, err);
}

static enum outcome show_requested(struct call *call, const struct wish *wish, const struct address *address,
                                   const struct policy_statement *statement, int64_t position, struct error *err)
{
    struct changed_list changed;
    struct state_row row = {
        .address = address->id,
        .channel = wish->channel,
        .purpose = wish->purpose,
        .state = CONSENT_REQUESTED,
        .statement = statement->version,
        .language = text_of(statement->language),
        .position = position,
        .at = wish->at,
        .asked_position = INT64_MIN,
        .asked_at = CLOCK_NONE,
        .source = wish->source.p != NULL ? wish->source : TEXT(""),
    };

    TRY(store_state_put(call, &row, &changed, err));
    act_publish(call, &changed);
    return DONE;
}

/* The mail: its texts and the link lie in the vault, the link's token as a hash here. */
static enum outcome put_token(struct call *call, const struct wish *wish, const struct address *address,
                              const struct wish_words *words, int64_t position, struct uuid *content, struct error *err)
{
    const struct consent_shared *shared = call->state;
    struct text token = crypto_token(call->arena);
    char until[CLOCK_TEXT_BYTES];
    struct token_row row = {
        .token = {.address = address->id,
                  .channel = wish->channel,
                  .purpose = wish->purpose,
                  .language = text_of(words->statement->language),
                  .statement = words->statement->version,
                  .asked_position = position,
                  .asked_at = wish->at,
                  .expires_at = duration_add(call->now_us, call->policy->opt_in_valid)},
        .content = act_id(wish->act.b, sizeof wish->act.b, "content"),
    };
    struct buf plain;

    crypto_token_hash(token, row.hash);
    clock_format_date(row.token.expires_at, until);
    buf_init(&plain, 64 << 10);
    wire_confirmation(&(struct confirmation_mail){.language = row.token.language,
                                                  .controller = text_of(call->policy->controller_name),
                                                  .purpose = text_of(words->purpose->title),
                                                  .statement = text_of(words->statement->text),
                                                  .confirm_url = text_format(call->arena, "%s/confirm/%.*s",
                                                                             shared->public_url, TEXT_ARGS(token)),
                                                  .valid_until = text_of(until)},
                      &plain);
    ENSURE(!plain.failed);
    struct vault_item item = {
        .id = row.content, .kind = VAULT_MAIL, .plain = buf_view(&plain), .expires_us = row.token.expires_at};
    enum outcome o = vault_put(call->vault, call->pg, &item, 1, call->arena, err);
    buf_free(&plain);
    *content = row.content;
    return o != DONE ? o : store_token_put(call, &row, err);
}

static void ask_for_mail(struct call *call, const struct wish *wish, const struct policy_statement *statement,
                         const struct uuid *content, int64_t position)
{
    struct mail_requested mail;

    event_init(mail_requested_event.data, &mail);
    mail.mail = act_id(wish->act.b, sizeof wish->act.b, "mail");
    mail.kind = MAIL_CONFIRMATION;
    mail.address = wish->address;
    mail.content = *content;
    mail.keys = wish->keys;
    mail.record = wish->record;
    mail.purpose = wish->purpose;
    mail.ground = TEXT("opt-in request");
    mail.position = position;
    mail.template_name = TEXT("confirmation");
    mail.language = text_of(statement->language);
    mail.at = call->now_us;
    mail.acted_at = wish->at;
    outbox_publish(call->outbox, &mail_requested_event, &mail.mail, &mail);
}

static enum outcome apply_request(struct call *call, const struct wish *wish, const struct wish_words *words,
                                  const struct address *address, const struct standing *standing,
                                  enum request_plan plan, struct error *err)
{
    struct uuid content;
    int64_t position;

    TRY(note_request(call, wish, address, standing, words->statement, &position, err));
    if (plan != REQUEST_MAIL)
        return DONE;
    if (decide_requested_state(standing))
        TRY(show_requested(call, wish, address, words->statement, position, err));
    TRY(put_token(call, wish, address, words, position, &content, err));
    ask_for_mail(call, wish, words->statement, &content, position);
    return DONE;
}

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
    return apply_request(call, &wish, &words, &address, &standing, plan, err);
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
