/* tool_shelf: the folder of the backups: ID.dump beside ID.json. Files that say "keyring" lie in a folder of their own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/table.h"
#include "services/backup/tool.h"

enum { NOTE_MOST = 8192, COPIES_MOST = 10000 };

static const struct field copy_type_fields[] = {
    MUST(copy, id, UUID, 0, 0),
    MAY(copy, keyring, BOOL, 0, 0),
    {.name = "taken_at", .kind = FIELD_TIME, .required = true, .offset = offsetof(struct copy, taken_us)},
    {.name = "expires_at", .kind = FIELD_TIME, .required = true, .offset = offsetof(struct copy, expires_us)},
    MAY(copy, ledger, INT, -1, INT64_MAX),
    MAY(copy, kek_epoch, INT, 0, INT64_MAX),
    MUST_ENUM(copy, rotation, rotation_names),
    MAY(copy, bytes, INT, 0, INT64_MAX),
    {.name = "sha256", .kind = FIELD_TEXT, .nullable = true, .offset = offsetof(struct copy, digest), .most = 64},
};
OPEN(copy, copy_type, NULL);

const char *shelf_dir(const struct tool *tool, bool keyring)
{
    return option_text(tool->options, keyring ? "keyring-backup-dir" : "backup-dir");
}

struct text shelf_path(struct tool *tool, const struct copy *copy, const char *ending)
{
    char id[UUID_TEXT_BYTES];

    uuid_format(&copy->id, id);
    return text_format(tool->arena, "%s/%s%s", shelf_dir(tool, copy->keyring), id, ending);
}

struct text shelf_json(const struct copy *copy, struct arena *arena)
{
    struct text out;
    struct buf json;

    buf_init(&json, NOTE_MOST);
    event_encode(&copy_type, copy, &json);
    ENSURE(!json.failed);
    out = text_copy(arena, buf_view(&json));
    buf_free(&json);
    return out;
}

static enum outcome write_note(const char *path, struct text note, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, note.p, note.n) == (ssize_t)note.n && fsync(fd) == 0;

    if (fd >= 0 && close(fd) != 0)
        good = false;
    return good ? DONE : error_retry(err, "backup", "the backup's note can't be written: %s", strerror(errno));
}

enum outcome shelf_put(struct tool *tool, const struct copy *copy, struct error *err)
{
    struct text path = shelf_path(tool, copy, ".json"), beside = shelf_path(tool, copy, ".json.new");

    TRY(write_note(beside.p, shelf_json(copy, tool->arena), err));
    if (rename(beside.p, path.p) != 0)
        return error_retry(err, "backup", "the backup's note can't be written: %s", strerror(errno));
    return DONE;
}

static enum outcome read_note(struct tool *tool, const char *path, struct copy *out, struct error *err)
{
    char *text = arena_alloc(tool->arena, NOTE_MOST);
    FILE *file = fopen(path, "re");
    void *decoded;
    size_t n;

    if (file == NULL)
        return error_retry(err, "backup", "a backup's note can't be read: %s", strerror(errno));
    n = fread(text, 1, NOTE_MOST, file);
    (void)!fclose(file);
    TRY(event_decode(&copy_type, (struct text){.p = text, .n = n}, tool->arena, &decoded, err));
    *out = *(struct copy *)decoded;
    out->place = shelf_path(tool, out, ".dump");
    return DONE;
}

static enum outcome list_dir(struct tool *tool, bool keyring, struct copy_list *out, struct error *err)
{
    const char *folder = shelf_dir(tool, keyring);
    DIR *dir = opendir(folder);
    enum outcome outcome = DONE;
    struct dirent *at;

    if (dir == NULL)
        return error_retry(err, "backup", "the folder of backups can't be read: %s", strerror(errno));
    while (outcome == DONE && (at = readdir(dir)) != NULL) {
        size_t n = strlen(at->d_name);
        if (n != 36 + 5 || strcmp(at->d_name + 36, ".json") != 0)
            continue;
        ENSURE(out->n < COPIES_MOST);
        outcome = read_note(tool, text_format(tool->arena, "%s/%s", folder, at->d_name).p, &out->items[out->n], err);
        out->n += outcome == DONE;
    }
    closedir(dir);
    return outcome;
}

static int by_time(const void *a, const void *b)
{
    const struct copy *x = a, *y = b;

    return x->taken_us < y->taken_us ? -1 : x->taken_us > y->taken_us;
}

enum outcome shelf_list(struct tool *tool, struct copy_list *out, struct error *err)
{
    *out = (struct copy_list){.items = ARENA_ARRAY(tool->arena, COPIES_MOST, struct copy)};
    TRY(list_dir(tool, false, out, err));
    if (strcmp(shelf_dir(tool, false), shelf_dir(tool, true)) != 0)
        TRY(list_dir(tool, true, out, err));
    qsort(out->items, out->n, sizeof(*out->items), by_time);
    return DONE;
}

/* The file first: a note without its file is dropped again, a file without a note would lie there unseen. */
enum outcome shelf_drop(struct tool *tool, const struct copy *copy, struct error *err)
{
    struct text dump = shelf_path(tool, copy, ".dump"), note = shelf_path(tool, copy, ".json");

    if ((unlink(dump.p) != 0 && errno != ENOENT) || (unlink(note.p) != 0 && errno != ENOENT))
        return error_retry(err, "backup", "the backup can't be removed: %s", strerror(errno));
    return DONE;
}
