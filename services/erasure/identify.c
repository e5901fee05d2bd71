/* identify: the keyed hash of an identifier. */
#include "services/erasure/identify.h"

bool identify_key(struct call *call, const struct holder_identifier *it, const char *region, struct forget_key *key)
{
    const struct crypto_key *index = service_index_key(call->service);
    struct text normal;

    if (region == NULL)
        region = call->policy->sources_n > 0 ? call->policy->sources[0].region : "DE";
    if (text_is(it->kind, "email") && normal_email(it->value, call->arena, &normal))
        *key = (struct forget_key){.kind = KEY_EMAIL, .hash = normal_key_email(index, normal)};
    else if (text_is(it->kind, "phone") && normal_phone(it->value, region, call->arena, &normal))
        *key = (struct forget_key){.kind = KEY_PHONE, .hash = normal_key_phone(index, normal)};
    else if (text_is(it->kind, "source") && it->system.p != NULL)
        *key = (struct forget_key){.kind = KEY_SOURCE, .hash = normal_key_source(index, it->system, it->value)};
    else
        return false;
    return true;
}
