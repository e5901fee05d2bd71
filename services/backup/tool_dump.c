/* tool_dump: pg_dump into a sealed file, and back by pg_restore. Their connection is told by their environment. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/ledger/ledger.h"
#include "common/pg/pg.h"
#include "services/backup/tool.h"

enum { ARGS_MOST = 64 };

/* ---- the tools of PostgreSQL ------------------------------------------------------------------------------------------- */

struct child {
    pid_t pid;
    int pipe; /* our end */
};

/* argv[0] with our end of its output (reads) or of its input. dsn NULL: it connects nowhere. */
static enum outcome spawn(const char *const *argv, const char *dsn, bool reads, struct child *out, struct error *err)
{
    char *own[ARGS_MOST + 1] = {NULL};
    int ends[2], theirs;

    for (size_t i = 0; argv[i] != NULL; i++) {
        ENSURE(i < ARGS_MOST);
        own[i] = strdup(argv[i]); /* execvp takes no constants; it is the child's to keep */
    }
    if (pipe2(ends, O_CLOEXEC) != 0 || (out->pid = fork()) < 0)
        return error_retry(err, "backup", "%s can't be started: %s", argv[0], strerror(errno));
    theirs = reads ? ends[1] : ends[0];
    out->pipe = reads ? ends[0] : ends[1];
    if (out->pid == 0) {
        (void)signal(SIGPIPE, SIG_DFL);
        if (dup2(theirs, reads ? STDOUT_FILENO : STDIN_FILENO) < 0 || (dsn != NULL && !pg_dsn_export(dsn)))
            _exit(126);
        (void)execvp(own[0], own);
        _exit(127);
    }
    for (size_t i = 0; own[i] != NULL; i++)
        free(own[i]);
    close(theirs);
    return DONE;
}

static enum outcome finish(struct child *child, const char *name, struct error *err)
{
    int status = 0;

    if (child->pipe >= 0)
        close(child->pipe);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return DONE;
    return error_retry(err, "backup", "%s failed (%d)%s", name, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                       WIFEXITED(status) && WEXITSTATUS(status) == 127 ? ": it isn't installed" : "");
}

static const char *dsn_of(const struct tool *tool, bool keyring)
{
    return option_text(tool->options, keyring ? "keyring-backup" : "pg-backup");
}

/* A number that the database tells; INT64_MIN where it doesn't. */
static int64_t ask_number(struct tool *tool, bool keyring, const struct pg_statement *statement)
{
    struct pg *pg = pg_new(dsn_of(tool, keyring), "pg_catalog", "lethe-backup", &tool->log);
    struct error ignored; /* a figure, no more */
    struct pg_rows rows;
    int64_t n = INT64_MIN;

    if (pg_exec(pg, statement, NULL, &rows, &ignored) == DONE) {
        if (rows.n > 0)
            n = pg_get_int8(&rows, 0, 0);
        pg_rows_free(&rows);
    }
    pg_free(pg);
    return n;
}

/* ---- take --------------------------------------------------------------------------------------------------------------- */

static enum outcome dump_into(struct tool *tool, struct copy *copy, struct error *err)
{
    static const char *const argv[] = {"pg_dump", "--format=custom", "--no-password", NULL};
    static const struct pg_statement size = {"database_size", "SELECT pg_database_size(current_database())"};
    struct progress progress = {.what = copy->keyring ? "keyring" : "schemas",
                                .total = ask_number(tool, copy->keyring, &size)};
    enum outcome outcome, ended;
    struct child child;
    struct error end;

    TRY(spawn(argv, dsn_of(tool, copy->keyring), true, &child, err));
    outcome = file_seal(tool, copy, child.pipe, &progress, err);
    ended = finish(&child, argv[0], &end);
    if (outcome == DONE && ended != DONE)
        *err = end;
    return outcome == DONE ? ended : outcome;
}

