/* forward: one road for all that other services decide. */
#include "services/admin/forward.h"

#include <stdio.h>
#include <string.h>

#include "services/admin/body.h"

enum { TIMEOUT_MS = 10000, ANSWER_MOST = 16 * 1024 * 1024 };

enum outcome path_id(const struct http_request *request, struct uuid *out, struct error *err)
{
    if (uuid_parse(request->params[0], out))
        return DONE;
    return error_status(err, 404, "id", "the path's id is no UUID");
}

enum outcome path_name(struct call *call, const struct http_request *request, const char **out, struct error *err)
{
    struct text name = request->params[0];
    if (name.n == 0 || name.n > 64 || !audit_text_ok(name))
        return error_status(err, 404, "name", "there is nothing of that name");
    *out = text_cstr(call->arena, name);
    return DONE;
}

/* ---- one call ---------------------------------------------------------------------------------------------------- */

enum outcome forward_call(struct call *call, const struct http_request *request, enum peer peer,
                          enum http_method method, const char *path, struct text body, struct http_answer *answer,
                          struct error *err)
{
    struct header headers[2] = {{TEXT("X-Request-Id"), text_of(request->request_id)}};
    size_t n = 1;
    struct text accept = http_header(request, "accept");
    if (accept.p != NULL)
        headers[1] = (struct header){.name = TEXT("Accept"), .value = accept}, n = 2;
    struct text url = text_format(call->arena, "%s%s", admin(call)->urls[peer], path);
    struct http_call out = {.method = method,
                            .url = text_cstr(call->arena, url),
                            .bearer = service_internal_token(call->service),
                            .body = body,
                            .headers = headers,
                            .headers_n = n,
                            .timeout_ms = TIMEOUT_MS,
                            .answer_limit = ANSWER_MOST};
    struct error why;
    enum outcome o = http_client_call(call->http, &out, call->arena, answer, &why);
    if (o != DONE)
        return error_retry(err, peer_names[peer], "%s does not answer", peer_names[peer]);
    if (answer->status >= 500 || answer->status == 401)
        return error_retry(err, peer_names[peer], "%s answers %d", peer_names[peer], answer->status);
    return DONE;
}

/* What a problem document says, so far as it is one. */
struct problem {
    struct text detail, pointer, rule;
};
static const struct field problem_fields[] = {
    {.name = "detail", .kind = FIELD_TEXT, .offset = offsetof(struct problem, detail)},
    {.name = "pointer", .kind = FIELD_TEXT, .offset = offsetof(struct problem, pointer)},
    {.name = "rule", .kind = FIELD_TEXT, .offset = offsetof(struct problem, rule)},
};
static const struct object_type problem_type = {
    .fields = problem_fields, .fields_n = 3, .size = sizeof(struct problem), .open = true};

static enum outcome refused_there(struct call *call, const char *who, const struct http_answer *answer,
                                  struct error *err)
{
    void *decoded = NULL;
    struct error ignored;
    if (event_decode(&problem_type, answer->body, call->arena, &decoded, &ignored) != DONE)
        return error_status(err, answer->status, who, "%s refuses it", who);
    const struct problem *problem = decoded;
    struct text pointer = problem->pointer;
    (void)error_status(err, answer->status, problem->rule.p != NULL ? text_cstr(call->arena, problem->rule) : "refused",
                       "%.*s", TEXT_ARGS(problem->detail));
    if (text_starts(pointer, "/data")) /* the pointers of event_decode */
        pointer = (struct text){.p = pointer.p + 5, .n = pointer.n - 5};
    (void)snprintf(err->pointer, sizeof err->pointer, "%.*s", TEXT_ARGS(pointer));
    return REFUSED;
}

enum outcome forward_ask(struct call *call, const struct http_request *request, enum peer peer, const char *path,
                         struct text body, struct text *out, struct error *err)
{
    struct http_answer answer = {0};
    TRY(call_pause(call, err));
    TRY(forward_call(call, request, peer, body.p != NULL ? HTTP_POST : HTTP_GET, path, body, &answer, err));
    TRY(call_resume(call, err));
    if (answer.status >= 300)
        return refused_there(call, peer_names[peer], &answer, err);
    *out = answer.body;
    return DONE;
}

void forward_answer(struct call *call, const struct http_request *request, struct http_response *response,
                    const struct http_answer *answer)
{
    if (text_starts(answer->content_type, "application/problem+json")) {
        struct error err = {.status = answer->status};
        (void)refused_there(call, "service", answer, &err);
        http_problem(response, request, answer->status, &err);
        return;
    }
    response->status = answer->status;
    if (answer->content_type.p != NULL)
        response->content_type = text_cstr(response->arena, answer->content_type);
    buf_reset(&response->body);
    buf_text(&response->body, answer->body);
    for (size_t i = 0; i < answer->headers_n; i++)
        if (text_is(answer->headers[i].name, "content-disposition"))
            http_respond_header(response, "Content-Disposition", answer->headers[i].value);
}

