/* mime: a letter as an RFC 5322 message with a plain and an HTML part, by GMime; glib stays behind this header. */
#ifndef LETHE_MAILER_MIME_H
#define LETHE_MAILER_MIME_H

#include "common/uuid/uuid.h"
#include "services/mailer/content.h"

void mime_start(void); /* once a process, before threads */

struct mime_envelope {
    const char *from; /* "Name <address>", the policy's sender */
    struct text to;
    struct uuid mail;               /* stands in the Message-ID */
    int64_t at_us;                  /* Date */
    struct text unsubscribe_mailto; /* stands beside it; TEXT_NONE: none */
    struct text unsubscribe_url; /* List-Unsubscribe and List-Unsubscribe-Post (RFC 8058); TEXT_NONE: a mail without */
    bool automatic;              /* Auto-Submitted: auto-generated (RFC 3834) */
};
/* mime_build: the message with CRLF lines, in the arena; *from_address the bare address of the sender. REFUSED where an
 * address can't be written into a header. */
enum outcome mime_build(const struct mime_envelope *envelope, const struct letter *letter, struct arena *arena,
                        struct text *message, char **from_address, struct error *err) WARN_UNUSED;

#endif
