/* gate: what tombstones say about mails, asked about in one go. */
#include "common/forget/forget.h"
#include "services/mailer/service.h"

static size_t keys_of(const struct mail *mail, struct forget_key *keys)
{
    size_t n = 0;

    if (!hash_is_none(&mail->email))
        keys[n++] = (struct forget_key){.kind = KEY_EMAIL, .hash = mail->email};
    if (!hash_is_none(&mail->wide))
        keys[n++] = (struct forget_key){.kind = KEY_EMAIL_WIDE, .hash = mail->wide};
    return n;
}

enum outcome gate_check(struct call *call, const struct mail *const *mails, size_t n, enum mail_gate *out,
                        struct error *err)
{
    struct forget_key *keys = ARENA_ARRAY(call->arena, 2 * n + 1, struct forget_key);
    struct forget_tombstone *found = ARENA_ARRAY(call->arena, 2 * n + 1, struct forget_tombstone);
    struct uuid *records = ARENA_ARRAY(call->arena, n + 1, struct uuid);
    bool *gone = ARENA_ARRAY(call->arena, n + 1, bool);
    size_t keys_n = 0;

    for (size_t i = 0; i < n; i++) {
        keys_n += keys_of(mails[i], keys + keys_n);
        records[i] = mails[i]->record;
    }
    TRY(forget_check_keys(call, keys, keys_n, found, err));
    TRY(forget_check_ids(call, records, n, gone, err));
    for (size_t i = 0, at = 0; i < n; i++) {
        struct mail_stone stones[2];
        struct forget_key own[2];
        size_t own_n = keys_of(mails[i], own);

        for (size_t k = 0; k < own_n; k++, at++)
            stones[k] = (struct mail_stone){
                .stands = found[at].stands, .restricted = found[at].restricted, .received_us = found[at].received_us};
        out[i] = decide_gate(mails[i]->kind, mails[i]->acted_us, gone[i], stones, own_n);
    }
    return DONE;
}
