/* outside: what outside holders answer, whatever way it came. */
#ifndef LETHE_ERASURE_OUTSIDE_H
#define LETHE_ERASURE_OUTSIDE_H

#include "proto/events.h"
#include "services/erasure/tasks.h"

struct holder {
    struct uuid id, hmac;
    struct text name, kind, state, system, url, topic;
    struct text_list identifiers;
    struct bytes sealing_key, signing_key;
};
/* holder_load: by id or by name (the other nil or absent). */
enum outcome holder_load(struct call *call, const struct uuid *id, struct text name, struct holder *out, bool *found,
                         struct error *err) WARN_UNUSED;
/* holder_signed: does the header's signature over the body fit what the holder registered? */
enum outcome holder_signed(struct call *call, const struct holder *holder, struct text header, struct text body,
                           bool *holds, struct error *err) WARN_UNUSED;

/* outside_answer: an answer whose origin stands. REFUSED: no such instruction of that holder, or the answer lacks what
 * its outcome demands. Repeats and late ones change nothing. */
enum outcome outside_answer(struct call *call, struct text holder, const struct holder_result *result,
                            const struct uuid *confirmed_by, struct error *err) WARN_UNUSED;
/* outside_evidence: evidence and reasons are free text: sealed. id stays nil where there is none. */
enum outcome outside_evidence(struct call *call, const struct uuid *request, const struct holder_result *result,
                              struct uuid *id, struct error *err) WARN_UNUSED;

#endif
