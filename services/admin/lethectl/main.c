/* lethectl: the operator's command line over the admin API. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/crypto.h"
#include "services/admin/lethectl/ctl.h"

#define REASON                                                                                                         \
    {"reason", "TEXT", "why"},                                                                                         \
    {                                                                                                                  \
        "reason-file", "FILE", "why, from FILE or - for stdin"                                                         \
    }
#define PAGE                                                                                                           \
    {"after", "ID", "go on behind this one"},                                                                          \
    {                                                                                                                  \
        "limit", "N", "at most so many"                                                                                \
    }
#define DECISION(verb_, summary_)                                                                                      \
    {                                                                                                                  \
        "requests", verb_, "ID", 1, summary_, requests_decide,                                                         \
        {                                                                                                              \
            REASON                                                                                                     \
        }                                                                                                              \
    }

static const struct command commands[] = {
    {"requests",
     "list",
     "",
     0,
     "the requests",
     requests_list,
     {{"status", "STATUS", "verifying, open, restricted, running, completed or cancelled"},
      {"kind", "KIND", "forget, access, rectify, restrict, object or portability"},
      PAGE}},
    {"requests", "show", "ID", 1, "one request, holder by holder", requests_show, {{0}}},
    {"requests",
     "create",
     "KIND",
     1,
     "take a request in",
     requests_create,
     {SUBJECT_FLAGS,
      {"received-at", "TIME", "when it came in (default: now)"},
      {"relation", "WHO", "self, guardian, agent or lawyer"},
      {"reply-to-file", "FILE", "where the person is answered"},
      {"language", "LANGUAGE", "of the answer"},
      {"verified-by", "METHOD", "how identity was verified"},
      {"level", "LEVEL", "how well"},
      {"note-file", "FILE", "a note, kept sealed"},
      {"details-file", "FILE", "what is asked for in detail (JSON)"},
      {"key", "KEY", "Idempotency-Key: the same again changes nothing"}}},
    DECISION("cancel", "cancel it, while forget.hold runs"),
    DECISION("verify", "its asker is who they say"),
    DECISION("approve", "the second pair of eyes"),
    DECISION("pause", "stop its clock (a reason is needed)"),
    DECISION("resume", "let its clock run on"),
    DECISION("extend", "two more months (a reason is needed)"),
    {"requests",
     "reject",
     "ID",
     1,
     "refuse it",
     requests_decide,
     {REASON, {"decision", "D", "refused or not-identified"}, {"article", "A", "of the GDPR, as \"17(3)(b)\""}}},
    {"requests",
     "complete",
     "ID",
     1,
     "done by hand",
     requests_decide,
     {REASON,
      {"decision", "D", "granted (default), partly, refused or not-identified"},
      {"article", "A", "of the GDPR, as \"15(1)\""}}},
    {"requests",
     "answered",
     "ID",
     1,
     "the person was told otherwise than by mail",
     requests_decide,
     {{"at", "TIME", "when"}, {"how", "HOW", "letter, phone, ..."}}},
    {"requests",
     "subject",
     "ID",
     1,
     "who is meant, where that could not be told",
     requests_subject,
     {{"person", "UUID", "our id of the person"}, {"record", "SYSTEM/ID", "a source's record of theirs"}, REASON}},
    {"requests", "certificate", "ID", 1, "the certificate (JSON)", requests_certificate, {{0}}},
    {"requests", "report", "ID", 1, "the access report", requests_report, {{"html", NULL, "as HTML"}}},
    {"requests",
     "wait",
     "ID",
     1,
     "wait until it is completed",
     requests_wait,
     {{"for", "STATUS", "another status than completed"}, {"timeout", "SECONDS", "at most (default: 300)"}}},
    {"holders", "list", "", 0, "the outside holders", holders_list, {{0}}},
    {"holders", "show", "ID", 1, "one holder", holders_show, {{0}}},
#define HOLDER_FLAGS                                                                                                   \
    {"url", "URL", "of a webhook"}, {"system", "SYSTEM", "the source system that it is"},                              \
        {"identifiers", "LIST", "that it understands: email,phone,source"},                                            \
        {"categories", "LIST", "what is disclosed to it"}, {"contact", "TEXT", "of its data protection officer"},      \
        {"sealing-key", "BASE64", "X25519, public"}, {"signing-key", "BASE64", "Ed25519, public"},                     \
        {"hmac-secret-file", "FILE", "shared with a webhook"},                                                         \
    {                                                                                                                  \
        "state", "STATE", "active or past"                                                                             \
    }
    {"holders", "add", "NAME KIND", 2, "register one: kafka, webhook, opendsr, manual", holders_add, {HOLDER_FLAGS}},
    {"holders", "change", "ID", 1, "change one", holders_change, {HOLDER_FLAGS}},
    {"holders",
     "result",
     "ID",
     1,
     "answer for a holder, with evidence",
     holders_result,
     {{"request", "ID", "the request"},
      {"outcome", "O", "done, not-held or kept"},
      {"evidence-file", "FILE", "what proves it"},
      {"rule", "RULE", "of what is kept"},
      {"until", "TIME", "until when"},
      {"why", "TEXT", "why it is so"}}},
    {"subjects",
     "search",
     "",
     0,
     "who that is (email address on stdin)",
     subjects_search,
     {SUBJECT_FLAGS, {"fields", NULL, "with fields, where you may"}, {"reason", "CODE", "why you look"}}},
    {"subjects", "looks", "ID", 1, "who looked at a person or record", subjects_looks, {{0}}},
    {"reviews", "list", "", 0, "doubtful matches", reviews_list, {PAGE}},
    {"reviews", "decide", "ID DECISION", 2, "same, different or unsure", reviews_decide, {{"reason", "CODE", "why"}}},
    {"reviews", "merge", "RECORD RECORD", 2, "these are one person", reviews_merge, {{"reason", "CODE", "why"}}},
    {"reviews", "split", "RECORD RECORD", 2, "these are two", reviews_split, {{"reason", "CODE", "why"}}},
    {"reviews", "undo", "RECORD RECORD", 2, "end what was decided of them", reviews_undo, {{"reason", "CODE", "why"}}},
    {"weights", "show", "", 0, "by which weights records are compared, and what is decided anew", weights_show, {{0}}},
    {"weights", "take", "FILE", 1, "what lethe-dedupe train has learnt", weights_take, {{0}}},
    {"audit",
     "list",
     "",
     0,
     "who did what",
     audit_list,
     {PAGE, {"operator", "ID", "one operator's"}, {"object", "ID", "about one thing"}}},
    {"audit", "check", "", 0, "does the chain hold", audit_check, {{0}}},
    {"operators", "list", "", 0, "the operators", operators_list, {{0}}},
    {"operators",
     "add",
     "NAME",
     1,
     "a new one; its token is shown once",
     operators_add,
     {{"role", "ROLE", "viewer, agent, dpo or admin"}, {"expires-at", "TIME", "the token's end"}}},
    {"operators",
     "change",
     "ID",
     1,
     "another name or role",
     operators_change,
     {{"name", "NAME", "\"\" erases it"}, {"role", "ROLE", "viewer, agent, dpo or admin"}}},
    {"operators", "revoke", "ID", 1, "end its token", operators_revoke, {{0}}},
    {"roles", "", "", 0, "each role's rights", roles_list, {{0}}},
    {"health", "", "", 0, "each service, and what it waits for", health_show, {{0}}},
    {"refused", "show", "ID", 1, "a refused event from quarantine", refused_show, {{0}}},
    {"resync", "", "SERVICE", 1, "announce all its current rows again", resync_service, {{0}}},
    {"backups", "list", "", 0, "the catalogue", backups_list, {PAGE}},
    {"backups", "add", "FILE", 1, "tell of a backup (JSON)", backups_add, {{0}}},
    {"backups",
     "change",
     "ID",
     1,
     "its end, or that it is gone",
     backups_change,
     {{"expires-at", "TIME", "when it ends"}, {"gone", NULL, "it is gone"}}},
    {"backups",
     "manifest",
     "ID",
     1,
     "who is in it, one identifier a line",
     backups_manifest,
     {{"file", "FILE", "addresses, +phones, SYSTEM/ID or JSON lines (default: -, stdin)"},
      {"complete", NULL, "this was all: nobody else is in it"}}},
    {"backups",
     "asked",
     "",
     0,
     "copies that wait for a human's answer",
     backups_asked,
     {{"request", "ID", "of one request"}, {"backup", "ID", "of one copy"}}},
    {"backups",
     "answer",
     "ID",
     1,
     "answer for a copy; another person confirms it",
     backups_answer,
     {{"request", "ID", "the request"},
      {"outcome", "O", "dark, gone or not-held"},
      {"at", "TIME", "dark since, gone on, looked at on"},
      {"evidence", "CODE", "number or file name of what proves it"}}},
    {"sources", "list", "", 0, "sources that are held back", sources_list, {{0}}},
    {"sources", "release", "NAME", 1, "let one go on (two operators)", sources_release, {{0}}},
    {"texts", "list", "", 0, "texts of others that may still tell of a forgotten person", texts_list, {{0}}},
    {"texts", "show", "ID", 1, "what stands there", texts_show, {{0}}},
    {"texts", "judge", "ID DECISION", 2, "keep or erase", texts_judge, {{0}}},
    {"topics",
     "check",
     "",
     0,
     "what the broker does with topics of personal data (1: breaks a promise)",
     topics_check,
     {{0}}},
    {"keys", "status", "", 0, "the KEKs: until when copies of the keyring can be read", keys_status, {{0}}},
    {"keys", "rotate", "", 0, "begin a new epoch now", keys_order, {{0}}},
    {"keys", "pause", "", 0, "stop the rotation where it is", keys_order, {{0}}},
    {"keys", "resume", "", 0, "let it go on", keys_order, {{0}}},
    {"campaigns", "list", "", 0, "the campaigns", campaigns_list, {{0}}},
    {"campaigns", "show", "ID", 1, "what became of its mails", campaigns_show, {{0}}},
    {"campaigns", "send", "FILE", 1, "purpose, content, subjects (JSON)", campaigns_send, {{0}}},
    {"retention", "rehearse", "", 0, "what would expire", retention_rehearse, {{"at", "TIME", "at that time"}}},
    {"policy", "show", "", 0, "the policy in force", policy_show, {{0}}},
    {"policy", "check", "FILE", 1, "every mistake of a policy file", policy_check, {{0}}},
    {"policy", "diff", "OLD NEW", 2, "what another policy changes", policy_diff, {{0}}},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(const struct args *args)
{
    struct buf out;
    buf_init(&out, 64 << 10);
    const struct command *c = args->command;
    args_help(commands, COMMANDS, c != NULL ? c->group : NULL, c != NULL ? c->verb : NULL, &out);
    (void)printf("lethectl: the operator's command line\n\nusage: lethectl [--url URL] [--token-file FILE] [--json] "
                 "COMMAND ...\n\n%.*s\n",
                 TEXT_ARGS(buf_view(&out)));
    (void)printf("--url, LETHE_ADMIN_URL          where the admin API is\n"
                 "--token-file, LETHE_ADMIN_TOKEN an operator's token\n"
                 "--json                          the answer as it came\n\n"
                 "Exit: 0 done, 1 refused, 2 wrong usage, 3 no answer (try again), 4 not found, 5 waited in vain\n");
    buf_free(&out);
}

/* A group alone with --help: its commands. */
static const struct command *group_of(int argc, char *const *argv, const struct args *args, struct command *only)
{
    if (args->command != NULL || argc < 2 || argv[1][0] == '-')
        return args->command;
    *only = (struct command){.group = argv[1], .verb = NULL};
    return only;
}

