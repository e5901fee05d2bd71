/* smtp_pool: one thread's open connections to the relays. libcurl connects, speaks TLS and logs in (CURLOPT_CONNECT_ONLY); the
 * dialogue over the connection is ours (dialogue.h), since libcurl doesn't pipeline. */
#ifndef LETHE_MAILER_SMTP_POOL_H
#define LETHE_MAILER_SMTP_POOL_H

#include "services/mailer/mailer.h"
#include "services/mailer/pace.h"

struct smtp_pool;

/* share, of: which part of each relay's connections is this pool's (0 of 2, 1 of 2). */
struct smtp_pool *smtp_pool_new(const struct relays *relays, struct pace *pace, int share, int of);
void smtp_pool_free(struct smtp_pool *pool);

/* A message on its way. All of it stays the caller's until it comes back. */
struct smtp_pool_mail {
    const char *from, *to;
    struct text wire;    /* dialogue_wire made it */
    int64_t begin_by_us; /* monotonic: after that nothing of the message leaves any more */
    int domain;          /* as reserved */
    void *owner;
};

enum smtp_pool_outcome {
    SMTP_POOL_RESULT, /* the relay's word, or its silence */
    SMTP_POOL_BACK, /* nothing left, and not the mail's fault: too late, an idle connection had ended meanwhile, or the relay
                       * is away and there are others */
};
struct smtp_pool_result {
    enum smtp_pool_outcome outcome;
    enum smtp_result result;
    int code; /* the relay's last answer, 0: none */
    void *owner;
};

size_t smtp_pool_capacity(const struct smtp_pool *pool); /* connections that it may have */
size_t smtp_pool_busy(const struct smtp_pool *pool);     /* messages on their way */
/* smtp_pool_reserve: a connection for one more message to that domain (pace_domain), and what its relay's rate allows; -1: none
 * for now. smtp_pool_start hands the message over before anything else is asked of the pool; smtp_pool_release: there is none after
 * all. */
int smtp_pool_reserve(struct smtp_pool *pool, int domain);
void smtp_pool_start(struct smtp_pool *pool, int reserved, const struct smtp_pool_mail *mail);
void smtp_pool_release(struct smtp_pool *pool, int domain);
/* smtp_pool_wait: moves everything on, waits for at most so long until anything happens. */
void smtp_pool_wait(struct smtp_pool *pool, int timeout_ms);
/* smtp_pool_next: a message that has ended. */
bool smtp_pool_next(struct smtp_pool *pool, struct smtp_pool_result *out);
/* smtp_pool_hurry: the service stops: messages get 5 s more; what hasn't begun comes back. */
void smtp_pool_hurry(struct smtp_pool *pool);
/* smtp_pool_tidy: connections idle for longer than that are closed, with QUIT. */
void smtp_pool_tidy(struct smtp_pool *pool, int64_t idle_us);

#endif
