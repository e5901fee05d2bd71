/* levels: how alike two profiles are, field by field, as a few levels each: what weights are learnt for, what a decision
 * is explained by, and all of it that may be stored. Pure. */
#ifndef LETHE_DEDUPE_ENGINE_LEVELS_H
#define LETHE_DEDUPE_ENGINE_LEVELS_H

#include "services/dedupe/engine/profile.h"

enum compared { F_GIVEN, F_FAMILY, F_BIRTH, F_MAIL, F_PHONE, F_STREET, F_PLACE, FIELDS };
extern const char *const field_names[FIELDS + 1];

/* Level 0 of every field: one side lacks it, which says nothing. The last of each is "differs". */
enum given_level { G_NONE, G_SAME, G_NICK, G_INITIAL, G_PART, G_CLOSE, G_ALIKE, G_SIMILAR, G_DIFFERENT, G_LEVELS };
enum family_level { N_NONE, N_SAME, N_PART, N_CLOSE, N_ALIKE, N_DIFFERENT, N_LEVELS };
enum birth_level { B_NONE, B_SAME, B_CLOSE, B_PARTLY, B_DIFFERENT, B_LEVELS };
enum mail_level { M_NONE, M_OWN, M_HOME, M_CLOSE, M_LOCAL, M_DIFFERENT, M_LEVELS };
enum phone_level { P_NONE, P_OWN, P_HOME, P_CLOSE, P_DIFFERENT, P_LEVELS };
enum street_level { S_NONE, S_SAME, S_CLOSE, S_STREET, S_DIFFERENT, S_LEVELS };
enum place_level { L_NONE, L_SAME, L_MOSTLY, L_ONE, L_CLOSE, L_DIFFERENT, L_LEVELS };
enum { LEVELS_MOST = G_LEVELS };
extern const uint8_t field_levels[FIELDS];

struct levels {
    uint8_t of[FIELDS];
    bool swapped; /* given and family name stand in each other's place */
    bool suffixes_differ;
    bool conflict; /* they can't be one person, whatever else agrees: birth dates or suffixes tell them apart */
};

/* known: is this given name common enough that a name one letter off is another name, not a mistake? */
typedef bool known_name(const void *context, struct word name);

void levels_compare(const struct profile *a, const struct profile *b, known_name *known, const void *context,
                    struct levels *out);
/* levels_incompatible: these two hold one mailbox or phone: can't they be one person? (Then what they hold is no one's own.) */
bool levels_incompatible(const struct levels *levels);
/* one number for a pattern of levels, for counting */
uint32_t levels_pattern(const struct levels *levels);
void levels_of_pattern(uint32_t pattern, struct levels *out);
/* "given name: short form" without any value */
const char *level_word(enum compared field, uint8_t level);

#endif
