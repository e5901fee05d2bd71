/* buf: grows by doubling up to its limit; what it leaves behind is wiped, since it may have held personal data. */
#include "common/buf/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error/error.h"

enum { FIRST_BYTES = 256 };

void buf_init(struct buf *buf, size_t limit_bytes)
{
    *buf = (struct buf){.limit = limit_bytes};
}

void buf_free(struct buf *buf)
{
    if (buf->p != NULL) {
        explicit_bzero(buf->p, buf->room);
        free(buf->p);
    }
    *buf = (struct buf){.limit = buf->limit};
}

void buf_reset(struct buf *buf)
{
    buf->n = 0;
    buf->failed = false;
}

/* Room for n more bytes and a NUL; false (and sticky) past the limit. */
static bool buf_reserve(struct buf *buf, size_t n)
{
    if (buf->failed)
        return false;
    if (n > buf->limit - buf->n) {
        buf->failed = true;
        return false;
    }
    if (n < buf->room - buf->n)
        return true;
    size_t room = buf->room > 0 ? buf->room : FIRST_BYTES;
    while (room - buf->n <= n)
        room *= 2;
    /* Not realloc: the old bytes would stay behind in the heap. */
    char *p = malloc(room);
    ENSURE(p != NULL);
    if (buf->p != NULL) {
        memcpy(p, buf->p, buf->n);
        explicit_bzero(buf->p, buf->room);
        free(buf->p);
    }
    buf->p = p;
    buf->room = room;
    return true;
}

void buf_add(struct buf *buf, const void *p, size_t n)
{
    if (n == 0 || !buf_reserve(buf, n))
        return;
    memcpy(buf->p + buf->n, p, n);
    buf->n += n;
}

void buf_text(struct buf *buf, struct text text)
{
    buf_add(buf, text.p, text.n);
}

void buf_str(struct buf *buf, const char *string)
{
    buf_add(buf, string, strlen(string));
}

void buf_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t room = buf->failed ? 0 : buf->room - buf->n;
    int n = vsnprintf(room > 0 ? buf->p + buf->n : NULL, room, format, args);
    va_end(args);
    ENSURE(n >= 0);
    if (buf_reserve(buf, (size_t)n)) {
        if ((size_t)n >= room)
            (void)vsnprintf(buf->p + buf->n, buf->room - buf->n, format, again);
        buf->n += (size_t)n;
    }
    va_end(again);
}

void buf_hex(struct buf *buf, const uint8_t *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    if (n > buf->limit / 2) {
        buf->failed = true;
        return;
    }
    if (!buf_reserve(buf, n * 2))
        return;
    for (size_t i = 0; i < n; i++) {
        buf->p[buf->n++] = digits[p[i] >> 4];
        buf->p[buf->n++] = digits[p[i] & 15];
    }
}

static void buf_json_escape(struct buf *buf, unsigned char c)
{
    static const char short_forms[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};
    if (c < sizeof short_forms && short_forms[c] != 0) {
        buf_char(buf, '\\');
        buf_char(buf, short_forms[c]);
    } else {
        buf_printf(buf, "\\u%04x", (unsigned)c);
    }
}

void buf_json_string(struct buf *buf, struct text text)
{
    size_t from = 0;

    buf_char(buf, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F)
            continue;
        buf_add(buf, text.p + from, i - from);
        buf_json_escape(buf, c);
        from = i + 1;
    }
    if (text.n > from)
        buf_add(buf, text.p + from, text.n - from);
    buf_char(buf, '"');
}

void buf_html(struct buf *buf, struct text text)
{
    static const char *const references[] = {
        ['"'] = "&quot;", ['&'] = "&amp;", ['\''] = "&#39;", ['<'] = "&lt;", ['>'] = "&gt;"};
    size_t from = 0;

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= sizeof(references) / sizeof(references[0]) || references[c] == NULL)
            continue;
        buf_add(buf, text.p + from, i - from);
        buf_str(buf, references[c]);
        from = i + 1;
    }
    if (text.n > from)
        buf_add(buf, text.p + from, text.n - from);
}

static void buf_big_endian(struct buf *buf, uint64_t v, unsigned bytes)
{
    uint8_t out[8];
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    buf_add(buf, out, bytes);
}

void buf_u16(struct buf *buf, uint16_t v)
{
    buf_big_endian(buf, v, 2);
}

void buf_u32(struct buf *buf, uint32_t v)
{
    buf_big_endian(buf, v, 4);
}

void buf_u64(struct buf *buf, uint64_t v)
{
    buf_big_endian(buf, v, 8);
}

struct text buf_view(const struct buf *buf)
{
    if (buf->p == NULL || buf->n == 0)
        return TEXT("");
    return (struct text){.p = buf->p, .n = buf->n};
}
