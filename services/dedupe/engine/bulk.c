/* bulk: many records at once. */
#include "services/dedupe/engine/bulk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/error/error.h"

enum { DRAWN = 1000000, TRAINED_ON = 3000000, FEW_DOUBTS = 200 };

/* Two records that share several keys are compared once: in the block of the first. */
static bool first_common(const struct bulk *bulk, uint32_t a, uint32_t b, uint64_t key)
{
    uint32_t i = bulk->keys_from[a], j = bulk->keys_from[b];

    while (i < bulk->keys_from[a + 1] && j < bulk->keys_from[b + 1]) {
        uint64_t x = bulk->keys[i], y = bulk->keys[j];
        if (x == y)
            return x == key;
        if (x < y)
            i++;
        else
            j++;
    }
    return false;
}

/* ---- passes over all pairs, by threads --------------------------------------------------------------------------------- */

struct pass;
typedef void pair_work(struct pass *pass, uint32_t a, uint32_t b);

struct pass {
    struct bulk *bulk;
    pair_work *work;
    size_t from, until; /* entries */
    uint64_t every;     /* one pair in so many */
    uint64_t kinds; /* bit mask of key kinds; a pair in several of them comes several times unless all are looked at */
    struct patterns patterns;
    struct edge *edges;
    size_t edges_n, edges_room;
    uint64_t pairs;
};

static void *run_pass(void *context)
{
    struct pass *pass = context;
    const struct bulk *bulk = pass->bulk;
    size_t end;

    for (size_t i = pass->from; i < pass->until; i = end) {
        uint64_t key = bulk->entries[i].key;
        end = bulk_block_end(bulk, i);
        if ((pass->kinds >> (key & BLOCK_KIND) & 1) == 0)
            continue;
        for (size_t x = i; x < end; x++) {
            for (size_t y = x + 1; y < end; y++) {
                uint32_t a = bulk->entries[x].record, b = bulk->entries[y].record;
                if (pass->every > 1 && mix64(a, b) % pass->every != 0)
                    continue;
                if (pass->kinds == UINT64_MAX && !first_common(bulk, a, b, key))
                    continue;
                pass->pairs++;
                pass->work(pass, a, b);
            }
        }
    }
    return NULL;
}

/* Each thread takes a stretch of blocks; results are put together in the order of the stretches. */
static void over_pairs(struct bulk *bulk, pair_work *work, uint64_t kinds, uint64_t every, int threads,
                       struct pass passes[BULK_THREADS])
{
    pthread_t ids[BULK_THREADS];
    size_t from = 0;

    for (int t = 0; t < threads; t++) {
        size_t until = t + 1 == threads ? bulk->entries_n : bulk->entries_n * (size_t)(t + 1) / (size_t)threads;
        while (until > from && until < bulk->entries_n && bulk->entries[until].key == bulk->entries[until - 1].key)
            until++;
        passes[t] =
            (struct pass){.bulk = bulk, .work = work, .from = from, .until = until, .every = every, .kinds = kinds};
        patterns_init(&passes[t].patterns);
        from = until;
    }
    for (int t = 1; t < threads; t++)
        ENSURE(pthread_create(&ids[t], NULL, run_pass, &passes[t]) == 0);
    run_pass(&passes[0]);
    for (int t = 1; t < threads; t++)
        pthread_join(ids[t], NULL);
}

static void free_passes(struct pass passes[BULK_THREADS], int threads)
{
    for (int t = 0; t < threads; t++) {
        patterns_free(&passes[t].patterns);
        free(passes[t].edges);
    }
}

/* ---- what is shared ----------------------------------------------------------------------------------------------------- */

static void mark_shared(struct pass *pass, uint32_t a, uint32_t b)
{
    struct profile *x = &pass->bulk->profiles[a], *y = &pass->bulk->profiles[b];
    struct levels levels;

    levels_compare(x, y, model_known_name, &pass->bulk->model, &levels);
    if (!levels_incompatible(&levels))
        return;
    if (levels.of[F_MAIL] == M_OWN || levels.of[F_MAIL] == M_HOME)
        x->mailbox_shared = y->mailbox_shared = true;
    if (levels.of[F_PHONE] == P_OWN || levels.of[F_PHONE] == P_HOME)
        x->phone_shared = y->phone_shared = true;
}