static enum outcome describe_copy(struct tool *tool, bool keyring, enum rotation rotation, struct copy *copy,
                                  struct error *err)
{
    static const struct pg_statement epoch = {"kek_epoch",
                                              "SELECT max(epoch)::int8 FROM keyring.kek WHERE state = 'current'"};
    const struct rotation_keep keep = {{{.us = option_us(tool->options, "keep-daily")},
                                        {.us = option_us(tool->options, "keep-weekly")},
                                        {.us = option_us(tool->options, "keep-monthly")}}};
    const char *ledger = option_text(tool->options, "ledger");
    int64_t now = clock_now_us();

    *copy = (struct copy){.id = uuid_v7_random(now),
                          .keyring = keyring,
                          .taken_us = now,
                          .expires_us = rotation_expires(&keep, rotation, now),
                          .ledger = INT64_MIN,
                          .kek_epoch = keyring ? ask_number(tool, true, &epoch) : INT64_MIN,
                          .rotation = (int)rotation};
    copy->place = shelf_path(tool, copy, ".dump");
    return ledger != NULL ? ledger_head(ledger, &copy->ledger, err) : DONE;
}

/* Known to the catalogue before its snapshot: whoever is forgotten from now on is told of it. */
static enum outcome take_one(struct tool *tool, bool keyring, enum rotation rotation, struct error *err)
{
    struct error ignored; /* the failure itself is told */
    char id[UUID_TEXT_BYTES];
    enum outcome outcome;
    struct copy copy;

    TRY(describe_copy(tool, keyring, rotation, &copy, err));
    TRY(catalogue_register(tool, &copy, err));
    outcome = dump_into(tool, &copy, err);
    if (outcome == DONE)
        outcome = shelf_put(tool, &copy, err);
    if (outcome != DONE) {
        if (shelf_drop(tool, &copy, &ignored) == DONE)
            (void)!catalogue_gone(tool, &copy, &ignored);
        return outcome;
    }
    uuid_format(&copy.id, id);
    printf("%s %s %s %lld bytes\n", id, keyring ? "keyring" : "schemas", rotation_names[rotation],
           (long long)copy.bytes);
    return DONE;
}

static enum outcome next_rotation(struct tool *tool, enum rotation *out, struct error *err)
{
    struct rotation_copy *copies;
    struct copy_list list;
    size_t n = 0;

    TRY(shelf_list(tool, &list, err));
    copies = ARENA_ARRAY(tool->arena, list.n + 1, struct rotation_copy);
    for (size_t i = 0; i < list.n; i++)
        if (!list.items[i].keyring)
            copies[n++] = (struct rotation_copy){.rotation = (enum rotation)list.items[i].rotation,
                                                 .taken_us = list.items[i].taken_us};
    *out = rotation_decide(copies, n, clock_now_us());
    return DONE;
}

/* Rows before keys: each row of the dump then finds its key, if it wasn't destroyed meanwhile. */
static enum outcome take_both(struct tool *tool, struct error *err)
{
    enum rotation rotation;

    TRY(next_rotation(tool, &rotation, err));
    TRY(take_one(tool, false, rotation, err));
    return dsn_of(tool, true) != NULL ? take_one(tool, true, rotation, err) : DONE;
}

int tool_take(struct tool *tool, int argc, char **argv)
{
    struct error err = {0};

    (void)argc;
    (void)argv;
    return take_both(tool, &err) == DONE ? 0 : tool_failed("take", &err);
}

/* ---- restore ------------------------------------------------------------------------------------------------------------ */

static enum outcome pipe_into(struct tool *tool, const struct copy *copy, const char *const *argv, const char *dsn,
                              struct error *err)
{
    struct progress progress = {.what = copy->keyring ? "keyring" : "schemas"};
    enum outcome outcome, ended;
    struct child child;
    struct error end;

