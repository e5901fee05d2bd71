/* service: the runtime that every service lives on. A service is a table of topics, routes and jobs; main hands it to
 * service_main and holds nothing else. The runtime owns the loop: batch, one transaction for effects, offsets, epoch
 * fence, inbox and outbox; retry, dead letters, leases, health, metrics, --describe, migrate, SIGTERM, SIGHUP. */
#ifndef LETHE_SERVICE_H
#define LETHE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena/arena.h"
#include "common/clock/clock.h"
#include "common/crypto/crypto.h"
#include "common/error/error.h"
#include "common/event/event.h"
#include "common/http/client.h"
#include "common/http/http.h"
#include "common/lease/lease.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/option/option.h"
#include "common/outbox/outbox.h"
#include "common/pg/pg.h"
#include "common/policy/policy.h"
#include "common/redis/redis.h"
#include "common/vault/vault.h"

struct service;

/* The one door to the world that a handler, route or job gets. Everything in it is borrowed for the call. */
struct call {
    struct pg *pg;       /* in a transaction, fenced, on the service's schema */
    struct vault *vault; /* NULL unless the service says NEEDS_VAULT */
    struct redis *redis;
    struct http_client *http; /* NULL in topic handlers: they don't call out */
    struct arena *arena;      /* wiped after the transaction */
    struct outbox *outbox;
    const struct log *log;
    const struct policy *policy;    /* NULL unless NEEDS_POLICY; the same during one call */
    int64_t policy_version;         /* its row's number */
    int64_t now_us;                 /* read once a call */
    const struct event_meta *event; /* topic handlers only */
    void *prepared;                 /* batch handlers only: what prepare made of this very batch, or NULL */
    const struct lease *lease;      /* jobs that are leased */
    void *kept;                     /* jobs that keep something from run to run */
    struct service *service;
    void *state; /* what the service's start made */
};

/* ---- topics ------------------------------------------------------------------------------------------------------ */
/* One event: `event` is a struct of the type. Decide first: REFUSED before anything is written sends this event alone
 * to the dead letters and the batch goes on; after a write, the batch is bisected. */
typedef enum outcome topic_fn(struct call *call, const void *event, struct error *err);

/* A whole batch of one topic, in order a partition. Items whose outcome is set to REFUSED (with error) go to the dead
 * letters, unless the handler deals with them itself and leaves DONE. */
struct batch_item {
    const struct event_meta *meta;
    const struct event_type *type; /* NULL: the type is in no table, or the event couldn't be decoded (see outcome) */
    const void *event;
    struct text raw; /* the message's value as it came */
    enum outcome outcome;
    struct error error;
};
typedef enum outcome batch_fn(struct call *call, struct batch_item *items, size_t n, struct error *err);

struct topic_handler {
    const char *topic;
    const struct event_type *type;
    topic_fn *handle;
    bool no_inbox; /* its writes are idempotent by their own keys */
};
#define ON(topic_name, event_name, fn)                                                                                 \
    {                                                                                                                  \
        .topic = (topic_name), .type = &event_name##_event, .handle = (fn)                                             \
    }

/* What may be done about a batch while the one before it commits: no I/O, nothing that another batch could see. The result
 * lives in `arena` until the batch is through, and is handed over once (call->prepared), if the policy is the same then and
 * the batch whole. It may set the items' outcomes. */
typedef void *prepare_fn(struct call *call, struct batch_item *items, size_t n, struct arena *arena);

/* A topic taken by the batch: its events are those of `types`; what can't be decoded is handed over, too. */
struct batch_handler {
    const char *topic;
    const struct event_type *const *types;
    size_t types_n;
    batch_fn *handle;
    prepare_fn *prepare; /* may be NULL */
};

/* ---- routes ------------------------------------------------------------------------------------------------------ */
/* DONE: committed, and the response is sent; anything else: rolled back and a problem document (REFUSED: err->status or
 * 422, RETRY: 503 with Retry-After). */
typedef enum outcome route_fn(struct call *call, const struct http_request *request, struct http_response *response,
                              struct error *err);
struct http_route {
    enum http_method method;
    enum http_auth auth;
    const char *path;
    route_fn *handle;
    size_t body_limit; /* 0: 64 KiB */
};
#define GET(p, fn, who)                                                                                                \
    {                                                                                                                  \
        .method = HTTP_GET, .path = (p), .handle = (fn), .auth = (who)                                                 \
    }
#define POST(p, fn, who)                                                                                               \
    {                                                                                                                  \
        .method = HTTP_POST, .path = (p), .handle = (fn), .auth = (who)                                                \
    }
#define PATCH(p, fn, who)                                                                                              \
    {                                                                                                                  \
        .method = HTTP_PATCH, .path = (p), .handle = (fn), .auth = (who)                                               \
    }
#define DELETE(p, fn, who)                                                                                             \
    {                                                                                                                  \
        .method = HTTP_DELETE, .path = (p), .handle = (fn), .auth = (who)                                              \
    }

/* ---- jobs -------------------------------------------------------------------------------------------------------- */
/* Each job has a thread and connections of its own. It runs every `every_us`, and at once when woken (call_wake). It
 * sets *again where more work is waiting. Leased jobs run in one process at a time; their transactions are fenced. */
