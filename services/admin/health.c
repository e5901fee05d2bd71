/* health: the health of the whole, the policy in force, resync, and a look into quarantine. */
#include <stddef.h>

#include "services/admin/body.h"
#include "services/admin/forward.h"

enum { HEALTH_MS = 1500, HEALTH_MOST = 64 * 1024 };

struct ready {
    struct text waiting_for, notes;
};
static const struct field ready_fields[] = {
    {.name = "waiting_for", .kind = FIELD_JSON, .offset = offsetof(struct ready, waiting_for), .most = HEALTH_MOST},
    {.name = "notes", .kind = FIELD_JSON, .offset = offsetof(struct ready, notes), .most = HEALTH_MOST},
};
static const struct object_type ready_type = {
    .fields = ready_fields, .fields_n = 2, .size = sizeof(struct ready), .open = true};

/* "ready", "waiting", or "away". */
static const char *ask_one(struct call *call, const char *url, struct ready *ready)
{
    struct http_answer answer;
    struct error ignored;
    void *decoded = NULL;
    struct http_call out = {.method = HTTP_GET,
                            .url = text_cstr(call->arena, text_format(call->arena, "%s/health/ready", url)),
                            .timeout_ms = HEALTH_MS,
                            .answer_limit = HEALTH_MOST};
    *ready = (struct ready){0};
    if (http_client_call(call->http, &out, call->arena, &answer, &ignored) != DONE)
        return "away";
    if (event_decode(&ready_type, answer.body, call->arena, &decoded, &ignored) == DONE)
        *ready = *(const struct ready *)decoded;
    return answer.status == 200 ? "ready" : "waiting";
}

static bool write_service(struct call *call, const char *name, const char *url, struct buf *out, bool first)
{
    struct ready ready;
    const char *status = ask_one(call, url, &ready);
    if (!first)
        buf_char(out, ',');
    struct json json = json_open(out);
    json_str(&json, "service", name);
    json_str(&json, "status", status);
    json_raw(&json, "waiting_for", ready.waiting_for);
    json_raw(&json, "notes", ready.notes);
    json_close(&json);
    return text_is(text_of(status), "ready");
}

/* Not in the audit chain: it is asked every few seconds and names nobody. */
enum outcome get_health(struct call *call, const struct http_request *request, struct http_response *response,
                        struct error *err)
{
    struct caller caller;
    struct request_counts counts;
    struct admin_state *state = admin(call);
    TRY(access_check(call, request, RIGHT_LOOK, &(struct deed){.action = "health.show"}, &caller, err));
    TRY(store_request_counts(call, &counts, err));
    TRY(call_pause(call, err));
    struct json json = json_open(&response->body);
    json_name(&json, "services");
    buf_char(&response->body, '[');
    struct text own = text_format(call->arena, "http://%s", state->own_address);
    bool all = write_service(call, "admin", text_cstr(call->arena, own), &response->body, true);
    for (int i = 0; i < PEERS; i++)
        all = write_service(call, peer_names[i], state->urls[i], &response->body, false) && all;
    buf_char(&response->body, ']');
    json_str(&json, "status", all ? "ready" : "waiting");
    json_name(&json, "requests");
    struct json numbers = json_open(&response->body);
    json_int(&numbers, "open", counts.open);
    json_int(&numbers, "due_in_7_days", counts.due_soon);
    json_int(&numbers, "late", counts.late);
    json_close(&numbers);
    json_close(&json);
    return DONE;
}

enum outcome get_policy(struct call *call, const struct http_request *request, struct http_response *response,
                        struct error *err)
{
    struct caller caller;
    char digest[65];
    TRY(access_look(call, request, RIGHT_LOOK, &(struct deed){.action = "policy.show"}, &caller, err));
    policy_digest_hex(call->policy, digest);
    struct json json = json_open(&response->body);
    json_int(&json, "version", call->policy_version);
    json_str(&json, "digest", digest);
    json_str(&json, "controller", call->policy->controller);
    json_str(&json, "text", call->policy->text);
    json_close(&json);
    return DONE;
}

enum outcome post_resync_of(struct call *call, const struct http_request *request, struct http_response *response,
                            struct error *err)
{
    struct caller caller;
    struct deed deed = {.action = "service.resync"};
    struct http_answer answer = {0};
    int peer = 0;
    while (peer < PEERS && !text_is(request->params[0], peer_names[peer]))
        peer++;
    if (peer == PEERS)
        return error_status(err, 404, "service", "there is no such service to resync");
    deed.detail = peer_names[peer];
    TRY(access_check(call, request, RIGHT_RULE, &deed, &caller, err));
    TRY(access_audit(call, &caller, &deed, "asked", NULL, err));
    TRY(call_pause(call, err));
    enum outcome o =
        forward_call(call, request, (enum peer)peer, HTTP_POST, "/internal/v1/resync", TEXT("{}"), &answer, err);
    TRY(forward_settle(call, &caller, &deed, o, &answer, err));
    forward_answer(call, request, response, &answer);
    return DONE;
}

enum outcome get_refused(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct caller caller;
    struct deed deed = {.action = "refused.show"};
    struct http_answer answer = {0};
    struct buf body;
    TRY(path_id(request, &deed.object, err));
    TRY(access_check(call, request, RIGHT_FIELDS, &deed, &caller, err));
    TRY(access_audit(call, &caller, &deed, "allowed", NULL, err));
    TRY(call_pause(call, err));
    buf_init(&body, 1024);
    struct json json = json_open(&body);
    json_uuid(&json, "id", &deed.object);
    json_uuid(&json, "actor", &caller.id);
    json_close(&json);
    enum outcome o =
        forward_call(call, request, PEER_INTAKE, HTTP_POST, "/internal/v1/quarantine", buf_view(&body), &answer, err);
    buf_free(&body);
    if (o == DONE)
        forward_answer(call, request, response, &answer);
    return o;
}
