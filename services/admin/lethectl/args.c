/* args: reading the command line, and the help made of the same table. */
#include "services/admin/lethectl/args.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static const struct command *find(const struct command *commands, size_t n, const char *group, const char *verb)
{
    for (size_t i = 0; i < n; i++)
        if (same(commands[i].group, group) && same(commands[i].verb, verb))
            return &commands[i];
    return NULL;
}

static bool group_known(const struct command *commands, size_t n, const char *group)
{
    for (size_t i = 0; i < n; i++)
        if (same(commands[i].group, group))
            return true;
    return false;
}

/* ---- options ------------------------------------------------------------------------------------------------------ */

struct words {
    int argc, at;
    char *const *argv;
};

/* Does `word` name this option? Its value may follow a '='. */
static bool names(const char *word, const char *name, const char **value)
{
    size_t n = strlen(name);
    if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, n) != 0)
        return false;
    *value = word[2 + n] == '=' ? word + 3 + n : NULL;
    return word[2 + n] == '\0' || word[2 + n] == '=';
}

static enum outcome take_value(struct words *words, const char *name, const char *given, const char **out,
                               struct error *err)
{
    if (given == NULL && words->at + 1 < words->argc)
        given = words->argv[++words->at];
    if (given == NULL)
        return error_refuse(err, "", "usage", "--%s needs a value", name);
    *out = given;
    return DONE;
}

static enum outcome take_switch(const char *name, const char *given, struct error *err)
{
    return given == NULL ? DONE : error_refuse(err, "", "usage", "--%s takes no value", name);
}

/* Options that every command has. *taken false: it is none of them. */
static enum outcome take_common(struct words *words, struct args *out, bool *taken, struct error *err)
{
    const char *word = words->argv[words->at], *given = NULL;
    *taken = true;
    if (names(word, "url", &given))
        return take_value(words, "url", given, &out->url, err);
    if (names(word, "token-file", &given))
        return take_value(words, "token-file", given, &out->token_file, err);
    if (names(word, "json", &given)) {
        out->json = true;
        return take_switch("json", given, err);
    }
    if (names(word, "help", &given) || same(word, "-h")) {
        out->help = true;
        return take_switch("help", given, err);
    }
    if (names(word, "version", &given)) {
        out->version = true;
        return take_switch("version", given, err);
    }
    *taken = false;
    return DONE;
}

static enum outcome take_own(struct words *words, struct args *out, struct error *err)
{
    const char *word = words->argv[words->at], *given = NULL;
    for (size_t i = 0; out->command != NULL && i < ARGS_FLAGS_MOST && out->command->flags[i].name != NULL; i++) {
        const struct args_flag *flag = &out->command->flags[i];
        if (!names(word, flag->name, &given))
            continue;
        if (flag->value != NULL)
            return take_value(words, flag->name, given, &out->values[i], err);
        out->values[i] = "";
        return take_switch(flag->name, given, err);
    }
    /* the word isn't repeated: it may hold an identifier */
    return error_refuse(err, "", "usage", "an option is unknown here; --help lists them");
}

/* ---- the command ---------------------------------------------------------------------------------------------------- */

/* Group and verb are the first words that are no options. */
static enum outcome take_command(const struct command *commands, size_t n, const char *const *plain, size_t plain_n,
                                 struct args *out, size_t *used, struct error *err)
{
    *used = 0;
    if (plain_n == 0)
        return DONE;
    if (!group_known(commands, n, plain[0]))
        return error_refuse(err, "", "usage", "there is no command \"%.32s\"", plain[0]);
    out->command = plain_n > 1 ? find(commands, n, plain[0], plain[1]) : NULL;
    *used = out->command != NULL ? 2 : 1;
    if (out->command == NULL)
        out->command = find(commands, n, plain[0], "");
    if (out->command == NULL && !out->help)
        return error_refuse(err, "", "usage", "%.32s what? lethectl %.32s --help lists it", plain[0], plain[0]);
    return DONE;
}

