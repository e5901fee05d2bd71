/* weights: writing and reading what was learnt. */
#include "services/dedupe/engine/weights.h"

#include <inttypes.h>
#include <stdlib.h>
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

/* A line's numbers behind its first word; false unless there are exactly n. */
static bool read_numbers(const char *p, double *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *end;
        if (*p++ != ' ')
            return false;
        out[i] = strtod(p, &end);
        if (end == p)
            return false;
        p = end;
    }
    return *p == '\0';
}

static bool read_share(const char *line, struct model *model)
{
    double of[3];

    for (int h = 0; h < HYPOTHESES; h++) {
        size_t n = strlen(hypothesis_names[h]);
        if (strncmp(line, hypothesis_names[h], n) != 0 || !read_numbers(line + n, of, 3))
            continue;
        if (!(of[0] >= 0 && of[0] < FIELDS) || !(of[1] >= 1 && of[1] < field_levels[(int)of[0]]) ||
            !(of[2] > 0 && of[2] < 1))
            return false;
        model->p[h][(int)of[0]][(int)of[1]] = of[2];
        return true;
    }
    return false;
}

static bool read_line(const char *line, struct model *model, struct weights_state *state)
{
    enum { DIGEST_AT = 6, DIGEST_DIGITS = 16 };
    double of[4];

    if (strncmp(line, "state ", DIGEST_AT) == 0) {
        char *end;
        state->digest = strtoull(line + DIGEST_AT, &end, 16);
        if (end != line + DIGEST_AT + DIGEST_DIGITS || !read_numbers(end, of, 3) ||
            !(of[0] >= 0 && of[0] <= TRAIN_ROUNDS))
            return false;
        state->training =
            (struct training){.rounds = (int)of[0], .without_households = of[1] > 0, .settled = of[2] > 0};
        return true;
    }
    if (strncmp(line, "pairs", 5) == 0 && read_numbers(line + 5, of, 4)) {
        model->records = of[0], model->pairs = of[1], model->persons = of[2], model->households = of[3];
        return of[0] >= 1 && of[1] > 0 && of[2] > 0 && of[3] > 0;
    }
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
