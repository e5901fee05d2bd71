/* send: the job that lets mails leave. For each: is it allowed still, an intent (committed), the ground asked anew, SMTP,
 * the result. An intent without a result is what a crash leaves; the policy decides what becomes of it. */
#include "services/mailer/service.h"

#include <time.h>

#include "common/normal/normal.h"
#include "common/retry/retry.h"
#include "services/mailer/mime.h"

/* An intent so old is nobody's any more: longer than an attempt may last (smtp.h). */
enum { SEND_PAGE = 200, LOST_AFTER_MIN = 20 };

static struct metric *metric_of(const struct mailer_shared *shared, enum mail_state state)
{
    switch (state) {
    case MAIL_SENT:
        return shared->sent;
    case MAIL_DEFERRED:
        return shared->deferred;
    case MAIL_BOUNCED:
        return shared->bounced;
    case MAIL_UNKNOWN:
        return shared->unknown;
    case MAIL_QUEUED:
    case MAIL_SENDING:
    case MAIL_REFUSED:
    case MAIL_CANCELLED:
    default:
        return shared->refused;
    }
}

/* What was sealed for this one mail goes once the mail is final: its words, and an answer's copy of the address. */
enum outcome mail_drop_content(struct call *call, const struct mail *mail, struct error *err)
{
    struct uuid ids[2];
    size_t n = 0;
    int64_t rows, keys;

    if (mail->kind == MAIL_PURPOSE)
        return DONE; /* the campaign's words are everybody's */
    if (!uuid_is_nil(&mail->content))
        ids[n++] = mail->content;
    if (mail->kind == MAIL_ANSWER)
        ids[n++] = mail->address;
    if (n == 0)
        return DONE;
    TRY(vault_keys_destroy(call->vault, ids, n, &keys, err));
    return vault_delete(call->vault, call->pg, ids, n, call->arena, &rows, err);
}

static enum outcome finish(struct call *call, struct mail *mail, const struct mail_result *result, struct error *err)
{
    const struct mailer_shared *shared = call->state;
    int64_t rev;

    TRY(store_result(call, mail, result, &rev, err));
    metric_add(metric_of(shared, result->step.state), 1);
    if (result->step.next_us == CLOCK_NONE)
        TRY(mail_drop_content(call, mail, err));
    if (rev == 0)
        return DONE;
    if (result->ground.p != NULL)
        mail->ground = result->ground;
    if (result->position != INT64_MIN)
        mail->position = result->position;
    mail_publish(call, mail, rev, result->step.state, result->step.why);
    return DONE;
}

static struct mail_result refused(const char *why, const char *result)
{
    return (struct mail_result){
        .step = {.state = MAIL_REFUSED, .next_us = CLOCK_NONE, .why = why}, .result = result, .position = INT64_MIN};
}

/* ---- what stops a mail before its intent -------------------------------------------------------------------------------- */

/* What the mail says and whom it goes to, opened from the vault. */
struct opened {
    struct text address; /* normalised: what RCPT TO names is what was hashed */
    struct content *content;
};

/* The record may have another address by now than the one whose ground was asked. An answer has no keys: its address is
 * sealed with its request. */
static enum outcome check_address(struct call *call, const struct mail *mail, struct text found, struct text *address,
                                  struct error *err)
{
    struct hash now;

    if (!normal_email(found, call->arena, address))
        return error_refuse(err, "", "no-address", "the vault holds no address that can be written to");
    if (hash_is_none(&mail->email))
        return DONE;
    now = normal_key_email(service_index_key(call->service), *address);
    if (!hash_equal(&now, &mail->email))
        return error_refuse(err, "", "address-changed", "the address is another than the one that was asked about");
    return DONE;
}

static enum outcome open_mail(struct call *call, const struct mail *mail, struct opened *out, struct error *err)
{
    struct uuid ids[2] = {mail->address, mail->content};
    struct text plain[2] = {TEXT_NONE, TEXT_NONE};

    TRY(vault_open(call->vault, call->pg, ids, 2, "mail", NULL, call->arena, plain, err));
    if (plain[0].p == NULL || plain[1].p == NULL)
        return error_refuse(err, "", "gone", "the address or the words are no longer in the vault");
    if (content_address(plain[0], call->arena, &out->address, err) != DONE)
        return error_refuse(err, "", "no-address", "the vault holds no address that can be written to");
    TRY(check_address(call, mail, out->address, &out->address, err));
    return content_decode(plain[1], call->arena, &out->content, err);
}

