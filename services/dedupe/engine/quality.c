/* quality: counting what is missing or wrong. */
#include "services/dedupe/engine/quality.h"

#include "common/normal/normal.h"

const char *const quality_names[Q_COUNTS + 1] = {
    [Q_RECORDS] = "records",
    [Q_EMAIL_MISSING] = "email_missing",
    [Q_EMAIL_INVALID] = "email_invalid",
    [Q_EMAIL_ROLE] = "email_role",
    [Q_PHONE_MISSING] = "phone_missing",
    [Q_PHONE_INVALID] = "phone_invalid",
    [Q_POSTCODE_MISSING] = "postcode_missing",
    [Q_POSTCODE_INVALID] = "postcode_invalid",
    [Q_NAME_MISSING] = "name_missing",
    [Q_BIRTH_INVALID] = "birth_date_invalid",
    [Q_UNREACHABLE] = "unreachable",
    [Q_DUPLICATES] = "duplicates",
    [Q_CONFLICTING] = "conflicting",
};

static bool postcode_valid(const struct profile *profile)
{
    bool digit = false;

    for (unsigned i = 0; i < profile->postcode.n; i++)
        digit = digit || (profile->postcode.p[i] >= '0' && profile->postcode.p[i] <= '9');
    return digit && profile->postcode.n <= 10;
}

void quality_add(const struct person_fields *fields, const struct profile *profile, struct arena *scratch,
                 uint64_t counts[Q_COUNTS])
{
    struct text mail;
    bool email = fields->email.n > 0 && normal_email(fields->email, scratch, &mail);

    counts[Q_RECORDS]++;
    counts[Q_EMAIL_MISSING] += fields->email.n == 0;
    counts[Q_EMAIL_INVALID] += fields->email.n > 0 && !email;
    counts[Q_EMAIL_ROLE] += email && normal_email_is_role(mail);
    counts[Q_PHONE_MISSING] += fields->phone.n == 0;
    counts[Q_PHONE_INVALID] += fields->phone.n > 0 && !profile->phone_valid;
    counts[Q_POSTCODE_MISSING] += fields->postcode.n == 0;
    counts[Q_POSTCODE_INVALID] += fields->postcode.n > 0 && !postcode_valid(profile);
    counts[Q_NAME_MISSING] += profile->given.n == 0 || profile->family.n == 0;
    counts[Q_BIRTH_INVALID] += fields->date_of_birth.n > 0 && profile->birth_year == 0;
    counts[Q_UNREACHABLE] += !email && !profile->phone_valid;
}
