/* smtp_pool: links. Each is one easy handle: it connects without anybody waiting for it, and carries one message after another.
 * It has a multi handle of its own: within a shared one, libcurl closes connections in whose socket an answer waits
 * whenever another one is made. */
#include "services/mailer/smtp_pool.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "common/clock/clock.h"
#include "common/error/error.h"
#include "services/mailer/dialogue.h"

/* Until the message has left 5 minutes, and 10 for the answer to its end (RFC 5321, 4.5.3.2.6): who gives up earlier makes
 * duplicates. */
enum { CONNECT_S = 30, UNTIL_SENT_S = 300, FINAL_ANSWER_S = 600, STOPPING_S = 4 };
enum { READ_BYTES = 4096, OPENING_MS = 5 };

enum link_state {
    LINK_FREE,    /* no connection */
    LINK_OPENING, /* connecting, for a message that waits for it */
    LINK_IDLE,
    LINK_BUSY,
    LINK_ENDED, /* its message has ended and waits to be fetched */
};

struct link {
    enum link_state state;
    size_t relay;
    CURL *curl;
    CURLM *multi;
    curl_socket_t socket;
    bool connected; /* it may be used again once the message is fetched */
    bool reused;    /* it has carried a message before: the relay may have closed it meanwhile */
    struct dialogue dialogue;
    struct smtp_pool_mail mail;
    struct smtp_pool_result result;
    int64_t began_us, ended_us, idle_us; /* monotonic; ended: when the final dot had left */
};

struct smtp_pool {
    const struct relays *relays;
    struct pace *pace;
    struct link *links;
    struct pollfd *waits;
    size_t n, busy;
    int64_t hurry_us; /* 0: there is time */
};

struct smtp_pool *smtp_pool_new(const struct relays *relays, struct pace *pace, int share, int of)
{
    struct smtp_pool *pool = calloc(1, sizeof(*pool));

    ENSURE(pool != NULL);
    pool->relays = relays;
    pool->pace = pace;
    for (size_t i = 0; i < relays->n; i++)
        pool->n += (size_t)((relays->items[i].connections + of - 1 - share) / of);
    pool->links = calloc(pool->n + 1, sizeof(*pool->links));
    pool->waits = calloc(pool->n + 1, sizeof(*pool->waits));
    ENSURE(pool->links != NULL && pool->waits != NULL);
    for (size_t i = 0, at = 0; i < relays->n; i++)
        for (int k = (relays->items[i].connections + of - 1 - share) / of; k > 0; k--, at++) {
            pool->links[at].relay = i;
            dialogue_init(&pool->links[at].dialogue);
        }
    return pool;
}

/* ---- a connection's beginning and end --------------------------------------------------------------------------------------- */

/* Every option is one that this libcurl has; a refusal would be a bug of ours. */
#define SET(link, option, value) ENSURE(curl_easy_setopt((link)->curl, (option), (value)) == CURLE_OK)

static size_t on_line(char *line, size_t size, size_t n, void *context)
{
    struct link *link = context;

    dialogue_offer(&link->dialogue.offers, (struct text){.p = line, .n = size * n});
    return size * n;
}

