/* register: a new outside holder, whether an operator or the policy names it: its topic, its row, and its part in the
 * forgets that are under way. */
#ifndef LETHE_ERASURE_REGISTER_H
#define LETHE_ERASURE_REGISTER_H

#include "services/erasure/holder.h"
#include "services/erasure/store.h"

struct newcomer {
    struct uuid id, hmac, operator_id; /* hmac nil: none; operator_id nil: the policy's */
    struct text name, system, url, contact;
    enum holder_kind kind;
    struct text_list identifiers, categories;
    struct bytes sealing_key, signing_key; /* p NULL: none yet */
};
/* holder_register: *made false where its name is taken. REFUSED: the name is a topic of ours. Nobody takes a request in
 * meanwhile, so that each request either meets the holder or is met by its backfill. */
enum outcome holder_register(struct call *call, const struct newcomer *newcomer, bool *made,
                             struct error *err) WARN_UNUSED;

#endif
