/* routes: rehearsals: how many would expire until then, by rule and category, of how many. */
#include "services/retention/handlers.h"
#include "services/retention/store.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

struct rehearsal_asked {
    int64_t at;
    struct uuid operator_id; /* whom admin names; a rehearsal changes nothing, so it isn't kept here */
};
struct rehearsal {
    int64_t at, stale;
    struct rehearsed_list rules, endless, held;
};

static const struct field asked_fields[] = {
    {.name = "at", .kind = FIELD_TIME, .nullable = true, .offset = offsetof(struct rehearsal_asked, at)},
    {.name = "operator", .kind = FIELD_UUID, .nullable = true, .offset = offsetof(struct rehearsal_asked, operator_id)},
};
static const struct object_type asked_type = {
    .fields = asked_fields, .fields_n = N(asked_fields), .size = sizeof(struct rehearsal_asked)};

static const struct field row_fields[] = {
    {.name = "kind", .kind = FIELD_TEXT, .required = true, .offset = offsetof(struct rehearsed, kind)},
    {.name = "category", .kind = FIELD_TEXT, .required = true, .offset = offsetof(struct rehearsed, category)},
    {.name = "rule", .kind = FIELD_TEXT, .offset = offsetof(struct rehearsed, rule)},
    {.name = "n",
     .kind = FIELD_INT,
     .required = true,
     .offset = offsetof(struct rehearsed, n),
     .least = 0,
     .most = INT64_MAX},
};
static const struct object_type row_type = {
    .fields = row_fields, .fields_n = N(row_fields), .size = sizeof(struct rehearsed)};

static const struct field rehearsal_fields[] = {
    {.name = "at", .kind = FIELD_TIME, .required = true, .offset = offsetof(struct rehearsal, at)},
    {.name = "expire",
     .kind = FIELD_OBJECTS,
     .required = true,
     .offset = offsetof(struct rehearsal, rules),
     .type = &row_type},
    {.name = "endless",
     .kind = FIELD_OBJECTS,
     .required = true,
     .offset = offsetof(struct rehearsal, endless),
     .type = &row_type},
    {.name = "held",
     .kind = FIELD_OBJECTS,
     .required = true,
     .offset = offsetof(struct rehearsal, held),
     .type = &row_type},
    {.name = "to_compute",
     .kind = FIELD_INT,
     .required = true,
     .offset = offsetof(struct rehearsal, stale),
     .least = 0,
     .most = INT64_MAX},
};
static const struct object_type rehearsal_type = {
    .fields = rehearsal_fields, .fields_n = N(rehearsal_fields), .size = sizeof(struct rehearsal)};

static enum outcome rehearse(struct call *call, int64_t at, struct http_response *response, struct error *err)
{
    struct rehearsal out = {.at = at};
    struct rehearsed_list all;

    TRY(store_rehearse(call, at, &all, &out.stale, err));
    TRY(store_held(call, &out.held, err));
    out.rules.items = ARENA_ARRAY(call->arena, all.n + 1, struct rehearsed);
    out.endless.items = ARENA_ARRAY(call->arena, all.n + 1, struct rehearsed);
    for (size_t i = 0; i < all.n; i++) {
        struct rehearsed_list *list = all.items[i].rule.p == NULL ? &out.endless : &out.rules;
        list->items[list->n++] = all.items[i];
    }
    event_encode(&rehearsal_type, &out, &response->body);
    return DONE;
}

enum outcome retention_post_rehearsals(struct call *call, const struct http_request *request,
                                       struct http_response *response, struct error *err)
{
    const struct rehearsal_asked *asked;
    void *body;

    TRY(event_decode(&asked_type, request->body.n > 0 ? request->body : TEXT("{}"), call->arena, &body, err));
    asked = body;
    return rehearse(call, asked->at != CLOCK_NONE ? asked->at : call->now_us, response, err);
}

enum outcome retention_get_rehearsals(struct call *call, const struct http_request *request,
                                      struct http_response *response, struct error *err)
{
    struct text text = http_query(request, "at");
    int64_t at = call->now_us;

    if (text.p != NULL && !clock_parse(text, &at))
        return error_status(err, 400, "at", "at is no date or time");
    return rehearse(call, at, response, err);
}
