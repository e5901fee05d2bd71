/* phone_shim: libphonenumber (C++) behind two C functions; no exception leaves it. */
#ifndef LETHE_NORMAL_PHONE_SHIM_H
#define LETHE_NORMAL_PHONE_SHIM_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* phone_shim_e164: writes the E.164 form of a possible and valid number, NUL-terminated, into out (at least 20 bytes).
 * region: ISO 3166 alpha-2 for numbers in national form, or "ZZ". False where it is no valid number. */
bool phone_shim_e164(const char *number, size_t n, const char *region, char *out, size_t room);

/* phone_shim_is_mobile: of an E.164 number; false where its country doesn't tell mobiles from land lines. */
bool phone_shim_is_mobile(const char *e164, size_t n);

#ifdef __cplusplus
}
#endif

#endif
