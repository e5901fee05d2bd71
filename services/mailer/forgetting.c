/* forgetting: mailer's part of a forget: waiting mails end at once, rows and sealed words go. The answer to the request
 * itself is the one mail that still leaves. */
#include "common/forget/forget.h"
#include "services/mailer/service.h"

static struct mail_filter filter_of(struct call *call, const struct forget_set *set)
{
    struct mail_filter filter = {.records = set->records};

    filter.keys = ARENA_ARRAY(call->arena, set->keys_n + 1, struct hash);
    for (size_t i = 0; i < set->keys_n; i++)
        if (set->keys[i].kind == KEY_EMAIL || set->keys[i].kind == KEY_EMAIL_WIDE)
            filter.keys[filter.keys_n++] = set->keys[i].hash;
    return filter;
}

static enum outcome restrict_now(struct call *call, const struct forget_set *set, struct error *err)
{
    struct mail_filter filter = filter_of(call, set);
    struct mail_list stopped;

    TRY(store_stop(call, &filter, MAIL_CANCELLED, "restricted", &stopped, err));
    for (size_t i = 0; i < stopped.n; i++)
        mail_publish(call, &stopped.items[i], stopped.items[i].rev, MAIL_CANCELLED, "restricted");
    return DONE;
}

static enum outcome prepare(struct call *call, const struct forget_set *set, struct error *err)
{
    struct mail_filter filter = filter_of(call, set);
    struct uuid_list contents;
    int64_t keys, rows;

    TRY(store_contents(call, &filter, &set->request, &contents, err));
    if (contents.n == 0)
        return DONE;
    TRY(vault_keys_destroy(call->vault, contents.items, contents.n, &keys, err));
    return vault_delete(call->vault, call->pg, contents.items, contents.n, call->arena, &rows, err);
}

static enum outcome erase(struct call *call, const struct forget_set *set, int64_t *rows, struct error *err)
{
    struct mail_filter filter = filter_of(call, set);

    return store_erase(call, &filter, &set->request, rows, err);
}

static enum outcome count(struct call *call, const struct forget_set *set, int64_t *remaining, struct error *err)
{
    struct mail_filter filter = filter_of(call, set);

    return store_remaining(call, &filter, &set->request, remaining, err);
}

const struct forget_table mailer_forget = {
    .restrict_now = restrict_now,
    .prepare = prepare,
    .erase = erase,
    .count = count,
};
