/* leave: the token that every mail carries, and what whoever reads the mailbox may do with it: refuse, and take it back. */
#ifndef LETHE_CONSENT_LEAVE_H
#define LETHE_CONSENT_LEAVE_H

#include "services/consent/act.h"
#include "services/consent/show.h"

struct leave {
    bool ours;  /* the token is one of ours */
    bool found; /* and its address is still here */
    struct address address;
    struct text purpose;  /* TEXT_NONE: nobody knows it any more */
    struct text language; /* of what was agreed to */
};

/* leave_load: lock: the address, for the rest of the transaction. */
enum outcome leave_load(struct call *call, struct text text, bool lock, struct leave *leave,
                        struct error *err) WARN_UNUSED;
/* leave_standing: what stands for the address and the link's purpose, or for all direct marketing. */
enum outcome leave_standing(struct call *call, const struct leave *leave, bool all, struct standing *standing,
                            struct error *err) WARN_UNUSED;
/* leave_now: refuses the link's purpose, or all; a repeat is no new act. source: the page that it was done on. */
enum outcome leave_now(struct call *call, const struct leave *leave, bool all, const char *source,
                       struct error *err) WARN_UNUSED;
/* leave_lift: only this button, pressed by whoever reads the mailbox, takes an objection back; what was agreed to before
 * isn't revived. */
enum outcome leave_lift(struct call *call, const struct leave *leave, enum page *page, struct error *err) WARN_UNUSED;

#endif
