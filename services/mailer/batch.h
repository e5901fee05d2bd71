/* batch: mails that are let go together: claimed, opened and intended in one transaction, allowed by one question to consent,
 * sent over many connections, concluded in pages. */
#ifndef LETHE_MAILER_BATCH_H
#define LETHE_MAILER_BATCH_H

#include "services/mailer/content.h"
#include "services/mailer/service.h"

/* BATCH_FRESH_MS: nothing of a message leaves later than that after consent was asked about it: a withdrawal that consent
 * has acknowledged before is obeyed. What didn't get its turn is asked about anew. */
enum { BATCH_MOST = 512, BATCH_LEAST = 32, BATCH_FRESH_MS = 1000, BATCH_PATIENCE_S = 5, BATCH_SAVE = 128 };

/* A mail that may leave as far as the mailer knows by itself. */
struct due {
    struct mail *mail;
    struct text address; /* normalised: what RCPT TO names is what was hashed */
    struct content *content;
    int domain; /* pace_domain */
    struct text ground, unsubscribe_url, unsubscribe_mailto;
    int64_t position;
};

/* One on its way, with all that it needs in an arena of its own: it may outlive its batch. */
struct flight {
    bool taken;
    struct arena *arena;
    struct mail mail;
    struct text ground;
    int64_t position;
};

/* A thread that sends. */
struct sender {
    struct smtp_pool *pool;
    struct flight *flights;
    size_t flights_n;
    size_t batch; /* how many are claimed at once: as many as leave soon */
    int64_t recovered_us;
};

struct batch {
    struct call *call;
    struct sender *sender;
    struct due *due; /* what has its intent and waits for its turn */
    size_t due_n;
    struct mail_result *ended; /* what is known and not kept yet */
    size_t ended_n;
    size_t claimed;
};

/* batch_take: claims mails that are due and commits their intents; those that don't leave are concluded along. After it,
 * the call is without a transaction. */
enum outcome batch_take(struct batch *batch, size_t most, struct error *err) WARN_UNUSED;
/* batch_ask: the ground of all that are due, asked anew; *begin_by_us until when its answer counts (monotonic). */
void batch_ask(struct batch *batch, int64_t *begin_by_us);
/* batch_render: the message as it travels; false: it can't be written. */
bool batch_render(struct call *call, const struct due *due, struct arena *arena, struct text *wire, char **from);

/* batch_conclude: results kept, in the open transaction: rows, sealed words, events. */
enum outcome batch_conclude(struct call *call, struct mail_result *results, size_t n, struct error *err) WARN_UNUSED;
struct mail_result batch_refused(struct mail *mail, const char *why, const char *result);
struct mail_result batch_later(struct mail *mail, const char *why, const char *result, int64_t next_us);

#endif