/* ---- a whole route ------------------------------------------------------------------------------------------------ */

/* No identifier stands in a URL, ours included: a query passes on only what can't be one. */
static bool query_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == ':';
}

static bool query_ok(struct text text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!query_char(text.p[i]))
            return false;
    return text.n > 0 && text.n <= 64;
}

static enum outcome make_path(struct call *call, const struct http_request *request, const struct passage *passage,
                              struct buf *out, struct error *err)
{
    const char *open = strchr(passage->path, '{'), *close = open != NULL ? strchr(open, '}') : NULL;
    if (close == NULL)
        buf_str(out, passage->path);
    else
        buf_printf(out, "%.*s%.*s%s", (int)(open - passage->path), passage->path, TEXT_ARGS(request->params[0]),
                   close + 1);
    for (size_t i = 0; passage->look && i < request->query_n; i++) {
        const struct header *q = &request->query[i];
        if (!query_ok(q->name) || !query_ok(q->value))
            return error_status(err, 400, "query", "a query's names and values are [A-Za-z0-9._:-]");
        buf_printf(out, "%c%.*s=%.*s", i == 0 ? '?' : '&', TEXT_ARGS(q->name), TEXT_ARGS(q->value));
    }
    (void)call;
    return DONE;
}

static enum outcome pass_paused(struct call *call, const struct http_request *request, const struct passage *passage,
                                struct text body, struct http_answer *answer, struct error *err)
{
    struct buf path;
    buf_init(&path, 4096);
    enum outcome o = make_path(call, request, passage, &path, err);
    struct text copy = text_copy(call->arena, buf_view(&path));
    bool failed = path.failed;
    buf_free(&path);
    if (o != DONE)
        return o;
    if (failed)
        return error_status(err, 414, "query", "the query is too long");
    return forward_call(call, request, passage->peer, passage->method, copy.p, body, answer, err);
}

static enum outcome pass_look(struct call *call, const struct http_request *request, struct http_response *response,
                              const struct passage *passage, const struct deed *deed, struct error *err)
{
    struct caller caller;
    struct http_answer answer = {0};
    TRY(access_check(call, request, passage->right, deed, &caller, err));
    TRY(access_audit(call, &caller, deed, "allowed", NULL, err));
    TRY(call_pause(call, err));
    TRY(pass_paused(call, request, passage, TEXT_NONE, &answer, err));
    forward_answer(call, request, response, &answer);
    return DONE;
}

enum outcome forward_settle(struct call *call, const struct caller *caller, const struct deed *deed,
                            enum outcome outcome, const struct http_answer *answer, struct error *err)
{
    char status[16];
    struct error later = {0};
    (void)snprintf(status, sizeof status, "%d", answer->status);
    enum outcome o = call_resume(call, &later);
    if (o == DONE)
        o = access_audit(call, caller, deed, outcome == DONE ? status : "away", NULL, &later);
    if (o == DONE)
        o = call_pause(call, &later);
    if (outcome != DONE || o == DONE)
        return outcome;
    *err = later;
    return o;
}

static enum outcome pass_change(struct call *call, const struct http_request *request, struct http_response *response,
                                const struct passage *passage, const struct deed *deed, struct error *err)
{
    struct caller caller;
    struct http_answer answer = {0};
    struct uuid none = {{0}};
    struct text body;
    TRY(access_check(call, request, passage->right, deed, &caller, err));
    TRY(body_with_operator(request->body, passage->operator_as != NULL ? passage->operator_as : "operator", &caller.id,
                           &none, call->arena, &body, err));
    TRY(access_audit(call, &caller, deed, "asked", NULL, err));
    TRY(call_pause(call, err));
    enum outcome o = pass_paused(call, request, passage, body, &answer, err);
    TRY(forward_settle(call, &caller, deed, o, &answer, err));
    forward_answer(call, request, response, &answer);
    return DONE;
}

enum outcome forward_pass(struct call *call, const struct http_request *request, struct http_response *response,
                          const struct passage *passage, struct error *err)
{
    struct deed deed = {.action = passage->action};
    if (strstr(passage->path, "{id}") != NULL)
        TRY(path_id(request, &deed.object, err));
    else if (strstr(passage->path, "{name}") != NULL)
        TRY(path_name(call, request, &deed.detail, err));
    return passage->look ? pass_look(call, request, response, passage, &deed, err)
                         : pass_change(call, request, response, passage, &deed, err);
}
