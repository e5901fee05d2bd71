/* service: the table that main hands to the runtime, and what all calls of admin share. */
#ifndef LETHE_ADMIN_SERVICE_H
#define LETHE_ADMIN_SERVICE_H

#include <pthread.h>

#include "common/service/service.h"

extern const struct service_def admin_service;

enum peer { PEER_INTAKE, PEER_CONSENT, PEER_DEDUPE, PEER_RETENTION, PEER_ERASURE, PEER_MAILER, PEER_BACKUP, PEERS };
extern const char *const peer_names[PEERS + 1]; /* NULL-terminated */

/* Failed tokens by client where Redis is away: a small table, its slots by hash. */
enum { GUARD_SLOTS = 256 };
struct guard {
    pthread_mutex_t lock;
    struct {
        int64_t since_us, n;
    } slots[GUARD_SLOTS];
};

struct admin_state {
    const char *urls[PEERS];
    const char *own_address;
    bool first_token; /* LETHE_ADMIN_TOKEN_FILE was given: its bearer is the first operator */
    uint8_t first_hash[32];
    struct guard guard;
    struct metric *bad_tokens, *forbidden, *open, *late;
};
enum outcome admin_start(struct service *service, void **state, struct error *err);
void admin_stop(void *state);
static inline struct admin_state *admin(const struct call *call)
{
    return call->state;
}

/* handlers, by subject */
route_fn get_health, get_policy, get_roles, post_resync_of;
route_fn post_request, get_requests, get_request, post_cancel, post_verify, post_approve, post_pause, post_resume,
    post_extend, post_reject, post_complete, post_answered, post_subject, get_certificate, get_report;
route_fn get_sources, post_release, get_topics, get_texts, post_text_show, post_text_judge;
route_fn get_keys, post_keys_rotate, post_keys_pause, post_keys_resume;
route_fn post_holder, get_holders, get_holder, patch_holder, post_manual_result;
route_fn post_search, get_looks;
route_fn get_reviews, post_review, get_weights, post_weights, post_rehearsal, get_refused;
route_fn get_backups, post_backup, patch_backup, post_manifest, get_backup_answers, post_backup_answer;
route_fn post_campaign, get_campaigns, get_campaign;
route_fn post_operator, get_operators, get_operator, patch_operator, post_revoke;
route_fn get_audit, get_audit_check;
topic_fn on_request_changed;
job_fn run_sweep, run_count;

struct forget_table;
extern const struct forget_table admin_forget;

#endif
