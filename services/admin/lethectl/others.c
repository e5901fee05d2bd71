/* others: holders, subjects, reviews, sources, audit, operators and the small commands. */
#include <stdio.h>
#include <string.h>

#include "common/crypto/crypto.h"
#include "services/admin/lethectl/ctl.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* "email,phone" as a list */
static void set_list(json_t *object, const char *name, const char *value)
{
    if (value == NULL)
        return;
    json_t *list = json_array();
    for (const char *comma; (comma = strchr(value, ',')) != NULL; value = comma + 1)
        json_array_append_new(list, json_stringn(value, (size_t)(comma - value)));
    json_array_append_new(list, json_string(value));
    json_object_set_new(object, name, list);
}

/* ---- holders ------------------------------------------------------------------------------------------------------------ */

int holders_list(struct ctl *ctl, const struct args *args)
{
    static const struct column columns[] = {{"ID", "id"},       {"NAME", "name"},     {"KIND", "kind"},
                                            {"STATE", "state"}, {"SYSTEM", "system"}, {"URL", "url"},
                                            {"TOPIC", "topic"}};
    (void)args;
    return get_table(ctl, "/holders", "holders", columns, N(columns));
}

int holders_show(struct ctl *ctl, const struct args *args)
{
    return get_object(ctl, ctl_path(ctl, "/holders/", args->operands[0], ""));
}

static json_t *holder_body(struct ctl *ctl, const struct args *args)
{
    static const char *const plain[][2] = {{"system", "system"},           {"url", "url"},
                                           {"contact", "contact"},         {"sealing-key", "sealing_key"},
                                           {"signing-key", "signing_key"}, {"state", "state"}};
    json_t *body = json_object();
    for (size_t i = 0; i < N(plain); i++)
        set(body, plain[i][1], args_value(args, plain[i][0]));
    set_list(body, "identifiers", args_value(args, "identifiers"));
    set_list(body, "categories", args_value(args, "categories"));
    if (set_file(ctl, body, "hmac_secret", args_value(args, "hmac-secret-file")))
        return body;
    json_decref(body);
    return NULL;
}

int holders_add(struct ctl *ctl, const struct args *args)
{
    json_t *body = holder_body(ctl, args);
    if (body == NULL)
        return CTL_USAGE;
    set(body, "name", args->operands[0]);
    set(body, "kind", args->operands[1]);
    return send_object(ctl, HTTP_POST, "/holders", body);
}

int holders_change(struct ctl *ctl, const struct args *args)
{
    json_t *body = holder_body(ctl, args);
    if (body == NULL)
        return CTL_USAGE;
    return send_object(ctl, HTTP_PATCH, ctl_path(ctl, "/holders/", args->operands[0], ""), body);
}

int holders_result(struct ctl *ctl, const struct args *args)
{
    json_t *body = json_object();
    set(body, "request", args_value(args, "request"));
    set(body, "outcome", args_value(args, "outcome"));
    set(body, "rule", args_value(args, "rule"));
    set(body, "until", args_value(args, "until"));
    set(body, "why", args_value(args, "why"));
    if (!set_file(ctl, body, "evidence", args_value(args, "evidence-file"))) {
        json_decref(body);
        return CTL_USAGE;
    }
    return send_object(ctl, HTTP_POST, ctl_path(ctl, "/holders/", args->operands[0], "/results"), body);
}

/* ---- subjects ----------------------------------------------------------------------------------------------------------- */

int subjects_search(struct ctl *ctl, const struct args *args)
{
    json_t *body = subject_json(ctl, args);
    if (body == NULL)
        return CTL_USAGE;
    if (args_value(args, "fields") != NULL)
        json_object_set_new(body, "fields", json_true());
    set(body, "reason", args_value(args, "reason"));
    return send_object(ctl, HTTP_POST, "/subjects/search", body);
}

int subjects_looks(struct ctl *ctl, const struct args *args)
{
    static const struct column columns[] = {{"AT", "at"}, {"OPERATOR", "operator"}, {"BY", "by"}, {"AUDIT", "seq"}};
    return get_table(ctl, ctl_path(ctl, "/subjects/", args->operands[0], "/looks"), "looks", columns, N(columns));
}

/* ---- reviews ------------------------------------------------------------------------------------------------------------ */

int reviews_list(struct ctl *ctl, const struct args *args)
{
    static const struct column columns[] = {{"REVIEW", "review"},    {"PERSONS", "persons"}, {"RECORDS", "records"},
                                            {"OPENED", "opened_at"}, {"URGENT", "urgent"},   {"PROPOSED", "proposed"},
                                            {"WHY", "why"}};
    static const char *const flags[] = {"after", "limit", NULL};
    return get_table(ctl, ctl_query(ctl, "/reviews", args, flags), "reviews", columns, N(columns));
}

