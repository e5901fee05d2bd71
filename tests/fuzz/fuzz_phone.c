/* Phone numbers: E.164 is a plus and 2 to 17 digits, and its own normal form. */
#include "common/error/error.h"
#include "common/normal/normal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct text in = {.p = (const char *)bytes, .n = n}, phone, again;
    struct arena *arena = arena_new();

    if (text_utf8_valid(in) && normal_phone(in, "DE", arena, &phone)) {
        ENSURE(phone.n >= 3 && phone.n <= 18 && phone.p[0] == '+');
        for (size_t i = 1; i < phone.n; i++)
            ENSURE(phone.p[i] >= '0' && phone.p[i] <= '9');
        ENSURE(normal_phone(phone, "DE", arena, &again) && text_equal(phone, again));
    }
    arena_free(arena);
    return 0;
}
