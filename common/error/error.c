/* error: fills the caller's struct error; the only place that knows how reasons are cut to their bounds. */
#include "common/error/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A cut must not leave half a UTF-8 sequence: reasons end in JSON. */
static void cut_to_whole_characters(char *text, size_t room)
{
    size_t n = strnlen(text, room - 1);
    size_t start = n;

    text[n] = '\0';
    if (n + 1 < room)
        return;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80 && n - start < 3)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (n - (start - 1) < want)
        text[start - 1] = '\0';
}

static void copy_cut(char *out, size_t room, const char *in)
{
    size_t n = in != NULL ? strnlen(in, room - 1) : 0;
    if (n > 0)
        memcpy(out, in, n);
    out[n] = '\0';
    if (in != NULL && in[n] != '\0')
        cut_to_whole_characters(out, room);
}

static void PRINTF_LIKE(5, 0)
    fill(struct error *err, const char *pointer, const char *rule, int status, const char *format, va_list args)
{
    copy_cut(err->pointer, sizeof err->pointer, pointer);
    copy_cut(err->rule, sizeof err->rule, rule);
    err->status = status;
    err->text[0] = '\0';
    int n = vsnprintf(err->text, sizeof err->text, format, args);
    if (n >= (int)sizeof err->text)
        cut_to_whole_characters(err->text, sizeof err->text);
}

enum outcome error_refuse(struct error *err, const char *pointer, const char *rule, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, pointer, rule, 0, format, args);
    va_end(args);
    return REFUSED;
}

enum outcome error_retry(struct error *err, const char *rule, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, "", rule, 0, format, args);
    va_end(args);
    return RETRY;
}

enum outcome error_uncertain(struct error *err, const char *rule, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, "", rule, 0, format, args);
    va_end(args);
    return UNCERTAIN;
}

enum outcome error_status(struct error *err, int status, const char *rule, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, "", rule, status, format, args);
    va_end(args);
    return REFUSED;
}

void error_clear(struct error *err)
{
    *err = (struct error){0};
}

noreturn void error_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "{\"level\":\"error\",\"what\":\"bug\",\"file\":\"%s\",\"line\":%d}\n", file, line);
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}
