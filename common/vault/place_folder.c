/* place_folder: KEKs as files. Made whole or not at all; destroyed by overwriting, then unlinking, with a note of when. */
#include "common/vault/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock/clock.h"
#include "common/text/text.h"

enum { PATH_MOST = KEK_WHERE_MOST + 32, HEX_BYTES = 2 * CRYPTO_KEY_BYTES + 1 };

void kek_place_init(struct kek_place *place, const char *folder, const char *program)
{
    const char *where = folder != NULL && folder[0] != '\0' ? folder : program;
    int n;

    memset(place, 0, sizeof *place);
    if (where == NULL || where[0] == '\0')
        return;
    place->type = where == folder ? &kek_folder : &kek_program;
    n = snprintf(place->where, sizeof place->where, "%s", where);
    if (n < 0 || (size_t)n >= sizeof place->where)
        place->where[0] = '\0'; /* what is cut names another place */
}

static void path_of(const struct kek_place *place, int32_t epoch, const char *ending, char out[PATH_MOST])
{
    (void)snprintf(out, PATH_MOST, "%s/%d.%s", place->where, (int)epoch, ending);
}

static enum outcome sync_folder(const char *folder, struct error *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd);
    return good ? DONE : error_retry(err, "kek", "%s: cannot be synced", folder);
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

/* The note that a destroyed KEK leaves: a date. False: there is none. */
static bool note_of(const struct kek_place *place, int32_t epoch, char when[CLOCK_TEXT_BYTES])
{
    char path[PATH_MOST];
    ssize_t n;
    int fd;

    path_of(place, epoch, "destroyed", path);
    if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        return false;
    n = read(fd, when, CLOCK_TEXT_BYTES - 1);
    (void)close(fd);
    when[n > 0 ? n : 0] = '\0';
    when[strcspn(when, "\n")] = '\0';
    return true;
}

static enum outcome say_missing(const struct kek_place *place, int32_t epoch, const char *path, struct error *err)
{
    char when[CLOCK_TEXT_BYTES];

    if (note_of(place, epoch, when))
        return error_retry(
            err, "kek",
            "the KEK of epoch %d was destroyed on %s: this keyring is an older copy, and nobody can read it",
            (int)epoch, when);
    return error_retry(err, "kek", "%s: the KEK of epoch %d is missing", path, (int)epoch);
}

static void mark_of(const struct stat *st, struct kek_mark *mark)
{
    *mark = (struct kek_mark){.file = (uint64_t)st->st_ino,
                              .changed_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000U + (uint64_t)st->st_mtim.tv_nsec,
                              .size = st->st_size};
}

static enum outcome folder_load(const struct kek_place *place, int32_t epoch, struct crypto_key **out,
                                struct kek_mark *mark, struct error *err)
{
    char path[PATH_MOST];
    struct stat st;
    struct error why;

    path_of(place, epoch, "kek", path);
    if (stat(path, &st) != 0)
        return say_missing(place, epoch, path, err);
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return error_retry(err, "kek", "%s: is open to others than its owner (mode 0600 is wanted)", path);
    mark_of(&st, mark);
    return crypto_key_load(path, out, &why) == DONE ? DONE : error_retry(err, "kek", "%s", why.text);
}

static bool folder_unchanged(const struct kek_place *place, int32_t epoch, const struct kek_mark *mark)
{
    char path[PATH_MOST];
    struct stat st;
    struct kek_mark now;

    path_of(place, epoch, "kek", path);
    if (stat(path, &st) != 0)
        return false;
    mark_of(&st, &now);
    return now.file == mark->file && now.changed_ns == mark->changed_ns && now.size == mark->size;
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static enum outcome write_all(int fd, const char *path, const char *p, size_t n, struct error *err)
{
    bool good = write(fd, p, n) == (ssize_t)n && fsync(fd) == 0;

    return good ? DONE : error_retry(err, "kek", "%s: cannot be written", path);
}

/* The file appears whole or not at all: written under another name, linked to its own where none is there. */
static enum outcome put_file(const char *folder, const char *path, const char *p, size_t n, struct error *err)
{
    char draft[PATH_MOST + 24];
    enum outcome outcome;
    int fd;

    (void)snprintf(draft, sizeof draft, "%s.%ld", path, (long)getpid());
    if ((fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR)) < 0)
        return error_retry(err, "kek", "%s: cannot be made (errno %d)", draft, errno);
    outcome = write_all(fd, draft, p, n, err);
    (void)close(fd);
    if (outcome == DONE && link(draft, path) != 0 && errno != EEXIST)
        outcome = error_retry(err, "kek", "%s: cannot be made (errno %d)", path, errno);
    (void)unlink(draft);
    return outcome == DONE ? sync_folder(folder, err) : outcome;
}

