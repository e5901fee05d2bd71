/* requests: taking a subject's request in, once for each Idempotency-Key. */
#include <string.h>

#include "services/admin/body.h"
#include "services/admin/forward.h"

enum { KEY_MOST = 128 };

struct attempt {
    struct caller caller;
    bool keyed;
    uint8_t key[32], body_hash[32];
    struct uuid id;
    struct text body;
};

/* The key and the body as keyed hashes: the body names a person. */
static void hash_two(struct call *call, const char *kind, struct text value, uint8_t out[32])
{
    const struct crypto_key *key = service_index_key(call->service);
    struct hash first = crypto_hash(key, kind, value);
    struct hash second = crypto_hash(key, text_cstr(call->arena, text_format(call->arena, "%s-2", kind)), value);
    memcpy(out, first.b, 16);
    memcpy(out + 16, second.b, 16);
}

static enum outcome take_key(struct call *call, const struct http_request *request, struct attempt *attempt,
                             struct repeat *repeat, struct error *err)
{
    struct text given = http_header(request, "idempotency-key");
    char own[UUID_TEXT_BYTES];
    if (given.p == NULL)
        return DONE;
    if (given.n == 0 || given.n > KEY_MOST)
        return error_status(err, 400, "idempotency-key", "an Idempotency-Key has 1 to 128 characters");
    attempt->keyed = true;
    uuid_format(&attempt->caller.id, own);
    struct text key = text_format(call->arena, "%s %.*s", own, TEXT_ARGS(given));
    hash_two(call, "idempotency-key", key, attempt->key);
    hash_two(call, "idempotency-body", request->body, attempt->body_hash);
    TRY(store_repeat_take(call, attempt->key, attempt->body_hash, &attempt->id, repeat, err));
    attempt->id = repeat->request;
    if (!repeat->same_body)
        return error_status(err, 422, "idempotency-key", "this Idempotency-Key was used with another body");
    return DONE;
}

/* A second request would harm; so the id is ours, and erasure takes each id once. */
static enum outcome send(struct call *call, const struct http_request *request, struct attempt *attempt,
                         struct http_answer *answer, struct error *err)
{
    struct deed deed = {.action = "request.create", .object = attempt->id};
    TRY(call_pause(call, err));
    enum outcome o =
        forward_call(call, request, PEER_ERASURE, HTTP_POST, "/internal/v1/requests", attempt->body, answer, err);
    TRY(forward_settle(call, &attempt->caller, &deed, o, answer, err));
    if (!attempt->keyed)
        return DONE;
    TRY(call_resume(call, err));
    return store_repeat_answer(call, attempt->key, answer->status, answer->body, err);
}

static enum outcome answer_again(struct call *call, const struct attempt *attempt, const struct repeat *repeat,
                                 struct http_response *response, struct error *err)
{
    struct deed deed = {.action = "request.create", .object = attempt->id};
    response->status = repeat->status;
    if (repeat->status >= 400)
        response->content_type = "application/problem+json";
    buf_text(&response->body, repeat->answer);
    return access_audit(call, &attempt->caller, &deed, "repeated", NULL, err);
}

enum outcome post_request(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err)
{
    struct attempt attempt = {.id = call_uuid(call)};
    struct repeat repeat = {0};
    struct http_answer answer = {0};
    struct deed deed = {.action = "request.create"};
    TRY(access_check(call, request, RIGHT_REQUEST, &deed, &attempt.caller, err));
    TRY(take_key(call, request, &attempt, &repeat, err));
    deed.object = attempt.id;
    if (repeat.status != 0)
        return answer_again(call, &attempt, &repeat, response, err);
    TRY(body_with_operator(request->body, "operator", &attempt.caller.id, &attempt.id, call->arena, &attempt.body,
                           err));
    TRY(access_audit(call, &attempt.caller, &deed, "asked", NULL, err));
    TRY(send(call, request, &attempt, &answer, err));
    forward_answer(call, request, response, &answer);
    return DONE;
}
