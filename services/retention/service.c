/* service: retention's tables. */
#include "services/retention/service.h"

#include "gen/retention_migrations.h"
#include "gen/retention_sql.h"
#include "proto/events.h"
#include "services/retention/handlers.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* joins and barriers travel on `record`, too: they are read past */
static const struct event_type *const record_types[] = {&record_accepted_event, &record_removed_event,
                                                        &record_joined_event, &barrier_event};
static const struct event_type *const activity_types[] = {&activity_accepted_event, &activity_removed_event};
static const struct event_type *const person_types[] = {&person_linked_event, &person_merged_event,
                                                        &person_split_event};
static const struct batch_handler batches[] = {
    {.topic = "record", .types = record_types, .types_n = N(record_types), .handle = retention_on_records},
    {.topic = "activity", .types = activity_types, .types_n = N(activity_types), .handle = retention_on_activities},
    {.topic = "person", .types = person_types, .types_n = N(person_types), .handle = retention_on_persons},
};

static const struct http_route routes[] = {
    POST("/internal/v1/rehearsals", retention_post_rehearsals, HTTP_INTERNAL),
    GET("/internal/v1/rehearsals", retention_get_rehearsals, HTTP_INTERNAL),
};

static const struct periodic_job jobs[] = {
    EVERY("compute", SECONDS(1), retention_job_compute),
    EVERY("expire", SECONDS(2), retention_job_expire),
    EVERY("sweep", HOURS(1), retention_job_sweep),
};

static const struct event_type *const publishes[] = {&retention_expired_event};

const struct service_def retention_service = {
    .name = "retention",
    .summary = "nothing is kept longer than the policy can justify",
    .needs = NEEDS_POLICY,
    .batches = batches,
    .batches_n = N(batches),
    .routes = routes,
    .routes_n = N(routes),
    .jobs = jobs,
    .jobs_n = N(jobs),
    .publishes = publishes,
    .publishes_n = N(publishes),
    .migrations = retention_migrations,
    .migrations_n = retention_migrations_n,
    .statements = retention_statements,
    .statements_n = retention_statements_n,
    .schema_least = 1,
    .schema_most = 1,
    .forget = &retention_forget,
};