static enum outcome render(struct call *call, const struct mail *mail, const struct opened *opened,
                           const struct ground_answer *ground, struct text *message, char **from, struct error *err)
{
    const struct policy_purpose *purpose = policy_purpose(call->policy, mail->purpose);
    struct text language = mail->language.n > 0 ? mail->language : text_of(call->policy->default_language);
    struct mime_envelope envelope = {.from = call->policy->sender,
                                     .to = opened->address,
                                     .mail = mail->mail,
                                     .at_us = call->now_us,
                                     .unsubscribe_url = ground->unsubscribe_url,
                                     .unsubscribe_mailto = ground->unsubscribe_mailto,
                                     .automatic = mail->kind != MAIL_PURPOSE};
    struct letter letter;

    if (opened->content->language.n == 0)
        opened->content->language = language;
    if (mail->kind == MAIL_PURPOSE)
        TRY(campaign_render(opened->content, text_of(purpose == NULL ? "" : purpose->title), language,
                            ground->unsubscribe_url, call->arena, &letter, err));
    else
        TRY(letter_render(opened->content, call->arena, &letter, err));
    return mime_build(&envelope, &letter, call->arena, message, from, err);
}

/* ---- one mail ------------------------------------------------------------------------------------------------------------ */

/* The ground, asked anew; for mails that need one. *result is filled where it stops the mail. */
static bool ground_stops(struct call *call, const struct mail *mail, struct ground_answer *ground,
                         struct mail_result *result)
{
    struct ground_question question = {
        .email = mail->email, .wide = mail->wide, .record = mail->record, .purpose = mail->purpose};
    struct ground_answer *answers = NULL;
    struct error err;

    *ground = (struct ground_answer){.allowed = true, .position = INT64_MIN};
    if (mail->kind != MAIL_PURPOSE)
        return false;
    if (ground_ask(call, &question, 1, &answers, &err) != DONE) {
        *result = (struct mail_result){
            .step = {.state = MAIL_DEFERRED, .next_us = clock_now_us() + SECONDS(1), .why = "consent-away"},
            .result = "not sent: consent away",
            .position = INT64_MIN};
        return true;
    }
    *ground = answers[0];
    if (ground->allowed)
        return false;
    *result =
        refused(ground->why.p == NULL ? "no-consent" : text_cstr(call->arena, ground->why), "not sent: no ground");
    return true;
}

static struct mail_tried tried_of(const struct call *call, const struct mail *mail)
{
    return (struct mail_tried){.kind = mail->kind,
                               .attempts = mail->attempts,
                               .unknowns = mail->unknowns,
                               .asked_us = mail->asked_us,
                               .resend_unknown = call->policy->resend_unknown_confirmations,
                               .now_us = clock_now_us(),
                               .random = (uint32_t)clock_monotonic_us()};
}

static struct mail_result deliver(struct call *call, struct smtp *smtp, const struct mail *mail,
                                  const struct opened *opened)
{
    struct mail_result result = {.position = INT64_MIN};
    struct ground_answer ground;
    enum smtp_result smtp_result;
    struct text message;
    struct error err;
    char *from;
    int code = 0;

    if (ground_stops(call, mail, &ground, &result))
        return result;
    if (render(call, mail, opened, &ground, &message, &from, &err) != DONE) {
        log_warn(call->log, "mail.unwritable", F_UUID("mail", &mail->mail), F_ERROR(&err));
        return refused("unwritable", "not sent: unwritable");
    }
    crash_point("mailer.intent");
    smtp_result = smtp_send(smtp, from, text_cstr(call->arena, opened->address), message, &code);
    crash_point("mailer.after-data");
    struct mail_tried tried = tried_of(call, mail);
    result.step = decide_result(smtp_result, code, &tried);
    result.result = result.step.why == NULL ? "sent" : result.step.why;
    result.ground = ground.ground;
    result.position = ground.position;
    return result;
}