static void open_link(const struct smtp_pool *pool, struct link *link)
{
    const struct relay *relay = &pool->relays->items[link->relay];
    char url[300];

    snprintf(url, sizeof(url), "%s://%s", relay->tls == RELAY_TLS_IMPLICIT ? "smtps" : "smtp", relay->host);
    link->curl = curl_easy_init();
    link->multi = curl_multi_init();
    ENSURE(link->curl != NULL && link->multi != NULL);
    SET(link, CURLOPT_URL, url);
    SET(link, CURLOPT_CONNECT_ONLY, 1L);
    SET(link, CURLOPT_NOSIGNAL, 1L);
    SET(link, CURLOPT_PROXY, "");
    SET(link, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    SET(link, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)CONNECT_S);
    SET(link, CURLOPT_HEADERFUNCTION, on_line);
    SET(link, CURLOPT_HEADERDATA, link);
    if (relay->tls == RELAY_TLS_STARTTLS)
        SET(link, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    if (relay->ca_file != NULL)
        SET(link, CURLOPT_CAINFO, relay->ca_file);
    if (relay->user != NULL) {
        SET(link, CURLOPT_USERNAME, relay->user);
        SET(link, CURLOPT_PASSWORD, relay->password);
    }
    link->dialogue.offers = (struct dialogue_offers){0};
    link->dialogue.dirty = link->dialogue.broken = link->reused = false;
    link->state = LINK_OPENING;
    ENSURE(curl_multi_add_handle(link->multi, link->curl) == CURLM_OK);
}

/* libcurl would say QUIT and wait for the answer: the socket is shut first, so that it can't. */
static void close_link(struct link *link)
{
    static const char quit[] = "QUIT\r\n";
    size_t n;

    if (link->curl == NULL)
        return;
    if (link->connected && !link->dialogue.broken)
        (void)curl_easy_send(link->curl, quit, sizeof(quit) - 1, &n);
    if (link->connected)
        (void)shutdown(link->socket, SHUT_RDWR);
    (void)curl_multi_remove_handle(link->multi, link->curl);
    curl_easy_cleanup(link->curl);
    (void)curl_multi_cleanup(link->multi);
    link->curl = NULL;
    link->multi = NULL;
    link->connected = false;
}

void smtp_pool_free(struct smtp_pool *pool)
{
    if (pool == NULL)
        return;
    for (size_t i = 0; i < pool->n; i++) {
        close_link(&pool->links[i]);
        dialogue_free(&pool->links[i].dialogue);
    }
    free(pool->links);
    free(pool->waits);
    free(pool);
}

/* ---- a message's end ---------------------------------------------------------------------------------------------------------- */

static void end(struct smtp_pool *pool, struct link *link, enum smtp_pool_outcome outcome, enum smtp_result result,
                int code)
{
    link->result =
        (struct smtp_pool_result){.outcome = outcome, .result = result, .code = code, .owner = link->mail.owner};
    link->state = LINK_ENDED;
    pace_leave(pool->pace, link->mail.domain);
    if (!link->connected || link->dialogue.broken)
        close_link(link);
}

/* What the dialogue came to. A relay that had closed an idle connection has said nothing about this message. */
static void conclude(struct smtp_pool *pool, struct link *link)
{
    const struct dialogue *d = &link->dialogue;
    const bool against_us = d->failed && d->phase == SMTP_PHASE_BEFORE;

    if (d->failed && link->reused && !d->ended && (!d->answered || d->code == 421)) {
        link->dialogue.broken = true;
        end(pool, link, SMTP_POOL_BACK, SMTP_LATER, 0);
        return;
    }
    if (against_us)
        pace_down(pool->pace, link->relay, clock_now_us());
    else if (d->answered && !d->broken)
        pace_up(pool->pace, link->relay);
    end(pool, link, SMTP_POOL_RESULT, dialogue_result(d), d->code >= 400 ? d->code : 0);
}

static void go_back(struct smtp_pool *pool, struct link *link)
{
    link->dialogue.broken = true;
    end(pool, link, SMTP_POOL_BACK, SMTP_LATER, 0);
}

/* ---- moving bytes --------------------------------------------------------------------------------------------------------------- */

static bool too_late(const struct smtp_pool *pool, const struct link *link, int64_t now_us)
{
    return now_us > link->mail.begin_by_us || pool->hurry_us != 0;
}

/* Everything that may leave now; false where the socket takes no more for the moment. */
static bool write_all(struct link *link)
{
    struct dialogue *d = &link->dialogue;
    struct text pending;

    while ((pending = dialogue_pending(d)).n > 0) {
        size_t n = 0;
        CURLcode code = curl_easy_send(link->curl, pending.p, pending.n, &n);
        if (code == CURLE_AGAIN)
            return false;
        if (code != CURLE_OK) {
            dialogue_lost(d);
            return false;
        }
        dialogue_wrote(d, n);
    }
    if (d->ended && link->ended_us == 0)
        link->ended_us = clock_monotonic_us();
    return true;
}

/* True where more may be waiting already. */
static bool read_some(struct link *link)
{
    char got[READ_BYTES];
    size_t n = 0;
    CURLcode code = curl_easy_recv(link->curl, got, sizeof(got), &n);

    if (code == CURLE_AGAIN)
        return false;
    if (code != CURLE_OK || n == 0) {
        dialogue_lost(&link->dialogue);
        return false;
    }
    dialogue_feed(&link->dialogue, (struct text){.p = got, .n = n});
    return n == sizeof(got);
}

/* The last moment: whatever is asked of consent is as old as begin_by says, or the message stays here. */
static bool pass_gate(struct smtp_pool *pool, struct link *link)
{
    if (too_late(pool, link, clock_monotonic_us()))
        return false;
    dialogue_go(&link->dialogue);
    return true;
}

static void pump(struct smtp_pool *pool, struct link *link, bool readable)
{
    struct dialogue *d = &link->dialogue;
    bool moves = true;

    while (moves && d->step != DIALOGUE_OVER) {
        bool free = write_all(link);
        if (readable && d->step != DIALOGUE_OVER)
            readable = read_some(link);
        if (d->step == DIALOGUE_GATE && !pass_gate(pool, link)) {
            go_back(pool, link);
            return;
        }
        moves = readable || (free && dialogue_pending(d).n > 0);
    }
    if (d->step == DIALOGUE_OVER)
        conclude(pool, link);
}

static void begin(struct smtp_pool *pool, struct link *link)
{
    link->state = LINK_BUSY;
    link->ended_us = 0;
    link->began_us = clock_monotonic_us();
    if (too_late(pool, link, link->began_us)) {
        end(pool, link, SMTP_POOL_BACK, SMTP_LATER, 0);
        return;
    }
    dialogue_begin(&link->dialogue, link->mail.from, link->mail.to, link->mail.wire);
    pump(pool, link, false);
}

/* ---- connecting ------------------------------------------------------------------------------------------------------------------- */

static void connected(struct smtp_pool *pool, struct link *link)
{
    if (curl_easy_getinfo(link->curl, CURLINFO_ACTIVESOCKET, &link->socket) != CURLE_OK ||
        link->socket == CURL_SOCKET_BAD) {
        end(pool, link, SMTP_POOL_RESULT, SMTP_LATER, 0);
        return;
    }
    link->connected = true;
    begin(pool, link);
}

static void not_connected(struct smtp_pool *pool, struct link *link)
{
    long code = 0;

    if (curl_easy_getinfo(link->curl, CURLINFO_RESPONSE_CODE, &code) != CURLE_OK)
        code = 0;
    pace_down(pool->pace, link->relay, clock_now_us());
    end(pool, link, pool->relays->n > 1 ? SMTP_POOL_BACK : SMTP_POOL_RESULT, SMTP_LATER,
        code >= 400 && code < 600 ? (int)code : 0);
}

static void drive_opening(struct smtp_pool *pool, struct link *link)
{
    const CURLMsg *message;
    int running = 0, left = 0;

    (void)curl_multi_perform(link->multi, &running);
    message = curl_multi_info_read(link->multi, &left);
    if (message == NULL || message->msg != CURLMSG_DONE)
        return;
    if (message->data.result == CURLE_OK)
        connected(pool, link);
    else
        not_connected(pool, link);
}

/* ---- the pool --------------------------------------------------------------------------------------------------------------------- */

size_t smtp_pool_capacity(const struct smtp_pool *pool)
{
    return pool->n;
}

size_t smtp_pool_busy(const struct smtp_pool *pool)
{
    return pool->busy;
}

/* A connection to the relay: an open one rather than a new one. */
static struct link *find_link(struct smtp_pool *pool, size_t relay)
{
    struct link *free = NULL;

    for (size_t i = 0; i < pool->n; i++) {
        struct link *link = &pool->links[i];
        if (link->relay != relay)
            continue;
        if (link->state == LINK_IDLE)
            return link;
        if (link->state == LINK_FREE)
            free = link;
    }
    return free;
}

int smtp_pool_reserve(struct smtp_pool *pool, int domain)
{
    bool free[RELAYS_MOST] = {false};
    struct link *link;
    int relay;

    if (pool->hurry_us != 0 || pool->busy == pool->n)
        return -1;
    for (size_t i = 0; i < pool->n; i++)
        if (pool->links[i].state == LINK_FREE || pool->links[i].state == LINK_IDLE)
            free[pool->links[i].relay] = true;
    if (!pace_enter(pool->pace, domain))
        return -1;
    relay = pace_relay(pool->pace, free, clock_now_us());
    if (relay < 0) {
        pace_leave(pool->pace, domain);
        return -1;
    }
    link = find_link(pool, (size_t)relay);
    ENSURE(link != NULL);
    return (int)(link - pool->links);
}

void smtp_pool_release(struct smtp_pool *pool, int domain)
{
    pace_leave(pool->pace, domain);
}

void smtp_pool_start(struct smtp_pool *pool, int reserved, const struct smtp_pool_mail *mail)
{
    struct link *link = &pool->links[reserved];

    pool->busy++;
    link->mail = *mail;
    if (link->state == LINK_IDLE) {
        link->reused = true;
        begin(pool, link);
    } else {
        link->began_us = clock_monotonic_us();
        open_link(pool, link);
    }
}

/* Whoever has waited too long: for the relay to take the message, for its last word, or for the service to stop. */
static void check_time(struct smtp_pool *pool, struct link *link, int64_t now_us)
{
    const int64_t limit_us =
        link->ended_us != 0 ? link->ended_us + SECONDS(FINAL_ANSWER_S) : link->began_us + SECONDS(UNTIL_SENT_S);

    if (link->state == LINK_OPENING && pool->hurry_us != 0) {
        go_back(pool, link);
        return;
    }
    if (link->state != LINK_BUSY)
        return;
    if (now_us > limit_us || (pool->hurry_us != 0 && now_us > pool->hurry_us + SECONDS(STOPPING_S))) {
        dialogue_lost(&link->dialogue);
        conclude(pool, link);
    }
}

/* Whom poll waits for; *timeout_ms shrinks to what the others need: libcurl is asked every few milliseconds whether it has
 * connected, which is rare. */
static nfds_t gather(struct smtp_pool *pool, int *timeout_ms)
{
    nfds_t n = 0;

    for (size_t i = 0; i < pool->n; i++) {
        struct link *link = &pool->links[i];
        if (link->state == LINK_ENDED)
            *timeout_ms = 0;
        if (link->state == LINK_OPENING && *timeout_ms > OPENING_MS)
            *timeout_ms = OPENING_MS;
        if (link->state != LINK_BUSY)
            continue;
        pool->waits[n].fd = link->socket;
        pool->waits[n].events = POLLIN;
        if (dialogue_pending(&link->dialogue).n > 0)
            pool->waits[n].events |= POLLOUT;
        pool->waits[n++].revents = 0;
    }
    return n;
}

void smtp_pool_wait(struct smtp_pool *pool, int timeout_ms)
{
    const nfds_t n = gather(pool, &timeout_ms);
    int64_t now_us;

    (void)poll(pool->waits, n, timeout_ms);
    now_us = clock_monotonic_us();
    for (size_t i = 0, at = 0; i < pool->n; i++) {
        struct link *link = &pool->links[i];
        if (link->state == LINK_OPENING) {
            drive_opening(pool, link);
        } else if (link->state == LINK_BUSY) { /* these are the ones that were gathered, in the same order */
            ENSURE(at < n && pool->waits[at].fd == link->socket);
            if (pool->waits[at++].revents != 0)
                pump(pool, link, true);
        }
        check_time(pool, link, now_us);
    }
}

bool smtp_pool_next(struct smtp_pool *pool, struct smtp_pool_result *out)
{
    for (size_t i = 0; i < pool->n; i++) {
        struct link *link = &pool->links[i];
        if (link->state != LINK_ENDED)
            continue;
        *out = link->result;
        link->state = link->connected ? LINK_IDLE : LINK_FREE;
        link->idle_us = clock_monotonic_us();
        pool->busy--;
        return true;
    }
    return false;
}

void smtp_pool_hurry(struct smtp_pool *pool)
{
    if (pool->hurry_us == 0)
        pool->hurry_us = clock_monotonic_us();
}

void smtp_pool_tidy(struct smtp_pool *pool, int64_t idle_us)
{
    const int64_t now_us = clock_monotonic_us();

    for (size_t i = 0; i < pool->n; i++) {
        struct link *link = &pool->links[i];
        if (link->state != LINK_IDLE || now_us - link->idle_us < idle_us)
            continue;
        close_link(link);
        link->state = LINK_FREE;
    }
}
