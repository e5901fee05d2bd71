/* batch: what comes before a mail's turn: claiming, the gate, the address, the intent, the ground, the message; and keeping
 * what became of it. */
#include "services/mailer/batch.h"

#include "common/normal/normal.h"
#include "services/mailer/dialogue.h"
#include "services/mailer/mime.h"

enum { WIRE_MOST = 4 << 20 };

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

/* ---- what became of mails ------------------------------------------------------------------------------------------------ */

struct mail_result batch_refused(struct mail *mail, const char *why, const char *result)
{
    return (struct mail_result){.mail = mail,
                                .step = {.state = MAIL_REFUSED, .next_us = CLOCK_NONE, .why = why},
                                .result = result,
                                .position = INT64_MIN};
}

struct mail_result batch_later(struct mail *mail, const char *why, const char *result, int64_t next_us)
{
    return (struct mail_result){.mail = mail,
                                .step = {.state = MAIL_DEFERRED, .next_us = next_us, .why = why},
                                .result = result,
                                .position = INT64_MIN};
}

/* What was sealed for one mail alone: its words, and an answer's copy of the address. A campaign's words are everybody's. */
static size_t own_items(const struct mail *mail, struct uuid ids[2])
{
    size_t n = 0;

    if (mail->kind == MAIL_PURPOSE)
        return 0;
    if (!uuid_is_nil(&mail->content))
        ids[n++] = mail->content;
    if (mail->kind == MAIL_ANSWER)
        ids[n++] = mail->address;
    return n;
}

static enum outcome drop(struct call *call, const struct uuid *ids, size_t n, struct error *err)
{
    int64_t rows, keys;

    if (n == 0)
        return DONE;
    TRY(vault_keys_destroy(call->vault, ids, n, &keys, err));
    return vault_delete(call->vault, call->pg, ids, n, call->arena, &rows, err);
}

enum outcome mail_drop_content(struct call *call, const struct mail *mail, struct error *err)
{
    struct uuid ids[2];

    return drop(call, ids, own_items(mail, ids), err);
}

enum outcome batch_conclude(struct call *call, struct mail_result *results, size_t n, struct error *err)
{
    const struct mailer_shared *shared = call->state;
    struct uuid *ids = ARENA_ARRAY(call->arena, 2 * n + 1, struct uuid);
    size_t ids_n = 0;

    TRY(store_results(call, results, n, err));
    for (size_t i = 0; i < n; i++)
        if (results[i].step.next_us == CLOCK_NONE)
            ids_n += own_items(results[i].mail, ids + ids_n);
    TRY(drop(call, ids, ids_n, err));
    for (size_t i = 0; i < n; i++) {
        struct mail *mail = results[i].mail;
        metric_add(metric_of(shared, results[i].step.state), 1);
        if (results[i].rev == 0)
            continue;
        if (results[i].ground.p != NULL)
            mail->ground = results[i].ground;
        if (results[i].position != INT64_MIN)
            mail->position = results[i].position;
        mail_publish(call, mail, results[i].rev, results[i].step.state, results[i].step.why);
    }
    return DONE;
}

/* ---- opening --------------------------------------------------------------------------------------------------------------- */

/* The record may have another address by now than the one whose ground was asked. An answer has no keys: its address is
 * sealed with its request. */
static enum outcome check_address(struct call *call, const struct mail *mail, struct text found, struct text *address,
                                  struct error *err)
{
    struct hash now;

    if (!normal_email(found, call->arena, address) || !dialogue_address_ok(text_cstr(call->arena, *address)))
        return error_refuse(err, "", "no-address", "the vault holds no address that can be written to");
    if (hash_is_none(&mail->email))
        return DONE;
    now = normal_key_email(service_index_key(call->service), *address);
    if (!hash_equal(&now, &mail->email))
        return error_refuse(err, "", "address-changed", "the address is another than the one that was asked about");
    return DONE;
}

/* before: the one before it, whose words may be the same. */
static enum outcome read_opened(struct call *call, const struct text plain[2], struct due *due,
                                const struct due *before, struct error *err)
{
    if (plain[0].p == NULL || plain[1].p == NULL)
        return error_refuse(err, "", "gone", "the address or the words are no longer in the vault");
    if (content_address(plain[0], call->arena, &due->address, err) != DONE)
        return error_refuse(err, "", "no-address", "the vault holds no address that can be written to");
    TRY(check_address(call, due->mail, due->address, &due->address, err));
    if (before != NULL && uuid_equal(&before->mail->content, &due->mail->content)) {
        due->content = before->content;
        return DONE;
    }
    return content_decode(plain[1], call->arena, &due->content, err);
}

