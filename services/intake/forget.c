/* forget: intake's own table: restrict and barriers, keys first, then rows, then the second look. */
#include "services/intake/forget.h"

#include <string.h>

#include "gen/intake_sql.h"
#include "services/intake/routes.h"
#include "services/intake/store.h"

/* ---- restricted at once, and the barriers ----------------------------------------------------------------------------------- */

/* One barrier into every partition of contacts.in. Its id follows from the request's, so that a repeat is the same. */
static void send_barriers(struct call *call, const struct uuid *request)
{
    const struct intake *intake = call->state;
    struct hash hash =
        crypto_hash(intake->index_key, "barrier", (struct text){(const char *)request->b, sizeof request->b});
    struct uuid one = *request;
    struct barrier barrier = {
        .barrier = uuid_v8(hash.b), .partitions = intake->partitions, .requests = {.items = &one, .n = 1}};
    char key[UUID_TEXT_BYTES];

    uuid_format(&barrier.barrier, key);
    for (int32_t p = 0; p < intake->partitions; p++) {
        barrier.partition = p;
        outbox_add(
            call->outbox,
            &(struct outbox_message){
                .type = &barrier_event, .topic = "contacts.in", .partition = p, .key = text_of(key), .data = &barrier});
    }
}

static enum outcome restrict_now(struct call *call, const struct forget_set *set, struct error *err)
{
    struct pg_params params;
    struct plan plan;
    struct hash *sources;
    struct uuid *ids;

    TRY(plan_make(call, set, &plan, err));
    send_barriers(call, &set->request);
    if (plan.records.n == 0)
        return DONE;
    sources = ARENA_ARRAY(call->arena, plan.records.n, struct hash);
    ids = ARENA_ARRAY(call->arena, plan.records.n, struct uuid);
    for (size_t i = 0; i < plan.records.n; i++) {
        sources[i] = plan.records.items[i].source;
        ids[i] = plan.records.items[i].id;
    }
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &set->request);
    pg_add_hashes(&params, sources, plan.records.n);
    pg_add_uuids(&params, ids, plan.records.n);
    return pg_queue(call->pg, &intake_sql_restrict_put, &params, err);
}

static enum outcome by_request(struct call *call, const struct pg_statement *statement, const struct uuid *request,
                               struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    return pg_queue(call->pg, statement, &params, err);
}

static enum outcome lift(struct call *call, const struct forget_set *set, struct error *err)
{
    TRY(by_request(call, &intake_sql_restrict_drop, &set->request, err));
    TRY(by_request(call, &intake_sql_quarantine_requeue, &set->request, err));
    call_wake(call, "requeue");
    return DONE;
}

/* ---- keys first --------------------------------------------------------------------------------------------------------------- */

enum gone_kind { GONE_OTHER, GONE_PART, GONE_CONTENT };
struct ids {
    LIST(struct uuid) list;
    LIST(int32_t) kinds;
};

static void add_ids(struct call *call, struct ids *ids, enum gone_kind kind, const struct uuid *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        *LIST_ADD(&ids->list, call->arena) = items[i];
        *LIST_ADD(&ids->kinds, call->arena) = (int32_t)kind;
    }
}

static void doomed_ids(struct call *call, const struct forget_set *set, const struct plan *plan, struct ids *ids)
{
    /* what is counted comes first: a first content's id is its activity's */
    for (size_t i = 0; i < plan->activities.n; i++)
        if (plan->activities.items[i].dies)
            add_ids(call, ids, GONE_CONTENT, &plan->activities.items[i].content, 1);
    add_ids(call, ids, GONE_PART, plan->parts.items, plan->own_parts);
    add_ids(call, ids, GONE_OTHER, plan->parts.items + plan->own_parts, plan->parts.n - plan->own_parts);
    add_ids(call, ids, GONE_OTHER, plan->record_ids.items, plan->record_ids.n);
    add_ids(call, ids, GONE_OTHER, set->activities.items, set->activities.n);
    add_ids(call, ids, GONE_OTHER, set->parts.items, set->parts.n);
    add_ids(call, ids, GONE_OTHER, plan->quarantine.items, plan->quarantine.n);
}

/* The staff's parts of what dies go with it. */
static enum outcome add_dying_parts(struct call *call, struct plan *plan, struct error *err)
{
    struct uuid *dying = ARENA_ARRAY(call->arena, plan->activities.n, struct uuid);
    struct pg_params params;
    struct pg_rows rows;
    size_t n = 0;