typedef enum outcome job_fn(struct call *call, bool *again, struct error *err);
struct periodic_job {
    const char *name;
    int64_t every_us;
    job_fn *run;
    bool leased;
    bool bare;    /* begins without a transaction: call_resume opens one */
    bool at_end;  /* runs once more when the service stops: what it has under way between its runs ends there */
    size_t keeps; /* bytes that it finds again at each run (call->kept), zeroed before the first */
};
#define EVERY(job_name, period, fn)                                                                                    \
    {                                                                                                                  \
        .name = (job_name), .every_us = (period), .run = (fn), .leased = true                                          \
    }
#define EVERY_PROCESS(job_name, period, fn)                                                                            \
    {                                                                                                                  \
        .name = (job_name), .every_us = (period), .run = (fn), .leased = false                                         \
    }

/* ---- the service ------------------------------------------------------------------------------------------------- */
enum service_needs {
    NEEDS_VAULT = 1, /* keyring, KEK directory */
    NEEDS_POLICY = 2,
    NEEDS_INDEX_KEY = 4, /* blind indexes */
};

struct forget_table; /* common/forget */

/* A line of the ledger that a schema is behind (common/ledger). closed: the request has ended since. */
struct replay_entry {
    struct text type, data; /* of the event that gave the order */
    struct uuid id;
    int64_t at_us;
    bool closed;
};

struct service_def {
    const char *name;    /* "consent": schema, role, group, topics' client id */
    const char *summary; /* one line for --help and --describe */
    unsigned needs;
    const struct topic_handler *topics;
    size_t topics_n;
    const struct batch_handler *batches;
    size_t batches_n;
    const struct http_route *routes;
    size_t routes_n;
    const struct periodic_job *jobs;
    size_t jobs_n;
    const struct option *options; /* beside the runtime's own */
    size_t options_n;
    const struct event_type *const *publishes; /* what it may put into its outbox: for --describe */
    size_t publishes_n;
    const struct pg_migration *migrations;
    size_t migrations_n;
    const struct pg_statement *const *statements; /* all of its SQL: a contract test PREPAREs each */
    size_t statements_n;
    int schema_least, schema_most; /* versions of its own migrations that it accepts */
    bool keeps_ledger;             /* it appends to the ledger (option ledger), and makes it where there is none yet */
    /* replay: what of the ledger this service's schema must do again beside the road of a forget, which the runtime takes
     * itself; *applied tells whether it had to. In line order; repeatable. May be NULL. */
    enum outcome (*replay)(struct call *call, const struct replay_entry *entry, bool *applied, struct error *err);
    /* restored: the schema was set back: what it meant to do may have been done in the future that is gone. May be NULL. */
    enum outcome (*restored)(struct call *call, struct error *err);
    const struct forget_table *forget; /* how it forgets; the runtime adds the topics and the job for it */
    /* check: what of its options is wrong beyond their kinds (a key file's contents), a line each; may be NULL. An option
     * that is wrong already is absent. */
    void (*check)(const struct options *options, struct buf *mistakes);
    /* start: makes the state shared by all calls (immutable, or with locks of its own); stop frees it. May be NULL. */
    enum outcome (*start)(struct service *service, void **state, struct error *err);
    void (*stop)(void *state);
    /* migrate_more: what this service migrates beside its own schema (intake: vault and keyring); may be NULL. */
    enum outcome (*migrate_more)(const struct options *options, const struct log *log, int *applied, struct error *err);
    /* resync: announces every current row again from `after` on (a page a call, in the outbox); *after is advanced,
     * *again false at the end. `lethectl resync`, POST /internal/v1/resync and `restored` start it; it outlives its
     * process. NULL: nothing to announce. */
    enum outcome (*resync)(struct call *call, struct uuid *after, bool *again, struct error *err);
};

/* service_main: --help, --version, --describe, --check, migrate, restored, or serve. The exit code for main. */
int service_main(int argc, char **argv, const struct service_def *def);

/* What start may ask of the service. */
const struct options *service_options(const struct service *service);
const struct log *service_log(const struct service *service);
struct metrics *service_metrics(struct service *service);
const struct crypto_key *service_index_key(const struct service *service); /* NEEDS_INDEX_KEY */
const char *service_internal_token(const struct service *service);
struct vault_config service_vault_config(const struct service *service); /* NEEDS_VAULT */
const char *service_instance(const struct service *service);
/* service_forget_table: def->forget; never NULL, since a service without one is a bug. */
const struct forget_table *service_forget_table(const struct service *service);
/* service_policy_hold: the policy in force (NEEDS_POLICY), for state made at start; policy_release it. */
const struct policy *service_policy_hold(struct service *service);

/* call_checkpoint: commits what the call has done so far (with its outbox) and begins a new transaction: an audit row
 * before a look, one item of a job's many. The arena is kept. Not in topic handlers. */
enum outcome call_checkpoint(struct call *call, struct error *err) WARN_UNUSED;
/* call_pause: commits and leaves the call without a transaction while it waits for the network; call_resume begins a
 * new one. Not in topic handlers. */
enum outcome call_pause(struct call *call, struct error *err) WARN_UNUSED;
enum outcome call_resume(struct call *call, struct error *err) WARN_UNUSED;
/* call_wake: once this transaction has committed, run the named job of this process at once. */
void call_wake(struct call *call, const char *job);
/* call_uuid: a fresh UUIDv7 of now. */
struct uuid call_uuid(struct call *call);
/* call_stopping: the service is told to stop: long jobs return soon. */
bool call_stopping(const struct call *call);
/* crash_point: in builds and runs with LETHE_CRASH_AT=name the process ends here at once (_exit 137), the nth time
 * where "name:n"; with LETHE_STOP_AT it is frozen (SIGSTOP) instead. Names in tests/chaos/points.txt. */
void crash_point(const char *name);

#endif
