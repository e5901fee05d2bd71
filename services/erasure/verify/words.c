/* words: a certificate as people read it. */
#include "services/erasure/verify/words.h"

#include <string.h>

/* Control characters of a stored text must not drive the terminal. */
static void print_safe(const char *text, FILE *out)
{
    for (; *text != '\0'; text++)
        (void)fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value != NULL ? value : "";
}

static void line(const json_t *body, const char *name, const char *words, FILE *out)
{
    const char *value = text_of(body, name);
    if (value[0] == '\0')
        return;
    (void)fprintf(out, "  %-24s ", words);
    print_safe(value, out);
    (void)fputc('\n', out);
}

/* "before VALUE" where there is one. */
static void add(const json_t *object, const char *name, const char *before, FILE *out)
{
    const char *value = text_of(object, name);
    if (value[0] == '\0')
        return;
    (void)fputs(before, out);
    print_safe(value, out);
}

struct meaning {
    const char *outcome, *words;
};

static const char *meaning_of(const struct meaning *table, const char *outcome)
{
    while (table->outcome != NULL && strcmp(table->outcome, outcome) != 0)
        table++;
    return table->words;
}

static void print_two(const json_t *object, FILE *out)
{
    add(object, "evidence_code", ", proven by ", out);
    add(object, "evidence", ", evidence ", out);
    add(object, "recorded_by", ", recorded by ", out);
    add(object, "confirmed_by", ", confirmed by ", out);
    (void)fputc('\n', out);
}

static void print_holder(const json_t *holder, FILE *out)
{
    static const struct meaning meanings[] = {{"done", "has erased what it held"},
                                              {"not-held", "held nothing"},
                                              {"kept", "keeps what a rule makes it keep"},
                                              {"impossible", "could not erase it"},
                                              {"reversible", "can still bring it back"},
                                              {"", "has not answered"},
                                              {NULL, "answered otherwise"}};
    json_int_t contradictions = json_integer_value(json_object_get(holder, "contradictions"));
    const json_t *rows = json_object_get(holder, "rows");
    (void)fputs("  - ", out);
    print_safe(text_of(holder, "name"), out);
    (void)fprintf(out, " (");
    print_safe(text_of(holder, "kind"), out);
    (void)fprintf(out, ") %s", meaning_of(meanings, text_of(holder, "outcome")));
    if (json_is_integer(rows))
        (void)fprintf(out, ", %" JSON_INTEGER_FORMAT " rows", json_integer_value(rows));
    add(holder, "answered_at", ", on ", out);
    add(holder, "rule", ", by rule ", out);
    add(holder, "until", ", until ", out);
    if (contradictions > 0)
        (void)fprintf(out, ", after %" JSON_INTEGER_FORMAT " answers that turned out false", contradictions);
    print_two(holder, out);
}

static void print_backup(const json_t *backup, FILE *out)
{
    static const struct meaning meanings[] = {{"dark", "can't be read without the keys, which were destroyed on "},
                                              {"gone", "is gone, or will be, on "},
                                              {"not-held", "doesn't hold the person, as was looked at on "},
                                              {"human", "was not answered for; a human was asked on "},
                                              {NULL, "was answered for otherwise, on "}};
    (void)fputs("  - ", out);
    print_safe(text_of(backup, "backup"), out);
    (void)fprintf(out, " %s", meaning_of(meanings, text_of(backup, "outcome")));
    print_safe(text_of(backup, "at"), out);
    add(backup, "until", "; keyed hashes of the person's identifiers in it can be linked until ", out);
    print_two(backup, out);
}

static void print_list(const json_t *body, const char *name, const char *none, const char *some,
                       void (*print)(const json_t *, FILE *), FILE *out)
{
    const json_t *list = json_object_get(body, name);
    size_t n = json_array_size(list);
    if (n == 0) {
        (void)fprintf(out, "%s\n", none);
        return;
    }
    (void)fprintf(out, "%s\n", some);
    for (size_t i = 0; i < n; i++)
        print(json_array_get(list, i), out);
}

