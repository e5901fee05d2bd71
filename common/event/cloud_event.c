/* cloud_event: the CloudEvents 1.0 envelope in binary, structured and batch mode. */
#include <string.h>
#include <strings.h>

#include "common/event/value.h"

enum { ATTRIBUTE_BYTES_MOST = 1024 };

/* The attributes that we read. The envelope's other attributes are extensions of somebody's and are skipped. */
enum attribute {
    AT_SPECVERSION,
    AT_ID,
    AT_SOURCE,
    AT_TYPE,
    AT_SUBJECT,
    AT_TIME,
    AT_CONTROLLER,
    AT_TRACEPARENT,
    AT_DATACONTENTTYPE,
    ATTRIBUTES
};
static const char *const attribute_names[ATTRIBUTES] = {
    [AT_SPECVERSION] = "specversion",
    [AT_ID] = "id",
    [AT_SOURCE] = "source",
    [AT_TYPE] = "type",
    [AT_SUBJECT] = "subject",
    [AT_TIME] = "time",
    [AT_CONTROLLER] = "controller",
    [AT_TRACEPARENT] = "traceparent",
    [AT_DATACONTENTTYPE] = "datacontenttype",
};

static enum outcome refuse_attribute(struct error *err, enum attribute at, const char *rule, const char *why)
{
    char pointer[32] = "/";

    strncat(pointer, attribute_names[at], sizeof pointer - 2);
    return error_refuse(err, pointer, rule, "%s", why);
}

static int attribute_of(struct text name)
{
    for (int i = 0; i < ATTRIBUTES; i++)
        if (name.n == strlen(attribute_names[i]) && strncasecmp(name.p, attribute_names[i], name.n) == 0)
            return i;
    return -1;
}

static enum outcome check_text(struct text value, enum attribute at, struct error *err)
{
    if (value.n > ATTRIBUTE_BYTES_MOST)
        return refuse_attribute(err, at, "too long", "an attribute has more than 1,024 bytes");
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
            return refuse_attribute(err, at, "format", "a control character stands in an attribute");
    return text_utf8_valid(value) ? DONE : refuse_attribute(err, at, "utf-8", "an attribute isn't valid UTF-8");
}

static bool is_json_type(struct text type)
{
    const char *semicolon = memchr(type.p, ';', type.n);
    size_t n;

    if (semicolon != NULL)
        type.n = (size_t)(semicolon - type.p);
    type = text_trim(type);
    n = type.n;
    return (n == 16 && strncasecmp(type.p, "application/json", n) == 0) ||
           (n == 9 && strncasecmp(type.p, "text/json", n) == 0) ||
           (n > 5 && strncasecmp(type.p + n - 5, "+json", 5) == 0);
}

static struct event_meta meta_of(const struct text values[ATTRIBUTES])
{
    return (struct event_meta){
        .id = values[AT_ID],
        .source = values[AT_SOURCE],
        .type = values[AT_TYPE],
        .subject = values[AT_SUBJECT],
        .controller = values[AT_CONTROLLER],
        .traceparent = values[AT_TRACEPARENT],
        .time_us = CLOCK_NONE,
        .partition = -1,
        .offset = -1,
        .timestamp_us = CLOCK_NONE,
    };
}

/* meta is filled as far as it could be read, so that a refusal can be told by the hashes of its event's ids. */
static enum outcome envelope_of(const struct text values[ATTRIBUTES], struct event_meta *meta, struct error *err)
{
    static const enum attribute needed[] = {AT_SPECVERSION, AT_ID, AT_SOURCE, AT_TYPE};

    *meta = meta_of(values);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (values[needed[i]].n == 0)
            return refuse_attribute(err, needed[i], "required", "a required attribute is missing or empty");
    for (int i = 0; i < ATTRIBUTES; i++)
        TRY(check_text(values[i], (enum attribute)i, err));
    if (!text_is(values[AT_SPECVERSION], "1.0"))
        return refuse_attribute(err, AT_SPECVERSION, "enum", "the version of CloudEvents isn't 1.0");
    if (values[AT_DATACONTENTTYPE].p != NULL && !is_json_type(values[AT_DATACONTENTTYPE]))
        return refuse_attribute(err, AT_DATACONTENTTYPE, "enum", "the data's content type isn't JSON");
    if (values[AT_TIME].p != NULL && !clock_parse(values[AT_TIME], &meta->time_us))
        return refuse_attribute(err, AT_TIME, "format", "the time is no RFC 3339 time that exists");
    return DONE;
}

/* ---- binary mode -------------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* HTTP's binding percent-encodes what isn't printable ASCII (section 3.1.3.2). */
static struct text percent_decode(struct text value, struct arena *arena)
{
    char *out;
    size_t n = 0;

