/* pg: one PostgreSQL connection with prepared statements, binary parameters, transactions and a pipeline for writes
 * whose rows nobody reads. Not thread-safe: a thread owns its connection. */
#ifndef LETHE_PG_H
#define LETHE_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena/arena.h"
#include "common/clock/clock.h"
#include "common/error/error.h"
#include "common/event/event.h"
#include "common/log/log.h"

/* One statement, generated from a .sql file; prepared at its first use on a connection. Parameters carry casts
 * ($1::uuid[]), so that their types need no guess. */
struct pg_statement {
    const char *name;
    const char *sql;
};

struct pg;

/* pg_new: a handle; connects at first use. dsn is libpq's; schema becomes the search_path (with pg_catalog); name the
 * application_name. Sessions get lock_timeout 5 s, idle_in_transaction_session_timeout 60 s, keepalives and
 * tcp_user_timeout 10 s at both ends, TimeZone UTC. */
struct pg *pg_new(const char *dsn, const char *schema, const char *name, const struct log *log);
void pg_free(struct pg *pg);
/* pg_plan_once: its sessions plan a statement once, without its values, by indexes where there are any. For those that
 * repeat the same lookups all day; not for statements whose conditions are optional ($1 IS NULL OR ...). A plan is made anew
 * after 2 s, then after twice as long each time, up to 20 minutes: the tables were empty, perhaps. Before the first
 * use. */
void pg_plan_once(struct pg *pg);
/* pg_dsn_ok: whether libpq can read the connection string; it connects nowhere. */
bool pg_dsn_ok(const char *dsn);
/* pg_dsn_export: puts it into this process's environment (PGHOST, PGPASSWORD, ...), for PostgreSQL's own tools: what stands
 * in their arguments is seen by everybody. */
bool pg_dsn_export(const char *dsn);

/* pg_ready: connects if not connected. RETRY where the server is away. After a failure that lost the connection the
 * next call connects anew; a transaction that was open is gone (its calls answer RETRY until pg_rollback). */
enum outcome pg_ready(struct pg *pg, struct error *err) WARN_UNUSED;
/* pg_generation: counts connections made; 0 before the first. Tells a fresh session from the one before. */
uint64_t pg_generation(const struct pg *pg);
int32_t pg_backend_pid(const struct pg *pg); /* 0 where not connected */
const char *pg_schema(const struct pg *pg);

/* ---- parameters: all binary; at most PG_PARAMS_MAX; arrays are copied into the arena ------------------------------ */
enum { PG_PARAMS_MAX = 32 };
struct pg_params {
    struct arena *arena;
    int n;
    const char *values[PG_PARAMS_MAX];
    int lengths[PG_PARAMS_MAX];
};
void pg_params_init(struct pg_params *params, struct arena *arena);
void pg_add_null(struct pg_params *params);
void pg_add_bool(struct pg_params *params, bool v);
void pg_add_int4(struct pg_params *params, int32_t v);
void pg_add_int8(struct pg_params *params, int64_t v);
void pg_add_time(struct pg_params *params, int64_t us);    /* timestamptz; CLOCK_NONE is NULL */
void pg_add_text(struct pg_params *params, struct text v); /* TEXT_NONE is NULL */
void pg_add_str(struct pg_params *params, const char *v);
void pg_add_bytes(struct pg_params *params, struct bytes v);      /* bytea; p NULL is NULL */
void pg_add_uuid(struct pg_params *params, const struct uuid *v); /* NULL or nil is NULL */
void pg_add_hash(struct pg_params *params, const struct hash *v); /* bytea of 16; NULL or absent is NULL */
void pg_add_json(struct pg_params *params, struct text v);        /* json (not jsonb) */
/* arrays; the same rule for absent items */
void pg_add_bools(struct pg_params *params, const bool *v, size_t n);
void pg_add_int4s(struct pg_params *params, const int32_t *v, size_t n);
void pg_add_int8s(struct pg_params *params, const int64_t *v, size_t n);
void pg_add_times(struct pg_params *params, const int64_t *v, size_t n);
void pg_add_texts(struct pg_params *params, const struct text *v, size_t n);
void pg_add_bytes_array(struct pg_params *params, const struct bytes *v, size_t n);
void pg_add_uuids(struct pg_params *params, const struct uuid *v, size_t n);
void pg_add_hashes(struct pg_params *params, const struct hash *v, size_t n);