static void print_exception(const json_t *exception, FILE *out)
{
    (void)fputs("  - ", out);
    print_safe(text_of(exception, "holder"), out);
    add(exception, "rule", " by rule ", out);
    add(exception, "until", ", until ", out);
    (void)fputc('\n', out);
}

/* What others' mails, orders and cases were left with. */
static void print_activities(const json_t *body, FILE *out)
{
    static const struct {
        const char *name, *words;
    } counted[] = {{"parts_destroyed", "parts of the person in orders, cases and emails were destroyed"},
                   {"contents_destroyed", "of their contents were nobody else's, and were destroyed"},
                   {"contents_erased", "stay for others, without their texts"},
                   {"contents_rewritten", "stay for others, without what was known of the person"},
                   {"contents_to_judge", "may still tell of the person in other words, which a human is to judge"}};
    const json_t *activities = json_object_get(body, "activities");
    if (activities == NULL)
        return;
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++)
        (void)fprintf(out, "%" JSON_INTEGER_FORMAT " %s.\n",
                      json_integer_value(json_object_get(activities, counted[i].name)), counted[i].words);
}

static void print_log(const json_t *log, FILE *out)
{
    (void)fputs("  - ", out);
    print_safe(text_of(log, "topic"), out);
    (void)fprintf(out, ", partition %" JSON_INTEGER_FORMAT ": gone below offset %" JSON_INTEGER_FORMAT,
                  json_integer_value(json_object_get(log, "partition")),
                  json_integer_value(json_object_get(log, "gone_below")));
    add(log, "clear_before", ", all that was written before ", out);
    (void)fputc('\n', out);
}

/* Keys, and what follows for copies: a backup of the keyring outlives the keys, not the KEK that wrapped them. */
static void print_keys(const json_t *body, FILE *out)
{
    const json_t *keys = json_object_get(body, "keys");
    if (keys == NULL)
        return;
    (void)fprintf(out,
                  "%" JSON_INTEGER_FORMAT " keys of the person's records were destroyed; %" JSON_INTEGER_FORMAT
                  " of them stand.\n",
                  json_integer_value(json_object_get(keys, "n")),
                  json_integer_value(json_object_get(keys, "standing")));
    add(keys, "dark_by", "Copies of the keyring that still hold them can't be read by anybody after ", out);
    if (text_of(keys, "dark_by")[0] != '\0')
        (void)fputs(".\n", out);
    if (text_of(body, "no_copy_after")[0] == '\0')
        (void)fputs("NO DAY IS NAMED after which no backup can bring the person back: one has no known end.\n", out);
    else {
        add(body, "no_copy_after", "After ", out);
        (void)fputs(" no backup can bring the person back.\n", out);
    }
}

static void print_chain(const json_t *body, FILE *out)
{
    const json_t *chain = json_object_get(body, "chain");
    if (chain == NULL)
        return;
    (void)fprintf(out, "  %-24s %" JSON_INTEGER_FORMAT, "number in the chain",
                  json_integer_value(json_object_get(chain, "seq")));
    add(chain, "previous", ", after ", out);
    (void)fputc('\n', out);
}

void words_print(const json_t *body, FILE *out)
{
    (void)fputs("What the controller states:\n", out);
    line(body, "controller", "controller", out);
    line(body, "request", "request", out);
    line(body, "kind", "kind", out);
    line(body, "decision", "decision", out);
    line(body, "received_at", "came in", out);
    line(body, "destroyed_at", "destruction ordered", out);
    line(body, "verified_at", "second look ordered", out);
    line(body, "completed_at", "completed", out);
    line(json_object_get(body, "barrier"), "id", "barrier", out);
    line(body, "signer", "signed with key", out);
    print_chain(body, out);
    print_list(body, "holders", "No holder is named.", "Who held something:", print_holder, out);
    print_list(body, "backups", "No backup or archive may hold the person.",
               "Backups and archives that may hold the person:", print_backup, out);
    print_list(body, "log", "No log is named.", "Logs that personal data came through:", print_log, out);
    print_list(body, "exceptions", "Nothing is kept.", "What is kept:", print_exception, out);
    print_activities(body, out);
    print_keys(body, out);
}
