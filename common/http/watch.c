/* http/watch: the connections that are open, and the end of those that take too long. libmicrohttpd's own timeout
 * counts from the last byte, so that a client which sends one byte a second would keep its place for ever. */
#include "common/http/server.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

void connection_opened(struct http_server *server, struct connection *connection)
{
    pthread_mutex_lock(&server->lock);
    connection->since_us = clock_monotonic_us();
    connection->next = server->connections.next;
    connection->prev = &server->connections;
    connection->next->prev = connection;
    server->connections.next = connection;
    server->connections_n++;
    pthread_mutex_unlock(&server->lock);
    if (server->open != NULL)
        metric_add(server->open, 1);
}

void connection_closed(struct http_server *server, struct connection *connection)
{
    pthread_mutex_lock(&server->lock);
    connection->next->prev = connection->prev;
    connection->prev->next = connection->next;
    server->connections_n--;
    pthread_mutex_unlock(&server->lock);
    if (server->open != NULL)
        metric_add(server->open, -1);
}

void connection_phase(struct http_server *server, struct connection *connection, enum phase phase)
{
    pthread_mutex_lock(&server->lock);
    connection->phase = phase;
    connection->since_us = clock_monotonic_us();
    pthread_mutex_unlock(&server->lock);
}

static void end_connection(struct http_server *server, struct connection *connection)
{
    static const char late[] = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    if (connection->phase == PHASE_RECEIVING) {
        ssize_t sent = send(connection->fd, late, sizeof late - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)sent; /* a courtesy: the client may be gone */
    }
    shutdown(connection->fd, SHUT_RDWR);
    connection->fd = -1;
    if (server->timeouts != NULL && connection->phase != PHASE_IDLE)
        metric_add(server->timeouts, 1);
}

static void end_late_ones(struct http_server *server)
{
    int64_t now = clock_monotonic_us();
    for (struct connection *c = server->connections.next; c != &server->connections; c = c->next)
        if (c->fd >= 0 && c->phase != PHASE_RUNNING && now - c->since_us > server->timeout_us)
            end_connection(server, c);
}

static void *run_watch(void *argument)
{
    struct http_server *server = argument;
    pthread_mutex_lock(&server->lock);
    while (!server->ending) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += 250L * 1000 * 1000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&server->watch_end, &server->lock, &until);
        end_late_ones(server);
    }
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

enum outcome watch_start(struct http_server *server, struct error *err)
{
    if (pthread_create(&server->watch, NULL, run_watch, server) != 0)
        return error_retry(err, "http", "cannot start the watch thread");
    server->watching = true;
    return DONE;
}

void watch_stop(struct http_server *server)
{
    if (!server->watching)
        return;
    pthread_mutex_lock(&server->lock);
    server->ending = true;
    pthread_cond_signal(&server->watch_end);
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->watch, NULL);
}