    for (size_t i = 0; i < plan->activities.n; i++)
        if (plan->activities.items[i].dies)
            dying[n++] = plan->activities.items[i].activity;
    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, dying, n);
    TRY(pg_exec(call->pg, &intake_sql_parts, &params, &rows, err));
    for (int i = 0; i < rows.n; i++)
        *LIST_ADD(&plan->parts, call->arena) = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome prepare(struct call *call, const struct forget_set *set, struct error *err)
{
    struct uuid_list old = {0};
    struct ids ids = {0};
    struct pg_params params;
    struct plan plan;
    int64_t destroyed;

    TRY(plan_make(call, set, &plan, err));
    TRY(add_dying_parts(call, &plan, err));
    if (!set->expiry)
        TRY(plan_redact(call, set, &plan, &old, err));
    doomed_ids(call, set, &plan, &ids);
    add_ids(call, &ids, GONE_OTHER, old.items, old.n);
    if (ids.list.n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &set->request);
    pg_add_uuids(&params, ids.list.items, ids.list.n);
    pg_add_int4s(&params, ids.kinds.items, ids.kinds.n);
    TRY(pg_queue(call->pg, &intake_sql_forget_gone_put, &params, err));
    if (old.n > 0)
        TRY(call_checkpoint(call, err)); /* others' contents stand under their new keys before the old ones go */
    crash_point("intake.before-keys");
    TRY(vault_keys_destroy(call->vault, ids.list.items, ids.list.n, &destroyed, err));
    crash_point("intake.after-keys");
    return DONE;
}

/* ---- then the rows -------------------------------------------------------------------------------------------------------------- */

static enum outcome rev_base(struct call *call, int64_t *base, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_exec(call->pg, &intake_sql_revision, NULL, &rows, err));
    *base = rows.n == 1 ? pg_get_int8(&rows, 0, 0) : 0;
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome end_records(struct call *call, const struct forget_set *set, const struct plan *plan, int64_t base,
                                struct error *err)
{
    struct end *ends = ARENA_ARRAY(call->arena, plan->records.n + plan->activities.n, struct end);
    int reason = set->expiry ? END_EXPIRED : END_FORGOTTEN;
    struct pg_params params;
    size_t n = 0;

    for (size_t i = 0; i < plan->records.n; i++) {
        const struct doomed_record *record = &plan->records.items[i];
        announce_removed(call, &record->id, decide_rev(record->rev, base), reason, -1);
        ends[n++] = (struct end){.key = record->source, .version = record->version, .reason = reason};
    }
    for (size_t i = 0; i < plan->activities.n; i++)
        if (plan->activities.items[i].dies)
            ends[n++] = (struct end){.key = plan->activities.items[i].source,
                                     .version = plan->activities.items[i].version,
                                     .reason = reason};
    if (set->expiry)
        return store_ends_put(call, ends, n, err);
    /* the tombstones say it from now on */
    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, plan->sources.items, plan->sources.n);
    return pg_queue(call->pg, &intake_sql_ended_erase, &params, err);
}

static bool is_dying(const struct plan *plan, const struct uuid *part)
{
    for (size_t i = 0; i < plan->parts.n; i++)
        if (uuid_equal(&plan->parts.items[i], part))
            return true;
    return false;
}

static enum outcome announce_rest(struct call *call, const struct plan *plan, const struct touched *touched,
                                  int64_t rev, struct error *err)
{
    struct activity_accepted accepted = {.activity = touched->activity,
                                         .rev = rev,
                                         .system = touched->system,
                                         .category = touched->category,
                                         .policy_version = touched->policy_version};

    TRY(activity_parts(call, &touched->activity, &accepted.parts, err));
    size_t n = 0;
    for (size_t i = 0; i < accepted.parts.n; i++)
        if (!is_dying(plan, &accepted.parts.items[i].part))
            accepted.parts.items[n++] = accepted.parts.items[i];
    accepted.parts.n = n;
    activity_dates_of(call, touched->date_names, touched->dates, &accepted.dates);
    outbox_publish(call->outbox, &activity_accepted_event, &touched->activity, &accepted);
    return DONE;
}

static enum outcome tell_activities(struct call *call, const struct forget_set *set, const struct plan *plan,
                                    int64_t base, struct error *err)
{
    struct uuid *staying = ARENA_ARRAY(call->arena, plan->activities.n, struct uuid);
    int64_t *revs = ARENA_ARRAY(call->arena, plan->activities.n, int64_t);
    struct pg_params params;
    size_t n = 0;

    for (size_t i = 0; i < plan->activities.n; i++) {
        const struct touched *touched = &plan->activities.items[i];
        int64_t rev = decide_rev(touched->rev, base);
        if (touched->dies) {
            const struct activity_removed removed = {
                .activity = touched->activity, .rev = rev, .reason = set->expiry ? END_EXPIRED : END_FORGOTTEN};
            outbox_publish(call->outbox, &activity_removed_event, &touched->activity, &removed);
            continue;
        }
        TRY(announce_rest(call, plan, touched, rev, err));
        staying[n] = touched->activity;
        revs[n++] = rev;
    }
    if (n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, staying, n);
    pg_add_int8s(&params, revs, n);
    return pg_queue(call->pg, &intake_sql_activities_rev, &params, err);
}

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

static enum outcome delete_rows(struct call *call, const struct forget_set *set, const struct plan *plan, int64_t *rows,
                                struct error *err)
{
    struct uuid *dying = ARENA_ARRAY(call->arena, plan->activities.n, struct uuid);
    struct pg_params params;
    struct ids items = {0};
    size_t n = 0;