/* ---- rows: binary; borrowed views live until pg_rows_free ------------------------------------------------------- */
struct pg_rows {
    void *result; /* PGresult */
    int n;        /* rows returned, or rows touched by a statement that returns none */
};
void pg_rows_free(struct pg_rows *rows); /* safe on NULL, on a zeroed struct, twice too */
bool pg_is_null(const struct pg_rows *rows, int row, int column);
bool pg_get_bool(const struct pg_rows *rows, int row, int column);
int32_t pg_get_int4(const struct pg_rows *rows, int row, int column);     /* int2 and int4; INT32_MIN for NULL */
int64_t pg_get_int8(const struct pg_rows *rows, int row, int column);     /* int2, int4, int8; INT64_MIN for NULL */
int64_t pg_get_time(const struct pg_rows *rows, int row, int column);     /* CLOCK_NONE for NULL */
struct text pg_get_text(const struct pg_rows *rows, int row, int column); /* text, json; TEXT_NONE for NULL */
struct bytes pg_get_bytes(const struct pg_rows *rows, int row, int column);
struct uuid pg_get_uuid(const struct pg_rows *rows, int row, int column); /* nil for NULL */
struct hash pg_get_hash(const struct pg_rows *rows, int row, int column);
/* one-dimensional arrays; items are copied into the arena; NULL gives n = 0 */
struct uuid_list pg_get_uuids(const struct pg_rows *rows, int row, int column, struct arena *arena);
struct hash_list pg_get_hashes(const struct pg_rows *rows, int row, int column, struct arena *arena);
struct text_list pg_get_texts(const struct pg_rows *rows, int row, int column, struct arena *arena);

/* ---- statements and transactions -------------------------------------------------------------------------------- */

/* pg_exec: runs a statement and waits. rows may be NULL where none are read; else the caller frees it (it is zeroed on
 * failure). params may be NULL. SQLSTATE classes 22 and 23 and LT002 ("lethe refuses") are REFUSED with rule "sqlstate
 * xxxxx"; LT001 ("lethe fence") and all else is RETRY. Outside a transaction it is one of its own. */
enum outcome pg_exec(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                     struct pg_rows *rows, struct error *err) WARN_UNUSED;

/* pg_queue: sends a statement without waiting (pipeline); only inside a transaction. Its failure comes out of the next
 * pg_exec, pg_flush or pg_commit. Params are copied before the return. */
enum outcome pg_queue(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                      struct error *err) WARN_UNUSED;
/* pg_queue_into: the same; the first column of its first row, a text, stands in out once its result is read, "" before. */
enum outcome pg_queue_into(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                           char *out, size_t room, struct error *err) WARN_UNUSED;
/* pg_queue_rows: the same; its rows stand in *rows once its result is read, none before and after a failure. *rows must
 * live until then; the caller frees it. */
enum outcome pg_queue_rows(struct pg *pg, const struct pg_statement *statement, const struct pg_params *params,
                           struct pg_rows *rows, struct error *err) WARN_UNUSED;
/* pg_push: what was queued goes out as far as the server takes it now. Never waits; a failure comes out of the next call
 * that does. Without it a statement of a few kilobytes stays here until something is waited for. */
void pg_push(struct pg *pg);
enum outcome pg_flush(struct pg *pg, struct error *err) WARN_UNUSED; /* waits for what was queued */

enum outcome pg_begin(struct pg *pg, struct error *err) WARN_UNUSED;
/* pg_commit: UNCERTAIN where the connection was lost between sending COMMIT and its answer. */
enum outcome pg_commit(struct pg *pg, struct error *err) WARN_UNUSED;
/* pg_commit_start, pg_commit_finish: the same in two halves, so that the caller can do other work meanwhile. */
enum outcome pg_commit_start(struct pg *pg, struct error *err) WARN_UNUSED;
enum outcome pg_commit_finish(struct pg *pg, struct error *err) WARN_UNUSED;
void pg_rollback(struct pg *pg); /* also after a failure; harmless outside a transaction */
bool pg_in_transaction(const struct pg *pg);
bool pg_failed(const struct pg *pg);         /* the transaction can only be rolled back */
uint64_t pg_statements(const struct pg *pg); /* statements sent so far: tells whether a handler has touched anything */
bool pg_fenced(const struct pg *pg);         /* the last failure was LT001: somebody else owns it now */

/* ---- migrations ------------------------------------------------------------------------------------------------- */

/* One numbered .sql file (it may hold several statements). `area` names its module ("service", "vault", "intake"). */
struct pg_migration {
    const char *area;
    int number;
    const char *name;
    const char *sql;
};

/* pg_migrate: under an advisory lock applies, in order, what `schema`'s table `migration` doesn't list; each file is
 * one transaction. The dsn's role must own the schema. "{schema}" and "{role}" in the SQL stand for the schema and the
 * service's role (checked to be [a-z_]+). Returns how many were applied in *applied. */
enum outcome pg_migrate(const char *dsn, const char *schema, const char *role, const struct pg_migration *migrations,
                        size_t n, const struct log *log, int *applied, struct error *err) WARN_UNUSED;

#endif
