/* http/pool: the workers that run handlers, each with a number of its own. */
#include "common/http/server.h"

#include <stdlib.h>

struct worker {
    struct http_server *server;
    unsigned number;
};

static struct exchange *next_exchange(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    while (server->first == NULL && !server->ending)
        pthread_cond_wait(&server->work, &server->lock);
    struct exchange *found = server->first;
    if (found != NULL) {
        server->first = found->next;
        if (server->first == NULL)
            server->last = NULL;
    }
    pthread_mutex_unlock(&server->lock);
    return found;
}

static void *run_worker(void *argument)
{
    struct worker *worker = argument;
    struct http_server *server = worker->server;
    unsigned number = worker->number;
    free(worker);
    for (struct exchange *x; (x = next_exchange(server)) != NULL;) {
        server->dispatch(server->context, number, &x->request, x->arena, &x->response);
        x->finished = true;
        MHD_resume_connection(x->mhd);
    }
    return NULL;
}

void pool_queue(struct exchange *exchange)
{
    struct http_server *server = exchange->server;
    exchange->next = NULL;
    pthread_mutex_lock(&server->lock);
    if (server->last != NULL)
        server->last->next = exchange;
    else
        server->first = exchange;
    server->last = exchange;
    pthread_cond_signal(&server->work);
    pthread_mutex_unlock(&server->lock);
}

enum outcome pool_start(struct http_server *server, struct error *err)
{
    server->workers = calloc(server->threads, sizeof *server->workers);
    ENSURE(server->workers != NULL);
    for (unsigned i = 0; i < server->threads; i++) {
        struct worker *worker = malloc(sizeof *worker);
        ENSURE(worker != NULL);
        *worker = (struct worker){.server = server, .number = i};
        if (pthread_create(&server->workers[i], NULL, run_worker, worker) != 0) {
            free(worker);
            return error_retry(err, "http", "cannot start a worker thread");
        }
        server->workers_n++;
    }
    return DONE;
}

void pool_stop(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->ending = true;
    pthread_cond_broadcast(&server->work);
    pthread_mutex_unlock(&server->lock);
    for (unsigned i = 0; i < server->workers_n; i++)
        pthread_join(server->workers[i], NULL);
    free(server->workers);
}
