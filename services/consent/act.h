/* act: what several roads write: a refusal in all its width, an assertion, a lapse; and what is published of them. */
#ifndef LETHE_CONSENT_ACT_H
#define LETHE_CONSENT_ACT_H

#include "services/consent/store.h"

/* act_publish: lethe.consent.changed, one each. */
void act_publish(struct call *call, const struct changed_list *changed);

struct act_refusal {
    struct uuid act;                     /* nil: a page's */
    struct hash email, wide, source_key; /* what is known of whom it is about */
    struct uuid record, vault;           /* vault: what opens the address; nil: unknown */
    struct text channel, purpose;        /* "": all direct marketing */
    int kind;                            /* enum refusal_kind */
    int given_by;                        /* -1: unknown */
    int64_t at;
    struct text source; /* a system, "unsubscribe", "one-click" */
};
/* act_refuse: ledger, projection on keys, record and persons; ends the grants that it reaches. Each is published, so that
 * holders hear of it, though nothing was ever granted. */
enum outcome act_refuse(struct call *call, const struct act_refusal *refusal, struct error *err) WARN_UNUSED;

struct act_grant {
    struct uuid act;
    struct address address; /* locked */
    struct uuid record, evidence;
    struct text channel, purpose, language, source;
    int64_t statement, at;
    int given_by;
    struct assertion assertion;
};
/* act_assert: the ledger's row, and the state where decide_assert lets it. */
enum outcome act_assert(struct call *call, const struct act_grant *grant, const struct standing *standing,
                        const struct policy_purpose *purpose, const struct policy_statement *statement,
                        struct error *err) WARN_UNUSED;
/* act_lift: the person ends their own objection, at this address. */
enum outcome act_lift(struct call *call, const struct address *address, const struct standing *standing,
                      struct text channel, struct error *err) WARN_UNUSED;
/* act_doom: what lies in the vault for this is destroyed once this transaction has committed. */
enum outcome act_doom(struct call *call, const struct doomed *doomed, struct error *err) WARN_UNUSED;
/* act_lapse: a grant or a request that ended by itself. */
enum outcome act_lapse(struct call *call, const struct standing *standing, const struct hash *email,
                       struct text channel, struct text purpose, struct error *err) WARN_UNUSED;

/* act_digest: SHA-256 of the text that was shown, in the arena. */
struct bytes act_digest(struct arena *arena, const struct policy_statement *statement);
/* act_seal_words: what a mail of consent's says, sealed as the vault item `id`. */
struct confirmation_mail;
enum outcome act_seal_words(struct call *call, const struct uuid *id, const struct confirmation_mail *mail,
                            const char *template_name, int64_t expires_us, struct error *err) WARN_UNUSED;
/* act_id: an id that a repeat of the same act finds again. */
struct uuid act_id(const void *of, size_t n, const char *what);

#endif
