/* start: service_main, and the order in which a service's parts begin and end. What it does beside serving is in modes.c,
 * its configuration in configure.c. */
#include "common/service/internal.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/retry/retry.h"
#include "gen/outbox_sql.h"

enum { STOP_WITHIN_S = 9 };

/* ---- what the service may ask --------------------------------------------------------------------------------------- */

const struct options *service_options(const struct service *service)
{
    return service->options;
}

const struct log *service_log(const struct service *service)
{
    return &service->log;
}

struct metrics *service_metrics(struct service *service)
{
    return service->metrics;
}

const struct crypto_key *service_index_key(const struct service *service)
{
    ENSURE(service->index_key != NULL);
    return service->index_key;
}

const char *service_internal_token(const struct service *service)
{
    return service->internal_token;
}

struct vault_config service_vault_config(const struct service *service)
{
    return (struct vault_config){.keyring_dsn = option_text(service->options, "keyring"),
                                 .kek_dir = option_text(service->options, "kek-dir"),
                                 .kek_command = option_text(service->options, "kek-command"),
                                 .service = service->def->name};
}

const char *service_instance(const struct service *service)
{
    return service->instance;
}

const struct forget_table *service_forget_table(const struct service *service)
{
    ENSURE(service->def->forget != NULL);
    return service->def->forget;
}

/* ---- waiting for what is needed ------------------------------------------------------------------------------------------- */

static enum outcome begin_shard(struct service *service, struct pg *pg, struct error *err)
{
    struct arena *arena = arena_new();
    struct pg_params params;
    struct pg_rows rows;
    enum outcome outcome;

    pg_params_init(&params, arena);
    pg_add_str(&params, service->shard);
    outcome = pg_exec(pg, &outbox_sql_shard_begin, &params, &rows, err);
    if (outcome == DONE) {
        service->shard_epoch = pg_get_int8(&rows, 0, 0);
        pg_rows_free(&rows);
        outcome = outbox_begin(pg, err);
    }
    if (outcome == DONE)
        relay_catch_up(service->relay);
    arena_free(arena);
    return outcome;
}

static enum outcome check_vault(struct service *service, struct error *err)
{
    const struct vault_config config = service_vault_config(service);
    struct vault *vault;
    enum outcome outcome;

    if ((service->def->needs & NEEDS_VAULT) == 0)
        return DONE;
    vault = vault_new(&config, &service->log);
    outcome = vault_ready(vault, err);
    vault_free(vault);
    return outcome;
}

struct step {
    enum wait_for wait;
    enum outcome (*take)(struct service *service, struct pg *pg, struct error *err);
};

static enum outcome step_postgres(struct service *service, struct pg *pg, struct error *err)
{
    (void)service;
    return pg_ready(pg, err);
}

static enum outcome step_policy(struct service *service, struct pg *pg, struct error *err)
{
    return (service->def->needs & NEEDS_POLICY) != 0 ? policy_start(service, pg, err) : DONE;
}

static enum outcome step_vault(struct service *service, struct pg *pg, struct error *err)
{
    (void)pg;
    return check_vault(service, err);
}

static enum outcome step_state(struct service *service, struct pg *pg, struct error *err)
{
    TRY(begin_shard(service, pg, err));
    return service->def->start != NULL ? service->def->start(service, &service->state, err) : DONE;
}

static enum outcome step_ledger(struct service *service, struct pg *pg, struct error *err)
{
    (void)pg;
    return restore_gate_pass(service, err);
}

