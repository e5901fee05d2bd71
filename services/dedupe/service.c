/* service: dedupe's tables. */
#include "services/dedupe/service.h"

#include "gen/dedupe_migrations.h"
#include "gen/dedupe_sql.h"
#include "proto/events.h"
#include "services/dedupe/forgetting.h"
#include "services/dedupe/handlers.h"
#include "services/dedupe/weigh.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct event_type *const record_types[] = {&record_accepted_event, &record_removed_event,
                                                        &record_joined_event, &barrier_event};
static const struct batch_handler batches[] = {
    {.topic = "record", .types = record_types, .types_n = N(record_types), .handle = dedupe_on_records},
};

static const struct http_route routes[] = {
    POST("/internal/v1/resolve", dedupe_post_resolve, HTTP_INTERNAL),
    GET("/internal/v1/reviews", dedupe_get_reviews, HTTP_INTERNAL),
    POST("/internal/v1/reviews", dedupe_post_reviews, HTTP_INTERNAL),
    GET("/internal/v1/weights", dedupe_get_weights, HTTP_INTERNAL),
    POST("/internal/v1/weights", dedupe_post_weights, HTTP_INTERNAL),
};

static const struct periodic_job jobs[] = {
    EVERY("sweep", HOURS(1), dedupe_job_sweep),
    EVERY("redecide", SECONDS(1), dedupe_job_redecide),
};

static const struct option options[] = {
    {.name = "redecide-rate",
     .fallback = "2000",
     .kind = OPTION_INT,
     .least = 1,
     .most = 1000000,
     .help = "records a second that are decided anew after new weights or another policy"},
};

static const struct event_type *const publishes[] = {&person_linked_event, &person_merged_event, &person_split_event,
                                                     &forget_resolved_event};

static enum outcome start(struct service *service, void **state, struct error *err)
{
    (void)err;
    *state = weigher_new(service);
    return DONE;
}

static void stop(void *state)
{
    weigher_free(state);
}

const struct service_def dedupe_service = {
    .name = "dedupe",
    .summary = "one person for each human being: links that can be undone",
    .needs = NEEDS_VAULT | NEEDS_POLICY | NEEDS_INDEX_KEY,
    .start = start,
    .stop = stop,
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
    .migrations = dedupe_migrations,
    .migrations_n = dedupe_migrations_n,
    .statements = dedupe_statements,
    .statements_n = dedupe_statements_n,
    .schema_least = 2,
    .schema_most = 2,
    .forget = &dedupe_forget,
    .resync = dedupe_resync,
};
