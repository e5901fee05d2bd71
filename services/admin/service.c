/* service: admin's tables: topic, routes, jobs, options. */
#include "services/admin/service.h"

#include <stdlib.h>
#include <string.h>

#include "gen/admin_migrations.h"
#include "gen/admin_sql.h"
#include "proto/events.h"

const char *const peer_names[PEERS + 1] = {"intake",  "consent", "dedupe", "retention",
                                           "erasure", "mailer",  "backup", NULL};

static const struct topic_handler topics[] = {
    ON("admin", request_changed, on_request_changed),
};

static const struct http_route routes[] = {
    POST("/v1/requests", post_request, HTTP_OWN),
    GET("/v1/requests", get_requests, HTTP_OWN),
    GET("/v1/requests/{id}", get_request, HTTP_OWN),
    POST("/v1/requests/{id}/cancel", post_cancel, HTTP_OWN),
    POST("/v1/requests/{id}/verify", post_verify, HTTP_OWN),
    POST("/v1/requests/{id}/approve", post_approve, HTTP_OWN),
    POST("/v1/requests/{id}/pause", post_pause, HTTP_OWN),
    POST("/v1/requests/{id}/resume", post_resume, HTTP_OWN),
    POST("/v1/requests/{id}/extend", post_extend, HTTP_OWN),
    POST("/v1/requests/{id}/reject", post_reject, HTTP_OWN),
    POST("/v1/requests/{id}/complete", post_complete, HTTP_OWN),
    POST("/v1/requests/{id}/answered", post_answered, HTTP_OWN),
    POST("/v1/requests/{id}/subject", post_subject, HTTP_OWN),
    GET("/v1/requests/{id}/certificate", get_certificate, HTTP_OWN),
    GET("/v1/requests/{id}/report", get_report, HTTP_OWN),
    POST("/v1/holders", post_holder, HTTP_OWN),
    GET("/v1/holders", get_holders, HTTP_OWN),
    GET("/v1/holders/{id}", get_holder, HTTP_OWN),
    PATCH("/v1/holders/{id}", patch_holder, HTTP_OWN),
    POST("/v1/holders/{id}/results", post_manual_result, HTTP_OWN),
    POST("/v1/subjects/search", post_search, HTTP_OWN),
    GET("/v1/subjects/{id}/looks", get_looks, HTTP_OWN),
    GET("/v1/reviews", get_reviews, HTTP_OWN),
    POST("/v1/reviews", post_review, HTTP_OWN),
    GET("/v1/weights", get_weights, HTTP_OWN),
    POST("/v1/weights", post_weights, HTTP_OWN),
    GET("/v1/backups", get_backups, HTTP_OWN),
    POST("/v1/backups", post_backup, HTTP_OWN),
    PATCH("/v1/backups/{id}", patch_backup, HTTP_OWN),
    {.method = HTTP_POST,
     .path = "/v1/backups/{id}/manifest",
     .handle = post_manifest,
     .auth = HTTP_OWN,
     .body_limit = 1 << 20},
    GET("/v1/backups/answers", get_backup_answers, HTTP_OWN),
    POST("/v1/backups/{id}/answers", post_backup_answer, HTTP_OWN),
    GET("/v1/topics", get_topics, HTTP_OWN),
    GET("/v1/sources", get_sources, HTTP_OWN),
    POST("/v1/sources/{name}/release", post_release, HTTP_OWN),
    GET("/v1/texts", get_texts, HTTP_OWN),
    POST("/v1/texts/{id}/show", post_text_show, HTTP_OWN),
    POST("/v1/texts/{id}/judge", post_text_judge, HTTP_OWN),
    GET("/v1/keys", get_keys, HTTP_OWN),
    POST("/v1/keys/rotate", post_keys_rotate, HTTP_OWN),
    POST("/v1/keys/pause", post_keys_pause, HTTP_OWN),
    POST("/v1/keys/resume", post_keys_resume, HTTP_OWN),
    POST("/v1/retention/rehearsals", post_rehearsal, HTTP_OWN),
    {.method = HTTP_POST, .path = "/v1/campaigns", .handle = post_campaign, .auth = HTTP_OWN, .body_limit = 2 << 20},
    GET("/v1/campaigns", get_campaigns, HTTP_OWN),
    GET("/v1/campaigns/{id}", get_campaign, HTTP_OWN),
    POST("/v1/operators", post_operator, HTTP_OWN),
    GET("/v1/operators", get_operators, HTTP_OWN),
    GET("/v1/operators/{id}", get_operator, HTTP_OWN),
    PATCH("/v1/operators/{id}", patch_operator, HTTP_OWN),
    POST("/v1/operators/{id}/revoke", post_revoke, HTTP_OWN),
    GET("/v1/roles", get_roles, HTTP_OWN),
    GET("/v1/audit", get_audit, HTTP_OWN),
    GET("/v1/audit/check", get_audit_check, HTTP_OWN),
    GET("/v1/policy", get_policy, HTTP_OWN),
    GET("/v1/health", get_health, HTTP_OWN),
    GET("/v1/refused/{id}", get_refused, HTTP_OWN),
    POST("/v1/resync/{service}", post_resync_of, HTTP_OWN),
};

