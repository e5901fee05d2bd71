/* internal: what the runtime's files share. One loop thread owns Kafka; each HTTP worker and each job has a thread and
 * connections (struct worker) of its own. */
#ifndef LETHE_SERVICE_INTERNAL_H
#define LETHE_SERVICE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/kafka/kafka.h"
#include "common/outbox/relay.h"
#include "common/service/service.h"

enum {
    SERVICE_TOPICS_MAX = 16,
    SERVICE_JOBS_MAX = 24,
    SERVICE_WAKES_MAX = 8,
    BATCH_MAX = 1000,
    BATCH_BYTES = 4 << 20,
    LOOP_KEEPS_BYTES = 6 << 20, /* of what a batch took, until nothing comes in: the next one takes as much */
};

/* What is waited for; health/ready names each. */
enum wait_for {
    WAIT_POSTGRES,
    WAIT_KAFKA,
    WAIT_SCHEMA,
    WAIT_POLICY,
    WAIT_VAULT,
    WAIT_START,
    WAIT_LEDGER,
    WAIT_INSTANCE,
    WAIT_KINDS
};
extern const char *const wait_names[WAIT_KINDS];

/* One thread's door to the world, behind the struct call that handlers see. */
struct worker {
    struct call call; /* first: a call is its worker */
    struct outbox *own_outbox;
    struct lease lease;
    int64_t lease_ttl_us, lease_renew_at_us;
    char xid[24];           /* of the open transaction; "" until PostgreSQL's answer has come */
    uint64_t statements_at; /* pg_statements when the transaction had begun: more means that it did something */
    const char *wakes[SERVICE_WAKES_MAX];
    size_t wakes_n;
    bool is_loop, is_gate;
    uint64_t looked_in; /* the connection that restore_gate_look has looked at */
};

struct job_runner {
    struct service *service;
    const struct periodic_job *job;
    pthread_t thread;
    bool started, woken;     /* woken: under the service's jobs lock */
    enum wait_for waits_for; /* what its last failure was about; WAIT_KINDS: nothing by name */
    pthread_cond_t wake;
    struct worker worker;
    void *kept; /* job->keeps bytes, or NULL */
    struct metric *runs, *failures, *waits;
};

struct loop; /* loop.c */

struct service {
    const struct service_def *def;
    struct options *options;
    struct log log;
    struct metrics *metrics;
    struct crypto_key *index_key;
    char *internal_token;
    char instance[64];
    char shard[96];       /* of routes and jobs */
    char lease_owner[64]; /* instance "/" random part */
    int64_t shard_epoch;
    void *state;

    pthread_mutex_t policy_lock;
    struct policy *policy;
    int64_t policy_version;
    atomic_bool policy_reload;

    atomic_bool waits[WAIT_KINDS];
    atomic_bool stopping, redis_away;
    atomic_bool restored;       /* an offset of ours lay outside its log, and nobody has settled it */
    atomic_bool again;          /* once it has stopped it starts anew: its schema was set back under it */
    atomic_llong beat;          /* the schema's, as it was last seen: one that is lower was set back */
    char gate_said[256];        /* why the gate is closed; under the jobs lock */
    atomic_llong turn_began_us; /* the loop's; 0: between two */
    struct relay *relay;
    struct http_server *http;
    struct worker *http_workers;
    unsigned http_threads;

    pthread_mutex_t jobs_lock;
    struct job_runner jobs[SERVICE_JOBS_MAX];
    size_t jobs_n;

    const char *topics[SERVICE_TOPICS_MAX];
    size_t topics_n;
    struct metric *dead_letters, *batches, *batch_events, *retries, *refused;
};

/* ---- worker.c: transactions ------------------------------------------------------------------------------------- */
struct worker *worker_of(struct call *call); /* whose call it is */
void worker_start(struct worker *worker, struct service *service, const char *what, bool is_loop);
void worker_stop(struct worker *worker);
/* worker_begin: reads the clock, holds the policy, opens the transaction and gives it an id (the grace wait sees it). */
enum outcome worker_begin(struct worker *worker, struct error *err) WARN_UNUSED;
/* worker_commit: writes the outbox row, commits, hands the row to the relay, wakes jobs. */
enum outcome worker_commit(struct worker *worker, struct error *err) WARN_UNUSED;
void worker_rollback(struct worker *worker);
void worker_end(struct worker *worker); /* after commit or rollback: lets the policy go, wipes the arena */
void worker_fire_wakes(struct worker *worker);