    for (size_t i = 0; i < plan->activities.n; i++)
        if (plan->activities.items[i].dies)
            dying[n++] = plan->activities.items[i].activity;
    doomed_ids(call, set, plan, &items);
    TRY(queue_ids(call, &intake_sql_records_erase, plan->record_ids.items, plan->record_ids.n, err));
    if (plan->parts.n + n > 0) {
        pg_params_init(&params, call->arena);
        pg_add_uuids(&params, plan->parts.items, plan->parts.n);
        pg_add_uuids(&params, dying, n);
        TRY(pg_queue(call->pg, &intake_sql_parts_erase, &params, err));
    }
    TRY(queue_ids(call, &intake_sql_activities_erase, dying, n, err));
    TRY(queue_ids(call, &intake_sql_quarantine_erase, plan->quarantine.items, plan->quarantine.n, err));
    if (items.list.n > 0)
        TRY(vault_delete(call->vault, call->pg, items.list.items, items.list.n, call->arena, rows, err));
    *rows = (int64_t)(plan->records.n + plan->parts.n + n + plan->quarantine.n);
    return DONE;
}

static enum outcome erase(struct call *call, const struct forget_set *set, int64_t *rows, struct error *err)
{
    struct plan plan;
    int64_t base;

    TRY(plan_make(call, set, &plan, err));
    TRY(add_dying_parts(call, &plan, err));
    TRY(rev_base(call, &base, err));
    TRY(end_records(call, set, &plan, base, err));
    TRY(tell_activities(call, set, &plan, base, err));
    TRY(delete_rows(call, set, &plan, rows, err));
    if (set->expiry)
        return DONE;
    /* whoever was restricted by mistake (a shared address) is free again, and their events come back */
    TRY(by_request(call, &intake_sql_restrict_drop, &set->request, err));
    TRY(by_request(call, &intake_sql_quarantine_requeue, &set->request, err));
    call_wake(call, "requeue");
    return DONE;
}

/* ---- the second look -------------------------------------------------------------------------------------------------------------- */

static enum outcome gone_ids(struct call *call, const struct uuid *request, struct ids *ids, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, request);
    TRY(pg_exec(call->pg, &intake_sql_forget_gone, &params, &rows, err));
    for (int i = 0; i < rows.n; i++)
        *LIST_ADD(&ids->list, call->arena) = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome count(struct call *call, const struct forget_set *set, int64_t *remaining, struct error *err)
{
    struct hash *sources = ARENA_ARRAY(call->arena, set->keys_n, struct hash);
    struct hash *emails = ARENA_ARRAY(call->arena, set->keys_n, struct hash);
    size_t sources_n = 0, emails_n = 0;
    struct pg_params params;
    struct pg_rows rows;
    struct ids ids = {0};
    int64_t keys;

    for (size_t i = 0; i < set->keys_n && !set->expiry; i++) {
        if (set->keys[i].kind == KEY_SOURCE)
            sources[sources_n++] = set->keys[i].hash;
        if (set->keys[i].kind == KEY_EMAIL)
            emails[emails_n++] = set->keys[i].hash;
    }
    add_ids(call, &ids, GONE_OTHER, set->records.items, set->records.n);
    add_ids(call, &ids, GONE_OTHER, set->activities.items, set->activities.n);
    add_ids(call, &ids, GONE_OTHER, set->parts.items, set->parts.n);
    TRY(gone_ids(call, &set->request, &ids, err));
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, set->records.items, set->expiry ? 0 : set->records.n);
    pg_add_uuids(&params, set->activities.items, set->activities.n);
    pg_add_uuids(&params, set->parts.items, set->parts.n);
    pg_add_hashes(&params, sources, sources_n);
    pg_add_hashes(&params, emails, emails_n);
    pg_add_uuids(&params, ids.list.items, ids.list.n);
    TRY(pg_exec(call->pg, &intake_sql_forget_count, &params, &rows, err));
    *remaining = rows.n == 1 ? pg_get_int8(&rows, 0, 0) : 1;
    pg_rows_free(&rows);
    TRY(vault_keys_count(call->vault, ids.list.items, ids.list.n, &keys, err));
    *remaining += keys;
    return DONE;
}

/* ---- what the certificate counts ------------------------------------------------------------------------------------------------ */

static enum outcome tell(struct call *call, const struct forget_set *set, struct named_count_list *out,
                         struct error *err)
{
    enum { COUNTED = 5 };
    static const char *const names[COUNTED] = {"contents_destroyed", "contents_erased", "contents_rewritten",
                                               "contents_to_judge",
                                               "parts_destroyed"}; /* as forget_told.sql has them */
    struct pg_params params;
    struct pg_rows rows;

    *out = (struct named_count_list){.items = ARENA_ARRAY(call->arena, COUNTED, struct named_count)};
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &set->request);
    TRY(pg_exec(call->pg, &intake_sql_forget_told, &params, &rows, err));
    for (int i = 0; i < COUNTED && rows.n == 1; i++)
        out->items[out->n++] = (struct named_count){.name = text_of(names[i]), .n = pg_get_int8(&rows, 0, i)};
    pg_rows_free(&rows);
    return DONE;
}

const struct forget_table intake_forget = {
    .restrict_now = restrict_now, .lift = lift, .prepare = prepare, .erase = erase, .count = count, .tell = tell};
