/* Addresses: the normal form is normal, valid UTF-8 and has a domain; the wide form is one, too. */
#include "common/error/error.h"
#include "common/normal/normal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct text in = {.p = (const char *)bytes, .n = n}, email, again, wide, name;
    struct arena *arena = arena_new();

    if (text_utf8_valid(in)) {
        if (normal_email(in, arena, &email)) {
            ENSURE(text_utf8_valid(email) && normal_email_domain(email).n > 0);
            ENSURE(normal_email(email, arena, &again) && text_equal(email, again));
            (void)normal_email_is_role(email);
            if (normal_email_wide(email, arena, &wide))
                ENSURE(normal_email_wide(wide, arena, &again) && text_equal(wide, again));
        }
        if (normal_name(in, arena, &name))
            ENSURE(text_utf8_valid(name) && normal_name(name, arena, &again) && text_equal(name, again));
    }
    arena_free(arena);
    return 0;
}
