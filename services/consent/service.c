/* service: consent's tables. */
#include "services/consent/service.h"

#include <stdlib.h>
#include <string.h>

#include "gen/consent_migrations.h"
#include "gen/consent_sql.h"
#include "proto/events.h"
#include "services/consent/handlers.h"
#include "services/consent/pages.h"
#include "services/consent/token.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct topic_handler topics[] = {
    ON("consent.in", consent_asked, on_consent_asked),
    ON("consent.in", consent_asserted, on_consent_asserted),
    ON("consent.in", consent_refused, on_consent_refused),
    ON("person", person_linked, on_person_linked),
    ON("person", person_merged, on_person_merged),
    ON("person", person_split, on_person_split),
    ON("mail", mail_changed, on_mail_changed),
};

enum { DECIDE_BYTES = 1 << 20 };

static const struct http_route routes[] = {
    GET("/confirm/{token}", get_confirm, HTTP_OPEN),
    POST("/confirm/{token}", post_confirm, HTTP_OPEN),
    GET("/unsubscribe/{token}", get_unsubscribe, HTTP_OPEN),
    POST("/unsubscribe/{token}", post_unsubscribe, HTTP_OPEN),
    GET("/my-data", get_data, HTTP_OPEN),
    POST("/my-data", post_data, HTTP_OPEN),
    GET("/my-data/{token}", get_data_link, HTTP_OPEN),
    POST("/my-data/{token}", post_data_link, HTTP_OPEN),
    GET("/my-data/{token}/download", get_data_download, HTTP_OPEN),
    GET("/preferences/{token}", get_preferences, HTTP_OPEN),
    POST("/preferences/{token}", post_preferences, HTTP_OPEN),
    {.method = HTTP_POST,
     .path = "/internal/v1/decide",
     .handle = post_decide,
     .auth = HTTP_INTERNAL,
     .body_limit = DECIDE_BYTES},
    {.method = HTTP_POST,
     .path = "/internal/v1/subject",
     .handle = post_subject,
     .auth = HTTP_INTERNAL,
     .body_limit = DECIDE_BYTES},
};

static const struct periodic_job jobs[] = {
    EVERY("expire-opt-ins", SECONDS(10), expire_opt_ins),
    EVERY("lapse-grants", MINUTES(10), lapse_grants),
    EVERY("clear-idle", SECONDS(10), clear_idle),
    EVERY("destroy-doomed", MINUTES(1), destroy_doomed),
    EVERY("answer-data-asks", MINUTES(1), answer_data_asks),
    EVERY("read-unsubscribes", SECONDS(10), read_unsubscribes),
    EVERY("ask-anew", MINUTES(10), ask_anew),
    EVERY("verify-ledger", HOURS(24), verify_ledger),
};

static const struct option options[] = {
    {.name = "public-url",
     .help = "where people reach the pages, https://... without a slash at its end",
     .kind = OPTION_URL,
     .required = true},
    {.name = "unsubscribe-address",
     .help = "an address that takes unsubscribes by mail: List-Unsubscribe names it beside the page",
     .kind = OPTION_TEXT},
    {.name = "unsubscribe-maildir",
     .help = "the Maildir that mails to it are delivered to; read and emptied",
     .kind = OPTION_DIR},
};

/* The address goes into a header of every mail: nothing may end the line or the address there. */
static void check_options(const struct options *given, struct buf *mistakes)
{
    const char *address = option_text(given, "unsubscribe-address");
    bool good = address == NULL || (strchr(address, '@') != NULL && address[0] != '@');

    for (const char *p = address; good && p != NULL && *p != '\0'; p++)
        good = *p > ' ' && *p < 0x7f && strchr("<>()[]\\,;:\"?&%#/", *p) == NULL;
    if (!good)
        buf_str(mistakes, "unsubscribe-address: is no plain address\n");
}

static const struct event_type *const publishes[] = {&consent_changed_event, &mail_requested_event,
                                                     &forget_wanted_event};

static char *copy_of(const char *text)
{
    char *copy = text != NULL && *text != '\0' ? strdup(text) : NULL;

    ENSURE(copy != NULL || text == NULL || *text == '\0');
    return copy;
}

static enum outcome start(struct service *service, void **state, struct error *err)
{
    struct consent_shared *shared = calloc(1, sizeof *shared);
    const char *url = option_text(service_options(service), "public-url");

    (void)err;
    ENSURE(shared != NULL);
    shared->public_url = strdup(url);
    ENSURE(shared->public_url != NULL);
    for (size_t n = strlen(shared->public_url); n > 0 && shared->public_url[n - 1] == '/'; n--)
        shared->public_url[n - 1] = '\0';
    shared->maildir = copy_of(option_text(service_options(service), "unsubscribe-maildir"));
    shared->mailto = copy_of(option_text(service_options(service), "unsubscribe-address"));
    token_key(service_index_key(service), shared->unsubscribe_key);
    shared->broken_chains = metrics_gauge(service_metrics(service), "lethe_consent_ledger_broken", "",
                                          "addresses whose chain of acts doesn't come to its seals");
    *state = shared;
    return DONE;
}

static void stop(void *state)
{
    struct consent_shared *shared = state;

    if (shared == NULL)
        return;
    crypto_wipe(shared->unsubscribe_key, sizeof shared->unsubscribe_key);
    free(shared->maildir);
    free(shared->mailto);
    free(shared->public_url);
    free(shared);
}

const struct service_def consent_service = {
    .name = "consent",
    .summary = "the ledger of consents and refusals, double opt-in, and the pages behind the links in mails",
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
    .migrations = consent_migrations,
    .migrations_n = consent_migrations_n,
    .statements = consent_statements,
    .statements_n = consent_statements_n,
    .schema_least = 1,
    .schema_most = consent_migrations_n,
    .forget = &consent_forget,
    .check = check_options,
    .start = start,
    .stop = stop,
    .resync = consent_resync,
    .replay = consent_replay,
};
