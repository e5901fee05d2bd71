/* service: the tables of lethe-intake, and what its calls share. */
#include "services/intake/service.h"

#include <stdlib.h>

#include "common/vault/vault.h"
#include "gen/intake_migrations.h"
#include "gen/intake_sql.h"
#include "services/intake/batch.h"
#include "services/intake/producer.h"
#include "services/intake/routes.h"
#include "services/intake/tokens.h"

static const struct event_type *const taken[] = {
    &contact_recorded_event,  &contact_merged_event,   &contact_removed_event,   &activity_recorded_event,
    &consent_requested_event, &consent_recorded_event, &consent_withdrawn_event, &consent_objected_event,
    &forget_requested_event,  &barrier_event,
};

static const struct batch_handler batches[] = {
    {.topic = "contacts.in",
     .types = taken,
     .types_n = sizeof taken / sizeof taken[0],
     .handle = on_contacts,
     .prepare = prepare_contacts},
};

static const struct http_route routes[] = {
    {.method = HTTP_POST, .path = "/v1/events", .handle = post_events, .auth = HTTP_OPEN, .body_limit = 4 << 20},
    {.method = HTTP_POST,
     .path = "/internal/v1/records",
     .handle = post_records,
     .auth = HTTP_INTERNAL,
     .body_limit = 256 << 10},
    POST("/internal/v1/quarantine", post_quarantine, HTTP_INTERNAL),
    GET("/internal/v1/texts", get_texts, HTTP_INTERNAL),
    POST("/internal/v1/texts/{id}/show", post_text_show, HTTP_INTERNAL),
    POST("/internal/v1/texts/{id}/judge", post_text_judge, HTTP_INTERNAL),
    GET("/internal/v1/keys", get_keys, HTTP_INTERNAL),
    POST("/internal/v1/keys/rotate", post_keys_rotate, HTTP_INTERNAL),
    POST("/internal/v1/keys/pause", post_keys_pause, HTTP_INTERNAL),
    POST("/internal/v1/keys/resume", post_keys_resume, HTTP_INTERNAL),
};

static const struct event_type *const publishes[] = {
    &record_accepted_event,  &record_removed_event,  &record_joined_event, &activity_accepted_event,
    &activity_removed_event, &contact_refused_event, &consent_asked_event, &consent_asserted_event,
    &consent_refused_event,  &forget_wanted_event,   &barrier_event,
};

static const struct option options[] = {
    {.name = "pg-vault-owner", .kind = OPTION_DSN, .help = "connection string of the vault's owner (migrate alone)"},
    {.name = "event-tokens-file",
     .kind = OPTION_FILE,
     .help = "lines `source: SHA-256 of its token`: POST /v1/events asks for one of them (else for none)"},
    {.name = "kek-escrow-dir", .kind = OPTION_DIR, .help = "folder of the KEKs' one second copy"},
    {.name = "kek-escrow-command", .kind = OPTION_FILE, .help = "program that keeps it, instead of the folder"},
    {.name = "keyring-owner", .kind = OPTION_DSN, .help = "connection string of the keyring's owner (migrate alone)"},
};

static enum outcome migrate_vault(const struct options *given, const struct log *log, int *applied, struct error *err)
{
    const struct vault_migrate_config config = {.vault_owner_dsn = option_text(given, "pg-vault-owner"),
                                                .keyring_owner_dsn = option_text(given, "keyring-owner"),
                                                .kek_dir = option_text(given, "kek-dir"),
                                                .kek_command = option_text(given, "kek-command")};
    int more = 0;

    if (config.vault_owner_dsn == NULL || config.keyring_owner_dsn == NULL)
        return error_refuse(err, "", "configuration", "migrate needs LETHE_PG_VAULT_OWNER and LETHE_KEYRING_OWNER");
    TRY(vault_migrate(&config, log, &more, err));
    *applied += more;
    return DONE;
}

static void add_metrics(struct intake *intake, struct service *service)
{
    struct metrics *m = intake->metrics = service_metrics(service);

    intake->accepted = metrics_counter(m, "lethe_intake_accepted_total", "", "events taken");
    intake->activities = metrics_counter(m, "lethe_intake_activities_total", "", "activities taken");
    intake->late =
        metrics_counter(m, "lethe_intake_late_total", "", "events that changed nothing: older or repeated versions");
    intake->dropped =
        metrics_counter(m, "lethe_intake_dropped_fields_total", "", "fields that the policy doesn't name, left out");
    intake->asks_dropped = metrics_counter(
        m, "lethe_intake_dropped_asks_total", "",
        "consents asked for in records that came to nothing: no address, unknown words, an old version");
    intake->requeued =
        metrics_counter(m, "lethe_intake_requeued_total", "", "events put back once a restriction was lifted");
    keys_metrics(intake);
    intake->truncated =
        metrics_counter(m, "lethe_intake_truncations_total", "", "times that a partition of contacts.in was truncated");
}

static enum outcome start(struct service *service, void **state, struct error *err)
{
    const char *brokers = option_text(service_options(service), "kafka");
    const char *tokens_file = option_text(service_options(service), "event-tokens-file");
    struct producer *producer = NULL;
    struct tokens *tokens = NULL;
    struct intake *intake;
    int32_t partitions;

    TRY(producer_new(brokers, service_log(service), &producer, err));
    partitions = producer_partitions(producer, "contacts.in");
    if (partitions <= 0 || partitions > PARTITIONS_MAX) {
        producer_free(producer);
        return error_retry(err, "kafka", "the topic contacts.in can't be seen, or has more than 64 partitions");
    }
    if (tokens_file != NULL && tokens_read_file(tokens_file, &tokens, err) != DONE) {
        producer_free(producer);
        return REFUSED;
    }
    intake = calloc(1, sizeof *intake);
    ENSURE(intake != NULL);
    intake->index_key = service_index_key(service);
    intake->brokers = brokers;
    intake->producer = producer;
    intake->tokens = tokens;
    intake->partitions = partitions;
    kek_place_init(&intake->escrow, option_text(service_options(service), "kek-escrow-dir"),
                   option_text(service_options(service), "kek-escrow-command"));
    (void)pthread_mutex_init(&intake->kinds_lock, NULL);
    add_metrics(intake, service);
    *state = intake;
    return DONE;
}

static void stop(void *state)
{
    struct intake *intake = state;

    if (intake == NULL)
        return;
    producer_free(intake->producer);
    tokens_free(intake->tokens);
    (void)pthread_mutex_destroy(&intake->kinds_lock);
    free(intake);
}

const struct service_def intake_service = {
    .name = "intake",
    .summary = "takes contact events in: policy, vault, blind indexes, tombstones",
    .needs = NEEDS_VAULT | NEEDS_POLICY | NEEDS_INDEX_KEY,
    .batches = batches,
    .batches_n = sizeof batches / sizeof batches[0],
    .routes = routes,
    .routes_n = sizeof routes / sizeof routes[0],
    .jobs = intake_jobs,
    .jobs_n = INTAKE_JOBS,
    .options = options,
    .options_n = sizeof options / sizeof options[0],
    .publishes = publishes,
    .publishes_n = sizeof publishes / sizeof publishes[0],
    .migrations = intake_migrations,
    .migrations_n = intake_migrations_n,
    .statements = intake_statements,
    .statements_n = intake_statements_n,
    .schema_least = 1,
    .schema_most = 1,
    .forget = &intake_forget,
    .start = start,
    .stop = stop,
    .resync = intake_resync,
    .migrate_more = migrate_vault,
};