static const char *why_unopened(const struct error *err)
{
    static const char *const codes[] = {"gone", "no-address", "address-changed"};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (text_is(text_of(err->rule), codes[i]))
            return codes[i];
    return "unwritable";
}

/* Two plain texts a mail. What doesn't open under its key says so for all of them: each is tried alone then. */
static enum outcome open_all(struct call *call, struct mail *const *mails, size_t n, struct text *plain,
                             struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, 2 * n + 1, struct uuid);
    enum outcome outcome;

    for (size_t i = 0; i < n; i++) {
        ids[2 * i] = mails[i]->address;
        ids[2 * i + 1] = mails[i]->content;
    }
    outcome = vault_open(call->vault, call->pg, ids, 2 * n, "mail", NULL, call->arena, plain, err);
    for (size_t i = 0; outcome == REFUSED && i < 2 * n; i++) {
        enum outcome one = vault_open(call->vault, call->pg, ids + i, 1, "mail", NULL, call->arena, plain + i, err);
        if (one != DONE && one != REFUSED)
            return one;
        if (one == REFUSED)
            plain[i] = TEXT_NONE;
    }
    return outcome == REFUSED ? DONE : outcome;
}

/* ---- taking --------------------------------------------------------------------------------------------------------------- */

static struct due *append(struct batch *batch, struct mail *mail, const struct text plain[2], struct error *err)
{
    struct due *due = &batch->due[batch->due_n];
    enum outcome outcome;

    *due = (struct due){.mail = mail, .position = INT64_MIN};
    outcome = read_opened(batch->call, plain, due, batch->due_n > 0 ? due - 1 : NULL, err);
    if (outcome == DONE)
        return due;
    batch->ended[batch->ended_n++] = batch_refused(mail, why_unopened(err), NULL);
    return NULL;
}

/* A domain's rate gives a slot; who waits for it comes back at its time. */
static bool has_slot(struct batch *batch, struct due *due)
{
    const struct mailer_shared *shared = batch->call->state;
    const int64_t now_us = clock_now_us();
    int64_t slot;

    due->domain = pace_domain(shared->pace, due->address);
    if (due->mail->paced)
        return true;
    slot = pace_slot(shared->pace, due->domain, now_us);
    if (slot <= now_us)
        return true;
    batch->ended[batch->ended_n++] = batch_later(due->mail, "paced", NULL, slot);
    return false;
}

static enum outcome pass_gates(struct batch *batch, struct mail_list *claimed, struct mail **open, size_t *open_n,
                               struct error *err)
{
    struct call *call = batch->call;
    const struct mail **mails = ARENA_ARRAY(call->arena, claimed->n + 1, const struct mail *);
    enum mail_gate *gates = ARENA_ARRAY(call->arena, claimed->n + 1, enum mail_gate);

    for (size_t i = 0; i < claimed->n; i++)
        mails[i] = &claimed->items[i];
    TRY(gate_check(call, mails, claimed->n, gates, err));
    for (size_t i = 0; i < claimed->n; i++) {
        if (gates[i] == GATE_OPEN)
            open[(*open_n)++] = &claimed->items[i];
        else
            batch->ended[batch->ended_n++] = batch_refused(&claimed->items[i], "restricted", NULL);
    }
    return DONE;
}

static enum outcome choose(struct batch *batch, struct mail_list *claimed, struct error *err)
{
    struct call *call = batch->call;
    struct mail **open = ARENA_ARRAY(call->arena, claimed->n + 1, struct mail *);
    struct text *plain = ARENA_ARRAY(call->arena, 2 * claimed->n + 1, struct text);
    size_t open_n = 0;

    TRY(pass_gates(batch, claimed, open, &open_n, err));
    TRY(open_all(call, open, open_n, plain, err));
    for (size_t i = 0; i < open_n; i++) {
        struct due *due = append(batch, open[i], plain + 2 * i, err);
        if (due != NULL && has_slot(batch, due))
            batch->due_n++;
    }
    for (size_t i = 0; i < batch->due_n; i++)
        open[i] = batch->due[i].mail;
    return store_intents(call, open, batch->due_n, ((struct mailer_shared *)call->state)->sender, err);
}

enum outcome batch_take(struct batch *batch, size_t most, struct error *err)
{
    struct call *call = batch->call;
    struct mail_list claimed;

