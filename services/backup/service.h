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
/* store_manifest_mark: the first write of a page, before tombstones are looked at. *has: its contents are a manifest. */
enum outcome store_manifest_mark(struct call *call, const struct uuid *id, bool complete, bool by_phone, bool *found,
                                 bool *has, struct error *err) WARN_UNUSED;
/* *forgotten: how many of the keys belong to somebody who was forgotten since the copy was taken; they aren't kept. */
enum outcome store_manifest_add(struct call *call, const struct uuid *id, const struct hash_list *keys,
                                int64_t *forgotten, struct error *err) WARN_UNUSED;
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

/* ---- store_answers.c ---- */
/* store_asked: when the person's keys were destroyed: now, at the first call for a request. */
enum outcome store_asked(struct call *call, const struct uuid *request, int64_t *at_us, struct error *err) WARN_UNUSED;
enum outcome store_answer(struct call *call, const struct uuid *request, const struct uuid *backup,
                          const struct backup_verdict *verdict, bool *added, struct error *err) WARN_UNUSED;
/* store_answers_open: how many copies wait for a human. */
enum outcome store_answers_open(struct call *call, const struct uuid *request, int64_t *n,
                                struct error *err) WARN_UNUSED;
/* store_publish_answers: what was answered for a request, of one backup or (nil) of all, to the outbox. */
enum outcome store_publish_answers(struct call *call, const struct uuid *request, const struct uuid *backup,
                                   struct error *err) WARN_UNUSED;
/* store_human_load: what was recorded, locked. *found: there is such an answer; *open: it waits for a human. */
enum outcome store_human_load(struct call *call, const struct uuid *request, const struct uuid *backup,
                              struct human_answer *out, bool *found, bool *open, struct error *err) WARN_UNUSED;
enum outcome store_human_record(struct call *call, const struct uuid *request, const struct uuid *backup,
                                const struct human_answer *answer, struct error *err) WARN_UNUSED;
enum outcome store_human_confirm(struct call *call, const struct uuid *request, const struct uuid *backup,
                                 const struct uuid *by, struct error *err) WARN_UNUSED;
/* store_print_open: what waits for a human, oldest first; nil: any request, any backup. */
enum outcome store_print_open(struct call *call, const struct uuid *request, const struct uuid *backup, struct buf *out,
                              struct error *err) WARN_UNUSED;

/* ---- print.c: members of a row as JSON ---- */
void print_id(struct buf *out, const char *name, struct uuid id);
void print_text(struct buf *out, const char *name, struct text value); /* each begins with a comma; absent: nothing */
void print_time(struct buf *out, const char *name, int64_t us);

/* ---- routes.c, answers.c ---- */
enum outcome path_id(const struct http_request *request, struct uuid *id, struct error *err) WARN_UNUSED;
route_fn post_backup, get_backups, patch_backup, post_manifest;
route_fn get_answers, post_answer;

#endif