    if (value.n == 0 || memchr(value.p, '%', value.n) == NULL)
        return value;
    out = arena_alloc(arena, value.n + 1);
    for (size_t i = 0; i < value.n; i++) {
        int high = i + 2 < value.n && value.p[i] == '%' ? hex_digit(value.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(value.p[i + 2]) : -1;

        if (low >= 0) {
            out[n++] = (char)(high << 4 | low);
            i += 2;
        } else {
            out[n++] = value.p[i];
        }
    }
    return (struct text){.p = out, .n = n};
}

enum outcome cloud_event_from_headers(const struct header *headers, size_t headers_n, const char *prefix,
                                      struct text data, struct arena *arena, struct cloud_event *out, struct error *err)
{
    struct text values[ATTRIBUTES] = {0};
    size_t prefix_n = strlen(prefix);
    bool http = strcmp(prefix, "ce-") == 0;

    *out = (struct cloud_event){.data = data, .meta = meta_of(values)};
    for (size_t i = 0; i < headers_n; i++) {
        struct text name = headers[i].name, value = headers[i].value;
        int at = -1;

        if (name.n == 12 && strncasecmp(name.p, "content-type", 12) == 0)
            at = AT_DATACONTENTTYPE;
        else if (name.n > prefix_n && strncasecmp(name.p, prefix, prefix_n) == 0)
            at = attribute_of((struct text){.p = name.p + prefix_n, .n = name.n - prefix_n});
        if (at < 0 || (at == AT_DATACONTENTTYPE && values[at].p != NULL))
            continue;
        if (values[at].p != NULL)
            return refuse_attribute(err, (enum attribute)at, "duplicate member", "an attribute stands twice");
        if (value.n > (size_t)3 * ATTRIBUTE_BYTES_MOST)
            return refuse_attribute(err, (enum attribute)at, "too long", "an attribute has more than 1,024 bytes");
        values[at] = http ? percent_decode(value, arena) : value;
        if (values[at].p == NULL)
            values[at] = TEXT("");
    }
    return envelope_of(values, &out->meta, err);
}

/* ---- structured and batch mode ------------------------------------------------------------------------------------ */

static enum outcome read_attribute(struct reader *r, struct text *out)
{
    enum reader_kind kind;

    TRY(reader_next(r, &kind));
    if (kind == READ_NULL)
        return reader_literal(r, "null");
    if (kind != READ_STRING)
        return value_type_fault(r);
    return reader_string(r, out);
}

/* The data is checked here but stays as written: its own type decodes it. */
static enum outcome read_data(struct reader *r, struct text *out)
{
    enum reader_kind kind;

    TRY(reader_next(r, &kind));
    out->p = r->p;
    TRY(reader_skip(r, NULL));
    out->n = (size_t)(r->p - out->p);
    return DONE;
}

static enum outcome read_envelope_member(struct reader *r, struct text name, struct text values[ATTRIBUTES],
                                         struct text *data)
{
    int at = attribute_of(name);

    if (text_is(name, "data"))
        return read_data(r, data);
    if (text_is(name, "data_base64"))
        return reader_refuse(r, "format", "data is taken as JSON alone");
    if (at >= 0 && text_is(name, attribute_names[at]))
        return read_attribute(r, &values[at]);
    return reader_skip(r, NULL);
}

enum outcome cloud_event_from_json(struct text json, struct arena *arena, struct cloud_event *out, struct error *err)
{
    struct text values[ATTRIBUTES] = {0};
    struct reader_names names = {0};
    struct text name;
    enum reader_kind kind;
    struct reader r;
    size_t count = 0;
    bool more;

    *out = (struct cloud_event){.meta = meta_of(values)};
    reader_init(&r, json, "", arena, err);
    r.depth_most = EVENT_DEPTH_MOST + 1;
    TRY(reader_next(&r, &kind));
    if (kind != READ_OBJECT)
        return value_type_fault(&r);
    TRY(reader_enter(&r));
    for (;;) {
        TRY(reader_member(&r, &count, &more, &name));
        if (!more)
            break;
        reader_down_member(&r, name);
        TRY(reader_names_add(&r, &names, name));
        TRY(read_envelope_member(&r, name, values, &out->data));
        reader_up(&r);
    }
    TRY(reader_end(&r));
    return envelope_of(values, &out->meta, err);
}

enum outcome cloud_events_from_batch(struct text json, size_t most, struct arena *arena, struct cloud_event_item **out,
                                     size_t *out_n, struct error *err)
{
    struct cloud_event_item *items = NULL;
    size_t n = 0, room = 0, count = 0;
    enum reader_kind kind;
    struct reader r;
    bool more;

    reader_init(&r, json, "", arena, err);
    TRY(reader_next(&r, &kind));
    if (kind != READ_ARRAY)
        return value_type_fault(&r);
    TRY(reader_enter(&r));
    for (;;) {
        struct text span = TEXT_NONE;

        TRY(reader_item(&r, &count, &more));
        if (!more)
            break;
        if (n == most)
            return reader_refuse(&r, "items", "the batch has more events than allowed");
        TRY(reader_pass(&r, &span));
        items = value_list_grow(arena, items, n, &room, sizeof *items);
        items[n].outcome = cloud_event_from_json(span, arena, &items[n].event, &items[n].error);
        n++;
    }
    TRY(reader_end(&r));
    *out = items;
    *out_n = n;
    return DONE;
}
