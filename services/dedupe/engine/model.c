/* model: usual weights, the frequencies of words, scores, decisions. */
#include "services/dedupe/engine/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/error/error.h"

/* What contact data usually look like; training starts from it and is held by it where there is little to learn from.
 * Columns as the levels of levels.h, without the first. */
static const double usual[HYPOTHESES][FIELDS][LEVELS_MOST] = {
    [ONE_PERSON] = {[F_GIVEN] = {0, .80, .05, .02, .02, .06, .015, .003, .012},
                    [F_FAMILY] = {0, .86, .03, .07, .012, .028},
                    [F_BIRTH] = {0, .88, .085, .02, .015},
                    [F_MAIL] = {0, .50, .08, .06, .03, .33},
                    [F_PHONE] = {0, .35, .27, .05, .33},
                    [F_STREET] = {0, .58, .14, .12, .16},
                    [F_PLACE] = {0, .68, .14, .09, .03, .06}},
    [AT_RANDOM] = {[F_GIVEN] = {0, .004, .004, .002, .003, .002, .006, .008, .971},
                   [F_FAMILY] = {0, .001, .001, .002, .006, .99},
                   [F_BIRTH] = {0, .00005, .0012, .006, .99275},
                   [F_MAIL] = {0, .0000001, .0000001, .000002, .0003, .9997},
                   [F_PHONE] = {0, .0000001, .0000001, .000003, .999995},
                   [F_STREET] = {0, .00001, .00002, .002, .99797},
                   [F_PLACE] = {0, .0006, .0005, .004, .003, .9919}},
    [HOUSEHOLD] = {[F_GIVEN] = {0, .02, .004, .004, .004, .002, .008, .008, .95},
                   [F_FAMILY] = {0, .78, .04, .05, .012, .118},
                   [F_BIRTH] = {0, .02, .0022, .0078, .97},
                   [F_MAIL] = {0, .03, .25, .01, .01, .70},
                   [F_PHONE] = {0, .02, .50, .02, .46},
                   [F_STREET] = {0, .76, .14, .03, .07},
                   [F_PLACE] = {0, .80, .12, .04, .01, .03}},
};

void model_default(struct model *out, double records, const struct nicknames *nicknames)
{
    memset(out, 0, sizeof(*out));
    memcpy(out->p, usual, sizeof(usual));
    out->records = records < 2 ? 2 : records;
    out->pairs = out->records * (out->records - 1) / 2;
    out->persons = out->records * 0.4;
    out->households = out->records * 0.4;
    out->nicknames = nicknames;
}

/* ---- how often words occur ------------------------------------------------------------------------------------------ */

void terms_init(struct terms *terms, size_t most_terms)
{
    memset(terms, 0, sizeof(*terms));
    for (terms->room = 1024; terms->room < most_terms * 3 / 2;)
        terms->room *= 2;
    ENSURE((terms->slots = calloc(terms->room, 2 * sizeof(*terms->slots))) != NULL);
}

void terms_free(struct terms *terms)
{
    free(terms->slots);
    memset(terms, 0, sizeof(*terms));
}

static uint32_t *slot_of(const struct terms *terms, enum term term, uint64_t hash)
{
    uint64_t mixed = mix64(hash, (uint64_t)term + 1);
    uint32_t key = (uint32_t)(mixed >> 32) | 1;
    size_t at = mixed & (terms->room - 1);

    while (terms->slots[2 * at] != 0 && terms->slots[2 * at] != key)
        at = (at + 1) & (terms->room - 1);
    return &terms->slots[2 * at];
}

static void add(struct terms *terms, enum term term, uint64_t hash)
{
    uint32_t *slot;

    terms->total[term]++;
    slot = slot_of(terms, term, hash);
    if (slot[0] == 0) {
        if (terms->n + 1 >= terms->room) /* full: what is rare stays uncounted */
            return;
        slot[0] = (uint32_t)(mix64(hash, (uint64_t)term + 1) >> 32) | 1;
        terms->n++;
    }
    slot[1]++;
}

uint32_t terms_count(const struct terms *terms, enum term term, uint64_t hash)
{
    return slot_of(terms, term, hash)[1];
}

static uint64_t hash_of(const struct profile *p, enum term term)
{
    switch (term) {
    case T_GIVEN:
        return p->given.n == 0 ? 0 : p->given.words[0].hash;
    case T_FAMILY:
        return p->family.n == 0 ? 0 : p->family.words[0].hash;
    case T_BIRTH:
        return p->birth_n == 0 ? 0 : hash64(p->birth, p->birth_n);
    case T_MAIL:
        return p->mail;
    case T_PHONE:
        return p->phone.hash;
    case T_STREET:
        return p->street_n == 0 ? 0 : mix64(p->street[0].hash, p->house.hash);
    case T_PLACE:
        return p->postcode.p != NULL ? p->postcode.hash : p->city.hash;
    case TERMS:
        break;
    }
    return 0;
}

