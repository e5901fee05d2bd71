/* refuse: what is not taken: its reason to contacts.refused, what came into quarantine, sealed and short-lived. */
#include <string.h>

#include "services/intake/batch.h"
#include "services/intake/store.h"

static const struct uuid nobody;

static void count_refusal(struct batch *batch, const char *rule)
{
    char labels[128];
    struct buf text;

    buf_init(&text, sizeof labels - 1);
    buf_str(&text, "rule=\"");
    for (const char *p = rule; *p != '\0'; p++)
        buf_char(&text, (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ? *p : '_');
    buf_str(&text, "\"");
    if (!text.failed) {
        memcpy(labels, text.p, text.n);
        labels[text.n] = '\0';
        metric_add(metrics_counter(batch->intake->metrics, "lethe_intake_refused_total", labels,
                                   "events refused, by the rule that refused them"),
                   1);
    }
    buf_free(&text);
}

void batch_refuse_part(struct batch *batch, struct work *work, const struct error *why, const struct uuid *request,
                       bool keep)
{
    *LIST_ADD(&batch->refusals, batch->arena) = (struct refusal){
        .work = work,
        .pointer = text_cstr(batch->arena, text_of(why->pointer)),
        .rule = text_cstr(batch->arena, text_of(why->rule)),
        .request = request != NULL ? *request : nobody,
        .keep = keep,
    };
}

void batch_refuse_work(struct batch *batch, struct work *work, const struct error *why, const struct uuid *request,
                       bool keep)
{
    batch_refuse_part(batch, work, why, request, keep);
    work->kind = WORK_REFUSED;
    work->item->outcome = DONE; /* dealt with: no dead letter */
}

/* ---- quarantine ------------------------------------------------------------------------------------------------------- */

static void add_text(struct buf *out, const char *name, struct text value)
{
    if (value.p == NULL || !text_utf8_valid(value))
        return;
    buf_str(out, name);
    buf_json_string(out, value);
}

/* {"data": base64, "id": ..., "source": ...} */
static struct text quarantine_text(struct batch *batch, const struct batch_item *item)
{
    const struct event_meta *meta = item->meta;
    struct buf *out = &batch->text;
    char at[CLOCK_TEXT_BYTES];

    buf_str(out, "{\"data\":\"");
    buf_text(out, crypto_base64(batch->arena, item->raw.p, item->raw.n));
    buf_char(out, '"');
    add_text(out, ",\"id\":", meta->id);
    add_text(out, ",\"source\":", meta->source);
    add_text(out, ",\"type\":", meta->type);
    add_text(out, ",\"subject\":", meta->subject);
    add_text(out, ",\"controller\":", meta->controller);
    if (meta->time_us != CLOCK_NONE && meta->time_us != 0) {
        clock_format(meta->time_us, at);
        add_text(out, ",\"time\":", text_of(at));
    }
    buf_char(out, '}');
    return batch_text(batch);
}

static struct hash hash_of(const struct batch *batch, const char *kind, struct text value)
{
    if (value.p == NULL)
        return (struct hash){0};
    return crypto_hash(batch->intake->index_key, kind, value);
}

static void publish(struct batch *batch, const struct refusal *refusal, const struct uuid *quarantine)
{
    const struct batch_item *item = refusal->work->item;
    const struct event_meta *meta = item->meta;
    const struct contact_refused refused = {
        .event_id = hash_of(batch, "event-id", meta->id),
        .event_source = hash_of(batch, "event-source", meta->source),
        .subject = hash_of(batch, "event-subject", meta->subject),
        .event_type = item->type != NULL ? text_of(item->type->name) : TEXT_NONE,
        .pointer = text_of(refusal->pointer),
        .rule = text_of(refusal->rule),
        .quarantine = *quarantine,
        .system = refusal->work->system,
        .request = refusal->request,
        .sent_at = meta->timestamp_us > 0 ? meta->timestamp_us : batch->call->now_us,
        .at = batch->call->now_us,
    };
    struct uuid key = batch_derived(batch, refusal->work, "refused", 0);
    char text[UUID_TEXT_BYTES];

    uuid_format(&key, text);
    outbox_add(batch->call->outbox,
               &(struct outbox_message){
                   .type = &contact_refused_event, .partition = -1, .key = text_of(text), .data = &refused});
}

static enum outcome keep(struct batch *batch, const struct refusal *refusal, struct uuid *id, struct error *err)
{
    const struct work *work = refusal->work;
    const struct policy *policy = batch->call->policy;
    struct hash_list keys;
    struct quarantine_row row = {
        .event_id = hash_of(batch, "event-id", work->item->meta->id),
        .event_source = hash_of(batch, "event-source", work->item->meta->source),
        .event_type = work->item->type != NULL ? text_of(work->item->type->name) : TEXT_NONE,
        .pointer = text_of(refusal->pointer),
        .rule = text_of(refusal->rule),
        .system = work->system,
        .request = refusal->request,
        .expires_us = duration_add(batch->call->now_us, policy->quarantine_keep),
    };

    if (!batch_identifiers(batch, work->item, &keys))
        return DONE; /* what a forget couldn't find isn't kept */
    /* by its place: an event that comes back while its first copy is being dropped is another one */
    *id = row.id = batch_fresh(batch, work, "quarantine", 0);
    row.keys = keys;
    *LIST_ADD(&batch->items, batch->arena) = (struct vault_item){
        .id = *id, .kind = VAULT_QUARANTINE, .plain = quarantine_text(batch, work->item), .expires_us = row.expires_us};
    return store_quarantine_put(batch->call, &row, err);
}

enum outcome batch_write_refusals(struct batch *batch, struct error *err)
{
    for (size_t i = 0; i < batch->refusals.n; i++) {
        const struct refusal *refusal = &batch->refusals.items[i];
        struct uuid id = {0};
        if (refusal->keep)
            TRY(keep(batch, refusal, &id, err));
        publish(batch, refusal, &id);
        count_refusal(batch, refusal->rule);
    }
    return DONE;
}
