/* option: gathers values from flags, environment and fallbacks, and every mistake among them. */
#include "common/option/option.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/option/internal.h"

enum { NAME_BYTES = 64, SECRET_BYTES = 65536 };

struct reading {
    struct options *options;
    struct buf *mistakes;
    bool *by_flag; /* beside each value */
};

/* "pg-host" -> "LETHE_PG_HOST" and, for a secret's file, "LETHE_PG_HOST_FILE" */
static void variable_name(const char *name, const char *suffix, char out[NAME_BYTES])
{
    size_t n = strlen(name), m = strlen(suffix);
    ENSURE(n + m + sizeof "LETHE_" <= NAME_BYTES);
    for (size_t i = 0; i < 6; i++)
        out[i] = "LETHE_"[i];
    for (size_t i = 0; i < n; i++)
        out[6 + i] = (char)(name[i] == '-' ? '_' : name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]);
    memcpy(out + 6 + n, suffix, m + 1);
}

static void mistake(struct reading *in, struct option_value *value, const char *what)
{
    const struct option *option = value->option;
    char variable[NAME_BYTES];
    bool secret = option->kind == OPTION_SECRET;

    variable_name(option->name, "", variable);
    buf_printf(in->mistakes, "--%s%s (%s%s) %s", option->name, secret ? "-file" : "", variable,
               secret ? " or its _FILE" : "", what);
    if (option->kind == OPTION_INT && (option->least != 0 || option->most != 0))
        buf_printf(in->mistakes, " (%lld to %lld)", (long long)option->least, (long long)option->most);
    buf_char(in->mistakes, '\n');
    value->wrong = true;
}

static void wipe(char *text)
{
    if (text == NULL)
        return;
    explicit_bzero(text, strlen(text));
    free(text);
}

static void value_set(struct option_value *value, const char *text)
{
    wipe(value->text);
    value->text = strdup(text);
    ENSURE(value->text != NULL);
}

/* ---- secrets: from a file or the environment, never from a flag, which every process can see --------------------- */
static const char *read_whole(int fd, char *out, size_t room)
{
    size_t n = 0;

    while (n < room) {
        ssize_t more = read(fd, out + n, room - n);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return "names a file that can't be read";
        if (more == 0)
            break;
        n += (size_t)more;
    }
    if (n == room)
        return "names a file that is too large for a secret";
    while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == '\r'))
        n--;
    out[n] = '\0';
    if (n == 0)
        return "names an empty file";
    return strlen(out) == n ? NULL : "names a file with a NUL in it";
}

static void read_secret(struct reading *in, struct option_value *value, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        mistake(in, value, "names a file that can't be read");
        return;
    }
    char *text = calloc(1, SECRET_BYTES);
    ENSURE(text != NULL);
    const char *wrong = read_whole(fd, text, SECRET_BYTES);
    (void)close(fd);
    if (wrong != NULL)
        mistake(in, value, wrong);
    else
        value_set(value, text);
    explicit_bzero(text, SECRET_BYTES);
    free(text);
}

/* ---- flags ------------------------------------------------------------------------------------------------------- */
static struct option_value *value_of_flag(const struct options *options, struct text name)
{
    for (size_t i = 0; i < options->n; i++) {
        const struct option *option = options->values[i].option;
        if (text_is(name, option->name))
            return &options->values[i];
        size_t n = strlen(option->name);
        if (option->kind == OPTION_SECRET && name.n == n + 5 && memcmp(name.p, option->name, n) == 0 &&
            memcmp(name.p + n, "-file", 5) == 0)
            return &options->values[i];
    }
    return NULL;
}

static bool is_bool_word(const char *word)
{
    return word != NULL && (strcmp(word, "true") == 0 || strcmp(word, "false") == 0 || strcmp(word, "1") == 0 ||
                            strcmp(word, "0") == 0);
}

static void take_flag(struct reading *in, struct option_value *value, struct text name, const char *text)
{
    in->by_flag[value - in->options->values] = true;
    if (value->option->kind != OPTION_SECRET)
        value_set(value, text);
    else if (text_is(name, value->option->name))
        mistake(in, value, "is a secret and can't be given on the command line");
    else
        read_secret(in, value, text);
}

static void read_flags(struct reading *in, int argc, char *const *argv)
{
    for (int i = 1; i < argc; i++) {
        const char *flag = argv[i];
        if (strncmp(flag, "--", 2) != 0) {
            buf_printf(in->mistakes, "argument %d is no flag\n", i); /* not echoed: it may be a value gone astray */
            continue;
        }
        const char *equals = strchr(flag, '=');
        struct text name = {flag + 2, equals != NULL ? (size_t)(equals - flag - 2) : strlen(flag + 2)};
        struct option_value *value = value_of_flag(in->options, name);
        if (value == NULL) {
            buf_printf(in->mistakes, "--%.*s is not an option\n", TEXT_ARGS(name));
            continue;
        }
        const char *text = equals != NULL ? equals + 1 : i + 1 < argc ? argv[i + 1] : NULL;
        if (equals == NULL && value->option->kind == OPTION_BOOL && !is_bool_word(text)) {
            take_flag(in, value, name, "true");
        } else if (text == NULL || (equals == NULL && strncmp(text, "--", 2) == 0)) {
            mistake(in, value, "lacks its value");
            in->by_flag[value - in->options->values] = true;
        } else {
            take_flag(in, value, name, text);
            i += equals == NULL;
        }
    }
}

