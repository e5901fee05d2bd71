/* requests: subject requests from the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/admin/lethectl/ctl.h"

enum { WAIT_DEFAULT_S = 300 };

int requests_list(struct ctl *ctl, const struct args *args)
{
    static const struct column columns[] = {
        {"ID", "id"},
        {"KIND", "kind"},
        {"STATUS", "status"},
        {"DECISION", "decision"},
        {"RECEIVED", "received_at"},
        {"DUE", "due_at"},
        {"ANSWERED", "answered_at"},
        {"OUTSTANDING", "outstanding"},
    };
    static const char *const flags[] = {"status", "kind", "after", "limit", NULL};
    struct http_answer answer;
    const char *path = ctl_query(ctl, "/requests", args, flags);
    if (path == NULL)
        return CTL_USAGE;
    int code = ctl_call(ctl, HTTP_GET, path, NULL, &answer);
    return code != CTL_OK ? code : show_table(ctl, &answer, "requests", columns, sizeof columns / sizeof columns[0]);
}

/* The request, then its holders as a table. */
static int show_request(struct ctl *ctl, const struct http_answer *answer)
{
    static const struct column columns[] = {
        {"HOLDER", "name"},          {"KIND", "kind"},         {"STATUS", "status"},
        {"OUTCOME", "outcome"},      {"ATTEMPTS", "attempts"}, {"NEXT ATTEMPT", "next_attempt_at"},
        {"ANSWERED", "answered_at"},
    };
    if (ctl->json)
        return show_raw(answer);
    int code = show_object(ctl, answer, "holders");
    (void)putchar('\n');
    return code != CTL_OK ? code : show_table(ctl, answer, "holders", columns, sizeof columns / sizeof columns[0]);
}

int requests_show(struct ctl *ctl, const struct args *args)
{
    struct http_answer answer;
    const char *path = ctl_path(ctl, "/requests/", args->operands[0], "");
    if (path == NULL)
        return CTL_USAGE;
    int code = ctl_call(ctl, HTTP_GET, path, NULL, &answer);
    return code != CTL_OK ? code : show_request(ctl, &answer);
}

/* ---- create ------------------------------------------------------------------------------------------------------------ */

static void set_object(json_t *body, const char *name, json_t *object)
{
    if (json_object_size(object) > 0)
        json_object_set_new(body, name, object);
    else
        json_decref(object);
}

/* What is to be rectified, or objected to: a JSON object of the request's kind. */
static bool set_details(struct ctl *ctl, json_t *body, const char *path)
{
    json_t *details = path != NULL ? file_body(ctl, path) : NULL;
    if (path == NULL || json_is_object(details)) {
        if (details != NULL)
            json_object_set_new(body, "details", details);
        return true;
    }
    if (details != NULL)
        (void)ctl_usage("--details-file holds a JSON object");
    json_decref(details);
    return false;
}

static json_t *request_body(struct ctl *ctl, const struct args *args)
{
    json_t *subject = subject_json(ctl, args);
    if (subject == NULL)
        return NULL;
    json_t *body = json_pack("{s:s,s:o}", "kind", args->operands[0], "subject", subject);
    json_t *requester = json_object(), *verification = json_object();
    bool good = set_file(ctl, requester, "reply_to", args_value(args, "reply-to-file"));
    set(requester, "relation", args_value(args, "relation"));
    set(requester, "language", args_value(args, "language"));
    set(verification, "method", args_value(args, "verified-by"));
    set(verification, "level", args_value(args, "level"));
    set_object(body, "requester", requester);
    set_object(body, "verification", verification);
    set(body, "received_at", args_value(args, "received-at"));
    good = set_file(ctl, body, "note", args_value(args, "note-file")) && good;
    good = set_details(ctl, body, args_value(args, "details-file")) && good;
    if (good)
        return body;
    json_decref(body);
    return NULL;
}

int requests_create(struct ctl *ctl, const struct args *args)
{
    struct http_answer answer;
    const char *key = args_value(args, "key");
    struct header header = {.name = TEXT("Idempotency-Key"), .value = text_of(key)};
    json_t *body = request_body(ctl, args);
    if (body == NULL)
        return CTL_USAGE;
    int code = ctl_call_with(ctl, HTTP_POST, "/requests", body, &header, key != NULL ? 1 : 0, &answer);
    return code != CTL_OK ? code : show_object(ctl, &answer, NULL);
}

/* ---- decisions: cancel, verify, approve, pause, resume, extend, reject, complete, answered ------------------------------- */

