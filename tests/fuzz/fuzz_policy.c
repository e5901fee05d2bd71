/* The policy file: read whole or refused with its mistakes named; what was read answers lookups. */
#include "common/policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct text yaml = {.p = (const char *)bytes, .n = n};
    struct policy *policy = NULL;
    struct error err = {0};
    struct buf mistakes;
    enum outcome outcome;

    buf_init(&mistakes, (size_t)1 << 20);
    outcome = policy_read(yaml, &policy, &mistakes, &err);
    ENSURE(outcome == DONE || outcome == REFUSED);
    ENSURE((outcome == DONE) == (policy != NULL));
    if (outcome == DONE) {
        for (size_t i = 0; i < policy->categories_n; i++)
            ENSURE(policy_category(policy, text_of(policy->categories[i].name)) != NULL);
        for (size_t i = 0; i < policy->purposes_n; i++)
            ENSURE(policy_purpose(policy, text_of(policy->purposes[i].name)) != NULL);
        ENSURE(policy_source(policy, TEXT("\x01")) == NULL);
        policy_release(policy);
    }
    buf_free(&mistakes);
    return 0;
}
