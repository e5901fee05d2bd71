/* store: what a batch writes, set by set. */
#include "services/intake/store.h"

#include <string.h>

#include "gen/intake_sql.h"

enum outcome store_records_put(struct batch *batch, const struct slot *const *slots, const struct bytes *sealed,
                               size_t n, struct error *err)
{
    struct arena *arena = batch->arena;
    struct uuid *ids = ARENA_ARRAY(arena, n, struct uuid);
    struct hash *source = ARENA_ARRAY(arena, n, struct hash), *email = ARENA_ARRAY(arena, n, struct hash);
    struct hash *wide = ARENA_ARRAY(arena, n, struct hash), *phone = ARENA_ARRAY(arena, n, struct hash);
    struct hash *surname = ARENA_ARRAY(arena, n, struct hash);
    struct text *systems = ARENA_ARRAY(arena, n, struct text), *categories = ARENA_ARRAY(arena, n, struct text);
    int32_t *kinds = ARENA_ARRAY(arena, n, int32_t), *acts = ARENA_ARRAY(arena, n, int32_t);
    int64_t *versions = ARENA_ARRAY(arena, n, int64_t), *fulls = ARENA_ARRAY(arena, n, int64_t);
    int64_t *revs = ARENA_ARRAY(arena, n, int64_t), *captured = ARENA_ARRAY(arena, n, int64_t);
    int64_t *policies = ARENA_ARRAY(arena, n, int64_t), *expected = ARENA_ARRAY(arena, n, int64_t);
    struct pg_params params;

    for (size_t i = 0; i < n; i++) {
        const struct slot *slot = slots[i];
        ids[i] = slot->record;
        source[i] = slot->key;
        email[i] = slot->ids.email;
        wide[i] = slot->ids.email_wide;
        phone[i] = slot->ids.phone;
        surname[i] = slot->ids.phone_surname;
        systems[i] = slot->state.system;
        categories[i] = text_of(slot->state.category->name);
        kinds[i] = (int32_t)slot->version.kind;
        versions[i] = slot->state.version;
        fulls[i] = slot->state.full;
        revs[i] = slot->new_rev;
        acts[i] = slot->state.act;
        captured[i] = slot->state.captured_at;
        policies[i] = batch->call->policy_version;
        expected[i] = slot->fresh ? INT64_MIN : slot->rev;
    }
    pg_params_init(&params, arena);
    pg_add_uuids(&params, ids, n);
    pg_add_bytes_array(&params, sealed, n);
    pg_add_hashes(&params, source, n);
    pg_add_hashes(&params, email, n);
    pg_add_hashes(&params, wide, n);
    pg_add_hashes(&params, phone, n);
    pg_add_hashes(&params, surname, n);
    pg_add_texts(&params, systems, n);
    pg_add_texts(&params, categories, n);
    pg_add_int4s(&params, kinds, n);
    pg_add_int8s(&params, versions, n);
    pg_add_int8s(&params, fulls, n);
    pg_add_int8s(&params, revs, n);
    pg_add_int4s(&params, acts, n);
    pg_add_times(&params, captured, n);
    pg_add_int8s(&params, policies, n);
    pg_add_time(&params, batch->call->now_us);
    pg_add_int8s(&params, expected, n);
    return pg_queue(batch->call->pg, &intake_sql_records_put, &params, err);
}

/* ---- statements that take one array of ids -------------------------------------------------------------------------------- */

static enum outcome queue_ids(struct call *call, const struct pg_statement *statement, const struct uuid *ids, size_t n,
                              struct error *err)
{
    struct pg_params params;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    return pg_queue(call->pg, statement, &params, err);
}

enum outcome store_records_delete(struct call *call, const struct uuid *ids, size_t n, struct error *err)
{
    return queue_ids(call, &intake_sql_records_delete, ids, n, err);
}

enum outcome store_doom(struct call *call, const struct uuid *ids, size_t n, struct error *err)
{
    return queue_ids(call, &intake_sql_doom, ids, n, err);
}

