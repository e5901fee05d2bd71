/* http/server: what the server's files share: one thread of libmicrohttpd moves bytes, a pool of workers runs the
 * handlers (a connection is suspended meanwhile), a watch ends connections that take too long. */
#ifndef LETHE_HTTP_SERVER_H
#define LETHE_HTTP_SERVER_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "common/http/internal.h"

enum phase {
    PHASE_IDLE,      /* no request begun */
    PHASE_RECEIVING, /* its first line has come in */
    PHASE_RUNNING,   /* with a worker: no limit of ours */
    PHASE_SENDING,
};

/* One TCP connection, from accept to close. Guarded by the server's lock. */
struct connection {
    struct connection *next, *prev;
    int fd; /* -1 once we have shut it down */
    enum phase phase;
    int64_t since_us; /* monotonic: when the phase began */
};

/* One request and its answer. Owned by the connection's thread, by a worker while it is queued or running. */
struct exchange {
    struct http_server *server;
    struct MHD_Connection *mhd;
    struct connection *connection;
    struct exchange *next; /* in the queue */
    struct arena *arena;
    struct http_request request;
    struct http_response response;
    struct buf body;
    size_t held;      /* of the server's budget for bodies */
    uint64_t drained; /* bytes of a body that nobody wants */
    struct text target;
    int64_t start_us;
    bool begun, refused, finished;
};

struct http_server {
    struct MHD_Daemon *daemon;
    http_dispatch *dispatch;
    http_body_limit *limit;
    void *context;
    const struct log *log;
    struct metric *by_class[6], *seconds, *open, *timeouts, *held;
    unsigned threads, connections_most;
    size_t body_bytes_most;
    atomic_size_t body_bytes; /* held by all exchanges */
    int64_t timeout_us;
    char *name;
    char **quick;
    uint16_t port;

    pthread_mutex_t lock;
    pthread_cond_t work, calm, watch_end; /* a queued exchange or the end; an exchange less; the watch's end */
    pthread_condattr_t clock;
    struct connection connections; /* list head */
    unsigned connections_n;
    struct exchange *first, *last; /* waiting for a worker */
    unsigned exchanges;            /* begun and not yet completed */
    bool stopping, ending;
    pthread_t *workers;
    unsigned workers_n;
    pthread_t watch;
    bool watching;
};

/* pool.c */
enum outcome pool_start(struct http_server *server, struct error *err) WARN_UNUSED;
void pool_stop(struct http_server *server);
void pool_queue(struct exchange *exchange);

/* watch.c */
void connection_opened(struct http_server *server, struct connection *connection);
void connection_closed(struct http_server *server, struct connection *connection);
void connection_phase(struct http_server *server, struct connection *connection, enum phase phase);
enum outcome watch_start(struct http_server *server, struct error *err) WARN_UNUSED;
void watch_stop(struct http_server *server);

/* exchange.c: libmicrohttpd's callbacks */
void *exchange_begin(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result exchange_continue(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_n, void **own);
void exchange_end(void *cls, struct MHD_Connection *mhd, void **own, enum MHD_RequestTerminationCode code);

#endif