static const struct periodic_job jobs[] = {
    EVERY("sweep", HOURS(1), run_sweep),
    EVERY_PROCESS("count", MINUTES(1), run_count),
};

#define URL_OPTION(service)                                                                                            \
    {                                                                                                                  \
        .name = service "-url", .kind = OPTION_URL, .required = true, .help = "internal HTTP of " service              \
    }
static const struct option options[] = {
    URL_OPTION("intake"),
    URL_OPTION("consent"),
    URL_OPTION("dedupe"),
    URL_OPTION("retention"),
    URL_OPTION("erasure"),
    URL_OPTION("mailer"),
    URL_OPTION("backup"),
    {.name = "admin-token", .kind = OPTION_SECRET, .help = "the first operator's token, role admin"},
};

enum outcome admin_start(struct service *service, void **out, struct error *err)
{
    const struct options *given = service_options(service);
    struct metrics *metrics = service_metrics(service);
    struct admin_state *state = calloc(1, sizeof *state);
    ENSURE(state != NULL);
    (void)err;
    static const char *const names[PEERS] = {"intake-url",  "consent-url", "dedupe-url", "retention-url",
                                             "erasure-url", "mailer-url",  "backup-url"};
    for (int i = 0; i < PEERS; i++)
        state->urls[i] = option_text(given, names[i]);
    state->own_address = option_text(given, "http");
    const char *token = option_text(given, "admin-token");
    state->first_token = token != NULL && token[0] != '\0';
    if (state->first_token)
        crypto_token_hash(text_trim(text_of(token)), state->first_hash);
    pthread_mutex_init(&state->guard.lock, NULL);
    state->bad_tokens = metrics_counter(metrics, "lethe_admin_bad_tokens_total", "", "calls with a wrong token");
    state->forbidden = metrics_counter(metrics, "lethe_admin_forbidden_total", "", "calls that a role may not make");
    state->open = metrics_gauge(metrics, "lethe_admin_requests_open", "", "subject requests that are not closed");
    state->late = metrics_gauge(metrics, "lethe_admin_requests_late", "", "open subject requests past their due date");
    *out = state;
    return DONE;
}

void admin_stop(void *opaque)
{
    struct admin_state *state = opaque;
    if (state == NULL)
        return;
    pthread_mutex_destroy(&state->guard.lock);
    crypto_wipe(state->first_hash, sizeof state->first_hash);
    free(state);
}

const struct service_def admin_service = {
    .name = "admin",
    .summary = "operators' HTTP API: requests, holders, subjects, audit, health of the whole",
    .needs = NEEDS_POLICY | NEEDS_INDEX_KEY,
    .topics = topics,
    .topics_n = sizeof topics / sizeof topics[0],
    .routes = routes,
    .routes_n = sizeof routes / sizeof routes[0],
    .jobs = jobs,
    .jobs_n = sizeof jobs / sizeof jobs[0],
    .options = options,
    .options_n = sizeof options / sizeof options[0],
    .migrations = admin_migrations,
    .migrations_n = admin_migrations_n,
    .statements = admin_statements,
    .statements_n = admin_statements_n,
    .schema_least = 1,
    .schema_most = 1,
    .forget = &admin_forget,
    .start = admin_start,
    .stop = admin_stop,
};