    TRY(store_claim(call, most, &claimed, err));
    batch->claimed = claimed.n;
    batch->due = ARENA_ARRAY(call->arena, claimed.n + 1, struct due);
    batch->ended = ARENA_ARRAY(call->arena, claimed.n + batch->sender->flights_n + 1, struct mail_result);
    if (claimed.n > 0)
        TRY(choose(batch, &claimed, err));
    TRY(batch_conclude(call, batch->ended, batch->ended_n, err));
    batch->ended_n = 0;
    return call_pause(call, err);
}

/* ---- the ground --------------------------------------------------------------------------------------------------------------- */

/* What the answer stops goes out of the list, whose order stays. */
static void take_answers(struct batch *batch, const struct ground_answer *answers)
{
    struct arena *arena = batch->call->arena;
    size_t kept = 0, asked = 0;

    for (size_t i = 0; i < batch->due_n; i++) {
        struct due *due = &batch->due[i];
        if (due->mail->kind == MAIL_PURPOSE) {
            const struct ground_answer *answer = &answers[asked++];
            if (!answer->allowed) {
                const char *why = answer->why.p == NULL ? "no-consent" : text_cstr(arena, answer->why);
                batch->ended[batch->ended_n++] = batch_refused(due->mail, why, "not sent: no ground");
                continue;
            }
            due->ground = answer->ground;
            due->position = answer->position;
            due->unsubscribe_url = answer->unsubscribe_url;
            due->unsubscribe_mailto = answer->unsubscribe_mailto;
        }
        batch->due[kept++] = *due;
    }
    batch->due_n = kept;
}

static void put_off(struct batch *batch)
{
    size_t kept = 0;

    for (size_t i = 0; i < batch->due_n; i++) {
        if (batch->due[i].mail->kind == MAIL_PURPOSE)
            batch->ended[batch->ended_n++] =
                batch_later(batch->due[i].mail, "consent-away", "not sent: consent away", clock_now_us() + SECONDS(1));
        else
            batch->due[kept++] = batch->due[i];
    }
    batch->due_n = kept;
}

void batch_ask(struct batch *batch, int64_t *begin_by_us)
{
    struct call *call = batch->call;
    struct ground_question *questions = ARENA_ARRAY(call->arena, batch->due_n + 1, struct ground_question);
    struct ground_answer *answers = NULL;
    struct error err;
    size_t n = 0;

    *begin_by_us = clock_monotonic_us() + BATCH_FRESH_MS * US_PER_MS;
    for (size_t i = 0; i < batch->due_n; i++) {
        const struct mail *mail = batch->due[i].mail;
        if (mail->kind == MAIL_PURPOSE)
            questions[n++] = (struct ground_question){
                .email = mail->email, .wide = mail->wide, .record = mail->record, .purpose = mail->purpose};
    }
    if (n == 0)
        return;
    if (ground_ask(call, questions, n, &answers, &err) == DONE)
        take_answers(batch, answers);
    else
        put_off(batch);
}

/* ---- the message ---------------------------------------------------------------------------------------------------------------- */

static enum outcome write_letter(struct call *call, const struct due *due, struct arena *arena, struct letter *letter,
                                 struct error *err)
{
    const struct mail *mail = due->mail;
    const struct policy_purpose *purpose = policy_purpose(call->policy, mail->purpose);
    struct text language = mail->language.n > 0 ? mail->language : text_of(call->policy->default_language);
    struct content content = *due->content;

    if (content.language.n == 0)
        content.language = language;
    if (mail->kind == MAIL_PURPOSE)
        return campaign_render(&content, text_of(purpose == NULL ? "" : purpose->title), language, due->unsubscribe_url,
                               arena, letter, err);
    return letter_render(&content, arena, letter, err);
}

bool batch_render(struct call *call, const struct due *due, struct arena *arena, struct text *wire, char **from)
{
    struct mime_envelope envelope = {.from = call->policy->sender,
                                     .to = due->address,
                                     .mail = due->mail->mail,
                                     .at_us = clock_now_us(),
                                     .unsubscribe_url = due->unsubscribe_url,
                                     .unsubscribe_mailto = due->unsubscribe_mailto,
                                     .automatic = due->mail->kind != MAIL_PURPOSE};
    struct letter letter;
    struct text message;
    struct error err;
    struct buf out;
    bool written;

    if (write_letter(call, due, arena, &letter, &err) != DONE ||
        mime_build(&envelope, &letter, arena, &message, from, &err) != DONE) {
        log_warn(call->log, "mail.unwritable", F_UUID("mail", &due->mail->mail), F_ERROR(&err));
        return false;
    }
    buf_init(&out, WIRE_MOST);
    dialogue_wire(message, &out);
    written = !out.failed;
    if (written)
        *wire = text_copy(arena, buf_view(&out));
    buf_free(&out);
    return written;
}
