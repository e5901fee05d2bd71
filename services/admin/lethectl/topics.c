/* topics: what the broker does with topics that hold personal data, and what breaks a promise. */
#include <stdio.h>

#include "services/admin/lethectl/ctl.h"

static void say_words(const json_t *answer)
{
    const json_t *findings = json_object_get(answer, "findings");
    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *f = json_array_get(findings, i);
        const char *setting = ctl_member(f, "setting"), *value = ctl_member(f, "value");
        (void)printf("%s: %s%s%s%s%s.\n    Do: %s.\n", ctl_member(f, "topic"), setting,
                     setting[0] != '\0' && value[0] != '\0' ? "=" : "", value,
                     setting[0] != '\0' || value[0] != '\0' ? ": " : "", ctl_member(f, "says"),
                     ctl_member(f, "remedy"));
    }
    (void)printf("%lld topics with personal data: %zu findings.\n",
                 (long long)json_integer_value(json_object_get(answer, "topics")), json_array_size(findings));
}

int topics_check(struct ctl *ctl, const struct args *args)
{
    struct http_answer answer = {0};
    (void)args;
    int code = ctl_call(ctl, HTTP_GET, "/topics", NULL, &answer);
    if (code != CTL_OK)
        return code;
    json_t *json = json_loadb(answer.body.p, answer.body.n, 0, NULL);
    if (!json_is_object(json)) {
        json_decref(json);
        return CTL_AWAY;
    }
    if (ctl->json)
        (void)show_raw(&answer);
    else
        say_words(json);
    code = json_is_true(json_object_get(json, "kept")) ? CTL_OK : CTL_REFUSED;
    json_decref(json);
    return code;
}