/* A mailbox that two hold who can't be one is shared for all who hold it. */
static void spread_shared(struct bulk *bulk)
{
    size_t end;

    for (size_t i = 0; i < bulk->entries_n; i = end) {
        uint64_t kind = bulk->entries[i].key & BLOCK_KIND;
        bool mail = false, phone = false;
        end = bulk_block_end(bulk, i);
        if (kind != BLOCK_BY_MAIL && kind != BLOCK_BY_PHONE)
            continue;
        for (size_t e = i; e < end; e++) {
            mail = mail || bulk->profiles[bulk->entries[e].record].mailbox_shared;
            phone = phone || bulk->profiles[bulk->entries[e].record].phone_shared;
        }
        for (size_t e = i; e < end; e++) {
            struct profile *p = &bulk->profiles[bulk->entries[e].record];
            p->mailbox_shared = p->mailbox_shared || (mail && kind == BLOCK_BY_MAIL);
            p->phone_shared = p->phone_shared || (phone && kind == BLOCK_BY_PHONE);
        }
    }
}

/* ---- training ----------------------------------------------------------------------------------------------------------- */

static void count_pattern(struct pass *pass, uint32_t a, uint32_t b)
{
    struct levels levels;

    levels_compare(&pass->bulk->profiles[a], &pass->bulk->profiles[b], model_known_name, &pass->bulk->model, &levels);
    patterns_add(&pass->patterns, &levels, pass->every);
}

static void draw(const struct bulk *bulk, struct patterns *out)
{
    uint64_t state = 42;
    struct levels levels;
    size_t most = bulk->n * 40 < DRAWN ? bulk->n * 40 : DRAWN;

    for (size_t i = 0; i < most; i++) {
        uint32_t a, b;
        state = mix64(state, i);
        a = (uint32_t)((state >> 32) % bulk->n);
        b = (uint32_t)((state & UINT32_MAX) % bulk->n);
        if (a == b)
            continue;
        levels_compare(&bulk->profiles[a], &bulk->profiles[b], model_known_name, &bulk->model, &levels);
        patterns_add(out, &levels, 1);
    }
}

static uint64_t pairs_of_blocks(const struct bulk *bulk)
{
    uint64_t pairs = 0;
    size_t end;

    for (size_t i = 0; i < bulk->entries_n; i = end) {
        end = bulk_block_end(bulk, i);
        pairs += (uint64_t)(end - i) * (end - i - 1) / 2;
    }
    return pairs;
}

void bulk_learn(struct bulk *bulk, struct training *state, train_told *told, void *context)
{
    struct patterns drawn;
    struct pass passes[BULK_THREADS];
    struct model *model = &bulk->model;

    if (bulk->n < TRAIN_LEAST_RECORDS || state->settled)
        return;
    if (state->rounds == 0 && !state->without_households) {
        patterns_init(&drawn);
        draw(bulk, &drawn);
        train_chance(model, &drawn);
        patterns_free(&drawn);
    }
    over_pairs(bulk, count_pattern, UINT64_MAX, pairs_of_blocks(bulk) / TRAINED_ON + 1, BULK_THREADS, passes);
    for (int t = 1; t < BULK_THREADS; t++)
        patterns_merge(&passes[0].patterns, &passes[t].patterns);
    train_rounds(model, &passes[0].patterns, state, told, context);
    free_passes(passes, BULK_THREADS);
}

/* ---- scores and persons ------------------------------------------------------------------------------------------------- */

static void score_pair(struct pass *pass, uint32_t a, uint32_t b)
{
    struct bulk *bulk = pass->bulk;
    struct score score;
    enum verdict verdict;

    model_score(&bulk->model, &bulk->profiles[a], &bulk->profiles[b], &score);
    verdict = decide_pair(&score, &bulk->thresholds);
    if (verdict == APART)
        return;
    if (pass->edges_n == pass->edges_room) {
        pass->edges_room = pass->edges_room == 0 ? 1024 : pass->edges_room * 2;
        ENSURE((pass->edges = realloc(pass->edges, pass->edges_room * sizeof(*pass->edges))) != NULL);
    }
    pass->edges[pass->edges_n++] =
        (struct edge){.a = a < b ? a : b, .b = a < b ? b : a, .bits = score_bits(&score), .verdict = (uint8_t)verdict};
}

