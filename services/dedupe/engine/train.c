/* train: counting patterns, and EM over them with three hypotheses. */
#include "services/dedupe/engine/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/error/error.h"

/* What is usual counts as so many pairs: little data move little. */
static const double HELD_BY = 40, CHANCE_HELD_BY = 2000;

static size_t slot_of(const struct patterns *patterns, uint32_t key)
{
    size_t at = mix64(key, 7) & (patterns->room - 1);

    while (patterns->counts[at] != 0 && patterns->keys[at] != key)
        at = (at + 1) & (patterns->room - 1);
    return at;
}

static void make_room(struct patterns *patterns, size_t room)
{
    struct patterns was = *patterns;

    patterns->room = room;
    patterns->n = 0;
    ENSURE((patterns->keys = calloc(room, sizeof(*patterns->keys))) != NULL);
    ENSURE((patterns->counts = calloc(room, sizeof(*patterns->counts))) != NULL);
    patterns_merge(patterns, &was);
    patterns_free(&was);
}

void patterns_init(struct patterns *patterns)
{
    memset(patterns, 0, sizeof(*patterns));
    make_room(patterns, 4096);
}

void patterns_free(struct patterns *patterns)
{
    free(patterns->keys);
    free(patterns->counts);
    memset(patterns, 0, sizeof(*patterns));
}

static void add(struct patterns *patterns, uint32_t key, uint64_t count)
{
    size_t at = slot_of(patterns, key);

    patterns->n += patterns->counts[at] == 0;
    patterns->keys[at] = key;
    patterns->counts[at] += count;
    if (patterns->n > patterns->room / 2)
        make_room(patterns, patterns->room * 2);
}

void patterns_add(struct patterns *patterns, const struct levels *levels, uint64_t count)
{
    if (count > 0)
        add(patterns, levels_pattern(levels), count);
}

void patterns_merge(struct patterns *into, const struct patterns *from)
{
    for (size_t i = 0; i < from->room; i++)
        if (from->counts[i] != 0)
            add(into, from->keys[i], from->counts[i]);
}

/* In the order of the patterns, so that sums come out the same whatever order they were counted in. */
struct counted {
    struct levels levels;
    uint32_t key;
    double count;
};

static int by_key(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;

    return (x->key > y->key) - (x->key < y->key);
}

static struct counted *in_order(const struct patterns *patterns)
{
    struct counted *out = calloc(patterns->n + 1, sizeof(*out));
    size_t n = 0;

    ENSURE(out != NULL);
    for (size_t i = 0; i < patterns->room; i++) {
        if (patterns->counts[i] == 0)
            continue;
        out[n].key = patterns->keys[i];
        out[n].count = (double)patterns->counts[i];
        levels_of_pattern(patterns->keys[i], &out[n++].levels);
    }
    qsort(out, n, sizeof(*out), by_key);
    return out;
}

static double likelihood(const struct model *model, const struct levels *levels, enum hypothesis of)
{
    double p = 1;

    for (int f = 0; f < FIELDS; f++)
        if (levels->of[f] != 0)
            p *= model->p[of][f][levels->of[f]];
    return levels->swapped ? p * (of == AT_RANDOM ? 1 : of == HOUSEHOLD ? 0.1 : 0.06) : p;
}

static void shares(const struct model *model, const struct levels *levels, double share[HYPOTHESES], double *all)
{
    share[ONE_PERSON] = model->persons / model->pairs * likelihood(model, levels, ONE_PERSON);
    share[HOUSEHOLD] = model->households / model->pairs * likelihood(model, levels, HOUSEHOLD);
    share[AT_RANDOM] = (1 - (model->persons + model->households) / model->pairs) * likelihood(model, levels, AT_RANDOM);
    *all = share[ONE_PERSON] + share[HOUSEHOLD] + share[AT_RANDOM];
    for (int h = 0; h < HYPOTHESES; h++)
        share[h] /= *all;
}

