/* routes: the catalogue: register, list, change, and a manifest by pages. */
#include "proto/table.h"
#include "services/backup/service.h"

#define OPERATOR(s)                                                                                                    \
    {                                                                                                                  \
        .name = "operator", .kind = FIELD_UUID, .nullable = true, .offset = offsetof(struct s, operator_id)            \
    }

struct backup_body {
    struct uuid id, operator_id; /* whom admin names: its audit chain keeps it */
    struct text name, holder, system, place;
    int kind, contents;
    int64_t taken_at, expires_at, kek_epoch, ledger;
    bool keyring;
};
static const struct field backup_type_fields[] = {
    OPERATOR(backup_body),
    MAY(backup_body, id, UUID, 0, 0),
    MUST(backup_body, name, TEXT, 1, 128),
    MUST(backup_body, holder, TEXT, 1, 128),
    MUST_ENUM(backup_body, kind, backup_kind_names),
    MUST_ENUM(backup_body, contents, backup_contents_names),
    MAY(backup_body, system, TEXT, 0, 64),
    MUST(backup_body, taken_at, TIME, 0, 0),
    MAY(backup_body, expires_at, TIME, 0, 0),
    MAY(backup_body, place, TEXT, 0, 256),
    MAY(backup_body, keyring, BOOL, 0, 0),
    MAY(backup_body, kek_epoch, INT, 0, INT64_MAX),
    MAY(backup_body, ledger, INT, -1, INT64_MAX),
};
CLOSED(backup_body, backup_type, NULL);

static struct backup from_body(struct call *call, const struct backup_body *body)
{
    return (struct backup){
        .id = uuid_is_nil(&body->id) ? call_uuid(call) : body->id,
        .kind = (enum backup_kind)body->kind,
        .contents = (enum backup_contents)body->contents,
        .name = body->name,
        .holder = body->holder,
        .system = body->system,
        .place = body->place,
        .taken_us = body->taken_at,
        .expires_us = body->expires_at,
        .keyring = body->keyring,
        .kek_epoch = body->kek_epoch,
        .ledger = body->ledger,
    };
}

enum outcome post_backup(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct backup backup;
    void *decoded = NULL;
    char id[UUID_TEXT_BYTES];
    bool fresh;

    TRY(event_decode(&backup_type, request->body, call->arena, &decoded, err));
    backup = from_body(call, decoded);
    TRY(backup_check(&backup, call->now_us, err));
    TRY(store_put(call, &backup, &fresh, err));
    uuid_format(&backup.id, id);
    response->status = fresh ? 201 : 200;
    buf_printf(&response->body, "{\"id\":\"%s\"}", id);
    return DONE;
}

enum outcome get_backups(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct text after_text = http_query(request, "after");
    struct uuid after = {0};

    if (after_text.p != NULL && !uuid_parse(after_text, &after))
        return error_refuse(err, "/after", "format", "after is the id of a backup");
    return store_print(call, &after, &response->body, err);
}

struct change_body {
    struct uuid operator_id;
    int64_t expires_at;
    bool gone;
};
static const struct field change_type_fields[] = {
    OPERATOR(change_body),
    MAY(change_body, expires_at, TIME, 0, 0),
    MAY(change_body, gone, BOOL, 0, 0),
};
CLOSED(change_body, change_type, NULL);

enum outcome path_id(const struct http_request *request, struct uuid *id, struct error *err)
{
    if (!uuid_parse(request->params[0], id))
        return error_status(err, 404, "backup", "there is no such backup");
    return DONE;
}

enum outcome patch_backup(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    const struct change_body *body;
    void *decoded = NULL;
    struct uuid id;
    bool found;

    TRY(path_id(request, &id, err));
    TRY(event_decode(&change_type, request->body, call->arena, &decoded, err));
    body = decoded;
    TRY(store_change(call, &id, body->expires_at, body->gone, &found, err));
    if (!found)
        return error_status(err, 404, "backup", "there is no such backup");
    buf_str(&response->body, "{\"status\":\"changed\"}");
    return DONE;
}

struct manifest_body {
    struct uuid operator_id;
    struct key_list keys;
    bool complete;
};
static const struct field manifest_type_fields[] = {
    OPERATOR(manifest_body),
    MAY_OBJECTS(manifest_body, keys, key_type, 0, KEYS_MOST),
    MAY(manifest_body, complete, BOOL, 0, 0),
};
CLOSED(manifest_body, manifest_type, NULL);

static struct hash_list hashes_of(struct call *call, const struct key_list *keys, bool *by_phone)
{
    struct hash_list list = {.items = ARENA_ARRAY(call->arena, keys->n + 1, struct hash), .n = keys->n};

    *by_phone = false;
    for (size_t i = 0; i < keys->n; i++) {
        list.items[i] = keys->items[i].hash;
        *by_phone = *by_phone || keys->items[i].kind == KEY_PHONE || keys->items[i].kind == KEY_PHONE_SURNAME;
    }
    return list;
}

enum outcome post_manifest(struct call *call, const struct http_request *request, struct http_response *response,
                           struct error *err)
{
    const struct manifest_body *body;
    struct hash_list hashes;
    void *decoded = NULL;
    struct uuid id;
    bool found, has, by_phone;
    int64_t forgotten;

    TRY(path_id(request, &id, err));
    TRY(event_decode(&manifest_type, request->body, call->arena, &decoded, err));
    body = decoded;
    hashes = hashes_of(call, &body->keys, &by_phone);
    TRY(store_manifest_mark(call, &id, body->complete, by_phone, &found, &has, err));
    if (!found)
        return error_status(err, 404, "backup", "there is no such backup");
    if (!has)
        return error_status(err, 409, "contents", "only a backup whose contents are a manifest takes one");
    TRY(store_manifest_add(call, &id, &hashes, &forgotten, err));
    response->status = 202;
    buf_printf(&response->body, "{\"keys\":%zu,\"forgotten\":%lld}", hashes.n, (long long)forgotten);
    return DONE;
}
