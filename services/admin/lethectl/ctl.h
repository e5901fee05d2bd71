/* ctl: what lethectl's commands share: the API behind a URL and a token, and how answers are shown. */
#ifndef LETHE_LETHECTL_CTL_H
#define LETHE_LETHECTL_CTL_H

#include <jansson.h>

#include "common/http/client.h"
#include "services/admin/lethectl/args.h"

enum {
    CTL_OK = 0,
    CTL_REFUSED = 1,   /* the API refuses it, or a file has mistakes */
    CTL_USAGE = 2,     /* the command line is wrong */
    CTL_AWAY = 3,      /* no answer, or a service that is needed is away: try again */
    CTL_NOT_FOUND = 4, /* there is no such thing */
    CTL_TIMEOUT = 5,   /* `requests wait` waited in vain */
};

struct column {
    const char *title, *path; /* "clock.due" */
};

struct ctl {
    struct arena *arena;
    struct http_client *http;
    const char *url, *token; /* NULL: not known; ctl_call says so */
    bool json;               /* --json: answers as they came */
};

/* ctl_call: one call under /v1; a body of NULL sends none (it is released). Problems go to stderr as "pointer: detail
 * (rule)". The exit code; *answer is filled where one came. */
int ctl_call(struct ctl *ctl, enum http_method method, const char *path, json_t *body, struct http_answer *answer);
int ctl_call_with(struct ctl *ctl, enum http_method method, const char *path, json_t *body,
                  const struct header *headers, size_t headers_n, struct http_answer *answer);
/* ctl_path: "/requests/" + an operand that holds [A-Za-z0-9-] only + tail; NULL (said on stderr) for others. */
const char *ctl_path(struct ctl *ctl, const char *before, const char *operand, const char *tail);
/* ctl_query: path?a=b&c=d from pairs of flag names whose values were given. */
const char *ctl_query(struct ctl *ctl, const char *path, const struct args *args, const char *const *flags);

/* ctl_dump: compact, in the arena; releases the value. NULL: TEXT_NONE. */
struct text ctl_dump(struct ctl *ctl, json_t *body);

int ctl_usage(const char *what); /* says it, returns CTL_USAGE */
/* ctl_read_file: up to 1 MiB of a file, or of stdin for "-"; TEXT_NONE (said on stderr) where it can't be read. */
struct text ctl_read_file(struct ctl *ctl, const char *path);

/* ---- bodies ---------------------------------------------------------------------------------------------------------- */
void set(json_t *object, const char *name, const char *value); /* NULL: nothing */
/* set_file: what a file holds, trimmed, as a text; false (said on stderr) where it can't be read. NULL: nothing. */
bool set_file(struct ctl *ctl, json_t *object, const char *name, const char *path);
/* file_body: a file's JSON; NULL (said on stderr) where it isn't any. */
json_t *file_body(struct ctl *ctl, const char *path);

/* Calls whose answers are shown as they are; a path of NULL is a wrong command line (and releases the body). */
int get_table(struct ctl *ctl, const char *path, const char *member, const struct column *columns, size_t n);
int get_object(struct ctl *ctl, const char *path);
int send_object(struct ctl *ctl, enum http_method method, const char *path, json_t *body);

/* ---- showing --------------------------------------------------------------------------------------------------------- */
/* show_table: the list `member` of an answer, or the answer as it is with --json. */
int show_table(struct ctl *ctl, const struct http_answer *answer, const char *member, const struct column *columns,
               size_t columns_n);
/* show_object: member by member, nested ones by dotted names, items of lists by number; without the member `but` (or
 * NULL). */
int show_object(struct ctl *ctl, const struct http_answer *answer, const char *but);
int show_raw(const struct http_answer *answer);
const char *ctl_member(const json_t *object, const char *name); /* a member's text; "" where it has none */

/* ---- commands, by file ------------------------------------------------------------------------------------------------- */
ctl_fn requests_list, requests_show, requests_create, requests_decide, requests_subject, requests_certificate,
    requests_report, requests_wait;
ctl_fn holders_list, holders_show, holders_add, holders_change, holders_result;
ctl_fn subjects_search, subjects_looks;
ctl_fn reviews_list, reviews_decide, reviews_merge, reviews_split, reviews_undo, weights_show, weights_take, audit_list,
    audit_check, operators_list, operators_add, operators_change, operators_revoke, roles_list, health_show,
    refused_show, resync_service, sources_list, sources_release, campaigns_list, campaigns_show, campaigns_send,
    retention_rehearse, texts_list, texts_show, texts_judge;
ctl_fn backups_list, backups_add, backups_change, backups_manifest, backups_asked, backups_answer;
ctl_fn keys_status, keys_order;
ctl_fn topics_check;
ctl_fn policy_show, policy_check, policy_diff;

/* subject_json: the "subject" that the flags name: --email, --email-file, --phone-file, --record SYSTEM/ID, --person,
 * else an email address read from stdin. NULL where that fails (said on stderr). */
json_t *subject_json(struct ctl *ctl, const struct args *args);
/* subject_of: a record, or a person: one of them is given. */
json_t *subject_of(const char *person, const char *record);
#define SUBJECT_FLAGS                                                                                                  \
    {"email-file", "FILE", "the email address stands in FILE (default: -, stdin)"},                                    \
        {"phone-file", "FILE", "a phone number in FILE, or - for stdin"},                                              \
        {"email", "ADDRESS", "the address itself: process lists and histories will show it"},                          \
        {"record", "SYSTEM/ID", "a source's record"},                                                                  \
    {                                                                                                                  \
        "person", "UUID", "our id of the person"                                                                       \
    }

#endif
