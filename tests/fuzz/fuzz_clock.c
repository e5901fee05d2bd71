/* Times and durations: what is read is written the same, and adding stays on the calendar. */
#include <string.h>

#include "common/clock/clock.h"
#include "common/error/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct text text = {.p = (const char *)bytes, .n = n};
    struct duration duration;
    char written[CLOCK_TEXT_BYTES];
    int64_t at, again;

    if (clock_parse(text, &at)) {
        clock_format(at, written);
        ENSURE(clock_parse(text_of(written), &again) && again == at);
        clock_format_date(at, written);
        ENSURE(clock_parse(text_of(written), &again) && again <= at && at - again < US_PER_DAY);
        ENSURE(clock_end_of_year(at) > at);
    }
    if (duration_parse(text, &duration)) {
        ENSURE(duration.months >= 0 && duration.days >= 0 && duration.us >= 0);
        ENSURE(duration_add(0, duration) >= 0);
    }
    return 0;
}
