/* handlers: mails and campaigns that are asked for, and refusals that end waiting ones. */
#include "services/mailer/service.h"

struct hash mail_key_of(const struct key_list *keys, enum key_kind kind)
{
    for (size_t i = 0; i < keys->n; i++)
        if (keys->items[i].kind == (int)kind)
            return keys->items[i].hash;
    return (struct hash){{0}};
}

void mails_wake(struct call *call)
{
    call_wake(call, "send");
    call_wake(call, "send-beside");
}

void mail_publish(struct call *call, const struct mail *mail, int64_t rev, enum mail_state state, const char *why)
{
    struct key keys[2];
    struct mail_changed changed = {
        .mail = mail->mail,
        .rev = rev,
        .kind = (int)mail->kind,
        .state = (int)state,
        .campaign = mail->campaign,
        .request = mail->request,
        .record = mail->record,
        .keys = {.items = keys},
        .purpose = mail->purpose,
        .ground = mail->ground,
        .why = text_of(why),
        .position = mail->position,
        .at = call->now_us,
    };

    if (!hash_is_none(&mail->email))
        keys[changed.keys.n++] = (struct key){.kind = KEY_EMAIL, .hash = mail->email};
    if (!hash_is_none(&mail->wide))
        keys[changed.keys.n++] = (struct key){.kind = KEY_EMAIL_WIDE, .hash = mail->wide};
    outbox_publish(call->outbox, &mail_changed_event, &mail->mail, &changed);
}

enum outcome on_mail_requested(struct call *call, const void *event, struct error *err)
{
    const struct mail_requested *in = event;
    struct mail mail = {
        .mail = in->mail,
        .campaign = in->campaign,
        .request = in->request,
        .record = in->record,
        .address = in->address,
        .content = in->content,
        .kind = (enum mail_kind)in->kind,
        .email = mail_key_of(&in->keys, KEY_EMAIL),
        .wide = mail_key_of(&in->keys, KEY_EMAIL_WIDE),
        .purpose = in->purpose,
        .ground = in->ground,
        .template_name = in->template_name,
        .language = in->language,
        .position = in->position,
        .asked_us = in->at,
        .acted_us = in->acted_at,
    };
    const struct mail *one = &mail;
    enum mail_gate gate;
    int64_t rev;

    if (mail.kind == MAIL_PURPOSE && (in->purpose.p == NULL || hash_is_none(&mail.email)))
        return error_refuse(err, "/data/purpose", "required", "a mail for a purpose names it and the address' key");
    TRY(gate_check(call, &one, 1, &gate, err));
    if (gate == GATE_GONE) /* no row about somebody who is forgotten */
        return mail_drop_content(call, &mail, err);
    TRY(store_add(call, &mail, MAIL_QUEUED, NULL, call->now_us, &rev, err));
    mails_wake(call);
    return DONE;
}

enum outcome on_campaign_requested(struct call *call, const void *event, struct error *err)
{
    const struct campaign_requested *in = event;

    if (policy_purpose(call->policy, in->purpose) == NULL)
        return error_refuse(err, "/data/purpose", "not in policy", "the policy names no such purpose");
    TRY(store_campaign_add(call, in, err));
    call_wake(call, "layout");
    return DONE;
}

enum outcome on_consent_changed(struct call *call, const void *event, struct error *err)
{
    const struct consent_changed *in = event;
    const char *why = in->state == CONSENT_OBJECTED ? "objected" : "withdrawn";
    struct hash keys[2] = {mail_key_of(&in->keys, KEY_EMAIL), mail_key_of(&in->keys, KEY_EMAIL_WIDE)};
    struct mail_filter filter = {.keys = keys, .keys_n = 2, .purpose = in->purpose, .advertising = true};
    struct mail_list stopped;

    if (in->state != CONSENT_WITHDRAWN && in->state != CONSENT_OBJECTED)
        return DONE;
    TRY(store_stop(call, &filter, MAIL_REFUSED, why, &stopped, err));
    for (size_t i = 0; i < stopped.n; i++)
        mail_publish(call, &stopped.items[i], stopped.items[i].rev, MAIL_REFUSED, why);
    return DONE;
}
