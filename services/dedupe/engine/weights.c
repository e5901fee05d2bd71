/* weights: writing and reading what was learnt. */
#include "services/dedupe/engine/weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char heading[] = "lethe-dedupe weights 1\n";
static const char *const hypothesis_names[HYPOTHESES] = {
    [ONE_PERSON] = "person", [AT_RANDOM] = "chance", [HOUSEHOLD] = "household"};

void weights_write(const struct model *model, const struct weights_state *state, struct buf *out)
{
    buf_str(out, heading);
    buf_printf(out, "state %016" PRIx64 " %d %d %d\n", state->digest, state->training.rounds,
               state->training.without_households, state->training.settled);
    buf_printf(out, "pairs %.17g %.17g %.17g %.17g\n", model->records, model->pairs, model->persons, model->households);
    for (int h = 0; h < HYPOTHESES; h++)
        for (int f = 0; f < FIELDS; f++)
            for (int l = 1; l < field_levels[f]; l++)
                buf_printf(out, "%s %d %d %.17g\n", hypothesis_names[h], f, l, model->p[h][f][l]);
}

static bool read_share(const char *line, struct model *model)
{
    char name[16];
    int field, level;
    double share;

    if (sscanf(line, "%15s %d %d %lg", name, &field, &level, &share) != 4)
        return false;
    for (int h = 0; h < HYPOTHESES; h++) {
        if (strcmp(name, hypothesis_names[h]) != 0)
            continue;
        if (field < 0 || field >= FIELDS || level < 1 || level >= field_levels[field] || !(share > 0 && share < 1))
            return false;
        model->p[h][field][level] = share;
        return true;
    }
    return false;
}

static bool read_line(const char *line, struct model *model, struct weights_state *state)
{
    int rounds, without, settled;

    if (sscanf(line, "state %" SCNx64 " %d %d %d", &state->digest, &rounds, &without, &settled) == 4) {
        state->training =
            (struct training){.rounds = rounds, .without_households = without != 0, .settled = settled != 0};
        return rounds >= 0 && rounds <= TRAIN_ROUNDS;
    }
    if (sscanf(line, "pairs %lg %lg %lg %lg", &model->records, &model->pairs, &model->persons, &model->households) == 4)
        return model->records >= 1 && model->pairs > 0 && model->persons > 0 && model->households > 0;
    return read_share(line, model);
}

enum outcome weights_read(struct text text, struct model *model, struct weights_state *state, struct error *err)
{
    size_t at = sizeof(heading) - 1, shares = 0, wanted = 2;
    char line[128];

    for (int f = 0; f < FIELDS; f++)
        wanted += (size_t)(field_levels[f] - 1) * HYPOTHESES;
    if (text.n < at || memcmp(text.p, heading, at) != 0)
        return error_refuse(err, "", "weights", "this is no file of weights");
    while (at < text.n) {
        const char *end = memchr(text.p + at, '\n', text.n - at);
        size_t n = end == NULL ? sizeof(line) : (size_t)(end - text.p) - at;
        if (n >= sizeof(line))
            return error_refuse(err, "", "weights", "line %zu is none of weights", shares + 2);
        memcpy(line, text.p + at, n);
        line[n] = '\0';
        if (!read_line(line, model, state))
            return error_refuse(err, "", "weights", "line %zu is none of weights", shares + 2);
        shares++;
        at += n + 1;
    }
    return shares == wanted ? DONE : error_refuse(err, "", "weights", "lines are missing");
}
