/* service: backup's definition, and what its files share. */
#ifndef LETHE_BACKUP_SERVICE_H
#define LETHE_BACKUP_SERVICE_H

#include "common/forget/forget.h"
#include "services/backup/backup.h"

extern const struct service_def backup_service;
extern const struct forget_table backup_forget; /* forgetting.c */

/* ---- store.c: the only file that talks SQL ---- */
enum outcome store_put(struct call *call, const struct backup *backup, bool *fresh, struct error *err) WARN_UNUSED;
enum outcome store_change(struct call *call, const struct uuid *id, int64_t expires_us, bool gone, bool *found,
                          struct error *err) WARN_UNUSED;
/* store_print: a page after an id (nil: the first), as JSON. */
enum outcome store_print(struct call *call, const struct uuid *after, struct buf *out, struct error *err) WARN_UNUSED;
enum outcome store_expire(struct call *call, int64_t *n, struct error *err) WARN_UNUSED;
enum outcome store_has_manifest(struct call *call, const struct uuid *id, bool *found, bool *has,
                                struct error *err) WARN_UNUSED;
enum outcome store_manifest_add(struct call *call, const struct uuid *id, const struct hash_list *keys,
                                struct error *err) WARN_UNUSED;
/* store_may_hold: backups taken before at_us that may hold somebody with one of the keys. */
struct backup_list {
    struct backup *items;
    size_t n;
};
enum outcome store_may_hold(struct call *call, int64_t at_us, const struct hash_list *keys, struct backup_list *out,
                            struct error *err) WARN_UNUSED;
enum outcome store_manifest_erase(struct call *call, const struct hash_list *keys, int64_t *rows,
                                  struct error *err) WARN_UNUSED;
enum outcome store_manifest_count(struct call *call, const struct hash_list *keys, int64_t *rows,
                                  struct error *err) WARN_UNUSED;
enum outcome store_answer(struct call *call, const struct uuid *request, const struct uuid *backup,
                          const struct backup_verdict *verdict, struct error *err) WARN_UNUSED;
/* store_publish_answers: what was answered for a request, to the outbox. */
enum outcome store_publish_answers(struct call *call, const struct uuid *request, struct error *err) WARN_UNUSED;

/* ---- routes.c ---- */
enum outcome post_backup(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err);
enum outcome get_backups(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err);
enum outcome patch_backup(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err);
enum outcome post_manifest(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err);

#endif
