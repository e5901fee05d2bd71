/* log: builds the line in one buffer and writes it with one call, so that threads never mix their lines. */
#include "common/log/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/buf/buf.h"
#include "common/clock/clock.h"

enum { LINE_BYTES = 16384 };

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};

/* What comes from outside (an error text of a library, say) need not be UTF-8; the line must be. */
static void add_string(struct buf *line, struct text text)
{
    if (text_utf8_valid(text)) {
        buf_json_string(line, text);
        return;
    }
    buf_char(line, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        buf_char(line, c >= 0x20 && c < 0x7F && c != '"' && c != '\\' ? (char)c : '?');
    }
    buf_char(line, '"');
}

static void add_name(struct buf *line, const char *name)
{
    buf_char(line, ',');
    add_string(line, text_of(name));
    buf_char(line, ':');
}

static void add_text(struct buf *line, const char *name, struct text text)
{
    add_name(line, name);
    if (text.p == NULL)
        buf_str(line, "null");
    else
        add_string(line, text);
}

static void add_error(struct buf *line, const char *name, const struct error *error)
{
    add_name(line, name);
    if (error == NULL) {
        buf_str(line, "null");
        return;
    }
    buf_str(line, "{\"rule\":");
    add_string(line, text_of(error->rule));
    if (error->pointer[0] != '\0')
        add_text(line, "pointer", text_of(error->pointer));
    add_text(line, "text", text_of(error->text));
    buf_char(line, '}');
}

static void add_field(struct buf *line, const struct log_field *field)
{
    char id[UUID_TEXT_BYTES];

    switch (field->kind) {
    case LOG_F_INT:
        add_name(line, field->name);
        buf_printf(line, "%lld", (long long)field->i);
        break;
    case LOG_F_STR:
        add_text(line, field->name, text_of(field->s));
        break;
    case LOG_F_TEXT:
        add_text(line, field->name, field->t);
        break;
    case LOG_F_UUID:
        if (field->u != NULL)
            uuid_format(field->u, id);
        add_text(line, field->name, text_of(field->u != NULL ? id : NULL));
        break;
    case LOG_F_ERROR:
        add_error(line, field->name, field->e);
        break;
    case LOG_F_END:
        break;
    }
}

static void add_head(struct buf *line, const struct log *log, enum log_level level, const char *what)
{
    char now[CLOCK_TEXT_BYTES];

    clock_format(clock_now_us(), now);
    buf_str(line, "{\"time\":\"");
    buf_str(line, now);
    buf_str(line, "\",\"level\":\"");
    buf_str(line, level_names[level]);
    buf_char(line, '"');
    add_text(line, "service", text_of(log->service));
    add_text(line, "instance", text_of(log->instance));
    add_text(line, "what", text_of(what));
}

/* A log that can't be written must not stop the service: what fails here is dropped. */
static void write_line(int fd, const struct buf *line)
{
    size_t at = 0;
    while (at < line->n) {
        ssize_t n = write(fd, line->p + at, line->n - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        at += (size_t)n;
    }
}

void log_write(const struct log *log, enum log_level level, const char *what, const struct log_field *fields)
{
    struct buf line;
    int saved = errno;

    if (level < log->least)
        return;
    buf_init(&line, LINE_BYTES);
    add_head(&line, log, level, what);
    for (const struct log_field *field = fields; field != NULL && field->kind != LOG_F_END; field++)
        add_field(&line, field);
    buf_str(&line, "}\n");
    if (line.failed) { /* too long: say at least what it was */
        buf_reset(&line);
        add_head(&line, log, level, what);
        buf_str(&line, ",\"cut\":true}\n");
    }
    write_line(log->fd, &line);
    buf_free(&line);
    errno = saved;
}
