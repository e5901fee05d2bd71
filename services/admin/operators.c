/* operators: who may use this API, their roles and tokens. A token is shown once and kept as a hash. */
#include <stddef.h>

#include "services/admin/access.h"
#include "services/admin/body.h"
#include "services/admin/forward.h"
#include "services/admin/service.h"

struct operator_body {
    struct text name;
    int role;
    int64_t expires_at;
};
static const struct field operator_fields[] = {
    {.name = "name", .kind = FIELD_TEXT, .offset = offsetof(struct operator_body, name), .least = 0, .most = 200},
    {.name = "role", .kind = FIELD_ENUM, .offset = offsetof(struct operator_body, role), .names = role_names},
    {.name = "expires_at", .kind = FIELD_TIME, .offset = offsetof(struct operator_body, expires_at)},
};
static const struct object_type operator_type = {
    .fields = operator_fields, .fields_n = 3, .size = sizeof(struct operator_body)};

static void write_operator(struct buf *out, const struct operator_row *row, struct text token)
{
    struct json json = json_open(out);
    json_uuid(&json, "id", &row->id);
    json_text(&json, "name", row->name);
    json_str(&json, "role", role_names[row->role]);
    json_time(&json, "created_at", row->created_at);
    json_uuid(&json, "created_by", &row->created_by);
    json_time(&json, "expires_at", row->expires_at);
    json_time(&json, "revoked_at", row->revoked_at);
    json_text(&json, "token", token);
    json_close(&json);
}

enum outcome post_operator(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err)
{
    struct caller caller;
    struct deed deed = {.action = "operator.add"};
    void *decoded = NULL;
    uint8_t hash[32];
    TRY(access_check(call, request, RIGHT_RULE, &deed, &caller, err));
    TRY(body_read(&operator_type, request->body, call->arena, &decoded, err));
    const struct operator_body *body = decoded;
    if (body->role < 0)
        return error_refuse(err, "/role", "required", "a role is missing");
    if (body->expires_at != CLOCK_NONE && body->expires_at <= call->now_us)
        return error_refuse(err, "/expires_at", "past", "the token would have expired already");
    struct operator_row row = {.id = call_uuid(call),
                               .name = body->name.p != NULL ? body->name : TEXT(""),
                               .role = (enum role)body->role,
                               .created_at = call->now_us,
                               .created_by = caller.id,
                               .expires_at = body->expires_at,
                               .revoked_at = CLOCK_NONE};
    struct text token = crypto_token(call->arena);
    crypto_token_hash(token, hash);
    TRY(store_operator_add(call, &row, hash, err));
    deed.object = row.id;
    deed.detail = role_names[row.role];
    response->status = 201;
    write_operator(&response->body, &row, token);
    return access_audit(call, &caller, &deed, "201", NULL, err);
}

static enum outcome answer_operators(struct call *call, const struct uuid *only, struct http_response *response,
                                     struct error *err)
{
    struct operator_rows rows;
    TRY(store_operators(call, only, &rows, err));
    if (only != NULL && rows.n == 0)
        return error_status(err, 404, "operator", "there is no such operator");
    if (only != NULL) {
        write_operator(&response->body, &rows.items[0], TEXT_NONE);
        return DONE;
    }
    buf_str(&response->body, "{\"operators\":[");
    for (size_t i = 0; i < rows.n; i++) {
        if (i > 0)
            buf_char(&response->body, ',');
        write_operator(&response->body, &rows.items[i], TEXT_NONE);
    }
    buf_str(&response->body, "]}");
    return DONE;
}

enum outcome get_operators(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err)
{
    struct caller caller;
    TRY(access_look(call, request, RIGHT_RULE, &(struct deed){.action = "operator.list"}, &caller, err));
    return answer_operators(call, NULL, response, err);
}

enum outcome get_operator(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    struct caller caller;
    struct deed deed = {.action = "operator.show"};
    TRY(path_id(request, &deed.object, err));
    TRY(access_look(call, request, RIGHT_RULE, &deed, &caller, err));
    return answer_operators(call, &deed.object, response, err);
}

/* The last admin stays: else nobody could ever make another. */
static enum outcome keep_an_admin(struct call *call, const struct uuid *without, struct error *err)
{
    struct uuid_list admins;
    TRY(store_operator_admins(call, &admins, err));
    for (size_t i = 0; i < admins.n; i++)
        if (!uuid_equal(&admins.items[i], without))
            return DONE;
    return error_status(err, 409, "last admin", "this is the last admin whose token works");
}

enum outcome patch_operator(struct call *call, const struct http_request *request, struct http_response *response,
                            struct error *err)
{
    struct caller caller;
    struct deed deed = {.action = "operator.change"};
    void *decoded = NULL;
    int64_t n = 0;
    TRY(path_id(request, &deed.object, err));
    TRY(access_check(call, request, RIGHT_RULE, &deed, &caller, err));
    TRY(body_read(&operator_type, request->body, call->arena, &decoded, err));
    const struct operator_body *body = decoded;
    if (body->expires_at != CLOCK_NONE)
        return error_refuse(err, "/expires_at", "fixed", "a token's end can't be moved: revoke it, or add another");
    const char *role = body->role < 0 ? NULL : role_names[body->role];
    if (role != NULL && body->role != ROLE_ADMIN)
        TRY(keep_an_admin(call, &deed.object, err));
    TRY(store_operator_change(call, &deed.object, body->name, role, &n, err));
    if (n == 0)
        return error_status(err, 404, "operator", "there is no such operator, or it was revoked");
    deed.detail = role != NULL ? role : "name";
    TRY(answer_operators(call, &deed.object, response, err));
    return access_audit(call, &caller, &deed, "200", NULL, err);
}

enum outcome post_revoke(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct caller caller;
    struct deed deed = {.action = "operator.revoke"};
    int64_t n = 0;
    TRY(path_id(request, &deed.object, err));
    TRY(access_check(call, request, RIGHT_RULE, &deed, &caller, err));
    TRY(keep_an_admin(call, &deed.object, err));
    TRY(store_operator_revoke(call, &deed.object, &caller.id, &n, err));
    if (n == 0)
        return error_status(err, 404, "operator", "there is no such operator");
    TRY(answer_operators(call, &deed.object, response, err));
    return access_audit(call, &caller, &deed, "200", NULL, err);
}

enum outcome get_roles(struct call *call, const struct http_request *request, struct http_response *response,
                       struct error *err)
{
    struct caller caller;
    TRY(access_look(call, request, RIGHT_LOOK, &(struct deed){.action = "role.list"}, &caller, err));
    buf_str(&response->body, "{\"roles\":[");
    for (int role = 0; role < ROLES; role++) {
        buf_printf(&response->body, "%s{\"role\":\"%s\",\"rights\":[", role > 0 ? "," : "", role_names[role]);
        bool more = false;
        for (int right = 0; right < RIGHTS; right++) {
            if (!role_may((enum role)role, (enum right)right))
                continue;
            buf_printf(&response->body, "%s\"%s\"", more ? "," : "", right_names[right]);
            more = true;
        }
        buf_str(&response->body, "]}");
    }
    buf_str(&response->body, "]}");
    return DONE;
}