/* The counts of a hypothesis become its probabilities, held by what was before. */
static void settle(double p[LEVELS_MOST], const double seen[LEVELS_MOST], uint8_t levels, double held_by,
                   const double held[LEVELS_MOST])
{
    double sum = held_by;

    for (uint8_t l = 1; l < levels; l++)
        sum += seen[l];
    for (uint8_t l = 1; l < levels; l++)
        p[l] = (seen[l] + held[l] * held_by) / sum;
}

void train_chance(struct model *model, const struct patterns *drawn)
{
    struct counted *counted = in_order(drawn);
    double seen[FIELDS][LEVELS_MOST] = {{0}}, share[HYPOTHESES], all;

    for (size_t i = 0; i < drawn->n; i++) {
        shares(model, &counted[i].levels, share, &all);
        for (int f = 0; f < FIELDS; f++)
            seen[f][counted[i].levels.of[f]] += share[AT_RANDOM] > 0.5 ? counted[i].count : 0;
    }
    for (int f = 0; f < FIELDS; f++)
        settle(model->p[AT_RANDOM][f], seen[f], field_levels[f], CHANCE_HELD_BY, model->p[AT_RANDOM][f]);
    free(counted);
}

static double bounded(double v, double least, double most)
{
    return v < least ? least : v > most ? most : v;
}

double train_step(struct model *model, const struct patterns *candidates, bool households)
{
    struct counted *counted = in_order(candidates);
    double seen[HYPOTHESES][FIELDS][LEVELS_MOST] = {{{0}}}, share[HYPOTHESES], all, sum[HYPOTHESES] = {0};
    struct model usual;
    double before = model->persons + model->households;

    model_default(&usual, model->records, NULL);
    for (size_t i = 0; i < candidates->n; i++) {
        shares(model, &counted[i].levels, share, &all);
        for (int h = 0; h < HYPOTHESES; h++) {
            sum[h] += share[h] * counted[i].count;
            for (int f = 0; f < FIELDS; f++)
                seen[h][f][counted[i].levels.of[f]] += share[h] * counted[i].count;
        }
    }
    for (int f = 0; f < FIELDS; f++) {
        settle(model->p[ONE_PERSON][f], seen[ONE_PERSON][f], field_levels[f], HELD_BY, usual.p[ONE_PERSON][f]);
        if (households && f != F_GIVEN &&
            f != F_BIRTH) /* those tell a household's members apart: learning would blur it */
            settle(model->p[HOUSEHOLD][f], seen[HOUSEHOLD][f], field_levels[f], HELD_BY, usual.p[HOUSEHOLD][f]);
    }
    model->persons = bounded(sum[ONE_PERSON], 1, model->pairs / 4);
    model->households = bounded(households ? sum[HOUSEHOLD] : 0, 1 + model->persons * 0.002, model->pairs / 4);
    free(counted);
    return fabs(model->persons + model->households - before);
}

bool train_has_households(const struct model *model)
{
    return model->households > model->persons / 6;
}

/* What the first phase has learnt of persons and households is forgotten. */
static void begin_without_households(struct model *model, struct training *state)
{
    struct model usual;

    model_default(&usual, model->records, NULL);
    memcpy(model->p[ONE_PERSON], usual.p[ONE_PERSON], sizeof(usual.p[ONE_PERSON]));
    memcpy(model->p[HOUSEHOLD], usual.p[HOUSEHOLD], sizeof(usual.p[HOUSEHOLD]));
    model->households = 1 + model->persons * 0.002;
    state->without_households = true;
    state->rounds = 0;
}

void train_rounds(struct model *model, const struct patterns *candidates, struct training *state, train_told *told,
                  void *context)
{
    while (!state->settled) {
        double change = train_step(model, candidates, !state->without_households);
        state->rounds++;
        if (change <= 0.01 || state->rounds >= TRAIN_ROUNDS) {
            if (state->without_households || train_has_households(model))
                state->settled = true;
            else
                begin_without_households(model, state);
        }
        if (told != NULL)
            told(context, model, state, change);
    }
}