static enum outcome conclude(struct call *call, struct mail *mail, const struct mail_result *result, struct error *err)
{
    TRY(call_resume(call, err));
    TRY(finish(call, mail, result, err));
    crash_point("mailer.result");
    return call_checkpoint(call, err);
}

/* What the relay said is known here alone: it is held until PostgreSQL takes it. Saying it twice changes nothing. */
static enum outcome conclude_surely(struct call *call, struct mail *mail, const struct mail_result *result,
                                    struct error *err)
{
    enum outcome outcome;

    for (unsigned failed = 0; (outcome = conclude(call, mail, result, err)) != DONE; failed++) {
        int64_t wait_us = retry_delay_us(failed, 50 * US_PER_MS, SECONDS(2), (uint32_t)clock_monotonic_us());
        struct timespec pause = {.tv_sec = wait_us / US_PER_S, .tv_nsec = wait_us % US_PER_S * 1000};

        if (failed == 0)
            log_warn(call->log, "mail.result-waits", F_UUID("mail", &mail->mail), F_ERROR(err));
        if (outcome == REFUSED || call_stopping(call))
            return outcome;
        pg_rollback(call->pg);
        (void)nanosleep(&pause, NULL);
    }
    return DONE;
}

static const char *why_unopened(const struct error *err)
{
    static const char *const codes[] = {"gone", "no-address", "address-changed"};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (text_is(text_of(err->rule), codes[i]))
            return codes[i];
    return "unwritable";
}

static enum outcome send_one(struct call *call, struct smtp *smtp, struct mail *mail, struct error *err)
{
    const struct mailer_shared *shared = call->state;
    const struct mail *one = mail;
    struct opened opened = {0};
    struct mail_result result;
    enum mail_gate gate;
    enum outcome outcome;

    TRY(gate_check(call, &one, 1, &gate, err));
    if (gate != GATE_OPEN) {
        result = refused("restricted", NULL);
        return finish(call, mail, &result, err);
    }
    outcome = open_mail(call, mail, &opened, err);
    if (outcome == REFUSED) {
        result = refused(why_unopened(err), NULL);
        return finish(call, mail, &result, err);
    }
    if (outcome != DONE)
        return outcome;
    ENSURE(opened.content != NULL);
    TRY(store_intent(call, mail, shared->sender, err));
    mail->attempts++;
    TRY(call_pause(call, err));
    result = deliver(call, smtp, mail, &opened);
    return conclude_surely(call, mail, &result, err);
}

/* ---- what a crash left ---------------------------------------------------------------------------------------------------- */

static enum outcome recover(struct call *call, struct error *err)
{
    const struct mailer_shared *shared = call->state;
    struct mail_list lost;

    TRY(store_lost(call, service_instance(call->service), shared->life, call->now_us - MINUTES(LOST_AFTER_MIN), &lost,
                   err));
    for (size_t i = 0; i < lost.n; i++) {
        struct mail *mail = &lost.items[i];
        struct mail_tried tried = tried_of(call, mail);
        struct mail_result result = {.step = decide_lost(&tried), .result = "outcome unknown", .position = INT64_MIN};
        log_warn(call->log, "mail.outcome-unknown", F_UUID("mail", &mail->mail),
                 F_STR("then", mail_state_names[result.step.state]));
        TRY(finish(call, mail, &result, err));
    }
    return lost.n > 0 ? call_checkpoint(call, err) : DONE;
}

static bool is_stopping(const void *call)
{
    return call_stopping(call);
}

enum outcome send_run(struct call *call, bool *again, struct error *err)
{
    const struct mailer_shared *shared = call->state;
    struct smtp *smtp = NULL;
    enum outcome outcome = recover(call, err);

    for (int i = 0; outcome == DONE && i < SEND_PAGE && !call_stopping(call); i++) {
        struct mail mail;
        bool found = false;
        if ((outcome = store_claim(call, &mail, &found, err)) != DONE || !found)
            break;
        if (smtp == NULL)
            smtp = smtp_new(&shared->smtp, is_stopping, call);
        *again = i + 1 == SEND_PAGE;
        if ((outcome = send_one(call, smtp, &mail, err)) == DONE)
            outcome = call_checkpoint(call, err);
    }
    smtp_free(smtp);
    return outcome;
}
