/* describe: a service's tables as JSON, so that pages, schemas and grants can be held against the program itself. */
#include "common/service/internal.h"

#include "common/forget/forget.h"
#include "proto/events.h"

static void string(struct buf *out, const char *value)
{
    if (value == NULL)
        buf_str(out, "null");
    else
        buf_json_string(out, text_of(value));
}

static void member(struct buf *out, const char *name, const char *value)
{
    string(out, name);
    buf_char(out, ':');
    string(out, value);
}

static const char *const method_names[] = {
    [HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE"};
static const char *const auth_names[] = {[HTTP_OPEN] = "open", [HTTP_INTERNAL] = "internal", [HTTP_OWN] = "own"};

static void topic(struct buf *out, const char *comma, const char *name, const char *type)
{
    buf_printf(out, "%s{", comma);
    member(out, "topic", name);
    buf_char(out, ',');
    member(out, "type", type);
    buf_char(out, '}');
}

static void topics(const struct service_def *def, struct buf *out)
{
    const char *comma = "";

    for (size_t i = 0; i < def->batches_n; i++) {
        for (size_t k = 0; k < def->batches[i].types_n; k++) {
            topic(out, comma, def->batches[i].topic, def->batches[i].types[k]->name);
            comma = ",";
        }
    }
    for (size_t i = 0; i < def->topics_n; i++) {
        topic(out, comma, def->topics[i].topic, def->topics[i].type->name);
        comma = ",";
    }
    for (size_t i = 0; def->forget != NULL && i < forget_topics_n; i++) {
        topic(out, comma, forget_topics[i].topic, forget_topics[i].type->name);
        comma = ",";
    }
}

static void publishes(const struct service_def *def, struct buf *out)
{
    const char *comma = "";

    for (size_t i = 0; i < def->publishes_n; i++) {
        topic(out, comma, def->publishes[i]->topic, def->publishes[i]->name);
        comma = ",";
    }
    if (def->forget != NULL) {
        topic(out, comma, forget_result_event.topic, forget_result_event.name);
        comma = ",";
    }
    topic(out, comma, dead_letter_event.topic, dead_letter_event.name);
}

static void routes(const struct service_def *def, struct buf *out)
{
    static const char *const own[] = {"/health/live", "/health/ready", "/metrics"};

    for (size_t i = 0; i < 3; i++)
        buf_printf(out, "%s{\"method\":\"GET\",\"path\":\"%s\",\"auth\":\"open\"}", i == 0 ? "" : ",", own[i]);
    if (def->resync != NULL)
        buf_str(out, ",{\"method\":\"POST\",\"path\":\"/internal/v1/resync\",\"auth\":\"internal\"}");
    for (size_t i = 0; i < def->routes_n; i++) {
        buf_str(out, ",{");
        member(out, "method", method_names[def->routes[i].method]);
        buf_char(out, ',');
        member(out, "path", def->routes[i].path);
        buf_char(out, ',');
        member(out, "auth", auth_names[def->routes[i].auth]);
        buf_char(out, '}');
    }
}

static void jobs(const struct service_def *def, struct buf *out)
{
    for (size_t i = 0; i < def->jobs_n; i++) {
        buf_printf(out, "%s{", i == 0 ? "" : ",");
        member(out, "name", def->jobs[i].name);
        buf_printf(out, ",\"every_ms\":%lld,\"leased\":%s}", (long long)(def->jobs[i].every_us / US_PER_MS),
                   def->jobs[i].leased ? "true" : "false");
    }
}

static void option_row(struct buf *out, const struct option *option, const char *comma)
{
    buf_printf(out, "%s{", comma);
    member(out, "name", option->name);
    buf_printf(out, ",\"required\":%s,", option->required ? "true" : "false");
    member(out, "default", option->fallback);
    buf_char(out, ',');
    member(out, "help", option->help);
    buf_char(out, '}');
}

static void options(const struct service_def *def, struct buf *out)
{
    for (size_t i = 0; i < service_runtime_options_n; i++)
        option_row(out, &service_runtime_options[i], i == 0 ? "" : ",");
    for (size_t i = 0; i < def->options_n; i++)
        option_row(out, &def->options[i], ",");
}

static void statements(const struct service_def *def, struct buf *out)
{
    for (size_t i = 0; i < def->statements_n; i++) {
        buf_printf(out, "%s{", i == 0 ? "" : ",");
        member(out, "name", def->statements[i]->name);
        buf_char(out, ',');
        member(out, "sql", def->statements[i]->sql);
        buf_char(out, '}');
    }
}

void describe(const struct service_def *def, struct buf *out)
{
    buf_char(out, '{');
    member(out, "name", def->name);
    buf_char(out, ',');
    member(out, "summary", def->summary);
    buf_str(out, ",\"consumes\":[");
    topics(def, out);
    buf_str(out, "],\"publishes\":[");
    publishes(def, out);
    buf_str(out, "],\"routes\":[");
    routes(def, out);
    buf_str(out, "],\"jobs\":[");
    jobs(def, out);
    buf_str(out, "],\"options\":[");
    options(def, out);
    buf_str(out, "],\"statements\":[");
    statements(def, out);
    buf_printf(out, "],\"schema\":{\"least\":%d,\"most\":%d},\"needs\":{\"vault\":%s,\"policy\":%s,\"index_key\":%s}}",
               def->schema_least, def->schema_most, (def->needs & NEEDS_VAULT) != 0 ? "true" : "false",
               (def->needs & NEEDS_POLICY) != 0 ? "true" : "false",
               (def->needs & NEEDS_INDEX_KEY) != 0 ? "true" : "false");
}
