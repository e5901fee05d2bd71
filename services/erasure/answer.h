/* answer: what the person is told, by mail where the request names an address. */
#ifndef LETHE_ERASURE_ANSWER_H
#define LETHE_ERASURE_ANSWER_H

#include "services/erasure/store.h"

enum answer_kind {
    ANSWER_DONE,    /* all is done: what, what is kept and why */
    ANSWER_PARTLY,  /* the term comes near: what is done, who is outstanding */
    ANSWER_REFUSED, /* with the article */
    ANSWER_NOT_IDENTIFIED,
    ANSWER_EXTENDED
};

/* answer_person: seals the letter and asks the mailer for it; does nothing where there is no reply_to. At most one
 * mail of each kind leaves for a request. Before saga_close, which destroys the address. */
enum outcome answer_person(struct call *call, struct request *request, enum answer_kind kind,
                           struct error *err) WARN_UNUSED;
/* answer_done: the last letter, with the certificate's secret (TEXT_NONE: none). */
enum outcome answer_done(struct call *call, struct request *request, struct text secret, struct error *err) WARN_UNUSED;
/* answer_with_reason: Art. 12(3), (4): a refusal or an extension says why, in the operator's words. */
enum outcome answer_with_reason(struct call *call, struct request *request, enum answer_kind kind, struct text reason,
                                struct error *err) WARN_UNUSED;

#endif
