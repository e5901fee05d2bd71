/* migrate: numbered SQL files, applied once each, in order, under an advisory lock, one transaction a file. */
#include "common/pg/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf/buf.h"

static bool name_ok(const char *name)
{
    return name[0] != '\0' && strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name);
}

static enum outcome run(PGconn *conn, const char *sql, const char *what, struct error *err)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    enum outcome outcome = DONE;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        /* a migration holds no values of anybody: its message may be shown */
        const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        outcome = error_refuse(err, "", "migration", "%s: %s", what, message == NULL ? "connection lost" : message);
    }
    PQclear(result);
    return outcome;
}

/* "{schema}" and "{role}" in the file stand for checked names. */
static void expand(struct buf *out, const char *sql, const char *schema, const char *role)
{
    for (const char *p = sql; *p != '\0';) {
        if (strncmp(p, "{schema}", 8) == 0) {
            buf_str(out, schema);
            p += 8;
        } else if (strncmp(p, "{role}", 6) == 0) {
            buf_str(out, role);
            p += 6;
        } else {
            buf_char(out, *p++);
        }
    }
    buf_char(out, '\0');
}

static enum outcome is_applied(PGconn *conn, const struct pg_migration *migration, bool *applied, struct error *err)
{
    char number[16];
    const char *const values[] = {migration->area, number};
    PGresult *result;
    enum outcome outcome = DONE;

    snprintf(number, sizeof(number), "%d", migration->number);
    result = PQexecParams(conn, "SELECT 1 FROM migration WHERE area = $1 AND number = $2::int", 2, NULL, values, NULL,
                          NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        outcome = error_retry(err, "postgres", "the table of migrations can't be read");
    else
        *applied = PQntuples(result) > 0;
    PQclear(result);
    return outcome;
}

static enum outcome note(PGconn *conn, const struct pg_migration *migration, struct error *err)
{
    char number[16];
    const char *const values[] = {migration->area, number, migration->name};
    PGresult *result;
    enum outcome outcome = DONE;

    snprintf(number, sizeof(number), "%d", migration->number);
    result = PQexecParams(conn, "INSERT INTO migration (area, number, name) VALUES ($1, $2::int, $3)", 3, NULL, values,
                          NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        outcome = error_retry(err, "postgres", "a migration can't be noted");
    PQclear(result);
    return outcome;
}

static enum outcome apply(PGconn *conn, const char *schema, const char *role, const struct pg_migration *migration,
                          struct error *err)
{
    struct buf sql;
    enum outcome outcome;

    buf_init(&sql, 4 << 20);
    expand(&sql, migration->sql, schema, role);
    ENSURE(!sql.failed);
    if ((outcome = run(conn, "BEGIN", migration->name, err)) == DONE &&
        (outcome = run(conn, sql.p, migration->name, err)) == DONE && (outcome = note(conn, migration, err)) == DONE)
        outcome = run(conn, "COMMIT", migration->name, err);
    buf_free(&sql);
    return outcome;
}

static enum outcome prepare(PGconn *conn, const char *schema, struct error *err)
{
    char sql[512];

    snprintf(sql, sizeof(sql),
             "SET client_min_messages = warning; SET search_path = %s, pg_catalog;"
             "SELECT pg_advisory_lock(hashtext('lethe migrate %s'));"
             "CREATE TABLE IF NOT EXISTS %s.migration (area text NOT NULL, number int NOT NULL, name text NOT NULL,"
             " at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (area, number))",
             schema, schema, schema);
    return run(conn, sql, "preparing to migrate", err);
}

enum outcome pg_migrate(const char *dsn, const char *schema, const char *role, const struct pg_migration *migrations,
                        size_t n, const struct log *log, int *applied, struct error *err)
{
    enum outcome outcome = DONE;
    PGconn *conn;

    ENSURE(name_ok(schema) && name_ok(role));
    *applied = 0;
    conn = PQconnectdb(dsn);
    if (PQstatus(conn) != CONNECTION_OK) {
        outcome = error_retry(err, "postgres", "the owner of schema %s can't connect", schema);
        goto cleanup;
    }
    if ((outcome = prepare(conn, schema, err)) != DONE)
        goto cleanup;
    for (size_t i = 0; i < n; i++) {
        bool there = false;
        if ((outcome = is_applied(conn, &migrations[i], &there, err)) != DONE)
            goto cleanup;
        if (there)
            continue;
        if ((outcome = apply(conn, schema, role, &migrations[i], err)) != DONE)
            goto cleanup;
        log_info(log, "migration.applied", F_STR("schema", schema), F_STR("area", migrations[i].area),
                 F_INT("number", migrations[i].number), F_STR("name", migrations[i].name));
        (*applied)++;
    }
cleanup:
    PQfinish(conn);
    return outcome;
}
