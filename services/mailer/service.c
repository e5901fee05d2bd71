/* service: mailer's tables. */
#include "services/mailer/service.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/forget/forget.h"
#include "gen/mailer_migrations.h"
#include "gen/mailer_sql.h"
#include "services/mailer/mime.h"

static const struct topic_handler topics[] = {
    ON("mail.in", mail_requested, on_mail_requested),
    ON("mail.in", campaign_requested, on_campaign_requested),
    ON("consent", consent_changed, on_consent_changed),
};

static const struct http_route routes[] = {
    {.method = HTTP_POST,
     .path = "/internal/v1/campaigns",
     .handle = post_campaign,
     .auth = HTTP_INTERNAL,
     .body_limit = 2 << 20},
    GET("/internal/v1/campaigns/{id}", get_campaign, HTTP_INTERNAL),
    POST("/internal/v1/subject", post_subject, HTTP_INTERNAL),
};

static const struct periodic_job jobs[] = {
    {.name = "send", .every_us = SECONDS(1), .run = send_run, .at_end = true},
    {.name = "send-beside", .every_us = SECONDS(1), .run = send_beside_run, .at_end = true},
    EVERY("layout", SECONDS(2), layout_run),
    EVERY("keep", HOURS(1), keep_run),
};

static const struct option options[] = {
    {.name = "smtp", .kind = OPTION_ADDRESS, .help = "the relay, host:port; or --relays"},
    {.name = "smtp-user", .kind = OPTION_TEXT, .help = "its user, where it wants one"},
    {.name = "smtp-password", .kind = OPTION_SECRET, .help = "and the password"},
    {.name = "smtp-tls", .kind = OPTION_BOOL, .fallback = "false", .help = "demand STARTTLS"},
    {.name = "relays",
     .kind = OPTION_FILE,
     .help = "JSON file of several relays: weights, TLS, logins, limits of relays and recipients' domains"},
    {.name = "consent-url", .kind = OPTION_URL, .required = true, .help = "consent's internal HTTP"},
};

static const struct event_type *const publishes[] = {&mail_changed_event};

/* One relay, or a file of them. */
static void check(const struct options *given, struct buf *mistakes)
{
    const char *file = option_text(given, "relays");

    if ((file != NULL) == (option_text(given, "smtp") != NULL) && !option_is_wrong(given, "smtp") &&
        !option_is_wrong(given, "relays"))
        buf_str(mistakes, "--smtp or --relays (LETHE_SMTP, LETHE_RELAYS): one of them is needed, not both\n");
    if (file != NULL)
        relays_free(relays_read(file, mistakes));
}

static enum outcome read_relays(const struct options *given, struct relays **out, struct error *err)
{
    const char *file = option_text(given, "relays");
    struct buf mistakes;

    buf_init(&mistakes, 64 << 10);
    *out = file == NULL ? relays_single(option_text(given, "smtp"), option_text(given, "smtp-user"),
                                        option_text(given, "smtp-password"), option_bool(given, "smtp-tls"))
                        : relays_read(file, &mistakes);
    buf_free(&mistakes);
    return *out != NULL ? DONE : error_retry(err, "relays", "the file of --relays is another than at the check");
}

static enum outcome start(struct service *service, void **state, struct error *err)
{
    const struct options *given = service_options(service);
    struct metrics *m = service_metrics(service);
    struct mailer_shared *shared = calloc(1, sizeof(*shared));

    ENSURE(shared != NULL);
    if (read_relays(given, &shared->relays, err) != DONE) {
        free(shared);
        return RETRY;
    }
    mime_start();
    shared->pace = pace_new(shared->relays);
    for (int i = 0; i < SENDERS; i++)
        shared->senders[i] = sender_new(shared->relays, shared->pace, i, SENDERS);
    snprintf(shared->decide_url, sizeof(shared->decide_url), "%s/internal/v1/decide",
             option_text(given, "consent-url"));
    shared->life = clock_now_us();
    snprintf(shared->sender, sizeof(shared->sender), "%s#%lld", service_instance(service), (long long)shared->life);
    shared->sent = metrics_counter(m, "lethe_mails_total", "state=\"sent\"", "Mails by what became of them");
    shared->refused = metrics_counter(m, "lethe_mails_total", "state=\"refused\"", "Mails by what became of them");
    shared->deferred = metrics_counter(m, "lethe_mails_total", "state=\"deferred\"", "Mails by what became of them");
    shared->bounced = metrics_counter(m, "lethe_mails_total", "state=\"bounced\"", "Mails by what became of them");
    shared->unknown = metrics_counter(m, "lethe_mails_total", "state=\"unknown\"", "Mails by what became of them");
    *state = shared;
    return DONE;
}

static void stop(void *state)
{
    struct mailer_shared *shared = state;

    for (int i = 0; i < SENDERS; i++)
        sender_free(shared->senders[i]);
    pace_free(shared->pace);
    relays_free(shared->relays);
    free(shared);
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct service_def mailer_service = {
    .name = "mailer",
    .summary = "sends each requested mail once, with its ground, or says why not",
    .needs = NEEDS_VAULT | NEEDS_POLICY | NEEDS_INDEX_KEY,
    .topics = topics,
    .topics_n = COUNT(topics),
    .routes = routes,
    .routes_n = COUNT(routes),
    .jobs = jobs,
    .jobs_n = COUNT(jobs),
    .options = options,
    .options_n = COUNT(options),
    .publishes = publishes,
    .publishes_n = COUNT(publishes),
    .migrations = mailer_migrations,
    .migrations_n = mailer_migrations_n,
    .statements = mailer_statements,
    .statements_n = mailer_statements_n,
    .schema_least = 1,
    .schema_most = 1,
    .forget = &mailer_forget,
    .restored = store_restored,
    .check = check,
    .start = start,
    .stop = stop,
};
