/* wire: field tables and writers. */
#include "services/consent/wire.h"

#include "proto/table.h"

static const struct field decide_item_type_fields[] = {
    MUST_OBJECTS(decide_item, keys, key_type, 0, 16),
    MUST(decide_item, purpose, TEXT, 1, 1024),
    MUST(decide_item, channel, TEXT, 1, NAME_MOST),
    MAY(decide_item, record, UUID, 0, 0),
};
OPEN(decide_item, decide_item_type, NULL);
static const struct field decide_request_type_fields[] = {
    MUST_OBJECTS(decide_request, items, decide_item_type, 0, DECIDE_ITEMS_MOST),
};
const struct object_type decide_request_type = {
    .fields = decide_request_type_fields,
    .fields_n = 1,
    .size = sizeof(struct decide_request),
};

static const struct field subject_request_type_fields[] = {
    MAY_OBJECTS(subject_request, keys, key_type, 0, KEYS_MOST),
    MAY(subject_request, persons, UUIDS, 0, 1000),
};
const struct object_type subject_request_type = {
    .fields = subject_request_type_fields,
    .fields_n = 2,
    .size = sizeof(struct subject_request),
};

static void name_member(struct buf *out, bool *first, const char *name)
{
    if (!*first)
        buf_char(out, ',');
    *first = false;
    buf_json_string(out, text_of(name));
    buf_char(out, ':');
}

void wire_text(struct buf *out, bool *first, const char *name, struct text value)
{
    if (value.p == NULL)
        return;
    name_member(out, first, name);
    buf_json_string(out, value);
}

void wire_int(struct buf *out, bool *first, const char *name, int64_t value)
{
    if (value == INT64_MIN)
        return;
    name_member(out, first, name);
    buf_printf(out, "%lld", (long long)value);
}

void wire_time(struct buf *out, bool *first, const char *name, int64_t us)
{
    char text[CLOCK_TEXT_BYTES];

    if (us == CLOCK_NONE)
        return;
    clock_format(us, text);
    wire_text(out, first, name, text_of(text));
}

void wire_uuid(struct buf *out, bool *first, const char *name, const struct uuid *value)
{
    char text[UUID_TEXT_BYTES];

    if (uuid_is_nil(value))
        return;
    uuid_format(value, text);
    wire_text(out, first, name, text_of(text));
}

void wire_decide(const struct decide_answer *answers, size_t n, struct buf *out)
{
    buf_str(out, "{\"items\":[");
    for (size_t i = 0; i < n; i++) {
        const struct decide_answer *a = &answers[i];
        bool first = false;

        buf_str(out, i > 0 ? ",{\"allowed\":" : "{\"allowed\":");
        buf_str(out, a->allowed ? "true" : "false");
        wire_text(out, &first, "ground", a->ground);
        wire_int(out, &first, "position", a->position);
        wire_int(out, &first, "statement", a->statement);
        wire_text(out, &first, "why", a->why);
        wire_text(out, &first, "unsubscribe_url", a->unsubscribe_url);
        wire_text(out, &first, "unsubscribe_mailto", a->unsubscribe_mailto);
        buf_char(out, '}');
    }
    buf_str(out, "]}");
}

void wire_mail(const struct confirmation_mail *mail, const char *template_name, struct buf *out)
{
    bool first = false;

    buf_str(out, "{\"template\":");
    buf_json_string(out, text_of(template_name));
    wire_text(out, &first, "language", mail->language);
    wire_text(out, &first, "controller", mail->controller);
    wire_text(out, &first, "purpose", mail->purpose);
    wire_text(out, &first, "statement", mail->statement);
    wire_text(out, &first, "confirm_url", mail->confirm_url);
    wire_text(out, &first, "valid_until", mail->valid_until);
    buf_char(out, '}');
}

void wire_evidence(const struct confirmation_evidence *evidence, struct buf *out)
{
    bool first = false;

    buf_str(out, "{\"how\":");
    buf_json_string(out, text_of(evidence->how));
    wire_time(out, &first, "at", evidence->at);
    wire_text(out, &first, "client", evidence->client);
    wire_text(out, &first, "user_agent", evidence->user_agent);
    wire_text(out, &first, "purpose", evidence->purpose);
    wire_int(out, &first, "statement", evidence->statement);
    wire_int(out, &first, "age_over", evidence->age_over > 0 ? evidence->age_over : INT64_MIN);
    wire_text(out, &first, "language", evidence->language);
    wire_text(out, &first, "statement_digest", evidence->statement_digest);
    buf_char(out, '}');
}
