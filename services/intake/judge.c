/* judge: contents that a forget left to others, where free text may still tell of the person in other words: which wait for a
 * human, what stands there, and the human's word. */
#include <string.h>

#include "gen/intake_sql.h"
#include "proto/table.h"
#include "services/intake/batch.h"
#include "services/intake/routes.h"

enum decision { DECISION_KEEP, DECISION_ERASE };
static const char *const decision_names[] = {"keep", "erase", NULL};

struct judge_body {
    struct uuid operator_id;
    int decision;
};
static const struct field show_body_type_fields[] = {
    {.name = "operator", .kind = FIELD_UUID, .required = true, .offset = offsetof(struct judge_body, operator_id)},
};
OPEN(judge_body, show_body_type, NULL);
static const struct field judge_body_type_fields[] = {
    {.name = "operator", .kind = FIELD_UUID, .required = true, .offset = offsetof(struct judge_body, operator_id)},
    MUST_ENUM(judge_body, decision, decision_names),
};
OPEN(judge_body, judge_body_type, NULL);

/* One that waits. Its activity is locked, so that no other version of it comes in between. */
struct waiting {
    struct uuid activity, content;
    struct text system, category;
};

static enum outcome find_waiting(struct call *call, const struct http_request *request, struct waiting *out,
                                 struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    bool found;

    if (!uuid_parse(request->params[0], &out->activity))
        return error_status(err, 404, "id", "the path's id is no UUID");
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &out->activity);
    TRY(pg_exec(call->pg, &intake_sql_shared_text_lock, &params, &rows, err));
    found = rows.n > 0;
    if (found) {
        out->content = pg_get_uuid(&rows, 0, 0);
        out->system = text_copy(call->arena, pg_get_text(&rows, 0, 1));
        out->category = text_copy(call->arena, pg_get_text(&rows, 0, 2));
    }
    pg_rows_free(&rows);
    return found ? DONE : error_status(err, 404, "not found", "no text of such an activity waits to be judged");
}

enum outcome get_texts(struct call *call, const struct http_request *request, struct http_response *response,
                       struct error *err)
{
    struct pg_rows rows;

    (void)request;
    TRY(pg_exec(call->pg, &intake_sql_shared_texts_json, NULL, &rows, err));
    buf_str(&response->body, "{\"texts\":");
    buf_text(&response->body, rows.n > 0 ? pg_get_text(&rows, 0, 0) : TEXT("[]"));
    buf_char(&response->body, '}');
    pg_rows_free(&rows);
    return DONE;
}

enum outcome post_text_show(struct call *call, const struct http_request *request, struct http_response *response,
                            struct error *err)
{
    const struct judge_body *body;
    struct waiting waiting;
    struct text content;
    void *decoded;

    TRY(event_decode(&show_body_type, request->body, call->arena, &decoded, err));
    body = decoded;
    TRY(find_waiting(call, request, &waiting, err));
    TRY(vault_open(call->vault, call->pg, &waiting.content, 1, "operator-look", &body->operator_id, call->arena,
                   &content, err));
    buf_str(&response->body, "{\"system\":");
    buf_json_string(&response->body, waiting.system);
    buf_str(&response->body, ",\"category\":");
    buf_json_string(&response->body, waiting.category);
    if (content.p != NULL) {
        buf_str(&response->body, ",\"content\":");
        buf_text(&response->body, content);
    }
    buf_char(&response->body, '}');
    return call_checkpoint(call, err); /* the audit row stands before the answer goes */
}

/* The same key would leave what was erased readable in every copy: another one, and the old one is destroyed. */
static enum outcome seal_blank(struct call *call, const struct waiting *waiting, const struct activity_content *content,
                               struct error *err)
{
    const struct intake *intake = call->state;
    struct vault_item item = {.owner = waiting->activity, .kind = VAULT_ACTIVITY, .expires_us = CLOCK_NONE};
    struct pg_params params;
    struct hash hash;
    struct buf out;
    uint8_t both[32];
    int64_t rows;

    memcpy(both, waiting->activity.b, 16);
    memcpy(both + 16, waiting->content.b, 16);
    hash = crypto_hash(intake->index_key, "judged", (struct text){(const char *)both, sizeof both});
    item.id = uuid_v8(hash.b);
    buf_init(&out, 16 << 20);
    content_encode(content, &out);
    item.plain = text_copy(call->arena, buf_view(&out));
    buf_free(&out);
    TRY(vault_put(call->vault, call->pg, &item, 1, call->arena, err));
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &waiting->activity);
    pg_add_uuid(&params, &item.id);
    TRY(pg_queue(call->pg, &intake_sql_content_judged, &params, err));
    TRY(vault_delete(call->vault, call->pg, &waiting->content, 1, call->arena, &rows, err));
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, &waiting->content, 1);
    call_wake(call, "doomed-keys");
    return pg_queue(call->pg, &intake_sql_doom, &params, err);
}

static enum outcome erase_text(struct call *call, const struct waiting *waiting, struct error *err)
{
    struct activity_content content;
    struct text json;

    TRY(vault_open(call->vault, call->pg, &waiting->content, 1, "request", NULL, call->arena, &json, err));
    if (json.p == NULL) /* its key is gone: so is the text */
        return DONE;
    TRY(content_decode(call->policy, json, call->arena, &content, err));
    return content_blank(&content) > 0 ? seal_blank(call, waiting, &content, err) : DONE;
}

enum outcome post_text_judge(struct call *call, const struct http_request *request, struct http_response *response,
                             struct error *err)
{
    const struct judge_body *body;
    struct waiting waiting;
    struct pg_params params;
    void *decoded;

    TRY(event_decode(&judge_body_type, request->body, call->arena, &decoded, err));
    body = decoded;
    TRY(find_waiting(call, request, &waiting, err));
    if (body->decision == DECISION_ERASE)
        TRY(erase_text(call, &waiting, err));
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &waiting.activity);
    pg_add_uuid(&params, &body->operator_id);
    pg_add_bool(&params, body->decision == DECISION_ERASE);
    TRY(pg_queue(call->pg, &intake_sql_shared_text_judged, &params, err));
    buf_printf(&response->body, "{\"decision\":\"%s\"}", decision_names[body->decision]);
    return DONE;
}
