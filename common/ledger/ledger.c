/* ledger: the file. */
#include "common/ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/ledger/line.h"

#define FILE_NAME "forgets.ledger"

struct ledger {
    FILE *file;
    char *line; /* getline's */
    size_t room;
    int64_t place;             /* where the next line begins */
    struct ledger_mark before; /* the line before it */
};

static void path_of(const char *dir, char *out, size_t room)
{
    snprintf(out, room, "%s/" FILE_NAME, dir);
}

static enum outcome open_as(const char *dir, const char *mode, struct ledger **out, struct error *err)
{
    char path[4096];
    struct ledger *ledger = calloc(1, sizeof(*ledger));

    ENSURE(ledger != NULL);
    path_of(dir, path, sizeof(path));
    ledger->file = fopen(path, mode);
    ledger->before = LEDGER_START;
    if (ledger->file == NULL) {
        free(ledger);
        return error_retry(err, "ledger", "the ledger's file can't be opened: %s", strerror(errno));
    }
    *out = ledger;
    return DONE;
}

enum outcome ledger_open(const char *dir, struct ledger **out, struct error *err)
{
    return open_as(dir, "re", out, err);
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    (void)!fclose(ledger->file); /* whoever appended has synced */
    free(ledger->line);
    free(ledger);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------ */

static enum outcome go_to(struct ledger *ledger, int64_t place, struct error *err)
{
    clearerr(ledger->file);
    if (fseeko(ledger->file, (off_t)place, SEEK_SET) != 0)
        return error_retry(err, "ledger", "the ledger can't be read: %s", strerror(errno));
    ledger->place = place;
    return DONE;
}

/* The line at the present place, without its end. *n 0: there is none yet. */
static enum outcome read_line(struct ledger *ledger, size_t *n, struct error *err)
{
    ssize_t got = getline(&ledger->line, &ledger->room, ledger->file);

    *n = 0;
    if (got < 0 && ferror(ledger->file))
        return error_retry(err, "ledger", "the ledger can't be read: %s", strerror(errno));
    if (got <= 0 || ledger->line[got - 1] != '\n')
        return go_to(ledger, ledger->place, err); /* the end, or a line that is being written */
    *n = (size_t)got - 1;
    ledger->line[*n] = '\0';
    return DONE;
}

static enum outcome next_line(struct ledger *ledger, struct ledger_entry *entry, bool *got, struct error *err)
{
    struct ledger_mark mark = {.place = ledger->place};
    size_t n;

    TRY(read_line(ledger, &n, err));
    *got = n > 0;
    if (n == 0)
        return DONE;
    if (!line_parse((struct text){.p = ledger->line, .n = n}, entry, mark.hash) ||
        !line_follows(ledger->line, n, &ledger->before, entry, mark.hash))
        return error_retry(err, "ledger", "the ledger's chain is broken after line %lld",
                           (long long)ledger->before.number);
    mark.number = entry->number;
    ledger->before = mark;
    ledger->place += (int64_t)n + 1;
    return DONE;
}

/* Is the mark's line where the mark says? Then reading goes on behind it. */
static enum outcome try_place(struct ledger *ledger, const struct ledger_mark *mark, bool *there, struct error *err)
{
    struct ledger_entry entry;
    uint8_t hash[LEDGER_HASH_BYTES];
    size_t n;

    TRY(go_to(ledger, mark->place, err));
    TRY(read_line(ledger, &n, err));
    *there = n > 0 && line_parse((struct text){.p = ledger->line, .n = n}, &entry, hash) &&
             entry.number == mark->number && memcmp(hash, mark->hash, sizeof(hash)) == 0;
    if (!*there)
        return DONE;
    ledger->before = *mark;
    ledger->place = mark->place + (int64_t)n + 1;
    return DONE;
}

enum outcome ledger_seek(struct ledger *ledger, const struct ledger_mark *mark, struct error *err)
{
    struct ledger_entry entry;
    bool there, got = true;

