/* pg: the connection, its prepared statements, transactions and pipeline. The connection stays in pipeline mode: what is
 * queued travels together, and only pg_exec, pg_flush and pg_commit wait. */
#include "common/pg/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pg *pg_new(const char *dsn, const char *schema, const char *name, const struct log *log)
{
    struct pg *pg = calloc(1, sizeof(*pg));

    ENSURE(pg != NULL);
    pg->dsn = strdup(dsn);
    pg->schema = strdup(schema);
    pg->name = strdup(name);
    ENSURE(pg->dsn != NULL && pg->schema != NULL && pg->name != NULL);
    pg->log = log;
    return pg;
}

void pg_plan_once(struct pg *pg)
{
    pg->plan_once = true;
}

static void disconnect(struct pg *pg)
{
    if (pg->conn != NULL)
        PQfinish(pg->conn);
    pg->conn = NULL;
    pg->queued = 0;
    memset(pg->prepared, 0, sizeof(pg->prepared));
    pg->prepared_n = 0;
}

void pg_free(struct pg *pg)
{
    if (pg == NULL)
        return;
    disconnect(pg);
    free(pg->dsn);
    free(pg->schema);
    free(pg->name);
    free(pg);
}

uint64_t pg_generation(const struct pg *pg)
{
    return pg->generation;
}

int32_t pg_backend_pid(const struct pg *pg)
{
    return pg->conn == NULL ? 0 : PQbackendPID(pg->conn);
}

const char *pg_schema(const struct pg *pg)
{
    return pg->schema;
}

bool pg_in_transaction(const struct pg *pg)
{
    return pg->in_transaction;
}

bool pg_failed(const struct pg *pg)
{
    return pg->in_transaction && pg->failed;
}

uint64_t pg_statements(const struct pg *pg)
{
    return pg->statements;
}

