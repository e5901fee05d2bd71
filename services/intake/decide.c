/* decide: versions, tombstones, ends. */
#include "services/intake/decide.h"

#include "common/policy/policy.h"

static bool yields(const struct stone *stone, const struct act *act)
{
    return !stone->restricted && act->kind == ACT_SUBJECT && act->trusted && stone->barrier_seen &&
           act->captured_at != CLOCK_NONE && stone->received_us != CLOCK_NONE && act->captured_at > stone->received_us;
}

enum verdict decide_stones(const struct stone *stones, size_t n, const struct act *act, struct uuid *request)
{
    enum verdict verdict = VERDICT_TAKE;

    for (size_t i = 0; i < n; i++) {
        enum verdict word;
        if (!stones[i].stands)
            continue;
        word = stones[i].restricted ? VERDICT_RESTRICTED : yields(&stones[i], act) ? VERDICT_YIELD : VERDICT_FORGOTTEN;
        if (word > verdict) {
            verdict = word;
            *request = stones[i].request;
        }
    }
    return verdict;
}

enum outcome decide_kind(enum version_kind known, enum version_kind now, const char *pointer, struct error *err)
{
    if (known != VERSION_NONE && now != VERSION_NONE && known != now)
        return error_refuse(err, pointer, "version kind", "this system counts its versions in another way");
    return DONE;
}

bool decide_anew(const struct version *ended, const struct version *now)
{
    return ended->kind == VERSION_NONE || now->kind != ended->kind || now->value > ended->value;
}

bool decide_removes(const struct version *row, const struct version *removal)
{
    return removal->kind == VERSION_NONE || removal->value >= row->value;
}

bool decide_ends(const struct version *ended, const struct version *removal)
{
    return removal->kind != VERSION_NONE && decide_anew(ended, removal);
}

int64_t decide_received(int64_t said_us, int64_t came_us)
{
    return said_us == CLOCK_NONE || said_us > came_us ? came_us : said_us;
}

struct version decide_end_version(const struct version *row, const struct version *removal)
{
    if (removal->kind == VERSION_NONE || (row->kind == removal->kind && row->value > removal->value))
        return *row;
    return *removal;
}

int64_t decide_rev(int64_t row_rev, int64_t base)
{
    int64_t next = row_rev < 0 ? 1 : row_rev + 1;

    return next > base ? next : base;
}

struct text decide_source_name(struct text source)
{
    for (size_t i = source.n; i > 0; i--)
        if (source.p[i - 1] == '/' || source.p[i - 1] == ':' || source.p[i - 1] == '#')
            return (struct text){source.p + i, source.n - i};
    return source;
}