enum outcome store_parts_drop(struct call *call, const struct uuid *ids, size_t n, struct error *err)
{
    return queue_ids(call, &intake_sql_parts_drop, ids, n, err);
}

/* ---- the small ones --------------------------------------------------------------------------------------------------------- */

enum outcome store_kinds_put(struct batch *batch, struct error *err)
{
    size_t n = batch->new_kinds.n;
    struct text *systems = ARENA_ARRAY(batch->arena, n, struct text);
    int32_t *kinds = ARENA_ARRAY(batch->arena, n, int32_t);
    struct pg_params params;
    struct pg_rows rows;
    int written;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++) {
        systems[i] = batch->new_kinds.items[i].system;
        kinds[i] = batch->new_kinds.items[i].kind;
    }
    pg_params_init(&params, batch->arena);
    pg_add_texts(&params, systems, n);
    pg_add_int4s(&params, kinds, n);
    TRY(pg_exec(batch->call->pg, &intake_sql_kinds_put, &params, &rows, err));
    written = rows.n;
    pg_rows_free(&rows);
    return (size_t)written == n ? DONE : error_retry(err, "system kind", "another process met this system first");
}

enum outcome store_ends_put(struct call *call, const struct end *ends, size_t n, struct error *err)
{
    struct hash *keys = ARENA_ARRAY(call->arena, n, struct hash);
    int32_t *kinds = ARENA_ARRAY(call->arena, n, int32_t), *reasons = ARENA_ARRAY(call->arena, n, int32_t);
    int64_t *values = ARENA_ARRAY(call->arena, n, int64_t);
    struct pg_params params;
    size_t m = 0;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < m && !hash_equal(&keys[k], &ends[i].key))
            k++; /* a batch seldom ends many; the last word about a key counts */
        keys[k] = ends[i].key;
        kinds[k] = (int32_t)ends[i].version.kind;
        values[k] = ends[i].version.value;
        reasons[k] = ends[i].reason;
        m += k == m;
    }
    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys, m);
    pg_add_int4s(&params, kinds, m);
    pg_add_int8s(&params, values, m);
    pg_add_int4s(&params, reasons, m);
    return pg_queue(call->pg, &intake_sql_ended_put, &params, err);
}

enum outcome store_ends_drop(struct call *call, const struct hash *keys, size_t n, struct error *err)
{
    struct pg_params params;

    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys, n);
    return pg_queue(call->pg, &intake_sql_ended_drop, &params, err);
}

enum outcome store_barriers_put(struct call *call, const struct seen_barrier *barriers, size_t n, struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(call->arena, n, struct uuid);
    int32_t *parts = ARENA_ARRAY(call->arena, n, int32_t);
    struct pg_params params;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++) {
        ids[i] = barriers[i].barrier;
        parts[i] = barriers[i].part;
    }
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, ids, n);
    pg_add_int4s(&params, parts, n);
    return pg_queue(call->pg, &intake_sql_barriers_put, &params, err);
}

enum outcome store_rolled_put(struct call *call, const int64_t *next, size_t n, struct error *err)
{
    int32_t *parts = ARENA_ARRAY(call->arena, n, int32_t);
    int64_t *offsets = ARENA_ARRAY(call->arena, n, int64_t);
    struct pg_params params;
    size_t m = 0;

