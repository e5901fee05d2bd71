/* topics: what the broker says of each topic with personal data, against what is promised of it. */
#include <string.h>

#include "common/kafka/describe.h"
#include "gen/erasure_sql.h"
#include "services/erasure/exposure.h"
#include "services/erasure/json.h"
#include "services/erasure/service.h"

enum { DECLARED_MOST = 64 };
#define CONTACTS_IN_KEPT_MS INT64_C(604800000)
#define HOLDER_TOPIC_KEPT_MS INT64_C(86400000)

struct topic {
    const char *name, *reader; /* reader: the holder's own principal; NULL: contacts.in */
    int64_t retention_ms;
};

static enum outcome read_topics(struct call *call, struct topic **out, size_t *n, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &erasure_sql_topics_holders, NULL, &rows, err));
    *n = (size_t)rows.n + 1;
    *out = ARENA_ARRAY(call->arena, *n, struct topic);
    (*out)[0] = (struct topic){.name = "contacts.in", .retention_ms = CONTACTS_IN_KEPT_MS};
    for (int i = 0; i < rows.n; i++) {
        struct text holder = pg_get_text(&rows, i, 0);
        struct text reader = text_format(call->arena, "User:%.*s", TEXT_ARGS(holder));
        (*out)[i + 1] = (struct topic){.name = text_cstr(call->arena, pg_get_text(&rows, i, 1)),
                                       .reader = text_cstr(call->arena, reader),
                                       .retention_ms = HOLDER_TOPIC_KEPT_MS};
    }
    pg_rows_free(&rows);
    return DONE;
}

/* "User:a; User:CN=b,O=c": a name may hold commas. */
static size_t read_declared(struct call *call, const char *from, const char **out)
{
    size_t n = 0;

    while (from != NULL && n < DECLARED_MOST) {
        const char *end = strchr(from, ';');
        struct text name = {.p = from, .n = end != NULL ? (size_t)(end - from) : strlen(from)};
        name = text_trim(name);
        if (name.n > 0)
            out[n++] = text_cstr(call->arena, name);
        from = end != NULL ? end + 1 : NULL;
    }
    return n;
}

static const struct exposed_setting *exposed(struct call *call, const struct kafka_settings *settings)
{
    struct exposed_setting *out = ARENA_ARRAY(call->arena, settings->n, struct exposed_setting);

    for (size_t i = 0; i < settings->n; i++)
        out[i] = (struct exposed_setting){.name = settings->items[i].name, .value = settings->items[i].value};
    return out;
}

static void print_findings(const char *topic, const struct exposure *found, size_t n, struct buf *out, bool *comma)
{
    for (size_t i = 0; i < n; i++) {
        struct json j = json_object(out, *comma);
        *comma = true;
        json_str(&j, "topic", topic);
        json_str(&j, "rule", found[i].rule);
        json_str(&j, "harm", found[i].harm);
        json_str(&j, "setting", found[i].setting);
        json_str(&j, "value", found[i].value);
        json_str(&j, "says", found[i].says);
        json_str(&j, "remedy", found[i].remedy);
        json_end(&j);
    }
}

static enum outcome check_topic(struct call *call, struct kafka_producer *producer, const struct topic *topic,
                                struct buf *out, bool *comma, struct error *err)
{
    const char *declared[DECLARED_MOST + 1];
    struct exposure found[EXPOSURES_MOST];
    struct kafka_settings settings;
    struct kafka_readers readers;
    struct exposed_topic e = {.retention_ms = topic->retention_ms, .declared = declared};
    bool there;

    TRY(kafka_topic_settings(producer, topic->name, call->arena, &settings, &there, err));
    TRY(kafka_topic_readers(producer, topic->name, call->arena, &readers, err));
    e.declared_n = read_declared(call, erasure(call)->topic_readers, declared);
    if (topic->reader != NULL)
        declared[e.declared_n++] = topic->reader;
    e.settings = exposed(call, &settings);
    e.settings_n = settings.n;
    e.readers = readers.items;
    e.readers_n = readers.n;
    e.missing = !there;
    e.open = readers.open;
    print_findings(topic->name, found, exposure_of_topic(&e, found), out, comma);
    return DONE;
}

static enum outcome check_brokers(struct call *call, struct kafka_producer *producer, struct buf *out, bool *comma,
                                  struct error *err)
{
    struct exposure found[EXPOSURES_MOST];
    int32_t *brokers;
    size_t n;

    TRY(kafka_brokers(producer, call->arena, &brokers, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct kafka_settings settings;
        struct text name = text_format(call->arena, "broker %d", (int)brokers[i]);
        TRY(kafka_broker_settings(producer, brokers[i], call->arena, &settings, err));
        print_findings(text_cstr(call->arena, name), found,
                       exposure_of_broker(exposed(call, &settings), settings.n, found), out, comma);
    }
    return DONE;
}

static enum outcome check_all(struct call *call, const struct topic *topics, size_t n, struct buf *out, bool *found,
                              struct error *err)
{
    struct kafka_producer *producer;
    enum outcome o = DONE;

    TRY(kafka_producer_new(erasure(call)->kafka, "lethe-erasure-check", NULL, NULL, call->log, &producer, err));
    for (size_t i = 0; i < n && o == DONE && !call_stopping(call); i++)
        o = check_topic(call, producer, &topics[i], out, found, err);
    if (o == DONE)
        o = check_brokers(call, producer, out, found, err);
    kafka_producer_free(producer);
    return o;
}

enum outcome get_topics(struct call *call, const struct http_request *request, struct http_response *response,
                        struct error *err)
{
    struct topic *topics;
    bool found = false;
    struct json j;
    size_t n;

    (void)request;
    TRY(read_topics(call, &topics, &n, err));
    TRY(call_pause(call, err));
    j = json_object(&response->body, false);
    json_name(&j, "findings");
    buf_char(&response->body, '[');
    TRY(check_all(call, topics, n, &response->body, &found, err));
    buf_char(&response->body, ']');
    json_int(&j, "topics", (int64_t)n);
    json_bool(&j, "kept", !found);
    json_end(&j);
    return call_resume(call, err);
}