int reviews_decide(struct ctl *ctl, const struct args *args)
{
    json_t *body = json_pack("{s:s,s:s}", "review", args->operands[0], "decision", args->operands[1]);
    set(body, "reason", args_value(args, "reason"));
    return send_object(ctl, HTTP_POST, "/reviews", body);
}

static int decide_by_hand(struct ctl *ctl, const struct args *args, const char *decision)
{
    json_t *body =
        json_pack("{s:s,s:[s],s:[s]}", "decision", decision, "records", args->operands[0], "others", args->operands[1]);
    set(body, "reason", args_value(args, "reason"));
    return send_object(ctl, HTTP_POST, "/reviews", body);
}

int reviews_merge(struct ctl *ctl, const struct args *args)
{
    return decide_by_hand(ctl, args, "same");
}

int reviews_split(struct ctl *ctl, const struct args *args)
{
    return decide_by_hand(ctl, args, "different");
}

int reviews_undo(struct ctl *ctl, const struct args *args)
{
    return decide_by_hand(ctl, args, "undo");
}

int weights_show(struct ctl *ctl, const struct args *args)
{
    (void)args;
    return get_object(ctl, "/weights");
}

int weights_take(struct ctl *ctl, const struct args *args)
{
    struct text read = ctl_read_file(ctl, args->operands[0]);
    if (read.p == NULL)
        return CTL_USAGE;
    return send_object(ctl, HTTP_POST, "/weights", json_pack("{s:s%}", "weights", read.p, read.n));
}

/* ---- sources ---------------------------------------------------------------------------------------------------------- */

int sources_list(struct ctl *ctl, const struct args *args)
{
    (void)args;
    return get_object(ctl, "/sources");
}

int sources_release(struct ctl *ctl, const struct args *args)
{
    return send_object(ctl, HTTP_POST, ctl_path(ctl, "/sources/", args->operands[0], "/release"), json_object());
}

/* ---- texts that a forget left to others ------------------------------------------------------------------------------- */

int texts_list(struct ctl *ctl, const struct args *args)
{
    static const struct column columns[] = {
        {"ID", "id"}, {"SYSTEM", "system"}, {"CATEGORY", "category"}, {"SINCE", "since"}, {"REQUESTS", "requests"}};
    (void)args;
    return get_table(ctl, "/texts", "texts", columns, N(columns));
}

int texts_show(struct ctl *ctl, const struct args *args)
{
    return send_object(ctl, HTTP_POST, ctl_path(ctl, "/texts/", args->operands[0], "/show"), json_object());
}

int texts_judge(struct ctl *ctl, const struct args *args)
{
    return send_object(ctl, HTTP_POST, ctl_path(ctl, "/texts/", args->operands[0], "/judge"),
                       json_pack("{s:s}", "decision", args->operands[1]));
}

/* ---- audit -------------------------------------------------------------------------------------------------------------- */

int audit_list(struct ctl *ctl, const struct args *args)
{
    static const struct column columns[] = {{"SEQ", "seq"},        {"AT", "at"},         {"OPERATOR", "operator"},
                                            {"ACTION", "action"},  {"OBJECT", "object"}, {"DETAIL", "detail"},
                                            {"OUTCOME", "outcome"}};
    static const char *const flags[] = {"after", "limit", "operator", "object", NULL};
    return get_table(ctl, ctl_query(ctl, "/audit", args, flags), "audit", columns, N(columns));
}

int audit_check(struct ctl *ctl, const struct args *args)
{
    json_int_t after = 0, broken = 0;
    bool more = true, intact = true;
    (void)args;
    while (more && intact) {
        struct http_answer answer;
        struct text path = text_format(ctl->arena, "/audit/check?after=%" JSON_INTEGER_FORMAT, after);
        int code = ctl_call(ctl, HTTP_GET, text_cstr(ctl->arena, path), NULL, &answer);
        if (code != CTL_OK)
            return code;
        json_t *json = json_loadb(answer.body.p, answer.body.n, 0, NULL);
        after = json_integer_value(json_object_get(json, "next"));
        intact = json_is_true(json_object_get(json, "intact"));
        broken = json_integer_value(json_object_get(json, "broken"));
        more = json_is_true(json_object_get(json, "more"));
        json_decref(json);
    }
    if (intact)
        (void)printf("%" JSON_INTEGER_FORMAT " rows, the chain holds\n", after);
    else
        (void)printf("the chain breaks at row %" JSON_INTEGER_FORMAT "\n", broken);
    return intact ? CTL_OK : CTL_REFUSED;
}

/* ---- operators ---------------------------------------------------------------------------------------------------------- */

int operators_list(struct ctl *ctl, const struct args *args)
{
    static const struct column columns[] = {{"ID", "id"},
                                            {"NAME", "name"},
                                            {"ROLE", "role"},
                                            {"SINCE", "created_at"},
                                            {"EXPIRES", "expires_at"},
                                            {"REVOKED", "revoked_at"}};
    (void)args;
    return get_table(ctl, "/operators", "operators", columns, N(columns));
}

