/* args: lethectl's words on its command line, by a table of commands. Pure. */
#ifndef LETHE_LETHECTL_ARGS_H
#define LETHE_LETHECTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf/buf.h"
#include "common/error/error.h"

enum { ARGS_FLAGS_MOST = 16, ARGS_OPERANDS_MOST = 4 };

struct args_flag {
    const char *name;  /* without "--" */
    const char *value; /* what it takes, as help names it; NULL: it takes none */
    const char *help;
};

struct args;
struct ctl;
typedef int ctl_fn(struct ctl *ctl, const struct args *args); /* the exit code */

struct command {
    const char *group, *verb; /* verb "" where the group stands alone ("health") */
    const char *operands;     /* as help names them: "ID", "OLD NEW", "" */
    size_t operands_n;
    const char *summary;
    ctl_fn *run;
    struct args_flag flags[ARGS_FLAGS_MOST]; /* up to the first without a name */
};

struct args {
    const struct command *command; /* NULL: --help or --version alone */
    const char *operands[ARGS_OPERANDS_MOST];
    const char *values[ARGS_FLAGS_MOST]; /* by the command's flags; "" for a flag that takes none and was given */
    const char *url, *token_file;        /* NULL: from the environment */
    bool json, help, version;
};

/* args_parse: REFUSED names the word that is wrong. Options may stand anywhere behind the command; "--" ends them;
 * --name=value and --name value are the same. */
enum outcome args_parse(const struct command *commands, size_t n, int argc, char *const *argv, struct args *out,
                        struct error *err) WARN_UNUSED;
/* args_has: does this command have such a flag at all? */
bool args_has(const struct args *args, const char *name);
/* args_value: of a flag of this command, or NULL. */
const char *args_value(const struct args *args, const char *name);

/* args_help: of all commands, of one group, or of one command (group and verb may be NULL). */
void args_help(const struct command *commands, size_t n, const char *group, const char *verb, struct buf *out);

#endif
