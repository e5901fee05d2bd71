/* tool_ledger: is the ledger whole? And from its copy in Kafka where the file is lost. */
#include <stdlib.h>
#include <string.h>

#include "common/kafka/kafka.h"
#include "common/ledger/ledger.h"
#include "proto/events.h"
#include "services/backup/tool.h"

static int follow(struct tool *tool)
{
    static const struct error unnamed = {.text = "--ledger is needed"};
    const char *dir = option_text(tool->options, "ledger");
    struct ledger_mark mark = LEDGER_START;
    struct ledger *ledger = NULL;
    struct ledger_entry entry;
    struct error err = {0};
    bool got = true;

    if (dir == NULL || ledger_open(dir, &ledger, &err) != DONE)
        return tool_failed("ledger", dir == NULL ? &unnamed : &err);
    while (got) {
        arena_reset(tool->arena, 1 << 20);
        if (ledger_next(ledger, tool->arena, &entry, &mark, &got, &err) != DONE) {
            ledger_close(ledger);
            return tool_failed("ledger", &err);
        }
    }
    ledger_close(ledger);
    printf("%lld lines, each follows the one before; the last one's hash is %.*s\n", (long long)mark.number + 1,
           TEXT_ARGS(text_hex(tool->arena, mark.hash, LEDGER_HASH_BYTES)));
    return 0;
}

/* ---- rebuild ------------------------------------------------------------------------------------------------------------ */

enum { SILENCE_S = 20 };

struct lines {
    struct text *items; /* by number; p NULL: not seen */
    size_t room;
};

static void keep(struct lines *lines, size_t number, struct text line)
{
    if (number >= lines->room) {
        size_t room = 2 * number + 1024;
        lines->items = realloc(lines->items, room * sizeof(*lines->items));
        ENSURE(lines->items != NULL);
        memset(lines->items + lines->room, 0, (room - lines->room) * sizeof(*lines->items));
        lines->room = room;
    }
    lines->items[number] = line;
}

/* The hash is the copy's word; ledger_put_whole checks that the lines follow one another. */
static enum outcome take_line(struct tool *tool, const struct kafka_message *message, struct lines *lines,
                              struct error *err)
{
    struct arena *arena = arena_new();
    const struct ledger_line *copy;
    char id[UUID_TEXT_BYTES];
    void *decoded;
    enum outcome outcome = event_decode(ledger_line_event.data, message->value, arena, &decoded, err);

    if (outcome == DONE) {
        copy = decoded;
        uuid_format(&copy->id, id);
        keep(lines, (size_t)copy->number,
             text_format(tool->arena, "%.*s %lld %lld %s %.*s %.*s", TEXT_ARGS(copy->hash), (long long)copy->number,
                         (long long)copy->at, id, TEXT_ARGS(copy->type), TEXT_ARGS(copy->data)));
    }
    arena_free(arena);
    return outcome;
}

static enum outcome from_the_start(void *context, const struct kafka_partition *partitions, size_t n, int64_t *next,
                                   struct error *err)
{
    (void)context;
    (void)partitions;
    (void)err;
    memset(next, 0, n * sizeof(*next));
    return DONE;
}

static void let_go(void *context, const struct kafka_partition *partitions, size_t n)
{
    (void)context;
    (void)partitions;
    (void)n;
}

static enum outcome read_all(struct tool *tool, struct kafka_consumer *consumer, struct lines *lines, struct error *err)
{
    const struct kafka_partition at = {.topic = ledger_line_event.topic, .partition = 0};
    int64_t low, high, until = clock_monotonic_us() + SECONDS(SILENCE_S), next = 0;

    TRY(kafka_watermarks(consumer, at, &low, &high, err));
    while (next < high) {
        struct kafka_message message = {0};
        bool got = false;
        TRY(kafka_poll(consumer, 100, &message, &got, err));
        if (clock_monotonic_us() > until)
            return error_retry(err, "ledger", "the broker hands out nothing of the ledger's copy");
        if (!got)
            continue;
        enum outcome outcome = message.out_of_range ? DONE : take_line(tool, &message, lines, err);
        next = message.offset + 1;
        until = clock_monotonic_us() + SECONDS(SILENCE_S);
        kafka_message_free(&message);
        TRY(outcome);
    }
    return DONE;
}

static enum outcome read_copy(struct tool *tool, struct lines *lines, struct error *err)
{
    const char *const topics[] = {ledger_line_event.topic};
    struct uuid once = uuid_v4_random();
    const char *group = text_format(tool->arena, "ledger-rebuild-%.*s", TEXT_ARGS(uuid_text(tool->arena, &once))).p;
    const struct kafka_config config = {.brokers = option_text(tool->options, "kafka"),
                                        .client = "lethe-backup",
                                        .group = group,
                                        .instance = group,
                                        .topics = topics,
                                        .topics_n = 1,
                                        .queued_kbytes = 16384};
    const struct kafka_callbacks callbacks = {.on_assign = from_the_start, .on_revoke = let_go};
    struct kafka_consumer *consumer;
    enum outcome outcome;

    if (config.brokers == NULL)
        return error_refuse(err, "", "ledger", "--kafka is needed");
    TRY(kafka_consumer_new(&config, &callbacks, &tool->log, &consumer, err));
    outcome = read_all(tool, consumer, lines, err);
    kafka_consumer_free(consumer);
    return outcome;
}

static enum outcome rebuild(struct tool *tool, const char *dir, struct lines *lines, struct error *err)
{
    size_t n = 0;

    if (ledger_there(dir))
        return error_refuse(err, "", "ledger", "there is a ledger already: what it lacks can't be told from here");
    TRY(read_copy(tool, lines, err));
    while (n < lines->room && lines->items[n].p != NULL)
        n++;
    for (size_t i = n; i < lines->room; i++)
        if (lines->items[i].p != NULL)
            return error_refuse(err, "", "ledger", "the copy lacks line %zu", n);
    if (n == 0)
        return error_refuse(err, "", "ledger", "there is no copy of a ledger");
    TRY(ledger_put_whole(dir, lines->items, n, err));
    printf("%zu lines, as the copy has them\n", n);
    return DONE;
}

int tool_ledger(struct tool *tool, int argc, char **argv)
{
    const char *dir = option_text(tool->options, "ledger");
    struct lines lines = {0};
    struct error err = {0};
    enum outcome outcome;

    if (argc == 0)
        return follow(tool);
    if (argc > 1 || strcmp(argv[0], "rebuild") != 0 || dir == NULL)
        return tool_failed("ledger", &(struct error){.text = "usage: lethe-backup ledger [rebuild] --ledger DIR"});
    outcome = rebuild(tool, dir, &lines, &err);
    free(lines.items);
    return outcome == DONE ? follow(tool) : tool_failed("ledger", &err);
}
