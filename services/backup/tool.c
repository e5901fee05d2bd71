/* tool: the verbs, their options, and what needs no more than the shelf. */
#include "services/backup/tool.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_CONFIG = 78 };

static const struct option options[] = {
    {.name = "pg-backup", .kind = OPTION_DSN, .required = true, .help = "a role that may read all schemas"},
    {.name = "keyring-backup", .kind = OPTION_DSN, .help = "a role that may read the keyring"},
    {.name = "database", .kind = OPTION_TEXT, .fallback = "lethe", .help = "the database's name, in both"},
    {.name = "backup-dir", .kind = OPTION_DIR, .required = true, .help = "where the schemas' dumps go"},
    {.name = "keyring-backup-dir", .kind = OPTION_DIR, .required = true, .help = "where the keyring's go: apart"},
    {.name = "backup-key-file", .kind = OPTION_FILE, .required = true, .help = "what seals them, 64 hex digits"},
    {.name = "keep-daily", .kind = OPTION_DURATION, .fallback = "P7D", .help = "how long a day's copy is kept"},
    {.name = "keep-weekly", .kind = OPTION_DURATION, .fallback = "P35D", .help = "how long a week's first is"},
    {.name = "keep-monthly", .kind = OPTION_DURATION, .fallback = "P365D", .help = "how long a month's first is"},
    {.name = "holder", .kind = OPTION_TEXT, .fallback = "lethe-backup", .help = "who holds them, for the catalogue"},
    {.name = "backup-url", .kind = OPTION_URL, .fallback = "http://127.0.0.1:8107", .help = "the catalogue's service"},
    {.name = "internal-token", .kind = OPTION_SECRET, .required = true, .help = "bearer token between the services"},
    {.name = "ledger", .kind = OPTION_DIR, .help = "folder of the ledger of forgets"},
    {.name = "kek-dir", .kind = OPTION_DIR, .help = "folder of the key encryption keys"},
    {.name = "kafka", .kind = OPTION_TEXT, .help = "bootstrap servers (ledger rebuild)"},
    {.name = "signing-key-file", .kind = OPTION_FILE, .help = "Ed25519 seed that signs reports"},
};

int tool_failed(const char *what, const struct error *err)
{
    fprintf(stderr, "lethe-backup %s: %s\n", what, err->text);
    return 1;
}

/* ---- list, verify, expire, register --------------------------------------------------------------------------- */

static int tool_list(struct tool *tool, int argc, char **argv)
{
    struct error err = {0};
    struct copy_list list;

    (void)argc;
    (void)argv;
    if (shelf_list(tool, &list, &err) != DONE)
        return tool_failed("list", &err);
    printf("%-36s  %-7s  %-7s  %-20s  %-10s  %10s  %6s  %s\n", "ID", "HOLDS", "KEPT", "TAKEN", "UNTIL", "BYTES",
           "LEDGER", "EPOCH");
    for (size_t i = 0; i < list.n; i++) {
        const struct copy *copy = &list.items[i];
        char id[UUID_TEXT_BYTES], taken[CLOCK_TEXT_BYTES], until[CLOCK_TEXT_BYTES];
        uuid_format(&copy->id, id);
        clock_format(copy->taken_us / US_PER_S * US_PER_S, taken);
        clock_format_date(copy->expires_us, until);
        printf("%-36s  %-7s  %-7s  %-20s  %-10s  %10lld  %6lld  %lld\n", id, copy->keyring ? "keyring" : "schemas",
               rotation_names[copy->rotation], taken, until, (long long)copy->bytes,
               copy->ledger == INT64_MIN ? -1LL : (long long)copy->ledger,
               copy->kek_epoch == INT64_MIN ? 0LL : (long long)copy->kek_epoch);
    }
    return 0;
}

/* Whole, ours, and a dump: all, or those named. */
static int tool_verify(struct tool *tool, int argc, char **argv)
{
    struct error err = {0};
    struct copy_list list;
    int bad = 0, looked = 0;

    if (shelf_list(tool, &list, &err) != DONE)
        return tool_failed("verify", &err);
    for (size_t i = 0; i < list.n; i++) {
        char id[UUID_TEXT_BYTES];
        bool wanted = argc == 0;
        uuid_format(&list.items[i].id, id);
        for (int a = 0; a < argc; a++)
            wanted = wanted || strcmp(argv[a], id) == 0;
        if (!wanted)
            continue;
        looked++;
        if (dump_check(tool, &list.items[i], &err) == DONE)
            printf("%s good\n", id);
        else
            bad += printf("%s BAD: %s\n", id, err.text) > 0;
    }
    if (argc > looked)
        fprintf(stderr, "lethe-backup verify: %d of them aren't there\n", argc - looked);
    return bad > 0 || argc > looked ? 1 : 0;
}

