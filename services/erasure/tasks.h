/* tasks: what each service and each outside holder of a request still owes, in SQL. */
#ifndef LETHE_ERASURE_TASKS_H
#define LETHE_ERASURE_TASKS_H

#include "proto/events.h"
#include "services/erasure/holder.h"
#include "services/erasure/store.h"

/* tasks_create: for the eight services (where wanted) and the holders: all, those of `systems`, or those that
 * understand `identifier` and are active. Shares the lock that registering a holder takes alone. */
struct tasks_wanted {
    bool services;
    const char *verb;
    const struct text_list *systems; /* NULL: of any system */
    const char *identifier;          /* NULL: all, past ones too */
};
enum outcome tasks_create(struct call *call, const struct uuid *request, const struct tasks_wanted *wanted,
                          struct error *err) WARN_UNUSED;
/* holders_share: no holder is registered until this transaction ends. */
enum outcome holders_share(struct call *call, struct error *err) WARN_UNUSED;
/* tasks_order: those that wait are ordered now. *outside: some are to be delivered. */
enum outcome tasks_order(struct call *call, const struct uuid *request, bool *outside, struct error *err) WARN_UNUSED;
enum outcome tasks_verify(struct call *call, const struct uuid *request, struct error *err) WARN_UNUSED;
/* tasks_silent: the services that have not answered the present order; each counts one more attempt. */
enum outcome tasks_silent(struct call *call, const struct uuid *request, bool verifying, struct text_list *names,
                          struct error *err) WARN_UNUSED;
enum outcome tasks_stop(struct call *call, const struct uuid *request, struct error *err) WARN_UNUSED;

struct service_answers {
    struct uuid *requests;
    struct text *services;
    int64_t *rows, *remaining, *at;
    struct text *counts; /* an object in canonical JSON; absent where there are none */
    size_t n;
};
enum outcome tasks_destroyed(struct call *call, const struct service_answers *answers, struct error *err) WARN_UNUSED;
enum outcome tasks_verified(struct call *call, const struct service_answers *answers, struct error *err) WARN_UNUSED;
enum outcome backup_put(struct call *call, const struct backup_answer *answer, struct error *err) WARN_UNUSED;

/* one task of an outside holder */
struct task {
    struct uuid id, request, holder;
    struct text name, kind, verb, need;
    enum task_status status;
    enum holder_outcome outcome, manual_outcome;
    struct text manual_rule;
    int64_t manual_until_us, answered_us;
    struct uuid evidence, manual_by;
    struct text_list identifiers; /* that the holder understands */
};
enum outcome task_load(struct call *call, const struct uuid *instruction, struct text holder, struct task *out,
                       bool *found, struct error *err) WARN_UNUSED;
enum outcome task_find(struct call *call, const struct uuid *holder, const struct uuid *request, struct uuid *out,
                       struct error *err) WARN_UNUSED; /* nil: none */
enum outcome task_answer(struct call *call, const struct task *task, const struct task_change *change,
                         const struct holder_answer *answer, const struct uuid *evidence, const struct uuid *confirmed,
                         struct error *err) WARN_UNUSED;
enum outcome task_record(struct call *call, const struct task *task, const struct holder_answer *answer,
                         const struct uuid *by, const struct uuid *evidence, struct error *err) WARN_UNUSED;
/* task_contradict: holders whose system is `system` and whose task was done before an event was sent: *n tasks are open
 * again, as new instructions. */
enum outcome task_contradict(struct call *call, const struct uuid *request, struct text system, int64_t sent_us,
                             bool askable, int64_t *n, struct error *err) WARN_UNUSED;
/* task_renew: asked anew, under a new number and a new instruction: who pulls sees it, and an answer to the old one closes
 * nothing. */
enum outcome task_renew(struct call *call, const struct uuid *task, struct error *err) WARN_UNUSED;
/* task_over: one whose `reversible` is over, and its request; nil: none. */
enum outcome task_over(struct call *call, struct uuid *task, struct uuid *request, struct error *err) WARN_UNUSED;
enum outcome tasks_accepted(struct call *call, const struct uuid *ids, size_t n, struct error *err) WARN_UNUSED;
/* tasks_failed: tried in vain; not tried at all since the one before failed. */
enum outcome tasks_failed(struct call *call, struct uuid_list failed, struct uuid_list untried,
                          struct error *err) WARN_UNUSED;
enum outcome tasks_to_human(struct call *call, const struct uuid *ids, size_t n, struct error *err) WARN_UNUSED;

/* what is to be delivered: an instruction and its holder */
struct delivery {
    struct uuid id, request, identifiers, holder, hmac;
    int64_t seq, due_us;
    struct text verb, need, controller, purpose, name, url, topic, system;
    int attempts;
    struct text_list understood;
    struct bytes sealing_key, signing_key; /* p NULL: none */
};
/* deliveries_claim: of at most `holders` holders, `each` of each. */
enum outcome deliveries_claim(struct call *call, const char *kind, bool failing, int each, int holders,
                              int64_t longer_us, struct delivery **out, size_t *n, struct error *err) WARN_UNUSED;
enum outcome deliveries_after(struct call *call, const struct uuid *holder, int64_t after, int most,
                              struct delivery **out, size_t *n, struct error *err) WARN_UNUSED;

#endif