/* Takes each step as often as it needs; a stop ends the wait. False: stopping. */
static bool wait_for_all(struct service *service)
{
    static const struct step steps[] = {
        {WAIT_POSTGRES, step_postgres}, {WAIT_SCHEMA, schema_check}, {WAIT_POLICY, step_policy},
        {WAIT_VAULT, step_vault},       {WAIT_START, step_state},    {WAIT_LEDGER, step_ledger},
    };
    struct pg *pg = pg_new(option_text(service->options, "pg"), service->def->name, "lethe-start", &service->log);
    size_t at = 0;
    unsigned attempt = 0;

    while (at < sizeof(steps) / sizeof(steps[0]) && !atomic_load(&service->stopping)) {
        struct error err = {0};
        struct timespec pause = {0};
        int64_t us;
        if (steps[at].take(service, pg, &err) == DONE) {
            if (steps[at].wait != WAIT_START && steps[at].wait != WAIT_LEDGER) /* said by whoever ends it */
                health_wait(service, steps[at].wait, false);
            at++;
            attempt = 0;
            continue;
        }
        if (attempt == 0)
            log_warn(&service->log, "start.waits", F_STR("for", wait_names[steps[at].wait]), F_ERROR(&err));
        us = retry_delay_us(attempt, 50 * US_PER_MS, SECONDS(1), (uint32_t)clock_monotonic_us());
        attempt = attempt < 10 ? attempt + 1 : attempt;
        pause.tv_sec = us / US_PER_S;
        pause.tv_nsec = us % US_PER_S * 1000;
        nanosleep(&pause, NULL);
    }
    pg_free(pg);
    return !atomic_load(&service->stopping);
}

/* ---- signals: a thread of their own waits for them -------------------------------------------------------------------------- */

static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void begin_stop(struct service *service)
{
    atomic_store(&service->stopping, true);
    log_info(&service->log, "service.stops", F_NONE);
    pthread_mutex_lock(&service->jobs_lock);
    for (size_t i = 0; i < service->jobs_n; i++)
        pthread_cond_broadcast(&service->jobs[i].wake);
    pthread_mutex_unlock(&service->jobs_lock);
    alarm(STOP_WITHIN_S); /* whatever still hangs then ends with the process: the design is crash-safe */
}

/* Whatever a schema that was set back knows no more (epochs, leases, positions) is taken again as at any start. */
void service_start_anew(struct service *service)
{
    if (!atomic_load(&service->stopping) && !atomic_exchange(&service->again, true))
        kill(getpid(), SIGTERM); /* the thread that waits for signals takes it */
}

static void *signal_thread(void *context)
{
    struct service *service = context;
    sigset_t set;
    int which;

    block_signals(&set);
    for (;;) {
        if (sigwait(&set, &which) != 0)
            continue;
        if (which == SIGHUP) {
            atomic_store(&service->policy_reload, true);
            jobs_wake(service, "policy");
            continue;
        }
        if (atomic_load(&service->stopping))
            return NULL;
        begin_stop(service);
        return NULL;
    }
}

/* ---- serving ---------------------------------------------------------------------------------------------------------------- */

static void make_metrics(struct service *service)
{
    struct metrics *m = service->metrics;

    service->dead_letters = metrics_counter(m, "lethe_dead_letters_total", "", "Events sent to the dead letters");
    service->batches = metrics_histogram(m, "lethe_batch_seconds", "", "From a batch's first step to its commit");
    service->batch_events = metrics_counter(m, "lethe_events_total", "", "Events taken from Kafka");
    service->retries = metrics_counter(m, "lethe_retries_total", "", "Attempts that ended in a wait");
    for (int i = 0; i < WAIT_KINDS; i++)
        atomic_store(&service->waits[i], true);
}

static enum outcome open_doors(struct service *service, struct error *err)
{
    const struct relay_config relay = {
        .brokers = option_text(service->options, "kafka"),
        .client = service->def->name,
        .dsn = option_text(service->options, "pg"),
        .schema = service->def->name,
        .log = &service->log,
        .metrics = service->metrics,
        .crash_point = crash_point,
    };

    TRY(relay_start(&relay, &service->relay, err));
    return routes_start(service, err);
}

/* The workers of HTTP were made before the state was. */
static void share_state(struct service *service)
{
    for (unsigned i = 0; i < service->http_threads; i++)
        service->http_workers[i].call.state = service->state;
}

static int run(struct service *service)
{
    struct error err = {0};
    int code = 1;

    if (open_doors(service, &err) != DONE) {
        log_error(&service->log, "start.failed", F_ERROR(&err));
        goto cleanup;
    }
    code = 0;
    if (!wait_for_all(service))
        goto cleanup;
    share_state(service);
    health_wait(service, WAIT_START, false);
    if (jobs_start(service, &err) != DONE) {
        log_error(&service->log, "start.failed", F_ERROR(&err));
        code = 1;
        goto cleanup;
    }
    code = loop_run(service);
cleanup:
    atomic_store(&service->stopping, true);
    routes_stop(service);
    jobs_stop(service);
    restore_gate_leave(service);
    relay_stop(service->relay, SECONDS(3));
    if (service->def->stop != NULL && service->state != NULL)
        service->def->stop(service->state);
    log_info(&service->log, "service.stopped", F_NONE);
    return code;
}

