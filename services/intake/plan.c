/* plan: finds what of a person is here, and takes what is known of them out of contents that stay for others. */
#include <string.h>

#include "gen/intake_sql.h"
#include "services/intake/forget.h"

/* ---- finding -------------------------------------------------------------------------------------------------------------- */

static enum outcome find_records(struct call *call, const struct forget_set *set, struct plan *plan, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, set->records.items, set->records.n);
    pg_add_hashes(&params, plan->sources.items, plan->sources.n);
    pg_add_hashes(&params, plan->emails.items, plan->emails.n);
    TRY(pg_exec(call->pg, &intake_sql_forget_records, &params, &rows, err));
    for (int i = 0; i < rows.n; i++) {
        const struct doomed_record record = {
            .id = pg_get_uuid(&rows, i, 0),
            .source = pg_get_hash(&rows, i, 1),
            .version = {(enum version_kind)pg_get_int4(&rows, i, 2), pg_get_int8(&rows, i, 3)},
            .rev = pg_get_int8(&rows, i, 4),
        };
        *LIST_ADD(&plan->records, call->arena) = record;
        *LIST_ADD(&plan->record_ids, call->arena) = record.id;
        if (!set->expiry)
            *LIST_ADD(&plan->sources, call->arena) = record.source;
    }
    pg_rows_free(&rows);
    for (size_t i = 0; i < set->records.n; i++)
        *LIST_ADD(&plan->record_ids, call->arena) = set->records.items[i];
    return DONE;
}

static bool holds(const struct uuid *ids, size_t n, const struct uuid *id)
{
    for (size_t i = 0; i < n; i++)
        if (uuid_equal(&ids[i], id))
            return true;
    return false;
}

