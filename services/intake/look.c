/* look: what intake tells other services and operators of records: the audit row is committed before the answer. */
#include <string.h>

#include "gen/intake_sql.h"
#include "services/intake/activity.h"
#include "services/intake/routes.h"

enum { RECORDS_MOST = 1000 };

struct asked {
    struct uuid_list records;
    bool fields;
    struct text reason;
    struct uuid actor;
};
static const struct field asked_fields[] = {
    {.name = "records",
     .kind = FIELD_UUIDS,
     .required = true,
     .offset = offsetof(struct asked, records),
     .most = RECORDS_MOST},
    {.name = "fields", .kind = FIELD_BOOL, .nullable = true, .offset = offsetof(struct asked, fields)},
    {.name = "reason",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct asked, reason),
     .least = 1,
     .most = 32},
    {.name = "actor", .kind = FIELD_UUID, .nullable = true, .offset = offsetof(struct asked, actor)},
};
static const struct object_type asked_type = {
    .fields = asked_fields, .fields_n = sizeof asked_fields / sizeof asked_fields[0], .size = sizeof(struct asked)};

static bool is_code(struct text t)
{
    for (size_t i = 0; i < t.n; i++)
        if (!((t.p[i] >= 'a' && t.p[i] <= 'z') || t.p[i] == '-'))
            return false;
    return true;
}

static void print_time(struct buf *out, const char *name, int64_t us)
{
    char at[CLOCK_TEXT_BYTES];

    if (us == CLOCK_NONE)
        return;
    clock_format(us, at);
    buf_str(out, name);
    buf_str(out, at);
    buf_char(out, '"');
}

static void print_uuid(struct buf *out, const char *name, const struct uuid *id)
{
    char text[UUID_TEXT_BYTES];

    uuid_format(id, text);
    buf_str(out, name);
    buf_str(out, text);
    buf_char(out, '"');
}

static void print_text(struct buf *out, const char *name, struct text value)
{
    buf_str(out, name);
    buf_json_string(out, value);
}

/* ---- records -------------------------------------------------------------------------------------------------------------- */

static void print_version(struct buf *out, int32_t kind, int64_t value)
{
    if (kind == VERSION_TIME)
        print_time(out, ",\"version\":\"", value);
    else
        buf_printf(out, ",\"version\":\"%lld\"", (long long)value);
}

static void print_record(struct call *call, const struct pg_rows *rows, int row, struct text json, struct buf *out)
{
    struct uuid id = pg_get_uuid(rows, row, 0);
    struct record_state state;
    struct error ignored;

    print_uuid(out, row > 0 ? ",{\"record\":\"" : "{\"record\":\"", &id);
    print_text(out, ",\"system\":", pg_get_text(rows, row, 1));
    print_text(out, ",\"category\":", pg_get_text(rows, row, 2));
    print_version(out, pg_get_int4(rows, row, 3), pg_get_int8(rows, row, 4));
    print_text(out, ",\"act\":", text_of(policy_act_names[pg_get_int4(rows, row, 5)]));
    print_time(out, ",\"captured_at\":\"", pg_get_time(rows, row, 6));
    buf_printf(out, ",\"policy_version\":%lld,\"restricted\":%s", (long long)pg_get_int8(rows, row, 7),
               pg_get_bool(rows, row, 8) ? "true" : "false");
    if (json.p != NULL && state_decode(call->policy, json, call->arena, &state, &ignored) == DONE) {
        print_text(out, ",\"id\":", state.id);
        state_print_fields(&state, out);
        state_print_provenance(&state, out);
    }
    buf_char(out, '}');
}

static enum outcome print_records(struct call *call, const struct asked *asked, const struct uuid *actor,
                                  struct buf *out, struct error *err)
{
    struct text *texts = ARENA_ARRAY(call->arena, asked->records.n, struct text);
    struct pg_params params;
    struct pg_rows rows;

    if (asked->fields)
        TRY(vault_open(call->vault, call->pg, asked->records.items, asked->records.n,
                       text_cstr(call->arena, asked->reason), actor, call->arena, texts, err));
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, asked->records.items, asked->records.n);
    TRY(pg_exec(call->pg, &intake_sql_records_look, &params, &rows, err));
    for (int i = 0; i < rows.n; i++) {
        struct uuid id = pg_get_uuid(&rows, i, 0);
        struct text json = TEXT_NONE;
        for (size_t k = 0; k < asked->records.n; k++)
            if (uuid_equal(&id, &asked->records.items[k]))
                json = texts[k];
        print_record(call, &rows, i, json, out);
    }
    pg_rows_free(&rows);
    return DONE;
}

/* ---- their parts in activities ----------------------------------------------------------------------------------------------- */

