/* pace: token buckets for relays, slots for domains, one lock. */
#include "services/mailer/pace.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock/clock.h"
#include "common/error/error.h"
#include "common/retry/retry.h"

enum { PROBE_S = 10 };

struct relay_pace {
    int64_t credit;      /* of smooth weighted turns */
    double tokens;       /* at most one second's worth */
    int64_t filled_us;   /* when tokens were counted last */
    int64_t down_until;  /* 0: up */
    unsigned down_times; /* in a row */
    bool probed;         /* one mail is trying whether it is back */
};
struct domain_pace {
    int64_t next_us; /* the first slot that nobody has */
    int under_way;
};

struct pace {
    pthread_mutex_t lock;
    const struct relays *relays;
    struct relay_pace items[RELAYS_MOST];
    struct domain_pace *domains;
};

struct pace *pace_new(const struct relays *relays)
{
    struct pace *pace = calloc(1, sizeof(*pace));

    ENSURE(pace != NULL);
    pace->relays = relays;
    pace->domains = calloc(relays->domains_n + 1, sizeof(*pace->domains));
    ENSURE(pace->domains != NULL);
    pthread_mutex_init(&pace->lock, NULL);
    for (size_t i = 0; i < relays->n; i++)
        pace->items[i].tokens = relays->items[i].per_second;
    return pace;
}

void pace_free(struct pace *pace)
{
    if (pace == NULL)
        return;
    pthread_mutex_destroy(&pace->lock);
    free(pace->domains);
    free(pace);
}

/* ---- relays -------------------------------------------------------------------------------------------------------------- */

static void refill(struct pace *pace, size_t i, int64_t now_us)
{
    struct relay_pace *p = &pace->items[i];
    const double most = pace->relays->items[i].per_second;

    if (p->filled_us != 0 && now_us > p->filled_us)
        p->tokens += (double)(now_us - p->filled_us) * most / (double)US_PER_S;
    if (p->tokens > most)
        p->tokens = most;
    p->filled_us = now_us;
}

static bool takes(struct pace *pace, size_t i, int64_t now_us)
{
    refill(pace, i, now_us);
    return pace->items[i].down_until <= now_us &&
           (pace->relays->items[i].per_second == 0 || pace->items[i].tokens >= 1.0);
}

size_t pace_allowance(struct pace *pace, size_t most, int64_t now_us)
{
    size_t n = 0;

    pthread_mutex_lock(&pace->lock);
    for (size_t i = 0; i < pace->relays->n; i++)
        if (takes(pace, i, now_us))
            n += pace->items[i].down_times > 0            ? 1 /* to try whether it is back */
                 : pace->relays->items[i].per_second == 0 ? most
                                                          : (size_t)pace->items[i].tokens;
    pthread_mutex_unlock(&pace->lock);
    return n < most ? n : most;
}

/* Smooth weighted turns: each gains its weight, who has most goes and pays what all gained. */
int pace_relay(struct pace *pace, const bool *free, int64_t now_us)
{
    int64_t all = 0;
    int chosen = -1;

    pthread_mutex_lock(&pace->lock);
    for (size_t i = 0; i < pace->relays->n; i++) {
        if (!free[i] || !takes(pace, i, now_us))
            continue;
        pace->items[i].credit += pace->relays->items[i].weight;
        all += pace->relays->items[i].weight;
        if (chosen < 0 || pace->items[i].credit > pace->items[chosen].credit)
            chosen = (int)i;
    }
    if (chosen >= 0) {
        struct relay_pace *p = &pace->items[chosen];
        p->credit -= all;
        p->tokens -= 1.0;
        p->probed = p->down_times > 0;
        if (p->probed) /* one tries whether it is back; the others wait for what that comes to */
            p->down_until = now_us + SECONDS(PROBE_S);
    }
    pthread_mutex_unlock(&pace->lock);
    return chosen;
}

void pace_down(struct pace *pace, size_t relay, int64_t now_us)
{
    struct relay_pace *p = &pace->items[relay];

    pthread_mutex_lock(&pace->lock);
    if (p->down_until <= now_us || p->probed) /* the other connections of the same moment don't count again */
        p->down_until = now_us + retry_delay_us(p->down_times++, SECONDS(1), SECONDS(60), (uint32_t)now_us);
    p->probed = false;
    pthread_mutex_unlock(&pace->lock);
}

void pace_up(struct pace *pace, size_t relay)
{
    pthread_mutex_lock(&pace->lock);
    pace->items[relay].down_until = 0;
    pace->items[relay].down_times = 0;
    pace->items[relay].probed = false;
    pthread_mutex_unlock(&pace->lock);
}

/* ---- domains ------------------------------------------------------------------------------------------------------------- */

int pace_domain(const struct pace *pace, struct text address)
{
    const char *at = memrchr(address.p, '@', address.n);
    struct text domain;

    if (at == NULL || pace->relays->domains_n == 0)
        return -1;
    domain = (struct text){.p = at + 1, .n = (size_t)(address.p + address.n - at) - 1};
    for (size_t i = 0; i < pace->relays->domains_n; i++)
        if (text_equal(pace->relays->domains[i].domain, domain))
            return (int)i;
    return -1;
}

int64_t pace_slot(struct pace *pace, int domain, int64_t now_us)
{
    const int per_second = domain < 0 ? 0 : pace->relays->domains[domain].per_second;
    int64_t slot = now_us;

    if (per_second == 0)
        return now_us;
    pthread_mutex_lock(&pace->lock);
    if (pace->domains[domain].next_us > now_us)
        slot = pace->domains[domain].next_us;
    pace->domains[domain].next_us = slot + US_PER_S / per_second;
    pthread_mutex_unlock(&pace->lock);
    return slot;
}

bool pace_enter(struct pace *pace, int domain)
{
    bool enters = true;

    if (domain < 0)
        return true;
    pthread_mutex_lock(&pace->lock);
    enters = pace->relays->domains[domain].connections == 0 ||
             pace->domains[domain].under_way < pace->relays->domains[domain].connections;
    if (enters)
        pace->domains[domain].under_way++;
    pthread_mutex_unlock(&pace->lock);
    return enters;
}

void pace_leave(struct pace *pace, int domain)
{
    if (domain < 0)
        return;
    pthread_mutex_lock(&pace->lock);
    pace->domains[domain].under_way--;
    pthread_mutex_unlock(&pace->lock);
}
