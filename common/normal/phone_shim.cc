/* phone_shim: libphonenumber (C++) behind two C functions; no exception leaves it. */
#include "common/normal/phone_shim.h"

#include <cstring>
#include <string>

#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

extern "C" bool phone_shim_e164(const char *number, size_t n, const char *region, char *out, size_t room)
{
    try {
        const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
        PhoneNumber parsed;
        std::string e164;

        if (util.Parse(std::string(number, n), region, &parsed) != PhoneNumberUtil::NO_PARSING_ERROR)
            return false;
        if (!util.IsValidNumber(parsed))
            return false;
        util.Format(parsed, PhoneNumberUtil::E164, &e164);
        if (e164.size() + 1 > room)
            return false;
        std::memcpy(out, e164.c_str(), e164.size() + 1);
        return true;
    } catch (...) {
        return false;
    }
}

extern "C" bool phone_shim_is_mobile(const char *e164, size_t n)
{
    try {
        const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
        PhoneNumber parsed;

        return util.Parse(std::string(e164, n), "ZZ", &parsed) == PhoneNumberUtil::NO_PARSING_ERROR &&
               util.GetNumberType(parsed) == PhoneNumberUtil::MOBILE;
    } catch (...) {
        return false;
    }
}
