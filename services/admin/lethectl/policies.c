/* policies: a policy file checked, two of them compared, and the one in force. The first two need no server. */
#include <stdio.h>
#include <string.h>

#include "common/policy/policy.h"
#include "services/admin/lethectl/ctl.h"
#include "services/admin/lethectl/differ.h"

enum { MISTAKES_MOST = 256 * 1024, DIFFERENCES_MOST = 1024 * 1024 };

static struct policy *read_policy(const char *path)
{
    struct policy *policy = NULL;
    struct buf mistakes;
    struct error err;
    error_clear(&err);
    buf_init(&mistakes, MISTAKES_MOST);
    if (policy_read_file(path, &policy, &mistakes, &err) != DONE) {
        (void)fprintf(stderr, "%s: %s\n%.*s", path, err.text, TEXT_ARGS(buf_view(&mistakes)));
        policy = NULL;
    }
    buf_free(&mistakes);
    return policy;
}

int policy_check(struct ctl *ctl, const struct args *args)
{
    char digest[65];
    (void)ctl;
    struct policy *policy = read_policy(args->operands[0]);
    if (policy == NULL)
        return CTL_REFUSED;
    policy_digest_hex(policy, digest);
    (void)printf("%s: in order: %zu categories, %zu purposes, %zu sources, %zu holders, sha256 %s\n", args->operands[0],
                 policy->categories_n, policy->purposes_n, policy->sources_n, policy->holders_n, digest);
    policy_release(policy);
    return CTL_OK;
}

int policy_diff(struct ctl *ctl, const struct args *args)
{
    struct buf out;
    (void)ctl;
    struct policy *old = read_policy(args->operands[0]);
    struct policy *new = read_policy(args->operands[1]);
    int code = CTL_REFUSED;
    if (old != NULL && new != NULL) {
        buf_init(&out, DIFFERENCES_MOST);
        policy_differ(old, new, &out);
        (void)printf("%.*s", TEXT_ARGS(buf_view(&out)));
        if (out.n == 0)
            (void)printf("nothing changes\n");
        buf_free(&out);
        code = CTL_OK;
    }
    policy_release(old);
    policy_release(new);
    return code;
}

int policy_show(struct ctl *ctl, const struct args *args)
{
    struct http_answer answer;
    (void)args;
    int code = ctl_call(ctl, HTTP_GET, "/policy", NULL, &answer);
    if (code != CTL_OK || ctl->json)
        return code != CTL_OK ? code : show_raw(&answer);
    json_t *json = json_loadb(answer.body.p, answer.body.n, 0, NULL);
    const char *text = json_string_value(json_object_get(json, "text"));
    const char *digest = json_string_value(json_object_get(json, "digest"));
    (void)printf("# version %" JSON_INTEGER_FORMAT ", sha256 %s\n%s",
                 json_integer_value(json_object_get(json, "version")), digest != NULL ? digest : "",
                 text != NULL ? text : "");
    json_decref(json);
    return CTL_OK;
}
