/* backups: the catalogue, its manifests in pages, and what humans answer for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/crypto.h"
#include "services/admin/lethectl/ctl.h"

enum { PAGE_LINES = 1000 };

int backups_list(struct ctl *ctl, const struct args *args)
{
    static const char *const flags[] = {"after", "limit", NULL};
    return get_object(ctl, ctl_query(ctl, "/backups", args, flags));
}

int backups_add(struct ctl *ctl, const struct args *args)
{
    json_t *body = file_body(ctl, args->operands[0]);
    return body != NULL ? send_object(ctl, HTTP_POST, "/backups", body) : CTL_REFUSED;
}

int backups_change(struct ctl *ctl, const struct args *args)
{
    json_t *body = json_object();
    set(body, "expires_at", args_value(args, "expires-at"));
    if (args_value(args, "gone") != NULL)
        json_object_set_new(body, "gone", json_true());
    return send_object(ctl, HTTP_PATCH, ctl_path(ctl, "/backups/", args->operands[0], ""), body);
}

int backups_asked(struct ctl *ctl, const struct args *args)
{
    static const struct column columns[] = {{"REQUEST", "request"}, {"BACKUP", "backup"},  {"NAME", "name"},
                                            {"HOLDER", "holder"},   {"ASKED", "asked_at"}, {"SAID", "recorded"},
                                            {"BY", "recorded_by"},  {"AT", "at"},          {"EVIDENCE", "evidence"}};
    static const char *const flags[] = {"request", "backup", NULL};
    return get_table(ctl, ctl_query(ctl, "/backups/answers", args, flags), "answers", columns,
                     sizeof columns / sizeof columns[0]);
}

int backups_answer(struct ctl *ctl, const struct args *args)
{
    static const char *const flags[] = {"request", "outcome", "at", "evidence", NULL};
    json_t *body = json_object();
    for (const char *const *flag = flags; *flag != NULL; flag++)
        set(body, *flag, args_value(args, *flag));
    return send_object(ctl, HTTP_POST, ctl_path(ctl, "/backups/", args->operands[0], "/answers"), body);
}

/* ---- manifests ----------------------------------------------------------------------------------------------------------- */

/* ann@example.org, +49 30 123, SYSTEM/ID, or {"email": ...}. NULL: it is none of them. An address may hold a slash, so it
 * is looked for first; a source id that holds an @ is written as JSON. */
static json_t *line_json(struct text line)
{
    const char *slash = memchr(line.p, '/', line.n);
    if (line.p[0] == '{')
        return json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    if (memchr(line.p, '@', line.n) != NULL)
        return json_pack("{s:s%}", "email", line.p, line.n);
    if (line.p[0] == '+')
        return json_pack("{s:s%}", "phone", line.p, line.n);
    if (slash == NULL || slash == line.p || slash + 1 == line.p + line.n)
        return NULL;
    return json_pack("{s:{s:s%,s:s%}}", "source", "system", line.p, (size_t)(slash - line.p), "id", slash + 1,
                     line.n - (size_t)(slash - line.p) - 1);
}

struct sending {
    struct ctl *ctl;
    const char *path;
    json_t *page;
    int64_t sent, forgotten;
};

static int send_page(struct sending *s, bool complete)
{
    struct http_answer answer;
    json_t *body = json_pack("{s:o,s:b}", "identifiers", s->page, "complete", complete);
    size_t n = json_array_size(s->page);
    s->page = json_array();
    int code = ctl_call(s->ctl, HTTP_POST, s->path, body, &answer);
    if (code != CTL_OK)
        return code;
    json_t *json = json_loadb(answer.body.p, answer.body.n, 0, NULL);
    s->sent += (int64_t)n;
    s->forgotten += json_integer_value(json_object_get(json, "forgotten"));
    json_decref(json);
    return CTL_OK;
}

static int send_lines(struct sending *s, FILE *file, bool complete)
{
    char *line = NULL;
    size_t room = 0;
    int64_t number = 0;
    int code = CTL_OK;
    for (ssize_t n; code == CTL_OK && (n = getline(&line, &room, file)) >= 0;) {
        struct text text = text_trim((struct text){.p = line, .n = (size_t)n});
        number++;
        if (text.n == 0)
            continue;
        json_t *one = line_json(text);
        if (one == NULL) { /* the line itself isn't repeated: it may name somebody */
            (void)fprintf(stderr, "lethectl: line %lld is no address, +phone, SYSTEM/ID or JSON\n", (long long)number);
            code = CTL_REFUSED;
        } else if (json_array_append_new(s->page, one) == 0 && json_array_size(s->page) == PAGE_LINES) {
            code = send_page(s, false);
            if (code != CTL_OK)
                (void)fprintf(stderr, "lethectl: in the %d lines up to line %lld\n", PAGE_LINES, (long long)number);
        }
    }
    if (line != NULL)
        crypto_wipe(line, room);
    free(line);
    if (code == CTL_OK && ferror(file) != 0)
        return ctl_usage("the file can't be read");
    /* the last page alone may say that this was all */
    return code == CTL_OK && (complete || json_array_size(s->page) > 0) ? send_page(s, complete) : code;
}

/* A page that was sent again changes nothing: after a failure the same command begins anew. */
int backups_manifest(struct ctl *ctl, const struct args *args)
{
    const char *name = args_value(args, "file");
    bool complete = args_value(args, "complete") != NULL;
    struct sending sending = {.ctl = ctl, .path = ctl_path(ctl, "/backups/", args->operands[0], "/manifest")};
    FILE *file = name == NULL || strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
    if (sending.path == NULL || file == NULL) {
        if (file == NULL)
            (void)ctl_usage("the file can't be read");
        else if (file != stdin)
            (void)fclose(file);
        return CTL_USAGE;
    }
    sending.page = json_array();
    int code = send_lines(&sending, file, complete);
    json_decref(sending.page);
    if (file != stdin)
        (void)fclose(file);
    if (code == CTL_OK)
        (void)printf("%lld identifiers%s; %lld keys of people who were forgotten since were not kept\n",
                     (long long)sending.sent, complete ? ", which is all" : "", (long long)sending.forgotten);
    return code;
}
