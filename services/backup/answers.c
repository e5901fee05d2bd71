/* answers: what waits for a human, and what two of them say. */
#include "proto/table.h"
#include "services/backup/service.h"

static enum outcome id_query(const struct http_request *request, const char *name, struct uuid *out, struct error *err)
{
    struct text given = http_query(request, name);

    *out = (struct uuid){0};
    if (given.p != NULL && !uuid_parse(given, out))
        return error_status(err, 400, name, "this query parameter is an id");
    return DONE;
}

enum outcome get_answers(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    struct uuid of, backup;

    TRY(id_query(request, "request", &of, err));
    TRY(id_query(request, "backup", &backup, err));
    return store_print_open(call, &of, &backup, &response->body, err);
}

struct answer_body {
    struct uuid operator_id, request;
    int outcome;
    int64_t at;
    struct text evidence;
};
static const struct field answer_type_fields[] = {
    {.name = "operator", .kind = FIELD_UUID, .required = true, .offset = offsetof(struct answer_body, operator_id)},
    MUST(answer_body, request, UUID, 0, 0),
    MUST_ENUM(answer_body, outcome, human_outcome_names),
    MAY(answer_body, at, TIME, 0, 0),
    MAY(answer_body, evidence, TEXT, 1, 128),
};
CLOSED(answer_body, answer_type, NULL);

static enum outcome load(struct call *call, const struct uuid *request, const struct uuid *backup,
                         struct human_answer *recorded, struct error *err)
{
    bool found, open;

    TRY(store_human_load(call, request, backup, recorded, &found, &open, err));
    if (!found)
        return error_status(err, 404, "not found", "that request didn't ask about this backup");
    if (!open)
        return error_status(err, 409, "answered", "there is nothing to answer: this is settled");
    return DONE;
}

enum outcome post_answer(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    const struct answer_body *body;
    struct human_answer recorded, given;
    struct uuid backup;
    enum human_step step;
    void *decoded = NULL;

    TRY(path_id(request, &backup, err));
    TRY(event_decode(&answer_type, request->body, call->arena, &decoded, err));
    body = decoded;
    given = (struct human_answer){
        .outcome = body->outcome, .at = body->at, .evidence = body->evidence, .by = body->operator_id};
    TRY(load(call, &body->request, &backup, &recorded, err));
    TRY(decide_human(&recorded, &given, call->now_us, &step, err));
    response->status = step == HUMAN_CONFIRM ? 200 : 202;
    buf_printf(&response->body, "{\"outcome\":\"%s\",\"confirmed\":%s}", human_outcome_names[given.outcome],
               step == HUMAN_CONFIRM ? "true" : "false");
    if (step == HUMAN_RECORD)
        return store_human_record(call, &body->request, &backup, &given, err);
    TRY(store_human_confirm(call, &body->request, &backup, &given.by, err));
    TRY(store_publish_answers(call, &body->request, &backup, err));
    return forget_retry(call, &body->request, err);
}
