/* audits: the audit chain, page by page, and whether it holds. */
#include <string.h>

#include "services/admin/access.h"
#include "services/admin/body.h"
#include "services/admin/service.h"

enum { PAGE_DEFAULT = 100, PAGE_MOST = 1000, CHECK_MOST = 5000 };

static enum outcome number_query(const struct http_request *request, const char *name, int64_t fallback, int64_t most,
                                 int64_t *out, struct error *err)
{
    struct text given = http_query(request, name);
    *out = fallback;
    if (given.p == NULL)
        return DONE;
    if (!text_to_int64(given, out) || *out < 0 || *out > most)
        return error_status(err, 400, name, "this query parameter must be a number from 0 to %lld", (long long)most);
    return DONE;
}

static enum outcome id_query(const struct http_request *request, const char *name, struct uuid *out, struct error *err)
{
    struct text given = http_query(request, name);
    memset(out, 0, sizeof *out);
    if (given.p != NULL && !uuid_parse(given, out))
        return error_status(err, 400, name, "this query parameter must be a UUID");
    return DONE;
}

static void write_row(struct buf *out, const struct audit_row *row, const uint8_t hash[AUDIT_HASH_BYTES])
{
    struct json json = json_open(out);
    json_int(&json, "seq", row->seq);
    json_time(&json, "at", row->at_us);
    json_uuid(&json, "operator", &row->operator_id);
    json_text(&json, "action", row->action);
    json_uuid(&json, "object", &row->object);
    json_text(&json, "detail", row->detail);
    json_text(&json, "outcome", row->outcome);
    json_name(&json, "hash");
    buf_char(out, '"');
    buf_hex(out, hash, AUDIT_HASH_BYTES);
    buf_char(out, '"');
    json_close(&json);
}

enum outcome get_audit(struct call *call, const struct http_request *request, struct http_response *response,
                       struct error *err)
{
    struct caller caller;
    struct uuid who, object;
    int64_t after = 0, limit = 0;
    struct audit_rows rows;
    TRY(access_look(call, request, RIGHT_LOOK, &(struct deed){.action = "audit.list"}, &caller, err));
    TRY(number_query(request, "after", 0, INT64_MAX, &after, err));
    TRY(number_query(request, "limit", PAGE_DEFAULT, PAGE_MOST, &limit, err));
    TRY(id_query(request, "operator", &who, err));
    TRY(id_query(request, "object", &object, err));
    TRY(store_audit_page(call, after, &who, &object, (int32_t)limit, &rows, err));
    buf_str(&response->body, "{\"audit\":[");
    for (size_t i = 0; i < rows.n; i++) {
        if (i > 0)
            buf_char(&response->body, ',');
        write_row(&response->body, &rows.items[i], rows.hashes[i]);
    }
    buf_printf(&response->body, "],\"next\":%lld}", (long long)(rows.n > 0 ? rows.items[rows.n - 1].seq : after));
    return DONE;
}

/* The first row whose hash doesn't follow from the one before it, or 0. */
static int64_t first_broken(const struct audit_rows *rows, int64_t after, uint8_t previous[AUDIT_HASH_BYTES])
{
    uint8_t hash[AUDIT_HASH_BYTES];
    for (size_t i = 0; i < rows->n; i++) {
        const struct audit_row *row = &rows->items[i];
        if (!audit_text_ok(row->action) || !audit_text_ok(row->detail) || !audit_text_ok(row->outcome))
            return row->seq;
        audit_hash(previous, row, hash);
        if (row->seq != after + 1 + (int64_t)i || memcmp(hash, rows->hashes[i], sizeof hash) != 0)
            return after + 1 + (int64_t)i;
        memcpy(previous, hash, sizeof hash);
    }
    return 0;
}

enum outcome get_audit_check(struct call *call, const struct http_request *request, struct http_response *response,
                             struct error *err)
{
    struct caller caller;
    struct audit_rows rows;
    struct uuid any = {{0}};
    uint8_t hash[AUDIT_HASH_BYTES];
    int64_t after = 0;
    bool found = false;
    TRY(access_look(call, request, RIGHT_LOOK, &(struct deed){.action = "audit.check"}, &caller, err));
    TRY(number_query(request, "after", 0, INT64_MAX, &after, err));
    TRY(store_audit_hash(call, after, hash, &found, err));
    if (!found)
        return error_status(err, 404, "after", "there is no audit row of that number");
    TRY(store_audit_page(call, after, &any, &any, CHECK_MOST, &rows, err));
    int64_t broken = first_broken(&rows, after, hash);
    struct json json = json_open(&response->body);
    json_int(&json, "checked", (int64_t)rows.n);
    json_bool(&json, "intact", broken == 0);
    json_int(&json, "broken", broken != 0 ? broken : INT64_MIN);
    json_int(&json, "next", after + (int64_t)rows.n);
    json_bool(&json, "more", rows.n == CHECK_MOST && broken == 0);
    json_close(&json);
    return DONE;
}
