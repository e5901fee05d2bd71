/* model: what each level of agreement is worth. Three hypotheses: one person, two at random, two of one household
 * (Fellegi and Sunter 1969, with the household beside chance: families share names, homes and phones). Weights are bits;
 * a decision's bits are hundredths, whole numbers, so that they are the same everywhere. Pure. */
#ifndef LETHE_DEDUPE_ENGINE_MODEL_H
#define LETHE_DEDUPE_ENGINE_MODEL_H

#include "services/dedupe/engine/levels.h"

enum hypothesis { ONE_PERSON, AT_RANDOM, HOUSEHOLD, HYPOTHESES };

/* How often words occur, so that a rare one that agrees says more. */
enum term { T_GIVEN, T_FAMILY, T_BIRTH, T_MAIL, T_PHONE, T_STREET, T_PLACE, TERMS };
struct terms {
    uint32_t *slots; /* hash, count, hash, count ... */
    size_t room, n;
    uint32_t total[TERMS];
};

struct model {
    double p[HYPOTHESES][FIELDS][LEVELS_MOST]; /* of a level, where both sides have the field */
    double persons, households;                /* pairs of records of each kind; the rest is at random */
    double pairs;                              /* all there are */
    double records;
    const struct terms *terms;         /* NULL: what is usual */
    const struct nicknames *nicknames; /* names in it are known ones */
};

struct score {
    struct levels levels;
    int32_t random, household; /* hundredths of bits, for one person against that hypothesis, priors in */
    int32_t bits[FIELDS];      /* of which each field's against chance */
};

void model_default(struct model *out, double records, const struct nicknames *nicknames);
bool model_known_name(const void *model, struct word name);
void model_score(const struct model *model, const struct profile *a, const struct profile *b, struct score *out);

void terms_init(struct terms *terms, size_t most_terms);
void terms_free(struct terms *terms);
void terms_add(struct terms *terms, const struct profile *profile);
uint32_t terms_count(const struct terms *terms, enum term term, uint64_t hash);

/* ---- decisions ---------------------------------------------------------------------------------------------------- */

/* From the policy. Hundredths of bits; 1,000 against chance is one error in 1,000. */
struct thresholds {
    int32_t link_random, link_household, link_household_bare, review, against_names;
};
extern const struct thresholds thresholds_default;

enum verdict { APART, REVIEW, LINK };
bool score_incompatible(const struct score *score, const struct thresholds *thresholds);
enum verdict decide_pair(const struct score *score, const struct thresholds *thresholds);
int32_t score_bits(const struct score *score); /* the lesser of the two: by it links are ranked */
bool score_private(const struct score *score); /* something that is one person's alone agrees */

#endif
