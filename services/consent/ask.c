/* ask: requests, their links and their mails. */
#include "services/consent/ask.h"

#include "proto/contact.h"
#include "services/consent/service.h"
#include "services/consent/wire.h"

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
        .age_over = wish->age_over,
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

    crypto_token_hash(token, row.hash);
    clock_format_date(row.token.expires_at, until);
    const struct confirmation_mail mail = {
        .language = row.token.language,
        .controller = text_of(call->policy->controller_name),
        .purpose = text_of(words->purpose->title),
        .statement = text_of(words->statement->text),
        .confirm_url = text_format(call->arena, "%s/confirm/%.*s", shared->public_url, TEXT_ARGS(token)),
        .valid_until = text_of(until)};
    *content = row.content;
    TRY(act_seal_words(call, &row.content, &mail, "confirmation", row.token.expires_at, err));
    return store_token_put(call, &row, err);
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

enum outcome ask_apply(struct call *call, const struct wish *wish, const struct wish_words *words,
                       const struct address *address, const struct standing *standing, enum request_plan plan,
                       struct error *err)
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