bool pg_fenced(const struct pg *pg)
{
    return pg->fenced;
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

enum outcome pg_sqlstate_outcome(const char *sqlstate)
{
    if (sqlstate == NULL)
        return RETRY;
    if (strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0 || strcmp(sqlstate, "LT002") == 0)
        return REFUSED;
    return RETRY;
}

static enum outcome lost(struct pg *pg, struct error *err)
{
    bool uncertain = pg->commit_sent;

    disconnect(pg);
    pg->commit_sent = false;
    if (pg->in_transaction)
        pg->failed = true;
    if (uncertain)
        return error_uncertain(err, "postgres", "the connection was lost while a commit was under way");
    return error_retry(err, "postgres", "the connection to PostgreSQL was lost");
}

/* A server's message may quote values: only its code, its statement and its constraint go further. */
static enum outcome failed_result(struct pg *pg, const struct entry *entry, const PGresult *result, struct error *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *name = entry->statement == NULL ? "transaction control" : entry->statement->name;
    char rule[sizeof(err->rule)];
    enum outcome outcome = pg_sqlstate_outcome(state);

    if (pg->in_transaction)
        pg->failed = true;
    pg->fenced = state != NULL && strcmp(state, "LT001") == 0;
    snprintf(rule, sizeof(rule), "sqlstate %s", state == NULL ? "unknown" : state);
    if (outcome == REFUSED)
        return error_refuse(err, "", rule, "%s failed%s%s", name, constraint == NULL ? "" : ": ",
                            constraint == NULL ? "" : constraint);
    return error_retry(err, rule, "%s failed%s%s", name, constraint == NULL ? "" : ": ",
                       constraint == NULL ? "" : constraint);
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

static enum outcome session(struct pg *pg, struct error *err)
{
    /* such a plan may be made while its tables are small, and serves when they have grown: it goes by the indexes */
    static const char plan_once[] = ";SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off";
    char set[768];
    PGresult *result;
    ExecStatusType status;

    snprintf(set, sizeof(set),
             "SET search_path = %s, pg_catalog; SET lock_timeout = '5s'; SET TimeZone = 'UTC';"
             "SET idle_in_transaction_session_timeout = '60s';"
             /* the server, too, notices a host that vanished: its locks go with it */
             "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;"
             "SET tcp_user_timeout = '10s'%s",
             pg->schema, pg->plan_once ? plan_once : "");
    pg->replan_after_us = SECONDS(2);
    pg->replan_at_us = clock_monotonic_us() + pg->replan_after_us;
    result = PQexec(pg->conn, set);
    status = PQresultStatus(result);
    PQclear(result);
    /* nonblocking: whoever queues goes on while the server is busy with what came before */
    if (status != PGRES_COMMAND_OK || PQenterPipelineMode(pg->conn) != 1 || PQsetnonblocking(pg->conn, 1) != 0) {
        disconnect(pg);
        return error_retry(err, "postgres", "a session could not be set up");
    }
    return DONE;
}

static void quiet_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

enum outcome pg_ready(struct pg *pg, struct error *err)
{
    const char *const keys[] = {"dbname",           "application_name",    "connect_timeout",
                                "keepalives_idle",  "keepalives_interval", "keepalives_count",
                                "tcp_user_timeout", "client_encoding",     NULL};
    const char *const values[] = {pg->dsn, pg->name, "5", "5", "2", "3", "10000", "UTF8", NULL};

    if (pg->conn != NULL && PQstatus(pg->conn) == CONNECTION_OK)
        return DONE;
    disconnect(pg);
    pg->conn = PQconnectdbParams(keys, values, 1);
    if (pg->conn == NULL || PQstatus(pg->conn) != CONNECTION_OK) {
        disconnect(pg);
        return error_retry(err, "postgres", "PostgreSQL can't be reached or refuses the connection");
    }
    PQsetNoticeReceiver(pg->conn, quiet_notice, NULL);
    TRY(session(pg, err));
    pg->generation++;
    return DONE;
}

/* ---- prepared statements ------------------------------------------------------------------------------------------ */

/* By name: each file that includes a generated header has a copy of its statements. */
static size_t slot_of(const struct pg *pg, const struct pg_statement *statement)
{
    size_t slot = 2166136261U;

    for (const char *p = statement->name; *p != '\0'; p++)
        slot = (slot ^ (unsigned char)*p) * 16777619U;
    slot %= PG_PREPARED_SLOTS;
    while (pg->prepared[slot] != NULL && pg->prepared[slot] != statement &&
           strcmp(pg->prepared[slot]->name, statement->name) != 0)
        slot = (slot + 1) % PG_PREPARED_SLOTS;
    return slot;
}

/* A preparation that didn't happen: open addressing can't just clear a slot, so all are prepared anew under the same
 * names after DEALLOCATE; rare, so the connection is given up instead. */
static void prepare_failed(struct pg *pg)
{
    disconnect(pg);
}

/* ---- the pipeline ------------------------------------------------------------------------------------------------- */

static enum outcome push(struct pg *pg, enum entry_kind kind, const struct pg_statement *statement, int sent,
                         struct error *err)
{
    if (sent != 1)
        return lost(pg, err);
    ENSURE(pg->queued < PG_QUEUE_MAX);
    pg->queue[pg->queued++] = (struct entry){.kind = kind, .statement = statement};
    return DONE;
}

static enum outcome prepare(struct pg *pg, const struct pg_statement *statement, struct error *err)
{
    size_t slot = slot_of(pg, statement);

    if (pg->prepared[slot] != NULL)
        return DONE;
    ENSURE(pg->prepared_n < PG_PREPARED_SLOTS / 2);
    TRY(push(pg, ENTRY_PREPARE, statement, PQsendPrepare(pg->conn, statement->name, statement->sql, 0, NULL), err));
    pg->prepared[slot] = statement;
    pg->prepared_n++;
    return DONE;
}

static enum outcome send_statement(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                                   struct error *err)
{
    static const struct pg_params none;
    int formats[PG_PARAMS_MAX];

    pg->statements++;
    if (params == NULL)
        params = &none;
    for (int i = 0; i < params->n; i++)
        formats[i] = 1;
    TRY(prepare(pg, statement, err));
    return push(pg, ENTRY_STATEMENT, statement,
                PQsendQueryPrepared(pg->conn, statement->name, params->n, params->values, params->lengths, formats, 1),
                err);
}

static const struct pg_statement begin_statement = {.name = "pg_begin", .sql = "BEGIN"};
static const struct pg_statement commit_statement = {.name = "pg_commit", .sql = "COMMIT"};
static const struct pg_statement replan_statement = {.name = "pg_replan", .sql = "DISCARD PLANS"};
static const struct pg_statement rollback_statement = {.name = "pg_rollback", .sql = "ROLLBACK"};

/* Prepared like any other, though never counted: even a BEGIN takes longer to parse than to do. */
static enum outcome send_control(struct pg *pg, enum entry_kind kind, const struct pg_statement *statement,
                                 struct error *err)
{
    TRY(prepare(pg, statement, err));
    return push(pg, kind, NULL, PQsendQueryPrepared(pg->conn, statement->name, 0, NULL, NULL, NULL, 1), err);
}

/* What is in flight when the queue is nearly full is waited for, so that the queue stays bounded. */
static bool crowded(const struct pg *pg)
{
    return pg->queued + 4 >= PG_QUEUE_MAX;
}

/* The first column of the first row, for whoever asked for it when the statement was queued. */
static void copy_out(const struct entry *entry, const PGresult *result)
{
    if (entry->out != NULL && PQntuples(result) > 0)
        snprintf(entry->out, entry->room, "%.*s", PQgetlength(result, 0, 0), PQgetvalue(result, 0, 0));
}

static void take_rows(struct pg_rows *rows, PGresult *result)
{
    rows->result = result;
    rows->n =
        PQresultStatus(result) == PGRES_TUPLES_OK ? PQntuples(result) : (int)strtol(PQcmdTuples(result), NULL, 10);
}

/* One entry's result. *failure keeps the first failure; what follows it was skipped by the server. */
static enum outcome read_entry(struct pg *pg, const struct entry *entry, enum outcome failure, struct pg_rows *rows,
                               bool *prepare_lost, struct error *err)
{
    enum outcome outcome = failure;
    PGresult *result = PQgetResult(pg->conn);
    ExecStatusType status = PQresultStatus(result);

    if (result == NULL || (PQstatus(pg->conn) != CONNECTION_OK)) {
        PQclear(result);
        return lost(pg, err);
    }
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        if (failure == DONE)
            outcome = failed_result(pg, entry, result, err);
        *prepare_lost = *prepare_lost || entry->kind == ENTRY_PREPARE;
        PQclear(result);
    } else if (entry->rows != NULL) {
        take_rows(entry->rows, result);
    } else if (rows != NULL && entry->kind == ENTRY_STATEMENT && entry->out == NULL) {
        pg_rows_free(rows); /* the last statement's rows are the caller's */
        take_rows(rows, result);
    } else {
        copy_out(entry, result);
        PQclear(result);
    }
    result = PQgetResult(pg->conn); /* the NULL between entries */
    PQclear(result);
    return outcome;
}

/* Nobody reads what comes of these: it is freed, and what is still to come goes nowhere. */
static void forget_rows(struct pg *pg, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pg_rows_free(pg->queue[i].rows);
        pg->queue[i].rows = NULL;
        pg->queue[i].out = NULL;
    }
}

