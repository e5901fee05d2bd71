/* store: requests, their sets and their secrets in SQL. */
#ifndef LETHE_ERASURE_STORE_H
#define LETHE_ERASURE_STORE_H

#include "common/forget/forget.h"
#include "common/service/service.h"
#include "proto/events.h"
#include "services/erasure/request.h"

struct request {
    struct uuid id;
    int64_t rev;
    enum request_kind kind;
    enum request_status status;
    enum request_stage stage;
    enum request_decision decision;
    struct text article, source, language, purpose;
    bool four_eyes, approved, contradicted;
    bool review;   /* a doubtful match touches it */
    bool verified; /* somebody, or the event, says who asked */
    struct uuid created_by, verified_by, approved_by, barrier;
    int64_t received_us, opened_us, hold_until_us, due_us, extended_us, paused_at_us, paused_us, completed_us,
        answered_us, destroy_us, verify_us, next_us;
    int escalation, tries;
    struct uuid contact, identifiers, early_mail, final_mail;
    int64_t services, services_closed, services_verified, outside, outside_closed, outside_kept;
};

/* request_is_doubtful: a human must say who is meant before anything goes on. */
static inline bool request_is_doubtful(const struct request *request)
{
    return request->review && request->stage == STAGE_OPENED;
}

/* What only stands when a request is made. */
struct request_new {
    struct text controller, relation, verify_method, verify_level, rule;
    int64_t verified_us, resolved_us;
    int priority;
};

/* store_ids: the statement's first column. store_ids_due: of a statement that takes now and a number. */
enum outcome store_ids(struct call *call, const struct pg_statement *statement, const struct pg_params *params,
                       struct uuid_list *out, struct error *err) WARN_UNUSED;
enum outcome store_ids_due(struct call *call, const struct pg_statement *statement, int most, struct uuid_list *out,
                           struct error *err) WARN_UNUSED;

/* request_lock: in order of ids, before anything of theirs is read or written. */
enum outcome request_lock(struct call *call, const struct uuid *ids, size_t n, struct error *err) WARN_UNUSED;
/* request_load: locks and reads one; *found false where there is none. */
enum outcome request_load(struct call *call, const struct uuid *id, struct request *out, bool *found,
                          struct error *err) WARN_UNUSED;
/* request_restate: a request of its own, `to`, with all that `from` has but its set and its tasks, and with its secrets;
 * `from` names it as its successor. */
enum outcome request_restate(struct call *call, const struct uuid *from, const struct uuid *to,
                             struct error *err) WARN_UNUSED;
enum outcome request_exists(struct call *call, const struct uuid *id, bool *found, struct error *err) WARN_UNUSED;
enum outcome request_insert(struct call *call, const struct request *request, const struct request_new *made,
                            struct error *err) WARN_UNUSED;
/* request_save: writes it with the next revision and announces lethe.request.changed. */
enum outcome request_save(struct call *call, struct request *request, struct error *err) WARN_UNUSED;
void request_announce(struct call *call, const struct request *request);
enum outcome requests_due(struct call *call, int most, struct uuid_list *out, struct error *err) WARN_UNUSED;
/* requests_over: of these, those that are completed. */
enum outcome requests_over(struct call *call, const struct uuid *ids, size_t n, struct uuid_list *out,
                           struct error *err) WARN_UNUSED;
/* requests_ready: of these, those whose services have all answered the present stage. */
enum outcome requests_ready(struct call *call, const struct uuid *ids, size_t n, struct uuid_list *out,
                            struct error *err) WARN_UNUSED;

/* the set; struct forget_set's request and expiry are the caller's */
enum outcome set_put(struct call *call, const struct forget_set *set, struct error *err) WARN_UNUSED;
enum outcome set_load(struct call *call, const struct uuid *request, struct forget_set *out,
                      struct error *err) WARN_UNUSED;
/* set_share: of its identifiers, those that others have, too. After set_put. */
enum outcome set_share(struct call *call, const struct uuid *request, struct key_list shared,
                       struct error *err) WARN_UNUSED;
enum outcome set_shared(struct call *call, const struct uuid *request, struct key_list *out,
                        struct error *err) WARN_UNUSED;
/* set_disclose: the systems and, at the same places, the categories of its records. After set_put. */
enum outcome set_disclose(struct call *call, const struct uuid *request, struct text_list systems,
                          struct text_list categories, struct error *err) WARN_UNUSED;
/* disclosures_note: which holder has which of those categories. told: this request tells its holders identifiers. */
enum outcome disclosures_note(struct call *call, const struct uuid *request, bool told, struct error *err) WARN_UNUSED;
enum outcome set_drop(struct call *call, const struct uuid *request, struct error *err) WARN_UNUSED;
enum outcome set_overlap(struct call *call, const struct forget_set *set, struct uuid_list *out,
                         struct error *err) WARN_UNUSED;

/* secrets: rows beside the vault's items */
enum outcome secret_note(struct call *call, const struct uuid *id, const struct uuid *owner, const char *what,
                         int64_t until_us, struct error *err) WARN_UNUSED;
/* secrets_of: what NULL: all of the owner's */
enum outcome secrets_of(struct call *call, const struct uuid *owner, const struct text *what, size_t what_n,
                        struct uuid_list *out, struct error *err) WARN_UNUSED;
enum outcome secrets_due(struct call *call, int most, struct uuid_list *out, struct error *err) WARN_UNUSED;
enum outcome secrets_drop(struct call *call, struct uuid_list ids, struct error *err) WARN_UNUSED;
/* secrets_doom: their keys are destroyed once this transaction has committed. */
enum outcome secrets_doom(struct call *call, struct uuid_list ids, struct error *err) WARN_UNUSED;
enum outcome secrets_doomed(struct call *call, struct uuid_list *out, struct error *err) WARN_UNUSED;
enum outcome secrets_gone(struct call *call, struct uuid_list ids, struct error *err) WARN_UNUSED;

enum outcome store_sweep(struct call *call, int64_t requests_before_us, int64_t internal_before_us,
                         struct error *err) WARN_UNUSED;

#endif
