/* smtp: sending, and telling from libcurl's answer what became of the message. */
#include "services/mailer/smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "common/clock/clock.h"
#include "common/error/error.h"

enum { CONNECT_S = 5, UNTIL_SENT_S = 300, FINAL_ANSWER_S = 600, STOPPING_S = 5 };

struct smtp {
    CURL *curl;
    char url[300];
    struct smtp_config config;
    bool (*stopping)(const void *context);
    const void *context;
    /* the message under way */
    struct text rest;
    bool began;
    enum smtp_phase phase;
    int64_t began_us, sent_us, stopping_us; /* monotonic; 0: not yet */
};

struct smtp *smtp_new(const struct smtp_config *config, bool (*stopping)(const void *context), const void *context)
{
    struct smtp *smtp = calloc(1, sizeof(*smtp));

    ENSURE(smtp != NULL);
    smtp->stopping = stopping;
    smtp->context = context;
    smtp->config = *config;
    snprintf(smtp->url, sizeof(smtp->url), "smtp://%s", config->relay);
    smtp->curl = curl_easy_init();
    ENSURE(smtp->curl != NULL);
    return smtp;
}

void smtp_free(struct smtp *smtp)
{
    if (smtp == NULL)
        return;
    curl_easy_cleanup(smtp->curl);
    free(smtp);
}

static size_t read_message(char *out, size_t size, size_t n, void *context)
{
    struct smtp *smtp = context;
    size_t take = size * n < smtp->rest.n ? size * n : smtp->rest.n;

    smtp->began = true;
    memcpy(out, smtp->rest.p, take);
    smtp->rest.p += take;
    smtp->rest.n -= take;
    if (take == 0)
        smtp->sent_us = clock_monotonic_us();
    return take;
}

/* libcurl asks about once a second; 1 gives up. */
static int watch(void *context, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
    struct smtp *smtp = context;
    int64_t now = clock_monotonic_us();

    (void)down_all, (void)down, (void)up_all, (void)up;
    if (smtp->stopping_us == 0 && smtp->stopping(smtp->context))
        smtp->stopping_us = now;
    if (smtp->stopping_us != 0 && now - smtp->stopping_us > SECONDS(STOPPING_S - 1))
        return 1;
    return smtp->sent_us != 0 ? now - smtp->sent_us > SECONDS(FINAL_ANSWER_S)
                              : now - smtp->began_us > SECONDS(UNTIL_SENT_S);
}

/* Which command was the last: libcurl's codes don't tell a refused sender from a refused recipient. Nothing is kept. */
static int follow(CURL *curl, curl_infotype type, char *data, size_t n, void *context)
{
    struct smtp *smtp = context;

    (void)curl;
    if (type == CURLINFO_HEADER_OUT && n >= 4 && strncmp(data, "RCPT", 4) == 0)
        smtp->phase = SMTP_PHASE_RCPT;
    return 0;
}

/* Every option is one that this libcurl has; a refusal would be a bug of ours. */
#define SET(smtp, option, value) ENSURE(curl_easy_setopt((smtp)->curl, (option), (value)) == CURLE_OK)

static void configure(struct smtp *smtp, const char *from, struct curl_slist *to)
{
    SET(smtp, CURLOPT_URL, smtp->url);
    SET(smtp, CURLOPT_NOSIGNAL, 1L);
    SET(smtp, CURLOPT_PROXY, "");
    SET(smtp, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    SET(smtp, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)FINAL_ANSWER_S);
    SET(smtp, CURLOPT_NOPROGRESS, 0L);
    SET(smtp, CURLOPT_XFERINFOFUNCTION, watch);
    SET(smtp, CURLOPT_XFERINFODATA, smtp);
    SET(smtp, CURLOPT_VERBOSE, 1L); /* for follow alone */
    SET(smtp, CURLOPT_DEBUGFUNCTION, follow);
    SET(smtp, CURLOPT_DEBUGDATA, smtp);
    SET(smtp, CURLOPT_MAIL_FROM, from);
    SET(smtp, CURLOPT_MAIL_RCPT, to);
    SET(smtp, CURLOPT_UPLOAD, 1L);
    SET(smtp, CURLOPT_READFUNCTION, read_message);
    SET(smtp, CURLOPT_READDATA, smtp);
    if (smtp->config.tls)
        SET(smtp, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    if (smtp->config.user != NULL) {
        SET(smtp, CURLOPT_USERNAME, smtp->config.user);
        SET(smtp, CURLOPT_PASSWORD, smtp->config.password);
    }
}

enum smtp_result smtp_send(struct smtp *smtp, const char *from, const char *to, struct text message, int *code)
{
    struct curl_slist *recipients = curl_slist_append(NULL, to);
    CURLcode outcome;
    long answer = 0;

    ENSURE(recipients != NULL);
    smtp->rest = message;
    smtp->began = false;
    smtp->phase = SMTP_PHASE_BEFORE;
    smtp->began_us = clock_monotonic_us();
    smtp->sent_us = smtp->stopping_us = 0;
    configure(smtp, from, recipients);
    outcome = curl_easy_perform(smtp->curl);
    if (curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &answer) != CURLE_OK)
        answer = 0;
    curl_slist_free_all(recipients);
    /* 354 is the answer to DATA: after it, only the answer to the whole message counts */
    *code = answer >= 400 && answer < 600 ? (int)answer : 0;
    return classify(outcome == CURLE_OK, *code, smtp->phase, smtp->began);
}