static enum outcome find_parts(struct call *call, const struct forget_set *set, struct plan *plan,
                               struct uuid_list *activities, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    size_t records_n = set->expiry ? 0 : plan->record_ids.n;

    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, set->parts.items, set->parts.n);
    pg_add_uuids(&params, set->activities.items, set->activities.n);
    pg_add_uuids(&params, plan->record_ids.items, records_n);
    pg_add_hashes(&params, plan->sources.items, plan->sources.n);
    pg_add_hashes(&params, plan->emails.items, plan->emails.n);
    TRY(pg_exec(call->pg, &intake_sql_forget_parts, &params, &rows, err));
    activities->items = ARENA_ARRAY(call->arena, (size_t)rows.n, struct uuid);
    for (int i = 0; i < rows.n; i++) {
        struct uuid activity = pg_get_uuid(&rows, i, 1);
        if (!pg_is_null(&rows, i, 0))
            *LIST_ADD(&plan->parts, call->arena) = pg_get_uuid(&rows, i, 0);
        if (!holds(activities->items, activities->n, &activity))
            activities->items[activities->n++] = activity;
    }
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome find_activities(struct call *call, const struct forget_set *set, struct plan *plan,
                                    struct uuid_list activities, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    if (activities.n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuids(&params, activities.items, activities.n);
    pg_add_uuids(&params, plan->parts.items, plan->parts.n);
    TRY(pg_exec(call->pg, &intake_sql_forget_activities, &params, &rows, err));
    for (int i = 0; i < rows.n; i++) {
        struct touched *touched = LIST_ADD(&plan->activities, call->arena);
        *touched = (struct touched){
            .activity = pg_get_uuid(&rows, i, 0),
            .content = pg_get_uuid(&rows, i, 1),
            .source = pg_get_hash(&rows, i, 2),
            .system = text_copy(call->arena, pg_get_text(&rows, i, 3)),
            .category = text_copy(call->arena, pg_get_text(&rows, i, 4)),
            .version = {(enum version_kind)pg_get_int4(&rows, i, 5), pg_get_int8(&rows, i, 6)},
            .rev = pg_get_int8(&rows, i, 7),
            .date_names = pg_get_texts(&rows, i, 8, call->arena),
            .dates = pg_get_texts(&rows, i, 9, call->arena),
            .policy_version = pg_get_int8(&rows, i, 10),
            .roles = pg_get_int4(&rows, i, 12),
        };
        /* what a rule of its own still keeps isn't ended by the last person's part having expired */
        touched->dies = holds(set->activities.items, set->activities.n, &touched->activity) ||
                        (!set->expiry && pg_get_bool(&rows, i, 11));
    }
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome find_quarantine(struct call *call, struct plan *plan, struct error *err)
{
    size_t n = plan->sources.n + plan->emails.n;
    struct hash *keys = ARENA_ARRAY(call->arena, n, struct hash);
    struct pg_params params;
    struct pg_rows rows;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++)
        keys[i] = i < plan->sources.n ? plan->sources.items[i] : plan->emails.items[i - plan->sources.n];
    pg_params_init(&params, call->arena);
    pg_add_hashes(&params, keys, n);
    TRY(pg_exec(call->pg, &intake_sql_forget_quarantine, &params, &rows, err));
    for (int i = 0; i < rows.n; i++)
        *LIST_ADD(&plan->quarantine, call->arena) = pg_get_uuid(&rows, i, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome plan_make(struct call *call, const struct forget_set *set, struct plan *plan, struct error *err)
{
    struct uuid_list activities = {0};

    memset(plan, 0, sizeof *plan);
    for (size_t i = 0; i < set->keys_n && !set->expiry; i++) {
        if (set->keys[i].kind == KEY_SOURCE)
            *LIST_ADD(&plan->sources, call->arena) = set->keys[i].hash;
        if (set->keys[i].kind == KEY_EMAIL)
            *LIST_ADD(&plan->emails, call->arena) = set->keys[i].hash;
    }
    TRY(find_records(call, set, plan, err));
    TRY(find_parts(call, set, plan, &activities, err));
    plan->own_parts = plan->parts.n;
    TRY(find_activities(call, set, plan, activities, err));
    return find_quarantine(call, plan, err);
}

/* ---- contents that stay for others ------------------------------------------------------------------------------------------- */

static void literals_of_part(struct call *call, struct text json, struct literals *literals)
{
    struct error ignored;
    struct part part;

    if (json.p == NULL || part_decode(json, call->arena, &part, &ignored) != DONE || part.staff)
        return;
    literals_add(literals, part.email, call->arena);
    literals_add(literals, part.name, call->arena);
}

static void literals_of_record(struct call *call, struct text json, struct literals *literals)
{
    struct text given = TEXT_NONE, family = TEXT_NONE;
    struct record_state state;
    struct error ignored;

    if (json.p == NULL || state_decode(call->policy, json, call->arena, &state, &ignored) != DONE)
        return;
    for (size_t i = 0; i < state.n; i++) {
        const struct entry *entry = &state.entries[i];
        if (entry->value.kind != SCALAR_TEXT)
            continue;
        if (entry->field->kind == PF_EMAIL || entry->field->kind == PF_PHONE || entry->field->kind == PF_SURNAME)
            literals_add(literals, entry->value.value, call->arena);
        if (entry->field->kind == PF_SURNAME)
            family = entry->value.value;
        if (strcmp(entry->field->name, "given_name") == 0)
            given = entry->value.value;
    }
    if (given.p != NULL && family.p != NULL) {
        literals_add(literals, text_format(call->arena, "%.*s %.*s", TEXT_ARGS(given), TEXT_ARGS(family)), call->arena);
        literals_add(literals, text_format(call->arena, "%.*s, %.*s", TEXT_ARGS(family), TEXT_ARGS(given)),
                     call->arena);
    }
}

static enum outcome what_is_known(struct call *call, const struct plan *plan, struct literals *literals,
                                  struct error *err)
{
    struct text *parts = ARENA_ARRAY(call->arena, plan->parts.n, struct text);
    struct text *records = ARENA_ARRAY(call->arena, plan->record_ids.n, struct text);

    TRY(vault_open(call->vault, call->pg, plan->parts.items, plan->parts.n, "request", NULL, call->arena, parts, err));
    TRY(vault_open(call->vault, call->pg, plan->record_ids.items, plan->record_ids.n, "request", NULL, call->arena,
                   records, err));
    for (size_t i = 0; i < plan->parts.n; i++)
        literals_of_part(call, parts[i], literals);
    for (size_t i = 0; i < plan->record_ids.n; i++)
        literals_of_record(call, records[i], literals);
    return DONE;
}

/* What became of the contents that stay: noted in shared_text. */
struct rewriting {
    const struct forget_set *set;
    struct literals literals;
    struct uuid_list *old;
    struct uuid *activities;
    int32_t *outcomes;
    size_t n;
};

static enum outcome seal_anew(struct call *call, const struct touched *touched, const struct activity_content *content,
                              struct vault_item *item, struct error *err)
{
    struct pg_params params;
    struct buf out;

    buf_init(&out, 16 << 20);
    content_encode(content, &out);
    item->plain = text_copy(call->arena, buf_view(&out));
    buf_free(&out);
    TRY(vault_put(call->vault, call->pg, item, 1, call->arena, err));
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &touched->activity);
    pg_add_uuid(&params, &item->id);
    return pg_queue(call->pg, &intake_sql_content_move, &params, err);
}

/* erases: does the policy say so of one of the person's roles? */
static bool erases(const struct activity_content *content, int32_t roles)
{
    for (int role = 0; role < ROLE_STAFF; role++)
        if ((roles >> role & 1) != 0 && content_goes_with(content->category, role))
            return true;
    return false;
}

static enum outcome redact_one(struct call *call, struct rewriting *r, const struct touched *touched, struct text json,
                               struct error *err)
{
    const struct intake *intake = call->state;
    struct vault_item item = {.owner = touched->activity, .kind = VAULT_ACTIVITY, .expires_us = CLOCK_NONE};
    struct activity_content content;
    struct hash hash;
    uint8_t both[32];
    size_t hits;
    bool erased;

    memcpy(both, r->set->request.b, 16);
    memcpy(both + 16, touched->activity.b, 16);
    hash = crypto_hash(intake->index_key, "content", (struct text){(const char *)both, sizeof both});
    item.id = uuid_v8(hash.b);
    if (uuid_equal(&item.id, &touched->content) || json.p == NULL)
        return DONE; /* done by an earlier attempt */
    TRY(content_decode(call->policy, json, call->arena, &content, err));
    hits = redact_scalars(&content.fields, &r->literals, call->arena);
    erased = erases(&content, touched->roles);
    if (erased)
        hits += content_blank(&content);
    r->activities[r->n] = touched->activity;
    r->outcomes[r->n++] = erased ? SHARED_ERASED : hits > 0 ? SHARED_REWRITTEN : SHARED_AS_IT_WAS;
    if (hits == 0)
        return DONE;
    r->old->items[r->old->n++] = touched->content;
    return seal_anew(call, touched, &content, &item, err);
}

static enum outcome note_shared(struct call *call, const struct rewriting *r, struct error *err)
{
    struct pg_params params;

    if (r->n == 0)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_uuid(&params, &r->set->request);
    pg_add_uuids(&params, r->activities, r->n);
    pg_add_int4s(&params, r->outcomes, r->n);
    return pg_queue(call->pg, &intake_sql_shared_text_put, &params, err);
}

enum outcome plan_redact(struct call *call, const struct forget_set *set, const struct plan *plan,
                         struct uuid_list *old, struct error *err)
{
    struct uuid *contents = ARENA_ARRAY(call->arena, plan->activities.n, struct uuid);
    struct text *texts = ARENA_ARRAY(call->arena, plan->activities.n, struct text);
    const struct touched **staying = ARENA_ARRAY(call->arena, plan->activities.n, const struct touched *);
    struct rewriting r = {.set = set,
                          .old = old,
                          .activities = ARENA_ARRAY(call->arena, plan->activities.n, struct uuid),
                          .outcomes = ARENA_ARRAY(call->arena, plan->activities.n, int32_t)};
    int64_t rows;
    size_t n = 0;

    *old = (struct uuid_list){.items = ARENA_ARRAY(call->arena, plan->activities.n, struct uuid)};
    for (size_t i = 0; i < plan->activities.n; i++)
        if (!plan->activities.items[i].dies) {
            contents[n] = plan->activities.items[i].content;
            staying[n++] = &plan->activities.items[i];
        }
    if (n == 0)
        return DONE;
    TRY(what_is_known(call, plan, &r.literals, err));
    TRY(vault_open(call->vault, call->pg, contents, n, "request", NULL, call->arena, texts, err));
    for (size_t i = 0; i < n; i++)
        TRY(redact_one(call, &r, staying[i], texts[i], err));
    TRY(note_shared(call, &r, err));
    return old->n > 0 ? vault_delete(call->vault, call->pg, old->items, old->n, call->arena, &rows, err) : DONE;
}
