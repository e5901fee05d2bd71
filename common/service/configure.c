/* configure: the runtime's options, and the check of the whole configuration. */
#include "common/service/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSTANCE_MOST = 48 };

const struct option service_runtime_options[] = {
    {.name = "pg", .kind = OPTION_DSN, .required = true, .help = "connection string of the service's own role"},
    {.name = "pg-owner", .kind = OPTION_DSN, .help = "connection string of the schema's owner (migrate alone)"},
    {.name = "kafka", .kind = OPTION_TEXT, .required = true, .help = "bootstrap servers"},
    {.name = "redis", .kind = OPTION_ADDRESS, .help = "host:port; without it PostgreSQL alone hands out leases"},
    {.name = "http", .kind = OPTION_ADDRESS, .required = true, .help = "host:port to listen at"},
    {.name = "http-threads", .kind = OPTION_INT, .fallback = "2", .least = 1, .most = 32, .help = "HTTP workers"},
    {.name = "internal-token", .kind = OPTION_SECRET, .required = true, .help = "bearer token between the services"},
    {.name = "instance", .kind = OPTION_TEXT, .help = "stable name of this replica (default: NAME-1)"},
    {.name = "log-level", .kind = OPTION_TEXT, .fallback = "info", .help = "debug, info, warn or error"},
    {.name = "policy", .kind = OPTION_FILE, .help = "the policy file (services that need one)"},
    {.name = "keyring", .kind = OPTION_DSN, .help = "connection string of the keyring (services that need the vault)"},
    {.name = "kek-dir", .kind = OPTION_DIR, .help = "folder of the key encryption keys"},
    {.name = "ledger",
     .kind = OPTION_DIR,
     .help = "folder of the ledger of forgets, outside the databases: what a restore brought back is gone again before "
             "anything is served"},
    {.name = "kek-command", .kind = OPTION_FILE, .help = "program that has them, instead of the folder: a KMS's"},
    {.name = "index-key-file", .kind = OPTION_FILE, .help = "key of the blind indexes, 64 hex digits"},
};
const size_t service_runtime_options_n = sizeof(service_runtime_options) / sizeof(service_runtime_options[0]);

static void need(const struct service *service, unsigned what, const char *name, const char *variable,
                 struct buf *mistakes)
{
    if ((service->def->needs & what) != 0 && option_text(service->options, name) == NULL &&
        !option_is_wrong(service->options, name)) /* else said already */
        buf_printf(mistakes, "--%s (%s): required by this service\n", name, variable);
}

static bool read_level(const char *name, enum log_level *level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};

    for (int i = 0; name != NULL && i < 4; i++) {
        if (strcmp(name, names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static void check_needs(struct service *service, struct buf *mistakes)
{
    struct error err = {0};

    need(service, NEEDS_POLICY, "policy", "LETHE_POLICY", mistakes);
    need(service, NEEDS_VAULT, "keyring", "LETHE_KEYRING", mistakes);
    if (option_text(service->options, "kek-command") == NULL)
        need(service, NEEDS_VAULT, "kek-dir", "LETHE_KEK_DIR", mistakes);
    else if (option_text(service->options, "kek-dir") != NULL)
        buf_str(mistakes, "--kek-dir (LETHE_KEK_DIR), --kek-command (LETHE_KEK_COMMAND): one of them\n");
    need(service, NEEDS_INDEX_KEY, "index-key-file", "LETHE_INDEX_KEY_FILE", mistakes);
    if (!option_is_wrong(service->options, "log-level") &&
        !read_level(option_text(service->options, "log-level"), &service->log.least))
        buf_str(mistakes, "--log-level (LETHE_LOG_LEVEL): one of debug, info, warn, error\n");
    if ((service->def->needs & NEEDS_INDEX_KEY) != 0 && option_text(service->options, "index-key-file") != NULL &&
        crypto_key_load(option_text(service->options, "index-key-file"), &service->index_key, &err) != DONE)
        buf_printf(mistakes, "--index-key-file (LETHE_INDEX_KEY_FILE): %s\n", err.text);
}

static void check_policy(struct service *service, struct buf *mistakes)
{
    struct policy *policy = NULL;
    struct error err = {0};

    if ((service->def->needs & NEEDS_POLICY) == 0 || option_text(service->options, "policy") == NULL)
        return;
    if (policy_read_file(option_text(service->options, "policy"), &policy, mistakes, &err) != DONE)
        buf_printf(mistakes, "--policy (LETHE_POLICY): %s\n", err.text);
    policy_release(policy);
}

/* Its characters stand in keys and labels; its length fits a lease's owner and a session's name. */
static void check_instance(struct service *service, struct buf *mistakes)
{
    static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const char *given = option_text(service->options, "instance");
    size_t n = given == NULL ? 0 : strlen(given);
    struct uuid random = uuid_v4_random();
    char hex[UUID_TEXT_BYTES];

    if (given != NULL && (n == 0 || n > INSTANCE_MOST || strspn(given, fine) != n)) {
        buf_printf(mistakes, "--instance (LETHE_INSTANCE): 1 to %d of A-Z a-z 0-9 . _ -\n", (int)INSTANCE_MOST);
        return;
    }
    snprintf(service->instance, sizeof(service->instance), "%s%s", given == NULL ? service->def->name : given,
             given == NULL ? "-1" : "");
    snprintf(service->shard, sizeof(service->shard), "proc/%s", service->instance);
    uuid_format(&random, hex);
    snprintf(service->lease_owner, sizeof(service->lease_owner), "%.48s/%.8s", service->instance, hex);
    service->log.instance = service->instance;
}

/* Every option that is a connection string, the service's own too; nothing of it is echoed: it may hold a password. */
static void check_dsns(const struct service *service, const struct option *table, size_t n, struct buf *mistakes)
{
    for (size_t i = 0; i < n; i++) {
        const char *dsn = table[i].kind == OPTION_DSN ? option_text(service->options, table[i].name) : NULL;
        if (dsn != NULL && !pg_dsn_ok(dsn))
            buf_printf(mistakes, "--%s: is no connection string\n", table[i].name);
    }
}

static void check_all(struct service *service, struct buf *mistakes)
{
    const struct service_def *def = service->def;

    check_instance(service, mistakes);
    check_dsns(service, service_runtime_options, service_runtime_options_n, mistakes);
    check_dsns(service, def->options, def->options_n, mistakes);
    check_needs(service, mistakes);
    check_policy(service, mistakes);
    if (def->check != NULL)
        def->check(service->options, mistakes);
}

/* Reads everything, names every mistake at once. */
bool configure(struct service *service, int argc, char **argv)
{
    const struct option *const tables[] = {service_runtime_options, service->def->options};
    const size_t sizes[] = {service_runtime_options_n, service->def->options_n};
    const char *token;
    struct buf mistakes;
    bool good;

    buf_init(&mistakes, 64 << 10);
    service->options = options_read(tables, sizes, 2, argc, argv, &mistakes);
    check_all(service, &mistakes);
    token = option_text(service->options, "internal-token");
    if (token != NULL) {
        service->internal_token = strdup(token);
        ENSURE(service->internal_token != NULL);
    }
    good = mistakes.n == 0 && !mistakes.failed;
    if (!good)
        fprintf(stderr, "lethe-%s: the configuration has mistakes:\n%.*s", service->def->name, (int)mistakes.n,
                mistakes.p);
    buf_free(&mistakes);
    return good;
}
