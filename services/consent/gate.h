/* gate: what a tombstone says about an address or a record here: whether somebody's forget stops what is about to be
 * done. Art. 17, 18 GDPR. */
#ifndef LETHE_CONSENT_GATE_H
#define LETHE_CONSENT_GATE_H

#include "common/forget/forget.h"
#include "services/consent/consent.h"

struct gate {
    bool gone;       /* forgotten, and this is from before: nothing about it is written again */
    bool restricted; /* a request is open: no mail, no new grant; refusals are still taken, since it may be cancelled */
    bool returned;   /* forgotten once, but this is the person's act of later, which intake let in */
};

/* What one gate is about. Absent hashes and nil records ask nothing. at_us: when the person acted; CLOCK_NONE: no act,
 * only a question. */
struct gate_query {
    struct hash email, wide;
    struct uuid record;
    int64_t at_us;
};

/* gate_decide: pure. stones: those of the query's keys. */
struct gate gate_decide(const struct gate_query *query, const struct forget_tombstone *stones, size_t stones_n,
                        bool record_gone);
/* gate_check: n answers, after the transaction's first write. */
enum outcome gate_check(struct call *call, const struct gate_query *queries, size_t n, struct gate *out,
                        struct error *err) WARN_UNUSED;
/* gate_standing: what stands, restricted by a tombstone, too; of a question, not of an act. */
struct standing_query;
enum outcome gate_standing(struct call *call, const struct standing_query *query, struct standing *out,
                           struct error *err) WARN_UNUSED;
/* gate_pass: for events that write: `returned` ends the tombstones on the keys. */
enum outcome gate_pass(struct call *call, const struct gate_query *query, struct gate *out,
                       struct error *err) WARN_UNUSED;

#endif