static int tool_expire(struct tool *tool, int argc, char **argv)
{
    struct error err = {0};
    struct copy_list list;
    int failed = 0;

    (void)argc;
    (void)argv;
    if (shelf_list(tool, &list, &err) != DONE)
        return tool_failed("expire", &err);
    for (size_t i = 0; i < list.n; i++) {
        char id[UUID_TEXT_BYTES];
        if (list.items[i].expires_us > clock_now_us())
            continue;
        uuid_format(&list.items[i].id, id);
        if (shelf_drop(tool, &list.items[i], &err) != DONE || catalogue_gone(tool, &list.items[i], &err) != DONE)
            failed = tool_failed(id, &err);
        else
            printf("%s gone\n", id);
    }
    return failed;
}

/* What the catalogue lost with a restore. What it has stays as it is. */
static int tool_register(struct tool *tool, int argc, char **argv)
{
    struct error err = {0};
    struct copy_list list;

    (void)argc;
    (void)argv;
    if (shelf_list(tool, &list, &err) != DONE)
        return tool_failed("register", &err);
    for (size_t i = 0; i < list.n; i++)
        if (catalogue_register(tool, &list.items[i], &err) != DONE)
            return tool_failed("register", &err);
    printf("%zu known to the catalogue\n", list.n);
    return 0;
}

/* ---- main --------------------------------------------------------------------------------------------------------------- */

static const struct verb {
    const char *name;
    int (*run)(struct tool *tool, int argc, char **argv);
    const char *help;
} verbs[] = {
    {"take", tool_take, "dump all schemas and, apart, the keyring; seal and register them"},
    {"list", tool_list, "what there is, how long it is kept, and the ledger's number before its snapshot"},
    {"verify", tool_verify, "[ID...]: is each whole, ours, and a dump?"},
    {"restore", tool_restore, "ID [SCHEMA...]: the whole, or some schemas of it"},
    {"expire", tool_expire, "remove those past their end, and tell the catalogue"},
    {"register", tool_register, "tell the catalogue of all there are (after a restore)"},
    {"report", tool_report, "what a restore brought back and was ended again: signed"},
    {"ledger", tool_ledger, "follow the ledger's chain from its first line; `ledger rebuild`: from its copy in Kafka"},
};
enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static const struct verb *verb_of(const char *word)
{
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].name, word) == 0)
            return &verbs[i];
    return NULL;
}

bool tool_knows(const char *word)
{
    return verb_of(word) != NULL;
}

static void print_help(void)
{
    const struct option *const tables[] = {options};
    const size_t sizes[] = {sizeof(options) / sizeof(options[0])};
    struct buf out;

    for (size_t i = 0; i < VERBS; i++)
        printf("lethe-backup %-9s %s\n", verbs[i].name, verbs[i].help);
    buf_init(&out, 64 << 10);
    options_help(tables, sizes, 1, &out);
    printf("\n%.*s", (int)out.n, out.p);
    buf_free(&out);
}

static bool configure(struct tool *tool, int argc, char **argv)
{
    const struct option *const tables[] = {options};
    const size_t sizes[] = {sizeof(options) / sizeof(options[0])};
    struct error err = {0};
    struct buf mistakes;
    bool good;

    buf_init(&mistakes, 64 << 10);
    tool->options = options_read(tables, sizes, 1, argc, argv, &mistakes);
    if (option_text(tool->options, "backup-key-file") != NULL &&
        crypto_key_load(option_text(tool->options, "backup-key-file"), &tool->key, &err) != DONE)
        buf_printf(&mistakes, "--backup-key-file (LETHE_BACKUP_KEY_FILE): %s\n", err.text);
    good = mistakes.n == 0 && !mistakes.failed;
    if (!good)
        fprintf(stderr, "lethe-backup: the configuration has mistakes:\n%.*s", (int)mistakes.n, mistakes.p);
    buf_free(&mistakes);
    return good;
}

/* Operands come first, then flags. */
static int run_verb(struct tool *tool, int argc, char **argv)
{
    const struct verb *verb = verb_of(argv[1]);
    int operands = 0;

    while (2 + operands < argc && argv[2 + operands][0] != '-')
        operands++;
    if (2 + operands < argc && strcmp(argv[2 + operands], "--help") == 0) {
        print_help();
        return 0;
    }
    if (!configure(tool, argc - 1 - operands, argv + 1 + operands))
        return EXIT_CONFIG;
    tool->http = http_client_new(&tool->log);
    return verb->run(tool, operands, argv + 2);
}

int tool_main(int argc, char **argv)
{
    struct tool tool = {.arena = arena_new(),
                        .log = {.service = "backup", .instance = "tool", .least = LOG_WARN, .fd = STDERR_FILENO}};
    struct error err = {0};
    int code;

    (void)signal(SIGPIPE, SIG_IGN); /* pg_restore's end is told by its status */
    if (crypto_start(&err) != DONE)
        return tool_failed("", &err);
    code = run_verb(&tool, argc, argv);
    if (tool.http != NULL)
        http_client_free(tool.http);
    crypto_key_free(tool.key);
    options_free(tool.options);
    arena_free(tool.arena);
    return code;
}
