/* store: admin's tables; the only file that talks SQL. All calls are within the call's transaction. */
#ifndef LETHE_ADMIN_STORE_H
#define LETHE_ADMIN_STORE_H

#include "common/service/service.h"
#include "proto/events.h"
#include "services/admin/audit.h"
#include "services/admin/right.h"

struct operator_row {
    struct uuid id, created_by;
    struct text name;
    enum role role;
    int64_t created_at, expires_at, revoked_at; /* CLOCK_NONE: absent */
};
struct operator_rows {
    struct operator_row *items;
    size_t n;
};
/* store_operator_by_token: *found false where no such token is; *ended where it was revoked or has expired. */
enum outcome store_operator_by_token(struct call *call, const uint8_t hash[32], struct operator_row *out, bool *found,
                                     bool *ended, struct error *err) WARN_UNUSED;
enum outcome store_operator_first(struct call *call, const struct uuid *id, const uint8_t hash[32],
                                  struct error *err) WARN_UNUSED;
enum outcome store_operator_add(struct call *call, const struct operator_row *row, const uint8_t hash[32],
                                struct error *err) WARN_UNUSED;
/* name TEXT_NONE, role NULL: as it was. *n: 0 where no such operator works. */
enum outcome store_operator_change(struct call *call, const struct uuid *id, struct text name, const char *role,
                                   int64_t *n, struct error *err) WARN_UNUSED;
enum outcome store_operator_revoke(struct call *call, const struct uuid *id, const struct uuid *by, int64_t *n,
                                   struct error *err) WARN_UNUSED;
enum outcome store_operator_admins(struct call *call, struct uuid_list *out, struct error *err) WARN_UNUSED;
enum outcome store_operators(struct call *call, const struct uuid *only, struct operator_rows *out,
                             struct error *err) WARN_UNUSED;

struct audit_rows {
    struct audit_row *items;
    uint8_t (*hashes)[AUDIT_HASH_BYTES];
    size_t n;
};
/* store_audit_add: the next link; locks the chain until the commit, so call it last. Fills seq and at. */
enum outcome store_audit_add(struct call *call, struct audit_row *row, struct error *err) WARN_UNUSED;
enum outcome store_audit_page(struct call *call, int64_t after, const struct uuid *who, const struct uuid *object,
                              int32_t most, struct audit_rows *out, struct error *err) WARN_UNUSED;
/* the hash of a row; of seq 0: zeros. *found false where there is none. */
enum outcome store_audit_hash(struct call *call, int64_t seq, uint8_t out[AUDIT_HASH_BYTES], bool *found,
                              struct error *err) WARN_UNUSED;

enum outcome store_look_add(struct call *call, int64_t seq, const struct uuid *subjects, size_t n,
                            struct error *err) WARN_UNUSED;
struct look_row {
    int64_t at_us, seq;
    struct uuid operator_id;
    struct text detail;
};
struct look_rows {
    struct look_row *items;
    size_t n;
};
enum outcome store_looks(struct call *call, const struct uuid *subject, struct look_rows *out,
                         struct error *err) WARN_UNUSED;
enum outcome store_look_forget(struct call *call, struct uuid_list subjects, int64_t *rows,
                               struct error *err) WARN_UNUSED;
enum outcome store_look_count(struct call *call, struct uuid_list subjects, int64_t *rows,
                              struct error *err) WARN_UNUSED;

struct campaign_row {
    struct uuid id, by;
    struct text purpose;
    int64_t records, at_us;
};
struct campaign_rows {
    struct campaign_row *items;
    size_t n;
};
enum outcome store_campaign_add(struct call *call, const struct campaign_row *row, struct error *err) WARN_UNUSED;
enum outcome store_campaigns(struct call *call, struct campaign_rows *out, struct error *err) WARN_UNUSED;

struct repeat { /* what an idempotency key stands for */
    bool same_body;
    struct uuid request;
    int status; /* 0: not answered yet */
    struct text answer;
};
enum outcome store_repeat_take(struct call *call, const uint8_t key[32], const uint8_t body[32],
                               const struct uuid *fresh, struct repeat *out, struct error *err) WARN_UNUSED;
enum outcome store_repeat_answer(struct call *call, const uint8_t key[32], int status, struct text answer,
                                 struct error *err) WARN_UNUSED;

enum outcome store_request_put(struct call *call, const struct request_changed *row, struct error *err) WARN_UNUSED;
struct request_counts {
    int64_t open, due_soon, late;
};
enum outcome store_request_counts(struct call *call, struct request_counts *out, struct error *err) WARN_UNUSED;
enum outcome store_sweep(struct call *call, struct error *err) WARN_UNUSED;

#endif
