/* explain: a score in words. */
#include "services/dedupe/engine/explain.h"

const char *const verdict_names[] = {[APART] = "apart", [REVIEW] = "review", [LINK] = "link"};

void explain_score(const struct score *score, enum verdict verdict, struct buf *out)
{
    buf_printf(out, "%s: %.1f bits against chance, %.1f against one household", verdict_names[verdict],
               score->random / 100.0, score->household / 100.0);
    for (int f = 0; f < FIELDS; f++)
        if (score->levels.of[f] != 0)
            buf_printf(out, "; %s: %s (%+.1f)", field_names[f], level_word((enum field)f, score->levels.of[f]),
                       score->bits[f] / 100.0);
    if (score->levels.swapped)
        buf_str(out, "; given and family name have changed places");
    if (score->levels.conflict)
        buf_str(out, "; they can't be one person: birth dates or suffixes differ");
}
