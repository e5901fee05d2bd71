/* mail_loop: the bare loop that mailer is held against: N messages of one size by libcurl over one kept connection,
 * one after another, and nothing else.
 *   mail_loop HOST:PORT N BYTES    -> {"mails": N, "seconds": ...} */
#include <curl/curl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct body {
    const char *p;
    size_t n, at;
};

static size_t give(char *out, size_t size, size_t n, void *context)
{
    struct body *body = context;
    size_t take = size * n < body->n - body->at ? size * n : body->n - body->at;

    memcpy(out, body->p + body->at, take);
    body->at += take;
    return take;
}

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static char *message(size_t bytes)
{
    static const char head[] = "From: a@acme.example\r\nTo: b@load.example\r\nSubject: News\r\n\r\n";
    char *out = bytes < sizeof(head) ? NULL : malloc(bytes + 1);

    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < bytes; i++)
        out[i] = i % 72 == 70 ? '\r' : i % 72 == 71 ? '\n' : 'x';
    memcpy(out, head, sizeof(head) - 1);
    return out;
}

static int send_all(CURL *curl, long mails, struct body *body)
{
    for (long i = 0; i < mails; i++) {
        body->at = 0;
        if (curl_easy_perform(curl) != CURLE_OK)
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const long mails = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    struct body body = {.n = argc > 3 ? strtoul(argv[3], NULL, 10) : 0};
    struct curl_slist *to = curl_slist_append(NULL, "b@load.example");
    CURL *curl = curl_easy_init();
    char url[300];
    double began;

    if (argc != 4 || curl == NULL || (body.p = message(body.n)) == NULL)
        return 2;
    (void)snprintf(url, sizeof url, "smtp://%s", argv[1]);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_MAIL_FROM, "a@acme.example");
    (void)curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    (void)curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    (void)curl_easy_setopt(curl, CURLOPT_READDATA, &body);
    began = now_s();
    if (send_all(curl, mails, &body) != 0)
        return 1;
    (void)printf("{\"mails\": %ld, \"seconds\": %.3f}\n", mails, now_s() - began);
    return 0;
}
