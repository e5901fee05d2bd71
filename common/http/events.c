/* http/events: the CloudEvents of a request: binary, structured and batch mode of the HTTP protocol binding 1.0. */
#include "common/http/internal.h"

static enum outcome as_bad_request(enum outcome outcome, struct error *err)
{
    if (outcome == REFUSED && err->status == 0)
        err->status = 400;
    return outcome;
}

enum outcome http_events(const struct http_request *request, size_t most, struct arena *arena,
                         struct cloud_event_item **out, size_t *out_n, struct error *err)
{
    *out = NULL;
    *out_n = 0;
    if (text_is(request->content_type, "application/cloudevents-batch+json"))
        return as_bad_request(cloud_events_from_batch(request->body, most, arena, out, out_n, err), err);

    struct cloud_event_item *item = ARENA_NEW(arena, struct cloud_event_item);
    enum outcome o;
    if (text_is(request->content_type, "application/cloudevents+json"))
        o = cloud_event_from_json(request->body, arena, &item->event, err);
    else if (text_is(request->content_type, "application/json"))
        o = cloud_event_from_headers(request->headers, request->headers_n, "ce-", request->body, arena, &item->event,
                                     err);
    else
        return error_status(err, 415, "content type",
                            "send application/cloudevents+json, application/cloudevents-batch+json, or "
                            "application/json with ce- headers");
    if (o != DONE)
        return as_bad_request(o, err);
    *out = item;
    *out_n = 1;
    return DONE;
}
