/* acts: what of upstream's acts the policy lets in. */
#include "services/intake/acts.h"

#include <stdio.h>

static enum outcome check_source(const struct policy *policy, struct text system, const char *pointer,
                                 struct error *err)
{
    return policy_source(policy, system) != NULL
               ? DONE
               : error_refuse(err, pointer, "not in policy", "the policy doesn't name this source");
}

enum outcome removed_admit(const struct policy *policy, const struct contact_removed *in, struct error *err)
{
    return check_source(policy, in->record.system, "/data/record/system", err);
}

enum outcome merged_admit(const struct policy *policy, const struct contact_merged *in, struct error *err)
{
    return check_source(policy, in->system, "/data/system", err);
}

static enum outcome address_admit(const struct policy *policy, const struct crypto_key *index_key, struct text address,
                                  struct arena *arena, struct subject *out, struct error *err)
{
    if (!email_identifiers(address, index_key, arena, &out->ids, &out->address))
        return error_refuse(err, "/data/address", "invalid", "the address is no email address");
    if (policy_own_domain(policy, normal_email_domain(out->address)))
        return error_refuse(err, "/data/address", "own staff", "the address is of the controller's own domain");
    return DONE;
}

static enum outcome refuse_word(struct error *err, const char *pointer, const char *word, const char *rule,
                                const char *why)
{
    char whole[sizeof err->pointer];

    (void)snprintf(whole, sizeof whole, "%s%s", pointer, word);
    return error_refuse(err, whole, rule, "%s", why);
}

enum outcome consent_words(const struct policy *policy, struct text purpose, int64_t statement, struct text language,
                           const char *pointer, struct error *err)
{
    const struct policy_purpose *found = policy_purpose(policy, purpose);

    if (found == NULL)
        return refuse_word(err, pointer, "/purpose", "not in policy", "the policy doesn't name this purpose");
    if (!found->advertising && found->ground != GROUND_CONSENT && found->ground != GROUND_SOFT_OPT_IN)
        return refuse_word(err, pointer, "/purpose", "no consent", "mails for this purpose need no consent");
    if (policy_statement(policy, found, statement, language) == NULL)
        return refuse_word(err, pointer, "/statement", "not in policy", "the purpose has no such statement");
    return DONE;
}

enum outcome consent_admit(const struct policy *policy, const struct crypto_key *index_key,
                           const struct consent_act *in, struct arena *arena, struct subject *out, struct error *err)
{
    if (!text_is(in->channel, "email"))
        return error_refuse(err, "/data/channel", "not in policy", "the only channel is email");
    TRY(consent_words(policy, in->purpose, in->statement, in->language, "/data", err));
    return address_admit(policy, index_key, in->address, arena, out, err);
}

enum outcome refusal_admit(const struct policy *policy, const struct crypto_key *index_key,
                           const struct consent_refusal *in, struct arena *arena, struct subject *out,
                           struct error *err)
{
    if (in->purpose.p != NULL && !text_is(in->purpose, "all") && policy_purpose(policy, in->purpose) == NULL)
        return error_refuse(err, "/data/purpose", "not in policy", "the policy doesn't name this purpose");
    if (in->address.p != NULL)
        TRY(address_admit(policy, index_key, in->address, arena, out, err));
    if (in->has_record)
        out->ids.source = normal_key_source(index_key, in->record.system, in->record.id);
    return DONE;
}

enum outcome forget_admit(const struct policy *policy, const struct crypto_key *index_key,
                          const struct forget_asked *in, struct arena *arena, struct subject *out, struct error *err)
{
    if (in->address.p != NULL)
        TRY(address_admit(policy, index_key, in->address, arena, out, err));
    if (out->ids.role_mailbox && !in->has_record)
        return error_refuse(err, "/data/address", "role mailbox",
                            "a shared mailbox names nobody: name the record instead");
    if (in->has_record)
        out->ids.source = normal_key_source(index_key, in->record.system, in->record.id);
    return DONE;
}
