/* state: what all calls of erasure share: our own keys, where the others are, metrics. */
#include <stdlib.h>
#include <string.h>

#include "services/erasure/service.h"

static void make_metrics(struct metrics *m, struct erasure_state *s)
{
    s->taken = metrics_counter(m, "lethe_requests_taken_total", "", "subject requests taken in");
    s->completed = metrics_counter(m, "lethe_requests_completed_total", "", "requests completed");
    s->answered = metrics_counter(m, "lethe_answers_requested_total", "", "letters to persons handed to the mailer");
    s->late = metrics_counter(m, "lethe_requests_late_total", "", "requests that passed their term unanswered");
    s->escalated = metrics_counter(m, "lethe_requests_escalated_total", "", "times that a term came nearer unanswered");
    s->capped = metrics_counter(m, "lethe_source_cap_exceeded_total", "", "forgets past their source's hourly number");
    s->contradicted =
        metrics_counter(m, "lethe_holder_contradicted_total", "", "answers of holders that their own events belied");
    s->forged = metrics_counter(m, "lethe_holder_bad_signature_total", "", "answers whose signature doesn't fit");
    s->delivered = metrics_counter(m, "lethe_instructions_delivered_total", "", "instructions handed to holders");
    s->failed = metrics_counter(m, "lethe_instructions_failed_total", "", "instructions that a holder didn't take");
    s->doubtful =
        metrics_counter(m, "lethe_requests_doubtful_total", "", "forgets that wait until a human says who is meant");
    s->joins_open =
        metrics_gauge(m, "lethe_joins_open", "", "late joiners that have not dealt with what a tombstone covers");
    s->truncated =
        metrics_counter(m, "lethe_holder_topics_truncated_total", "", "times that a holder's topic was truncated");
    s->resent = metrics_counter(m, "lethe_orders_resent_total", "", "orders said again to services that were silent");
}

/* A file that is there, but holds no key, is told before anything starts. */
static void check_key(const struct options *options, const char *name, struct buf *mistakes)
{
    const char *path = option_text(options, name);
    struct crypto_key *key = NULL;
    struct error err = {0};

    if (path != NULL && crypto_key_load(path, &key, &err) != DONE)
        buf_printf(mistakes, "--%s: %s\n", name, err.text);
    crypto_key_free(key);
}

void erasure_check(const struct options *options, struct buf *mistakes)
{
    check_key(options, "signing-key-file", mistakes);
    check_key(options, "sealing-key-file", mistakes);
}

enum outcome erasure_start(struct service *service, void **state, struct error *err)
{
    const struct options *options = service_options(service);
    struct erasure_state *s = calloc(1, sizeof(*s));

    ENSURE(s != NULL);
    *state = s;
    TRY(crypto_key_load(option_text(options, "signing-key-file"), &s->signing, err));
    TRY(crypto_key_load(option_text(options, "sealing-key-file"), &s->sealing, err));
    crypto_sign_public(s->signing, s->signing_public);
    crypto_box_public(s->sealing, s->sealing_public);
    s->dedupe_url = option_text(options, "dedupe-url");
    s->intake_url = option_text(options, "intake-url");
    s->consent_url = option_text(options, "consent-url");
    s->mailer_url = option_text(options, "mailer-url");
    s->kafka = option_text(options, "kafka");
    s->topic_readers = option_text(options, "topic-readers");
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t i = 0; i < LANE_THREADS; i++)
            s->clients[lane][i] = http_client_new(service_log(service));
    make_metrics(service_metrics(service), s);
    return DONE;
}

void erasure_stop(void *state)
{
    struct erasure_state *s = state;

    if (s == NULL)
        return;
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t i = 0; i < LANE_THREADS; i++)
            if (s->clients[lane][i] != NULL)
                http_client_free(s->clients[lane][i]);
    crypto_key_free(s->signing);
    crypto_key_free(s->sealing);
    free(s);
}
