/* http_sources: upstream systems that asked for too many forgets at once: who is frozen, and letting go again. */
#include "gen/erasure_sql.h"
#include "proto/table.h"
#include "services/erasure/json.h"
#include "services/erasure/service.h"
#include "services/erasure/store.h"

enum outcome get_sources(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct pg_rows rows;
    struct json j;

    (void)request;
    TRY(pg_exec(call->pg, &erasure_sql_sources_json, NULL, &rows, err));
    j = json_object(&response->body, false);
    json_raw(&j, "sources", rows.n > 0 ? pg_get_text(&rows, 0, 0) : TEXT("[]"));
    json_end(&j);
    pg_rows_free(&rows);
    return DONE;
}

struct release_body {
    struct uuid operator_id;
};
static const struct field release_body_type_fields[] = {
    {.name = "operator", .kind = FIELD_UUID, .required = true, .offset = offsetof(struct release_body, operator_id)},
};
OPEN(release_body, release_body_type, NULL);

/* Who has looked already; 404 where the source isn't frozen. Locks it. */
static enum outcome looked_by(struct call *call, struct text source, struct uuid *who, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    bool found;

    pg_params_init(&params, call->arena);
    pg_add_text(&params, source);
    TRY(pg_exec(call->pg, &erasure_sql_source_load, &params, &rows, err));
    found = rows.n > 0;
    if (found)
        *who = pg_get_uuid(&rows, 0, 0);
    pg_rows_free(&rows);
    return found ? DONE : error_status(err, 404, "not found", "no such source is frozen");
}

static enum outcome look(struct call *call, struct text source, const struct uuid *who, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_text(&params, source);
    pg_add_uuid(&params, who);
    return pg_exec(call->pg, &erasure_sql_source_look, &params, NULL, err);
}

static enum outcome release(struct call *call, struct text source, const struct uuid *who, int64_t *released,
                            struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_text(&params, source);
    pg_add_uuid(&params, who);
    pg_add_time(&params, call->now_us);
    TRY(pg_exec(call->pg, &erasure_sql_source_release, &params, &rows, err));
    *released = rows.n;
    pg_rows_free(&rows);
    call_wake(call, "advance");
    return DONE;
}

/* Two operators: the first call looks, another's lets go of all that waits. What must not be carried out is rejected or
 * cancelled before. */
enum outcome post_source_release(struct call *call, const struct http_request *request, struct http_response *response,
                                 struct error *err)
{
    struct text source = request->params[0];
    struct uuid first, who;
    int64_t released = 0;
    struct json j;
    void *body;

    TRY(event_decode(&release_body_type, request->body, call->arena, &body, err));
    who = ((const struct release_body *)body)->operator_id;
    TRY(looked_by(call, source, &first, err));
    if (!uuid_is_nil(&first) && uuid_equal(&first, &who))
        return error_status(err, 409, "four eyes", "another operator must release it");
    if (uuid_is_nil(&first))
        TRY(look(call, source, &who, err));
    else
        TRY(release(call, source, &who, &released, err));
    j = json_object(&response->body, false);
    json_text(&j, "source", source);
    json_bool(&j, "frozen", uuid_is_nil(&first));
    json_int(&j, "released", released);
    json_end(&j);
    return DONE;
}
