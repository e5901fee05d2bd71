/* manifests: who is in a backup, by identifiers; what is sent on are their keyed hashes alone. */
#include <stddef.h>
#include <stdio.h>

#include "services/admin/body.h"
#include "services/admin/forward.h"
#include "services/admin/subject.h"

enum { LINES_MOST = 2000, BODY_MOST = 2 << 20, KEYS_MOST = 10000 };

struct manifest_lines {
    struct manifest_line *items;
    size_t n;
};
struct manifest_body {
    struct manifest_lines identifiers;
    bool complete;
};
static const struct field manifest_fields[] = {
    {.name = "identifiers",
     .kind = FIELD_OBJECTS,
     .offset = offsetof(struct manifest_body, identifiers),
     .most = LINES_MOST,
     .type = &manifest_line_type},
    {.name = "complete", .kind = FIELD_BOOL, .offset = offsetof(struct manifest_body, complete)},
};
static const struct object_type manifest_type = {
    .fields = manifest_fields, .fields_n = 2, .size = sizeof(struct manifest_body)};

static enum outcome refuse_line(struct error *err, const struct error *why, size_t line)
{
    char pointer[sizeof err->pointer];
    (void)snprintf(pointer, sizeof pointer, "/identifiers/%zu%.64s", line, why->pointer);
    return error_refuse(err, pointer, why->rule, "%s", why->text);
}

static enum outcome hash_lines(struct call *call, const struct manifest_lines *lines, struct key *out, size_t *n,
                               struct error *err)
{
    const char *regions[SUBJECT_REGIONS_MOST];
    size_t regions_n = subject_regions(call->policy, regions);
    *n = 0;
    for (size_t i = 0; i < lines->n; i++) {
        struct error why;
        if (manifest_keys(&lines->items[i], service_index_key(call->service), regions, regions_n, call->arena, out, n,
                          &why) != DONE)
            return refuse_line(err, &why, i);
        if (*n > KEYS_MOST)
            return error_refuse(err, "/identifiers", "items", "too many at once: send smaller pages");
    }
    return DONE;
}

static struct text keys_body(struct call *call, const struct key *keys, size_t n, const struct caller *caller,
                             bool complete)
{
    struct buf out;
    buf_init(&out, BODY_MOST);
    struct json json = json_open(&out);
    json_uuid(&json, "operator", &caller->id);
    json_bool(&json, "complete", complete);
    json_name(&json, "keys");
    buf_char(&out, '[');
    for (size_t i = 0; i < n; i++) {
        buf_printf(&out, "%s{\"kind\":\"%s\",\"hash\":\"", i > 0 ? "," : "", key_kind_names[keys[i].kind]);
        buf_hex(&out, keys[i].hash.b, sizeof keys[i].hash.b);
        buf_str(&out, "\"}");
    }
    buf_char(&out, ']');
    json_close(&json);
    ENSURE(!out.failed);
    struct text copy = text_copy(call->arena, buf_view(&out));
    buf_free(&out);
    return copy;
}

static enum outcome send(struct call *call, const struct http_request *request, const struct caller *caller,
                         const struct deed *deed, struct text body, struct http_answer *answer, struct error *err)
{
    char id[UUID_TEXT_BYTES];
    uuid_format(&deed->object, id);
    struct text path = text_format(call->arena, "/internal/v1/backups/%s/manifest", id);
    TRY(access_audit(call, caller, deed, "asked", NULL, err));
    TRY(call_pause(call, err));
    enum outcome o =
        forward_call(call, request, PEER_BACKUP, HTTP_POST, text_cstr(call->arena, path), body, answer, err);
    return forward_settle(call, caller, deed, o, answer, err);
}

enum outcome post_manifest(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err)
{
    struct caller caller;
    struct deed deed = {.action = "backup.manifest"};
    struct http_answer answer = {0};
    struct key *keys = ARENA_ARRAY(call->arena, KEYS_MOST + SUBJECT_KEYS_MOST, struct key);
    void *decoded = NULL;
    size_t n;
    TRY(path_id(request, &deed.object, err));
    TRY(access_check(call, request, RIGHT_DECIDE, &deed, &caller, err));
    TRY(body_read(&manifest_type, request->body, call->arena, &decoded, err));
    const struct manifest_body *body = decoded;
    TRY(hash_lines(call, &body->identifiers, keys, &n, err));
    deed.detail = body->complete ? "complete" : "page";
    TRY(send(call, request, &caller, &deed, keys_body(call, keys, n, &caller, body->complete), &answer, err));
    forward_answer(call, request, response, &answer);
    return DONE;
}
