/* audit: the canonical bytes of a row and its place in the chain. */
#include "services/admin/audit.h"

#include "common/buf/buf.h"

bool audit_text_ok(struct text text)
{
    if (text.p == NULL || text.n > AUDIT_TEXT_MOST)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '+' || c == '/' || c == '_' ||
              c == '-'))
            return false;
    }
    return true;
}

static void add_uuid(struct buf *out, const struct uuid *id)
{
    char text[UUID_TEXT_BYTES] = "-";
    if (!uuid_is_nil(id))
        uuid_format(id, text);
    buf_printf(out, "%s\n", text);
}

void audit_hash(const uint8_t previous[AUDIT_HASH_BYTES], const struct audit_row *row, uint8_t out[AUDIT_HASH_BYTES])
{
    ENSURE(audit_text_ok(row->action) && audit_text_ok(row->detail) && audit_text_ok(row->outcome));
    struct buf line;
    buf_init(&line, 1024);
    buf_str(&line, "lethe-audit-1\n");
    buf_hex(&line, previous, AUDIT_HASH_BYTES);
    buf_printf(&line, "\n%lld\n%lld\n", (long long)row->seq, (long long)row->at_us);
    add_uuid(&line, &row->operator_id);
    buf_printf(&line, "%.*s\n", TEXT_ARGS(row->action));
    add_uuid(&line, &row->object);
    buf_printf(&line, "%.*s\n%.*s\n", TEXT_ARGS(row->detail), TEXT_ARGS(row->outcome));
    ENSURE(!line.failed);
    crypto_digest(line.p, line.n, out);
    buf_free(&line);
}