    for (size_t i = 0; i < n; i++)
        if (next[i] > 0) {
            parts[m] = (int32_t)i;
            offsets[m++] = next[i];
        }
    if (m == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_int4s(&params, parts, m);
    pg_add_int8s(&params, offsets, m);
    return pg_queue(call->pg, &intake_sql_rolled_put, &params, err);
}

/* ---- activities --------------------------------------------------------------------------------------------------------------- */

static enum outcome put_parts(struct batch *batch, const struct slot *slot, struct error *err)
{
    struct arena *arena = batch->arena;
    size_t most = slot->activity->n, n = 0;
    struct uuid *ids = ARENA_ARRAY(arena, most, struct uuid), *activities = ARENA_ARRAY(arena, most, struct uuid);
    struct uuid *records = ARENA_ARRAY(arena, most, struct uuid);
    int32_t *roles = ARENA_ARRAY(arena, most, int32_t);
    bool *staff = ARENA_ARRAY(arena, most, bool), *mailboxes = ARENA_ARRAY(arena, most, bool);
    struct hash *source = ARENA_ARRAY(arena, most, struct hash), *email = ARENA_ARRAY(arena, most, struct hash);
    struct hash *wide = ARENA_ARRAY(arena, most, struct hash);
    struct pg_params params;

    for (size_t i = 0; i < most; i++) {
        const struct part *part = &slot->activity->parts[i];
        if (part->gone)
            continue;
        ids[n] = part->part_id;
        activities[n] = slot->record;
        records[n] = part->record_id;
        roles[n] = part->role;
        staff[n] = part->staff;
        mailboxes[n] = part->ids.role_mailbox;
        source[n] = part->ids.source;
        email[n] = part->ids.email;
        wide[n++] = part->ids.email_wide;
    }
    if (n == 0)
        return DONE;
    pg_params_init(&params, arena);
    pg_add_uuids(&params, ids, n);
    pg_add_uuids(&params, activities, n);
    pg_add_int4s(&params, roles, n);
    pg_add_bools(&params, staff, n);
    pg_add_uuids(&params, records, n);
    pg_add_hashes(&params, source, n);
    pg_add_hashes(&params, email, n);
    pg_add_hashes(&params, wide, n);
    pg_add_bools(&params, mailboxes, n);
    return pg_queue(batch->call->pg, &intake_sql_parts_put, &params, err);
}

enum outcome store_activity_put(struct batch *batch, const struct slot *slot, struct error *err)
{
    const struct activity_content *content = &slot->activity->content;
    struct named_date_list dates = activity_dates(content, batch->arena);
    struct text *names = ARENA_ARRAY(batch->arena, dates.n, struct text);
    int64_t *times = ARENA_ARRAY(batch->arena, dates.n, int64_t);
    struct pg_params params;

    for (size_t i = 0; i < dates.n; i++) {
        names[i] = dates.items[i].name;
        times[i] = dates.items[i].at;
    }
    pg_params_init(&params, batch->arena);
    pg_add_uuid(&params, &slot->record);
    pg_add_uuid(&params, &slot->content);
    pg_add_hash(&params, &slot->key);
    pg_add_text(&params, content->system);
    pg_add_str(&params, content->category->name);
    pg_add_int4(&params, (int32_t)slot->version.kind);
    pg_add_int8(&params, slot->version.value);
    pg_add_int8(&params, slot->new_rev);
    pg_add_texts(&params, names, dates.n);
    pg_add_times(&params, times, dates.n);
    pg_add_int8(&params, batch->call->policy_version);
    pg_add_bool(&params, slot->now_partial);
    if (slot->fresh)
        pg_add_null(&params);
    else
        pg_add_int8(&params, slot->rev);
    TRY(pg_queue(batch->call->pg, &intake_sql_activities_put, &params, err));
    return put_parts(batch, slot, err);
}

enum outcome store_quarantine_put(struct call *call, const struct quarantine_row *row, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &row->id);
    pg_add_hash(&params, &row->event_id);
    pg_add_hash(&params, &row->event_source);
    pg_add_text(&params, row->event_type);
    pg_add_text(&params, row->pointer);
    pg_add_text(&params, row->rule);
    pg_add_text(&params, row->system);
    pg_add_uuid(&params, &row->request);
    pg_add_hashes(&params, row->keys.items, row->keys.n);
    pg_add_time(&params, call->now_us);
    pg_add_time(&params, row->expires_us);
    return pg_queue(call->pg, &intake_sql_quarantine_put, &params, err);
}
