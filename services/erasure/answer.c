/* answer: what the person is told, by mail where the request names an address. */
#include "services/erasure/answer.h"

#include "gen/erasure_sql.h"
#include "services/erasure/json.h"
#include "services/erasure/secrets.h"
#include "services/erasure/service.h"

enum { LETTER_MOST = 256 * 1024 };
/* Destroyed once the mail has left; at the latest then, whatever became of it. */
#define LETTER_KEEP_US (60 * US_PER_DAY)

static const char *const templates[] = {
    [ANSWER_DONE] = "forget-done",          [ANSWER_PARTLY] = "forget-partly",
    [ANSWER_REFUSED] = "request-refused",   [ANSWER_NOT_IDENTIFIED] = "request-not-identified",
    [ANSWER_EXTENDED] = "request-extended",
};

/* Outside holders that still owe an answer, and those that keep something, with the rule and its end. */
static enum outcome print_holders(struct call *call, const struct uuid *request, struct buf *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    struct text lists[2] = {TEXT("\"outstanding\":["), TEXT(",\"kept\":[")};

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &erasure_sql_outstanding_names, &params, &rows, err));
    for (int list = 0; list < 2; list++) {
        bool comma = false;
        buf_text(out, lists[list]);
        for (int i = 0; i < rows.n; i++) {
            struct json j;
            if (text_is(pg_get_text(&rows, i, 1), "kept") != (list == 1))
                continue;
            j = json_object(out, comma);
            comma = true;
            json_text(&j, "holder", pg_get_text(&rows, i, 0));
            json_text(&j, "rule", pg_get_text(&rows, i, 2));
            json_time(&j, "until", pg_get_time(&rows, i, 3));
            json_end(&j);
        }
        buf_char(out, ']');
    }
    pg_rows_free(&rows);
    return DONE;
}

/* What a letter says beside the request: the operator's reason, the certificate's secret. */
struct words {
    struct text reason, secret;
};

static enum outcome write_letter(struct call *call, const struct request *r, enum answer_kind kind,
                                 struct text language, struct words words, struct text *letter, struct error *err)
{
    struct buf out;
    struct json j;
    enum outcome o;

    buf_init(&out, LETTER_MOST);
    j = json_object(&out, false);
    json_str(&j, "template", templates[kind]);
    json_text(&j, "language", language);
    json_str(&j, "controller", call->policy->controller_name);
    json_str(&j, "complaint", call->policy->complaint);
    json_uuid(&j, "request", &r->id);
    json_str(&j, "kind", request_kind_names[r->kind]);
    json_time(&j, "received_at", r->received_us);
    json_time(&j, "destroyed_at", r->destroy_us);
    json_time(&j, "completed_at", r->completed_us);
    json_time(&j, "due_at", r->due_us);
    json_str(&j, "decision", r->decision == DECISION_NONE ? NULL : request_decision_names[r->decision]);
    json_text(&j, "article", r->article);
    json_text(&j, "reason", words.reason);
    json_text(&j, "secret", words.secret);
    buf_char(&out, ',');
    o = print_holders(call, &r->id, &out, err);
    json_end(&j);
    ENSURE(!out.failed);
    *letter = text_copy(call->arena, buf_view(&out));
    buf_free(&out);
    return o;
}

static enum outcome seal_address(struct call *call, const struct uuid *mail, struct text reply_to, struct uuid *id,
                                 struct error *err)
{
    struct buf out;
    struct json j;
    struct text plain;

    buf_init(&out, 4096);
    j = json_object(&out, false);
    json_text(&j, "email", reply_to);
    json_end(&j);
    ENSURE(!out.failed);
    plain = text_copy(call->arena, buf_view(&out));
    buf_free(&out);
    return secrets_put(call, mail, "reply-to", plain, call->now_us + LETTER_KEEP_US, id, err);
}

static enum outcome answer(struct call *call, struct request *r, enum answer_kind kind, struct words words,
                           struct error *err)
{
    struct uuid address = {0}, content = {0}, mail = call_uuid(call);
    struct uuid *slot = kind == ANSWER_PARTLY ? &r->early_mail : &r->final_mail;
    struct text letter, language;
    struct contact contact;

    if (uuid_is_nil(&r->contact) || (kind != ANSWER_EXTENDED && !uuid_is_nil(slot)))
        return DONE;
    TRY(secrets_open_contact(call, &r->contact, &contact, err));
    if (contact.reply_to.p == NULL)
        return DONE;
    language = contact.language.p != NULL ? contact.language : r->language;
    if (language.p == NULL)
        language = text_of(call->policy->default_language);
    TRY(write_letter(call, r, kind, language, words, &letter, err));
    TRY(seal_address(call, &mail, contact.reply_to, &address, err));
    TRY(secrets_put(call, &mail, "letter", letter, call->now_us + LETTER_KEEP_US, &content, err));
    if (kind != ANSWER_EXTENDED)
        *slot = mail;
    struct mail_requested wanted = {
        .mail = mail,
        .kind = MAIL_ANSWER,
        .address = address,
        .content = content,
        .request = r->id,
        .ground = TEXT("request"),
        .position = INT64_MIN,
        .template_name = text_of(templates[kind]),
        .language = language,
        .at = call->now_us,
    };
    outbox_publish(call->outbox, &mail_requested_event, &mail, &wanted);
    metric_add(erasure(call)->answered, 1);
    return DONE;
}

enum outcome answer_person(struct call *call, struct request *r, enum answer_kind kind, struct error *err)
{
    return answer(call, r, kind, (struct words){.reason = TEXT_NONE, .secret = TEXT_NONE}, err);
}

enum outcome answer_with_reason(struct call *call, struct request *r, enum answer_kind kind, struct text reason,
                                struct error *err)
{
    return answer(call, r, kind, (struct words){.reason = reason, .secret = TEXT_NONE}, err);
}

enum outcome answer_done(struct call *call, struct request *r, struct text secret, struct error *err)
{
    return answer(call, r, ANSWER_DONE, (struct words){.reason = TEXT_NONE, .secret = secret}, err);
}