static bool take_token(struct ctl *ctl, const struct args *args)
{
    if (args->token_file != NULL) {
        struct text read = ctl_read_file(ctl, args->token_file);
        if (read.p == NULL)
            return false;
        ctl->token = text_cstr(ctl->arena, text_trim(read));
        return true;
    }
    const char *given = getenv("LETHE_ADMIN_TOKEN");
    ctl->token = given != NULL && given[0] != '\0' ? given : NULL;
    return true;
}

static void take_url(struct ctl *ctl, const struct args *args)
{
    const char *given = args->url != NULL ? args->url : getenv("LETHE_ADMIN_URL");
    if (given == NULL || given[0] == '\0')
        return;
    struct text url = text_of(given);
    while (url.n > 0 && url.p[url.n - 1] == '/')
        url.n--;
    ctl->url = text_cstr(ctl->arena, url);
}

static int run(const struct args *args)
{
    struct ctl ctl = {.arena = arena_new(), .json = args->json};
    struct error err;
    int code = CTL_USAGE;
    if (crypto_start(&err) != DONE) {
        (void)fprintf(stderr, "lethectl: %s\n", err.text);
        code = CTL_REFUSED;
    } else if (take_token(&ctl, args)) {
        take_url(&ctl, args);
        ctl.http = http_client_new(NULL);
        code = args->command->run(&ctl, args);
        http_client_free(ctl.http);
    }
    arena_free(ctl.arena);
    return fflush(stdout) == 0 ? code : CTL_REFUSED;
}

int main(int argc, char **argv)
{
    struct args args;
    struct error err;
    struct command only;
    if (args_parse(commands, COMMANDS, argc, argv, &args, &err) != DONE) {
        (void)fprintf(stderr, "lethectl: %s\n", err.text);
        return CTL_USAGE;
    }
    if (args.version) {
        (void)printf("lethectl %s\n", LETHE_VERSION);
        return CTL_OK;
    }
    if (args.help || args.command == NULL) {
        args.command = group_of(argc, argv, &args, &only);
        print_help(&args);
        return args.help ? CTL_OK : CTL_USAGE;
    }
    return run(&args);
}
