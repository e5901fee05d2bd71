/* service: the table that main hands to the runtime, and what all calls of erasure share. */
#ifndef LETHE_ERASURE_SERVICE_H
#define LETHE_ERASURE_SERVICE_H

#include "common/service/service.h"

extern const struct service_def erasure_service;
enum outcome erasure_replay(struct call *call, const struct replay_entry *entry, bool *applied,
                            struct error *err) WARN_UNUSED; /* replay.c */

enum { SERVICES = 8, LANES = 2, LANE_THREADS = 16 };
extern const char *const service_names[SERVICES]; /* who is ordered to forget: all eight */

/* Made at start, immutable but for what one job alone uses. */
struct erasure_state {
    struct crypto_key *signing; /* Ed25519 seed: instructions, certificates */
    struct crypto_key *sealing; /* X25519 seed: what late joiners send us */
    uint8_t signing_public[CRYPTO_PUBLIC_BYTES], sealing_public[CRYPTO_PUBLIC_BYTES];
    const char *dedupe_url, *intake_url, *consent_url, *mailer_url; /* for access reports */
    const char *kafka;
    const char *topic_readers; /* declared principals, NULL: none */
    /* a client a lane and thread; only that lane's job touches them */
    struct http_client *clients[LANES][LANE_THREADS];
    struct metric *taken, *completed, *answered, *late, *escalated, *capped, *contradicted, *forged, *delivered,
        *failed, *resent, *doubtful, *joins_open, *truncated;
};
void erasure_check(const struct options *options, struct buf *mistakes);
enum outcome erasure_start(struct service *service, void **state, struct error *err);
void erasure_stop(void *state);
static inline struct erasure_state *erasure(const struct call *call)
{
    return call->state;
}

/* handlers, by subject */
topic_fn on_forget_wanted, on_contact_refused, on_retention_expired, on_consent_changed, on_mail_changed,
    on_holder_result;
batch_fn on_answers; /* forget.result */
job_fn run_advance, run_deliver, run_deliver_slow, run_sweep, run_doomed_keys, run_truncate, run_watch_log;
route_fn post_request, get_requests, get_request, post_cancel, post_verify, post_approve, post_pause, post_resume,
    post_extend, post_reject, post_complete, get_certificate, get_report;
route_fn post_subject, post_answered, get_sources, post_source_release, get_topics;
route_fn post_holder, get_holders, get_holder, patch_holder, post_manual_result;
route_fn post_outside_result, get_instructions, post_join, post_join_ack, get_keys, get_chain;

extern const struct forget_table erasure_forget;

#endif
