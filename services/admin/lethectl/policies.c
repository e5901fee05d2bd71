/* policies: a policy file checked, two of them compared, and the one in force. The first needs no server; the second asks
 * one how many its differences concern. */
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

/* ---- how many the running system holds --------------------------------------------------------------------------------- */

static struct text member_text(struct ctl *ctl, const json_t *row, const char *name)
{
    const char *value = json_string_value(json_object_get(row, name));
    return value != NULL ? text_copy(ctl->arena, text_of(value)) : TEXT_NONE;
}

static size_t add_held(struct ctl *ctl, const json_t *rows, struct held *out)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        out[i] = (struct held){.kind = member_text(ctl, row, "kind"),
                               .category = member_text(ctl, row, "category"),
                               .rule = member_text(ctl, row, "rule"),
                               .n = json_integer_value(json_object_get(row, "n"))};
    }
    return json_array_size(rows);
}

/* A rehearsal of the last day: each rule with all that it ends. */
static bool ask_held(struct ctl *ctl, struct held_list *out, json_int_t *to_compute)
{
    struct http_answer answer;
    if (ctl->url == NULL || ctl->token == NULL)
        return false;
    if (ctl_call(ctl, HTTP_POST, "/retention/rehearsals", json_pack("{s:s}", "at", "9999-12-31T00:00:00Z"), &answer) !=
        CTL_OK)
        return false;
    json_t *json = json_loadb(answer.body.p, answer.body.n, 0, NULL);
    const json_t *all = json_object_get(json, "held"), *rules = json_object_get(json, "expire");
    struct held *rows = ARENA_ARRAY(ctl->arena, json_array_size(all) + json_array_size(rules) + 1, struct held);
    out->n = add_held(ctl, all, rows);
    out->n += add_held(ctl, rules, rows + out->n);
    out->items = rows;
    *to_compute = json_integer_value(json_object_get(json, "to_compute"));
    json_decref(json);
    return true;
}

static void print_differences(struct ctl *ctl, const struct policy *old, const struct policy *new)
{
    struct held_list held;
    json_int_t to_compute = 0;
    struct buf out;
    bool asked = ask_held(ctl, &held, &to_compute);
    buf_init(&out, DIFFERENCES_MOST);
    policy_differ(old, new, asked ? &held : NULL, &out);
    (void)printf("%.*s", TEXT_ARGS(buf_view(&out)));
    if (out.n == 0)
        (void)printf("nothing changes\n");
    else if (!asked)
        (void)printf(
            "# for how many records can't be told: no running system was asked (LETHE_ADMIN_URL and a token)\n");
    else if (to_compute > 0)
        (void)printf("# %" JSON_INTEGER_FORMAT " clocks are still computed: the numbers of rules are low by so many\n",
                     to_compute);
    buf_free(&out);
}

int policy_diff(struct ctl *ctl, const struct args *args)
{
    struct policy *old = read_policy(args->operands[0]);
    struct policy *new = read_policy(args->operands[1]);
    int code = CTL_REFUSED;
    if (old != NULL && new != NULL) {
        print_differences(ctl, old, new);
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
