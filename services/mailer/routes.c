/* routes: campaigns taken in and shown, and what was sent to an address. */
#include "services/mailer/service.h"

#include <string.h>

#include "proto/table.h"

struct campaign_words {
    struct text subject, text, html;
};
struct campaign_body {
    struct uuid campaign, operator;
    struct text purpose;
    struct campaign_words content;
    bool has_content;
    struct uuid_list records;
};
static const struct field words_type_fields[] = {
    MUST(campaign_words, subject, TEXT, 1, 998),
    MUST(campaign_words, text, TEXT, 1, 512 << 10),
    MAY(campaign_words, html, TEXT, 0, 512 << 10),
};
CLOSED(campaign_words, words_type, NULL);
static const struct field body_type_fields[] = {
    MUST(campaign_body, campaign, UUID, 0, 0),       MUST(campaign_body, purpose, TEXT, 1, 64),
    MUST_OBJECT(campaign_body, content, words_type), MUST(campaign_body, records, UUIDS, 1, 10000),
    MAY(campaign_body, operator, UUID, 0, 0),
};
CLOSED(campaign_body, body_type, NULL);

/* The words' id: derived, so that the same campaign sent again changes nothing. */
static struct uuid content_id(const struct uuid *campaign)
{
    const struct text what = TEXT("content");
    uint8_t seed[16 + 7], digest[32];

    memcpy(seed, campaign->b, 16);
    memcpy(seed + 16, what.p, what.n);
    crypto_digest(seed, sizeof(seed), digest);
    return uuid_v8(digest);
}

static void print_words(const struct campaign_words *words, struct buf *out)
{
    buf_str(out, "{\"subject\":");
    buf_json_string(out, words->subject);
    buf_str(out, ",\"text\":");
    buf_json_string(out, words->text);
    if (words->html.n > 0) {
        buf_str(out, ",\"html\":");
        buf_json_string(out, words->html);
    }
    buf_char(out, '}');
}

static enum outcome seal_words(struct call *call, const struct campaign_body *body, const struct uuid *id,
                               struct error *err)
{
    struct vault_item item = {.id = *id, .owner = body->campaign, .kind = VAULT_MAIL, .expires_us = CLOCK_NONE};
    struct buf plain;
    enum outcome outcome;

    buf_init(&plain, 4 << 20);
    print_words(&body->content, &plain);
    ENSURE(!plain.failed);
    item.plain = buf_view(&plain);
    outcome = vault_put(call->vault, call->pg, &item, 1, call->arena, err);
    buf_free(&plain);
    return outcome;
}

enum outcome post_campaign(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err)
{
    const struct campaign_body *body;
    struct campaign_requested event;
    void *decoded = NULL;
    char id[UUID_TEXT_BYTES];

    TRY(event_decode(&body_type, request->body, call->arena, &decoded, err));
    body = decoded;
    if (policy_purpose(call->policy, body->purpose) == NULL)
        return error_refuse(err, "/purpose", "not in policy", "the policy names no such purpose");
    event = (struct campaign_requested){.campaign = body->campaign,
                                        .purpose = body->purpose,
                                        .content = content_id(&body->campaign),
                                        .records = body->records,
                                        .by = body->operator,
                                        .at = call->now_us };
    TRY(seal_words(call, body, &event.content, err));
    TRY(store_campaign_add(call, &event, err));
    call_wake(call, "layout");
    uuid_format(&body->campaign, id);
    response->status = 202;
    buf_printf(&response->body, "{\"id\":\"%s\"}", id);
    return DONE;
}

enum outcome get_campaign(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    struct uuid campaign;
    bool found = false;

    if (uuid_parse(request->params[0], &campaign))
        TRY(store_campaign_print(call, &campaign, &response->body, &found, err));
    return found ? DONE : error_status(err, 404, "campaign", "there is no such campaign");
}

struct subject_body {
    struct key_list keys;
};
static const struct field subject_type_fields[] = {MUST_OBJECTS(subject_body, keys, key_type, 0, 1000)};
OPEN(subject_body, subject_type, NULL);

enum outcome post_subject(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    const struct subject_body *body;
    struct hash *keys;
    void *decoded = NULL;

    TRY(event_decode(&subject_type, request->body, call->arena, &decoded, err));
    body = decoded;
    keys = ARENA_ARRAY(call->arena, body->keys.n + 1, struct hash);
    for (size_t i = 0; i < body->keys.n; i++)
        keys[i] = body->keys.items[i].hash;
    return store_subject_print(call, keys, body->keys.n, &response->body, err);
}
