/* internal: what the files of pg share. */
#ifndef LETHE_PG_INTERNAL_H
#define LETHE_PG_INTERNAL_H

#include <libpq-fe.h>

#include "common/pg/pg.h"

enum { PG_PREPARED_SLOTS = 512, PG_QUEUE_MAX = 256 };

enum entry_kind { ENTRY_STATEMENT, ENTRY_PREPARE, ENTRY_CONTROL, ENTRY_COMMIT };

/* one thing sent whose result hasn't been read */
struct entry {
    enum entry_kind kind;
    const struct pg_statement *statement;
    char *out; /* where its first text goes, or NULL */
    size_t room;
    struct pg_rows *rows; /* where its rows go, or NULL */
};

struct pg {
    char *dsn, *schema, *name;
    const struct log *log;
    PGconn *conn;
    uint64_t generation, statements;
    bool plan_once;
    int64_t replan_at_us, replan_after_us; /* plan_once: when plans are next made anew, and how long they hold then */
    bool in_transaction;
    bool failed;      /* the transaction can only be rolled back */
    bool fenced;      /* the last failure was LT001 */
    bool commit_sent; /* COMMIT is on its way */
    struct entry queue[PG_QUEUE_MAX];
    size_t queued;
    const struct pg_statement *prepared[PG_PREPARED_SLOTS];
    size_t prepared_n;
};

/* pg_sqlstate_outcome: what an SQLSTATE means for the caller; pure. */
enum outcome pg_sqlstate_outcome(const char *sqlstate);

#endif
