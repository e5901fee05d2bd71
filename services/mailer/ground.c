/* ground: asks consent whether an address may be written to for a purpose, in the moment before it happens. */
#include "services/mailer/service.h"

#include "proto/table.h"

enum { DECIDE_WAIT_MS = 3000, DECIDE_BYTES = 1 << 20 };

struct decided {
    bool allowed;
    struct text ground, why, unsubscribe_url, unsubscribe_mailto;
    int64_t position;
};
struct decided_list {
    struct decided *items;
    size_t n;
};
struct decision {
    struct decided_list items;
};
static const struct field decided_type_fields[] = {
    MAY(decided, allowed, BOOL, 0, 0),
    MAY(decided, ground, TEXT, 0, 64),
    MAY(decided, why, TEXT, 0, 64),
    MAY(decided, unsubscribe_url, TEXT, 0, 2048),
    MAY(decided, unsubscribe_mailto, TEXT, 0, 1024),
    MAY(decided, position, INT, 0, INT64_MAX),
};
OPEN(decided, decided_type, NULL);
static const struct field decision_type_fields[] = {MUST_OBJECTS(decision, items, decided_type, 0, 1000)};
OPEN(decision, decision_type, NULL);

static void print_key(struct buf *out, const char *kind, const struct hash *hash)
{
    buf_printf(out, "{\"kind\":\"%s\",\"hash\":\"", kind);
    buf_hex(out, hash->b, sizeof(hash->b));
    buf_str(out, "\"}");
}

static void print_question(struct buf *out, const struct ground_question *question)
{
    char record[UUID_TEXT_BYTES];

    buf_str(out, "{\"keys\":[");
    print_key(out, key_kind_names[KEY_EMAIL], &question->email);
    if (!hash_is_none(&question->wide)) {
        buf_char(out, ',');
        print_key(out, key_kind_names[KEY_EMAIL_WIDE], &question->wide);
    }
    buf_str(out, "],\"channel\":\"email\",\"purpose\":");
    buf_json_string(out, question->purpose);
    if (!uuid_is_nil(&question->record)) {
        uuid_format(&question->record, record);
        buf_printf(out, ",\"record\":\"%s\"", record);
    }
    buf_char(out, '}');
}

static enum outcome read_answer(struct call *call, const struct http_answer *answer, size_t n,
                                struct ground_answer **out, struct error *err)
{
    const struct decision *decision;
    void *decoded = NULL;

    if (answer->status != 200)
        return error_retry(err, "consent", "consent answers %d when asked for a ground", answer->status);
    if (event_decode(&decision_type, answer->body, call->arena, &decoded, err) != DONE)
        return error_retry(err, "consent", "consent's answer can't be read");
    decision = decoded;
    if (decision->items.n != n)
        return error_retry(err, "consent", "consent answers another number of questions");
    *out = ARENA_ARRAY(call->arena, n + 1, struct ground_answer);
    for (size_t i = 0; i < n; i++) {
        const struct decided *d = &decision->items.items[i];
        (*out)[i] = (struct ground_answer){.allowed = d->allowed,
                                           .ground = d->ground,
                                           .why = d->why,
                                           .unsubscribe_url = d->unsubscribe_url,
                                           .unsubscribe_mailto = d->unsubscribe_mailto,
                                           .position = d->position};
    }
    return DONE;
}

enum outcome ground_ask(struct call *call, const struct ground_question *questions, size_t n,
                        struct ground_answer **out, struct error *err)
{
    const struct mailer_shared *shared = call->state;
    struct http_answer answer;
    struct buf body;
    enum outcome outcome;

    buf_init(&body, DECIDE_BYTES);
    buf_str(&body, "{\"items\":[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_char(&body, ',');
        print_question(&body, &questions[i]);
    }
    buf_str(&body, "]}");
    ENSURE(!body.failed);
    outcome = http_client_call(call->http,
                               &(struct http_call){.method = HTTP_POST,
                                                   .url = shared->decide_url,
                                                   .bearer = service_internal_token(call->service),
                                                   .body = buf_view(&body),
                                                   .timeout_ms = DECIDE_WAIT_MS,
                                                   .answer_limit = DECIDE_BYTES},
                               call->arena, &answer, err);
    buf_free(&body);
    if (outcome == REFUSED)
        outcome = error_retry(err, "consent", "consent's answer is too long");
    return outcome == DONE ? read_answer(call, &answer, n, out, err) : outcome;
}