    ledger->before = LEDGER_START;
    if (mark->number < 0)
        return go_to(ledger, 0, err);
    TRY(try_place(ledger, mark, &there, err));
    if (there)
        return DONE;
    TRY(go_to(ledger, 0, err)); /* rebuilt from a copy: its lines may lie elsewhere */
    while (got && ledger->before.number < mark->number)
        TRY(next_line(ledger, &entry, &got, err));
    if (ledger->before.number < mark->number)
        return error_retry(err, "ledger", "the ledger ends at line %lld, and line %lld is known here: it was cut short",
                           (long long)ledger->before.number, (long long)mark->number);
    if (memcmp(ledger->before.hash, mark->hash, sizeof(mark->hash)) != 0)
        return error_retry(err, "ledger", "line %lld of the ledger is not the one known here: this is another ledger",
                           (long long)mark->number);
    return DONE;
}

enum outcome ledger_next(struct ledger *ledger, struct arena *arena, struct ledger_entry *entry,
                         struct ledger_mark *mark, bool *got, struct error *err)
{
    TRY(next_line(ledger, entry, got, err));
    if (!*got)
        return DONE;
    entry->type = text_copy(arena, entry->type);
    entry->data = text_copy(arena, entry->data);
    *mark = ledger->before;
    return DONE;
}

enum outcome ledger_head(const char *dir, int64_t *number, struct error *err)
{
    uint8_t hash[LEDGER_HASH_BYTES];
    struct ledger_entry entry;
    struct ledger *ledger = NULL;
    enum outcome outcome;
    size_t n = 1;
    off_t end, back = 64 << 10;

    *number = -1;
    TRY(ledger_open(dir, &ledger, err));
    ENSURE(ledger != NULL);
    (void)!fseeko(ledger->file, 0, SEEK_END);
    end = ftello(ledger->file);
    do { /* further back each time, until a whole line is found behind the first line's rest */
        outcome = go_to(ledger, end > back ? end - back : 0, err);
        if (outcome == DONE && end > back)
            outcome = read_line(ledger, &n, err);
        while (outcome == DONE && (outcome = read_line(ledger, &n, err)) == DONE && n > 0)
            if (line_parse((struct text){.p = ledger->line, .n = n}, &entry, hash))
                *number = entry.number;
        back *= 4;
    } while (outcome == DONE && *number < 0 && end > back / 4);
    ledger_close(ledger);
    return outcome;
}

/* ---- making ------------------------------------------------------------------------------------------------------------- */

bool ledger_there(const char *dir)
{
    char path[4096];

    path_of(dir, path, sizeof(path));
    return access(path, F_OK) == 0;
}

static enum outcome sync_folder(const char *dir, struct error *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return good ? DONE : error_retry(err, "ledger", "the ledger's folder can't be synced: %s", strerror(errno));
}

static enum outcome write_all(int fd, struct text what, struct error *err)
{
    while (what.n > 0) {
        ssize_t n = write(fd, what.p, what.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_retry(err, "ledger", "the ledger can't be written: %s", strerror(errno));
        what.p += n;
        what.n -= (size_t)n;
    }
    return DONE;
}

static enum outcome write_lines(const char *path, const struct text *lines, size_t n, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    enum outcome outcome = DONE;

    if (fd < 0)
        return error_retry(err, "ledger", "the ledger can't be made: %s", strerror(errno));
    for (size_t i = 0; i < n && outcome == DONE; i++)
        if ((outcome = write_all(fd, lines[i], err)) == DONE)
            outcome = write_all(fd, TEXT("\n"), err);
    if (outcome == DONE && fsync(fd) != 0)
        outcome = error_retry(err, "ledger", "the ledger can't be synced: %s", strerror(errno));
    close(fd);
    return outcome;
}

/* Written beside its place and linked there: a ledger is whole from the first moment, and one that is there stays. */
static enum outcome make(const char *dir, const struct text *lines, size_t n, bool *there, struct error *err)
{
    char path[4096], beside[4200];
    enum outcome outcome;

