/* tool: lethe-backup take, list, verify, restore, expire, register, report: dumps of our own, sealed, with what is to be
 * known of each beside it, and in the service's catalogue. */
#ifndef LETHE_BACKUP_TOOL_H
#define LETHE_BACKUP_TOOL_H

#include <stdbool.h>
#include <stdio.h>

#include "common/crypto/crypto.h"
#include "common/http/client.h"
#include "common/log/log.h"
#include "common/option/option.h"
#include "services/backup/rotation.h"

/* What stands beside each file (and, sealed, at its beginning). */
struct copy {
    struct uuid id;
    bool keyring; /* the keyring's dump; else all schemas */
    int64_t taken_us, expires_us;
    int64_t ledger;     /* the ledger's number before its snapshot; INT64_MIN: there was no ledger */
    int64_t kek_epoch;  /* INT64_MIN: none */
    int rotation;       /* enum rotation */
    int64_t bytes;      /* of the file; 0 until it is whole */
    struct text digest; /* SHA-256 of the file, hex */
    struct text place;  /* the file */
};
struct copy_list {
    struct copy *items;
    size_t n;
};

struct tool {
    struct options *options;
    struct arena *arena;
    struct crypto_key *key;
    struct http_client *http;
    struct log log;
};

int tool_main(int argc, char **argv); /* the exit code: 0, 1 (it failed), 78 (configuration) */
bool tool_knows(const char *word);

/* ---- tool_shelf.c: the files and what stands beside them ---- */
const char *shelf_dir(const struct tool *tool, bool keyring);
struct text shelf_json(const struct copy *copy, struct arena *arena);
enum outcome shelf_put(struct tool *tool, const struct copy *copy, struct error *err) WARN_UNUSED;
enum outcome shelf_list(struct tool *tool, struct copy_list *out, struct error *err) WARN_UNUSED; /* by time */
enum outcome shelf_drop(struct tool *tool, const struct copy *copy, struct error *err) WARN_UNUSED;
struct text shelf_path(struct tool *tool, const struct copy *copy, const char *ending);

/* ---- tool_file.c: one sealed file ---- */
struct progress {
    const char *what;
    int64_t done, total; /* bytes of the dump; total 0: not known */
    int64_t next_us;
};
/* file_seal: from a pipe into a new file, synced; fills copy's bytes and digest. */
enum outcome file_seal(struct tool *tool, struct copy *copy, int from, struct progress *progress,
                       struct error *err) WARN_UNUSED;
/* file_open: checks the digest, opens every chunk, and writes what was sealed to a pipe (-1: nowhere). */
enum outcome file_open(struct tool *tool, const struct copy *copy, int to, struct progress *progress,
                       struct error *err) WARN_UNUSED;

/* ---- tool_dump.c ---- */
int tool_take(struct tool *tool, int argc, char **argv);
int tool_restore(struct tool *tool, int argc, char **argv);
/* dump_check: does pg_restore read the dump as one? */
enum outcome dump_check(struct tool *tool, const struct copy *copy, struct error *err) WARN_UNUSED;

/* ---- tool_catalogue.c ---- */
enum outcome catalogue_register(struct tool *tool, const struct copy *copy, struct error *err) WARN_UNUSED;
enum outcome catalogue_gone(struct tool *tool, const struct copy *copy, struct error *err) WARN_UNUSED;

/* ---- tool_ledger.c ---- */
int tool_ledger(struct tool *tool, int argc, char **argv);

/* ---- tool_report.c ---- */
int tool_report(struct tool *tool, int argc, char **argv);

/* tool_failed: says why on stderr; 1. */
int tool_failed(const char *what, const struct error *err);

#endif
