/* weighing: by what weights the engine weighs, and deciding all anew after others were taken or the policy says something
 * else of sources: in the background, page by page, to the partition that a fresh start would give. */
#ifndef LETHE_DEDUPE_WEIGHING_H
#define LETHE_DEDUPE_WEIGHING_H

#include "services/dedupe/weigh.h"

struct weighing {
    int64_t version, policy_version, sources, pass;
    bool running;
    struct uuid after, until;
    int64_t records, decided, began_at, ended_at;
    struct model model;
};

/* weighing_now: under the locks of a change: weights are taken under all of them, so nothing is weighed by the old ones
 * after the new ones are there. RETRY where this process hasn't heard of a policy yet by which others weigh. */
enum outcome weighing_now(struct call *call, struct weighing *out, struct error *err) WARN_UNUSED;

/* ---- between weighing.c and weighing_store.c ----------------------------------------------------------------------- */
enum outcome weighing_store_load(struct call *call, struct weighing *out, struct error *err) WARN_UNUSED;
enum outcome weighing_store_weights(struct call *call, int64_t version, struct text *out,
                                    struct error *err) WARN_UNUSED; /* TEXT_NONE: the shipped ones */
enum outcome weighing_store_take(struct call *call, struct text weights, const struct uuid *by,
                                 struct error *err) WARN_UNUSED;
enum outcome weighing_store_policy(struct call *call, int64_t version, int64_t sources, struct error *err) WARN_UNUSED;
enum outcome weighing_store_begin(struct call *call, struct error *err) WARN_UNUSED;
enum outcome weighing_store_count(struct call *call, int64_t pass, struct error *err) WARN_UNUSED;
enum outcome weighing_store_page(struct call *call, const struct weighing *weighing, int most, struct uuid_list *out,
                                 struct error *err) WARN_UNUSED;
enum outcome weighing_store_decided(struct call *call, int64_t pass, struct uuid_list page, bool more,
                                    struct error *err) WARN_UNUSED;

#endif
