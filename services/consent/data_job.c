/* data_job: answers who asked for a link to their data: a mail where the address is known, nothing else; and ends what is a day
 * old. The page said the same to everybody, in the same time. */
#include "services/consent/act.h"
#include "services/consent/data_open.h"
#include "services/consent/gate.h"
#include "services/consent/handlers.h"
#include "services/consent/mydata.h"
#include "services/consent/service.h"
#include "services/consent/wire.h"

enum { PAGE_MOST = 20 };

/* What opens this very address; nil: nothing that is here. */
static enum outcome find_opener(struct call *call, const struct hash *email, struct opened_record *out,
                                struct error *err)
{
    struct uuid_list candidates;
    struct opened_record *opened;

    *out = (struct opened_record){.plain = TEXT_NONE};
    TRY(store_data_candidates(call, email, &candidates, err));
    TRY(data_open(call, candidates.items, candidates.n, &opened, err));
    for (size_t i = 0; i < candidates.n; i++) {
        if (opened[i].email.p == NULL)
            continue;
        struct hash key = normal_key_email(service_index_key(call->service), opened[i].email);
        if (hash_equal(&key, email)) {
            *out = opened[i];
            return DONE;
        }
    }
    return DONE;
}

static enum outcome may_answer(struct call *call, const struct data_ask *ask, bool *may, struct error *err)
{
    struct standing_query query = {
        .email = ask->email, .wide = ask->wide, .channel = TEXT("email"), .purpose = TEXT("")};
    struct standing standing;

    *may = false;
    if (ask->mailed_an_hour >= DATA_MAILS_AN_HOUR)
        return DONE;
    TRY(gate_standing(call, &query, &standing, err));
    *may = !standing.restricted;
    return DONE;
}

static enum outcome put_link(struct call *call, const struct data_ask *ask, struct data_link *link, struct error *err)
{
    const struct consent_shared *shared = call->state;
    struct text token = crypto_token(call->arena);
    char until[CLOCK_TEXT_BYTES];

    crypto_token_hash(token, link->hash);
    link->content = act_id(ask->id.b, sizeof ask->id.b, "content");
    link->expires_at = call->now_us + US_PER_DAY;
    clock_format_date(link->expires_at, until);
    const struct confirmation_mail words = {
        .language = link->language,
        .controller = text_of(call->policy->controller_name),
        .confirm_url = text_format(call->arena, "%s/my-data/%.*s", shared->public_url, TEXT_ARGS(token)),
        .valid_until = text_of(until)};
    TRY(act_seal_words(call, &link->content, &words, "my-data", link->expires_at, err));
    return store_data_link_put(call, link, err);
}

static void mail_link(struct call *call, const struct data_ask *ask, const struct data_link *link)
{
    struct mail_requested mail;

    event_init(mail_requested_event.data, &mail);
    mail.mail = act_id(ask->id.b, sizeof ask->id.b, "mail");
    mail.kind = MAIL_CONFIRMATION;
    mail.address = link->vault;
    mail.content = link->content;
    mail.keys = address_keys(call->arena, &ask->email, &ask->wide);
    mail.ground = TEXT("request");
    mail.template_name = TEXT("my-data");
    mail.language = link->language;
    mail.at = call->now_us;
    mail.acted_at = ask->at;
    outbox_publish(call->outbox, &mail_requested_event, &mail.mail, &mail);
}

static enum outcome answer_one(struct call *call, const struct data_ask *ask, struct error *err)
{
    struct data_link link = {.email = ask->email, .wide = ask->wide, .shared = ask->shared, .language = ask->language};
    struct opened_record opener;
    bool may;

    TRY(may_answer(call, ask, &may, err));
    if (!may)
        return DONE;
    TRY(find_opener(call, &ask->email, &opener, err));
    if (opener.plain.p == NULL)
        return DONE;
    link.vault = opener.id;
    TRY(put_link(call, ask, &link, err));
    mail_link(call, ask, &link);
    return DONE;
}

enum outcome answer_data_asks(struct call *call, bool *again, struct error *err)
{
    struct uuid_list contents;
    struct data_ask *asks;
    struct uuid *ids;
    size_t n;

    TRY(store_data_expire(call, &contents, err));
    if (contents.n > 0)
        TRY(act_doom(call, &(struct doomed){.vaults = contents.items, .n = contents.n}, err));
    TRY(store_data_due(call, PAGE_MOST, &asks, &n, err));
    ids = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    for (size_t i = 0; i < n; i++) {
        ids[i] = asks[i].id;
        bool repeated = false; /* of one page, one mail an address */
        for (size_t j = 0; j < i; j++)
            repeated = repeated || hash_equal(&asks[i].email, &asks[j].email);
        if (!repeated)
            TRY(answer_one(call, &asks[i], err));
    }
    if (n > 0)
        TRY(store_data_answered(call, ids, n, err));
    *again = n == PAGE_MOST;
    return DONE;
}