/* Waits for all that was sent; the sync has been sent before. */
static enum outcome drain(struct pg *pg, struct pg_rows *rows, struct error *err)
{
    enum outcome outcome = DONE;
    bool prepare_lost = false;
    size_t n = pg->queued;
    PGresult *result;

    for (size_t i = 0; i < n; i++) {
        uint64_t was = pg->generation;
        outcome = read_entry(pg, &pg->queue[i], outcome, rows, &prepare_lost, err);
        if (pg->conn == NULL || was != pg->generation)
            goto cleanup;
    }
    pg->queued = 0;
    result = PQgetResult(pg->conn);
    if (PQresultStatus(result) != PGRES_PIPELINE_SYNC)
        outcome = lost(pg, err);
    PQclear(result);
    if (prepare_lost)
        prepare_failed(pg);
cleanup:
    if (outcome != DONE) {
        forget_rows(pg, n);
        pg_rows_free(rows);
    }
    return outcome;
}

static enum outcome sync_and_drain(struct pg *pg, struct pg_rows *rows, struct error *err)
{
    if (PQpipelineSync(pg->conn) != 1)
        return lost(pg, err);
    return drain(pg, rows, err);
}

/* ---- statements ---------------------------------------------------------------------------------------------------- */

static enum outcome usable(struct pg *pg, struct error *err)
{
    if (pg->in_transaction && pg->failed)
        return error_retry(err, "postgres", "the transaction has failed already");
    if (pg->in_transaction)
        return DONE;
    pg->fenced = false;
    return pg_ready(pg, err);
}

