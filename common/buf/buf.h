/* buf: a growing buffer with a limit and a sticky failure, so that a writer checks once, at the end. */
#ifndef LETHE_BUF_H
#define LETHE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text/text.h"

struct buf {
    char *p;
    size_t n, room, limit;
    bool failed; /* the limit was reached: everything after is dropped, the content is not to be used */
};

void buf_init(struct buf *buf, size_t limit_bytes);
void buf_free(struct buf *buf); /* wipes; safe on a zeroed buf */
void buf_reset(struct buf *buf);
void buf_add(struct buf *buf, const void *p, size_t n);
void buf_text(struct buf *buf, struct text text);
void buf_str(struct buf *buf, const char *string);
void buf_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_hex(struct buf *buf, const uint8_t *p, size_t n);
void buf_json_string(struct buf *buf, struct text text); /* quoted and escaped; text must be valid UTF-8 */
void buf_html(struct buf *buf, struct text text);        /* escaped for an element's text or a quoted attribute */
void buf_u16(struct buf *buf, uint16_t v);               /* big-endian, for wire formats */
void buf_u32(struct buf *buf, uint32_t v);
void buf_u64(struct buf *buf, uint64_t v);
struct text buf_view(const struct buf *buf); /* borrowed until the next write */

#endif
