/* option: what reading, checking and printing share. */
#ifndef LETHE_OPTION_INTERNAL_H
#define LETHE_OPTION_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/option/option.h"

struct option_value {
    const struct option *option;
    char *text;     /* owned; NULL where absent */
    int64_t number; /* INT, BOOL, DURATION in us */
    bool wrong;     /* a mistake was found in it */
};

struct options {
    size_t n;
    struct option_value *values;
};

/* option_check: whether the text fits the option's kind; number is filled where the kind has one. The answer is NULL
 * or what would be right, never the value itself. */
const char *option_check(const struct option *option, const char *text, int64_t *number);

#endif
