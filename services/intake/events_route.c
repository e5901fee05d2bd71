/* events_route: POST /v1/events: the same decoding and the same policy as on contacts.in, at once; what passes is in Kafka
 * before the 202. */
#include <string.h>

#include "services/intake/activity.h"
#include "services/intake/acts.h"
#include "services/intake/producer.h"
#include "services/intake/routes.h"
#include "services/intake/tokens.h"

/* MESSAGE_MOST: the broker takes batches of 1 MiB with all that is around a message; what it doesn't take must be refused
 * here, since no trying again helps. */
enum { EVENTS_MOST = 1000, SEND_WAIT_MS = 5000, HEADERS_MOST = 9, MESSAGE_MOST = 1000000 };

static const struct event_type *const taken[] = {
    &contact_recorded_event,  &contact_merged_event,    &contact_removed_event,
    &activity_recorded_event, &consent_requested_event, &consent_recorded_event,
    &consent_withdrawn_event, &consent_objected_event,  &forget_requested_event,
};

static const struct event_type *type_of(struct text name)
{
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (text_is(name, taken[i]->name))
            return taken[i];
    return NULL;
}

/* What orders an event among others: its record, activity or address. */
static struct text key_of(const struct event_type *type, const void *data, struct arena *arena)
{
    struct text system, id;

    if (type == &contact_recorded_event) {
        system = ((const struct contact_recorded *)data)->record.system;
        id = ((const struct contact_recorded *)data)->record.id;
    } else if (type == &contact_removed_event) {
        system = ((const struct contact_removed *)data)->record.system;
        id = ((const struct contact_removed *)data)->record.id;
    } else if (type == &contact_merged_event) {
        system = ((const struct contact_merged *)data)->system;
        id = ((const struct contact_merged *)data)->survivor;
    } else if (type == &activity_recorded_event) {
        system = ((const struct activity_recorded *)data)->activity.system;
        id = ((const struct activity_recorded *)data)->activity.id;
    } else if (type == &consent_requested_event || type == &consent_recorded_event) {
        return ((const struct consent_act *)data)->address;
    } else if (type == &consent_withdrawn_event || type == &consent_objected_event) {
        const struct consent_refusal *refusal = data;
        if (!refusal->has_record)
            return refusal->address;
        system = refusal->record.system;
        id = refusal->record.id;
    } else {
        const struct forget_asked *asked = data;
        if (!asked->has_record)
            return asked->address;
        system = asked->record.system;
        id = asked->record.id;
    }
    return text_format(arena, "%.*s/%.*s", TEXT_ARGS(system), TEXT_ARGS(id));
}

static enum outcome check_policy(const struct call *call, const struct event_type *type, const void *data,
                                 struct error *err)
{
    const struct crypto_key *index_key = ((const struct intake *)call->state)->index_key;
    const struct policy *policy = call->policy;
    struct arena *arena = call->arena;
    struct subject subject = {0};
    struct change change;
    struct activity activity;

    if (type == &contact_recorded_event)
        return change_admit(policy, data, arena, &change, err);
    if (type == &activity_recorded_event)
        return activity_admit(policy, index_key, data, arena, &activity, err);
    if (type == &contact_removed_event)
        return removed_admit(policy, data, err);
    if (type == &contact_merged_event)
        return merged_admit(policy, data, err);
    if (type == &consent_requested_event || type == &consent_recorded_event)
        return consent_admit(policy, index_key, data, arena, &subject, err);
    if (type == &consent_withdrawn_event || type == &consent_objected_event)
        return refusal_admit(policy, index_key, data, arena, &subject, err);
    return forget_admit(policy, index_key, data, arena, &subject, err);
}

static enum outcome check(const struct call *call, struct text sender, const struct cloud_event *event,
                          struct text *key, struct error *err)
{
    const struct event_type *type = type_of(event->meta.type);
    void *data;

    if (type == NULL)
        return error_refuse(err, "/type", "unknown type", "events of this type aren't taken");
    if (event->meta.controller.p != NULL && !text_is(event->meta.controller, call->policy->controller))
        return error_refuse(err, "/controller", "controller", "the event is of another controller");
    if (event->data.n > EVENT_BYTES_MOST)
        return error_refuse(err, "/data", "too long", "the event is longer than 1 MiB");
    TRY(event_decode(type->data, event->data, call->arena, &data, err));
    if (sender.p != NULL)
        TRY(tokens_admit(sender, &event->meta, type, data, err));
    TRY(check_policy(call, type, data, err));
    *key = key_of(type, data, call->arena);
    return DONE;
}

