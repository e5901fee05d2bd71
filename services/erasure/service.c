/* service: the tables of erasure. */
#include "services/erasure/service.h"

#include "common/forget/forget.h"
#include "gen/erasure_migrations.h"
#include "gen/erasure_sql.h"
#include "proto/events.h"
#include "services/erasure/ledger.h"

static const struct topic_handler topics[] = {
    ON("requests.in", forget_wanted, on_forget_wanted),
    ON("contacts.refused", contact_refused, on_contact_refused),
    ON("retention", retention_expired, on_retention_expired),
    ON("consent", consent_changed, on_consent_changed),
    ON("mail", mail_changed, on_mail_changed),
    ON("holder.result", signed_result, on_holder_result),
};

static const struct event_type *const answers[] = {&forget_result_event, &forget_resolved_event, &backup_answer_event};
static const struct batch_handler batches[] = {
    {.topic = "forget.result", .types = answers, .types_n = sizeof(answers) / sizeof(answers[0]), .handle = on_answers},
};

static const struct http_route routes[] = {
    POST("/internal/v1/requests", post_request, HTTP_INTERNAL),
    GET("/internal/v1/requests", get_requests, HTTP_INTERNAL),
    GET("/internal/v1/requests/{id}", get_request, HTTP_INTERNAL),
    POST("/internal/v1/requests/{id}/cancel", post_cancel, HTTP_INTERNAL),
    POST("/internal/v1/requests/{id}/verify", post_verify, HTTP_INTERNAL),
    POST("/internal/v1/requests/{id}/approve", post_approve, HTTP_INTERNAL),
    POST("/internal/v1/requests/{id}/pause", post_pause, HTTP_INTERNAL),
    POST("/internal/v1/requests/{id}/resume", post_resume, HTTP_INTERNAL),
    POST("/internal/v1/requests/{id}/extend", post_extend, HTTP_INTERNAL),
    POST("/internal/v1/requests/{id}/reject", post_reject, HTTP_INTERNAL),
    POST("/internal/v1/requests/{id}/complete", post_complete, HTTP_INTERNAL),
    POST("/internal/v1/requests/{id}/subject", post_subject, HTTP_INTERNAL),
    POST("/internal/v1/requests/{id}/answered", post_answered, HTTP_INTERNAL),
    GET("/internal/v1/requests/{id}/certificate", get_certificate, HTTP_INTERNAL),
    GET("/internal/v1/requests/{id}/report", get_report, HTTP_INTERNAL),
    GET("/internal/v1/sources", get_sources, HTTP_INTERNAL),
    POST("/internal/v1/sources/{name}/release", post_source_release, HTTP_INTERNAL),
    GET("/internal/v1/topics", get_topics, HTTP_INTERNAL),
    POST("/internal/v1/holders", post_holder, HTTP_INTERNAL),
    GET("/internal/v1/holders", get_holders, HTTP_INTERNAL),
    GET("/internal/v1/holders/{id}", get_holder, HTTP_INTERNAL),
    PATCH("/internal/v1/holders/{id}", patch_holder, HTTP_INTERNAL),
    POST("/internal/v1/holders/{id}/results", post_manual_result, HTTP_INTERNAL),
    POST("/v1/holders/{name}/results", post_outside_result, HTTP_OWN),
    GET("/v1/holders/{name}/instructions", get_instructions, HTTP_OWN),
    {.method = HTTP_POST,
     .path = "/v1/holders/{name}/joins",
     .handle = post_join,
     .auth = HTTP_OWN,
     .body_limit = 1 << 20},
    POST("/v1/holders/{name}/joins/{id}/ack", post_join_ack, HTTP_OWN),
    GET("/v1/keys", get_keys, HTTP_OPEN),
    GET("/v1/chain", get_chain, HTTP_OPEN),
};

static const struct periodic_job jobs[] = {
    EVERY_PROCESS("ledger", SECONDS(1), run_ledger),
    EVERY_PROCESS("advance", SECONDS(1), run_advance),
    EVERY_PROCESS("deliver", 250 * US_PER_MS, run_deliver),
    EVERY_PROCESS("deliver-slow", 250 * US_PER_MS, run_deliver_slow),
    EVERY("sweep", MINUTES(1), run_sweep),
    EVERY("truncate-holders", SECONDS(30), run_truncate),
    EVERY("watch-log", SECONDS(10), run_watch_log),
    EVERY("doomed-keys", SECONDS(30), run_doomed_keys),
};

static const struct option options[] = {
    {.name = "signing-key-file",
     .kind = OPTION_FILE,
     .required = true,
     .help = "Ed25519 seed, 64 hex digits: instructions and certificates are signed with it"},
    {.name = "sealing-key-file",
     .kind = OPTION_FILE,
     .required = true,
     .help = "X25519 seed, 64 hex digits: late joiners seal their identifiers to it"},
    {.name = "dedupe-url",
     .kind = OPTION_URL,
     .fallback = "http://127.0.0.1:8103",
     .help = "dedupe's internal address"},
    {.name = "intake-url",
     .kind = OPTION_URL,
     .fallback = "http://127.0.0.1:8101",
     .help = "intake's internal address"},
    {.name = "consent-url",
     .kind = OPTION_URL,
     .fallback = "http://127.0.0.1:8102",
     .help = "consent's internal address"},
    {.name = "mailer-url",
     .kind = OPTION_URL,
     .fallback = "http://127.0.0.1:8106",
     .help = "mailer's internal address"},
    {.name = "topic-readers",
     .kind = OPTION_TEXT,
     .help = "principals that ACLs may let read topics with personal data: \"User:a; User:b\""},
};

static const struct event_type *const publishes[] = {
    &forget_opened_event,    &forget_destroy_event, &forget_verify_event,  &forget_cancelled_event,
    &forget_completed_event, &sealed_box_event,     &mail_requested_event, &request_changed_event,
    &forget_result_event,    &ledger_line_event,
};

#define N(table) (sizeof(table) / sizeof((table)[0]))

const struct service_def erasure_service = {
    .name = "erasure",
    .summary = "subject requests, and the road of a forget to every service and holder",
    .needs = NEEDS_VAULT | NEEDS_POLICY | NEEDS_INDEX_KEY,
    .topics = topics,
    .topics_n = N(topics),
    .batches = batches,
    .batches_n = N(batches),
    .routes = routes,
    .routes_n = N(routes),
    .jobs = jobs,
    .jobs_n = N(jobs),
    .options = options,
    .options_n = N(options),
    .publishes = publishes,
    .publishes_n = N(publishes),
    .migrations = erasure_migrations,
    .migrations_n = erasure_migrations_n,
    .statements = erasure_statements,
    .statements_n = erasure_statements_n,
    .schema_least = 1,
    .schema_most = 1,
    .forget = &erasure_forget,
    .keeps_ledger = true,
    .replay = erasure_replay,
    .check = erasure_check,
    .start = erasure_start,
    .stop = erasure_stop,
};
