/* handlers_mail: what became of mails: a grant that is used doesn't lapse; a bounce is noted. */
#include "common/forget/forget.h"
#include "services/consent/handlers.h"
#include "services/consent/store.h"

/* It stops mails whether or not anybody was ever asked for a consent there; but of whom is forgotten nothing is noted. */
static enum outcome note_bounce(struct call *call, const struct hash *email, int64_t at_us, struct error *err)
{
    const struct forget_key key = {.kind = KEY_EMAIL, .hash = *email};
    struct forget_tombstone stone;

    TRY(forget_check_keys(call, &key, 1, &stone, err));
    return stone.stands && !stone.restricted ? DONE : store_bounced(call, email, at_us, err);
}

enum outcome on_mail_changed(struct call *call, const void *event, struct error *err)
{
    const struct mail_changed *in = event;

    for (size_t i = 0; i < in->keys.n; i++) {
        if (in->keys.items[i].kind != KEY_EMAIL)
            continue;
        /* a relay that took nothing for days says nothing about the address */
        if (in->state == MAIL_BOUNCED && !text_is(in->why, "not-taken"))
            TRY(note_bounce(call, &in->keys.items[i].hash, in->at, err));
        if (in->state == MAIL_SENT && in->kind == MAIL_PURPOSE && in->purpose.p != NULL)
            TRY(store_used(call, &in->keys.items[i].hash, in->purpose, in->at, err));
    }
    return DONE;
}
