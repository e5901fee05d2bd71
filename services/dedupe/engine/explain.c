/* explain: a score in words. */
#include "services/dedupe/engine/explain.h"

const char *const verdict_names[] = {[APART] = "apart", [REVIEW] = "review", [LINK] = "link"};

static void explain_oddities(const struct levels *levels, struct buf *out)
{
    if (levels->swapped)
        buf_str(out, "; given and family name have changed places");
    if (levels->conflict)
        buf_str(out, "; they can't be one person: birth dates or suffixes differ");
}

void explain_score(const struct score *score, enum verdict verdict, struct buf *out)
{
    buf_printf(out, "%s: %.1f bits against chance, %.1f against one household", verdict_names[verdict],
               score->random / 100.0, score->household / 100.0);
    for (int f = 0; f < FIELDS; f++)
        if (score->levels.of[f] != 0)
            buf_printf(out, "; %s: %s (%+.1f)", field_names[f], level_word((enum compared)f, score->levels.of[f]),
                       score->bits[f] / 100.0);
    explain_oddities(&score->levels, out);
}

void explain_levels(const struct levels *levels, int32_t random, int32_t household, struct buf *out)
{
    buf_printf(out, "%.1f bits against chance, %.1f against one household", random / 100.0, household / 100.0);
    for (int f = 0; f < FIELDS; f++)
        if (levels->of[f] != 0)
            buf_printf(out, "; %s: %s", field_names[f], level_word((enum compared)f, levels->of[f]));
    explain_oddities(levels, out);
}