    path_of(dir, path, sizeof(path));
    snprintf(beside, sizeof(beside), "%s.%d", path, (int)getpid());
    *there = false;
    outcome = write_lines(beside, lines, n, err);
    if (outcome == DONE && link(beside, path) != 0) {
        *there = errno == EEXIST;
        if (!*there)
            outcome = error_retry(err, "ledger", "the ledger can't be made: %s", strerror(errno));
    }
    (void)unlink(beside);
    return outcome == DONE ? sync_folder(dir, err) : outcome;
}

enum outcome ledger_create(const char *dir, int64_t now_us, struct error *err)
{
    struct arena *arena = arena_new();
    struct ledger_entry first = {
        .at_us = now_us, .id = uuid_v4_random(), .type = TEXT(LEDGER_BEGUN), .data = TEXT("{}")};
    struct text line = ledger_line(&first, &LEDGER_START, arena);
    bool there;
    enum outcome outcome = make(dir, &line, 1, &there, err);

    arena_free(arena);
    return outcome;
}

static enum outcome check_chain(const struct text *lines, size_t n, struct arena *arena, struct error *err)
{
    struct ledger_mark mark = LEDGER_START;
    struct ledger_entry entry;

    for (size_t i = 0; i < n; i++) {
        arena_reset(arena, 1 << 20);
        TRY(ledger_read_line(lines[i], &mark, arena, &entry, err));
        mark.number = entry.number;
        ENSURE(text_from_hex((struct text){.p = lines[i].p, .n = (size_t)2 * LEDGER_HASH_BYTES}, mark.hash,
                             LEDGER_HASH_BYTES));
    }
    return DONE;
}

enum outcome ledger_put_whole(const char *dir, const struct text *lines, size_t n, struct error *err)
{
    struct arena *arena = arena_new();
    enum outcome outcome = check_chain(lines, n, arena, err);
    bool there = false;

    arena_free(arena);
    if (outcome == DONE)
        outcome = make(dir, lines, n, &there, err);
    return there ? error_refuse(err, "", "ledger", "there is a ledger already") : outcome;
}

/* ---- appending ---------------------------------------------------------------------------------------------------------- */

enum outcome ledger_append_begin(const char *dir, const struct ledger_mark *mark, struct ledger **out,
                                 struct error *err)
{
    enum outcome outcome;

    TRY(open_as(dir, "r+e", out, err));
    if (flock(fileno((*out)->file), LOCK_EX | LOCK_NB) != 0)
        outcome = error_retry(err, "ledger", "another process is writing the ledger");
    else
        outcome = ledger_seek(*out, mark, err);
    if (outcome != DONE) {
        ledger_close(*out);
        *out = NULL;
    }
    return outcome;
}

enum outcome ledger_append(struct ledger *ledger, struct ledger_entry *entry, struct ledger_mark *mark,
                           struct error *err)
{
    struct arena *arena = arena_new();
    int fd = fileno(ledger->file);
    struct text line;
    enum outcome outcome;

    entry->number = ledger->before.number + 1;
    line = ledger_line(entry, &ledger->before, arena);
    *mark = (struct ledger_mark){.number = entry->number, .place = ledger->place};
    ENSURE(
        text_from_hex((struct text){.p = line.p, .n = (size_t)2 * LEDGER_HASH_BYTES}, mark->hash, LEDGER_HASH_BYTES));
    line = text_format(arena, "%.*s\n", TEXT_ARGS(line));
    /* what stands behind the last whole line was never acknowledged */
    if (ftruncate(fd, (off_t)ledger->place) != 0 || lseek(fd, (off_t)ledger->place, SEEK_SET) < 0)
        outcome = error_retry(err, "ledger", "the ledger can't be written: %s", strerror(errno));
    else
        outcome = write_all(fd, line, err);
    if (outcome == DONE) {
        ledger->before = *mark;
        ledger->place += (int64_t)line.n;
    }
    arena_free(arena);
    return outcome;
}

enum outcome ledger_append_end(struct ledger *ledger, struct error *err)
{
    int failed = fdatasync(fileno(ledger->file));

    ledger_close(ledger);
    return failed == 0 ? DONE : error_retry(err, "ledger", "the ledger can't be synced: %s", strerror(errno));
}
