/* passages: the routes that another service decides: who may ask, and where the question goes. */
#include "services/admin/forward.h"

#define PASSAGE(fn, ...)                                                                                               \
    enum outcome fn(struct call *call, const struct http_request *request, struct http_response *response,             \
                    struct error *err)                                                                                 \
    {                                                                                                                  \
        static const struct passage passage = {__VA_ARGS__};                                                           \
        return forward_pass(call, request, response, &passage, err);                                                   \
    }
#define LOOK(fn, what, who, where, at)                                                                                 \
    PASSAGE(fn, .action = (what), .right = (who), .peer = (where), .method = HTTP_GET, .path = (at), .look = true)
#define CHANGE(fn, what, who, where, how, at)                                                                          \
    PASSAGE(fn, .action = (what), .right = (who), .peer = (where), .method = (how), .path = (at))

/* requests: erasure's */
LOOK(get_requests, "request.list", RIGHT_LOOK, PEER_ERASURE, "/internal/v1/requests")
LOOK(get_request, "request.show", RIGHT_LOOK, PEER_ERASURE, "/internal/v1/requests/{id}")
LOOK(get_certificate, "request.certificate", RIGHT_LOOK, PEER_ERASURE, "/internal/v1/requests/{id}/certificate")
LOOK(get_report, "request.report", RIGHT_FIELDS, PEER_ERASURE, "/internal/v1/requests/{id}/report")
#define ACTION(fn, name)                                                                                               \
    CHANGE(fn, "request." name, RIGHT_DECIDE, PEER_ERASURE, HTTP_POST, "/internal/v1/requests/{id}/" name)
ACTION(post_cancel, "cancel")
ACTION(post_verify, "verify")
ACTION(post_approve, "approve")
ACTION(post_pause, "pause")
ACTION(post_resume, "resume")
ACTION(post_extend, "extend")
ACTION(post_reject, "reject")
ACTION(post_complete, "complete")
ACTION(post_subject, "subject")
CHANGE(post_answered, "request.answered", RIGHT_REQUEST, PEER_ERASURE, HTTP_POST, "/internal/v1/requests/{id}/answered")

/* sources that asked for more forgets than they may: erasure's */
LOOK(get_sources, "source.list", RIGHT_LOOK, PEER_ERASURE, "/internal/v1/sources")
CHANGE(post_release, "source.release", RIGHT_DECIDE, PEER_ERASURE, HTTP_POST, "/internal/v1/sources/{name}/release")

/* topics with personal data, as the broker has them: erasure's */
LOOK(get_topics, "topic.check", RIGHT_LOOK, PEER_ERASURE, "/internal/v1/topics")

/* holders: erasure's */
LOOK(get_holders, "holder.list", RIGHT_LOOK, PEER_ERASURE, "/internal/v1/holders")
LOOK(get_holder, "holder.show", RIGHT_LOOK, PEER_ERASURE, "/internal/v1/holders/{id}")
CHANGE(post_holder, "holder.add", RIGHT_DECIDE, PEER_ERASURE, HTTP_POST, "/internal/v1/holders")
CHANGE(patch_holder, "holder.change", RIGHT_DECIDE, PEER_ERASURE, HTTP_PATCH, "/internal/v1/holders/{id}")
CHANGE(post_manual_result, "holder.result", RIGHT_DECIDE, PEER_ERASURE, HTTP_POST, "/internal/v1/holders/{id}/results")

/* the others' */
LOOK(get_reviews, "review.list", RIGHT_LOOK, PEER_DEDUPE, "/internal/v1/reviews")
PASSAGE(post_review, .action = "review.decide", .right = RIGHT_DECIDE, .peer = PEER_DEDUPE, .method = HTTP_POST,
        .path = "/internal/v1/reviews", .operator_as = "by")
LOOK(get_weights, "weights.show", RIGHT_LOOK, PEER_DEDUPE, "/internal/v1/weights")
PASSAGE(post_weights, .action = "weights.take", .right = RIGHT_RULE, .peer = PEER_DEDUPE, .method = HTTP_POST,
        .path = "/internal/v1/weights", .operator_as = "by")
LOOK(get_backups, "backup.list", RIGHT_LOOK, PEER_BACKUP, "/internal/v1/backups")
CHANGE(post_backup, "backup.add", RIGHT_DECIDE, PEER_BACKUP, HTTP_POST, "/internal/v1/backups")
CHANGE(patch_backup, "backup.change", RIGHT_DECIDE, PEER_BACKUP, HTTP_PATCH, "/internal/v1/backups/{id}")
LOOK(get_backup_answers, "backup.answers", RIGHT_LOOK, PEER_BACKUP, "/internal/v1/backups/answers")
CHANGE(post_backup_answer, "backup.answer", RIGHT_DECIDE, PEER_BACKUP, HTTP_POST, "/internal/v1/backups/{id}/answers")
CHANGE(post_rehearsal, "retention.rehearse", RIGHT_REQUEST, PEER_RETENTION, HTTP_POST, "/internal/v1/rehearsals")
LOOK(get_texts, "text.list", RIGHT_LOOK, PEER_INTAKE, "/internal/v1/texts")
CHANGE(post_text_show, "text.show", RIGHT_FIELDS, PEER_INTAKE, HTTP_POST, "/internal/v1/texts/{id}/show")
CHANGE(post_text_judge, "text.judge", RIGHT_DECIDE, PEER_INTAKE, HTTP_POST, "/internal/v1/texts/{id}/judge")
LOOK(get_keys, "key.status", RIGHT_LOOK, PEER_INTAKE, "/internal/v1/keys")
CHANGE(post_keys_rotate, "key.rotate", RIGHT_RULE, PEER_INTAKE, HTTP_POST, "/internal/v1/keys/rotate")
CHANGE(post_keys_pause, "key.pause", RIGHT_RULE, PEER_INTAKE, HTTP_POST, "/internal/v1/keys/pause")
CHANGE(post_keys_resume, "key.resume", RIGHT_RULE, PEER_INTAKE, HTTP_POST, "/internal/v1/keys/resume")
LOOK(get_campaign, "campaign.show", RIGHT_LOOK, PEER_MAILER, "/internal/v1/campaigns/{id}")