static void hex_of(const struct crypto_key *key, char out[HEX_BYTES + 1])
{
    text_put_hex(crypto_key_bytes(key), CRYPTO_KEY_BYTES, out);
    out[HEX_BYTES - 1] = '\n';
    out[HEX_BYTES] = '\0';
}

static enum outcome folder_keep(const struct kek_place *place, int32_t epoch, const struct crypto_key *key,
                                struct error *err)
{
    char path[PATH_MOST], hex[HEX_BYTES + 1];
    enum outcome outcome;

    path_of(place, epoch, "kek", path);
    if (access(path, F_OK) == 0)
        return sync_folder(place->where, err);
    hex_of(key, hex);
    outcome = put_file(place->where, path, hex, HEX_BYTES, err);
    crypto_wipe(hex, sizeof hex);
    return outcome;
}

static enum outcome folder_make(const struct kek_place *place, int32_t epoch, bool *destroyed, struct error *err)
{
    char when[CLOCK_TEXT_BYTES];
    struct crypto_key *key;
    enum outcome outcome;

    *destroyed = note_of(place, epoch, when);
    if (*destroyed)
        return DONE;
    key = crypto_key_random();
    outcome = folder_keep(place, epoch, key, err);
    crypto_key_free(key);
    return outcome;
}

/* ---- destroying --------------------------------------------------------------------------------------------------- */

/* Its bytes in place, before its name goes. Media that write elsewhere (flash, copy on write) keep the old ones for a while:
 * whoever fears that keeps KEKs in a KMS. */
static enum outcome overwrite(const char *path, struct error *err)
{
    char noise[HEX_BYTES];
    enum outcome outcome;
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? DONE : error_retry(err, "kek", "%s: cannot be overwritten (errno %d)", path, errno);
    crypto_random(noise, sizeof noise);
    outcome = write_all(fd, path, noise, sizeof noise, err);
    (void)close(fd);
    return outcome;
}

static enum outcome folder_destroy(const struct kek_place *place, int32_t epoch, char ack[KEK_ACK_MOST],
                                   struct error *err)
{
    char path[PATH_MOST], note[PATH_MOST], when[CLOCK_TEXT_BYTES], line[CLOCK_TEXT_BYTES + 1];
    int n;

    path_of(place, epoch, "kek", path);
    path_of(place, epoch, "destroyed", note);
    if (!note_of(place, epoch, when)) {
        clock_format(clock_now_us() / US_PER_S * US_PER_S, when);
        n = snprintf(line, sizeof line, "%s\n", when);
        TRY(overwrite(path, err));
        TRY(put_file(place->where, note, line, (size_t)n, err));
    }
    TRY(overwrite(path, err));
    if (unlink(path) != 0 && errno != ENOENT)
        return error_retry(err, "kek", "%s: cannot be unlinked (errno %d)", path, errno);
    TRY(sync_folder(place->where, err));
    (void)snprintf(ack, KEK_ACK_MOST, "file overwritten and unlinked on %s", when);
    return DONE;
}

const struct kek_place_type kek_folder = {.name = "file",
                                          .load = folder_load,
                                          .unchanged = folder_unchanged,
                                          .make = folder_make,
                                          .keep = folder_keep,
                                          .destroy = folder_destroy};