enum outcome pg_exec(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                     struct pg_rows *rows, struct error *err)
{
    if (rows != NULL)
        *rows = (struct pg_rows){0};
    TRY(usable(pg, err));
    TRY(send_statement(pg, statement, params, err));
    return sync_and_drain(pg, rows, err);
}

enum outcome pg_queue(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                      struct error *err)
{
    ENSURE(pg != NULL && pg->in_transaction);
    TRY(usable(pg, err));
    if (crowded(pg))
        TRY(pg_flush(pg, err));
    return send_statement(pg, statement, params, err);
}

enum outcome pg_queue_into(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                           char *out, size_t room, struct error *err)
{
    out[0] = '\0';
    TRY(pg_queue(pg, statement, params, err));
    pg->queue[pg->queued - 1].out = out;
    pg->queue[pg->queued - 1].room = room;
    return DONE;
}

enum outcome pg_queue_rows(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                           struct pg_rows *rows, struct error *err)
{
    *rows = (struct pg_rows){0};
    TRY(pg_queue(pg, statement, params, err));
    pg->queue[pg->queued - 1].rows = rows;
    return DONE;
}

void pg_push(struct pg *pg)
{
    if (pg->conn != NULL)
        (void)PQflush(pg->conn);
}

enum outcome pg_flush(struct pg *pg, struct error *err)
{
    TRY(usable(pg, err));
    if (pg->queued == 0)
        return DONE;
    return sync_and_drain(pg, NULL, err);
}

/* A plan made once for a table that was empty then is the wrong one soon. A session makes its plans anew after 2 s, then
 * after twice as long each time. */
static enum outcome replan(struct pg *pg, struct error *err)
{
    int64_t now = clock_monotonic_us();

    if (!pg->plan_once || now < pg->replan_at_us)
        return DONE;
    if (pg->replan_after_us < MINUTES(10))
        pg->replan_after_us *= 2;
    pg->replan_at_us = now + pg->replan_after_us;
    return send_control(pg, ENTRY_CONTROL, &replan_statement, err);
}

/* ---- transactions -------------------------------------------------------------------------------------------------- */

enum outcome pg_begin(struct pg *pg, struct error *err)
{
    ENSURE(!pg->in_transaction);
    pg->fenced = false;
    TRY(pg_ready(pg, err));
    pg->in_transaction = true;
    pg->failed = false;
    TRY(send_control(pg, ENTRY_CONTROL, &begin_statement, err));
    return replan(pg, err);
}

enum outcome pg_commit_start(struct pg *pg, struct error *err)
{
    ENSURE(pg->in_transaction);
    TRY(usable(pg, err));
    pg->commit_sent = true;
    TRY(send_control(pg, ENTRY_COMMIT, &commit_statement, err));
    if (PQpipelineSync(pg->conn) != 1)
        return lost(pg, err);
    return DONE;
}

enum outcome pg_commit_finish(struct pg *pg, struct error *err)
{
    enum outcome outcome;

    ENSURE(pg->in_transaction && pg->commit_sent);
    outcome = drain(pg, NULL, err);
    pg->commit_sent = false;
    if (outcome == DONE)
        pg->in_transaction = false;
    return outcome;
}

enum outcome pg_commit(struct pg *pg, struct error *err)
{
    TRY(pg_commit_start(pg, err));
    return pg_commit_finish(pg, err);
}

void pg_rollback(struct pg *pg)
{
    struct error ignored;

    if (!pg->in_transaction)
        return;
    pg->in_transaction = false;
    pg->failed = false;
    pg->commit_sent = false;
    forget_rows(pg, pg->queued);
    if (pg->conn == NULL)
        return;
    /* A rollback that can't be sent leaves a dead connection, and with it the server rolls back. */
    if (send_control(pg, ENTRY_CONTROL, &rollback_statement, &ignored) != DONE ||
        sync_and_drain(pg, NULL, &ignored) != DONE)
        disconnect(pg);
}
