/* learn: reading, writing and making weights. */
#include "services/dedupe/command/learn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/dedupe/engine/weights.h"

enum { WEIGHTS_MOST = 65536, PATH_BYTES = 4096 };

static enum outcome read_file(const char *path, struct model *model, struct weights_state *state, struct error *err)
{
    char text[WEIGHTS_MOST];
    FILE *file = fopen(path, "re");
    size_t n;

    if (file == NULL)
        return error_refuse(err, "", "file", "the weights cannot be read: %s", strerror(errno));
    n = fread(text, 1, sizeof(text), file);
    fclose(file);
    return weights_read((struct text){.p = text, .n = n}, model, state, err);
}

enum outcome learn_load(struct bulk *bulk, const char *path, struct error *err)
{
    struct weights_state state = {0};

    if (path != NULL)
        return read_file(path, &bulk->model, &state, err);
    bulk_learn(bulk, &state.training, NULL, NULL);
    return DONE;
}

/* ---- learning ------------------------------------------------------------------------------------------------------- */

struct progress {
    const char *path;
    struct weights_state state;
    bool failed;
};

/* Whole or not at all: a new file takes the old one's place. */
static bool replace_file(const char *path, struct text text)
{
    char part[PATH_BYTES];
    FILE *file;
    bool good;

    if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part) || (file = fopen(part, "we")) == NULL)
        return false;
    good = fwrite(text.p, 1, text.n, file) == text.n && fflush(file) == 0 && fsync(fileno(file)) == 0;
    good = fclose(file) == 0 && good;
    return good && rename(part, path) == 0;
}

static void told(void *context, const struct model *model, const struct training *state, double change)
{
    struct progress *progress = context;
    struct buf out;

    progress->state.training = *state;
    buf_init(&out, WEIGHTS_MOST);
    weights_write(model, &progress->state, &out);
    progress->failed = !replace_file(progress->path, buf_view(&out)) || progress->failed;
    buf_free(&out);
    fprintf(stderr,
            "{\"phase\": %d, \"round\": %d, \"of\": %d, \"change\": %.2f, \"persons\": %.0f, \"households\": %.0f}\n",
            state->without_households ? 2 : 1, state->rounds, TRAIN_ROUNDS, change, model->persons, model->households);
}

/* Of the records' patterns of presence and their number: another file begins anew. */
static uint64_t digest_of(const struct records *records)
{
    uint64_t digest = records->n;

    for (size_t r = 0; r < records->n; r++)
        digest = mix64(digest, hash64(records->ids[r].p, records->ids[r].n));
    return digest;
}

enum outcome learn_run(struct bulk *bulk, const struct records *records, const char *path, struct error *err)
{
    struct progress progress = {.path = path, .state = {.digest = digest_of(records)}};
    struct model stored = bulk->model;
    struct weights_state state = {0};

    if (records->n < TRAIN_LEAST_RECORDS)
        return error_refuse(err, "", "too few", "it takes %d records to learn from", TRAIN_LEAST_RECORDS);
    if (access(path, F_OK) == 0 && read_file(path, &stored, &state, err) == DONE &&
        state.digest == progress.state.digest) {
        bulk->model = stored;
        progress.state = state;
    }
    bulk_learn(bulk, &progress.state.training, told, &progress);
    return progress.failed ? error_refuse(err, "", "file", "the weights cannot be written") : DONE;
}