/* ---- environment, fallbacks, checks ------------------------------------------------------------------------------ */
static const char *variable(const char *name, const char *suffix)
{
    char full[NAME_BYTES];
    variable_name(name, suffix, full);
    const char *text = getenv(full); /* NOLINT(concurrency-mt-unsafe): read before any thread starts */
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static void read_rest(struct reading *in, struct option_value *value)
{
    const struct option *option = value->option;
    const char *file = option->kind == OPTION_SECRET ? variable(option->name, "_FILE") : NULL;
    const char *text = variable(option->name, "");

    if (file != NULL)
        read_secret(in, value, file);
    else if (text != NULL)
        value_set(value, text);
    else if (option->fallback != NULL)
        value_set(value, option->fallback);
    else if (option->required)
        mistake(in, value, "is required");
}

static void check(struct reading *in, struct option_value *value)
{
    if (value->text == NULL)
        return;
    const char *wrong = option_check(value->option, value->text, &value->number);
    if (wrong == NULL && value->option->required && value->text[0] == '\0')
        wrong = "is required, but empty";
    if (wrong != NULL)
        mistake(in, value, wrong);
    if (!value->wrong)
        return;
    wipe(value->text);
    value->text = NULL;
}

static struct options *options_new(const struct option *const *tables, const size_t *sizes, size_t tables_n)
{
    struct options *options = calloc(1, sizeof *options);
    size_t room = 1;
    ENSURE(options != NULL);
    for (size_t t = 0; t < tables_n; t++)
        room += sizes[t];
    options->values = calloc(room, sizeof *options->values);
    ENSURE(options->values != NULL);
    for (size_t t = 0; t < tables_n; t++)
        for (size_t i = 0; i < sizes[t]; i++) {
            ENSURE(value_of_flag(options, text_of(tables[t][i].name)) == NULL); /* one option a name */
            options->values[options->n++].option = &tables[t][i];
        }
    return options;
}

struct options *options_read(const struct option *const *tables, const size_t *sizes, size_t tables_n, int argc,
                             char *const *argv, struct buf *mistakes)
{
    struct options *options = options_new(tables, sizes, tables_n);
    struct reading in = {.options = options, .mistakes = mistakes};

    in.by_flag = calloc(options->n + 1, sizeof *in.by_flag);
    ENSURE(in.by_flag != NULL);
    read_flags(&in, argc, argv);
    for (size_t i = 0; i < options->n; i++) {
        if (!in.by_flag[i])
            read_rest(&in, &options->values[i]);
        check(&in, &options->values[i]);
    }
    free(in.by_flag);
    return options;
}

void options_free(struct options *options)
{
    if (options == NULL)
        return;
    for (size_t i = 0; i < options->n; i++)
        wipe(options->values[i].text);
    free(options->values);
    free(options);
}

/* ---- values ------------------------------------------------------------------------------------------------------ */
static const struct option_value *value_of(const struct options *options, const char *name)
{
    for (size_t i = 0; i < options->n; i++)
        if (strcmp(options->values[i].option->name, name) == 0)
            return &options->values[i];
    error_bug(__FILE__, __LINE__, name);
}

static int64_t number_of(const struct options *options, const char *name, enum option_kind kind)
{
    const struct option_value *value = value_of(options, name);
    ENSURE(value->option->kind == kind);
    return value->number;
}

const char *option_text(const struct options *options, const char *name)
{
    return value_of(options, name)->text;
}

bool option_is_wrong(const struct options *options, const char *name)
{
    return value_of(options, name)->wrong;
}

int64_t option_int(const struct options *options, const char *name)
{
    return number_of(options, name, OPTION_INT);
}

bool option_bool(const struct options *options, const char *name)
{
    return number_of(options, name, OPTION_BOOL) != 0;
}

int64_t option_us(const struct options *options, const char *name)
{
    return number_of(options, name, OPTION_DURATION);
}

void options_help(const struct option *const *tables, const size_t *sizes, size_t tables_n, struct buf *out)
{
    static const char *const kinds[] = {
        [OPTION_TEXT] = "TEXT",         [OPTION_INT] = "NUMBER", [OPTION_BOOL] = "true|false",
        [OPTION_DURATION] = "DURATION", [OPTION_URL] = "URL",    [OPTION_ADDRESS] = "HOST:PORT",
        [OPTION_FILE] = "FILE",         [OPTION_DIR] = "FOLDER", [OPTION_DSN] = "DSN",
        [OPTION_SECRET] = "FILE"};
    char name[NAME_BYTES];

    for (size_t t = 0; t < tables_n; t++)
        for (const struct option *option = tables[t]; option < tables[t] + sizes[t]; option++) {
            bool secret = option->kind == OPTION_SECRET;
            variable_name(option->name, secret ? "_FILE" : "", name);
            buf_printf(out, "  --%s%s %s\n        %s", option->name, secret ? "-file" : "", kinds[option->kind],
                       option->help);
            if (option->fallback != NULL && !secret)
                buf_printf(out, " [%s]", option->fallback);
            buf_printf(out, "%s; %s\n", option->required && option->fallback == NULL ? " (required)" : "", name);
        }
}
