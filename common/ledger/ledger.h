/* ledger: what a restore must not undo, kept outside the databases: an append-only, hash-chained file of the orders that
 * ended something (forgets, expiries, withdrawals, objections). Keyed hashes and ids alone.
 *
 * A line is "HASH NUMBER AT ID TYPE DATA": HASH is the SHA-256 of the former line's hash (64 hex digits; zeros before the
 * first), a space and the rest of this line, so that `sha256sum` can check the chain; NUMBER counts lines from 0; AT is
 * microseconds; TYPE and DATA are those of the event that gave the order. The first line only names the ledger. */
#ifndef LETHE_LEDGER_H
#define LETHE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena/arena.h"
#include "common/error/error.h"
#include "common/text/text.h"
#include "common/uuid/uuid.h"

enum { LEDGER_HASH_BYTES = 32 };
#define LEDGER_BEGUN "lethe.ledger.begun" /* the type of the first line */

struct ledger_entry {
    int64_t number, at_us;
    struct uuid id; /* of the order: one that comes twice is one */
    struct text type, data;
};

/* Where somebody stands: the last line dealt with, and where it begins in the file. number -1: before the first. */
struct ledger_mark {
    int64_t number, place;
    uint8_t hash[LEDGER_HASH_BYTES];
};
#define LEDGER_START ((struct ledger_mark){.number = -1})

/* Nothing of the ledger's own is an input's fault: a file that is missing, cut short, or another one is RETRY with the rule
 * "ledger" and says so in words: whoever needs it stays closed until somebody has seen to it. */
struct ledger;
enum outcome ledger_open(const char *dir, struct ledger **out, struct error *err) WARN_UNUSED;
void ledger_close(struct ledger *ledger); /* NULL is fine */
/* ledger_seek: the next line read is the one after the mark, whose line must be there with the same hash. */
enum outcome ledger_seek(struct ledger *ledger, const struct ledger_mark *mark, struct error *err) WARN_UNUSED;
/* ledger_next: the next line, its hash checked; *got false at the end (a line without its end was never acknowledged).
 * *mark becomes its own. The entry's texts lie in the arena. */
enum outcome ledger_next(struct ledger *ledger, struct arena *arena, struct ledger_entry *entry,
                         struct ledger_mark *mark, bool *got, struct error *err) WARN_UNUSED;

/* ledger_head: the number of the last line, -1 where there is none; without reading all that stands before it. */
enum outcome ledger_head(const char *dir, int64_t *number, struct error *err) WARN_UNUSED;
/* ledger_there: is there a file? */
bool ledger_there(const char *dir);
/* ledger_create: a new file with its first line, where there is none (mode 0600, synced with its folder). */
enum outcome ledger_create(const char *dir, int64_t now_us, struct error *err) WARN_UNUSED;

/* ledger_put_whole: a new file of n lines, from the first on, where there is none: REFUSED where one doesn't follow. */
enum outcome ledger_put_whole(const char *dir, const struct text *lines, size_t n, struct error *err) WARN_UNUSED;

/* Appending: one writer at a time, by a lock on the file. begin: locks and seeks; the caller then reads on to the end (what
 * others wrote) and adds; end syncs, after which what was added stands, and lets go. *mark is where the file ends. */
enum outcome ledger_append_begin(const char *dir, const struct ledger_mark *mark, struct ledger **out,
                                 struct error *err) WARN_UNUSED;
/* ledger_append: numbers the entry after *mark and writes its line; *mark becomes its own. */
enum outcome ledger_append(struct ledger *ledger, struct ledger_entry *entry, struct ledger_mark *mark,
                           struct error *err) WARN_UNUSED;
enum outcome ledger_append_end(struct ledger *ledger, struct error *err) WARN_UNUSED;

/* ledger_line: an entry's line, without its end, as it stands after a mark; in the arena. ledger_read_line: the reverse,
 * for copies of lines (REFUSED where it doesn't follow the mark). */
struct text ledger_line(const struct ledger_entry *entry, const struct ledger_mark *before, struct arena *arena);
enum outcome ledger_read_line(struct text line, const struct ledger_mark *before, struct arena *arena,
                              struct ledger_entry *entry, struct error *err) WARN_UNUSED;

#endif
