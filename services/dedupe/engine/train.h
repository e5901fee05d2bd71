/* train: weights by expectation and maximisation (Winkler 1988) from the data themselves, never from who is said to be
 * whom. Pure. */
#ifndef LETHE_DEDUPE_ENGINE_TRAIN_H
#define LETHE_DEDUPE_ENGINE_TRAIN_H

#include "services/dedupe/engine/model.h"

/* How often each pattern of levels was seen. */
struct patterns {
    uint32_t *keys;
    uint64_t *counts;
    size_t room, n;
};
void patterns_init(struct patterns *patterns);
void patterns_free(struct patterns *patterns);
void patterns_add(struct patterns *patterns, const struct levels *levels, uint64_t count);
void patterns_merge(struct patterns *into, const struct patterns *from);

/* train_chance: AT_RANDOM from pairs drawn at random. Those that are likely one person or household are left out. */
void train_chance(struct model *model, const struct patterns *drawn);

/* train_rounds: until nothing changes any more, at most TRAIN_ROUNDS times a phase; model->pairs and ->records are given.
 * Where fewer than one pair in seven is of a household, what looks like one is rather a record with a wrong name: then
 * households are taken to be as rare as can be, and a second phase learns without them. It goes on where `state` stands;
 * told, where there is one, hears of each round, so that a run can be stopped and taken up again. */
enum { TRAIN_ROUNDS = 40, TRAIN_LEAST_RECORDS = 200 };
struct training {
    int rounds;
    bool without_households, settled;
};
typedef void train_told(void *context, const struct model *model, const struct training *state, double change);
void train_rounds(struct model *model, const struct patterns *candidates, struct training *state, train_told *told,
                  void *context);
/* train_step: one round; gives the change, in pairs. */
double train_step(struct model *model, const struct patterns *candidates, bool households);
bool train_has_households(const struct model *model);

#endif
