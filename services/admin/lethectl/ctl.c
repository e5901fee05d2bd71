/* ctl: calls of the admin API, their problems, files and paths. */
#include "services/admin/lethectl/ctl.h"

#include "common/crypto/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALL_MS = 30000, ANSWER_MOST = 64 * 1024 * 1024, FILE_MOST = 1024 * 1024 };

int ctl_usage(const char *what)
{
    (void)fprintf(stderr, "lethectl: %s\n", what);
    return CTL_USAGE;
}

/* ---- calls ------------------------------------------------------------------------------------------------------------ */

static int tell_problem(const struct http_answer *answer)
{
    json_t *problem = json_loadb(answer->body.p, answer->body.n, 0, NULL);
    const char *pointer = ctl_member(problem, "pointer"), *rule = ctl_member(problem, "rule");
    const char *detail = ctl_member(problem, "detail");
    (void)fprintf(stderr, "lethectl: %s%s%s%s%s%s [%d, request %s]\n", pointer, pointer[0] != '\0' ? ": " : "",
                  detail[0] != '\0' ? detail : ctl_member(problem, "title"), rule[0] != '\0' ? " (" : "", rule,
                  rule[0] != '\0' ? ")" : "", answer->status, ctl_member(problem, "request_id"));
    json_decref(problem);
    if (answer->status == 404)
        return CTL_NOT_FOUND;
    return answer->status >= 500 || answer->status == 429 ? CTL_AWAY : CTL_REFUSED;
}

struct text ctl_dump(struct ctl *ctl, json_t *body)
{
    if (body == NULL)
        return TEXT_NONE;
    char *dumped = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    ENSURE(dumped != NULL);
    struct text copy = text_copy(ctl->arena, text_of(dumped));
    crypto_wipe(dumped, strlen(dumped));
    free(dumped);
    return copy;
}

int ctl_call_with(struct ctl *ctl, enum http_method method, const char *path, json_t *body,
                  const struct header *headers, size_t headers_n, struct http_answer *answer)
{
    struct text bytes = ctl_dump(ctl, body);
    struct error err;
    if (ctl->url == NULL)
        return ctl_usage("LETHE_ADMIN_URL (or --url) says where the admin API is");
    if (ctl->token == NULL)
        return ctl_usage("LETHE_ADMIN_TOKEN (or --token-file) holds an operator's token");
    struct text url = text_format(ctl->arena, "%s/v1%s", ctl->url, path);
    struct http_call call = {.method = method,
                             .url = text_cstr(ctl->arena, url),
                             .bearer = ctl->token,
                             .body = bytes,
                             .headers = headers,
                             .headers_n = headers_n,
                             .timeout_ms = CALL_MS,
                             .answer_limit = ANSWER_MOST};
    enum outcome o = http_client_call(ctl->http, &call, ctl->arena, answer, &err);
    if (o != DONE) {
        (void)fprintf(stderr, "lethectl: %s\n", err.text);
        return o == REFUSED ? CTL_REFUSED : CTL_AWAY;
    }
    return answer->status >= 400 ? tell_problem(answer) : CTL_OK;
}

int ctl_call(struct ctl *ctl, enum http_method method, const char *path, json_t *body, struct http_answer *answer)
{
    return ctl_call_with(ctl, method, path, body, NULL, 0, answer);
}

/* ---- paths -------------------------------------------------------------------------------------------------------------- */

const char *ctl_path(struct ctl *ctl, const char *before, const char *operand, const char *tail)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    if (operand[0] == '\0' || strspn(operand, fine) != strlen(operand) || strlen(operand) > 64) {
        (void)ctl_usage("that is no id: ids are letters, digits and -");
        return NULL;
    }
    return text_cstr(ctl->arena, text_format(ctl->arena, "%s%s%s", before, operand, tail));
}

const char *ctl_query(struct ctl *ctl, const char *path, const struct args *args, const char *const *flags)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";
    struct text url = text_of(path);
    for (bool first = true; *flags != NULL; flags++) {
        const char *value = args_value(args, *flags);
        if (value == NULL)
            continue;
        if (value[0] == '\0' || strspn(value, fine) != strlen(value)) {
            (void)fprintf(stderr, "lethectl: --%s: letters, digits and -_.: alone\n", *flags);
            return NULL;
        }
        url = text_format(ctl->arena, "%.*s%c%s=%s", TEXT_ARGS(url), first ? '?' : '&', *flags, value);
        first = false;
    }
    return text_cstr(ctl->arena, url);
}

/* ---- files -------------------------------------------------------------------------------------------------------------- */

struct text ctl_read_file(struct ctl *ctl, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (file == NULL) {
        (void)fprintf(stderr, "lethectl: %s can't be read\n", path);
        return TEXT_NONE;
    }
    char *p = arena_alloc(ctl->arena, FILE_MOST + 1);
    size_t n = fread(p, 1, FILE_MOST + 1, file);
    bool failed = ferror(file) != 0;
    if (file != stdin)
        (void)fclose(file);
    if (failed || n > FILE_MOST) {
        (void)fprintf(stderr, "lethectl: %s %s\n", path, failed ? "can't be read" : "is larger than 1 MiB");
        return TEXT_NONE;
    }
    return (struct text){.p = p, .n = n};
}

static json_t *text_json(struct text text)
{
    struct text line = text_trim(text);
    json_t *value = line.n > 0 ? json_stringn(line.p, line.n) : NULL;
    if (value == NULL)
        (void)ctl_usage("there is no identifier to read, or it isn't UTF-8");
    return value;
}

static json_t *pair(const char *name, json_t *value)
{
    return value != NULL ? json_pack("{s:o}", name, value) : NULL;
}

static json_t *record_json(const char *record)
{
    const char *slash = strchr(record, '/');
    if (slash == NULL || slash == record || slash[1] == '\0') {
        (void)ctl_usage("--record is SYSTEM/ID");
        return NULL;
    }
    return json_pack("{s:{s:s%,s:s}}", "record", "system", record, (size_t)(slash - record), "id", slash + 1);
}

json_t *subject_of(const char *person, const char *record)
{
    return record != NULL ? record_json(record) : pair("person", text_json(text_of(person)));
}

json_t *subject_json(struct ctl *ctl, const struct args *args)
{
    const char *email = args_value(args, "email"), *email_file = args_value(args, "email-file");
    const char *phone_file = args_value(args, "phone-file"), *record = args_value(args, "record");
    const char *person = args_value(args, "person");
    int given = (email != NULL) + (email_file != NULL) + (phone_file != NULL) + (record != NULL) + (person != NULL);
    if (given > 1) {
        (void)ctl_usage("name the person in one way only");
        return NULL;
    }
    if (email != NULL)
        return pair("email", text_json(text_of(email)));
    if (record != NULL || person != NULL)
        return subject_of(person, record);
    const char *path = phone_file != NULL ? phone_file : email_file != NULL ? email_file : "-";
    struct text read = ctl_read_file(ctl, path);
    return read.p != NULL ? pair(phone_file != NULL ? "phone" : "email", text_json(read)) : NULL;
}
