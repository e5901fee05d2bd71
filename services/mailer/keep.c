/* keep: how long the send log is kept. What was mailed on a consent belongs to its proof (Art. 7(1) GDPR) and goes with
 * the policy's consent_proof; what answered a person's request belongs to that request (Art. 5(2)) and goes with
 * request_keep. */
#include "services/mailer/service.h"

enum { KEEP_PAGE = 500 };

static int64_t before(int64_t us, struct duration d)
{
    return duration_add(us, (struct duration){.months = -d.months, .days = -d.days, .us = -d.us});
}

static enum outcome expire_campaigns(struct call *call, int64_t asked_us, bool *again, struct error *err)
{
    struct uuid_list contents;
    int64_t keys, rows;

    TRY(store_campaigns_expire(call, asked_us, KEEP_PAGE, &contents, err));
    if (contents.n == 0)
        return DONE;
    *again = *again || contents.n == KEEP_PAGE;
    TRY(vault_keys_destroy(call->vault, contents.items, contents.n, &keys, err));
    return vault_delete(call->vault, call->pg, contents.items, contents.n, call->arena, &rows, err);
}

enum outcome keep_run(struct call *call, bool *again, struct error *err)
{
    const int64_t proof_us = before(call->now_us, call->policy->consent_proof);
    const int64_t request_us = before(call->now_us, call->policy->request_keep);
    size_t mails, answers;

    TRY(store_mails_expire(call, false, proof_us, KEEP_PAGE, &mails, err));
    TRY(store_mails_expire(call, true, request_us, KEEP_PAGE, &answers, err));
    *again = mails == KEEP_PAGE || answers == KEEP_PAGE;
    if (mails + answers > 0)
        log_info(call->log, "mails.expired", F_INT("mails", mails + answers));
    return expire_campaigns(call, proof_us, again, err);
}
