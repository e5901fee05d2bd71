/* smtp: one relay, by libcurl, with its connection kept. Belongs to one thread. */
#ifndef LETHE_MAILER_SMTP_H
#define LETHE_MAILER_SMTP_H

#include "common/text/text.h"
#include "services/mailer/mailer.h"

struct smtp;

struct smtp_config {
    const char *relay;           /* host:port */
    const char *user, *password; /* NULL: no authentication */
    bool tls;                    /* STARTTLS demanded */
};

struct smtp *smtp_new(const struct smtp_config *config);
void smtp_free(struct smtp *smtp);

/* smtp_send: one message; *code is the relay's last answer, 0 where there was none. Bounded by 30 s. */
enum smtp_result smtp_send(struct smtp *smtp, const char *from, const char *to, struct text message, int *code);

#endif
