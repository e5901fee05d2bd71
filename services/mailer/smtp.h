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

/* smtp_new: stopping(context) is asked about once a second: whoever waits for a relay then gives up within 5 s. */
struct smtp *smtp_new(const struct smtp_config *config, bool (*stopping)(const void *context), const void *context);
void smtp_free(struct smtp *smtp);

/* smtp_send: one message; *code is the relay's last answer, 0 where there was none. Bounded by 15 minutes: 5 until the
 * message has left, and 10 for the answer to its end (RFC 5321, 4.5.3.2.6): who gives up earlier makes duplicates. */
enum smtp_result smtp_send(struct smtp *smtp, const char *from, const char *to, struct text message, int *code);

#endif
