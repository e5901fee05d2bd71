/* tool_catalogue: the service's catalogue: a copy that it doesn't know would be missed by every forget. */
#include "services/backup/tool.h"

enum { TIMEOUT_MS = 10000, ANSWER_MOST = 65536 };

static enum outcome call_service(struct tool *tool, enum http_method method, struct text path, struct text body,
                                 struct error *err)
{
    struct http_call call = {
        .method = method,
        .url = text_format(tool->arena, "%s%.*s", option_text(tool->options, "backup-url"), TEXT_ARGS(path)).p,
        .bearer = option_text(tool->options, "internal-token"),
        .body = body,
        .timeout_ms = TIMEOUT_MS,
        .answer_limit = ANSWER_MOST,
    };
    struct http_answer answer;

    TRY(http_client_call(tool->http, &call, tool->arena, &answer, err));
    if (answer.status / 100 != 2)
        return error_retry(err, "backup", "the catalogue answers with status %d", answer.status);
    return DONE;
}

static void add_time(struct buf *out, const char *name, int64_t us)
{
    char text[CLOCK_TEXT_BYTES];

    clock_format(us, text);
    buf_printf(out, ",\"%s\":\"%s\"", name, text);
}

static void add_number(struct buf *out, const char *name, int64_t n)
{
    if (n != INT64_MIN)
        buf_printf(out, ",\"%s\":%lld", name, (long long)n);
}

enum outcome catalogue_register(struct tool *tool, const struct copy *copy, struct error *err)
{
    char id[UUID_TEXT_BYTES];
    struct text body;
    struct buf out;

    uuid_format(&copy->id, id);
    buf_init(&out, 4096);
    buf_printf(&out, "{\"id\":\"%s\",\"kind\":\"own\",\"contents\":\"everything\",\"name\":", id);
    buf_json_string(
        &out, text_format(tool->arena, "%s %s", rotation_names[copy->rotation], copy->keyring ? "keyring" : "schemas"));
    buf_str(&out, ",\"holder\":");
    buf_json_string(&out, text_of(option_text(tool->options, "holder")));
    add_time(&out, "taken_at", copy->taken_us);
    add_time(&out, "expires_at", copy->expires_us);
    buf_str(&out, ",\"place\":");
    buf_json_string(&out, copy->place);
    buf_printf(&out, ",\"keyring\":%s", copy->keyring ? "true" : "false");
    add_number(&out, "kek_epoch", copy->kek_epoch);
    add_number(&out, "ledger", copy->ledger);
    buf_char(&out, '}');
    ENSURE(!out.failed);
    body = text_copy(tool->arena, buf_view(&out));
    buf_free(&out);
    return call_service(tool, HTTP_POST, TEXT("/internal/v1/backups"), body, err);
}

enum outcome catalogue_gone(struct tool *tool, const struct copy *copy, struct error *err)
{
    char id[UUID_TEXT_BYTES];

    uuid_format(&copy->id, id);
    return call_service(tool, HTTP_PATCH, text_format(tool->arena, "/internal/v1/backups/%s", id),
                        TEXT("{\"gone\":true}"), err);
}
