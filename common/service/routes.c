/* routes: an HTTP request to its route: who may ask, one transaction, the answer or a problem document. */
#include "common/service/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUTE_BODY_DEFAULT = 64 << 10 };

struct found {
    const struct http_route *route;
    bool path_known;               /* some route has the path, with another method */
    bool methods[HTTP_DELETE + 1]; /* which it has */
};

/* ---- the runtime's own routes ------------------------------------------------------------------------------------ */

static enum outcome post_resync(struct call *call, const struct http_request *request, struct http_response *response,
                                struct error *err)
{
    (void)request;
    TRY(resync_want(call->pg, err));
    call_wake(call, "resync");
    response->status = 202;
    buf_str(&response->body, "{\"status\":\"started\"}");
    return DONE;
}

static const struct http_route resync_route = POST("/internal/v1/resync", post_resync, HTTP_INTERNAL);

static void get_live(struct http_response *response)
{
    buf_str(&response->body, "{\"status\":\"live\"}");
}

static void get_ready(struct service *service, struct http_response *response)
{
    response->status = health_ready(service, &response->body) ? 200 : 503;
}

static void get_metrics(struct service *service, struct http_response *response)
{
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_print(service->metrics, &response->body);
}

/* ---- finding the route -------------------------------------------------------------------------------------------- */

static void consider(const struct http_route *route, enum http_method method, struct text path, struct found *found,
                     struct text params[HTTP_PATH_PARAMS])
{
    struct text matched[HTTP_PATH_PARAMS] = {{0}};

    if (found->route != NULL || !http_route_match(route->path, path, matched))
        return;
    found->path_known = true;
    found->methods[route->method] = true;
    if (route->method != method)
        return;
    found->route = route;
    memcpy(params, matched, sizeof(matched));
}

static struct found find(const struct service *service, enum http_method method, struct text path,
                         struct text params[HTTP_PATH_PARAMS])
{
    struct found found = {0};

    for (size_t i = 0; i < service->def->routes_n; i++)
        consider(&service->def->routes[i], method, path, &found, params);
    if (service->def->resync != NULL)
        consider(&resync_route, method, path, &found, params);
    return found;
}

static size_t body_limit(void *context, enum http_method method, struct text path)
{
    struct text params[HTTP_PATH_PARAMS];
    struct found found = find(context, method, path, params);

    return found.route != NULL && found.route->body_limit > 0 ? found.route->body_limit : ROUTE_BODY_DEFAULT;
}

static bool may_ask(const struct service *service, const struct http_route *route, const struct http_request *request)
{
    struct text given = http_header(request, "authorization");
    size_t n = strlen(service->internal_token);

    if (route->auth != HTTP_INTERNAL)
        return true;
    if (!text_starts(given, "Bearer ") || given.n != n + 7)
        return false;
    return crypto_equal(given.p + 7, service->internal_token, n);
}

/* ---- running it --------------------------------------------------------------------------------------------------- */

/* What a client chose could name a person: only an id that is one goes into the log. */
static const char *loggable_id(const struct http_request *request)
{
    struct uuid id;

    return uuid_parse(text_of(request->request_id), &id) ? request->request_id : "the client's";
}

static void answer_failure(struct service *service, const struct http_request *request, enum outcome outcome,
                           const struct error *err, struct http_response *response)
{
    int status = err->status != 0 ? err->status : outcome == REFUSED ? 422 : 503;

    if (outcome != REFUSED) {
        if (vault_away(err))
            health_wait(service, WAIT_VAULT, true);
        log_warn(&service->log, "route.waits", F_STR("request_id", loggable_id(request)), F_ERROR(err));
        http_respond_header(response, "Retry-After", TEXT("1"));
    } else if (status == 401) {
        http_respond_header(response, "WWW-Authenticate", TEXT("Bearer"));
    } else if (status == 429) {
        http_respond_header(response, "Retry-After", TEXT("60"));
    }
    http_problem(response, request, status, err);
}

