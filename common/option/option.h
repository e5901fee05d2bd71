/* option: a service's configuration from flags and LETHE_* variables, checked whole, every mistake named at once. */
#ifndef LETHE_OPTION_H
#define LETHE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf/buf.h"
#include "common/clock/clock.h"
#include "common/error/error.h"

enum option_kind {
    OPTION_TEXT,
    OPTION_INT,      /* with least..most */
    OPTION_BOOL,     /* true|false|1|0 */
    OPTION_DURATION, /* ISO 8601, kept as microseconds (months refused) */
    OPTION_ADDRESS,  /* host:port */
    OPTION_URL,      /* http:// or https:// */
    OPTION_FILE,     /* readable */
    OPTION_DIR,      /* present */
    OPTION_DSN,      /* a connection string; checked by who knows its grammar */
    OPTION_SECRET,   /* NAME or NAME_FILE; never printed */
};

/* One row: the flag is --name, the variable LETHE_NAME in upper case with '-' as '_'. */
struct option {
    const char *name, *fallback, *help; /* fallback NULL: none */
    enum option_kind kind;
    bool required;
    int64_t least, most; /* OPTION_INT; both 0: any */
};

struct options; /* the values */

/* options_read: flags win over the environment; unknown flags, missing required values and bad ones are all gathered
 * in `mistakes`, a line each, naming flag and variable. A bad value is absent from the answer, so that what else there
 * is can be checked as well; where anything stands in `mistakes`, the answer is good for nothing else. */
struct options *options_read(const struct option *const *tables, const size_t *sizes, size_t tables_n, int argc,
                             char *const *argv, struct buf *mistakes);
void options_free(struct options *options); /* wipes secrets */

const char *option_text(const struct options *options, const char *name); /* NULL where absent; asserts a known name */
bool option_is_wrong(const struct options *options, const char *name);    /* given, and among the mistakes */
int64_t option_int(const struct options *options, const char *name);
bool option_bool(const struct options *options, const char *name);
int64_t option_us(const struct options *options, const char *name);

void options_help(const struct option *const *tables, const size_t *sizes, size_t tables_n, struct buf *out);

#endif