    TRY(spawn(argv, dsn, false, &child, err));
    outcome = file_open(tool, copy, child.pipe, &progress, err);
    ended = finish(&child, argv[0], &end);
    if (ended != DONE && outcome != REFUSED)
        *err = end;
    return outcome == DONE ? ended : outcome;
}

enum outcome dump_check(struct tool *tool, const struct copy *copy, struct error *err)
{
    static const char *const argv[] = {"pg_restore", "--file=/dev/null", NULL};

    return pipe_into(tool, copy, argv, NULL, err);
}

/* What was sealed under an epoch whose KEK is destroyed stays dark: said in words, since nothing else will. */
static void tell_dark(struct tool *tool)
{
    static const struct pg_statement epochs = {
        "epochs", "SELECT kek_epoch::int8, count(*) FROM keyring.key GROUP BY 1 ORDER BY 1"};
    const char *dir = option_text(tool->options, "kek-dir");
    struct pg *pg = pg_new(dsn_of(tool, true), "pg_catalog", "lethe-backup", &tool->log);
    struct error ignored; /* the restore itself is done */
    struct pg_rows rows;

    if (dir == NULL || pg_exec(pg, &epochs, NULL, &rows, &ignored) != DONE) {
        pg_free(pg);
        return;
    }
    for (int i = 0; i < rows.n; i++) {
        long long epoch = (long long)pg_get_int8(&rows, i, 0);
        if (access(text_format(tool->arena, "%s/%lld.kek", dir, epoch).p, F_OK) != 0)
            printf("epoch %lld: its KEK is destroyed: %lld keys can't be opened by anybody, and what they sealed is "
                   "unreadable for good\n",
                   epoch, (long long)pg_get_int8(&rows, i, 1));
    }
    pg_rows_free(&rows);
    pg_free(pg);
}

static enum outcome find(struct tool *tool, const char *name, struct copy *out, struct error *err)
{
    struct copy_list list;
    struct uuid id;

    if (!uuid_parse(text_of(name), &id))
        return error_refuse(err, "", "backup", "a backup is named by its id: lethe-backup list");
    TRY(shelf_list(tool, &list, err));
    for (size_t i = 0; i < list.n; i++) {
        *out = list.items[i];
        if (uuid_equal(&out->id, &id))
            return DONE;
    }
    return error_refuse(err, "", "backup", "there is no such backup");
}

/* All of it, or the schemas named behind the id. In one transaction: a restore that fails changes nothing. */
static enum outcome restore(struct tool *tool, int argc, char **argv, struct error *err)
{
    const char *args[ARGS_MOST] = {"pg_restore",           "--clean",       "--if-exists",
                                   "--single-transaction", "--no-password", "--exit-on-error"};
    size_t n = 6;
    struct copy copy = {0};

    if (argc < 1 || (size_t)argc > ARGS_MOST / 2)
        return error_refuse(err, "", "backup", "usage: lethe-backup restore ID [SCHEMA...]");
    TRY(find(tool, argv[0], &copy, err));
    for (int i = 1; i < argc; i++)
        args[n++] = text_format(tool->arena, "--schema=%s", argv[i]).p;
    args[n++] = text_format(tool->arena, "--dbname=%s", option_text(tool->options, "database")).p;
    TRY(file_open(tool, &copy, -1, &(struct progress){.what = "checking"}, err)); /* before anything is dropped */
    TRY(pipe_into(tool, &copy, args, dsn_of(tool, copy.keyring), err));
    if (copy.keyring)
        tell_dark(tool);
    return DONE;
}

int tool_restore(struct tool *tool, int argc, char **argv)
{
    struct error err = {0};

    if (restore(tool, argc, argv, &err) != DONE)
        return tool_failed("restore", &err);
    printf("restored. Each service that was set back finds out by itself, ends again what was ended since, and serves "
           "then.\nThen: lethe-backup register, since the catalogue was set back, too, and lethe-backup report\n");
    return 0;
}
