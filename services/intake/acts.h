/* acts: the policy's word about what upstream sends besides records and activities: ends and joins of records, acts of
 * consent and refusal, forgets. Pure, and the same for Kafka and HTTP. */
#ifndef LETHE_INTAKE_ACTS_H
#define LETHE_INTAKE_ACTS_H

#include "services/intake/record.h"

/* Whom an act names: identifiers, and the address as it is mailed to (absent where a record alone is named). */
struct subject {
    struct identifiers ids;
    struct text address;
};

/* Unknown sources are refused. */
enum outcome removed_admit(const struct policy *policy, const struct contact_removed *in,
                           struct error *err) WARN_UNUSED;
enum outcome merged_admit(const struct policy *policy, const struct contact_merged *in, struct error *err) WARN_UNUSED;

/* consent_words: does the policy ask for consent to this purpose, in these words? Refuses unknown purposes and
 * statements, and purposes whose mails need no consent. pointer is the act's own. */
enum outcome consent_words(const struct policy *policy, struct text purpose, int64_t statement, struct text language,
                           const char *pointer, struct error *err) WARN_UNUSED;
/* consent_admit: of consent.requested and consent.recorded: channel, words, and an address that isn't our own. */
enum outcome consent_admit(const struct policy *policy, const struct crypto_key *index_key,
                           const struct consent_act *in, struct arena *arena, struct subject *out,
                           struct error *err) WARN_UNUSED;
enum outcome refusal_admit(const struct policy *policy, const struct crypto_key *index_key,
                           const struct consent_refusal *in, struct arena *arena, struct subject *out,
                           struct error *err) WARN_UNUSED;
/* forget_admit: a shared mailbox is nobody's alone: without a record it names nobody ("role mailbox"). */
enum outcome forget_admit(const struct policy *policy, const struct crypto_key *index_key,
                          const struct forget_asked *in, struct arena *arena, struct subject *out,
                          struct error *err) WARN_UNUSED;

#endif