static int serve(struct service *service)
{
    pthread_t signals;
    sigset_t set;
    int code;

    block_signals(&set);
    make_metrics(service);
    loop_topics(service);
    if (pthread_create(&signals, NULL, signal_thread, service) != 0)
        return 1;
    log_info(&service->log, "service.starts", F_STR("version", LETHE_VERSION));
    code = run(service);
    kill(getpid(), SIGTERM); /* every thread blocks it: only the one that waits for signals takes it */
    pthread_join(signals, NULL);
    return code;
}

/* ---- main ------------------------------------------------------------------------------------------------------------------- */

/* Takes a mode word out of the arguments; the rest are options. */
static bool take_word(int *argc, char **argv, const char *word)
{
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], word) != 0)
            continue;
        memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof(argv[0]));
        (*argc)--;
        return true;
    }
    return false;
}

static struct service *service_new(const struct service_def *def)
{
    struct service *service = calloc(1, sizeof(*service));

    ENSURE(service != NULL);
    service->def = def;
    service->log = (struct log){.service = def->name, .instance = def->name, .least = LOG_INFO, .fd = STDERR_FILENO};
    service->metrics = metrics_new();
    pthread_mutex_init(&service->policy_lock, NULL);
    pthread_mutex_init(&service->jobs_lock, NULL);
    return service;
}

static void service_free(struct service *service)
{
    policy_release(service->policy);
    crypto_key_free(service->index_key);
    if (service->internal_token != NULL)
        crypto_wipe(service->internal_token, strlen(service->internal_token));
    free(service->internal_token);
    options_free(service->options);
    metrics_free(service->metrics);
    pthread_mutex_destroy(&service->policy_lock);
    pthread_mutex_destroy(&service->jobs_lock);
    free(service);
}

/* A dozen threads, each with an arena of its own that keeps what it once had, hold many times what they use; and glibc
 * raises its bound for blocks that go back to the system with each that does: after a few batches their rows and what
 * Kafka's fetches unpack to lie among small pieces, and three quarters of the heap are holes. */
static void bound_heap(void)
{
    enum { LARGE = 256 << 10, TOP = 1 << 20 };

    ENSURE(mallopt(M_ARENA_MAX, 2) == 1);
    ENSURE(mallopt(M_MMAP_THRESHOLD, LARGE) == 1);
    ENSURE(mallopt(M_TRIM_THRESHOLD, TOP) == 1);
}

/* The same program with the same arguments. What is still pending of the stop would stop it again. */
static void start_anew(char **argv)
{
    const struct timespec now = {0};
    sigset_t set;

    block_signals(&set);
    while (sigtimedwait(&set, NULL, &now) > 0)
        ;
    alarm(0);
    (void)execv("/proc/self/exe", argv);
}

int service_main(int argc, char **argv, const struct service_def *def)
{
    struct error err = {0};
    struct service *service;
    bool check, migrates, restores, again;
    int code = EXIT_CONFIG;

    if (take_word(&argc, argv, "--help")) {
        print_help(def);
        return 0;
    }
    if (take_word(&argc, argv, "--version")) {
        printf("lethe-%s %s\n", def->name, LETHE_VERSION);
        return 0;
    }
    if (take_word(&argc, argv, "--describe")) {
        print_description(def);
        return 0;
    }
    check = take_word(&argc, argv, "--check");
    migrates = take_word(&argc, argv, "migrate");
    restores = take_word(&argc, argv, "restored");
    bound_heap();
    service = service_new(def);
    if (crypto_start(&err) != DONE) /* before configure reads a key */
        log_error(&service->log, "start.failed", F_ERROR(&err));
    else if (configure(service, argc, argv))
        code = check ? 0 : migrates ? migrate(service) : restores ? restored(service) : serve(service);
    again = atomic_load(&service->again);
    service_free(service);
    if (again)
        start_anew(argv);
    return code;
}
