/* weighing: the weights in force, and all decided anew. */
#include "services/dedupe/weighing.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe/api.h"
#include "services/dedupe/change.h"
#include "services/dedupe/engine/weights.h"
#include "services/dedupe/handlers.h"

enum { RECORDS_AT_ONCE = 200 };

/* The weights that were read last; shared by the threads of the process. */
struct weights_cache {
    pthread_mutex_t lock;
    int64_t version;
    struct model model;
};

struct weigher *weigher_new(struct service *service)
{
    enum { EXPECTED_RECORDS = 1000000 };
    struct metrics *metrics = service_metrics(service);
    struct weigher *weigher = calloc(1, sizeof(*weigher));

    ENSURE(weigher != NULL && (weigher->cache = calloc(1, sizeof(*weigher->cache))) != NULL);
    ENSURE(pthread_mutex_init(&weigher->cache->lock, NULL) == 0);
    weigher->nicknames = nicknames_new();
    model_default(&weigher->shipped, EXPECTED_RECORDS, weigher->nicknames);
    weigher->cache->model = weigher->shipped;
    weigher->thresholds = thresholds_default;
    /* a customer base holds households: what only a home and a surname tell is a question, and names that differ are two */
    weigher->thresholds.link_household_bare = weigher->thresholds.against_names = INT32_MAX;
    weigher->rate = option_int(service_options(service), "redecide-rate");
    weigher->version = metrics_gauge(metrics, "lethe_dedupe_weights_version", "", "weights in force; 0: as shipped");
    weigher->to_decide =
        metrics_gauge(metrics, "lethe_dedupe_to_decide_anew", "", "records not yet decided by what is in force");
    return weigher;
}

void weigher_free(struct weigher *weigher)
{
    if (weigher != NULL) {
        nicknames_free(weigher->nicknames);
        pthread_mutex_destroy(&weigher->cache->lock);
        free(weigher->cache);
    }
    free(weigher);
}

/* ---- weights ---------------------------------------------------------------------------------------------------------- */

static enum outcome read_weights(const struct weigher *weigher, struct text text, struct model *out, struct error *err)
{
    struct weights_state state = {0};

    *out = weigher->shipped;
    if (text.n == 0)
        return DONE;
    TRY(weights_read(text, out, &state, err));
    return state.training.settled ? DONE
                                  : error_refuse(err, "/weights", "weights", "these haven't been learnt to the end");
}

static enum outcome load_model(struct call *call, int64_t version, struct model *out, struct error *err)
{
    const struct weigher *weigher = call->state;
    struct weights_cache *cache = weigher->cache;
    struct text text;
    bool known;

    pthread_mutex_lock(&cache->lock);
    known = cache->version == version;
    *out = cache->model;
    pthread_mutex_unlock(&cache->lock);
    if (known)
        return DONE;
    TRY(weighing_store_weights(call, version, &text, err));
    if (read_weights(weigher, text, out, err) != DONE)
        return error_retry(err, "weights", "the weights in force can't be read");
    pthread_mutex_lock(&cache->lock);
    cache->version = version;
    cache->model = *out;
    pthread_mutex_unlock(&cache->lock);
    return DONE;
}

/* What a policy says of sources and has a say in who is whom. */
static int64_t sources_digest(const struct policy *policy)
{
    uint64_t digest = policy->sources_n;

    for (size_t i = 0; i < policy->sources_n; i++) {
        const struct policy_source *source = &policy->sources[i];
        digest = mix64(digest, hash64(source->system, strlen(source->system)));
        digest = mix64(digest, source->region == NULL ? 1 : hash64(source->region, strlen(source->region)));
        digest = mix64(digest, source->duplicates);
    }
    return (int64_t)digest;
}

enum outcome weighing_now(struct call *call, struct weighing *out, struct error *err)
{
    TRY(weighing_store_load(call, out, err));
    if (out->policy_version > call->policy_version && out->sources != sources_digest(call->policy))
        return error_retry(err, "policy", "another policy is in force elsewhere already");
    return load_model(call, out->version, &out->model, err);
}

/* ---- all anew ----------------------------------------------------------------------------------------------------------- */

