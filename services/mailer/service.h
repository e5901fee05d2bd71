/* service: mailer's definition, and what its handlers and jobs share. */
#ifndef LETHE_MAILER_SERVICE_H
#define LETHE_MAILER_SERVICE_H

#include "services/mailer/pace.h"
#include "services/mailer/store.h"

extern const struct service_def mailer_service;

struct sender;
enum { SENDERS = 2 };

/* Made at start, read by all threads. */
struct mailer_shared {
    struct relays *relays;
    struct pace *pace;
    struct sender *senders[SENDERS]; /* one a job: while one waits for PostgreSQL, the other sends */
    char decide_url[512];
    char sender[96]; /* instance#start: who writes an intent */
    int64_t life;    /* the start, in microseconds */
    struct metric *sent, *refused, *deferred, *bounced, *unknown;
};

/* ---- handlers.c ---- */
enum outcome on_mail_requested(struct call *call, const void *event, struct error *err);
enum outcome on_campaign_requested(struct call *call, const void *event, struct error *err);
enum outcome on_consent_changed(struct call *call, const void *event, struct error *err);
/* mail_drop_content: what was sealed for this one mail is destroyed: it is final, or never begins. */
enum outcome mail_drop_content(struct call *call, const struct mail *mail, struct error *err) WARN_UNUSED;
/* mail_publish: lethe.mail.changed of a mail in its new state. */
void mail_publish(struct call *call, const struct mail *mail, int64_t rev, enum mail_state state, const char *why);
/* key_of: the hash of a kind in a list; absent: zero. */
struct hash mail_key_of(const struct key_list *keys, enum key_kind kind);

/* ---- routes.c ---- */
enum outcome post_campaign(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err);
enum outcome get_campaign(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err);
enum outcome post_subject(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err);

/* ---- gate.c ---- */
/* gate_check: what tombstones say about n mails; after the transaction's first write. */
enum outcome gate_check(struct call *call, const struct mail *const *mails, size_t n, enum mail_gate *out,
                        struct error *err) WARN_UNUSED;

/* ---- ground.c: asking consent ---- */
struct ground_question {
    struct hash email, wide;
    struct uuid record;
    struct text purpose;
};
struct ground_answer {
    bool allowed;
    struct text ground, why, unsubscribe_url, unsubscribe_mailto;
    int64_t position;
};
/* ground_ask: n questions in one call; outside a transaction. RETRY where consent is away. */
enum outcome ground_ask(struct call *call, const struct ground_question *questions, size_t n,
                        struct ground_answer **out, struct error *err) WARN_UNUSED;

/* ---- jobs ---- */
enum outcome send_run(struct call *call, bool *again, struct error *err); /* send.c */
enum outcome send_beside_run(struct call *call, bool *again, struct error *err);
struct sender *sender_new(const struct relays *relays, struct pace *pace, int share, int of);
void sender_free(struct sender *sender);
/* mails_wake: once this transaction has committed, mails that are due leave at once. */
void mails_wake(struct call *call);
enum outcome layout_run(struct call *call, bool *again, struct error *err); /* layout.c */
enum outcome keep_run(struct call *call, bool *again, struct error *err);   /* keep.c */

extern const struct forget_table mailer_forget; /* forgetting.c */

#endif
