/* service: backup's tables. */
#include "services/backup/service.h"

#include "gen/backup_migrations.h"
#include "gen/backup_sql.h"
#include "proto/events.h"

static const struct http_route routes[] = {
    POST("/internal/v1/backups", post_backup, HTTP_INTERNAL),
    GET("/internal/v1/backups", get_backups, HTTP_INTERNAL),
    PATCH("/internal/v1/backups/{id}", patch_backup, HTTP_INTERNAL),
    GET("/internal/v1/backups/answers", get_answers, HTTP_INTERNAL),
    POST("/internal/v1/backups/{id}/answers", post_answer, HTTP_INTERNAL),
    {.method = HTTP_POST,
     .path = "/internal/v1/backups/{id}/manifest",
     .handle = post_manifest,
     .auth = HTTP_INTERNAL,
     .body_limit = 1 << 20},
};

static enum outcome expire_run(struct call *call, bool *again, struct error *err)
{
    int64_t n;

    (void)again;
    TRY(store_expire(call, &n, err));
    if (n > 0)
        log_info(call->log, "backups.gone", F_INT("backups", n));
    return DONE;
}

static const struct periodic_job jobs[] = {EVERY("expire-backups", MINUTES(5), expire_run)};

static const struct event_type *const publishes[] = {&backup_answer_event};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct service_def backup_service = {
    .name = "backup",
    .summary = "knows which copies may hold a person, and when each is dark or gone",
    .routes = routes,
    .routes_n = COUNT(routes),
    .jobs = jobs,
    .jobs_n = COUNT(jobs),
    .publishes = publishes,
    .publishes_n = COUNT(publishes),
    .migrations = backup_migrations,
    .migrations_n = backup_migrations_n,
    .statements = backup_statements,
    .statements_n = backup_statements_n,
    .schema_least = 1,
    .schema_most = 1,
    .forget = &backup_forget,
};
