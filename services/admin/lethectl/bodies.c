/* bodies: what commands send, and the calls whose answers are shown as they are. */
#include <stdio.h>
#include <string.h>

#include "services/admin/lethectl/ctl.h"

void set(json_t *object, const char *name, const char *value)
{
    if (value != NULL)
        json_object_set_new(object, name, json_string(value));
}

bool set_file(struct ctl *ctl, json_t *object, const char *name, const char *path)
{
    if (path == NULL)
        return true;
    struct text read = ctl_read_file(ctl, path);
    struct text line = text_trim(read);
    return read.p != NULL && json_object_set_new(object, name, json_stringn(line.p, line.n)) == 0;
}

/* A JSON file as the body. */
json_t *file_body(struct ctl *ctl, const char *path)
{
    struct text read = ctl_read_file(ctl, path);
    json_error_t why;
    json_t *body = read.p != NULL ? json_loadb(read.p, read.n, JSON_REJECT_DUPLICATES, &why) : NULL;
    if (read.p != NULL && body == NULL)
        (void)fprintf(stderr, "lethectl: %s, line %d: this isn't JSON\n", path, why.line);
    return body;
}

int get_table(struct ctl *ctl, const char *path, const char *member, const struct column *columns, size_t n)
{
    struct http_answer answer;
    if (path == NULL)
        return CTL_USAGE;
    int code = ctl_call(ctl, HTTP_GET, path, NULL, &answer);
    return code != CTL_OK ? code : show_table(ctl, &answer, member, columns, n);
}

int get_object(struct ctl *ctl, const char *path)
{
    struct http_answer answer;
    if (path == NULL)
        return CTL_USAGE;
    int code = ctl_call(ctl, HTTP_GET, path, NULL, &answer);
    return code != CTL_OK ? code : show_object(ctl, &answer, NULL);
}

int send_object(struct ctl *ctl, enum http_method method, const char *path, json_t *body)
{
    struct http_answer answer;
    if (path == NULL) {
        json_decref(body);
        return CTL_USAGE;
    }
    int code = ctl_call(ctl, method, path, body, &answer);
    return code != CTL_OK ? code : show_object(ctl, &answer, NULL);
}
