/* smtp: sending, and telling from libcurl's answer what became of the message. */
#include "services/mailer/smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "common/error/error.h"

enum { CONNECT_S = 5, WHOLE_S = 30 };

struct smtp {
    CURL *curl;
    char url[300];
    struct smtp_config config;
    struct text rest; /* of the message under way */
    bool began;
};

struct smtp *smtp_new(const struct smtp_config *config)
{
    struct smtp *smtp = calloc(1, sizeof(*smtp));

    ENSURE(smtp != NULL);
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
    return take;
}

/* Every option is one that this libcurl has; a refusal would be a bug of ours. */
#define SET(smtp, option, value) ENSURE(curl_easy_setopt((smtp)->curl, (option), (value)) == CURLE_OK)

static void configure(struct smtp *smtp, const char *from, struct curl_slist *to)
{
    SET(smtp, CURLOPT_URL, smtp->url);
    SET(smtp, CURLOPT_NOSIGNAL, 1L);
    SET(smtp, CURLOPT_PROXY, "");
    SET(smtp, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    SET(smtp, CURLOPT_TIMEOUT, (long)WHOLE_S);
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
    configure(smtp, from, recipients);
    outcome = curl_easy_perform(smtp->curl);
    if (curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &answer) != CURLE_OK)
        answer = 0;
    curl_slist_free_all(recipients);
    /* 354 is the answer to DATA: after it, only the answer to the whole message counts */
    *code = answer >= 400 && answer < 600 ? (int)answer : 0;
    return classify(outcome == CURLE_OK, *code, smtp->began);
}