static void run(struct service *service, struct worker *worker, const struct http_route *route,
                const struct http_request *request, struct http_response *response)
{
    struct error err = {0};
    enum outcome outcome = worker_begin(worker, &err);

    if (outcome == DONE)
        outcome = route->handle(&worker->call, request, response, &err);
    if (outcome == DONE && pg_in_transaction(worker->call.pg))
        outcome = worker_commit(worker, &err);
    if (outcome != DONE) {
        worker_rollback(worker);
        answer_failure(service, request, outcome, &err, response);
    }
    worker_end(worker);
}

/* RFC 9110, 15.5.6: a 405 names what the path takes. */
static void answer_wrong_method(const struct http_request *request, const struct found *found, struct arena *arena,
                                struct http_response *response)
{
    static const char *const names[] = {"GET, HEAD", "POST", "PATCH", "DELETE"};
    struct text allow = TEXT("");
    struct error err;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (found->methods[i])
            allow = text_format(arena, "%.*s%s%s", TEXT_ARGS(allow), allow.n > 0 ? ", " : "", names[i]);
    http_respond_header(response, "Allow", allow);
    (void)error_status(&err, 405, "method", "this path doesn't take this method");
    http_problem(response, request, 405, &err);
}

static bool runtime_route(struct service *service, const struct http_request *request, struct http_response *response)
{
    if (request->method != HTTP_GET)
        return false;
    if (text_is(request->path, "/health/live"))
        get_live(response);
    else if (text_is(request->path, "/health/ready"))
        get_ready(service, response);
    else if (text_is(request->path, "/metrics"))
        get_metrics(service, response);
    else
        return false;
    return true;
}

static void dispatch(void *context, unsigned number, const struct http_request *request, struct arena *arena,
                     struct http_response *response)
{
    struct service *service = context;
    struct http_request matched = *request;
    struct error err = {0};
    struct found found;

    if (runtime_route(service, request, response))
        return;
    found = find(service, request->method, request->path, matched.params);
    if (found.route == NULL && found.path_known) {
        answer_wrong_method(request, &found, arena, response);
    } else if (found.route == NULL) {
        (void)error_status(&err, 404, "path", "there is nothing at this path");
        http_problem(response, request, 404, &err);
    } else if (!may_ask(service, found.route, request)) {
        (void)error_status(&err, 401, "token", "a bearer token that may ask this is needed");
        http_respond_header(response, "WWW-Authenticate", TEXT("Bearer"));
        http_problem(response, request, 401, &err);
    } else if (atomic_load(&service->waits[WAIT_START])) {
        (void)error_retry(&err, "start", "the service is starting");
        answer_failure(service, request, RETRY, &err, response);
    } else if (restore_gate_closed(service)) {
        (void)error_retry(&err, "ledger", "the schema is behind the ledger: what was ended since is being ended again");
        answer_failure(service, request, RETRY, &err, response);
    } else {
        run(service, &service->http_workers[number], found.route, &matched, response);
    }
}

enum outcome routes_start(struct service *service, struct error *err)
{
    static const char *const quick[] = {"/health/live", "/health/ready", "/metrics", NULL};
    const struct http_config config = {
        .address = option_text(service->options, "http"),
        .threads = (unsigned)option_int(service->options, "http-threads"),
        .connections = 256,
        .connections_per_client = 128,
        .timeout_s = 10,
        .server_name = "lethe",
        .quick = quick,
    };

    service->http_threads = config.threads;
    service->http_workers = calloc(config.threads, sizeof(*service->http_workers));
    ENSURE(service->http_workers != NULL);
    for (unsigned i = 0; i < config.threads; i++)
        worker_start(&service->http_workers[i], service, "http", false);
    return http_server_start(&config, dispatch, body_limit, service, &service->log, service->metrics, &service->http,
                             err);
}

void routes_stop(struct service *service)
{
    if (service->http != NULL)
        http_server_stop(service->http);
    service->http = NULL;
    for (unsigned i = 0; service->http_workers != NULL && i < service->http_threads; i++)
        worker_stop(&service->http_workers[i]);
    free(service->http_workers);
    service->http_workers = NULL;
}