/* Each decision has some of these, as its command says. */
int requests_decide(struct ctl *ctl, const struct args *args)
{
    static const char *const flags[] = {"reason", "decision", "article", "at", "how", NULL};
    struct http_answer answer;
    char tail[32];
    json_t *body = json_object();
    (void)snprintf(tail, sizeof tail, "/%s", args->command->verb);
    const char *path = ctl_path(ctl, "/requests/", args->operands[0], tail);
    for (const char *const *flag = flags; *flag != NULL; flag++)
        if (args_has(args, *flag))
            set(body, *flag, args_value(args, *flag));
    const char *file = args_has(args, "reason-file") ? args_value(args, "reason-file") : NULL;
    if (path == NULL || !set_file(ctl, body, "reason", file)) {
        json_decref(body);
        return CTL_USAGE;
    }
    int code = ctl_call(ctl, HTTP_POST, path, body, &answer);
    return code != CTL_OK ? code : show_object(ctl, &answer, NULL);
}

/* Who is meant, where that could not be told: a person or a record of theirs. */
int requests_subject(struct ctl *ctl, const struct args *args)
{
    const char *person = args_value(args, "person"), *record = args_value(args, "record");
    json_t *body = (person == NULL) == (record == NULL) ? NULL : subject_of(person, record);
    if (body == NULL)
        return ctl_usage("--person UUID or --record SYSTEM/ID says who is meant");
    set(body, "reason", args_value(args, "reason"));
    if (!set_file(ctl, body, "reason", args_value(args, "reason-file"))) {
        json_decref(body);
        return CTL_USAGE;
    }
    return send_object(ctl, HTTP_POST, ctl_path(ctl, "/requests/", args->operands[0], "/subject"), body);
}

int requests_certificate(struct ctl *ctl, const struct args *args)
{
    struct http_answer answer;
    const char *path = ctl_path(ctl, "/requests/", args->operands[0], "/certificate");
    if (path == NULL)
        return CTL_USAGE;
    int code = ctl_call(ctl, HTTP_GET, path, NULL, &answer);
    return code != CTL_OK ? code : show_raw(&answer);
}

int requests_report(struct ctl *ctl, const struct args *args)
{
    struct http_answer answer;
    struct header accept = {.name = TEXT("Accept"), .value = TEXT("text/html")};
    const char *path = ctl_path(ctl, "/requests/", args->operands[0], "/report");
    if (path == NULL)
        return CTL_USAGE;
    bool html = args_value(args, "html") != NULL;
    int code = ctl_call_with(ctl, HTTP_GET, path, NULL, &accept, html ? 1 : 0, &answer);
    return code != CTL_OK ? code : show_raw(&answer);
}

/* ---- wait ---------------------------------------------------------------------------------------------------------------- */

static bool reached(const struct http_answer *answer, const char *wanted, char *status, size_t status_n)
{
    json_t *json = json_loadb(answer->body.p, answer->body.n, 0, NULL);
    const char *now = json_string_value(json_object_get(json, "status"));
    (void)snprintf(status, status_n, "%s", now != NULL ? now : "");
    json_decref(json);
    bool over = strcmp(status, "completed") == 0 || strcmp(status, "cancelled") == 0;
    return strcmp(status, wanted) == 0 || over;
}

int requests_wait(struct ctl *ctl, const struct args *args)
{
    const char *wanted = args_value(args, "for"), *timeout = args_value(args, "timeout");
    const char *path = ctl_path(ctl, "/requests/", args->operands[0], "");
    int64_t seconds = WAIT_DEFAULT_S;
    struct http_answer answer;
    char status[32] = "";
    if (wanted == NULL)
        wanted = "completed";
    if (path == NULL)
        return CTL_USAGE;
    if (timeout != NULL && (!text_to_int64(text_of(timeout), &seconds) || seconds < 0))
        return ctl_usage("--timeout is a number of seconds");
    int64_t end = clock_monotonic_us() + SECONDS(seconds);
    for (useconds_t pause_us = 50000;; pause_us = pause_us < 1000000 ? pause_us * 2 : pause_us) {
        int code = ctl_call(ctl, HTTP_GET, path, NULL, &answer);
        if (code != CTL_OK && code != CTL_AWAY)
            return code;
        if (code == CTL_OK && reached(&answer, wanted, status, sizeof status))
            break;
        if (clock_monotonic_us() >= end) {
            (void)fprintf(stderr, "lethectl: it is %s still\n", status[0] != '\0' ? status : "not known");
            return CTL_TIMEOUT;
        }
        (void)usleep(pause_us);
    }
    int code = show_request(ctl, &answer);
    return strcmp(status, wanted) == 0 ? code : CTL_REFUSED;
}
