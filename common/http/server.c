/* http/server: starting and stopping libmicrohttpd with our limits. */
#include "common/http/server.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    HEAD_MOST = 32 * 1024, /* bytes of a request's head; the library answers 431 or 414 past it */
    SPARE_CONNECTIONS = 16,
    BODY_BYTES_MOST = 32 << 20,
    BACKLOG = 511,
    STOP_SECONDS = 5,
};

static void on_connection(void *cls, struct MHD_Connection *mhd, void **own, enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        struct connection *connection = calloc(1, sizeof *connection);
        ENSURE(connection != NULL);
        connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        connection_opened(server, connection);
        *own = connection;
    } else if (*own != NULL) {
        connection_closed(server, *own);
        free(*own);
        *own = NULL;
    }
}

/* Escapes are ours to read: the library would cut a path at %00. */
static size_t leave_escaped(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls;
    (void)mhd;
    return strlen(text);
}

/* ---- the listening socket ---------------------------------------------------------------------------------------- */

static bool split_address(const char *address, char *host, size_t host_n, char *port, size_t port_n)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon[1] == '\0')
        return false;
    const char *from = address, *to = colon;
    if (from[0] == '[' && to > from && to[-1] == ']') {
        from++;
        to--;
    }
    size_t n = (size_t)(to - from), digits = strlen(colon + 1);
    if (n >= host_n || digits >= port_n)
        return false;
    memcpy(host, from, n);
    host[n] = '\0';
    memcpy(port, colon + 1, digits + 1);
    return true;
}

static int bind_one(const struct addrinfo *at)
{
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    if (fd < 0)
        return -1;
    int yes = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int kept = errno;
    close(fd);
    errno = kept;
    return -1;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage at;
    socklen_t n = sizeof at;
    char port[8] = "0";
    if (getsockname(fd, (struct sockaddr *)&at, &n) == 0)
        (void)getnameinfo((struct sockaddr *)&at, n, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    return (uint16_t)strtoul(port, NULL, 10);
}

static enum outcome listen_on(const char *address, int *out, struct error *err)
{
    char host[256], port[16];
    if (address == NULL || !split_address(address, host, sizeof host, port, sizeof port))
        return error_refuse(err, "", "address", "the HTTP address is not host:port");
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int failed = getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &found);
    if (failed != 0)
        return error_refuse(err, "", "address", "%s: %s", address, gai_strerror(failed));
    int fd = -1;
    for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next)
        fd = bind_one(at);
    int why = errno;
    freeaddrinfo(found);
    if (fd < 0)
        return error_refuse(err, "", "address", "%s: %s", address, strerror(why));
    *out = fd;
    return DONE;
}

/* ---- start and stop ---------------------------------------------------------------------------------------------- */

static void register_metrics(struct http_server *server, struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    for (int class = 1; class <= 5; class ++) {
        char label[32];
        (void)snprintf(label, sizeof label, "class=\"%dxx\"", class);
        server->by_class[class] =
            metrics_counter(metrics, "lethe_http_requests_total", label, "HTTP requests answered, by class of status");
    }
    server->seconds = metrics_histogram(metrics, "lethe_http_request_seconds", "", "from first line to answer");
    server->open = metrics_gauge(metrics, "lethe_http_connections", "", "HTTP connections that are open");
    server->held = metrics_gauge(metrics, "lethe_http_body_bytes", "", "Memory of requests' bodies, held now");
    server->timeouts = metrics_counter(metrics, "lethe_http_timeouts_total", "", "HTTP clients that took too long");
}

static char *duplicate(const char *text)
{
    char *copy = strdup(text);
    ENSURE(copy != NULL);
    return copy;
}

static struct http_server *make(const struct http_config *config)
{
    struct http_server *server = calloc(1, sizeof *server);
    ENSURE(server != NULL);
    server->threads = config->threads > 0 ? config->threads : 1;
    server->connections_most = config->connections > 0 ? config->connections : 256;
    server->body_bytes_most = config->body_bytes > 0 ? config->body_bytes : (size_t)BODY_BYTES_MOST;
    server->timeout_us = SECONDS(config->timeout_s > 0 ? config->timeout_s : 30);
    server->name = config->server_name != NULL ? duplicate(config->server_name) : NULL;
    size_t n = 0;
    while (config->quick != NULL && config->quick[n] != NULL)
        n++;
    server->quick = calloc(n + 1, sizeof *server->quick);
    ENSURE(server->quick != NULL);
    for (size_t i = 0; i < n; i++)
        server->quick[i] = duplicate(config->quick[i]);
    server->connections.next = server->connections.prev = &server->connections;
    pthread_condattr_init(&server->clock);
    pthread_condattr_setclock(&server->clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->work, &server->clock);
    pthread_cond_init(&server->calm, &server->clock);
    pthread_cond_init(&server->watch_end, &server->clock);
    return server;
}

static void destroy(struct http_server *server)
{
    for (char **path = server->quick; *path != NULL; path++)
        free(*path);
    free(server->quick);
    free(server->name);
    pthread_cond_destroy(&server->work);
    pthread_cond_destroy(&server->calm);
    pthread_cond_destroy(&server->watch_end);
    pthread_condattr_destroy(&server->clock);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

static struct MHD_Daemon *start_daemon(struct http_server *server, const struct http_config *config, int fd)
{
    unsigned timeout_s = (unsigned)(server->timeout_us / US_PER_S) + 5; /* the watch comes first */
    return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, exchange_continue,
                            server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                            server->connections_most + SPARE_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                            config->connections_per_client, MHD_OPTION_CONNECTION_TIMEOUT, timeout_s,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MOST, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_NOTIFY_COMPLETED,
                            exchange_end, server, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, server,
                            MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_END);
}

/* Threads of ours leave signals to the process's own. */
static enum outcome start_threads(struct http_server *server, const struct http_config *config, int fd,
                                  struct error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    enum outcome o = pool_start(server, err);
    if (o == DONE)
        o = watch_start(server, err);
    if (o == DONE && (server->daemon = start_daemon(server, config, fd)) == NULL)
        o = error_retry(err, "http", "the HTTP server does not start");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return o;
}

enum outcome http_server_start(const struct http_config *config, http_dispatch *dispatch, http_body_limit *limit,
                               void *context, const struct log *log, struct metrics *metrics, struct http_server **out,
                               struct error *err)
{
    int fd = -1;
    *out = NULL;
    TRY(listen_on(config->address, &fd, err));
    struct http_server *server = make(config);
    server->dispatch = dispatch;
    server->limit = limit;
    server->context = context;
    server->log = log;
    server->port = bound_port(fd);
    register_metrics(server, metrics);
    enum outcome o = start_threads(server, config, fd, err);
    if (o != DONE) {
        pool_stop(server);
        watch_stop(server);
        destroy(server);
        close(fd);
        return o;
    }
    *out = server;
    return DONE;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_stop(struct http_server *server)
{
    if (server == NULL)
        return;
    MHD_socket listener = MHD_quiesce_daemon(server->daemon);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_SECONDS;
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    while (server->exchanges > 0 && pthread_cond_timedwait(&server->calm, &server->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&server->lock);
    pool_stop(server); /* runs what is queued: each connection is resumed before the daemon ends */
    watch_stop(server);
    MHD_stop_daemon(server->daemon);
    if (listener != MHD_INVALID_SOCKET)
        close(listener);
    destroy(server);
}
