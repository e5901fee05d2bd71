/* audit: the chain of who did what: each row's hash covers the one before it. Pure. */
#ifndef LETHE_ADMIN_AUDIT_H
#define LETHE_ADMIN_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/crypto/crypto.h"
#include "common/text/text.h"
#include "common/uuid/uuid.h"

enum { AUDIT_HASH_BYTES = 32, AUDIT_TEXT_MOST = 128 };

/* No personal data: ids, names of actions and codes of ours ([a-z0-9.+/_-]). */
struct audit_row {
    int64_t seq, at_us;
    struct uuid operator_id; /* nil: unknown */
    struct text action;      /* "request.create" */
    struct uuid object;      /* nil: none */
    struct text detail;      /* a code: "email+fields", "intake" */
    struct text outcome;     /* asked | allowed | forbidden | an HTTP status | away */
};

/* audit_text_ok: only such texts may go into a row. */
bool audit_text_ok(struct text text);
/* audit_hash: SHA-256 of the previous hash and the row, written one value a line. Documented in README.md, so that
 * whoever has the rows can check them without us. */
void audit_hash(const uint8_t previous[AUDIT_HASH_BYTES], const struct audit_row *row, uint8_t out[AUDIT_HASH_BYTES]);

#endif
