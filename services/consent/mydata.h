/* mydata: who may see, download or end what is held under an address: the proof fits the stake. Pure. Art. 12(6), 15, 17 GDPR. */
#ifndef LETHE_CONSENT_MYDATA_H
#define LETHE_CONSENT_MYDATA_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text/text.h"

enum { DATA_TRIES_MOST = 5, DATA_ASKS_AN_HOUR = 30, DATA_MAILS_AN_HOUR = 2 };

enum data_proof {
    DATA_PROVEN, /* the mailbox is nobody else's as far as is known, or a second fact was given */
    DATA_FACT_NEEDED,
    DATA_TOO_MANY, /* of them were wrong */
};
/* decide_data_proof: role: a role's mailbox; persons_n: how many are known to use it; proven: by a second fact. */
enum data_proof decide_data_proof(bool role, size_t persons_n, bool proven, int64_t tries);
/* decide_data_fact: is what was said the postcode or phone number that is held? Spaces, signs and case don't count; of two phone
 * numbers the last eight digits must be the same, since people leave the country away. */
bool decide_data_fact(struct text said, struct text held);

#endif
