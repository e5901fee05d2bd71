/* layout: a campaign's list of records into mails: for each, an address, no restriction, a ground; or why not. */
#include "services/mailer/service.h"

#include <string.h>

#include "services/mailer/content.h"

enum { LAYOUT_PAGE = 500 }; /* one question to consent, one statement */

struct candidate {
    struct mail mail;
    const char *why; /* a code where it gets no mail */
    struct text why_text;
    bool asked; /* its answer is answers[answer] */
    size_t answer;
};

static struct uuid derived(const struct uuid *campaign, const struct uuid *record)
{
    uint8_t both[32], digest[32];

    memcpy(both, campaign->b, 16);
    memcpy(both + 16, record->b, 16);
    crypto_digest(both, sizeof(both), digest);
    return uuid_v8(digest);
}

static void address_keys(struct call *call, struct text plain, struct candidate *candidate)
{
    const struct crypto_key *key = service_index_key(call->service);
    struct text address, email, wide;
    struct error err;

    if (content_address(plain, call->arena, &address, &err) != DONE || !normal_email(address, call->arena, &email)) {
        candidate->why = "no-address";
        return;
    }
    candidate->mail.email = normal_key_email(key, email);
    if (normal_email_wide(email, call->arena, &wide))
        candidate->mail.wide = normal_key_email_wide(key, wide);
}

static enum outcome open_page(struct call *call, const struct campaign *campaign, struct candidate *out,
                              struct error *err)
{
    size_t n = campaign->page.n;
    struct text *plain = ARENA_ARRAY(call->arena, n + 1, struct text);

    TRY(vault_open(call->vault, call->pg, campaign->page.items, n, "mail", NULL, call->arena, plain, err));
    for (size_t i = 0; i < n; i++) {
        const struct uuid *record = &campaign->page.items[i];
        out[i].mail = (struct mail){.mail = derived(&campaign->campaign, record),
                                    .campaign = campaign->campaign,
                                    .record = *record,
                                    .address = *record,
                                    .content = campaign->content,
                                    .kind = MAIL_PURPOSE,
                                    .purpose = campaign->purpose,
                                    .position = INT64_MIN,
                                    .asked_us = campaign->at,
                                    .acted_us = CLOCK_NONE};
        if (plain[i].p == NULL)
            out[i].why = "gone";
        else
            address_keys(call, plain[i], &out[i]);
    }
    return DONE;
}

static enum outcome ask_page(struct call *call, const struct campaign *campaign, struct candidate *candidates,
                             struct error *err)
{
    size_t n = campaign->page.n, asked = 0;
    struct ground_question *questions = ARENA_ARRAY(call->arena, n + 1, struct ground_question);
    struct ground_answer *answers = NULL;

    for (size_t i = 0; i < n; i++) {
        struct mail *mail = &candidates[i].mail;
        if (candidates[i].why != NULL)
            continue;
        candidates[i].asked = true;
        candidates[i].answer = asked;
        questions[asked++] = (struct ground_question){
            .email = mail->email, .wide = mail->wide, .record = mail->record, .purpose = mail->purpose};
    }
    if (asked == 0)
        return DONE;
    TRY(ground_ask(call, questions, asked, &answers, err));
    for (size_t i = 0; i < n; i++) {
        const struct ground_answer *answer;
        if (!candidates[i].asked)
            continue;
        answer = &answers[candidates[i].answer];
        candidates[i].mail.ground = answer->ground;
        candidates[i].mail.position = answer->position;
        if (!answer->allowed)
            candidates[i].why = answer->why.p == NULL ? "no-consent" : text_cstr(call->arena, answer->why);
    }
    return DONE;
}

/* Somebody may have been forgotten while consent was asked: no row is written about them. */
static enum outcome check_page(struct call *call, size_t n, struct candidate *candidates, enum mail_gate **gates,
                               struct error *err)
{
    const struct mail **mails = ARENA_ARRAY(call->arena, n + 1, const struct mail *);

    *gates = ARENA_ARRAY(call->arena, n + 1, enum mail_gate);
    for (size_t i = 0; i < n; i++)
        mails[i] = &candidates[i].mail;
    return gate_check(call, mails, n, *gates, err);
}

/* Who gets a row: consent stops whom it knows as forgotten under the same word as whoever is restricted. */
static size_t choose(const struct campaign *campaign, const struct candidate *candidates, const enum mail_gate *gates,
                     struct laid_mail *out)
{
    size_t n = 0;

    for (size_t i = 0; i < campaign->page.n; i++) {
        const struct candidate *c = &candidates[i];
        const bool stopped = c->why != NULL && strcmp(c->why, "restricted") == 0;

        if (gates[i] == GATE_GONE || (stopped && gates[i] != GATE_RESTRICTED))
            continue;
        out[n++] = (struct laid_mail){.mail = &c->mail, .why = gates[i] == GATE_RESTRICTED ? "restricted" : c->why};
    }
    return n;
}

static enum outcome put_page(struct call *call, const struct campaign *campaign, struct candidate *candidates,
                             struct error *err)
{
    struct laid_mail *laid = ARENA_ARRAY(call->arena, campaign->page.n + 1, struct laid_mail);
    enum mail_gate *gates;
    size_t n;

    TRY(check_page(call, campaign->page.n, candidates, &gates, err));
    n = choose(campaign, candidates, gates, laid);
    TRY(store_lay_out(call, campaign, laid, n, err));
    for (size_t i = 0; i < n; i++)
        if (laid[i].rev != 0)
            mail_publish(call, laid[i].mail, laid[i].rev, laid[i].why == NULL ? MAIL_QUEUED : MAIL_REFUSED,
                         laid[i].why);
    return store_campaign_laid_out(call, &campaign->campaign, campaign->page, err);
}

enum outcome layout_run(struct call *call, bool *again, struct error *err)
{
    struct campaign campaign;
    struct candidate *candidates;
    bool found;

    TRY(store_campaign_next(call, LAYOUT_PAGE, &campaign, &found, err));
    if (!found)
        return DONE;
    candidates = ARENA_ARRAY(call->arena, campaign.page.n + 1, struct candidate);
    TRY(open_page(call, &campaign, candidates, err));
    TRY(call_pause(call, err)); /* the lease keeps this page ours */
    TRY(ask_page(call, &campaign, candidates, err));
    TRY(call_resume(call, err));
    TRY(put_page(call, &campaign, candidates, err));
    mails_wake(call);
    *again = true;
    return DONE;
}