void terms_add(struct terms *terms, const struct profile *profile)
{
    for (int t = 0; t < TERMS; t++) {
        uint64_t hash = hash_of(profile, (enum term)t);
        if (hash != 0)
            add(terms, (enum term)t, hash);
    }
}

bool model_known_name(const void *context, struct word name)
{
    const struct model *model = context;
    uint16_t sets = 0;
    double n;

    if (model->nicknames != NULL && nicknames_find(model->nicknames, name, &sets) != NULL)
        return true;
    if (model->terms == NULL || model->terms->total[T_GIVEN] == 0)
        return false;
    n = model->terms->total[T_GIVEN];
    return terms_count(model->terms, T_GIVEN, name.hash) > 3 + 0.0003 * n;
}

static const double CHANCE_OF_A_DAY = 0.00004;

/* ---- scores --------------------------------------------------------------------------------------------------------- */

static double log_odds(double one, double other)
{
    return log2(one / other);
}

/* Where the same value agrees: how often does a pair at random agree on it? */
static double term_probability(const struct model *model, enum compared field, uint8_t level, const struct profile *a,
                               double otherwise)
{
    static const uint8_t same[FIELDS] = {G_SAME, N_SAME, B_SAME, M_OWN, P_OWN, S_SAME, L_SAME};
    double p = 0, count, total;
    uint64_t hash;

    if (model->terms == NULL ||
        !(level == same[field] || (field == F_MAIL && level == M_HOME) || (field == F_PHONE && level == P_HOME)) ||
        model->terms->total[field] < 2 || (hash = hash_of(a, (enum term)field)) == 0)
        return otherwise;
    total = model->terms->total[field];
    count = terms_count(model->terms, (enum term)field, hash);
    switch (field) {
    case F_MAIL: /* nobody has another's by chance: who holds it twice are one person or share it */
    case F_PHONE:
        return otherwise;
    case F_BIRTH: /* what duplicates there are isn't chance; what a form fills in for everybody is */
        p = count > 10 ? (count - 10) / total : 0;
        return p < CHANCE_OF_A_DAY ? CHANCE_OF_A_DAY : p;
    case F_STREET:
    case F_PLACE:
        p = count > 10 ? (count - 10) / total : 0;
        return p < otherwise ? otherwise : p;
    case F_GIVEN:
    case F_FAMILY:
    case FIELDS:
        p = count / total;
        break;
    }
    return p < 1.5 / total ? 1.5 / total : p;
}

void model_score(const struct model *model, const struct profile *a, const struct profile *b, struct score *out)
{
    double random = log_odds(model->persons, model->pairs), household = log_odds(model->persons, model->households);

    memset(out, 0, sizeof(*out));
    levels_compare(a, b, model_known_name, model, &out->levels);
    for (int f = 0; f < FIELDS; f++) {
        uint8_t level = out->levels.of[f];
        double m = model->p[ONE_PERSON][f][level], u = model->p[AT_RANDOM][f][level], h = model->p[HOUSEHOLD][f][level];
        double bits, own;
        if (level == 0)
            continue;
        own = out->levels.swapped ? u : term_probability(model, (enum compared)f, level, a, u);
        if (f == F_GIVEN && level == G_SAME)
            h += own; /* besides namesakes, chance */
        bits = log_odds(m, own);
        random += bits;
        household += log_odds(m, h);
        out->bits[f] = (int32_t)lround(bits * 100);
    }
    if (out->levels.swapped) { /* forms are seldom filled in the wrong way round */
        random -= 4;
        household -= 1;
    }
    out->random = (int32_t)lround(random * 100);
    out->household = (int32_t)lround(household * 100);
}

/* ---- decisions ------------------------------------------------------------------------------------------------------ */

const struct thresholds thresholds_default = {
    .link_random = 1000, .link_household = 300, .link_household_bare = 700, .review = 0, .against_names = 850};

int32_t score_bits(const struct score *score)
{
    return score->random < score->household ? score->random : score->household;
}

bool score_private(const struct score *score)
{
    const uint8_t *of = score->levels.of;

    return of[F_MAIL] == M_OWN || of[F_PHONE] == P_OWN || of[F_BIRTH] == B_SAME;
}

/* Names and birth dates that differ are two people's, unless the data show that households aren't what they hold: then
 * they are mistakes, of which weights know how common they are. */
bool score_incompatible(const struct score *score, const struct thresholds *thresholds)
{
    return levels_incompatible(&score->levels) &&
           (score->levels.suffixes_differ || score->household < thresholds->against_names ||
            (!score_private(score) && score->levels.of[F_GIVEN] != G_SAME));
}

enum verdict decide_pair(const struct score *score, const struct thresholds *thresholds)
{
    int32_t household = score_private(score) ? thresholds->link_household : thresholds->link_household_bare;

    if (score->random >= thresholds->link_random && score->household >= household &&
        !score_incompatible(score, thresholds))
        return LINK;
    return score_bits(score) >= thresholds->review ? REVIEW : APART;
}