static void score_all(struct bulk *bulk)
{
    struct pass passes[BULK_THREADS];
    size_t n = 0;

    over_pairs(bulk, score_pair, UINT64_MAX, 1, BULK_THREADS, passes);
    for (int t = 0; t < BULK_THREADS; t++)
        n += passes[t].edges_n;
    ENSURE((bulk->edges = calloc(n + 1, sizeof(*bulk->edges))) != NULL);
    for (int t = 0; t < BULK_THREADS; t++) {
        if (passes[t].edges_n > 0)
            memcpy(bulk->edges + bulk->edges_n, passes[t].edges, passes[t].edges_n * sizeof(*bulk->edges));
        bulk->edges_n += passes[t].edges_n;
        bulk->pairs += passes[t].pairs;
    }
    free_passes(passes, BULK_THREADS);
}

static bool single_source(const struct bulk *bulk, uint32_t source)
{
    for (size_t i = 0; i < bulk->single_sources_n; i++)
        if (bulk->single_sources[i] == source)
            return true;
    return false;
}

static bool conflict(const void *context, uint32_t a, uint32_t b)
{
    const struct bulk *bulk = context;
    const struct profile *x = &bulk->profiles[a], *y = &bulk->profiles[b];
    struct score score;

    if (x->source != 0 && x->source == y->source && single_source(bulk, x->source))
        return true;
    model_score(&bulk->model, x, y, &score);
    if (bulk->thresholds.against_names == INT32_MAX)
        return score_incompatible(&score, &bulk->thresholds);
    /* no households here: names that differ are mistakes unless nothing else agrees */
    return score_incompatible(&score, &bulk->thresholds) &&
           (score.levels.suffixes_differ || score_bits(&score) < bulk->thresholds.review);
}

/* A source holds somebody twice, or it doesn't: what links within it by strong evidence tells. One in 300 may be wrong. */
static void find_single_sources(struct bulk *bulk)
{
    enum { SOURCES = 64 };
    struct {
        uint32_t source;
        size_t records, links;
    } seen[SOURCES] = {{0}};
    size_t n = 0;

    for (size_t r = 0; r < bulk->n; r++) {
        size_t s = 0;
        if (bulk->profiles[r].source == 0)
            continue;
        while (s < n && seen[s].source != bulk->profiles[r].source)
            s++;
        if (s == SOURCES)
            continue;
        seen[s].source = bulk->profiles[r].source;
        n = s == n ? n + 1 : n;
        seen[s].records++;
    }
    for (size_t e = 0; e < bulk->edges_n; e++) {
        uint32_t source = bulk->profiles[bulk->edges[e].a].source;
        if (bulk->edges[e].verdict != LINK || source == 0 || source != bulk->profiles[bulk->edges[e].b].source)
            continue;
        for (size_t s = 0; s < n; s++)
            seen[s].links += seen[s].source == source;
    }
    ENSURE((bulk->single_sources = calloc(SOURCES, sizeof(uint32_t))) != NULL);
    for (size_t s = 0; s < n; s++)
        if (seen[s].links * 300 < seen[s].records)
            bulk->single_sources[bulk->single_sources_n++] = seen[s].source;
}

void bulk_prepare(struct bulk *bulk, const struct nicknames *nicknames)
{
    struct pass passes[BULK_THREADS];

    terms_init(&bulk->terms, bulk->n * 4 + 1024);
    for (size_t r = 0; r < bulk->n; r++)
        terms_add(&bulk->terms, &bulk->profiles[r]);
    model_default(&bulk->model, (double)bulk->n, nicknames);
    bulk->model.terms = &bulk->terms;
    bulk_make_blocks(bulk);
    over_pairs(bulk, mark_shared, 1U << BLOCK_BY_MAIL | 1U << BLOCK_BY_PHONE, 1, 1, passes);
    free_passes(passes, 1);
    spread_shared(bulk);
}

void bulk_decide(struct bulk *bulk, struct clusters *out)
{
    bulk->thresholds = thresholds_default;
    if (train_has_households(&bulk->model)) /* what only a home and a surname tell is a family's, too */
        bulk->thresholds.link_household_bare = bulk->thresholds.against_names = INT32_MAX;
    else /* few are doubtful, so that more of them can be asked */
        bulk->thresholds.review -= FEW_DOUBTS;
    score_all(bulk);
    find_single_sources(bulk);
    cluster_records(bulk->edges, bulk->edges_n, bulk->n, conflict, bulk, out);
}

void bulk_free(struct bulk *bulk)
{
    terms_free(&bulk->terms);
    free(bulk->keys);
    free(bulk->keys_from);
    free(bulk->entries);
    free(bulk->edges);
    free(bulk->single_sources);
}