static void add_header(struct header *headers, size_t *n, const char *name, struct text value)
{
    if (value.p != NULL && value.n > 0)
        headers[(*n)++] = (struct header){text_of(name), value};
}

struct kafka_record events_record(const struct cloud_event *event, struct text key, struct arena *arena)
{
    struct header *headers = ARENA_ARRAY(arena, HEADERS_MOST, struct header);
    const struct event_meta *meta = &event->meta;
    char *time = arena_alloc(arena, CLOCK_TEXT_BYTES);
    size_t n = 0;

    add_header(headers, &n, "ce_specversion", TEXT("1.0"));
    add_header(headers, &n, "ce_id", meta->id);
    add_header(headers, &n, "ce_source", meta->source);
    add_header(headers, &n, "ce_type", meta->type);
    add_header(headers, &n, "ce_subject", meta->subject);
    add_header(headers, &n, "ce_controller", meta->controller);
    add_header(headers, &n, "ce_traceparent", meta->traceparent);
    if (meta->time_us != CLOCK_NONE) {
        clock_format(meta->time_us, time);
        add_header(headers, &n, "ce_time", text_of(time));
    }
    add_header(headers, &n, "content-type", TEXT("application/json"));
    return (struct kafka_record){
        .topic = "contacts.in", .partition = -1, .key = key, .value = event->data, .headers = headers, .headers_n = n};
}

static enum outcome check_size(const struct kafka_record *record, struct error *err)
{
    size_t n = record->key.n + record->value.n;

    for (size_t i = 0; i < record->headers_n; i++)
        n += record->headers[i].name.n + record->headers[i].value.n;
    return n <= MESSAGE_MOST ? DONE
                             : error_refuse(err, "/data", "too long", "the event is longer than 1,000,000 bytes");
}

static enum outcome take_item(const struct call *call, struct text sender, const struct cloud_event_item *item,
                              struct kafka_record *record, struct error *err)
{
    struct text key = TEXT_NONE;

    if (item->outcome != DONE) {
        *err = item->error;
        return item->outcome;
    }
    TRY(check(call, sender, &item->event, &key, err));
    *record = events_record(&item->event, key, call->arena);
    return check_size(record, err);
}

static void add_refusal(struct buf *out, size_t *refused, size_t index, const struct error *why)
{
    buf_printf(out, "%s{\"index\":%zu,\"pointer\":", (*refused)++ == 0 ? "" : ",", index);
    buf_json_string(out, text_of(why->pointer));
    buf_str(out, ",\"rule\":");
    buf_json_string(out, text_of(why->rule));
    buf_char(out, '}');
}

enum outcome post_events(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err)
{
    const struct intake *intake = call->state;
    struct cloud_event_item *items;
    struct kafka_record *records;
    struct text sender = TEXT_NONE;
    size_t n, accepted = 0, refused = 0;

    if (intake->tokens != NULL) {
        sender = tokens_source(intake->tokens, http_header(request, "authorization"));
        if (sender.p == NULL)
            return error_status(err, 401, "token", "a bearer token of a source is needed");
    }
    TRY(http_events(request, EVENTS_MOST, call->arena, &items, &n, err));
    records = ARENA_ARRAY(call->arena, n, struct kafka_record);
    buf_str(&response->body, "{\"refused\":[");
    for (size_t i = 0; i < n; i++) {
        struct error why = {0};
        if (take_item(call, sender, &items[i], &records[accepted], &why) == DONE)
            accepted++;
        else
            add_refusal(&response->body, &refused, i, &why);
    }
    buf_printf(&response->body, "],\"accepted\":%zu}", accepted);
    TRY(call_pause(call, err));
    if (producer_send(intake->producer, records, accepted, SEND_WAIT_MS, err) != DONE) {
        struct error why = *err;
        buf_reset(&response->body);
        TRY(call_resume(call, err));
        *err = why;
        return why.status != 0 ? REFUSED : RETRY;
    }
    response->status = 202;
    return call_resume(call, err);
}
