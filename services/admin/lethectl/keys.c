/* keys: the KEKs' epochs, and what follows from them for copies of the keyring. */
#include <stdio.h>
#include <string.h>

#include "services/admin/lethectl/ctl.h"

/* Up to the day: that is what certificates name. */
static void say_epoch(const json_t *epoch)
{
    const char *state = ctl_member(epoch, "state");
    long long number = json_integer_value(json_object_get(epoch, "epoch"));
    if (strcmp(state, "destroyed") == 0)
        (void)printf("Copies of the keyring that need epoch %lld (it ended %.10s): nobody can read them.\n", number,
                     ctl_member(epoch, "destroyed_at"));
    else if (strcmp(state, "current") == 0)
        (void)printf("A copy of the keyring taken now: nobody can read it after %.10s.\n",
                     ctl_member(epoch, "destroy_by"));
    else
        (void)printf("Copies of the keyring that need epoch %lld: it is %s, and nobody can read them after %.10s.\n",
                     number, state, ctl_member(epoch, "destroy_by"));
}

static void say_words(const json_t *keys)
{
    const json_t *epochs = json_object_get(keys, "epochs");
    long long late = json_integer_value(json_object_get(keys, "late_seconds"));
    long long unreadable = json_integer_value(json_object_get(keys, "unreadable"));
    (void)printf("KEKs lie in: %s, escrow: %s. Step: %s, %lld keys rewrapped.\n", ctl_member(keys, "place"),
                 ctl_member(keys, "escrow"), ctl_member(keys, "step"),
                 (long long)json_integer_value(json_object_get(keys, "rewrapped")));
    for (size_t i = 0; i < json_array_size(epochs) && i < 3; i++)
        say_epoch(json_array_get(epochs, i));
    if (json_is_true(json_object_get(keys, "paused")))
        (void)printf("PAUSED: nothing rotates until somebody says resume.\n");
    if (late > 0)
        (void)printf("LATE by %lld hours: certificates have named an earlier day.\n", late / 3600);
    if (unreadable > 0)
        (void)printf("%lld keys don't open under their KEK: it can't be destroyed before somebody has looked.\n",
                     unreadable);
    (void)printf("\n");
}

int keys_status(struct ctl *ctl, const struct args *args)
{
    static const struct column columns[] = {
        {"EPOCH", "epoch"},        {"STATE", "state"},          {"KEYS", "keys"},
        {"CREATED", "created_at"}, {"ROTATES", "rotate_at"},    {"GONE BY", "destroy_by"},
        {"GONE", "destroyed_at"},  {"SAID", "acknowledgement"}, {"ESCROW SAID", "escrow_acknowledgement"}};
    struct http_answer answer = {0};
    (void)args;
    int code = ctl_call(ctl, HTTP_GET, "/keys", NULL, &answer);
    if (code != CTL_OK)
        return code;
    json_t *keys = ctl->json ? NULL : json_loadb(answer.body.p, answer.body.n, 0, NULL);
    if (keys != NULL)
        say_words(keys);
    json_decref(keys);
    return show_table(ctl, &answer, "epochs", columns, sizeof columns / sizeof columns[0]);
}

int keys_order(struct ctl *ctl, const struct args *args)
{
    struct text path = text_format(ctl->arena, "/keys/%s", args->command->verb);
    return send_object(ctl, HTTP_POST, text_cstr(ctl->arena, path), json_object());
}
