/* dialogue: one message over an open SMTP connection (RFC 5321); MAIL, RCPT and DATA leave together where the relay offers
 * pipelining (RFC 2920). Pure: bytes in, bytes out; whoever owns the connection moves them. */
#ifndef LETHE_MAILER_DIALOGUE_H
#define LETHE_MAILER_DIALOGUE_H

#include "common/buf/buf.h"
#include "services/mailer/mailer.h"

enum { DIALOGUE_LINE_MOST = 1024 };

enum dialogue_step {
    DIALOGUE_RSET, /* the answer to it is waited for; what the one before left is gone then */
    DIALOGUE_MAIL,
    DIALOGUE_RCPT,
    DIALOGUE_DATA,
    DIALOGUE_GATE, /* 354 is there, nothing of the message has left: dialogue_go, or close the connection */
    DIALOGUE_BODY, /* the message is on its way, or its answer is waited for */
    DIALOGUE_OVER,
};

/* What the relay offers in its answer to EHLO. */
struct dialogue_offers {
    bool pipelining, utf8; /* RFC 2920, RFC 6531 */
};

struct dialogue {
    enum dialogue_step step;
    struct dialogue_offers offers;
    const char *from, *to;
    struct text wire; /* the message as it travels, with its final dot */
    struct buf out;   /* commands */
    size_t out_at, wire_at;
    bool answered; /* the relay has said anything at all about this message */
    bool ended;    /* the final dot has left: from here on the relay may have taken it */
    bool dirty;    /* the relay still holds half a transaction: RSET comes first */
    bool broken;   /* the connection is good for nothing more */
    /* the result, once the step is DIALOGUE_OVER */
    bool ok, failed;
    int code; /* the answer that decided; 0: none */
    enum smtp_phase phase;
    char line[DIALOGUE_LINE_MOST];
    size_t line_n;
};

void dialogue_init(struct dialogue *d);
void dialogue_free(struct dialogue *d);

/* dialogue_offer: a line of the relay's answer to EHLO; after STARTTLS a new answer begins ("250-host"). */
void dialogue_offer(struct dialogue_offers *offers, struct text line);

/* dialogue_wire: a message as it travels: dots doubled at the beginning of lines, the final dot at its end. CRLF lines. */
void dialogue_wire(struct text message, struct buf *out);

/* dialogue_begin: the next message; the connection is idle. from, to and wire stay the caller's until it is over. Both
 * addresses are free of controls, spaces and angle brackets (dialogue_address_ok). */
void dialogue_begin(struct dialogue *d, const char *from, const char *to, struct text wire);
bool dialogue_address_ok(const char *address);
/* dialogue_go: the message may leave: at DIALOGUE_GATE alone. */
void dialogue_go(struct dialogue *d);

struct text dialogue_pending(const struct dialogue *d);  /* what is to be written now; n 0: an answer is waited for */
void dialogue_wrote(struct dialogue *d, size_t n);       /* so much of it has left */
void dialogue_feed(struct dialogue *d, struct text got); /* what the relay said */
void dialogue_lost(struct dialogue *d);                  /* the connection is gone */

enum smtp_result dialogue_result(const struct dialogue *d);

#endif
