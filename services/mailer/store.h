/* store: mailer's tables; the only file that talks SQL. */
#ifndef LETHE_MAILER_STORE_H
#define LETHE_MAILER_STORE_H

#include "common/service/service.h"
#include "services/mailer/mailer.h"

/* A row of `mail`. Texts are in the call's arena. */
struct mail {
    struct uuid mail, campaign, request, record, address, content;
    enum mail_kind kind;
    struct hash email, wide; /* of the address; absent for answers */
    struct text purpose, ground, template_name, language;
    int64_t position, rev, asked_us;
    int64_t acted_us; /* when the person asked for it, where it is a confirmation; CLOCK_NONE: unknown */
    int attempts, unknowns;
    bool paced; /* it waited for the slot that its domain's rate gave it */
};
struct mail_list {
    struct mail *items;
    size_t n;
};

/* store_add: a new mail, due at due_us (CLOCK_NONE: it is final, with why). *rev is 0 where the id (or the campaign's mail
 * to that address) is there already. */
enum outcome store_add(struct call *call, const struct mail *mail, enum mail_state state, const char *why,
                       int64_t due_us, int64_t *rev, struct error *err) WARN_UNUSED;
/* store_claim: those that are due longest, locked, `most` of them. */
enum outcome store_claim(struct call *call, size_t most, struct mail_list *out, struct error *err) WARN_UNUSED;
/* store_intents: from now on only a result, or a crash's decision, lets them leave again. Counts their attempts. */
enum outcome store_intents(struct call *call, struct mail *const *mails, size_t n, const char *sender,
                           struct error *err) WARN_UNUSED;
/* store_results: closes each attempt (result is a code; NULL: there was none) and moves the mail on; rev its new revision,
 * 0: a forget has erased it. ground and position: what allowed it, where that is known better now (TEXT_NONE, INT64_MIN:
 * not). */
struct mail_result {
    struct mail *mail;
    struct mail_step step;
    const char *result;
    struct text ground;
    int64_t position;
    int64_t rev;
};
enum outcome store_results(struct call *call, struct mail_result *results, size_t n, struct error *err) WARN_UNUSED;
/* store_restored: what was waiting may have left in the future that a restore undid: its outcome is unknown. */
enum outcome store_restored(struct call *call, struct error *err) WARN_UNUSED;
/* store_lost: intents without a result, of earlier lives of this process (shard, epoch) or older than before_us. */
enum outcome store_lost(struct call *call, const char *shard, int64_t epoch, int64_t before_us, struct mail_list *out,
                        struct error *err) WARN_UNUSED;

/* Whom: keys and records. */
struct mail_filter {
    struct hash *keys;
    size_t keys_n;
    struct uuid_list records;
    struct text purpose; /* TEXT_NONE: any */
    bool advertising;    /* only kind MAIL_PURPOSE */
};
/* store_stop: ends waiting mails (never answers) in the state, with why. */
enum outcome store_stop(struct call *call, const struct mail_filter *filter, enum mail_state state, const char *why,
                        struct mail_list *out, struct error *err) WARN_UNUSED;

/* For the forget road. request: whose answer stays. */
enum outcome store_contents(struct call *call, const struct mail_filter *filter, const struct uuid *request,
                            struct uuid_list *out, struct error *err) WARN_UNUSED;
enum outcome store_erase(struct call *call, const struct mail_filter *filter, const struct uuid *request, int64_t *rows,
                         struct error *err) WARN_UNUSED;
enum outcome store_remaining(struct call *call, const struct mail_filter *filter, const struct uuid *request,
                             int64_t *rows, struct error *err) WARN_UNUSED;

/* ---- campaigns -------------------------------------------------------------------------------------------------------- */
struct campaign {
    struct uuid campaign, content, by;
    struct text purpose;
    int64_t at;
    struct uuid_list page; /* records to lay out next */
};
enum outcome store_campaign_add(struct call *call, const struct campaign_requested *in, struct error *err) WARN_UNUSED;
enum outcome store_campaign_next(struct call *call, int page, struct campaign *out, bool *found,
                                 struct error *err) WARN_UNUSED;
/* store_lay_out: the page's mails, due now or final with why; rev stays 0 where the id or the campaign's mail to that address
 * is there already. */
struct laid_mail {
    const struct mail *mail;
    const char *why; /* NULL: it goes */
    int64_t rev;
};
enum outcome store_lay_out(struct call *call, const struct campaign *campaign, struct laid_mail *mails, size_t n,
                           struct error *err) WARN_UNUSED;
/* store_campaign_laid_out: the page is done; what a forget took out of the list meanwhile isn't counted. */
enum outcome store_campaign_laid_out(struct call *call, const struct uuid *campaign, struct uuid_list page,
                                     struct error *err) WARN_UNUSED;
/* store_mails_expire: final mails that ended before ended_us, of answers where answers, else of all others; *n were
 * deleted, `most` at once. store_campaigns_expire: campaigns asked for before then, of which no mail is left; their
 * words are to be destroyed. */
enum outcome store_mails_expire(struct call *call, bool answers, int64_t ended_us, int most, size_t *n,
                                struct error *err) WARN_UNUSED;
enum outcome store_campaigns_expire(struct call *call, int64_t asked_us, int most, struct uuid_list *contents,
                                    struct error *err) WARN_UNUSED;
/* store_campaign_print, store_subject_print: rows as JSON for the internal routes. *found false: no such campaign. */
enum outcome store_campaign_print(struct call *call, const struct uuid *campaign, struct buf *out, bool *found,
                                  struct error *err) WARN_UNUSED;
enum outcome store_subject_print(struct call *call, const struct hash *keys, size_t n, struct buf *out,
                                 struct error *err) WARN_UNUSED;

#endif