/* A policy that says something else of sources: all is decided anew. Under all locks: whoever weighs by the former one has
 * finished by then. */
static enum outcome follow_policy(struct call *call, struct error *err)
{
    int64_t sources = sources_digest(call->policy);
    struct weighing weighing;

    TRY(weighing_store_load(call, &weighing, err));
    if (weighing.policy_version >= call->policy_version)
        return DONE;
    TRY(store_lock_all(call, err));
    TRY(weighing_store_load(call, &weighing, err));
    if (weighing.policy_version >= call->policy_version)
        return DONE;
    TRY(weighing_store_policy(call, call->policy_version, sources, err));
    if (weighing.sources != sources)
        TRY(weighing_store_begin(call, err));
    return call_checkpoint(call, err);
}

static void tell(struct call *call, const struct weighing *weighing)
{
    const struct weigher *weigher = call->state;
    int64_t left = weighing->records - weighing->decided;

    metric_set(weigher->version, weighing->version);
    metric_set(weigher->to_decide, weighing->running && left > 0 ? left : 0);
}

/* One page under its locks. A pass that began meanwhile begins at its own first record: this page's work is no harm. */
static enum outcome decide_page(struct call *call, int most, size_t *n, bool *running, struct error *err)
{
    struct weighing weighing;
    struct change change = {0};

    *n = 0;
    TRY(weighing_store_load(call, &weighing, err));
    *running = weighing.running;
    tell(call, &weighing);
    if (!weighing.running)
        return DONE;
    TRY(weighing_store_page(call, &weighing, most, &change.touched, err));
    *n = change.touched.n;
    *running = (int)*n == most;
    if (*n > 0)
        TRY(change_apply(call, &change, err));
    if (uuid_is_nil(&weighing.after))
        TRY(weighing_store_count(call, weighing.pass, err));
    if (!*running)
        log_info(call->log, "dedupe.decided_anew", F_INT("weights", weighing.version),
                 F_INT("records", weighing.decided + (int64_t)*n));
    return weighing_store_decided(call, weighing.pass, change.touched, *running, err);
}

/* As many as may be decided in a second, a second. */
enum outcome dedupe_job_redecide(struct call *call, bool *again, struct error *err)
{
    const struct weigher *weigher = call->state;
    bool running = true;

    *again = false;
    TRY(follow_policy(call, err));
    for (int64_t left = weigher->rate; left > 0 && running && !call_stopping(call);) {
        size_t n;
        TRY(decide_page(call, left < RECORDS_AT_ONCE ? (int)left : RECORDS_AT_ONCE, &n, &running, err));
        TRY(call_checkpoint(call, err));
        left -= (int64_t)n;
    }
    return DONE;
}

/* ---- routes ------------------------------------------------------------------------------------------------------------- */

static enum outcome answer_status(struct call *call, struct http_response *response, struct error *err)
{
    struct weighing weighing;
    struct weights_status answer;

    TRY(weighing_store_load(call, &weighing, err));
    tell(call, &weighing);
    answer = (struct weights_status){.version = weighing.version,
                                     .running = weighing.running,
                                     .records = weighing.records,
                                     .decided = weighing.decided,
                                     .began_at = weighing.began_at,
                                     .ended_at = weighing.ended_at};
    event_encode(&weights_status_type, &answer, &response->body);
    return DONE;
}

enum outcome dedupe_get_weights(struct call *call, const struct http_request *request, struct http_response *response,
                                struct error *err)
{
    (void)request;
    return answer_status(call, response, err);
}

enum outcome dedupe_post_weights(struct call *call, const struct http_request *request, struct http_response *response,
                                 struct error *err)
{
    const struct weights_taken *in;
    struct model model;
    void *body;

    TRY(event_decode(&weights_taken_type, request->body, call->arena, &body, err));
    in = body;
    TRY(read_weights(call->state, in->weights, &model, err));
    TRY(store_lock_all(call, err));
    TRY(weighing_store_take(call, in->weights.n == 0 ? TEXT_NONE : in->weights, &in->by, err));
    TRY(weighing_store_begin(call, err));
    call_wake(call, "redecide");
    return answer_status(call, response, err);
}