static void print_activity(const struct pg_rows *rows, int row, struct text part, struct text content, struct buf *out)
{
    struct uuid activity = pg_get_uuid(rows, row, 1), record = pg_get_uuid(rows, row, 6);

    print_uuid(out, row > 0 ? ",{\"activity\":\"" : "{\"activity\":\"", &activity);
    if (!uuid_is_nil(&record))
        print_uuid(out, ",\"record\":\"", &record);
    print_text(out, ",\"system\":", pg_get_text(rows, row, 3));
    print_text(out, ",\"category\":", pg_get_text(rows, row, 4));
    print_text(out, ",\"role\":", text_of(part_role_names[pg_get_int4(rows, row, 5)]));
    if (part.p != NULL) {
        buf_str(out, ",\"part\":");
        buf_text(out, part);
    }
    if (content.p != NULL) {
        buf_str(out, ",\"content\":");
        buf_text(out, content);
    }
    buf_char(out, '}');
}

static enum outcome print_activities(struct call *call, const struct asked *asked, const struct uuid *actor,
                                     struct buf *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    struct uuid *ids;
    struct text *texts;
    enum outcome outcome = DONE;
    size_t n;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, asked->records.items, asked->records.n);
    TRY(pg_exec(call->pg, &intake_sql_activities_look, &params, &rows, err));
    n = (size_t)rows.n;
    ids = ARENA_ARRAY(call->arena, n * 2, struct uuid);
    texts = ARENA_ARRAY(call->arena, n * 2, struct text);
    for (size_t i = 0; i < n; i++) {
        ids[i] = pg_get_uuid(&rows, (int)i, 0);
        ids[n + i] = pg_get_uuid(&rows, (int)i, 2);
    }
    if (asked->fields)
        outcome = vault_open(call->vault, call->pg, ids, n * 2, text_cstr(call->arena, asked->reason), actor,
                             call->arena, texts, err);
    for (size_t i = 0; i < n && outcome == DONE; i++)
        print_activity(&rows, (int)i, texts[i], texts[n + i], out);
    pg_rows_free(&rows);
    return outcome;
}

enum outcome post_records(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    const struct asked *asked;
    const struct uuid *actor;
    void *decoded;

    TRY(event_decode(&asked_type, request->body, call->arena, &decoded, err));
    asked = decoded;
    if (!is_code(asked->reason))
        return error_refuse(err, "/reason", "format", "a reason is a code of a-z and -");
    actor = uuid_is_nil(&asked->actor) ? NULL : &asked->actor;
    buf_str(&response->body, "{\"records\":[");
    TRY(print_records(call, asked, actor, &response->body, err));
    buf_str(&response->body, "],\"activities\":[");
    TRY(print_activities(call, asked, actor, &response->body, err));
    buf_str(&response->body, "]}");
    if (response->body.failed)
        return error_refuse(err, "/records", "too long", "the answer is too long: ask for fewer records");
    return call_checkpoint(call, err); /* the audit row stands before the answer goes */
}

/* ---- quarantine --------------------------------------------------------------------------------------------------------------- */

struct asked_quarantine {
    struct uuid id, actor;
};
static const struct field asked_quarantine_fields[] = {
    {.name = "id", .kind = FIELD_UUID, .required = true, .offset = offsetof(struct asked_quarantine, id)},
    {.name = "actor", .kind = FIELD_UUID, .required = true, .offset = offsetof(struct asked_quarantine, actor)},
};
static const struct object_type asked_quarantine_type = {
    .fields = asked_quarantine_fields, .fields_n = 2, .size = sizeof(struct asked_quarantine)};

static enum outcome print_refusal(struct call *call, const struct uuid *id, bool *found, struct buf *out,
                                  struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, id);
    TRY(pg_exec(call->pg, &intake_sql_quarantine_find, &params, &rows, err));
    *found = rows.n == 1;
    if (*found) {
        print_uuid(out, "{\"id\":\"", id);
        if (!pg_is_null(&rows, 0, 1))
            print_text(out, ",\"event_type\":", pg_get_text(&rows, 0, 1));
        print_text(out, ",\"pointer\":", pg_get_text(&rows, 0, 2));
        print_text(out, ",\"rule\":", pg_get_text(&rows, 0, 3));
        if (!pg_is_null(&rows, 0, 4))
            print_text(out, ",\"system\":", pg_get_text(&rows, 0, 4));
        print_time(out, ",\"at\":\"", pg_get_time(&rows, 0, 6));
        print_time(out, ",\"expires_at\":\"", pg_get_time(&rows, 0, 7));
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome post_quarantine(struct call *call, const struct http_request *request, struct http_response *response,
                             struct error *err)
{
    const struct asked_quarantine *asked;
    struct text event;
    void *decoded;
    bool found;

    TRY(event_decode(&asked_quarantine_type, request->body, call->arena, &decoded, err));
    asked = decoded;
    TRY(print_refusal(call, &asked->id, &found, &response->body, err));
    if (!found)
        return error_status(err, 404, "not found", "there is no such refused event, or its time is over");
    TRY(vault_open(call->vault, call->pg, &asked->id, 1, "operator-look", &asked->actor, call->arena, &event, err));
    if (event.p != NULL) {
        buf_str(&response->body, ",\"event\":");
        buf_text(&response->body, event);
    }
    buf_char(&response->body, '}');
    return call_checkpoint(call, err); /* the audit row stands before the answer goes */
}
