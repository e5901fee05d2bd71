/* dialogue: the commands, the answers, and what they come to. */
#include "services/mailer/dialogue.h"

#include <string.h>

enum { COMMANDS_MOST = 2048 };

void dialogue_init(struct dialogue *d)
{
    *d = (struct dialogue){.step = DIALOGUE_OVER};
    buf_init(&d->out, COMMANDS_MOST);
}

void dialogue_free(struct dialogue *d)
{
    buf_free(&d->out);
}

void dialogue_offer(struct dialogue_offers *offers, struct text line)
{
    line = text_trim(line);
    if (line.n < 4 || !text_starts(line, "250"))
        return;
    line.p += 4;
    line.n -= 4;
    if (line.n == 10 && strncasecmp(line.p, "PIPELINING", 10) == 0)
        offers->pipelining = true;
    else if (line.n == 8 && strncasecmp(line.p, "SMTPUTF8", 8) == 0)
        offers->utf8 = true;
}

void dialogue_wire(struct text message, struct buf *out)
{
    while (message.n > 0) {
        const char *end = memmem(message.p, message.n, "\r\n", 2);
        size_t n = end == NULL ? message.n : (size_t)(end - message.p) + 2;

        if (message.p[0] == '.')
            buf_char(out, '.');
        buf_add(out, message.p, n);
        if (end == NULL)
            buf_str(out, "\r\n");
        message.p += n;
        message.n -= n;
    }
    buf_str(out, ".\r\n");
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

bool dialogue_address_ok(const char *address)
{
    for (const char *p = address; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || *p == '<' || *p == '>' || *p == 0x7f)
            return false;
    return *address != '\0';
}

/* ---- what is said ------------------------------------------------------------------------------------------------------ */

static void say_rcpt(struct dialogue *d)
{
    buf_printf(&d->out, "RCPT TO:<%s>\r\n", d->to);
}

static void say_mail(struct dialogue *d)
{
    bool plain = is_ascii(d->from) && is_ascii(d->to);

    d->dirty = true;
    d->step = DIALOGUE_MAIL;
    buf_printf(&d->out, "MAIL FROM:<%s>%s\r\n", d->from, plain ? "" : " SMTPUTF8");
    if (!d->offers.pipelining)
        return;
    say_rcpt(d);
    buf_str(&d->out, "DATA\r\n");
}

static void over(struct dialogue *d, bool ok, int code, enum smtp_phase phase)
{
    if (d->failed)
        return; /* the first refusal is the reason */
    d->ok = ok;
    d->failed = !ok;
    d->code = code;
    d->phase = phase;
}

void dialogue_begin(struct dialogue *d, const char *from, const char *to, struct text wire)
{
    bool utf8 = is_ascii(from) && is_ascii(to) ? true : d->offers.utf8;

    d->from = from;
    d->to = to;
    d->wire = wire;
    buf_reset(&d->out);
    d->out_at = d->wire_at = d->line_n = 0;
    d->answered = d->ended = d->ok = d->failed = false;
    d->code = 0;
    if (!utf8) { /* RFC 6531, 3.3: the address can't be said to this relay */
        over(d, false, 553, SMTP_PHASE_RCPT);
        d->step = DIALOGUE_OVER;
        return;
    }
    if (!d->dirty) {
        say_mail(d);
        return;
    }
    d->step = DIALOGUE_RSET;
    buf_str(&d->out, "RSET\r\n");
}

void dialogue_go(struct dialogue *d)
{
    d->step = DIALOGUE_BODY;
}

struct text dialogue_pending(const struct dialogue *d)
{
    if (d->out_at < d->out.n)
        return (struct text){.p = d->out.p + d->out_at, .n = d->out.n - d->out_at};
    if (d->step == DIALOGUE_BODY && d->wire_at < d->wire.n)
        return (struct text){.p = d->wire.p + d->wire_at, .n = d->wire.n - d->wire_at};
    return TEXT_NONE;
}

void dialogue_wrote(struct dialogue *d, size_t n)
{
    if (d->out_at < d->out.n) {
        d->out_at += n;
        return;
    }
    d->wire_at += n;
    d->ended = d->wire_at >= d->wire.n;
}

/* ---- what is answered -------------------------------------------------------------------------------------------------- */

/* Refused: what was sent along with it is still answered, and only then is the connection free. */
static void refused(struct dialogue *d, int code, enum smtp_phase phase, enum dialogue_step next)
{
    over(d, false, code, phase);
    d->step = d->offers.pipelining ? next : DIALOGUE_OVER;
}

static void on_data(struct dialogue *d, int code)
{
    if (code == 354 && !d->failed) {
        d->step = DIALOGUE_GATE;
        return;
    }
    d->broken = code == 354; /* it waits for a message to nobody: closing says that there is none */
    over(d, false, code == 354 ? 0 : code, SMTP_PHASE_RCPT);
    d->step = DIALOGUE_OVER;
}

static void on_answer(struct dialogue *d, int code)
{
    bool good = code >= 200 && code < 300;

    d->answered = d->answered || d->step != DIALOGUE_RSET;
    switch (d->step) {
    case DIALOGUE_RSET:
        if (good) {
            say_mail(d);
            break;
        }
        d->broken = true;
        over(d, false, code, SMTP_PHASE_BEFORE);
        d->step = DIALOGUE_OVER;
        break;
    case DIALOGUE_MAIL:
        if (!good) {
            refused(d, code, SMTP_PHASE_BEFORE, DIALOGUE_RCPT);
            break;
        }
        d->step = DIALOGUE_RCPT;
        if (!d->offers.pipelining)
            say_rcpt(d);
        break;
    case DIALOGUE_RCPT:
        if (!good) {
            refused(d, code, SMTP_PHASE_RCPT, DIALOGUE_DATA);
            break;
        }
        d->step = DIALOGUE_DATA;
        if (!d->offers.pipelining)
            buf_str(&d->out, "DATA\r\n");
        break;
    case DIALOGUE_DATA:
        on_data(d, code);
        break;
    case DIALOGUE_BODY:
        d->dirty = false;
        d->broken = !d->ended; /* answered before its end: the rest of it would be read as commands */
        over(d, good && d->ended, code, SMTP_PHASE_RCPT);
        d->step = DIALOGUE_OVER;
        break;
    case DIALOGUE_GATE:
    case DIALOGUE_OVER:
    default:
        d->broken = true; /* nothing was asked */
        break;
    }
    d->broken = d->broken || code == 421;
}

/* A line of an answer; "250-" goes on, "250 " ends it. What isn't an answer at all ends the connection. */
static void on_line(struct dialogue *d)
{
    const char *l = d->line;

    if (d->line_n < 3 || l[0] < '2' || l[0] > '5' || l[1] < '0' || l[1] > '9' || l[2] < '0' || l[2] > '9') {
        dialogue_lost(d);
        return;
    }
    if (d->line_n > 3 && l[3] == '-')
        return;
    on_answer(d, (l[0] - '0') * 100 + (l[1] - '0') * 10 + (l[2] - '0'));
}

void dialogue_feed(struct dialogue *d, struct text got)
{
    for (size_t i = 0; i < got.n; i++) {
        if (got.p[i] != '\n') {
            if (d->line_n < sizeof(d->line)) /* what is longer has said enough */
                d->line[d->line_n++] = got.p[i];
            continue;
        }
        on_line(d);
        d->line_n = 0;
    }
}

void dialogue_lost(struct dialogue *d)
{
    d->broken = true;
    if (d->step == DIALOGUE_OVER)
        return;
    over(d, false, 0, d->step <= DIALOGUE_MAIL ? SMTP_PHASE_BEFORE : SMTP_PHASE_RCPT);
    d->step = DIALOGUE_OVER;
}

enum smtp_result dialogue_result(const struct dialogue *d)
{
    return classify(d->ok, d->code, d->phase, d->ended);
}