int operators_add(struct ctl *ctl, const struct args *args)
{
    json_t *body = json_pack("{s:s}", "name", args->operands[0]);
    set(body, "role", args_value(args, "role"));
    set(body, "expires_at", args_value(args, "expires-at"));
    return send_object(ctl, HTTP_POST, "/operators", body);
}

int operators_change(struct ctl *ctl, const struct args *args)
{
    json_t *body = json_object();
    set(body, "name", args_value(args, "name"));
    set(body, "role", args_value(args, "role"));
    return send_object(ctl, HTTP_PATCH, ctl_path(ctl, "/operators/", args->operands[0], ""), body);
}

int operators_revoke(struct ctl *ctl, const struct args *args)
{
    return send_object(ctl, HTTP_POST, ctl_path(ctl, "/operators/", args->operands[0], "/revoke"), json_object());
}

int roles_list(struct ctl *ctl, const struct args *args)
{
    static const struct column columns[] = {{"ROLE", "role"}, {"RIGHTS", "rights"}};
    (void)args;
    return get_table(ctl, "/roles", "roles", columns, N(columns));
}

/* ---- the small ones ----------------------------------------------------------------------------------------------------- */

int health_show(struct ctl *ctl, const struct args *args)
{
    static const struct column columns[] = {
        {"SERVICE", "service"}, {"STATUS", "status"}, {"WAITS FOR", "waiting_for"}, {"NOTES", "notes"}};
    struct http_answer answer;
    (void)args;
    int code = ctl_call(ctl, HTTP_GET, "/health", NULL, &answer);
    if (code != CTL_OK)
        return code;
    json_t *json = json_loadb(answer.body.p, answer.body.n, 0, NULL);
    const json_t *requests = json_object_get(json, "requests");
    const char *status = json_string_value(json_object_get(json, "status"));
    bool ready = status != NULL && strcmp(status, "ready") == 0;
    code = show_table(ctl, &answer, "services", columns, N(columns));
    if (!ctl->json)
        (void)printf("requests: %" JSON_INTEGER_FORMAT " open, %" JSON_INTEGER_FORMAT
                     " due in 7 days, %" JSON_INTEGER_FORMAT " late\n",
                     json_integer_value(json_object_get(requests, "open")),
                     json_integer_value(json_object_get(requests, "due_in_7_days")),
                     json_integer_value(json_object_get(requests, "late")));
    json_decref(json);
    return code != CTL_OK ? code : ready ? CTL_OK : CTL_AWAY;
}

/* What was refused came as bytes, maybe broken ones: base64. Where they are JSON they are shown as such. */
static void unfold_data(struct ctl *ctl, struct http_answer *answer)
{
    json_t *json = json_loadb(answer->body.p, answer->body.n, 0, NULL);
    json_t *event = json_object_get(json, "event");
    const char *data = json_string_value(json_object_get(event, "data"));
    struct bytes bytes;
    json_t *read = NULL;
    if (data != NULL && crypto_unbase64(ctl->arena, text_of(data), &bytes))
        read = json_loadb((const char *)bytes.p, bytes.n, JSON_REJECT_DUPLICATES, NULL);
    if (read != NULL && json_object_set_new(event, "data", read) == 0)
        answer->body = ctl_dump(ctl, json_incref(json));
    json_decref(json);
}

int refused_show(struct ctl *ctl, const struct args *args)
{
    struct http_answer answer;
    const char *path = ctl_path(ctl, "/refused/", args->operands[0], "");
    if (path == NULL)
        return CTL_USAGE;
    int code = ctl_call(ctl, HTTP_GET, path, NULL, &answer);
    if (code == CTL_OK && !ctl->json)
        unfold_data(ctl, &answer);
    return code != CTL_OK ? code : show_object(ctl, &answer, NULL);
}

int resync_service(struct ctl *ctl, const struct args *args)
{
    return send_object(ctl, HTTP_POST, ctl_path(ctl, "/resync/", args->operands[0], ""), json_object());
}

int campaigns_list(struct ctl *ctl, const struct args *args)
{
    static const struct column columns[] = {
        {"ID", "id"}, {"PURPOSE", "purpose"}, {"RECORDS", "records"}, {"AT", "created_at"}, {"BY", "created_by"}};
    (void)args;
    return get_table(ctl, "/campaigns", "campaigns", columns, N(columns));
}

int campaigns_show(struct ctl *ctl, const struct args *args)
{
    return get_object(ctl, ctl_path(ctl, "/campaigns/", args->operands[0], ""));
}

int campaigns_send(struct ctl *ctl, const struct args *args)
{
    json_t *body = file_body(ctl, args->operands[0]);
    return body != NULL ? send_object(ctl, HTTP_POST, "/campaigns", body) : CTL_REFUSED;
}

int retention_rehearse(struct ctl *ctl, const struct args *args)
{
    json_t *body = json_object();
    set(body, "at", args_value(args, "at"));
    return send_object(ctl, HTTP_POST, "/retention/rehearsals", body);
}