/* ---- the others ---------------------------------------------------------------------------------------------------- */
int loop_run(struct service *service); /* until stopping; the exit code */
void loop_topics(struct service *service);

enum outcome jobs_start(struct service *service, struct error *err) WARN_UNUSED;
void jobs_stop(struct service *service);
void jobs_wake(struct service *service, const char *name);

enum outcome routes_start(struct service *service, struct error *err) WARN_UNUSED;
void routes_stop(struct service *service);

/* start.c */
void service_start_anew(struct service *service); /* stops, and starts as if it had been started */

/* policy.c */
enum outcome policy_start(struct service *service, struct pg *pg, struct error *err) WARN_UNUSED;
enum outcome policy_follow(struct call *call, bool *again, struct error *err);  /* a job */
const struct policy *policy_current(struct service *service, int64_t *version); /* a reference */

/* describe.c */
void describe(const struct service_def *def, struct buf *out);

/* health.c */
void health_wait(struct service *service, enum wait_for what, bool waits);
/* health_kind: what a failure is about; WAIT_KINDS where it is no outage of a part. */
enum wait_for health_kind(const struct error *err);
/* health_failed, health_went_on: one thread's view: *mine is what it waits for, begun and ended by itself. */
void health_failed(struct service *service, enum wait_for *mine, enum wait_for what);
void health_went_on(struct service *service, enum wait_for *mine);
bool health_ready(struct service *service, struct buf *out); /* JSON */

/* configure.c */
bool configure(struct service *service, int argc, char **argv); /* false: the mistakes are on stderr */
extern const struct option service_runtime_options[];
extern const size_t service_runtime_options_n;

/* modes.c */
int migrate(struct service *service);  /* the exit code */
int restored(struct service *service); /* the same */
void print_help(const struct service_def *def);
void print_description(const struct service_def *def);
enum outcome schema_check(struct service *service, struct pg *pg, struct error *err) WARN_UNUSED;

/* gate.c: closed while the schema is behind the ledger. */
bool restore_gate_closed(const struct service *service);
/* restore_gate_look: on a connection that is new to the worker, in its transaction: was the schema set back? Then RETRY. */
enum outcome restore_gate_look(struct worker *worker, struct error *err) WARN_UNUSED;
/* restore_gate_pass: at the start: returns once the gate is open. A job does the same while it serves. */
enum outcome restore_gate_pass(struct service *service, struct error *err) WARN_UNUSED;
/* restore_gate_leave: a last beat at the end: what was done since the one before is told from what a restore brings. */
void restore_gate_leave(struct service *service);
enum outcome restore_gate_run(struct call *call, bool *again, struct error *err);
bool restore_gate_job_runs(const struct periodic_job *job);       /* behind a closed gate, too */
void restore_gate_note(struct service *service, struct buf *out); /* for health: a sentence, or nothing */

/* replay.c: what gate.c does with the ledger's lines. */
struct replay_count {
    int64_t applied, open; /* orders that had to be done again; those of them that aren't done yet */
};
enum outcome replay_orders(struct call *call, int64_t settled_us, struct replay_count *count,
                           struct error *err) WARN_UNUSED;
enum outcome replay_open(struct call *call, int64_t *open, struct error *err) WARN_UNUSED;

/* resync.c */
enum outcome resync_want(struct pg *pg, struct error *err) WARN_UNUSED;
enum outcome resync_run(struct call *call, bool *again, struct error *err);     /* a job */
enum outcome inbox_trim_run(struct call *call, bool *again, struct error *err); /* a job */

/* The exit code of a process that was started wrongly (sysexits.h). */
enum { EXIT_CONFIG = 78 };

#endif