/* The first plain words, before the options are understood: options that take a value swallow the next word, so the
 * command must come before its own options. */
static size_t leading_words(int argc, char *const *argv, const char **plain, size_t room)
{
    size_t n = 0;
    for (int i = 1; i < argc && n < room; i++) {
        if (argv[i][0] != '-')
            plain[n++] = argv[i];
        else if (same(argv[i], "--url") || same(argv[i], "--token-file"))
            i++;
        else if (n > 0 && !same(argv[i], "--json") && !same(argv[i], "--help") && !same(argv[i], "-h"))
            break;
    }
    return n;
}

enum outcome args_parse(const struct command *commands, size_t n, int argc, char *const *argv, struct args *out,
                        struct error *err)
{
    const char *plain[2];
    size_t used = 0, seen = 0, operands = 0;
    bool ended = false;
    memset(out, 0, sizeof *out);
    for (int i = 1; i < argc; i++)
        out->help = out->help || same(argv[i], "--help") || same(argv[i], "-h");
    size_t plain_n = leading_words(argc, argv, plain, 2);
    TRY(take_command(commands, n, plain, plain_n, out, &used, err));
    struct words words = {.argc = argc, .argv = argv};
    for (words.at = 1; words.at < argc; words.at++) {
        const char *word = argv[words.at];
        bool taken = false;
        if (!ended && same(word, "--")) {
            ended = true;
        } else if (!ended && word[0] == '-' && word[1] != '\0') {
            TRY(take_common(&words, out, &taken, err));
            if (!taken)
                TRY(take_own(&words, out, err));
        } else if (seen < used) {
            seen++;
        } else {
            if (operands == ARGS_OPERANDS_MOST)
                return error_refuse(err, "", "usage", "too many words");
            out->operands[operands++] = word;
        }
    }
    if (out->command != NULL && !out->help && operands != out->command->operands_n)
        return error_refuse(err, "", "usage", "usage: lethectl %s %s %s", out->command->group, out->command->verb,
                            out->command->operands);
    return DONE;
}

bool args_has(const struct args *args, const char *name)
{
    for (size_t i = 0; i < ARGS_FLAGS_MOST && args->command->flags[i].name != NULL; i++)
        if (same(args->command->flags[i].name, name))
            return true;
    return false;
}

const char *args_value(const struct args *args, const char *name)
{
    for (size_t i = 0; i < ARGS_FLAGS_MOST && args->command->flags[i].name != NULL; i++)
        if (same(args->command->flags[i].name, name))
            return args->values[i];
    error_bug(__FILE__, __LINE__, name);
}

/* ---- help ----------------------------------------------------------------------------------------------------------- */

static void help_line(const struct command *c, struct buf *out)
{
    char words[64];
    struct buf name;
    buf_init(&name, sizeof words);
    buf_printf(&name, "%s%s%s%s%s", c->group, c->verb[0] != '\0' ? " " : "", c->verb, c->operands[0] != '\0' ? " " : "",
               c->operands);
    buf_printf(out, "  %-34.*s %s\n", TEXT_ARGS(buf_view(&name)), c->summary);
    buf_free(&name);
}

static void help_flags(const struct command *c, struct buf *out)
{
    for (size_t i = 0; i < ARGS_FLAGS_MOST && c->flags[i].name != NULL; i++) {
        const struct args_flag *flag = &c->flags[i];
        int width = 28 - (int)strlen(flag->name);
        buf_printf(out, "      --%s %-*s %s\n", flag->name, width > 0 ? width : 0,
                   flag->value != NULL ? flag->value : "", flag->help);
    }
}

void args_help(const struct command *commands, size_t n, const char *group, const char *verb, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct command *c = &commands[i];
        if ((group != NULL && !same(c->group, group)) || (verb != NULL && !same(c->verb, verb)))
            continue;
        help_line(c, out);
        if (group != NULL)
            help_flags(c, out);
    }
}
