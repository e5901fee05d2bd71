/* saga: carries a request along its road: opened, resolved, destroyed, looked at again, answered, completed. */
#ifndef LETHE_ERASURE_SAGA_H
#define LETHE_ERASURE_SAGA_H

#include "proto/events.h"
#include "services/erasure/store.h"

/* saga_open: restricts at once, the asker known or not: publishes lethe.forget.opened and sets the request's stage; its
 * status, open or verifying, is the caller's. The caller saves it. */
void saga_open(struct call *call, struct request *request, const struct forget_set *set);
/* saga_resolved: the set is closed. Repeats and late ones change nothing. */
enum outcome saga_resolved(struct call *call, const struct forget_resolved *resolved, struct error *err) WARN_UNUSED;
/* saga_advance: takes every step that is possible now. */
enum outcome saga_advance(struct call *call, const struct uuid *request, struct error *err) WARN_UNUSED;
/* saga_begin: an internal kind (expiry, consent), or anything whose set is closed: from the order to destroy on. The
 * request, its set and its tasks are inserted. */
enum outcome saga_begin(struct call *call, const struct uuid *request, struct error *err) WARN_UNUSED;
/* saga_cancel: lifts what was restricted, forgets who was meant. The caller has decided that it may. */
enum outcome saga_cancel(struct call *call, struct request *request, struct error *err) WARN_UNUSED;
/* saga_close: forgets who was meant and what only the open request needed; keeps notes until `keep`. */
enum outcome saga_close(struct call *call, struct request *request, struct error *err) WARN_UNUSED;
/* saga_look: the clock: holds that are over, terms that come near, orders that nobody answered. */
enum outcome saga_look(struct call *call, const struct uuid *request, struct error *err) WARN_UNUSED;
/* saga_schedule: when the request must be looked at again. */
int64_t saga_schedule(const struct request *request, int64_t now_us);

#endif
